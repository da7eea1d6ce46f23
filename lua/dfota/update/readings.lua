--- When a revision that was read counts: two readings in a row must agree.
--
-- One damaged character makes another revision out of the one that runs, and that would be taken for an update. Where
-- two readings differed the line is known to damage them, and the same damage may come twice: a revision that nobody
-- named beforehand then counts at its third reading in a row.
-- @module dfota.update.readings

local Readings = {}
Readings.__index = Readings

local AGREE, AGREE_ON_A_BAD_LINE = 2, 3

--- No reading yet.
-- @treturn Readings with `last`, the last revision that was read, and `count`, how many were
function Readings.new() return setmetatable({ count = 0, alike = 0 }, Readings) end

--- Take the next reading.
-- @tparam string revision
-- @tparam[opt] boolean named it is one that was asked for, or that ran before: damage does not spell it
-- @treturn string|nil the revision, once enough readings in a row were the same
function Readings:take(revision, named)
  local agrees = revision == self.last
  self.differed = self.differed or self.last ~= nil and not agrees
  self.alike = agrees and self.alike + 1 or 1
  self.last, self.count = revision, self.count + 1
  local enough = self.differed and not named and AGREE_ON_A_BAD_LINE or AGREE
  return self.alike >= enough and revision or nil
end

--- Forget what was read: the module may run another firmware since.
function Readings:forget() self.last, self.count, self.alike = nil, 0, 0 end

return Readings
