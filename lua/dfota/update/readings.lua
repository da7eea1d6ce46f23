--- When a revision counts: two consecutive readings must agree.
--
-- One damaged character turns the running revision into another one, which would look like an update. Once two readings
-- have differed, the line is known to be bad and may cause the same damage twice: a revision that is neither source nor
-- target then counts at its third consecutive reading.
-- @module dfota.update.readings

local Readings = {}
Readings.__index = Readings

local AGREE, AGREE_ON_A_BAD_LINE = 2, 3

--- No reading yet.
-- @treturn Readings with `last`, the last revision that was read, and `count`, how many were
function Readings.new() return setmetatable({ count = 0, alike = 0 }, Readings) end

--- Take the next reading.
-- @tparam string revision
-- @tparam[opt] boolean named it is the source or the target, which damage does not produce by chance
-- @treturn string|nil the revision, once enough consecutive readings agree
function Readings:take(revision, named)
  local agrees = revision == self.last
  self.differed = self.differed or self.last ~= nil and not agrees
  self.alike = agrees and self.alike + 1 or 1
  self.last, self.count = revision, self.count + 1
  local enough = self.differed and not named and AGREE_ON_A_BAD_LINE or AGREE
  return self.alike >= enough and revision or nil
end

--- Forget the readings: the module may run another firmware now.
function Readings:forget() self.last, self.count, self.alike = nil, 0, 0 end

return Readings
