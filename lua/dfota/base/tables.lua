--- What Lua's own table library lacks.
-- @module dfota.base.tables

local tables = {}

--- Is a value in a list?
-- @param value
-- @tparam table list
-- @treturn boolean
function tables.is_in(value, list)
  for _, one in ipairs(list) do
    if one == value then return true end
  end
  return false
end

--- A copy, with some fields set.
-- @tparam table fields
-- @tparam[opt] table changes
-- @treturn table
function tables.with(fields, changes)
  local copy = {}
  for key, value in pairs(fields) do copy[key] = value end
  for key, value in pairs(changes or {}) do copy[key] = value end
  return copy
end

return tables
