--- What is written to a ledger, as SQL: an update's row, its steps, and its module as last seen; and what a run asks of
-- its module's past. Pure: fields in, statements out.
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

-- The newest first.
local function newest(where)
  return ("SELECT * FROM dfota_updates WHERE %s ORDER BY started DESC, id DESC LIMIT 1"):format(where)
end

--- Count the triggers of a module as `n`.
-- @tparam string imei
-- @tparam integer version of the layout: the first stored no refusal
-- @treturn string
function Statements:triggers(imei, version)
  return ("SELECT COUNT(*) AS n FROM dfota_updates WHERE imei = %s AND %s"):format(self.quote(imei),
    version >= 2 and schema.WORE or "triggered IS NOT NULL")
end

--- The newest update that was triggered and whose end is not known.
-- @tparam string port
-- @tparam[opt] string imei
-- @tparam string no_time of the store, see `schema.open`
-- @treturn string
function Statements:open_on(port, imei, no_time)
  local here = "port = " .. self.quote(port)
  local whose = imei and ("imei = %s OR imei IS NULL AND %s"):format(self.quote(imei), here) or here
  return newest(("(%s) AND %s"):format(whose, schema.open(no_time)))
end

--- The newest attempt at a package on a module that went well, or failed for good.
-- @tparam string imei empty for one that does not report it: then `port` of the package says where it was
-- @tparam table package `hash` of a file, or `url`; `port`
-- @tparam integer version of the layout
-- @treturn string
function Statements:last_with(imei, package, version)
  local failed = version >= 2 and schema.FAILED or schema.FAILED:gsub("rc IN %b() OR rc IS NULL AND ", "")
  local same = package.hash and "hash = " .. self.quote(package.hash) or "package = " .. self.quote(package.url)
  local whose = imei == "" and "imei IS NULL AND port = " .. self.quote(package.port) or "imei = " .. self.quote(imei)
  return newest(("%s AND %s AND triggered IS NOT NULL AND (outcome = 'updated' OR %s)"):format(whose, same, failed))
end

--- The rate of the module last seen on a port of a host.
-- @tparam string port
-- @tparam string host
-- @treturn string
function Statements:rate_on(port, host)
  return ("SELECT baud FROM dfota_modules WHERE port = %s AND host = %s AND baud IS NOT NULL "
    .. "ORDER BY seen DESC LIMIT 1"):format(self.quote(port), self.quote(host))
end

return Statements
