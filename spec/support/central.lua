--- A centre on a private PostgreSQL server, with a gateway or two and an operator.
local Postgres = require "support.postgres"
local admin = require "dfota.central.admin"
local connection = require "dfota.central.connection"

local central = {}

local ROLES = [[
CREATE ROLE gw1 LOGIN IN ROLE dfota_gateway;
CREATE ROLE gw2 LOGIN IN ROLE dfota_gateway;
CREATE ROLE boss LOGIN IN ROLE dfota_operator;
CREATE ROLE nobody LOGIN]]

local Central = {}
Central.__index = Central

--- The URL for one of its roles.
-- @param role default: its owner
function Central:url(role) return (self.server.url:gsub("dfota@", (role or "dfota") .. "@")) end

--- Asks as one of its roles.
-- @return rows; raises
function Central:ask(role, sql)
  local conn <close> = assert(connection.open(self:url(role)))
  local rows, err = conn.conn:execute(sql)
  assert(rows, err)
  if type(rows) ~= "userdata" then return rows end
  local list, row = {}, rows:fetch({}, "n")
  while row do
    list[#list + 1] = row
    row = rows:fetch({}, "n")
  end
  rows:close()
  return list
end

--- The first value of the first row.
function Central:value(role, sql) return self:ask(role, sql)[1][1] end

--- Is this refused to a role?
function Central:refuses(role, sql)
  local conn <close> = assert(connection.open(self:url(role)))
  local done, reason = conn.conn:execute(sql)
  if type(done) == "userdata" then done:close() end
  return not done and tostring(reason):gsub("^LuaSQL: ", "")
end

--- Empties its tables.
function Central:clear() self:ask(nil, "TRUNCATE dfota.updates, dfota.steps, dfota.modules, dfota.runs") end

function Central:stop() self.server:stop() end

--- Starts one.
-- @param options of `Postgres.start`
function central.start(options)
  local self = setmetatable({ server = Postgres.start(options) }, Central)
  assert(admin.run { url = self.server.url, what = "prepare" })
  self:ask(nil, ROLES)
  return self
end

return central
