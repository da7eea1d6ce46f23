--- What the end of a module's job means for the fleet. Pure.
-- @module dfota.fleet.judgement

local occupant = require "dfota.fleet.occupant"

local judgement = {}

-- Whoever watched one update of a chain knows the end of that one: the chain goes on from there.
local function of_whole_chain(device, result)
  local is_on_the_way = device.what == "watch" and result.rc == 0 and device.target and result.after
    and result.after ~= device.target
  return is_on_the_way and { rc = 75, retry = "safe", outcome = "not_started" } or result
end

-- Whoever was to watch a module and found another one, which nobody has triggered: that one may be updated.
local function of_free_port(device, result)
  return result.rc == 84 and occupant.is_free(device) and { rc = 75, retry = "safe", outcome = "not_started" } or nil
end

-- Exit codes that only a job which looked at its module, or was kept from that, ends with (contract).
local KNOWN = { [0] = "none", [80] = "never", [75] = "safe", [130] = "safe" }
for _, rc in ipairs { 2, 65, 66, 69, 74, 77, 78, 81, 82, 83, 84 } do KNOWN[rc] = "after_fix" end

-- These tell how an update ended; whoever only watched knows no more than before with any other.
local ENDED = { [0] = true, [81] = true, [82] = true }

-- What it said was lost, but not how it ended: 1 is what is left of a success then.
local function of_exit(device, exit)
  local retry = exit.rc and KNOWN[exit.rc]
  if not retry or exit.rc == 80 then return nil end
  if device.what == "watch" then return ENDED[exit.rc] and { rc = exit.rc, retry = retry } or nil end
  if ENDED[exit.rc] then return { rc = exit.rc, retry = retry } end
  if device.triggered and exit.rc ~= 75 then return nil end -- they contradict each other
  return { rc = exit.rc, retry = "safe", outcome = "not_started" } -- it may have been the disk
end

--- What became of a job. One that ended without a result was killed: the trigger is told before it is sent, so that
-- where it was not told nothing was triggered, and where nothing at all was told the job was never begun.
-- @tparam table device `what` ("update" or "watch"), and of this try `heard`, `triggered`, and `interrupted` by this
--   run; of a chain its `target`
-- @tparam table|nil result what the job said itself
-- @tparam[opt] table exit as of `dfota.fleet.job`: where the trigger may have been told in vain, how it ended decides
-- @treturn table|nil `rc`, `retry`, `outcome`; nil if nobody knows
function judgement.of(device, result, exit)
  if result then return of_free_port(device, result) or of_whole_chain(device, result) end
  if exit and exit.is_lost then return of_exit(device, exit) end
  if device.triggered or device.what == "watch" then return nil end
  if device.interrupted then return { rc = 130, retry = "safe", outcome = "not_started" } end
  return device.heard and { rc = 75, retry = "safe" } or { rc = 74, retry = "after_fix" }
end

-- What is left of a job that had no room for its words, on the disk of the ledger as a rule: it may have triggered.
local MAY_HAVE_FAILED = { [80] = true, [81] = true, [82] = true }

--- Does whoever only watched know no more than before? It found nobody to listen to, or was interrupted: then nobody
-- may begin an update on the strength of it.
-- @tparam table result
-- @treturn boolean
function judgement.saw_nothing(result)
  return result.rc == 130 or result.outcome == "not_started" and result.retry ~= "safe"
end

--- Did the package fail on the module, or may it have, in a way that the ledger does not know? Then its gate `attempts`
-- would let the same package through a second time. It counts once the module's state is "failed".
-- @tparam table device as of `of`
-- @tparam table|nil result what the job said itself
-- @tparam[opt] table exit as of `of`
-- @treturn boolean
function judgement.bars_another_try(device, result, exit)
  if result then return (result.rc == 81 or result.rc == 82) and result.recorded ~= true end
  local rc = exit and exit.rc
  return MAY_HAVE_FAILED[rc or 80] == true and (rc ~= nil or device.triggered == true)
end

-- The package was no longer what the run was begun with, or gone: no fault of the module's.
local OF_PACKAGE = { [65] = true, [66] = true }

--- Did a job end because the package is another, or gone? Then it is for the run to look at that.
-- @tparam table|nil result
-- @treturn boolean
function judgement.blames_package(result) return result ~= nil and OF_PACKAGE[result.rc] == true end

--- The state that a job leaves its module in for the next supervisor, which was not there when it ended.
-- @tparam table device as of `of`
-- @tparam table|nil result what the job said itself
-- @tparam[opt] table exit as of `of`
-- @treturn string|nil "done", "failed" or "unknown"; nil if it is to be begun again, as where the package was to blame
function judgement.state_after(device, result, exit)
  local is_lost = exit and exit.is_lost
  if not (result or is_lost) and not device.triggered and device.what == "update" then return nil end
  result = judgement.of(device, result, exit)
  if not result or result.rc == 80 then return "unknown" end
  if result.rc == 0 then return "done" end
  if device.what == "watch" and judgement.saw_nothing(result) then return "unknown" end
  if result.rc == 130 or result.retry == "safe" or judgement.blames_package(result) then return nil end
  return "failed"
end

-- Where none has failed here, those that are too many failed elsewhere: the centre knows of them.
local STOPPED_BY_OTHERS = { user = true, hangup = true, brake = true, max_fail = true }

--- Is there nothing else that devices failed with than another package?
-- @tparam {table,...} devices with `state` and `rc`, as of `dfota.fleet.heard`
-- @treturn boolean also true if none failed
function judgement.only_package_failed(devices)
  for _, device in ipairs(devices) do
    if device.state == "failed" and not OF_PACKAGE[device.rc] then return false end
  end
  return true
end

--- The exit code of a run: what is worst counts. A job may have been stopped by the centre before the run was.
-- @tparam table count how many modules are in which state, as of `dfota.fleet.states`
-- @tparam string|nil stopped for which reason nothing more was begun
-- @tparam {table,...} devices of the run
-- @treturn integer 80 some unknown, or past the trigger where nobody follows them any more; 81 some failed, 130
--   interrupted, 65 there is only another package, 75 only such as may be tried again, 0 all updated
function judgement.of_run(count, stopped, devices)
  if count.done == #devices then return 0 end -- somebody may have stopped it in its last moment
  if count.unknown + count.triggered + count.watching > 0 then return 80 end
  local is_package = stopped == "package" and judgement.only_package_failed(devices)
  if count.failed > 0 and not is_package then return 81 end
  if STOPPED_BY_OTHERS[stopped] or count.interrupted > 0 then return 130 end
  if is_package then return 65 end
  return 75
end

return judgement
