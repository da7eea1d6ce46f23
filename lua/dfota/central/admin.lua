--- What people do at the centre: prepare it, look at its runs, stop them and let them go on. Runs as an errand.
-- @module dfota.central.admin

local connection = require "dfota.central.connection"
local migrations = require "dfota.central.migrations"

local admin = {}

local does = {}

local function check_server(conn)
  local rows, err = conn:ask "SHOW server_version_num"
  if not rows then return nil, err end
  if tonumber(rows[1][1]) >= migrations.MIN_SERVER then return true end
  return nil, connection.failure(conn.name, "its server is older than PostgreSQL 15", true)
end

-- Inside the transaction that changes it.
local LAYOUT = migrations.LOCK .. "; SELECT to_regclass('dfota.centre') IS NOT NULL"

local function layout(conn)
  local rows, err = conn:ask(LAYOUT)
  if rows and rows[1][1] ~= "t" then return 0 end
  if rows then rows, err = conn:ask "SELECT version FROM dfota.centre" end
  return rows and math.tointeger(tonumber(rows[1][1])), err
end

local function migrate(conn, upto)
  local version, err = layout(conn)
  if not version then return nil, err end
  local statements = migrations.statements(version, upto)
  for _, sql in ipairs(statements) do
    local ok
    ok, err = conn:ask(sql)
    if not ok then return nil, err end
  end
  return { from = version, to = math.max(version, upto or migrations.VERSION) }
end

-- All or nothing: a layout half-way would be none.
function does.prepare(conn, what)
  local ok, err = check_server(conn)
  local done
  if ok then ok, err = conn:ask "BEGIN" end
  if ok then done, err = migrate(conn, what.upto) end
  if done then ok, err = conn:ask "COMMIT" else conn:ask "ROLLBACK" end
  return ok and done, err
end

-- The first three are texts.
local COLUMNS = { "run", "stop", "max_fail", "modules", "updated", "failed", "unknown", "running", "again", "gateways" }

function does.runs(conn, what)
  local where = what.run and "WHERE run = " .. conn:quote(what.run) or ""
  local rows, err = conn:ask(("SELECT %s FROM dfota.progress %s ORDER BY last DESC NULLS FIRST, run"):format(
    table.concat(COLUMNS, ", "), where))
  if not rows then return nil, err end
  for i, row in ipairs(rows) do
    local named = {}
    for k, name in ipairs(COLUMNS) do named[name] = k <= 3 and row[k] or math.tointeger(tonumber(row[k])) end
    named.stop = named.stop == "t"
    rows[i] = named
  end
  return rows
end

-- A gateway that begins a run which an operator has registered leaves no trace there before it ships. Whoever may do
-- everything, such as the owner, has both roles, and is no gateway.
local CHANGE = "INSERT INTO dfota.runs AS r (run, %s) VALUES (%s, %s) "
  .. "ON CONFLICT (run) DO UPDATE SET %s = excluded.%s "
  .. "RETURNING NOT EXISTS (SELECT FROM dfota.updates AS u WHERE u.run = r.run) "
  .. "AND NOT EXISTS (SELECT FROM pg_roles AS g WHERE g.rolname = r.registered_by AND "
  .. "pg_has_role(g.oid, 'dfota_gateway', 'MEMBER') AND NOT pg_has_role(g.oid, 'dfota_operator', 'MEMBER'))"

local function change(conn, what, column, value)
  local rows, err = conn:ask(CHANGE:format(column, conn:quote(what.run), value, column, column))
  return rows and { is_unknown = rows[1][1] == "t" }, err
end

function does.stop(conn, what) return change(conn, what, "stop", "true") end
function does.go(conn, what) return change(conn, what, "stop", "false") end
function does.max_fail(conn, what) return change(conn, what, "max_fail", conn:quote(what.max_fail)) end

-- Gateways ship everything again to a centre that they do not know.
function does.restored(conn)
  local ok, err = conn:ask "UPDATE dfota.centre SET incarnation = gen_random_uuid()"
  return ok and true, err
end

--- Does one of them.
-- @tparam table what `what` it is: "prepare", "runs", "stop", "go", "max_fail" or "restored"; `url`; `run`; `max_fail`
--   (nil: none); `upto`, a layout
-- @treturn table|boolean|nil of prepare the layouts `from` and `to`, of runs a list, of what changes a run
--   `is_unknown`: no gateway has registered it, nor shipped an update of it; nil, err
function admin.run(what)
  local conn <close>, err = connection.open(what.url)
  if not conn then return nil, err end
  if what.what ~= "prepare" then
    local ok
    ok, err = conn:hello()
    if not ok then return nil, err end
  end
  return does[what.what](conn, what)
end

return admin
