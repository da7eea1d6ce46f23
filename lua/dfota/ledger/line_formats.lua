--- Rows of a ledger as lines for programs: JSON, and CSV for spreadsheets.
--
-- Values come straight from a driver, in the order of the columns, which is what makes a hundred thousand of them
-- quick. Others may have written to the file: numbers are converted, and texts made safe to show.
-- @module dfota.ledger.line_formats
local json = require "dkjson"
local schema = require "dfota.ledger.schema"
local text = require "dfota.base.text"

local line_formats = {}

local NUMBERS = schema.NUMBERS

-- Neither infinite nor not a number, which JSON cannot hold.
local function number_of(value)
  local number = tonumber(value)
  if not number or number - number ~= 0 then return nil end
  return math.tointeger(number) or number
end

-- JSON -------------------------------------------------------------------------------------------------------------

-- Nearly all texts need no escaping.
local function json_text(value)
  if type(value) == "string" and not value:find '[^ !#-%[%]-~]' then return '"' .. value .. '"' end
  return json.quotestring(text.printable(value))
end

local function json_number(value)
  if math.type(value) == "float" and value - value == 0 then return ("%.14g"):format(value) end
  local number = number_of(value)
  if not number then return "null" end
  return (math.type(number) == "integer" and "%d" or "%.14g"):format(number)
end

local function json_boolean(value) return number_of(value) == 1 and "true" or "null" end

-- Recorded by the flow with job:record, as one object. Its names are sorted: the same row is the same line everywhere.
local function json_object(value)
  local object = json.decode(value)
  if type(object) ~= "table" then return "null" end
  local names = {}
  for name in pairs(object) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  return text.visible_json(json.encode(object, { keyorder = names }))
end

local JSON_KINDS = { refused = json_boolean, facts = json_object }

local MOST = 5000 -- texts that are remembered

-- A ledger repeats a few names, paths and messages a hundred thousand times.
local function remembering(write)
  local known, count = {}, 0
  return function(value)
    local written = known[value]
    if written then return written end
    if count == MOST then known, count = {}, 0 end
    written, count = write(value), count + 1
    known[value] = written
    return written
  end
end

local UNIQUE = { id = true, trace = true }

-- With its label in front, so that a row has half as many pieces.
local function labelled(label, write)
  return function(value) return label .. write(value) end
end

-- What a column's value is written by, and what stands for an unknown one.
local function json_writers(keys)
  local writers, unknown = {}, {}
  for i, key in ipairs(keys) do
    local label = (i == 1 and '{"' or ',"') .. key .. '":'
    local write = labelled(label, JSON_KINDS[key] or NUMBERS[key] and json_number or json_text)
    local repeats = not (JSON_KINDS[key] or NUMBERS[key] or UNIQUE[key])
    writers[i], unknown[i] = repeats and remembering(write) or write, label .. "null"
  end
  return writers, unknown
end

--- One JSON object per row.
-- @tparam {string,...} keys names in Lua, in the order of the values
-- @tparam boolean with_steps its last key is "steps"
-- @treturn table `keys`; `header` before all lines; `row` function(values) → the line up to its steps; `step`
--   function(name, at) → one of them, `between` them, and `ending` of a line
function line_formats.json(keys, with_steps)
  local writers, unknown = json_writers(keys)
  local count, step_name = #keys, remembering(json_text)
  return {
    keys = keys, header = "", between = ",", ending = with_steps and "]}\n" or "}\n", with_steps = with_steps,
    row = function(values)
      local parts = {}
      for i = 1, count do
        local value = values[i]
        parts[i] = value == nil and unknown[i] or writers[i](value)
      end
      if with_steps then parts[count + 1] = ',"steps":[' end
      return table.concat(parts)
    end,
    step = function(name, at) return '{"name":' .. step_name(name) .. ',"at":' .. json_number(at) .. "}" end,
  }
end

-- CSV --------------------------------------------------------------------------------------------------------------

local TIMES = { started = true, triggered = true, finished = true, seen = true }

-- A spreadsheet takes a cell that begins like this for a formula, and may run it. A leading apostrophe makes it text.
local FORMULA = "^[=+%-@\t\r]"

local function csv_text(value)
  local cell = text.printable(value):gsub(FORMULA, "'%0")
  if not cell:find '[",\r\n]' then return cell end
  return '"' .. cell:gsub('"', '""') .. '"'
end

local function csv_number(value)
  local number = number_of(value)
  return number and (math.type(number) == "integer" and "%d" or "%.14g"):format(number) or ""
end

--- ISO 8601, in UTC, to the second.
local function csv_time(value)
  local number = number_of(value)
  if not number or number < 0 or number >= 2 ^ 37 then return "" end
  return (os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(number)))
end

--- Comma-separated values as RFC 4180 describes them: a header line, CRLF, quotes where they are needed. Times are
-- ISO 8601 in UTC; what is unknown is empty.
-- @tparam {string,...} keys as of `json`
-- @treturn table as of `json`
function line_formats.csv(keys)
  local writers, count = {}, #keys
  for i, key in ipairs(keys) do
    writers[i] = TIMES[key] and csv_time or NUMBERS[key] and csv_number or UNIQUE[key] and csv_text
      or remembering(csv_text)
  end
  return {
    keys = keys, header = table.concat(keys, ",") .. "\r\n", ending = "\r\n", with_steps = false,
    row = function(values)
      local cells = {}
      for i = 1, count do cells[i] = values[i] == nil and "" or writers[i](values[i]) end
      return table.concat(cells, ",")
    end,
  }
end

return line_formats
