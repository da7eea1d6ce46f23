--- A progress bar in one line, as wide as the terminal allows. Pure.
--
-- Nothing in it is cut: what does not fit is left out, the least important first.
-- @module dfota.report.bar
local text = require "dfota.base.text"

local bar = {}

local function amount(fields)
  if fields.bytes and fields.total then
    local done, total = text.bytes(fields.bytes), text.bytes(fields.total)
    if done:match("%a+") == total:match("%a+") then done = done:match("%S+") end
    return ("%s of %s"):format(done, total)
  end
  return fields.bytes and text.bytes(fields.bytes)
end

-- Whole seconds on both sides, so that the age can be seen to approach its limit.
local function age(fields)
  if not fields.age_s then return nil end
  if not fields.wait then
    local alone = text.duration(fields.age_s)
    return { ("last line %s ago"):format(alone), alone, alone }
  end
  local seconds = ("%.0f s"):format(fields.age_s)
  local against = (", %s at %.0f s"):format(text.printable(fields.wait.what), fields.wait.at_s)
  return { ("last line %s ago"):format(seconds) .. against, seconds .. against, seconds }
end

-- What is known besides the percentage. People are shown bytes, the event has bits.
local function known(fields)
  return {
    percent = fields.percent and ("%3d %%"):format(math.floor(fields.percent)),
    amount = amount(fields),
    rate = fields.rate_bps and text.bytes(fields.rate_bps // 8) .. "/s",
    left = fields.eta_s and fields.eta_s > 0 and text.duration(fields.eta_s) .. " left",
    age = age(fields),
  }
end

local ORDER = { "percent", "amount", "rate", "left", "age" }

-- A part is a text, or several of them from long to short.
local function joined(parts, form)
  local words = {}
  for _, name in ipairs(ORDER) do
    local part = parts[name]
    words[#words + 1] = type(part) == "table" and part[form] or part or nil
  end
  return table.concat(words, "  ")
end

--- All that is known about a progress, for a line of its own.
-- @tparam table fields of a `progress` event; `age_s` seconds since the last line; `wait` what happens when that age
--   has been reached: `what`, `at_s`
-- @treturn string
function bar.details(fields) return joined(known(fields), 1) end

--- The same once the phase is over: how far it got, and how long it took.
-- @tparam table fields of its last `progress` event
-- @tparam number seconds
-- @treturn string
function bar.summary(fields, seconds)
  local parts = known(fields)
  local words = { ("%d %% after %s"):format(math.floor(fields.percent), text.duration(seconds)) }
  words[#words + 1] = fields.bytes and fields.bytes == fields.total and text.bytes(fields.total) or parts.amount
  words[#words + 1] = parts.rate
  return table.concat(words, ", ")
end

local SHORTEST_AGE = 3

-- What is given up, in this order, until the line fits: a part by its name, or the age's form for a shorter one.
local STEPS = { "rate", "amount", 2, "left", SHORTEST_AGE }

-- Two widths only: a bar that changes its length with every digit is hard to look at.
local CELLS = { 20, 10 }

local function with_cells(label, fields, about, room)
  for _, cells in ipairs(CELLS) do
    if utf8.len(label) + utf8.len(about) + cells + 3 <= room then
      local full = math.floor(cells * math.max(0, math.min(100, fields.percent)) / 100)
      return ("%s[%s%s] %s"):format(label, ("#"):rep(full), ("-"):rep(cells - full), about)
    end
  end
end

-- While a module is silent the limit of its silence is worth more than the cells.
local function without_cells(label, fields, about, room, next_step)
  local may = not fields.percent or fields.age_s and next_step == SHORTEST_AGE
  return may and utf8.len(label .. about) <= room and label .. about or nil
end

-- At last without its label.
local function shortest(label, about, room)
  for _, line in ipairs { label .. about, (about:gsub("^ +", "")) } do
    if utf8.len(line) <= room then return line end
  end
  return ""
end

--- Draw it.
-- @tparam table fields as of `bar.details`, with its `phase`
-- @tparam integer width columns of the terminal, of which the last stays free
-- @treturn string
function bar.line(fields, width)
  local label, room = ("%-9s"):format(text.printable(fields.phase)), width - 1
  local parts, form, about = known(fields), 1, nil
  for i = 0, #STEPS do
    local step, next_step = STEPS[i], STEPS[i + 1]
    if parts[step] ~= nil then parts[step] = nil elseif type(step) == "number" then form = step end
    about = joined(parts, form)
    local line = fields.percent and with_cells(label, fields, about, room)
      or without_cells(label, fields, about, room, next_step)
    if line then return line end
  end
  return shortest(label, about, room)
end

return bar
