--- Faults that are waiting for their place.
-- A place is `upload:BYTE`, `read:BYTE` (of a read-back), `download:PERCENT`, `update:PERCENT`, `urc:NAME`,
-- `command:NAME` (it begins), `reply:NAME` (its final result code was sent), `line:N`, `time:S`, or `end` for
-- `urc:end`. Each fault happens once, at the first
-- matching place, in the order of its list.
local Options = require "dfota.sim.options"

local Faults = {}
Faults.__index = Faults

local ACTIONS = { "power_cut", "crash", "hang", "low_voltage", "under_voltage", "power_down", "pdp_drop" }
local LINE_FAULTS = { "drop", "garble", "double", "delay", "split", "noise" }

local function place_of(text)
  local kind, value = text:match("^(%l+):(.+)$")
  if not kind then kind, value = "urc", text end
  return { kind = kind, value = Options.COUNTED[kind] and tonumber(value) or value:lower() }
end

--- Creates the list of a spec's faults.
function Faults.new(spec, random)
  local self = setmetatable({ spec = spec, random = random, waiting = {}, lines = 0, at = {} }, Faults)
  self.garble_in = Options.set(spec.garble_in:upper())
  for _, action in ipairs(ACTIONS) do
    for text in spec[action]:gmatch("[^+]+") do
      local place = place_of(text)
      place.action = action
      table.insert(self.waiting, place)
    end
  end
  for _, fault in ipairs(LINE_FAULTS) do self.at[fault] = Options.set(spec[fault .. "_at"]) end
  return self
end

local function fits(place, kind, value)
  if place.kind ~= kind then return false end
  if type(place.value) == "number" then return type(value) == "number" and value >= place.value end
  return place.value == tostring(value):lower()
end

--- The fault at this place, or nil. It will not happen again.
-- @string kind of place
-- @param value number reached, or name
-- @treturn ?string action
function Faults:take(kind, value)
  for i, place in ipairs(self.waiting) do
    if fits(place, kind, value) then
      table.remove(self.waiting, i)
      return place.action
    end
  end
end

--- The next place of a numeric kind (upload: bytes; time: seconds) beyond `after`, or nil.
function Faults:next_place(kind, after)
  local nearest
  for _, place in ipairs(self.waiting) do
    local ahead = place.kind == kind and place.value > (after or -1)
    if ahead and (not nearest or place.value < nearest) then nearest = place.value end
  end
  return nearest
end

--- Counts an output line and decides which faults it has.
-- @treturn table drop=, garble=, double=, delay=, split=, noise= true if so; and the line's number
function Faults:next_line()
  self.lines = self.lines + 1
  local number, faults = tostring(self.lines), {}
  for _, fault in ipairs(LINE_FAULTS) do
    faults[fault] = self.at[fault][number] or self.random:chance(self.spec[fault])
  end
  return faults, self.lines
end

--- A line with one to three wrong bytes.
function Faults:garbled(line)
  for _ = 1, self.random:integer(1, 3) do
    local i = self.random:integer(1, #line)
    line = line:sub(1, i - 1) .. self.random:bytes(1) .. line:sub(i + 1)
  end
  return line
end

--- A line in which any character may have one wrong bit, with the probability set by the switches.
-- @string line
-- @tparam ?string command that it answers
function Faults:sprinkled(line, command)
  local p = self.spec.garble_char
  if p <= 0 or next(self.garble_in) and not self.garble_in[command] then return line end
  return (line:gsub(".", function(c)
    if self.random:chance(p) then return string.char(c:byte() ~ (1 << self.random:integer(0, 7))) end
  end))
end

return Faults
