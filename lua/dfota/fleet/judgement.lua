--- What the end of a module's job means for the fleet. Pure.
-- @module dfota.fleet.judgement

local judgement = {}

-- Whoever watched one update of a chain knows the end of that one: the chain goes on from there.
local function of_whole_chain(device, result)
  local is_on_the_way = device.what == "watch" and result.rc == 0 and device.target and result.after
    and result.after ~= device.target
  return is_on_the_way and { rc = 75, retry = "safe", outcome = "not_started" } or result
end

--- What became of a job. One that ended without a result was killed: the trigger is told before it is sent, so that
-- where it was not told nothing was triggered, and where nothing at all was told the job was never begun.
-- @tparam table device `what` ("update" or "watch"), and of this try `heard`, `triggered`, and `interrupted` by this
--   run; of a chain its `target`
-- @tparam table|nil result what the job said itself
-- @treturn table|nil `rc`, `retry`, `outcome`; nil if nobody knows
function judgement.of(device, result)
  if result then return of_whole_chain(device, result) end
  if device.triggered or device.what == "watch" then return nil end
  if device.interrupted then return { rc = 130, retry = "safe", outcome = "not_started" } end
  return device.heard and { rc = 75, retry = "safe" } or { rc = 74, retry = "after_fix" }
end

--- Did the package fail on the module in a way that the ledger does not know? Then its gate `attempts` would let the
-- same package through a second time.
-- @tparam table|nil result what the job said itself
-- @treturn boolean
function judgement.bars_another_try(result)
  return result ~= nil and (result.rc == 81 or result.rc == 82) and result.recorded ~= true
end

--- The state that a job leaves its module in for the next supervisor, which was not there when it ended.
-- @tparam table device as of `of`
-- @tparam table|nil result what the job said itself
-- @treturn string|nil "done", "failed" or "unknown"; nil if it is to be begun again
function judgement.state_after(device, result)
  if not result and not device.triggered and device.what == "update" then return nil end
  result = judgement.of(device, result)
  if not result or result.rc == 80 then return "unknown" end
  if result.rc == 0 then return "done" end
  if result.rc == 130 or result.retry == "safe" then return nil end
  -- Whoever only watched, and found nobody to listen to, knows no more than before.
  if device.what == "watch" and result.outcome == "not_started" then return "unknown" end
  return "failed"
end

return judgement
