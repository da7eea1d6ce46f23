--- The layouts of the centre by version, and the way from any of them to the newest.
-- @module dfota.central.migrations

local certainty = require "dfota.central.certainty"
local tables = require "dfota.central.tables"
local views = require "dfota.central.views"

local migrations = {}

local LAYOUTS = { tables, views, certainty }

--- The newest layout. A program works with this one and with newer ones.
migrations.VERSION = #LAYOUTS

--- Oldest server: views that obey row-level security came with PostgreSQL 15.
migrations.MIN_SERVER = 150000

--- Two that do it at once do it one after the other; `CREATE SCHEMA IF NOT EXISTS` alone would fail in one of them.
migrations.LOCK = "SELECT pg_advisory_xact_lock(6501)"

--- The statements that bring a centre from one layout to another, to be executed in one transaction.
-- @tparam integer version what it has; 0: nothing
-- @tparam[opt] integer upto default: the newest
-- @treturn {string,...}
function migrations.statements(version, upto)
  upto = upto or migrations.VERSION
  if version >= upto then return {} end
  local list = {}
  if version == 0 then list[1] = "CREATE SCHEMA dfota" end
  for number = version + 1, upto do table.move(LAYOUTS[number], 1, #LAYOUTS[number], #list + 1, list) end
  list[#list + 1] = ("INSERT INTO dfota.centre (version) VALUES (%d) ON CONFLICT (one) DO UPDATE SET version = "
    .. "excluded.version"):format(upto)
  return list
end

return migrations
