--- Connects a ledger to its store: an SQLite file or a PostgreSQL server, both through LuaSQL.
-- All differences between the two are here: how a transaction begins, whether an error means that others have locked
-- the database, and how a commit gets to the disk.
-- @module dfota.ledger.sql

local directory = require "dfota.base.directory"
local file_kind = require "dfota.base.file_kind"
local private_file = require "dfota.base.private_file"
local text = require "dfota.base.text"
local uv = require "luv"

local store = {}

-- How long one attempt waits for a lock. The worker retries, and between attempts reports that it is alive.
local BUSY_MS = 200

-- A larger file is not checked at every opening: a megabyte takes some 3 ms. Damage is reported when it is found.
local CHECKED_PAGES = 256

local function fail(where, reason, kind) return nil, where:failure(reason, kind) end

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

--- The first value of the first row of a query.
-- @return value, or nil and the driver's reason
function store.value(conn, sql)
  local cursor, reason = conn:execute(sql)
  if not cursor then return nil, reason end
  local value
  value, reason = cursor:fetch()
  cursor:close()
  return value, reason
end

-- SQLite -----------------------------------------------------------------------------------------------------------

-- File systems on which WAL's shared memory file works and a sync reaches the disk: statfs(2)'s numbers of ext, XFS,
-- Btrfs, tmpfs, F2FS, overlayfs, ZFS, UBIFS and FAT. Everywhere else, above all on network file systems, a rollback
-- journal is used.
local WAL_IS_SAFE = {
  [0xEF53] = true, [0x58465342] = true, [0x9123683E] = true, [0x01021994] = true, [0xF2F52010] = true,
  [0x794C7630] = true, [0x2FC12FC1] = true, [0x24051905] = true, [0x4D44] = true,
}

local DIRECTORY_MODE = tonumber("700", 8) -- as the XDG specification wants it

-- Created by us rather than SQLite, so that nobody else can ever read it.
local function make_file(path)
  local ok, reason, which = directory.make(path:match("^(.*)/[^/]*$") or "", DIRECTORY_MODE)
  if not ok then return nil, ("directory %s cannot be created: %s"):format(which, reason) end
  ok, reason = private_file.prepare(path)
  if not ok and uv.fs_stat(path) then ok, reason = private_file.prepare(path) end -- another job was faster
  if ok then return true end
  return nil, reason
end

-- SQLite opens read-only files too, and begins transactions as if it could write. Its journal is in the same directory.
local function check_access(path)
  for _, where in ipairs { path, path:match("^(.*/)[^/]*$") or "." } do
    if not uv.fs_access(where, "W") then return nil, ("%s is not writable by this user"):format(where) end
  end
  return true
end

-- Could it be written to, or made? Nothing is.
local function check_later_writing(path, exists)
  if exists then
    local ok, reason = check_access(path)
    if not ok then return nil, reason end
  else
    local ok, reason, which = directory.check(directory.of(path))
    if not ok then return nil, ("%s %s"):format(which, reason) end
  end
  return private_file.check(path)
end

local function check_path(path, readonly, will_write)
  -- LuaSQL would open an in-memory database, wherever this is in the path.
  if path:find(":memory:", 1, true) then return nil, "is not a valid file name" end
  local stat, message, name = uv.fs_stat(path)
  if stat then
    if stat.type ~= "file" then return nil, file_kind.is(stat.type) .. ", not a file" end
    if readonly then
      if will_write then return check_later_writing(path, true) end
      return true
    end
    local ok, reason = check_access(path)
    if ok then ok, reason = private_file.prepare(path) end
    return ok, reason
  end
  if name ~= "ENOENT" then return nil, text.reason(message) end
  if not readonly then return make_file(path) end
  local ok, reason = true, nil
  if will_write then ok, reason = check_later_writing(path, false) end
  if not ok then return nil, reason end
  return nil, "does not exist yet", true
end

local function quick_check(conn)
  local pages, reason = store.value(conn, "PRAGMA page_count")
  if not pages then return nil, reason end
  if pages > CHECKED_PAGES then return true end
  local verdict
  verdict, reason = store.value(conn, "PRAGMA quick_check(1)")
  if verdict == "ok" then return true end
  return nil, verdict and "it is damaged: " .. tostring(verdict) or reason
