--- Unsolicited lines that have not been read yet, oldest first.
-- A flood must not fill the memory: only the most recent lines are kept.
-- @module dfota.at.backlog
local Backlog = {}
Backlog.__index = Backlog

--- How many lines are kept.
Backlog.MOST = 1000

--- @treturn Backlog
function Backlog.new() return setmetatable({ lines = {}, first = 1, last = 0, dropped = 0 }, Backlog) end

--- Remove the oldest line.
-- @treturn string|nil the line; nil if there is none
-- @treturn ?string class if it is a final result code
-- @treturn ?int|string code
function Backlog:pop()
  local entry = self.lines[self.first]
  if not entry then return nil end
  self.lines[self.first] = nil
  self.first = self.first + 1
  return entry.line, entry.class, entry.code
end

--- Add a line.
-- @tparam string line
-- @tparam[opt] string class
-- @tparam[opt] int|string code
-- @treturn boolean whether the oldest was dropped to make room
function Backlog:push(line, class, code)
  self.last = self.last + 1
  self.lines[self.last] = { line = line, class = class, code = code }
  if self.last - self.first < Backlog.MOST then return false end
  self:pop()
  self.dropped = self.dropped + 1
  return true
end

return Backlog
