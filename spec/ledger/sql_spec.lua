local core = require "dfota.core"
local folder = require "support.folder"
local place = require "dfota.ledger.place"
local store = require "dfota.ledger.sql"
local uv = require "luv"

local function at(where) return assert(place.read(where)) end

describe("A ledger's file", function()
  local dir, cleanup, statfs
  before_each(function()
    dir, cleanup = folder.new()
    statfs = uv.fs_statfs
  end)
  after_each(function()
    uv.fs_statfs = statfs
    cleanup()
  end)

  local function on(kind, path, readonly)
    uv.fs_statfs = function() return kind and { type = kind } or nil end
    local connected, err = store.connect(at(path or dir .. "/l.db"), readonly)
    if not connected then return nil, err end
    local found = {
      journal = store.value(connected.conn, "PRAGMA journal_mode"),
      synchronous = store.value(connected.conn, "PRAGMA synchronous"),
      query_only = store.value(connected.conn, "PRAGMA query_only"), sync = connected.sync,
    }
    return found, connected, function()
      connected.conn:close()
      connected.env:close()
    end
  end

  it("has a write-ahead log if that is safe, which is synced at each commit, or else a journal", function()
    for _, kind in ipairs {
      0xEF53, 0x58465342, 0x9123683E, 0x01021994, 0xF2F52010, 0x794C7630, 0x2FC12FC1, 0x24051905, 0x4D44,
    } do
      local found, _, close = on(kind, ("%s/%x.db"):format(dir, kind))
      assert.same({ "wal", 1, true }, { found.journal, found.synchronous, found.sync ~= nil }, kind)
      close()
    end
    for _, kind in ipairs { 0x6969, 0xFF534D42, false } do -- NFS, CIFS, not known
      local found, _, close = on(kind, ("%s/%s.db"):format(dir, kind))
      assert.same({ "delete", 3 }, { found.journal, found.synchronous })
      assert.is_nil(found.sync)
      close()
    end
  end)

  it("is switched to the other kind if it was moved to such a place", function()
    local _, _, close = on(0xEF53)
    close()
    local found
    found, _, close = on(0x6969)
    assert.equal("delete", found.journal)
    close()
    found, _, close = on(0xEF53)
    assert.equal("wal", found.journal)
    close()
  end)

  it("is not changed if opened read-only", function()
    folder.write(dir .. "/l.db", "")
    local found, _, close = on(0xEF53, nil, true)
    assert.same({ "delete", 1 }, { found.journal, found.query_only })
    assert.is_nil(found.sync)
    close()
    assert.equal("", folder.read(dir .. "/l.db"))
  end)

  it("that is only looked at, but will be written to, is refused where that would fail", function()
    local access = uv.fs_access
    finally(function() uv.fs_access = access end)
    local function check(name) return store.connect(at(dir .. name), true, true) end
    folder.write(dir .. "/file", "")
    assert.same({ true, nil }, { (select(3, check "/new/l.db")), (uv.fs_stat(dir .. "/new")) })
    local _, err, missing = check "/file/l.db"
    assert.same({ true, nil }, { err.message:find("/file/l.db: not a directory", 1, true) ~= nil, missing })
    for name, words in pairs { ["/new/l.db"] = dir .. " is not writable", ["/file"] = "/file is not writable" } do
      uv.fs_access = function() return false end -- root may write everywhere
      _, err, missing = check(name)
      assert.same({ "ledger", true, nil }, { err.kind, err.message:find(words, 1, true) ~= nil, missing })
    end
    assert.is_true((select(3, store.connect(at(dir .. "/new/l.db"), true)))) -- who never writes may
  end)

  it("has its log on disk once it is synced, and reports if that fails", function()
    local _, connected, close = on(0xEF53)
    assert(connected.conn:execute "CREATE TABLE t (x)")
    local fdatasync, synced, fd = uv.fs_fdatasync, 0, nil
    uv.fs_fdatasync = function(of)
      synced, fd = synced + 1, of
      return fdatasync(of)
    end
    assert.is_true(connected.sync())
    uv.fs_fdatasync = function() return nil, "ENOSPC: no space left on device" end
    assert.same({ n = 2, [2] = "no space left on device" }, table.pack(connected.sync()))
    uv.fs_fdatasync = fdatasync
    assert.same({ 1, nil }, { synced, (uv.fs_fstat(fd)) })
    close()
    os.remove(dir .. "/l.db-wal")
    assert.same({ n = 2, [2] = "no such file or directory" }, table.pack(connected.sync()))
  end)

  it("that is damaged is reported at opening if small, and when the damage is read if large", function()
    local path = dir .. "/l.db"
    for rows, told in pairs { [300] = true, [5000] = false } do
      os.remove(path)
      local _, connected, close = on(0x6969, path)
      assert(connected.conn:execute "CREATE TABLE t (x TEXT)")
      assert(connected.conn:execute "CREATE INDEX i ON t (x)")
      assert(connected.conn:execute "BEGIN")
      for i = 1, rows do
        assert(connected.conn:execute(("INSERT INTO t VALUES ('%d%s')"):format(i, ("x"):rep(200))))
      end
      assert(connected.conn:execute "COMMIT")
      close()
      local content = folder.read(path)
      folder.write(path, content:sub(1, 4096 * 3) .. ("\xAA"):rep(4096) .. content:sub(4096 * 4 + 1))
      local found, err, close_again = on(0x6969, path)
      assert.equal(told, found == nil)
      if found then close_again() else assert.matches("it is damaged: ", err.message, 1, true) end
    end
  end)

  it("recognises a lock by others", function()
    local _, connected, close = on(0x6969)
    assert.is_true(connected.is_locked "database is locked")
    assert.is_true(connected.is_locked "LuaSQL: database table is locked")
    assert.is_false(connected.is_locked "disk I/O error")
    assert.is_false(connected.is_locked(nil))
    assert.equal("x", connected.words "x")
    close()
  end)

  it("runs statements until one fails, and returns the first value of a query", function()
    local _, connected, close = on(0x6969)
    local conn = connected.conn
    assert.is_true(store.run(conn, { "CREATE TABLE t (x)", "SELECT 1", "INSERT INTO t VALUES (5)" }))
    local ok, reason = store.run(conn, { "INSERT INTO t VALUES (6)", "no SQL", "INSERT INTO t VALUES (7)" })
    assert.is_nil(ok)
    assert.matches("syntax error", reason)
    assert.equal(2, store.value(conn, "SELECT COUNT(*) FROM t"))
    assert.is_nil((store.value(conn, "SELECT x FROM t WHERE x = 0")))
    assert.matches("syntax error", select(2, store.value(conn, "no SQL")))
    close()
  end)
end)

