--- What whoever goes on with a fleet's run is told of what was done before: what is not tried again, and what helps.
-- @module dfota.fleet.looking_back

local failure_kinds = require "dfota.fleet.failure_kinds"
local job_words = require "dfota.fleet.job_words"

local looking_back = {}

local function named(device) return device.name or device.port end

-- Failures that the ledger may not know are held back here, as its gate `attempts` holds back those that it knows.
local function hold_back(devices, how)
  local count, is_forced = 0, job_words.is_forced(how.passed, "attempts")
  for _, device in ipairs(devices) do
    if is_forced then device.barred = nil end
    if device.barred and device.state == "failed" then count = count + 1 end
  end
  if count == 0 then return end
  how.warn(("not tried again: %d, on which the package failed; --force attempts does"):format(count))
end

-- A run whose first modules failed stops again as soon as it goes on, unless they are tried again.
local function tell_failed_canary(devices, how)
  for _, device in ipairs(devices) do
    if device.goes_first and device.state == "failed" and (not how.again or device.barred) then
      local force = failure_kinds.needs_force(device) and " --force attempts" or ""
      local words = "%s goes first and failed: --again failed%s tries it again, or begin a new run without it"
      return how.warn(words:format(named(device), force))
    end
  end
end

--- Once the run's folder was read: what failed.
-- @tparam {table,...} devices as `dfota.fleet.recall` leaves them; one that is not held back any more is not `barred`
-- @tparam table how `again`: what failed is tried again; `passed`, what of the call goes to jobs; `warn(words)`
function looking_back.failed(devices, how)
  if how.again then hold_back(devices, how) end
  tell_failed_canary(devices, how)
end

return looking_back
