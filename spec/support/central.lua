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

-- Asks over what a role is connected by. That is kept, for each connection is a new process of the server, which costs
-- more than what is asked; but not where the server is to be stopped and killed.
local function execute(self, role, sql)
  role = role or "dfota"
  local conn = self.connections[role] or assert(connection.open(self:url(role)))
  local rows, err = conn.conn:execute(sql)
  local list, row = rows, type(rows) == "userdata" and rows:fetch({}, "n")
  if type(rows) == "userdata" then
    list = {}
    while row do
      list[#list + 1] = row
      row = rows:fetch({}, "n")
    end
    rows:close()
  end
  if self.is_disturbed then conn:close() else self.connections[role] = conn end
  return list, err
end

--- Asks as one of its roles.
-- @return rows; raises
function Central:ask(role, sql) return (assert(execute(self, role, sql))) end

--- The first value of the first row.
function Central:value(role, sql) return self:ask(role, sql)[1][1] end

--- Is this refused to a role?
function Central:refuses(role, sql)
  local done, reason = execute(self, role, sql)
  return not done and tostring(reason):gsub("^LuaSQL: ", "")
end

--- Empties its tables.
function Central:clear() self:ask(nil, "TRUNCATE dfota.updates, dfota.steps, dfota.modules, dfota.runs") end

function Central:stop()
  for _, each in pairs(self.connections) do each:close() end
  self.server:stop()
end

--- Starts one.
-- @param[opt] options of `Postgres.start`; `disturbed`: the specs stop or kill the server
function central.start(options)
  local self = setmetatable({ server = Postgres.start(options), connections = {} }, Central)
  self.is_disturbed = options and options.disturbed
  assert(admin.run { url = self.server.url, what = "prepare" })
  self:ask(nil, ROLES)
  return self
end

return central
