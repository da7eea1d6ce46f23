--- The program of a try and its arguments: what all modules of a run share, and what is one module's own. Pure.
-- @module dfota.fleet.job_words

local tables = require "dfota.base.tables"

local job_words = {}

-- What every job is given as it is: one that only watches the first part.
local WATCHED = { "config", "ledger", "baud", "set" }
local PASSED = { "apn", "user", "force" }

local function add(words, name, value)
  if value then table.move({ "--" .. name, ("%s"):format(value) }, 1, 2, #words + 1, words) end
end

local function given(options, names)
  local words = {}
  for _, name in ipairs(names) do
    local values = options[name]
    for _, value in ipairs(type(values) == "table" and values or { values }) do add(words, name, value) end
  end
  return words
end

--- What of a call goes to every job.
-- @tparam table options
-- @treturn {string,...} to those that watch, too
-- @treturn {string,...} to those that update
function job_words.shared(options)
  local passed = given(options, PASSED)
  if options.check then passed[#passed + 1] = "--check" end
  if options.no_preflight then passed[#passed + 1] = "--no-preflight" end
  return given(options, WATCHED), passed
end

--- Passes gates in those jobs that are begun from now on.
-- @tparam {string,...} passed changed
-- @tparam {string,...} gates
function job_words.force(passed, gates)
  for _, gate in ipairs(gates) do add(passed, "force", gate) end
end

--- The gates that are passed.
-- @tparam {string,...} passed
-- @treturn {string,...}
function job_words.forced(passed)
  local gates = {}
  for i, word in ipairs(passed) do
    if word == "--force" then gates[#gates + 1] = passed[i + 1] end
  end
  return gates
end

--- Is a gate passed?
-- @tparam {string,...} passed
-- @tparam string gate
-- @treturn boolean
function job_words.is_forced(passed, gate) return tables.is_in(gate, job_words.forced(passed)) end

-- Of a chain the update that was under way is watched.
local function revisions_of(device, call, what)
  local hop = call.is_folder and what == "watch" and device.hop or nil
  if hop then return hop.from, hop.to end
  return device.from or call.from, not (call.is_folder and what == "watch") and device.to or nil
end

--- The program of a try: the port's own part of the plan before what all share.
-- @tparam table program `lua`, the interpreter; `scripts`, where update.lua and watch.lua are; `sums`, the file that
--   names the packages and manifests that may be used, if there is one
-- @tparam table call of the run
-- @tparam string id its name
-- @treturn function (device, what) → its words, where `what` is "update" or "watch"
function job_words.of(program, call, id)
  return function(device, what)
    local words = { program.lua, ("%s/%s.lua"):format(program.scripts, what), "--json", "--quiet" }
    add(words, "port", device.port)
    local from, to = revisions_of(device, call, what)
    add(words, "from", from)
    add(words, "to", to)
    table.move(call.watched, 1, #call.watched, #words + 1, words)
    if what == "watch" then return words end
    add(words, "imei", device.imei)
    add(words, "run", id)
    table.move(call.passed, 1, #call.passed, #words + 1, words)
    add(words, "sums", program.sums)
    if call.is_folder then words[#words + 1] = "--yes" end
    words[#words + 1] = call.package
    return words
  end
end

return job_words