end

-- "wal", or whatever else the file ends up with: the file system may not allow it, or others may have it open.
local function use_journal(conn, path)
  local now, reason = store.value(conn, "PRAGMA journal_mode")
  if not now then return nil, reason end
  local kind = uv.fs_statfs(path)
  local want = kind and WAL_IS_SAFE[kind.type] and "wal" or "delete"
  if now == want then return now end
  return store.value(conn, "PRAGMA journal_mode = " .. want)
end

-- With a rollback journal, EXTRA syncs the directory as well: with FULL alone, a power cut just after a commit can
-- restore the journal and with it the previous state. A write-ahead log is only appended to: a commit is on disk once
-- the log is. FULL would sync it inside the lock, one job after the other; NORMAL does not sync it at a commit at all.
-- So `sync` does it, outside the lock and for all jobs at once: what is in the log when it is synced is durable, and
-- SQLite itself (also at NORMAL) syncs the log, then the database, before it restarts or deletes the log, and the
-- directory when it creates one.
local SYNCHRONOUS = { wal = "PRAGMA synchronous = NORMAL" }

local function sync_log(path)
  return function()
    local fd, message = uv.fs_open(path .. "-wal", "r", 0)
    if not fd then return nil, text.reason(message) end
    local done
    done, message = uv.fs_fdatasync(fd)
    uv.fs_close(fd)
    if done then return true end
    return nil, text.reason(message)
  end
end

local function prepare_sqlite(conn, path, readonly)
  local journal, reason, ok
  if readonly then journal = "none" else journal, reason = use_journal(conn, path) end
  if not journal then return nil, reason end
  ok, reason = store.run(conn, {
    readonly and "PRAGMA query_only = 1" or SYNCHRONOUS[journal] or "PRAGMA synchronous = EXTRA",
  })
  return ok and journal, reason
end

local function is_locked(reason)
  return tostring(reason):find("is locked", 1, true) ~= nil
end

local function connect_sqlite(where, readonly, will_write)
  local path = where.path
  local ok, reason, missing = check_path(path, readonly, will_write)
  if not ok then return nil, where:failure(reason), missing end
  local env = require("luasql.sqlite3").sqlite3()
  -- With a leading "./", "file:x?mode=memory" is a plain name.
  local conn
  local file = uv.fs_realpath(path) or path -- SQLite puts its log next to the file, not next to a link to it
  conn, reason = env:connect(file:find("^/") and file or "./" .. file, BUSY_MS)
  if not conn then return fail(where, reason) end
  ok, reason = quick_check(conn)
  local journal
  if ok then journal, reason = prepare_sqlite(conn, path, readonly) end
  if journal then
    return {
      env = env, conn = conn, begin = "BEGIN IMMEDIATE", begin_alone = { "BEGIN IMMEDIATE" },
      sync = journal == "wal" and sync_log(file) or nil,
      has_table = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'dfota_schema'",
      others = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'dfota%' "
        .. "AND name NOT LIKE 'sqlite%'",
      no_time = "typeof(finished) NOT IN ('real', 'integer')",
      -- SQLite allows a NULL primary key, but a row without an id can never be finished.
      name_rows = "UPDATE dfota_updates SET id = 'foreign-' || hex(randomblob(8)) WHERE id IS NULL",
      is_locked = is_locked, words = tostring,
    }
  end
  conn:close()
  env:close()
  return fail(where, reason, is_locked(reason) and "ledger_locked" or nil)
end

-- PostgreSQL -------------------------------------------------------------------------------------------------------

-- The driver passes on the server's message, in the server's language, and no code. So a statement is run inside a
-- block that reports a lock in our own words.
local OTHERS_HOLD_IT = "dfota: others hold it"

local HEARING = "BEGIN EXECUTE '%s'; EXCEPTION WHEN lock_not_available OR deadlock_detected THEN "
  .. "RAISE EXCEPTION '" .. OTHERS_HOLD_IT .. "'; END"

local function hearing(conn, sql)
  local function escaped(quotable) return (conn:escape(quotable)) end
  return "DO '" .. escaped(HEARING:format(escaped(sql))) .. "'"
end

-- Nearly every database has the language of such blocks; if this user may not use it, English messages are recognised.
local function may_hear(conn) return (conn:execute "DO 'BEGIN NULL; END'") ~= nil end

