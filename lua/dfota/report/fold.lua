--- Folds identical consecutive lines, so that a module that repeats one line a hundred times a second is reported in a
-- few lines. Pure: the time is passed in.
-- @module dfota.report.fold

local fold = {}

local Fold = {}
Fold.__index = Fold

--- @tparam number seconds after which a repeating line is reported again
-- @treturn Fold
function fold.new(seconds) return setmetatable({ seconds = seconds, count = 0 }, Fold) end

--- What was counted but not reported yet.
-- @treturn table|nil `text`, `repeated`: how often it was repeated
function Fold:rest()
  if self.count == 0 then return nil end
  local fields = { text = self.text, repeated = self.count }
  self.count = 0
  return fields
end

-- The first line after a pause is reported like any other.
local function again(self, t)
  local fresh = t - self.reported >= self.seconds
  if fresh and self.count == 0 then
    self.reported = t
    return { { text = self.text } }
  end
  self.count = self.count + 1
  if not fresh then return {} end
  self.reported = t
  return { self:rest() }
end

--- One more line.
-- @tparam number t seconds
-- @tparam string text
-- @treturn {table,...} what to report now: `text`, and `repeated` if it stands for that many more
function Fold:line(t, text)
  if text == self.text then return again(self, t) end
  local due = { self:rest() }
  self.text, self.reported = text, t
  due[#due + 1] = { text = text }
  return due
end

return fold
