--- Rows out of comma-separated values (RFC 4180): fields may be quoted, and hold commas, quotes and line ends then.
--
-- Where a comma is the decimal point, spreadsheets separate the fields of such a file by semicolons; what is copied out
-- of one has tabs. The first row tells, or a line of Excel's own before it: `sep=;`.
-- @module dfota.fleet.csv

local csv = {}

-- The field that begins at a place, and the place after it; nil and the reason if a quote is never closed.
local function quoted(source, at)
  local parts = {}
  while true do
    local last = source:find('"', at, true)
    if not last then return nil, "a quote that is never closed" end
    parts[#parts + 1] = source:sub(at, last - 1)
    if source:sub(last + 1, last + 1) ~= '"' then return table.concat(parts), last + 1 end
    parts[#parts + 1], at = '"', last + 2
  end
end

-- What is copied out of a text or a web page has them, and looks the same.
local NO_BREAK_SPACE = "\u{A0}"

local function trimmed(text)
  local before
  repeat
    before = text
    text = text:match "^%s*(.-)%s*$":gsub("^" .. NO_BREAK_SPACE, ""):gsub(NO_BREAK_SPACE .. "$", "")
  until text == before
  return text
end

-- Blanks around a quoted field, which people write to align columns; a tab may be what separates.
local function after_blanks(source, at)
  at = source:match("^ *()", at)
  while source:find("^" .. NO_BREAK_SPACE, at) do at = source:match("^ *()", at + #NO_BREAK_SPACE) end
  return at
end

local function field(source, at, separator)
  local quote = after_blanks(source, at)
  if source:sub(quote, quote) == '"' then
    local text, after = quoted(source, quote + 1)
    return text, text and after_blanks(source, after) or after
  end
  local text, after = source:match("^([^\r\n%" .. separator .. "]*)()", at)
  if text:find('"', 1, true) then return nil, "a quote within a field that is not quoted" end
  return trimmed(text), after
end

local function line_end(source, at) return source:match("^\r?\n()", at) or source:match("^\r()", at) end

local function lines_in(text) return select(2, text:gsub("\r?\n", "")) end

-- One row: its fields, and where the next one begins.
local function row(source, at, separator)
  local fields = {}
  while true do
    local text, after = field(source, at, separator)
    if not text then return nil, after end
    fields[#fields + 1], at = text, after
    local next_row = line_end(source, at)
    if next_row or at > #source then return fields, next_row or at end
    if source:sub(at, at) ~= separator then return nil, "something behind a quoted field" end
    at = at + 1
  end
end

-- What separates the fields of the first row. It names columns, of which none has such a character in its name.
local function separator_in(source)
  for line in source:gmatch "[^\r\n]+" do
    if trimmed(line) ~= "" and not line:find "^#" then return line:match "," or line:match "[;\t]" or "," end
  end
  return ","
end

-- Excel's own first line, `sep=;`: it is no row. The separator, and where the rows begin.
local function separator_told(source)
  local separator, at = source:match "^[sS][eE][pP]=([%p\t])()"
  if not separator or separator == '"' then return nil end
  return separator, at > #source and at or line_end(source, at)
end

-- A spreadsheet writes a row of which nothing is left as its separators alone.
local function is_empty(fields) return fields[1]:find "^#" or table.concat(fields) == "" end

--- All rows. Empty lines, lines without a value, and lines that begin with #, are none.
-- @tparam string source
-- @treturn[1] {table,...} each a list of fields, and `line`, its number in the source
-- @treturn[1] string what separates the fields
-- @treturn[2] nil
-- @treturn[2] string what is wrong
-- @treturn[2] integer in which line
function csv.rows(source)
  source = source:gsub("^\xEF\xBB\xBF", "") -- some editors begin a file with it
  local rows, at, line = {}, 1, 1
  local separator, first = separator_told(source)
  if first then
    at, line = first, 2
  else
    separator = separator_in(source)
  end
  while at <= #source do
    local fields, after = row(source, at, separator)
    if not fields then return nil, after, line end
    if not is_empty(fields) then
      fields.line = line
      rows[#rows + 1] = fields
    end
    line = line + math.max(1, lines_in(source:sub(at, after - 1)))
    at = after
  end
  return rows, separator
end

return csv
