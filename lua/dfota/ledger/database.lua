--- The database behind a book: executes statements, all or none, and makes them durable.
--
-- Field failures are `nil, err`, kind "ledger", or "ledger_locked" if others have locked it.
-- @module dfota.ledger.database
local Cursor = require "dfota.ledger.cursor"
local schema = require "dfota.ledger.schema"
local sql = require "dfota.ledger.sql"
local text = require "dfota.base.text"

local Database = {}
Database.__index = Database

local MAX_TEXT = 1000

--- @tparam table connected from `dfota.ledger.sql`: `conn` and its dialect
-- @tparam table place of the ledger (`dfota.ledger.place`), for messages
-- @treturn Database with `version`, the layout of its tables, once they are prepared
function Database.new(connected, place)
  return setmetatable({ store = connected, conn = connected.conn, place = place, version = nil }, Database)
end

local function clean(value, limit)
  return text.cut(text.printable(text.without_credentials(tostring(value))), limit or MAX_TEXT)
end

--- A value quoted for a statement: printable text only, so that neither engine gets a NUL or broken UTF-8.
-- @param value
-- @tparam[opt] integer limit most characters of a text
-- @treturn string
function Database:quote(value, limit)
  if value == nil then return "NULL" end
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if type(value) == "number" then return ("%.6f"):format(value) end
  return "'" .. self.conn:escape(clean(value, limit)) .. "'"
end

--- The error for a failure of the driver.
-- @tparam string reason
-- @tparam[opt] string query that failed
-- @treturn nil
-- @treturn dfota.error
function Database:fail(reason, query)
  if self.store.is_locked(reason, query) then
    return nil, self.place:failure("it is locked by others", "ledger_locked")
  end
  return nil, self.place:failure((self.store.words(reason)))
end

local function execute(self, query)
  if not self.conn then error("the ledger is closed", 4) end
  local done, reason = self.conn:execute(query)
  if not done then return self:fail(reason, query) end
  return done
end

local function run_all(self, statements)
  for _, statement in ipairs(statements) do
    local done, err = execute(self, statement)
    if not done then return nil, err end
    if type(done) == "userdata" then done:close() end
  end
  return true
end

-- Statements without rows, wrapped so that a failure shows whether others had locked the database.
local function heard(self, statements)
  local hearing = self.store.hearing
  if not hearing then return statements end
  local list = {}
  for i, statement in ipairs(statements) do list[i] = hearing(statement) end
  return list
end

local function written(self, make, lock)
  local ok, err = run_all(self, { self.store.begin })
  if ok and lock then ok, err = run_all(self, heard(self, { lock })) end
  local statements
  if ok then statements, err = make() end
  if statements then ok, err = run_all(self, heard(self, statements)) else ok = nil end
  if ok then ok, err = run_all(self, { "COMMIT" }) end
  if ok then return true end
  self.conn:execute("ROLLBACK")
  return nil, err
end

--- Execute the statements that a function makes of what it reads, all or none, with nobody writing in between: they are
-- on disk when this returns true.
-- @tparam function make function() → {string,...}; nil, err
-- @tparam[opt] string lock a statement before it
-- @treturn boolean|nil true; nil, err
function Database:atomically(make, lock)
  local ok, err = written(self, make, lock)
  if not ok then return nil, err end
  if not self.store.sync then return true end
  local reason
  ok, reason = self.store.sync()
  if not ok then return self:fail("syncing its log: " .. tostring(reason)) end
  return true
end

--- Execute statements, all or none: they are on disk when this returns true.
-- @tparam {string,...} statements
-- @treturn boolean|nil true; nil, err
function Database:commit(statements)
  return self:atomically(function() return statements end)
end

--- Open a cursor for a query.
-- @tparam string query
-- @tparam {table,...} fields columns, as of `dfota.ledger.schema`
-- @treturn Cursor|nil as of `dfota.ledger.cursor`; nil, err
function Database:read(query, fields)
  local cursor, err = execute(self, query)
  if not cursor then return nil, err end
  return Cursor.new(cursor, fields)
end

--- All rows of a query.
-- @tparam string query
-- @tparam {table,...} fields
-- @treturn {table,...}|nil nil, err
function Database:select(query, fields)
  local cursor, err = self:read(query, fields)
  if not cursor then return nil, err end
  local rows, reason = cursor:take(math.huge)
  if not rows then return self:fail(reason) end
  return rows
end

local LAYOUT = "SELECT MAX(version) FROM dfota_schema"

local function layout(self)
  local count, reason = sql.value(self.conn, self.store.has_table)
  if not count then return self:fail(reason, self.store.has_table) end
  if tonumber(count) == 0 then return 0 end
  local version
  version, reason = sql.value(self.conn, LAYOUT)
  if reason then return self:fail(reason, LAYOUT) end
  return math.tointeger(tonumber(version)) or 0
end

-- Checked again inside the transaction: another process may just have done it.
local function create_tables(self)
  local version, err = run_all(self, self.store.begin_alone)
  if version then version, err = layout(self) end
  if version and version < schema.VERSION then
    version, err = run_all(self, heard(self, schema.statements(version, self.store.no_time)))
  end
  if version then version, err = run_all(self, { "COMMIT" }) end
  if version then return true end
  self.conn:execute("ROLLBACK")
  return nil, err
end

-- Somebody else's tables are not given company.
local function is_foreign(self)
  local count, reason = sql.value(self.conn, self.store.others)
  if not count then return self:fail(reason, self.store.others) end
  if tonumber(count) == 0 then return false end
  return nil, self.place:failure("is a database of another program")
end

--- Check its tables, and create or upgrade them to the current layout.
-- @tparam boolean readonly create and change nothing
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] err
-- @treturn[2] ?boolean true if it just has no tables yet
function Database:prepare(readonly)
  local version, err = layout(self)
  if not version then return nil, err end
  if version > schema.VERSION then
    return nil, self.place:failure(("it was created by a newer dfota (layout %d, this one knows %d)")
      :format(version, schema.VERSION))
  end
  self.version = version
  if version == schema.VERSION then return true end
  if version == 0 then
    local foreign, why = is_foreign(self)
    if foreign == nil then return nil, why end
  end
  if readonly then
    if version == 0 then return nil, self.place:failure("is empty: nothing was recorded in it yet"), true end
    return true
  end
  self.version = schema.VERSION
  return create_tables(self)
end

--- May this user write into it? Nothing is written. Of a file that is asked before it is opened.
-- @treturn boolean|nil true; nil, err
function Database:may_write()
  local query = self.store.may_write
  if not query then return true end
  local may, reason = sql.value(self.conn, query)
  if may == nil and reason then return self:fail(reason, query) end
  if tonumber(may) == 1 then return true end
  return nil, self.place:failure("this user may not write into it, or the database is read-only")
end

--- Close it, once.
function Database:close()
  self.conn:close()
  self.store.env:close()
  self.conn = nil
end

return Database