describe("A ledger's server", function()
  local found = package.loaded["luasql.postgres"]
  after_each(function() package.loaded["luasql.postgres"] = found end)

  -- A fake driver: it connects unless it `refuses`, and `fails` at such a statement.
  local function connect(opts, readonly)
    local done = { said = {}, closed = 0 }
    local conn = {
      execute = function(_, sql)
        done.said[#done.said + 1] = sql
        if opts.fails and sql:find(opts.fails, 1, true) then return nil, opts.reason end
        return 1
      end,
      escape = function(_, text) return (text:gsub("'", "''")) end,
      close = function() done.closed = done.closed + 1 end,
    }
    package.loaded["luasql.postgres"] = { postgres = function()
      return {
        connect = function(_, url)
          done.url = url
          if opts.refuses then return nil, opts.refuses end
          return conn
        end,
        close = function() done.closed = done.closed + 1 end,
      }
    end }
    local connected, err = store.connect(at(opts.url or "postgres://h/d"), readonly)
    return connected, err, done
  end

  it("has ten seconds to connect, unless its URL says otherwise", function()
    for url, whole in pairs {
      ["postgres://h/d"] = "postgres://h/d?connect_timeout=10",
      ["postgres://h/d?a=b"] = "postgres://h/d?a=b&connect_timeout=10",
      ["postgres://h/d?connect_timeout=3"] = "postgres://h/d?connect_timeout=3",
    } do
      assert.equal(whole, select(3, connect { url = url }).url)
    end
  end)

  it("waits briefly for locks, syncs each commit, and changes nothing if opened read-only", function()
    local SESSION = { "SET standard_conforming_strings = on", "SET synchronous_commit = on",
      "SET lock_timeout = 200" }
    local connected, _, done = connect {}
    assert.same({ SESSION, 0, "BEGIN", "FALSE" },
      { table.move(done.said, 1, 3, 1, {}), done.closed, connected.begin, connected.no_time })
    SESSION[4] = "SET default_transaction_read_only = on"
    assert.same(SESSION, table.move(select(3, connect({}, true)).said, 1, 4, 1, {}))
  end)

  it("that refuses, or fails later, is reported in our own words, and nothing stays open", function()
    local connected, err, done = connect { refuses = "LuaSQL: could not connect: Connection refused secret" }
    assert.same({ nil, 0 }, { connected, done.closed })
    assert.matches("ledger postgres://h/d: nothing listens there; ", err.message, 1, true)
    for _, fails in ipairs { "synchronous_commit", "read_only" } do
      connected, err, done = connect({ fails = fails, reason = "ERROR: permission denied for x" }, true)
      assert.same({ nil, 2 }, { connected, done.closed })
      assert.matches("the user may not read or write the tables", err.message, 1, true)
    end
  end)

  it("whose driver is missing is reported as that", function()
    package.loaded["luasql.postgres"], package.preload["luasql.postgres"] = nil, function() error "no driver" end
    local connected, err = store.connect(at "postgres://h/d")
    package.preload["luasql.postgres"] = nil
    assert.is_nil(connected)
    assert.matches("luasql.postgres is not installed", err.message, 1, true)
  end)

  it("has our own words for each of its driver's reasons", function()
    local words = connect({}).words
    for reason, told in pairs {
      ["FATAL: password authentication failed for user \"x\""] =
        "the server does not accept the user or the password (put it into ~/.pgpass)",
      ["peer authentication failed"] = "the server does not accept the user",
      ["no pg_hba.conf entry for host"] = "the server does not let this host in",
      ["connection to server failed: No such file or directory"] = "nothing listens there",
      ["could not translate host name"] = "unknown host",
      ["Name or service not known"] = "unknown host",
      ["timeout expired"] = "the server does not answer", ["Connection timed out"] = "the server does not answer",
      ["Network is unreachable"] = "the host cannot be reached", ["No route to host"] = "the host cannot be reached",
      ["too many clients already"] = "the server has no free connection",
      ["remaining connection slots"] = "the server has no free connection",
      ["the database system is starting up"] = "the server is starting",
      ["the database system is shutting down"] = "the server is shutting down",
      ["terminating connection"] = "the server closed the connection",
      ["server closed the connection unexpectedly"] = "the server closed the connection",
      ["no connection to the server"] = "the server closed the connection",
      ["SSL is not enabled"] = "the server and this host cannot agree on encryption",
      ["certificate verify failed"] = "the certificate is not accepted",
      ["could not write: No space left on device"] = "the server's disk is full",
      ["disk full"] = "the server's disk is full",
      ["cannot execute INSERT in a read-only transaction"] = "the database is read-only",
      ["database \"x\" does not exist"] = "there is no such database, user or table",
      ["invalid port"] = "the URL is malformed", ["missing \"=\""] = "the URL is malformed",
      ["unexpected character"] = "the URL is malformed", ["illegal syntax"] = "the URL is malformed",
      ["something else, with a secret"] = "the server reports an error (see its log)",
    } do
      assert.equal(told, words(reason), reason)
    end
    assert.equal("the server reports an error (see its log)", words(nil))
  end)

  it("is locked if it reports that others have locked what is needed", function()
    local OURS = "FEHLER:  dfota: others hold it"
    local is_locked = connect({}).is_locked
    assert.is_true(is_locked(OURS))
    assert.is_false(is_locked "FEHLER:  Division durch Null")
    assert.is_false(is_locked(nil))
  end)

  it("is queried once more, so that it reports a lock in our words, only if a query failed", function()
    local OURS = "FEHLER:  dfota: others hold it"
    local connected = connect { fails = "DO 'BEGIN EXECUTE", reason = OURS }
    assert.is_true(connected.is_locked("FEHLER:  Sperre", "SELECT x FROM t WHERE y = 'z'"))
    assert.is_false(connected.is_locked("FEHLER:  Sperre", "INSERT INTO t VALUES (1)"))
    connected = connect { fails = "DO 'BEGIN EXECUTE", reason = "FEHLER:  etwas anderes" }
    assert.is_false(connected.is_locked("FEHLER:  Sperre", "SELECT x FROM t"))
  end)
end)

describe("The path of a ledger's file", function()
  local home, remove, path

  before_each(function()
    home, remove = folder.new()
    path = home .. "/ledger.db"
  end)
  after_each(function() remove() end)

  local function connect(where, readonly) return store.connect(at(where or path), readonly) end

  local function close(opened)
    opened.conn:close()
    opened.env:close()
  end

  local function value(opened, sql) return (store.value(opened.conn, sql)) end

  local function mode(of) return uv.fs_stat(of).mode & tonumber("777", 8) end

  it("is created on first use with its parent directories, for its owner only", function()
    local where = home .. "/state/dfota/ledger.db"
    close(assert(connect(where)))
    assert.same({ tonumber("600", 8), tonumber("700", 8), tonumber("700", 8) },
      { mode(where), mode(home .. "/state"), mode(home .. "/state/dfota") })
  end)

  it("is opened if another job creates it at the same moment", function()
    local lstat = uv.fs_lstat
    finally(function() uv.fs_lstat = lstat end)
    uv.fs_lstat = function(of)
      local stat, message, name = lstat(of)
      if of == path and not stat then assert(uv.fs_close(assert(uv.fs_open(path, "wx", tonumber("600", 8))))) end
      return stat, message, name
    end
    close(assert(connect()))
  end)

  it("keeps the permissions that it was given", function()
    close(assert(connect()))
    uv.fs_chmod(path, tonumber("660", 8))
    close(assert(connect()))
    assert.equal(tonumber("660", 8), mode(path))
  end)

  it("is a file whatever its name looks like", function()
    local here = assert(uv.cwd())
    assert(uv.chdir(home))
    for _, name in ipairs { "file:x?mode=memory", "-x", "a b" } do
      close(assert(connect(name)))
      assert.truthy(uv.fs_stat(home .. "/" .. name), name)
    end
    uv.chdir(here)
  end)

  it("behind one's own link has its log next to itself, not next to the link", function()
    assert(uv.fs_mkdir(home .. "/data", 448))
    assert(uv.fs_symlink("data/real.db", path))
    local opened = assert(connect())
    assert(store.run(opened.conn, { "CREATE TABLE t (x)" }))
    assert.is_nil(uv.fs_stat(path .. "-wal"))
    assert.is_true(opened.sync())
    close(opened)
  end)

  it("that is opened read-only cannot be written to", function()
    local opened = assert(connect())
    assert(store.run(opened.conn, { "CREATE TABLE dfota_schema (version)" }))
    close(opened)
    opened = assert(connect(path, true))
    assert.equal(1, math.tointeger(tonumber(value(opened, opened.has_table))))
    local ok, why = store.run(opened.conn, { "INSERT INTO dfota_schema VALUES (9)" })
    assert.is_nil(ok)
    assert.matches("readonly", why)
    assert.is_nil(opened.sync)
    close(opened)
  end)

  it("that is opened read-only and missing is not created, and differs from one that cannot be read", function()
    local opened, err, missing = connect(path, true)
    assert.same({ nil, "ledger", true }, { opened, err.kind, missing })
    assert.is_nil(uv.fs_stat(path))
    opened, err, missing = connect(home, true)
    assert.same({ nil, "ledger" }, { opened, err.kind })
    assert.is_nil(missing)
  end)

  it("recognises values that are not times", function()
    local opened = assert(connect())
    for time, is_none in pairs { ["1"] = 0, ["1.5"] = 0, ["'soon'"] = 1, ["NULL"] = 1, ["'2'"] = 1 } do
      local asked = ("SELECT %s FROM (SELECT %s AS finished)"):format(opened.no_time, time)
      assert.equal(is_none, math.tointeger(tonumber(value(opened, asked))), time)
    end
    close(opened)
  end)

  describe("that cannot be used is reported in one line that says what to do:", function()
    local function refused(where, reason, readonly)
      local opened, err = connect(where, readonly)
      assert.is_nil(opened)
      assert.is_true(core.is_error(err))
      assert.equal("ledger", err.kind)
      assert.is_nil(err.message:find "%c")
      assert.matches(reason, err.message)
      assert.matches("--ledger none", err.message, 1, true)
    end

    it("a directory", function() refused(home, "is a directory") end)
    it("a device", function() refused("/dev/null", "is a character device, not a file") end)
    it("memory, wherever in the path", function()
      refused(":memory:", "not a valid file name")
      refused(home .. "/:memory:x", "not a valid file name")
    end)
    it("a place below a file", function()
      folder.write(home .. "/file", "x")
      refused(home .. "/file/ledger.db", "not a directory")
    end)
    it("a place where none can be created", function() refused("/proc/dfota/ledger.db", "cannot be created") end)
    it("not a database", function()
      folder.write(path, ("no database "):rep(1000))
      for _, readonly in ipairs { true, false } do refused(path, "file is not a database", readonly) end
    end)

    it("another user's link", function()
      if uv.getuid() ~= 0 then return pending("only root can make another user's link") end
      assert(uv.fs_symlink(home .. "/target.db", path))
      assert(uv.fs_lchown(path, 65534, 65534))
      refused(path, "symbolic link owned by another user")
      assert.is_nil(uv.fs_stat(home .. "/target.db"))
    end)

    it("one that this user may not write to, or in a directory that is not writable", function()
      local access = uv.fs_access
      finally(function() uv.fs_access = access end)
      close(assert(connect()))
      for _, forbidden in ipairs { path, home .. "/" } do
        uv.fs_access = function(where) return where ~= forbidden end
        refused(path, "is not writable by this user")
      end
    end)
  end)
end)
