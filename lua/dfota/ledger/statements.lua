--- What is written to a ledger, as SQL: an update's row, its steps, and its module as last seen.
-- Pure: fields in, statements out.
-- @module dfota.ledger.statements
local schema = require "dfota.ledger.schema"

local Statements = {}
Statements.__index = Statements

local MAX_FACTS = 20000 -- one JSON object, which is never cut

--- @tparam function quote value, maximum characters → quoted for a statement
-- @treturn Statements
function Statements.new(quote) return setmetatable({ quote = quote }, Statements) end

--- Insert an update; an existing row stays as it is.
-- @tparam table row by the names in Lua of `schema.COLUMNS`
-- @treturn string
function Statements:insert(row)
  local names, values = {}, {}
  for i, column in ipairs(schema.COLUMNS) do
    local value = row[column[1]]
    if value == true then value = 1 end
    names[i], values[i] = column[2], self.quote(value, column[1] == "facts" and MAX_FACTS or nil)
  end
  return ("INSERT INTO dfota_updates (%s) VALUES (%s) ON CONFLICT (id) DO NOTHING"):format(
    table.concat(names, ", "), table.concat(values, ", "))
end

--- Remove an update, to be replaced by a better record of it.
-- @tparam string id
-- @treturn string
function Statements:delete(id) return "DELETE FROM dfota_updates WHERE id = " .. self.quote(id) end

--- Change an update.
-- @tparam string id
-- @tparam string assignments from `trigger` or `ending`
-- @treturn string
function Statements:update(id, assignments)
  return ("UPDATE dfota_updates SET %s WHERE id = %s"):format(assignments, self.quote(id))
end

--- What changes with a trigger.
-- @tparam number wall seconds since the epoch
-- @tparam[opt] number mono
-- @tparam[opt] string boot
-- @treturn string
function Statements:trigger(wall, mono, boot)
  return ("triggered = %s, mono = %s, boot = %s"):format(self.quote(wall), self.quote(mono), self.quote(boot))
end

--- What changes with the end.
-- @tparam table fields as of `Book:finish`
-- @tparam number now seconds since the epoch
-- @treturn string
function Statements:ending(fields, now)
  local quote = self.quote
  local set = ("finished = %s, outcome = %s, rev_after = %s, code = %s, message = %s, rc = %s, refused = %s, "
    .. "doubt = %s"):format(
    quote(now), quote(fields.outcome), quote(fields.after), quote(math.tointeger(fields.code)), quote(fields.message),
    quote(math.tointeger(fields.rc)), fields.refused and "1" or "NULL", quote(fields.doubt))
  if fields.untriggered then set = set .. ", triggered = NULL" end
  if fields.facts then set = set .. ", facts = " .. quote(fields.facts, MAX_FACTS) end
  if fields.forced then set = set .. ", forced = " .. quote(fields.forced) end
  return set
end

--- Add to a list the statement for a module as last seen; unknown values stay as they are.
-- @tparam {string,...} list
-- @tparam table|nil seen by the names in Lua of `schema.MODULE_COLUMNS`; without an IMEI nothing is added
function Statements:add_module(list, seen)
  if not seen or not seen.imei then return end
  local names, values, news = {}, {}, {}
  for i, column in ipairs(schema.MODULE_COLUMNS) do
    names[i], values[i] = column[2], self.quote(seen[column[1]])
    if seen[column[1]] ~= nil then news[#news + 1] = ("%s = excluded.%s"):format(column[2], column[2]) end
  end
  list[#list + 1] = ("INSERT INTO dfota_modules (%s) VALUES (%s) ON CONFLICT (imei) DO UPDATE SET %s"):format(
    table.concat(names, ", "), table.concat(values, ", "), table.concat(news, ", "))
end

--- Add to a list the statements that replace the steps of an update.
-- @tparam {string,...} list
-- @tparam string id
-- @tparam {table,...}|nil steps each `name` and `at`; nothing is added if there are none
function Statements:add_steps(list, id, steps)
  if not steps or not steps[1] then return end
  local quote, values = self.quote, {}
  for i, step in ipairs(steps) do
    values[i] = ("(%s, %s, %s)"):format(quote(id), quote(step.name), quote(step.at + 0.0))
  end
  list[#list + 1] = "DELETE FROM dfota_steps WHERE update_id = " .. quote(id)
  list[#list + 1] = "INSERT INTO dfota_steps (update_id, name, at) VALUES " .. table.concat(values, ", ")
end

return Statements
