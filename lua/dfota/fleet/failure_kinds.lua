--- The failures of a fleet's run by kind: the same text means the same thing to do. Pure.
-- @module dfota.fleet.failure_kinds

local exit_codes = require "dfota.base.exit_codes"
local words = require "dfota.history.words"

local failure_kinds = {}

local TROUBLE = { failed = true, unknown = true, safe = true }
local UNKNOWN = { unknown = true }
local FAILED = { failed_on_source = true, wrong_revision = true }

-- The last result of a module that says one of these.
local function last_result(device, outcomes)
  for i = #(device.tries or {}), 1, -1 do
    local result = device.tries[i].result
    if result and outcomes[result.outcome] then return result end
  end
end

--- What a module failed with: a later try that was not even begun (the gate `attempts`) says nothing new of it. Nor
-- does a watch that met nobody, or another module, of an outcome that is unknown.
-- @tparam table device as of `grouped`
-- @treturn table that device, or a result that it had before
function failure_kinds.failure(device)
  if device.state == "unknown" then
    return last_result(device, UNKNOWN) or { rc = 80, outcome = "unknown", message = device.message }
  end
  if device.state ~= "failed" or FAILED[device.outcome] then return device end
  return last_result(device, FAILED) or device
end

--- What is said of it: what refused the last try says itself what failed before.
-- @tparam table device
-- @tparam table failure of it
-- @treturn string|nil
function failure_kinds.message(device, failure)
  return device.refused_by == "attempts" and device.message or failure.message
end

-- What tells one kind of failure from another: the module's code, or else the words without what is one module's own.
local function kind_of(device, failure)
  local what = failure.code
  if not what and failure.message then
    what = failure.message:gsub(device.port:gsub("%p", "%%%0"), ""):gsub("%d+", "#")
  end
  return ("%s %s %s"):format(device.state, failure.rc, what)
end

--- Those of a run, the most frequent first.
-- @tparam {table,...} devices with `state`, `number`, and of their last try `rc`, `code`, `outcome`, `message`,
--   `result`, `refused_by`; `tries` as of `dfota.fleet.tries`
-- @treturn {table,...} each with the first `device` of its kind, the `failure` (that device, or a result that it had
--   before) and their `count`
function failure_kinds.grouped(devices)
  local groups, by_kind = {}, {}
  for _, device in ipairs(devices) do
    if TROUBLE[device.state] then
      local failure = failure_kinds.failure(device)
      local kind = kind_of(device, failure)
      if not by_kind[kind] then
        by_kind[kind] = { device = device, failure = failure, count = 0 }
        groups[#groups + 1] = by_kind[kind]
      end
      by_kind[kind].count = by_kind[kind].count + 1
    end
  end
  table.sort(groups, function(a, b)
    return a.count > b.count or a.count == b.count and a.device.number < b.device.number
  end)
  return groups
end

--- Would the gate `attempts` refuse to try the same package again? Then that has to be forced.
-- @tparam table device
-- @treturn boolean
function failure_kinds.needs_force(device)
  local failed_here = device.rc == 81 or device.rc == 82 or device.refused_by == "attempts"
  return device.state == "failed" and failed_here
end

--- What its code means.
-- @treturn string|nil
function failure_kinds.code(failure)
  if failure.code then return ("%d: %s"):format(failure.code, words.code(failure.code)) end
  local entry = exit_codes.of(failure.rc)
  return entry and ("exit code %d: %s"):format(failure.rc, entry.meaning)
end

-- What a gate wants is said by the module's own job, which alone knows whether --force passes it. Its command would
-- leave the run: the gate's name is enough.
local function after_gate(device)
  local own, name = device.result and device.result.advice, device.refused_by
  if not own then return "again: after fixing what the gate names" end
  if not (name and own:find("--force " .. name, 1, true)) then return own end
  return "again: after fixing it, or --force " .. name
end

--- What to do about it.
-- @treturn string|nil
function failure_kinds.advice(device, failure)
  local found = words.advice { outcome = failure.outcome, code = failure.code, triggered = device.state == "unknown" }
  if found then return found end
  if failure.rc == 84 then return after_gate(device) end
  local entry = exit_codes.of(failure.rc)
  return entry and entry.again and "again: " .. entry.again
end

return failure_kinds
