--- Text as roff source for man pages, for man-db and mandoc alike.
local wrap = require "dfota.base.wrap"

local roff = {}

local SPECIAL = { ["\\"] = "\\e", ["'"] = "\\(aq", ["`"] = "\\(ga", ["^"] = "\\(ha", ["~"] = "\\(ti", ["-"] = "\\-" }

local function character(code)
  return ("\\[u%04X]"):format(code)
end

local function plain(s)
  return (s:gsub("[\xC2-\xF4][\x80-\xBF]+", function(c) return character(utf8.codepoint(c)) end))
end

--- What is typed: a hyphen stays the one on the keyboard, and quotes stay straight.
function roff.typed(s)
  return plain((s:gsub("[\\'`^~-]", SPECIAL)))
end

-- A word that is typed keeps its hyphens; in other words a hyphen is a hyphen.
local function word(w)
  if w:find "^[(%[\"]?%-" or w:find("--", 1, true) or w:find "[=/]" then return (w:gsub("%-", "\\-")) end
  return w
end

--- A sentence. No line of it begins like a request.
function roff.text(s)
  local escaped = s:gsub("\\", "\\e"):gsub("%S+", word):gsub("`", "\\(ga"):gsub("%^", "\\(ha"):gsub("~", "\\(ti")
  escaped = plain(escaped):gsub("^([.'])", "\\&%1")
  return (escaped:gsub("'", "\\(aq"))
end

local WIDTH = 68 -- escapes make lines longer; mandoc warns of more than 80 bytes

--- The same in short lines; a sentence begins on a line of its own.
function roff.lines(s)
  local lines = {}
  for sentence in (s:gsub("([.;]) (%u)", "%1\n%2") .. "\n"):gmatch "(.-)\n" do
    for _, line in ipairs(wrap.lines(sentence, WIDTH)) do lines[#lines + 1] = roff.text(line) end
  end
  return lines
end

--- An item with its text below it.
-- @tparam string label roff source
-- @tparam string s
function roff.item(label, s)
  local text = roff.lines(s)
  return table.move(text, 1, #text, 3, { ".TP", label })
end

--- Bold, as what is typed.
function roff.bold(s) return "\\fB" .. roff.typed(s) .. "\\fR" end

--- Italic, as what stands for something else.
function roff.italic(s) return "\\fI" .. roff.typed(s) .. "\\fR" end

return roff
