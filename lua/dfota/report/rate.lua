--- How fast something goes and how long it will still take. Pure: it is told the time.
-- @module dfota.report.rate

local pace = {}

local Pace = {}
Pace.__index = Pace

--- @treturn Pace
function pace.new() return setmetatable({}, Pace) end

--- One more look at how far it is.
-- The rate is the mean since the beginning: calm, and right at the end. What goes back begins anew.
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
