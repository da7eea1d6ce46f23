--- Reads rows from a LuaSQL cursor, with their names in Lua, in batches.
-- @module dfota.ledger.cursor
local schema = require "dfota.ledger.schema"
local text = require "dfota.base.text"

local Cursor = {}
Cursor.__index = Cursor

local NUMBERS = schema.NUMBERS

-- The names in Lua of a cursor's columns, in order; false for a column that is not used.
local function names_of(cursor, fields)
  local names = {}
  for i, column in ipairs(cursor:getcolnames()) do
    names[i] = false
    for _, field in ipairs(fields) do
      if field[2] == column then names[i] = field[1] end
    end
  end
  return names
end

--- @param cursor of LuaSQL
-- @tparam {table,...} fields each with the name in Lua and that of the column, as in `dfota.ledger.schema`
-- @treturn Cursor
function Cursor.new(cursor, fields)
  return setmetatable({ cursor = cursor, names = names_of(cursor, fields) }, Cursor)
end

-- Others may have written to the file: numbers are converted, and texts made safe to show.
local function number_or_text(name, value)
  if value == nil then return nil end
  if not NUMBERS[name] then return text.printable(value) end
  local number = tonumber(value)
  return number and (math.tointeger(number) or number)
end

local function named(values, names)
  local result = {}
  for i, name in ipairs(names) do
    if name then result[name] = number_or_text(name, values[i]) end
  end
  return result
end

--- The next rows. The cursor is closed after the last.
-- @tparam number limit maximum number
-- @treturn {table,...}|nil nil, reason if the driver fails
-- @treturn ?boolean|string true if these are the last
function Cursor:take(limit)
  local rows, values = {}, {}
  for i = 1, limit do
    local found, reason = self.cursor:fetch(values, "n")
    if not found then
      self.cursor:close()
      if reason then return nil, reason end
      return rows, true
    end
    rows[i] = named(values, self.names)
  end
  return rows
end

--- The next row as the driver gives it, in the order of its columns.
-- @tparam table values to be filled
-- @treturn table|nil the same; nil after the last, nil and a reason if the driver fails: then close it
function Cursor:raw(values) return self.cursor:fetch(values, "n") end

--- Close it early.
function Cursor:close() self.cursor:close() end

return Cursor
