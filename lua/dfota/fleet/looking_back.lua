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

--- Once the run has its scheduler: what had all its tries. They count over all supervisors of a run, or whoever goes on
-- with it again and again would try for ever.
-- @tparam {table,...} devices
-- @tparam function is_used_up (device) → had it all?
-- @tparam function warn
function looking_back.used_up(devices, is_used_up, warn)
  local count, first = 0, nil
  for _, device in ipairs(devices) do
    if is_used_up(device) then count, first = count + 1, first or device.goes_first and device or nil end
  end
  if count == 0 then return end
  local behind = first and ("; the others wait for %s, which goes first"):format(named(first)) or ""
  warn(("not tried again: %d, after as many tries as there are; --again failed gives new ones%s"):format(count, behind))
end

return looking_back
