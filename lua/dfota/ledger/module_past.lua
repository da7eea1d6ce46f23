--- What a run asks of its module's past: its wear, an update whose end is not known, how a package fared on it, the
-- rate of its port.
-- @module dfota.ledger.module_past

local schema = require "dfota.ledger.schema"

local module_past = {}

local function list(database, query) return database:select(query, schema.COLUMNS) end

--- How many triggers of a module this ledger saw: a lower bound of its wear. One that the module refused wrote
-- nothing to its flash.
-- @tparam Database database
-- @tparam Statements statements
-- @tparam string imei
-- @treturn[1] integer
-- @treturn[2] nil
-- @treturn[2] err
function module_past.triggers(database, statements, imei)
  local rows, err = database:select(statements:triggers(imei, database.version), { { "n", "n" } })
  if not rows then return nil, err end
  return math.tointeger(tonumber(rows[1].n))
end

--- The newest update that was triggered and whose end is not known: never recorded, or recorded as unknown.
-- @tparam Database database
-- @tparam Statements statements
-- @tparam string port where it ran; counts where its IMEI, or the one asked for, is not known
-- @tparam[opt] string imei
-- @tparam boolean may_name rows without an id, which others wrote, get one, so that their end can be recorded
-- @treturn table|nil as of `Book:rows`, or nil; nil and err where the ledger fails
function module_past.open_on(database, statements, port, imei, may_name)
  local store = database.store
  local query = statements:open_on(port, imei, store.no_time)
  local rows, err = list(database, query)
  if rows and rows[1] and not rows[1].id and store.name_rows and may_name then
    local named_now
    named_now, err = database:commit { store.name_rows }
    if not named_now then return nil, err end
    rows, err = list(database, query)
  end
  if not rows then return nil, err end
  return rows[1]
end

-- The newest attempt at this package on this module that was settled: it went well, or failed for good.
local function last_with(database, statements, imei, package)
  local rows, err = list(database, statements:last_with(imei, package, database.version))
  if not rows then return nil, err end
  return rows[1]
end

--- The newest attempt at this package that failed on this module, unless it went well there since.
-- @tparam Database database
-- @tparam Statements statements
-- @tparam string imei empty for a module that does not report it
-- @tparam table package `hash` of a file, or `url`; `port` of a module without an IMEI
-- @treturn table|nil as of `Book:rows`, or nil; nil and err where the ledger fails
function module_past.failed_with(database, statements, imei, package)
  local row, err = last_with(database, statements, imei, package)
  if row and row.outcome ~= "updated" then return row end
  return nil, err
end

--- The newest update of this module by this package, unless it failed there since.
-- @tparam Database database
-- @tparam Statements statements
-- @tparam string imei
-- @tparam string hash of a file
-- @treturn table|nil as of `Book:rows`, or nil; nil and err where the ledger fails
function module_past.updated_with(database, statements, imei, hash)
  local row, err = last_with(database, statements, imei, { hash = hash })
  if row and row.outcome == "updated" then return row end
  return nil, err
end

--- The rate of the module that was last seen on a port.
-- @tparam Database database
-- @tparam Statements statements
-- @tparam string port
-- @tparam string host
-- @treturn integer|nil nil where none is known, or that module adapts to whatever rate it is asked at; nil, err
function module_past.rate_on(database, statements, port, host)
  if database.version < 4 then return nil end
  local rows, err = database:select(statements:rate_on(port, host), { { "baud", "baud" } })
  if not rows then return nil, err end
  local baud = rows[1] and rows[1].baud
  if math.type(baud) == "integer" and baud > 0 then return baud end
end

return module_past
