--- The words of flows: the job, its modem, channel and port as `scripts/` see them.
--
-- A flow can use nothing else; docs/flows.md lists each of these words.
-- @module dfota.update.words
local face = require "dfota.update.face"
local suggest = require "dfota.base.suggest"
local tables = require "dfota.base.tables"
local text = require "dfota.base.text"

local words = {}

--- What flows may call, by the name of the object in a flow.
words.METHODS = {
  ["job"] = {
    "connect", "meet", "follow", "checking", "gate", "retry", "ask", "query", "trigger", "after", "on_failure",
    "record", "facts", "note", "phase", "progress", "revision", "apn", "check_server", "updates_seen", "unfinished",
    "home_network", "apn_candidates",
    "failed_before", "finish",
  },
  ["job.modem"] = {
    "identity", "model", "revision", "imei", "supply_mv", "signal", "wait_signal", "sim_state", "wait_sim", "imsi",
    "mnc_digits", "ccid", "registration", "wait_registered", "ipr", "knows_dfota", "sms", "pause",
  },
  ["job.modem.files"] = { "free", "list", "room", "delete", "remove", "upload", "save", "compare" },
  ["job.modem.pdp"] = { "state", "configured", "try", "activate", "address", "deactivate", "release" },
  ["job.modem.session"] = { "prepare", "restore" },
  ["job.channel"] = {
    "command", "listen", "queued", "subscribe", "quiet", "fence", "pending", "set_baud", "learn",
  },
  ["job.channel.port"] = { "lines", "signals", "send_break", "baud", "name", "now" },
}

--- What flows may read, by the name of the table. `job.request` also has the script's own options, and
-- `job.settings` every setting.
words.VALUES = {
  ["job.request"] = {
    "from", "to", "imei", "check", "apn", "user", "password", "run", "preflight", "bauds", "ledger",
  },
  ["job.package"] = {
    "path", "url", "host", "port", "size", "sha256", "model", "from", "to", "warnings",
  },
}

local RAW = "use job.channel:command(…)"
local CONNECT = "use job:connect()"
local LISTEN = "use job.channel:listen(…)"

-- Why something is not available, or what to use instead.
local INSTEAD = {
  ["job"] = {
    begin = "the first step that changes something calls it", commit = "use job:trigger()",
    identify = CONNECT, verdict = "job:trigger() returns it", try = "use job:retry(step, fn)",
    watch = "use job:connect() or job:follow()", run = "this run is running already",
    set = "read job.settings", want = "read job.request",
  },
  ["job.modem"] = { trigger = "use job:trigger()" },
  ["job.channel"] = {
    put = RAW, send = RAW, sync = CONNECT, reset = CONNECT, event = LISTEN, next_event = LISTEN, take_in = LISTEN,
    unsolicited = LISTEN,
  },
  ["job.channel.port"] = {
    write = RAW, exchange = RAW, read = LISTEN, set_baud = "use job.channel:set_baud(…)", tap = "use --trace",
    close = "the run closes it", set_rtscts = "use --set rtscts=on",
  },
}

-- What the object has but flows may not use.
local function hidden_of(owner, object)
  local hidden, offered = {}, {}
  for _, name in ipairs(words.METHODS[owner]) do offered[name] = true end
  for name in pairs(getmetatable(object).__index) do
    if not offered[name] then hidden[name] = "it is internal to dfota" end
  end
  for name, why in pairs(INSTEAD[owner] or {}) do hidden[name] = why end
  return hidden
end

local function face_of(owner, object, fields, opts)
  opts = opts or {}
  opts.methods, opts.hidden, opts.fields = words.METHODS[owner], hidden_of(owner, object), fields
  return face.new(owner, object, opts)
end

-- The same below the job: what ended the flow is raised again, and an interruption ends it, as in the job's own words.
local function part_of(job, owner, object, fields, refuses)
  return face_of(owner, object, fields, {
    refuses = refuses,
    before = function() job.decision:check_call() end, after = function(err) job.decision:check_returned(err) end,
  })
end

-- A subscriber that fails is removed: it must not end the following of an update.
local function subscribe(job)
  return function(_, fn)
    job.decision:check_function("job.channel:subscribe(function(line) … end)", fn)
    local stop
    stop = job.channel:subscribe(function(line)
      local ok, raised = job.guard:listen(fn, line)
      if ok then return end
      stop()
      job:note("warning", "a subscriber failed and was removed: "
        .. tostring(type(raised) == "table" and (raised.fault or raised.message) or raised))
    end)
    return stop
  end
end

local MOVES = { lines = true, send_break = true }

-- DTR may be wired to PWRKEY: no line is moved under --check, nor after the trigger.
local function refuses_moves(job)
  return function(name)
    if not MOVES[name] then return nil end
    if job.request.check then return "--check changes nothing" end
    return job.entry.committed and "the module was triggered, and is left alone" or nil
  end
end

-- Looked up each time: the port may have been reopened after a loss.
local function port_of(job)
  return part_of(job, "job.channel.port", job.channel.port, nil, refuses_moves(job))
end

local OPTIONS = { "timeout_s", "expect", "finals", "implied", "text", "power_down", "fence_s" }

-- A misspelt option would silently be ignored.
local function refuses_option(name, _, options)
  if name ~= "command" or options == nil then return nil end
  if type(options) ~= "table" then return "options must be a table, such as { timeout_s = 5 }" end
  for option in pairs(options) do
    if not tables.is_in(option, OPTIONS) then
      return ("there is no option %s%s"):format(text.brief(option), suggest.hint(option, OPTIONS))
    end
  end
end

local function channel_of(job)
  return part_of(job, "job.channel", job.channel, {
    port = function() return port_of(job) end, subscribe = function() return subscribe(job) end,
  }, refuses_option)
end

local function modem_of(job, channel)
  local modem, fields = job.modem, {}
  for _, part in ipairs { "files", "pdp", "session" } do
    local own = modem[part] and part_of(job, "job.modem." .. part, modem[part])
    fields[part] = function() return own end
  end
  fields.channel = function() return channel end
  return part_of(job, "job.modem", modem, fields)
end

local function values_of(owner, values, own)
  local names = table.move(words.VALUES[owner], 1, #words.VALUES[owner], 1, {})
  for _, name in ipairs(own or {}) do names[#names + 1] = name end
  return face.values(owner, values, names)
end

local function settings_of(job)
  local names = {}
  for name in pairs(job.settings or {}) do names[#names + 1] = name end
  table.sort(names)
  return face.values("job.settings", job.settings, names, "use --set or --config")
end

--- The job as its flow sees it.
-- @param job a `dfota.update.job`
-- @treturn table
function words.of(job)
  local channel = job.channel and channel_of(job)
  local modem = job.modem and modem_of(job, channel)
  local request = values_of("job.request", job.request, job.request.own)
  local package, set = values_of("job.package", job.package), settings_of(job)
  return face_of("job", job, {
    channel = function() return channel end, modem = function() return modem end,
    request = function() return request end, settings = function() return set end,
    package = function() return package end,
  })
end

return words