local LOCKED = { OTHERS_HOLD_IT, "lock timeout", "deadlock detected" }

local function says_so(reason)
  for _, saying in ipairs(LOCKED) do
    if tostring(reason):find(saying, 1, true) then return true end
  end
  return false
end

-- A query returns its rows only outside such a block: if it failed, it is run once more inside.
local function locks_of(conn, hears)
  return function(reason, query)
    if says_so(reason) then return true end
    if not hears or not query or not query:find "^SELECT" then return false end
    local _, why = conn:execute(hearing(conn, query))
    return says_so(why)
  end
end

local SESSION = {
  "SET standard_conforming_strings = on", "SET synchronous_commit = on", ("SET lock_timeout = %d"):format(BUSY_MS),
}

-- What this session was told itself, to read only, does not count.
local MAY_WRITE = [[SELECT CASE WHEN pg_is_in_recovery() OR
  (SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only') = 'on' THEN 0
  WHEN to_regclass('dfota_updates') IS NULL THEN has_schema_privilege(current_schema(), 'CREATE')::int
  ELSE (has_table_privilege('dfota_updates', 'INSERT') AND has_table_privilege('dfota_updates', 'UPDATE'))::int END]]

local function with_timeout(url)
  if url:find("connect_timeout=", 1, true) then return url end
  return url .. (url:find("?", 1, true) and "&" or "?") .. "connect_timeout=10"
end

local function connect_postgres(where, readonly)
  local found, driver = pcall(require, "luasql.postgres")
  if not found then return fail(where, "luasql.postgres is not installed") end
  local server_words = require "dfota.ledger.server_words"
  local env = driver.postgres()
  local conn, reason = env:connect(with_timeout(where.url))
  if not conn then return fail(where, (server_words.of(reason))) end
  local ok
  ok, reason = store.run(conn, SESSION)
  if ok and readonly then ok, reason = store.run(conn, { "SET default_transaction_read_only = on" }) end
  if ok then
    local hears = may_hear(conn)
    local alone = "SELECT pg_advisory_xact_lock(6500)"
    return {
      env = env, conn = conn, begin = "BEGIN",
      -- CREATE IF NOT EXISTS alone fails if two do it at once.
      begin_alone = { "BEGIN", hears and hearing(conn, alone) or alone },
      hearing = hears and function(sql) return hearing(conn, sql) end or nil,
      has_table = "SELECT COUNT(to_regclass('dfota_schema'))", no_time = "FALSE",
      may_write = MAY_WRITE,
      others = "SELECT 0", -- a server's database may serve several
      -- Against writers only, until the transaction ends: SQLite's begins with one for all.
      lock_updates = "LOCK TABLE dfota_updates IN SHARE ROW EXCLUSIVE MODE",
      lock_modules = "LOCK TABLE dfota_modules IN SHARE ROW EXCLUSIVE MODE",
      is_locked = locks_of(conn, hears), words = server_words.of,
    }
  end
  conn:close()
  env:close()
  return fail(where, (server_words.of(reason)))
end

--- Connects.
-- @tparam table where as returned by `place.read`
-- @tparam boolean readonly change and create nothing
-- @tparam[opt] boolean will_write with readonly: an err also if the file could not be written to, or made
-- @treturn[1] table env, conn (LuaSQL's); SQL: begin, begin_alone (a list: a transaction that excludes other
--   processes), has_table (counts the ledger's first table), others (counts tables that are not the ledger's),
--   may_write (1 if this user may write into it; nil if that was asked already), no_time (see `schema.open`),
--   name_rows, lock_updates and lock_modules (nil if a transaction holds all that it may write from its beginning);
--   functions:
--   is_locked of a driver's reason and the query that failed, words of a reason, sync (nil if a commit is on disk when
--   it returns), hearing (nil if the driver's reasons show a lock by themselves): wraps a statement without rows, so
--   that its failure shows whether others have locked it
-- @treturn[2] nil
-- @treturn[2] err kind "ledger" or "ledger_locked"
-- @treturn[2] boolean|nil true if it just does not exist yet
function store.connect(where, readonly, will_write)
  if where.url then return connect_postgres(where, readonly) end
  return connect_sqlite(where, readonly, will_write)
end

return store
