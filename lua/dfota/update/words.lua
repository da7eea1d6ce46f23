--- The words of flows: a job, its module, channel and port as `scripts/` see them.
-- @module dfota.update.words
local face = require "dfota.update.face"

local words = {}

local JOB = {
  "connect", "meet", "follow", "checking", "gate", "retry", "ask", "query", "trigger", "after", "on_failure",
  "record", "facts", "note", "phase", "progress", "revision", "apn", "check_server", "updates_seen", "failed_before",
}

local GONE = {
  begin = "the first step that changes something does it", commit = "job:trigger() does it",
  identify = "job:connect() does it", verdict = "job:trigger() gives it", try = "job:retry(step, fn) does it",
  watch = "job:connect() and job:follow() do it", run = "it is this run",
  set = "write job.settings", want = "write job.request",
}

-- What goes out by itself would pass the guard.
local RAW = "bytes go out through job.channel:command(…)"
local PORT = { write = RAW, exchange = RAW, tap = "use --trace", close = "the run closes it" }
local CHANNEL = {
  put = RAW, send = RAW, guard_with = "it keeps what flows may send", replace_port = "the run does it",
  sync = "job:connect() does it",
  reset = "job:connect() does it", unsolicited = "it tells what came", take_in = "it tells what came",
  give_up = "it tells what came", take_echo = "it tells what came", expect_acks = "an upload does it",
}

local function methods_of(object, hidden)
  local meta, names = getmetatable(object), {}
  local class = type(meta) == "table" and meta.__index or object
  for name, value in pairs(type(class) == "table" and class or {}) do
    if type(value) == "function" and not hidden[name] then names[#names + 1] = name end
  end
  return names
end

-- Opened anew after a loss: always the port that is open now. Under --check its lines stay as they are.
local function port_of(job)
  local port = job.channel.port
  local hidden = PORT
  if job.request.check then
    local why = "--check changes nothing"
    hidden = setmetatable({ lines = why, send_break = why, set_baud = why }, { __index = PORT })
  end
  return face.new("job.channel.port", port, { methods = methods_of(port, hidden), hidden = hidden })
end

local function channel_of(job)
  return face.new("job.channel", job.channel, {
    methods = methods_of(job.channel, CHANNEL), hidden = CHANNEL,
    fields = { port = function() return port_of(job) end },
  })
end

local function modem_of(job, channel)
  local modem, fields = job.modem, {}
  for _, part in ipairs { "files", "pdp", "session" } do
    local own = modem[part] and face.new("job.modem." .. part, modem[part])
    fields[part] = function() return own end
  end
  fields.channel = function() return channel end
  return face.new("job.modem", modem, { fields = fields, hidden = { trigger = "job:trigger() does it" } })
end

local REQUEST = {
  "from", "to", "imei", "check", "apn", "user", "password", "run", "preflight", "bauds", "ledger",
}

local function request_of(job)
  local names = table.move(REQUEST, 1, #REQUEST, 1, {})
  for _, name in ipairs(job.request.own or {}) do names[#names + 1] = name end
  return face.values("job.request", job.request, names)
end

--- The job as its flow sees it.
-- @param job a `dfota.update.job`
-- @treturn table
function words.of(job)
  local channel = job.channel and channel_of(job)
  local modem = job.modem and modem_of(job, channel)
  local request = request_of(job)
  return face.new("job", job, {
    methods = JOB, hidden = GONE,
    fields = {
      channel = function() return channel end, modem = function() return modem end,
      request = function() return request end, settings = function() return job.settings end,
      package = function() return job.package end,
    },
  })
end

return words
