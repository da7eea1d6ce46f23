--- How fast something progresses and how long it will still take. Pure: the time is passed in.
-- @module dfota.report.rate

local pace = {}

local Pace = {}
Pace.__index = Pace

--- @treturn Pace
function pace.new() return setmetatable({}, Pace) end

--- Update the progress.
-- The rate is the mean since the beginning: steady, and exact at the end. If progress goes back, it starts over.
-- @tparam number t seconds
-- @tparam number done so far, in any unit
-- @tparam[opt] number total in the same unit
-- @treturn number|nil units a second
-- @treturn number|nil seconds left
function Pace:update(t, done, total)
  if not self.last or done < self.last then self.t0, self.done0 = t, done end
  self.last = done
  local seconds, moved = t - self.t0, done - self.done0
  if seconds <= 0 or moved <= 0 then return nil end
  local rate = moved / seconds
  return rate, total and (total - done) / rate
end

return pace
