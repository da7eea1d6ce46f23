local core = require "dfota.core"
local folder = require "support.folder"
local json = require "dkjson"
local book_of = require "dfota.ledger.book"
local uv = require "luv"

local LUA = os.getenv("DFOTA_LUA") or "lua5.4"

local UPDATE = {
  imei = "861234567890123", port = "/dev/ttyUSB0", from = "A", to = "B", package = "a2b.pack", hash = "00ff",
  size = 156104, way = "file", trace = "t.trace", forced = "supply",
}

-- Starts a program; the result is filled in when it has ended. Call uv.run() to wait for all.
local function start(program, args, options)
  local result = { out = {} }
  local out, err = uv.new_pipe(), uv.new_pipe()
  options = options or {}
  local handle
  handle = assert(uv.spawn(program, {
    args = args, stdio = { nil, out, err }, uid = options.uid, gid = options.gid, env = options.env,
  }, function(code, signal)
    result.code, result.signal = code, signal
    handle:close()
  end))
  for _, pipe in ipairs { out, err } do
    pipe:read_start(function(_, chunk)
      if chunk then result.out[#result.out + 1] = chunk else pipe:close() end
    end)
  end
  return result
end

describe("the ledger", function()
  local dir, cleanup, path, now

  before_each(function()
    dir, cleanup = folder.new()
    path, now = dir .. "/ledger.db", 1700000000
  end)
  after_each(function() cleanup() end)

  local function open(where, options)
    options = options or {}
    options.clock = function()
      now = now + 1
      return now
    end
    return book_of.open(where or path, options)
  end

  it("keeps everything recorded about an update", function()
    local book <close> = assert(open())
    local id = assert(book:begin(UPDATE))
    assert(book:triggered(id))
    assert(book:finish(id, { outcome = "failed_on_source", after = "A", code = 6507, message = "package error",
      steps = { { name = "upload", at = 1700000010 }, { name = "trigger", at = 1700000011.5 } } }))
    local row = assert(book:rows())[1]
    for key, value in pairs(UPDATE) do assert.equal(value, row[key], key) end
    assert.same({ "failed_on_source", "A", 6507, "package error" }, { row.outcome, row.after, row.code, row.message })
    assert.is_true(row.started < row.triggered and row.triggered < row.finished)
    local steps = assert(book:steps(id))
    assert.same({ "upload", "trigger" }, { steps[1].name, steps[2].name })
    assert.same({ 1700000010, 1700000011.5 }, { steps[1].at, steps[2].at })
  end)

  it("is the same after closing and reopening", function()
    local book = assert(open())
    local id = assert(book:begin(UPDATE))
    book:close()
    book:close()
    local again <close> = assert(open())
    assert.equal(id, again:rows()[1].id)
  end)

  it("counts the triggers of one module, not its updates, and not those of another", function()
    local book <close> = assert(open())
    for i = 1, 5 do
      local id = assert(book:begin(UPDATE))
      if i > 2 then assert(book:triggered(id)) end
    end
    assert(book:triggered(assert(book:begin { imei = "other" })))
    assert.same({ 3, 1, 0 }, { book:triggers(UPDATE.imei), book:triggers "other", book:triggers "nobody" })
  end)

  it("finds the newest update that was triggered and not finished, by module or else by port", function()
    local book <close> = assert(open())
    assert.is_nil((book:open_on("/dev/ttyUSB0")))
    book:begin(UPDATE)
    assert.is_nil((book:open_on("/dev/ttyUSB0", UPDATE.imei)))
    local ids = {}
    for i = 1, 3 do
      ids[i] = assert(book:begin(UPDATE))
      assert(book:triggered(ids[i]))
    end
    assert(book:finish(ids[3], { outcome = "updated" }))
    assert.equal(ids[2], book:open_on("/dev/ttyUSB0").id)
    assert.equal(ids[2], book:open_on("/dev/other", UPDATE.imei).id)
    assert.is_nil((book:open_on("/dev/other")))
    assert.is_nil((book:open_on("/dev/ttyUSB0", "another module")))
    local unnamed = assert(book:begin { port = "/dev/ttyUSB0" })
    assert(book:triggered(unnamed))
    assert.equal(unnamed, book:open_on("/dev/ttyUSB0", "another module").id)
    assert.is_nil((book:open_on("/dev/other", "another module")))
  end)

  it("lists the newest first, as many as requested, of one module if requested", function()
    local book <close> = assert(open())
    for i = 1, 5 do book:begin { imei = i % 2 == 0 and "even" or "odd", size = i } end
    local rows = book:rows { imei = "odd", limit = 2 }
    assert.same({ 2, 5, 3 }, { #rows, rows[1].size, rows[2].size })
  end)

  it("lists a row far down as completely as the first, with its steps in order", function()
    local book <close> = assert(open())
    assert(book.conn:execute [[
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
      INSERT INTO dfota_updates (id, rev_from, rev_after, started) SELECT 'id-' || i, 'A', 'B', i FROM n]])
    assert(book.conn:execute [[
      INSERT INTO dfota_steps SELECT id, 'trigger', 2 FROM dfota_updates UNION ALL
      SELECT id, 'upload', 1 FROM dfota_updates]])
    local rows = assert(book:rows { limit = 1100, steps = true })
    for _, i in ipairs { 1, 500, 501, 1100 } do
      local row = rows[i]
      assert.same({ "id-" .. 1101 - i, "A", "B", 1101 - i }, { row.id, row.from, row.after, row.started })
      assert.same({ { name = "upload", at = 1 }, { name = "trigger", at = 2 } }, row.steps)
    end
  end)

  it("stores any text safely and shows it in one line", function()
    local book <close> = assert(open())
    for _, text in ipairs { "a'b", "'; DROP TABLE dfota_updates; --", "a\0b", "\xFF\xFE", "a\nb", "\\", "%s", "" } do
      local id = assert(book:begin { imei = text, message = text })
      assert(book:finish(id, { outcome = "unknown", message = text }))
      local row = book:rows { limit = 1 }[1]
      assert.equal(id, row.id)
      assert.truthy(utf8.len(row.message))
      assert.is_nil(row.message:find("%c"))
      assert.equal(1, #book:rows { imei = text })
    end
    assert.equal(8, #book:rows())
  end)

  it("truncates a very long text", function()
    local book <close> = assert(open())
    assert(book:begin { imei = "1", package = ("x"):rep(1000000) })
    assert.equal(1000, #book:rows()[1].package)
  end)

  it("does not store the user name and password of a URL", function()
    local book <close> = assert(open())
    assert(book:begin { package = "http://me:secret@host/a@b.pack" })
    assert.equal("http://***@host/a@b.pack", book:rows()[1].package)
  end)

  it("says so if an update is not in it", function()
    local book <close> = assert(open())
    local ok, err = book:triggered("nobody's")
    assert.is_nil(ok)
    assert.matches("no update nobody's", err.message)
  end)

  -- Every trigger's reply to the run comes after a sync of the log that contains it.
  it("has what it confirms on disk", function()
    open():close()
    local script = ('package.path, package.cpath = %q, %q local b = assert(require("dfota.ledger.book").open(%q)) '
      .. 'io.stderr:write("opened") local id = assert(b:begin {}) io.stderr:write("confirmed") assert(b:triggered(id)) '
      .. 'io.stderr:write("confirmed") assert(b:finish(id, {})) io.stderr:write("confirmed")'):format(package.path,
      package.cpath, path)
    local run = start("strace", { "-f", "-y", "-e", "trace=write,pwrite64,fsync,fdatasync", LUA, "-e", script })
    uv.run()
    local unsynced, confirmed = nil, 0
    for line in table.concat(run.out):gmatch "[^\n]+" do
      if line:find("pwrite64%(%d+<[^>]*%-wal>") then unsynced = true end
      if line:find("sync%(%d+<[^>]*%-wal>") then unsynced = false end
      if line:find('write%(2<.*"confirmed"') then
        assert.is_false(unsynced, "not synced: " .. line)
        unsynced, confirmed = nil, confirmed + 1
      end
    end
    assert.equal(3, confirmed, table.concat(run.out))
  end)

  it("is queried by index, however long it is", function()
    local book <close> = assert(open())
    for _, case in ipairs {
      { "dfota_updates_open", function() book:open_on("/dev/ttyUSB0") end },
      { "dfota_updates_of", function() book:open_on("p", "1") end },
      { "dfota_updates_wear", function() book:triggers("1") end },
      { "dfota_updates_of", function() book:rows { imei = "1", run = "r", outcomes = { "updated" } } end },
      { "dfota_updates_run", function() book:rows { run = "r", outcomes = { "updated" }, since = 1 } end },
      { "dfota_updates_ended", function() book:rows { outcomes = { "unknown" }, since = 1, before = 2 } end },
      { "dfota_updates_at", function() book:rows { since = 1, before = 2 } end },
      { "dfota_updates_at", function() book:rows { outcomes = { "unknown", "open" } } end },
      { "dfota_updates_wear", function() book:modules { max_updates = 800 } end },
      { "dfota_updates_of", function() book:failed_with("1", { hash = "h" }) end },
      { "dfota_updates_of", function() book:failed_with("", { hash = "h", port = "p" }) end },
      { "dfota_updates_at", function() book:rows() end },
    } do
      local conn, asked = book.conn, nil
      book.database.conn = setmetatable({}, { __index = function(_, name)
        return function(_, text)
          if name == "execute" then asked = text end
          return conn[name](conn, text)
        end
      end })
      case[2]()
      book.database.conn = conn
      local cursor = assert(conn:execute("EXPLAIN QUERY PLAN " .. asked))
      local plan, row = "", cursor:fetch({}, "a")
      while row do
        assert.is_nil(row.detail:find "^SCAN dfota_updates$")
        plan, row = plan .. row.detail .. "\n", cursor:fetch({}, "a")
      end
      cursor:close()
      assert.matches("USING .*INDEX " .. case[1], plan)
    end
  end)

  it("of the first layout is upgraded, and read-only left as it is", function()
    local sqlite = require("luasql.sqlite3").sqlite3()
    local conn = assert(sqlite:connect(path))
    for _, sql in ipairs {
      "CREATE TABLE dfota_schema (version INTEGER PRIMARY KEY)", "INSERT INTO dfota_schema VALUES (1)",
      "CREATE TABLE dfota_updates (id VARCHAR(64) PRIMARY KEY, imei TEXT, port TEXT, rev_from TEXT, rev_to TEXT, "
        .. "package TEXT, hash TEXT, size BIGINT, way TEXT, trace TEXT, forced TEXT, started DOUBLE PRECISION, "
        .. "triggered DOUBLE PRECISION, finished DOUBLE PRECISION, outcome TEXT, rev_after TEXT, code INTEGER, "
        .. "message TEXT)",
      "CREATE TABLE dfota_steps (update_id VARCHAR(64), name TEXT, at DOUBLE PRECISION)",
      "CREATE INDEX dfota_updates_imei ON dfota_updates (imei)",
      "INSERT INTO dfota_updates (id, imei, port, hash, started, triggered) VALUES ('a', '1', 'p', 'h', 1, 2)",
      "INSERT INTO dfota_updates (id, imei, hash, started, triggered, finished, outcome, code) "
        .. "VALUES ('b', '1', 'h', 3, 4, 5, 'failed_on_source', 6507)",
      "INSERT INTO dfota_updates (id, imei, hash, started, triggered, finished, outcome, code) "
        .. "VALUES ('c', '1', 'g', 3, 4, 5, 'failed_on_source', 6503)",
    } do assert(conn:execute(sql)) end
    conn:close()
    sqlite:close()
    for _, how in ipairs { { readonly = true }, {} } do
      local book <close> = assert(open(nil, how))
      assert.equal(3, #book:rows())
      assert.equal(3, book:triggers "1")
      assert.equal("a", book:open_on("p").id)
      assert.equal("b", book:failed_with("1", { hash = "h" }).id)
      assert.is_nil((book:failed_with("1", { hash = "g" })))
      assert.same({}, book:modules())
    end
    local book <close> = assert(open())
    assert(book:conclude("a", { outcome = "updated", rc = 0, refused = true }))
    assert.equal(2, book:triggers "1")
  end)

  it("of the third layout gets the missing columns, and keeps its rows", function()
    do
      local book <close> = assert(open())
      local seen = { imei = "1", port = "p", host = "h", baud = 9600 }
      assert(book:record { imei = "1", outcome = "updated", seen = seen })
      for _, sql in ipairs {
        "ALTER TABLE dfota_modules DROP COLUMN baud", "ALTER TABLE dfota_updates DROP COLUMN doubt",
        "DELETE FROM dfota_schema", "INSERT INTO dfota_schema VALUES (3)",
      } do assert(book.conn:execute(sql)) end
    end
    for _, how in ipairs { { readonly = true }, {} } do
      local book <close> = assert(open(nil, how))
      assert.same({ 1, "p" }, { #book:rows(), book:modules({ imei = "1" })[1].port })
      assert.is_nil((book:rate_on("p", "h")))
    end
    local book <close> = assert(open())
    assert(book:record { imei = "1", outcome = "updated", seen = { imei = "1", baud = 9600 } })
    assert.equal(9600, book:rate_on("p", "h"))
  end)

  it("returns the rate of the module last seen on a port of a host", function()
    local book <close> = assert(open())
    local time = 1000
    local function see(imei, port, host, baud)
      time = time + 1
      local seen = { imei = imei, port = port, host = host, baud = baud }
      assert(book:record { imei = imei, outcome = "updated", finished = time, seen = seen })
    end
    see("1", "p", "h", 57600)
    see("2", "q", "h", 4800)
    see("3", "p", "i", 300)
    assert.same({ 57600, 4800, 300 }, { book:rate_on("p", "h"), book:rate_on("q", "h"), book:rate_on("p", "i") })
    assert.is_nil((book:rate_on("q", "i")))
    see("1", "p", "h", nil)
    assert.equal(57600, book:rate_on("p", "h"))
    see("4", "p", "h", 0) -- adapts to any
    assert.is_nil((book:rate_on("p", "h")))
    assert(book.conn:execute("UPDATE dfota_modules SET baud = 'fast'"))
    assert.is_nil((book:rate_on("p", "h")))
  end)

  it("treats what looks triggered and not certainly finished as open, whoever wrote it", function()
    local book <close> = assert(open())
    for _, row in ipairs {
      "'a', 'soon', NULL, NULL", "'b', 1, 'yesterday', 'updated'", "'c', 1, 2, 'fine'", "NULL, 1, 2, NULL",
      "NULL, 'soon', 'later', ''", "'d', 1, 2, 'unknown'",
    } do
      assert(book.conn:execute("INSERT INTO dfota_updates (id, imei, port, started, triggered, finished, outcome) "
        .. "SELECT column1, '1', 'p', 1, column2, column3, column4 FROM (VALUES (" .. row .. "))"))
      local open_row = assert(book:open_on("p"), row)
      assert.equal(open_row.id, book:open_on("p", "1").id)
      assert(book:finish(open_row.id, { outcome = "wrong_revision" }), row)
      assert.is_nil((book:open_on("p")))
    end
    for _, row in ipairs { "'x', NULL, NULL, NULL", "'y', 1, 2, 'updated'" } do
      assert(book.conn:execute("INSERT INTO dfota_updates (id, port, triggered, finished, outcome) "
        .. "SELECT column1, 'p', column2, column3, column4 FROM (VALUES (" .. row .. "))"))
      assert.is_nil((book:open_on("p")))
    end
  end)

  it("finds a permanently failed attempt, unless the package has succeeded since or was never triggered", function()
    local book <close> = assert(open())
    local function attempt(hash, rc, outcome, triggered)
      local id = assert(book:begin { imei = "1", hash = hash, package = "http://h/" .. hash })
      if triggered ~= false then assert(book:triggered(id)) end
      assert(book:finish(id, { rc = rc, outcome = outcome }))
      return id
    end
    local function failed(hash, imei) return (book:failed_with(imei or "1", { hash = hash })) end
    attempt("p", 75, "failed_on_source")
    attempt("p", 84, "not_started", false)
    assert.is_nil(failed "p")
    local id = attempt("p", 81, "failed_on_source")
    attempt("p", 75, "failed_on_source")
    assert.equal(id, failed("p").id)
    assert.is_nil(failed("p", "2"))
    assert.is_nil(failed "q")
    assert.equal(id, book:failed_with("1", { url = "http://h/p" }).id)
    attempt("p", 0, "updated")
    assert.is_nil(failed "p")
    attempt("p", 82, "wrong_revision")
    assert.equal(82, failed("p").rc)
  end)

  it("knows whether a package updated a module, until it failed there", function()
    local book <close> = assert(open())
    local function attempt(rc, outcome)
      local id = assert(book:begin { imei = "1", hash = "p", package = "p" })
      assert(book:triggered(id))
      assert(book:finish(id, { rc = rc, outcome = outcome, after = "B" }))
    end
    local function updated(imei, hash) return (book:updated_with(imei, hash)) end
    assert.is_nil(updated("1", "p"))
    attempt(0, "updated")
    attempt(75, "failed_on_source")
    assert.equal("B", updated("1", "p").after)
    assert.same({}, { updated("2", "p"), updated("1", "q") })
    attempt(81, "failed_on_source")
    assert.is_nil(updated("1", "p"))
  end)

  it("does not count a trigger that the module refused, nor one that was never sent", function()
    local book <close> = assert(open())
    for i, fields in ipairs { { outcome = "updated" }, { outcome = "failed_on_source", refused = true },
      { outcome = "not_started", untriggered = true } } do
      local id = assert(book:begin { imei = "1", size = i })
      assert(book:triggered(id))
      assert(book:finish(id, fields))
    end
    assert.equal(1, book:triggers "1")
  end)

  it("keeps the revision each module was last seen with", function()
    local book <close> = assert(open())
    local id = assert(book:begin { imei = "1", model = "MC65", from = "A", port = "p", host = "h" })
    assert(book:finish(id, { seen = { imei = "1", revision = "B" } }))
    assert(book:record { imei = "2", outcome = "not_started", seen = { imei = "2", model = "M65", revision = "C" } })
    local seen = book:modules()
    assert.equal(2, #seen)
    local one = book:modules({ imei = "1" })[1]
    assert.same({ "MC65", "B", "p", "h" }, { one.model, one.revision, one.port, one.host })
    assert.equal("M65", book:modules({ imei = "2" })[1].model)
    assert.equal("not_started", book:rows({ imei = "2" })[1].outcome)
    assert(book:conclude(nil, { imei = "3", outcome = "checked" }))
    assert.equal("checked", book:rows({ imei = "3" })[1].outcome)
  end)

  it("does not name a revision as running after a trigger whose outcome is not certain, until it is read again",
    function()
      local book <close> = assert(open())
      local function runs()
        local row = book:modules({ imei = "1" })[1]
        return { row.revision or "unknown", row.last_revision }
      end
      local clock = 1
      local function triggered(ending)
        clock = clock + 10
        local id = assert(book:begin { imei = "1", from = "A", to = "B", started = clock })
        assert(book:triggered(id, { wall = clock + 1 }))
        if ending then assert(book:finish(id, ending)) end
        return id
      end
      local function read(revision)
        clock = clock + 10
        assert(book:record { imei = "1", from = revision, started = clock, outcome = "not_started",
          seen = { imei = "1", revision = revision } })
      end
      local killed = triggered()
      assert.same({ "unknown", "A" }, runs())
      assert(book:finish(killed, { outcome = "updated", after = "B", seen = { imei = "1", revision = "B" } }))
      assert.same({ "B", "B" }, runs())
      triggered { outcome = "unknown" }
      assert.same({ "unknown", "A" }, runs())
      read(nil)
      assert.same({ "unknown", "A" }, runs())
      read "A"
      assert.same({ "A", "A" }, runs())
      triggered { outcome = "unknown", doubt = "a stage that nobody knows" }
      read "A" -- which does not settle it
      assert.same({ "unknown", "A" }, runs())
      read "B"
      assert.same({ "B", "B" }, runs())
      local copy <close> = assert(book_of.open(path .. "-copy"))
      triggered { outcome = "unknown" }
      assert(copy:take_in_modules(book:modules()))
      assert.equal("A", copy:modules()[1].last_revision)
      assert(book:start_modules { lines = "json" })
      local line = book:next_lines()
      assert.truthy(line:find('"revision":null,"last_revision":"A"', 1, true), line)
    end)

  it("may receive everything twice", function()
    local book <close> = assert(open())
    for _ = 1, 2 do
      assert(book:begin { id = "x", imei = "1", started = 5 })
      assert(book:triggered("x", { wall = 6 }))
      assert(book:finish("x", { outcome = "updated", finished = 7, steps = { { name = "a", at = 1 } } }))
    end
    local rows = book:rows()
    assert.same({ 1, 5, 6, 7, 1 }, { #rows, rows[1].started, rows[1].triggered, rows[1].finished, #book:steps "x" })
  end)

  it("returns many rows in batches, each once, with the steps of each", function()
    local book <close> = assert(open())
    assert(book.conn:execute("BEGIN"))
    for i = 1, 1003 do
      assert(book.conn:execute(("INSERT INTO dfota_updates (id, imei, started) VALUES ('%04d', '1', %d)"):format(i, i)))
      assert(book.conn:execute(("INSERT INTO dfota_steps VALUES ('%04d', 's%d', 1)"):format(i, i)))
    end
    assert(book.conn:execute("COMMIT"))
    local rows = assert(book:rows { limit = 2000, steps = true })
    assert.equal(1003, #rows)
    for i, row in ipairs(rows) do
      assert.same({ ("%04d"):format(1004 - i), 1, "s" .. 1004 - i }, { row.id, #row.steps, row.steps[1].name })
    end
    assert.equal(1000, #book:rows())
    assert.same({}, book:next_rows())
    assert(book:start_rows { limit = 600 })
    local sizes = {}
    repeat
      sizes[#sizes + 1] = #book:next_rows()
    until sizes[#sizes] == 0
    assert.is_true(#sizes > 2, "all of them came in one piece")
    assert.is_nil(book:rows({ limit = 1 })[1].steps)
  end)

  it("returns numbers as numbers, and keeps what a flow recorded in full", function()
    local book <close> = assert(open())
    local facts = '{"site":"' .. ("x"):rep(5000) .. '"}'
    assert(book:record { imei = "1", refused = true, rc = 81, code = 6502, size = 5, facts = facts,
      seen = { imei = "1", revision = "A" } })
    local row = book:rows()[1]
    assert.same({ 1, 81, 6502, 5, facts }, { row.refused, row.rc, row.code, row.size, row.facts })
    assert.same({ row.started, row.finished }, { row.finished, book:modules()[1].seen })
    assert(book:finish(row.id, { rc = 81.0, code = 6502.0, facts = facts }))
    assert.equal("integer", math.type(book:rows()[1].code))
    assert.equal(facts, book:rows()[1].facts)
    assert(book:record { id = "long", facts = ("x"):rep(20001), started = 1.5 })
    row = book:rows()[2]
    assert.same({ "long", 20000, 1.5 }, { row.id, #row.facts, row.started })
  end)

  it("describes itself, and raises once it is closed", function()
    local book = assert(open())
    assert.equal("dfota.ledger (" .. path .. ")", tostring(book))
    book:close()
    assert.equal("dfota.ledger (closed)", tostring(book))
    local ok, fault = pcall(function() book:rows() end)
    assert.is_false(ok)
    assert.matches("the ledger is closed$", fault)
  end)

  it("drops its open cursor on close", function()
    local book = assert(open())
    assert(book:begin {})
    assert(book:start_rows())
    book:close()
    local rows, err = book:next_rows()
    assert.same({ nil, "ledger" }, { rows, err.kind })
  end)

  it("loses nothing when several processes write at once", function()
    local PROCESSES, EACH = 4, 20
    local writers = {}
    for i = 1, PROCESSES do
      writers[i] = start(LUA, { "spec/support/ledger_writer.lua", path, "module " .. i, tostring(EACH) })
    end
    uv.run()
    for _, writer in ipairs(writers) do assert.equal(0, writer.code, table.concat(writer.out)) end
    local book <close> = assert(open())
    assert.equal(PROCESSES * EACH, #book:rows())
    for i = 1, PROCESSES do assert.equal(EACH, book:triggers("module " .. i)) end
    for _, row in ipairs(book:rows()) do assert.equal("updated", row.outcome) end
  end)

  it("contains a trigger whose process was killed right after recording it", function()
    local writer = start(LUA, { "spec/support/ledger_writer.lua", path, "module", "1", "killed" })
    uv.run()
    assert.equal(9, writer.signal)
    local book <close> = assert(open())
    assert.equal(1, book:triggers "module")
    assert.equal("module", book:open_on("/dev/ttyUSB0").imei)
  end)

  describe("opened read-only", function()
    it("is not created, and is empty if it does not exist", function()
      local book <close> = assert(open(nil, { readonly = true }))
      assert.same({}, book:rows())
      assert.equal(0, book:triggers(UPDATE.imei))
      assert.is_nil(uv.fs_stat(path))
      local none, err = open(nil, { readonly = true, must_exist = true })
      assert.is_nil(none)
      assert.matches("does not exist yet", err.message)
    end)

    it("is empty if the database has no tables yet", function()
      folder.write(path, "")
      local book <close> = assert(open(nil, { readonly = true }))
      assert.same({}, book:rows())
      assert.equal("", folder.read(path))
    end)

    it("is not changed", function()
      assert(open()):close()
      local before = folder.read(path)
      local book <close> = assert(open(nil, { readonly = true }))
      local id, err = book:begin(UPDATE)
      assert.is_nil(id)
      assert.equal("ledger", err.kind)
      assert.equal(before, folder.read(path))
    end)
  end)

  describe("that cannot be used is reported in one line that says what to do:", function()
    local function assert_refused(where, reason, options)
      local book, err = open(where, options)
      assert.is_nil(book)
      assert.truthy(core.is_error(err))
      assert.equal("ledger", err.kind)
      assert.is_nil(err.message:find("%c"))
      assert.matches(reason, err.message)
      assert.matches("--ledger none", err.message, 1, true)
      return err
    end

    it("an empty name", function() assert_refused("", "its name is empty") end)
    it("a damaged database", function()
      local book = assert(open())
      for _ = 1, 200 do assert(book:begin(UPDATE)) end
      book:close()
      local content = folder.read(path)
      for _, damaged in ipairs {
        content:sub(1, #content // 2), content:sub(1, 4096) .. ("\xAA"):rep(#content - 4096),
        content:sub(1, 30) .. ("\xFF"):rep(70) .. content:sub(101),
      } do
        folder.write(path, damaged)
        assert_refused(path, "ledger.db: ")
      end
    end)
    it("a database of another program, which is given no tables", function()
      local env = assert(require("luasql.sqlite3").sqlite3())
      local conn = assert(env:connect(path))
      assert(conn:execute "CREATE TABLE foo (x TEXT)")
      conn:close()
      env:close()
      assert_refused(path, "is a database of another program")
      conn = assert(assert(require("luasql.sqlite3").sqlite3()):connect(path))
      local cursor = assert(conn:execute "SELECT COUNT(*), MIN(name) FROM sqlite_master")
      local count, name = cursor:fetch()
      assert.same({ 1, "foo" }, { math.tointeger(tonumber(count)), name })
      cursor:close()
      conn:close()
    end)
    it("a database with a newer layout", function()
      local book = assert(open())
      assert(book.conn:execute("INSERT INTO dfota_schema (version) VALUES (99)"))
      book:close()
      assert_refused(path, "newer dfota")
    end)
    it("a read-only file", function()
      assert(open()):close()
      uv.fs_chmod(path, tonumber("444", 8))
      uv.fs_chmod(dir, tonumber("755", 8))
      local script = 'package.path="lua/?.lua;"..package.path package.cpath="lua/?.so;"..package.cpath '
        .. 'print(require("dfota.ledger.ledger").open(arg[1]))'
      local as_nobody = uv.getuid() == 0 and { uid = 65534, gid = 65534 } or nil
      local run = start(LUA, { "-e", script, "-", path }, as_nobody)
      uv.run()
      assert.matches("ledger.db is not writable by this user", table.concat(run.out), 1, true)
    end)
    it("a server that does not exist, without its password", function()
      local err = assert_refused("postgres://me:secret@127.0.0.1:1/fleet", "127.0.0.1")
      assert.is_nil(err.message:find("secret", 1, true))
    end)
  end)

  describe("script", function()
    local function run(...)
      local result = start(LUA, { "scripts/ledger.lua", ... })
      uv.run()
      return table.concat(result.out), result.code
    end

    before_each(function()
      local book <close> = assert(open())
      local id = assert(book:begin(UPDATE))
      assert(book:triggered(id))
      assert(book:finish(id, { outcome = "updated", after = "B", steps = { { name = "upload", at = 1700000000 } } }))
      assert(book:triggered(assert(book:begin { imei = "861234567890124", port = "/dev/ttyUSB1" })))
    end)

    it("shows a table for people, and what the ledger knows of one module", function()
      local out, code = run("--ledger", path)
      assert.equal(0, code)
      assert.matches("861234567890123  /dev/ttyUSB0  A     B   B      updated", out, 1, true)
      assert.matches("/dev/ttyUSB1%s+%-%s+%-%s+%-%s+end not recorded", out)
      out = run("--ledger", path, "--imei", "861234567890124")
      assert.matches("861234567890124: 1 update triggered according to this ledger, 799 of 800 left; there may", out, 1,
        true)
    end)

    it("shows what others wrote into the file safely", function()
      local book <close> = assert(open())
      assert(book.conn:execute("INSERT INTO dfota_updates (id, imei, port, started, size, code) "
        .. "VALUES ('x', '\27[2J', X'FF00FE', 1e300, 'many', 'none')"))
      assert(book.conn:execute("INSERT INTO dfota_updates (id, started) VALUES (NULL, 'yesterday')"))
      for _, how in ipairs { "--limit=9", "--json" } do
        local out, code = run("--ledger", path, how)
        assert.equal(0, code, out)
        assert.truthy(utf8.len(out))
        assert.is_nil(out:gsub("\n", ""):find("%c"))
      end
    end)

    it("shows all of it as JSON Lines", function()
      local out, code = run("--ledger", path, "--json")
      assert.equal(0, code)
      local rows = {}
      for line in out:gmatch("[^\n]+") do rows[#rows + 1] = assert(json.decode(line)) end
      local oldest = rows[2]
      assert.same({ 2, "861234567890123", "B" }, { #rows, oldest.imei, oldest.after })
      assert.equal("upload", oldest.steps[1].name)
    end)

    it("reports usage errors and unusable ledgers in one line", function()
      for _, case in ipairs {
        { 78, "--ledger", dir }, { 78, "--ledger", dir .. "/none.db" }, { 2, "--limit", "0" }, { 2, "--limit", "x" },
        { 2, "--nonsense" }, { 2, "extra" },
      } do
        local out, code = run(table.unpack(case, 2))
        assert.equal(case[1], code)
        assert.matches("^ledger: [^\n]+\n$", out)
      end
    end)
  end)
end)
