--- When a revision that was read counts: two readings in a row must agree.
--
-- One damaged character makes another revision out of the one that runs, and that would be taken for an update.
-- @module dfota.update.readings

local Readings = {}
Readings.__index = Readings

--- No reading yet.
-- @treturn Readings with `last`, the last revision that was read, and `count`, how many were
function Readings.new() return setmetatable({ count = 0 }, Readings) end

--- Take the next reading.
-- @tparam string revision
-- @treturn string|nil the revision, once the reading before this one was the same
function Readings:take(revision)
  local agreed = revision == self.last
  self.last, self.count = revision, self.count + 1
  return agreed and revision or nil
end

--- Forget what was read: the module may run another firmware since.
function Readings:forget() self.last, self.count = nil, 0 end

return Readings
