--- How often a module of a fleet is tried again, and when. Pure.
--
-- Tries count over all supervisors of a run: where one died, the next does not begin to count anew. A module that had
-- them all has as many again once somebody goes on with the run.
-- @module dfota.fleet.next_try

local next_try = {}

local INTERRUPTED = 130 -- somebody else ended it: the module is not to blame

local NextTry = {}
NextTry.__index = NextTry
NextTry.__name = "dfota.fleet.next_try"

--- @tparam table options `tries`, so many in all; `backoff_s` before the second one, doubled each time up to
--   `backoff_cap_s`
-- @treturn NextTry
function next_try.new(options) return setmetatable({ options = options, count = {} }, NextTry) end

-- How long after so many tries.
local function pause_s(self, count)
  local options = self.options
  return math.min(options.backoff_s * 2 ^ (count - 1), options.backoff_cap_s)
end

--- Counts on from what an earlier supervisor left.
-- @tparam table device `tries_before`, how many, and when the last of them ended (`tried_at`, on the scheduler's clock)
-- @treturn number when the next one may begin
function NextTry:recall(device)
  local count = (device.tries_before or 0) % self.options.tries
  self.count[device] = count
  return count == 0 and 0 or device.tried_at + pause_s(self, count)
end

--- Counts anew from here on.
-- @tparam table device
function NextTry:anew(device) self.count[device] = 0 end

--- Are there no more tries?
-- @tparam table device
-- @treturn boolean
function NextTry:is_over(device) return self.count[device] >= self.options.tries end

--- One more ended, and may be repeated.
-- @tparam table device
-- @tparam number now
-- @treturn number|nil when the next one may begin; nil if there are no more
function NextTry:add(device, now)
  self.count[device] = self.count[device] + 1
  return not self:is_over(device) and now + pause_s(self, self.count[device]) or nil
end

--- How many tries of a module count by what its jobs said: those that ended well enough to be repeated, back to the
-- first that ended otherwise. One that was killed or interrupted tells nothing of the module.
-- @tparam {table,...} list in order, as of `dfota.fleet.tries`: `steps`, `finished`, `result`
-- @treturn integer
-- @treturn number|nil when the last of them ended
function next_try.counted(list)
  local count, ended = 0, nil
  for i = #list, 1, -1 do
    local try, is_triggered = list[i], false
    for _, step in ipairs(try.steps) do is_triggered = is_triggered or step.name == "trigger" end
    local result = try.result
    if result and result.rc ~= INTERRUPTED then
      if result.retry ~= "safe" then break end
      count, ended = count + 1, ended or try.finished
    elseif not result and is_triggered then
      break
    end
  end
  return count, ended
end

return next_try
