--- How +QIND lines are spelt: the note's table (3.1), its examples (4.1, 4.2), and a sibling's boot loader.
local Options = require "dfota.sim.options"
local Transmitter = require "dfota.sim.transmitter"

local qind = {}

local function plain(stage)
  return function(value)
    return ('+QIND: "FOTA","%s"%s'):format(stage, value and "," .. value or "")
  end
end

local function percent(stage, first_blank)
  return function(value)
    local blank = first_blank and value == first_blank and " " or ""
    return ('+QIND: "FOTA","%s",%s%d%%'):format(stage, blank, value)
  end
end

local table_form = {
  httpstart = plain "HTTPSTART", downloading = plain "DOWNLOADING", httpend = plain "HTTPEND",
  start = plain "START", updating = plain "UPDATING",
  ["end"] = function(value) return ('+QIND: "FOTA","END", %d'):format(value) end,
}

local example_form = {
  httpstart = plain "HTTP START", downloading = percent "DOWNLOADING", httpend = plain "HTTPEND",
  start = plain "START", updating = percent("UPDATING", 2), ["end"] = plain "END",
}

local rda_form = setmetatable({ ["end"] = plain "END" }, { __index = table_form })

local forms = { table = table_form, example = example_form, rda = rda_form }

-- `rename` and `extra`: NAME:WORD+…
local function words(text)
  local map = {}
  for name, word in text:gmatch("([%l]+):([^+]+)") do map[name] = word end
  return map
end

local function spelt(m, stage, value)
  m.renamed = m.renamed or words(m.spec.rename)
  local text = forms[m.spec.spelling][stage](value)
  local word = m.renamed[stage]
  return word and text:gsub('"FOTA","[^"]*"', '"FOTA","' .. word:gsub("%%", "%%%%") .. '"') or text
end

local function say_extra(m, stage)
  m.extra_lines = m.extra_lines or words(m.spec.extra)
  local word = m.extra_lines[stage]
  if word then Transmitter.urc(m, plain(word)()) end
end

--- Reports a stage of the update: printed once, never, or twice, depending on the switches.
-- @tparam Module m
-- @string stage httpstart, downloading, httpend, start, updating, end
-- @tparam ?integer value percent or code
function qind.say(m, stage, value)
  m.lost_lines = m.lost_lines or Options.set(m.spec.lost)
  m.twice_lines = m.twice_lines or Options.set(m.spec.twice)
  local text = spelt(m, stage, value)
  say_extra(m, stage)
  if m.lost_lines[stage] then
    m:fault("urc", stage)
    return
  end
  if m.twice_lines[stage] then Transmitter.urc(m, text) end
  Transmitter.urc(m, text, stage)
end

--- Is the OK of QFOTADL lost?
function qind.ok_lost(m)
  return Options.set(m.spec.lost).ok
end

return qind
