--- Text for a terminal: words in lines that fit.
-- @module dfota.base.wrap

local wrap = {}

-- A run of blanks and the word behind it; the blanks at a break are dropped.
local WORD = "(%s*)(%S+)"

-- A number and its unit are read as one.
local UNITS = { "mV", "s", "ms", "min", "h", "%%", "B", "kB", "MB", "kB/s", "bytes" }
local GLUE = "\u{A0}"

local function glued(text)
  for _, unit in ipairs(UNITS) do text = text:gsub("(%d) (" .. unit .. ")%f[%s%p\0]", "%1" .. GLUE .. "%2") end
  return text
end

local function unglued(lines)
  for i, line in ipairs(lines) do lines[i] = line:gsub(GLUE, " ") end
  return lines
end

--- Break a text between words. A word that is wider than the room, such as a path, stays whole: the terminal folds it,
-- and it can still be copied.
-- @tparam string text one line of UTF-8
-- @tparam integer room columns
-- @treturn {string,...} at least one line
function wrap.lines(text, room)
  if utf8.len(text) <= room then return { text } end
  local lines, line = {}, nil
  for blanks, word in glued(text):gmatch(WORD) do
    local longer = line and line .. blanks .. word or blanks .. word
    if line and utf8.len(longer) > room then
      lines[#lines + 1] = line
      line = word
    else
      line = longer
    end
  end
  lines[#lines + 1] = line or text
  return unglued(lines)
end

local LEAST_ROOM = 15 -- below that a deep indent would leave a column of single words
local SHALLOW = 2

--- The same behind a label; further lines are indented to where the text began.
-- @tparam string label the blanks behind it included
-- @tparam string text
-- @tparam integer width columns of the terminal
-- @treturn {string,...} the lines behind the label, the indent included from the second on
function wrap.hanging(label, text, width)
  local indent = utf8.len(label)
  local room = width - 1 - indent -- the last column stays free: some terminals break a line that is full
  if utf8.len(text) <= room then return { text } end
  if room < LEAST_ROOM then indent = math.min(SHALLOW, indent) end
  local lines = wrap.lines((" "):rep(utf8.len(label) - indent) .. text, math.max(width - 1 - indent, 1))
  lines[1] = lines[1]:sub(utf8.len(label) - indent + 1)
  for i = 2, #lines do lines[i] = (" "):rep(indent) .. lines[i] end
  return lines
end

--- A label, and text beside it in a column; below it if the label is too long.
-- @tparam string label
-- @tparam string s
-- @tparam integer column where the text begins, from 0
-- @tparam integer width columns in all
-- @treturn {string,...} lines
function wrap.beside(label, s, column, width)
  local lines = wrap.lines(s, width - column)
  for i, line in ipairs(lines) do lines[i] = (" "):rep(column) .. line end
  if utf8.len(label) > column - 2 then
    table.insert(lines, 1, label)
  else
    lines[1] = label .. lines[1]:sub(utf8.len(label) + 1)
  end
  return lines
end

return wrap
