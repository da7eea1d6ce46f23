--- Folds identical lines in a row, so that a module that says one thing a hundred times a second is told in a few
-- lines. Pure: it is told the time.
-- @module dfota.report.fold

local fold = {}

local Fold = {}
Fold.__index = Fold

--- @tparam number seconds after which a line that goes on is told again
-- @treturn Fold
function fold.new(seconds) return setmetatable({ seconds = seconds, count = 0 }, Fold) end

--- What was counted and not told yet.
-- @treturn table|nil `text`, `repeated`: how often it came again
function Fold:rest()
  if self.count == 0 then return nil end
  local fields = { text = self.text, repeated = self.count }
  self.count = 0
  return fields
end

-- The first of a silence is a line like any other.
local function again(self, t)
  local fresh = t - self.told >= self.seconds
  if fresh and self.count == 0 then
    self.told = t
    return { { text = self.text } }
  end
  self.count = self.count + 1
  if not fresh then return {} end
  self.told = t
  return { self:rest() }
end

--- One more line.
-- @tparam number t seconds
-- @tparam string text
-- @treturn {table,...} what is to be told now: `text`, and `repeated` where it stands for so many more of them
function Fold:line(t, text)
  if text == self.text then return again(self, t) end
  local told = { self:rest() }
  self.text, self.told = text, t
  told[#told + 1] = { text = text }
  return told
end

return fold
