--- What a fleet's run says of each module at its end, for programs. The last try of a module is not its verdict: one
-- that was refused says nothing new of a failure, and a watch that met nobody leaves the outcome unknown. Pure.
-- @module dfota.fleet.module_verdicts

local failure_kinds = require "dfota.fleet.failure_kinds"

local module_verdicts = {}

--- The fields of each, in order.
module_verdicts.KEYS = {
  "device", "name", "port", "imei", "state", "rc", "outcome", "code", "before", "after", "retry", "message", "advice",
}

local OUTCOMES = { [81] = "failed_on_source", [82] = "wrong_revision" } -- of which the exit code alone is left

local of = {}

-- Somebody else brought it to its target, or the words of its job were lost.
function of.done(device, result)
  if result.rc == 0 then return result end
  return { rc = 0, outcome = "already_current", after = device.revision, retry = "none", message = device.message }
end

function of.unknown(device, result)
  local failure = failure_kinds.failure(device)
  return {
    rc = 80, outcome = "unknown", before = failure.before or result.before, retry = "never", message = failure.message,
    advice = failure.advice,
  }
end

function of.failed(device, result)
  local failure = failure_kinds.failure(device)
  local from = failure == device and result or failure
  return {
    rc = failure.rc, outcome = failure.outcome or OUTCOMES[failure.rc] or "not_started", code = failure.code,
    before = from.before, after = from.after, retry = from.retry or "after_fix",
    message = failure_kinds.message(device, failure), advice = result.advice,
  }
end

-- What is left to be done: its last try changed nothing.
local function of_rest(device, result)
  if result.rc then return result end
  return { rc = device.rc, outcome = "not_started", message = device.message,
    retry = device.state == "interrupted" and "safe" or nil }
end

local function verdict_of(device)
  local said = (of[device.state] or of_rest)(device, device.result or {})
  local entry = { device = device.number, name = device.name, port = device.port, imei = device.imei,
    state = device.state }
  for _, key in ipairs(module_verdicts.KEYS) do
    if entry[key] == nil then entry[key] = said[key] end
  end
  return entry
end

--- @tparam {table,...} devices at the end of a run: `number`, `port`, `name`, `imei`, `state`, `revision`, `message`,
--   `rc`; `result` of the last try that had one; `tries` as of `dfota.fleet.failure_kinds`
-- @treturn {table,...} each with `KEYS`; what is not known is missing
function module_verdicts.of(devices)
  local list = {}
  for i, device in ipairs(devices) do list[i] = verdict_of(device) end
  return list
end

return module_verdicts
