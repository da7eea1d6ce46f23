--- Connects a ledger to what keeps it: an SQLite file or a PostgreSQL server, both through LuaSQL.
-- @module dfota.ledger_store

local core = require "dfota.core"
local text = require "dfota.text"
local uv = require "luv"

local store = {}

-- How long a writer waits for other processes to finish theirs.
local BUSY_MS = 10000

local WAY_OUT = "; fix it, say --ledger with another file, or --ledger none to go without"

--- An err of kind "ledger" that names the ledger, the reason and the way out.
function store.failure(name, reason)
  reason = tostring(reason):gsub("^LuaSQL: ", ""):gsub("%s+", " "):gsub("%s+$", "")
  return core.error("ledger", ("ledger %s: %s%s"):format(text.printable(name), text.printable(reason), WAY_OUT))
end

local function fail(name, reason) return nil, store.failure(name, reason) end

local function make_folder(path)
  if path == "" or uv.fs_stat(path) then return true end
  local ok, message = make_folder(path:match("^(.*)/[^/]*$") or "")
  if not ok then return nil, message end
  -- 0700 as the XDG specification wants it.
  local made
  made, message = uv.fs_mkdir(path, tonumber("700", 8))
  if made or uv.fs_stat(path) then return true end
  return nil, ("folder %s cannot be made: %s"):format(path, text.reason(message))
end

-- SQLite opens what it may only read, and begins transactions on it as if it could write. Its journal lies beside.
local function check_access(path)
  for _, place in ipairs { path, path:match("^(.*/)[^/]*$") or "." } do
    if not uv.fs_access(place, "W") then return nil, ("%s may not be written by this user"):format(place) end
  end
  return true
end

local function check_path(path, readonly)
  -- LuaSQL would take it for a database in memory, wherever in the path it stands.
  if path:find(":memory:", 1, true) then return nil, "is no name for a file" end
  local stat, message = uv.fs_stat(path)
  if stat then
    if stat.type ~= "file" then return nil, ("is a %s, not a file"):format(stat.type) end
    if readonly then return true end
    return check_access(path)
  end
  if not message:find("^ENOENT") then return nil, text.reason(message) end
  if readonly then return nil, "there is none yet", true end
  return make_folder(path:match("^(.*)/[^/]*$") or "")
end

--- Runs statements until one fails.
-- @treturn boolean|nil true, or nil and the driver's reason
function store.run(conn, statements)
  for _, sql in ipairs(statements) do
    local done, reason = conn:execute(sql)
    if not done then return nil, reason end
    if type(done) == "userdata" then done:close() end
  end
  return true
end

-- EXTRA is FULL and syncs the folder as well: with FULL alone, a power cut just after a commit can bring the
-- journal back and with it the state before.
local TO_WRITE = { "PRAGMA synchronous = EXTRA" }
local TO_READ = { "PRAGMA query_only = 1" }

-- Begins a transaction that creates tables, while no other process does: CREATE IF NOT EXISTS alone fails on
-- PostgreSQL when two do it at once.
local BEGIN_SQLITE = { "BEGIN IMMEDIATE" }
local BEGIN_POSTGRES = { "BEGIN", "SELECT pg_advisory_xact_lock(6500)" }

local function quick_check(conn)
  local cursor, reason = conn:execute("PRAGMA quick_check(1)")
  if not cursor then return nil, reason end
  local verdict = cursor:fetch()
  cursor:close()
  if verdict == "ok" then return true end
  return nil, "it is damaged: " .. tostring(verdict)
end

local function connect_sqlite(path, readonly)
  local ok, reason, missing = check_path(path, readonly)
  if not ok then return nil, store.failure(path, reason), missing end
  local env = require("luasql.sqlite3").sqlite3()
  -- With "./" before it a name such as "file:x?mode=memory" is a name.
  local conn
  conn, reason = env:connect(path:find("^/") and path or "./" .. path, BUSY_MS)
  if not conn then return fail(path, reason) end
  ok, reason = store.run(conn, readonly and TO_READ or TO_WRITE)
  if ok then ok, reason = quick_check(conn) end
  if ok then return { name = path, env = env, conn = conn, begin_alone = BEGIN_SQLITE } end
  conn:close()
  env:close()
  return fail(path, reason)
end

local function with_timeout(url)
  if url:find("connect_timeout=", 1, true) then return url end
  return url .. (url:find("?", 1, true) and "&" or "?") .. "connect_timeout=10"
end

local function connect_postgres(url, readonly)
  local name = text.without_credentials(url):gsub("password=[^&]*", "password=***")
  local found, driver = pcall(require, "luasql.postgres")
  if not found then return fail(name, "luasql.postgres is not installed") end
  local env = driver.postgres()
  local conn, reason = env:connect(with_timeout(url))
  if not conn then return fail(name, reason) end
  local ok
  ok, reason = store.run(conn, readonly and { "SET default_transaction_read_only = on" }
    or { "SET synchronous_commit = on" })
  if ok then return { name = name, env = env, conn = conn, begin_alone = BEGIN_POSTGRES } end
  conn:close()
  env:close()
  return fail(name, reason)
end

--- Connects.
-- @tparam string where a path or postgres://…
-- @tparam boolean readonly change and create nothing
-- @treturn[1] table name (without credentials), env, conn (LuaSQL's), begin_alone (statements that begin a
--   transaction which no other process is in)
-- @treturn[2] nil
-- @treturn[2] err kind "ledger"
-- @treturn[2] boolean|nil whether it only is not there yet
function store.connect(where, readonly)
  if where:find("^postgres://") or where:find("^postgresql://") then return connect_postgres(where, readonly) end
  return connect_sqlite(where, readonly)
end

return store
