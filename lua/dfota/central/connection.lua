--- A short connection to the centre, in a process that may hang (see `dfota.central.errand`).
--
-- Field failures are `nil, err`: kind `central` passes by itself, `central_refused` is fixed by people. No message has
-- anything of the URL but what `dfota.ledger.place` shows, and nothing that the server said.
-- @module dfota.central.connection

local core = require "dfota.core"
local json = require "dkjson"
local migrations = require "dfota.central.migrations"
local place = require "dfota.ledger.place"
local server_words = require "dfota.ledger.server_words"
local text = require "dfota.base.text"

local connection = {}

local Connection = {}
Connection.__index = Connection

-- The server ends what nobody waits for any more.
local SESSION = "SET client_min_messages = warning; SET standard_conforming_strings = on; "
  .. "SET statement_timeout = '60s'; SET lock_timeout = '20s'; "

--- An err that names the centre.
-- @tparam string name as `place.read` shows it
-- @tparam string reason
-- @tparam[opt] boolean lasting
-- @treturn dfota.error
function connection.failure(name, reason, lasting)
  return core.error(lasting and "central_refused" or "central", ("central %s: %s"):format(text.printable(name), reason))
end

-- One of a user alone, or of nothing, would be looked for in libpq's own files and variables; a bracket that is left
-- open libpq refuses, but not before the first question.
local function names_server(url)
  local where = url:gsub("^%a+://", ""):gsub("^.*@", "")
  return where:find "%w" ~= nil and (not where:find("[", 1, true) or where:find("]", 1, true) ~= nil)
end

--- Checks a URL. A password in it would be in a process list and in the environment of every job.
-- @tparam string url
-- @treturn[1] table as of `place.read`
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `usage`
function connection.parse(url)
  local read = place.read(url)
  if not (read and read.url and names_server(read.url)) then
    return nil, core.error("usage", "central: write the server as postgres://USER@HOST/DATABASE")
  end
  if not read.has_password then return read end
  return nil, core.error("usage", ("central %s: a password in the URL can be read by others: put it into ~/.pgpass "
    .. "(or the file that PGPASSFILE names)"):format(text.printable(read.name)))
end

local function with_timeout(url, timeout_s)
  if url:find("connect_timeout=", 1, true) then return url end
  return ("%s%sconnect_timeout=%d"):format(url, url:find("?", 1, true) and "&" or "?", math.ceil(timeout_s))
end

local function load_driver()
  local found, driver = pcall(require, "luasql.postgres")
  return found and driver or nil
end

--- Connects.
-- @tparam string url
-- @tparam[opt=10] number timeout_s for that, unless the URL has one
-- @tparam[opt] table driver LuaSQL's
-- @treturn Connection|nil nil, err
function connection.open(url, timeout_s, driver)
  local read, err = connection.parse(url)
  if not read then return nil, err end
  driver = driver or load_driver()
  if not driver then return nil, connection.failure(read.name, "luasql.postgres is not installed", true) end
  local env = driver.postgres()
  local conn, reason = env:connect(with_timeout(read.url, timeout_s or 10))
  if conn then return setmetatable({ env = env, conn = conn, name = read.name }, Connection) end
  env:close()
  return nil, connection.failure(read.name, server_words.of(reason))
end

local function rows_of(cursor)
  local rows, row = {}, cursor:fetch({}, "n")
  while row do
    rows[#rows + 1] = row
    row = cursor:fetch({}, "n")
  end
  cursor:close()
  return rows
end

--- Executes statements in one round trip and one transaction.
-- @tparam string sql
-- @treturn {table,...}|nil rows of the last of them, each a list of texts; nil, err
function Connection:ask(sql)
  local done, reason = self.conn:execute(SESSION .. sql)
  if not done then return nil, connection.failure(self.name, server_words.of(reason)) end
  return type(done) == "number" and {} or rows_of(done)
end

local ABSENT = "is not a central ledger yet: its owner makes it one with central.lua --prepare"
local OLDER = "has the older layout %d, and this program needs %d: its owner brings it up to date with "
  .. "central.lua --prepare"

-- Why a question about the layout failed: often there is none.
local function without_layout(self, err)
  local rows = self:ask "SELECT to_regclass('dfota.centre') IS NULL"
  if rows and rows[1][1] == "t" then err = connection.failure(self.name, ABSENT, true) end
  return nil, err
end

--- The centre's incarnation, if this program can work with its layout: a newer one is no hindrance.
-- @treturn string|nil nil, err
function Connection:hello()
  local rows, err = self:ask "SELECT version, incarnation FROM dfota.centre"
  if not rows then return without_layout(self, err) end
  local version = math.tointeger(tonumber(rows[1] and rows[1][1])) or 0
  if version >= migrations.VERSION then return rows[1][2] end
  return nil, connection.failure(self.name, OLDER:format(version, migrations.VERSION), true)
end

--- Quotes a text for a statement.
-- @tparam string|nil value
-- @treturn string
function Connection:quote(value)
  if value == nil then return "NULL" end
  return "'" .. self.conn:escape((tostring(value):gsub("%z", ""))) .. "'"
end

--- Quotes a table as JSON.
-- @tparam table value
-- @treturn string
function Connection:quote_json(value)
  return self:quote(json.encode(value)) .. "::jsonb"
end

--- Closes it, once.
function Connection:close()
  if not self.conn then return end
  self.conn:close()
  self.env:close()
  self.conn = nil
end

Connection.__close = Connection.close
Connection.__gc = Connection.close

return connection
