local Postgres = require "support.postgres"
local Process = require "support.process"
local book_of = require "dfota.ledger.book"
local core = require "dfota.core"
local folder = require "support.folder"
local ledger = require "dfota.ledger.ledger"
local merge = require "dfota.ledger.merge"
local sample = require "support.sample_ledger"

local describe_here = Postgres.is_here() and describe or function(name) pending(name) end

local server
setup(function() server = Postgres.is_here() and Postgres.start() end)
teardown(function() if server then server:stop() end end)

describe_here("A ledger on a PostgreSQL server", function()
  local book

  after_each(function()
    server:signal "sigcont"
    if book then book:close() end
    book = nil
  end)

  -- How long a connection takes depends on the machine: limits count from then on.
  local function open(limits)
    book = assert(ledger.open(server.url))
    for name, value in pairs(limits or {}) do book.limits[name] = value end
    return book
  end

  -- The process that serves our connection.
  local function backend()
    local other <close> = assert(book_of.open(server.url))
    local cursor = assert(other.conn:execute("SELECT pid FROM pg_stat_activity "
      .. "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"))
    local pid = tonumber(cursor:fetch())
    cursor:close()
    return pid
  end

  it("loses nothing when several create it at once", function()
    local writers = {}
    for i = 1, 4 do
      writers[i] = Process.start(Process.lua, { "spec/support/ledger_writer.lua", server.url, "module " .. i, "5" })
    end
    for _, writer in ipairs(writers) do assert.equal(0, writer:wait(), writer.err) end
    open()
    for i = 1, 4 do assert.equal(5, book:triggers("module " .. i)) end
  end)

  it("keeps what was recorded, whatever characters it contains", function()
    open()
    local id = assert(book:begin { imei = "1", port = "p", size = 5, hash = "h", from = "A" })
    assert(book:triggered(id, { mono = 1.5, boot = "b" }))
    local row = assert(book:open_on("p", "1"))
    assert.same({ id, 5, "integer", 1.5 }, { row.id, row.size, math.type(row.size), row.mono })
    assert(book:conclude(id, { outcome = "wrong_revision", rc = 82, message = "a'b\0\xFF\\", seen = {
      imei = "1", model = "MC65", revision = "B", port = "p" }, steps = { { name = "upload", at = 1 } } }))
    assert.is_nil((book:open_on("p", "1")))
    assert.equal("a'b\\x00\u{FFFD}\\", book:rows({ imei = "1" })[1].message)
    assert.equal(id, book:failed_with("1", { hash = "h" }).id)
    assert.equal("B", book:modules({ imei = "1" })[1].revision)
    assert.equal("upload", book:steps(id)[1].name)
  end)

  it("is asked, counted, written out and merged like a file", function()
    local place, clean = folder.new()
    finally(clean)
    sample.make(place .. "/file.db", 27)
    local file <close> = assert(book_of.open(place .. "/file.db"))
    open()
    local before = #book:rows { limit = false }
    local updates, modules = merge.all(file, book)
    assert.same({ 27, 12 }, { updates.added, modules.added })
    updates, modules = merge.all(file, book)
    assert.same({ 0, 27, 0, 12 }, { updates.added, updates.known, modules.added + modules.newer, modules.known })
    assert.equal(before + 27, #book:rows { limit = false })
    for _, wanted in ipairs {
      { imei = "861234560007946" }, { run = "spring/2", outcomes = { "updated" } },
      { outcomes = { "unknown", "open" } },
      { since = 1795500000, before = 1795700000 }, { run = "spring/1", imei = "861234560007946", since = 5 },
    } do
      wanted.run = wanted.run or "spring/1"
      assert.same(file:totals(wanted), book:totals(wanted))
      assert.same(file:rows(wanted), book:rows(wanted))
      for _, lines in ipairs { "json", "csv" } do
        wanted.lines = lines
        file:start_rows(wanted)
        book:start_rows(wanted)
        local want = file:next_lines()
        assert.is_true(#want > 0)
        assert.equal(want, book:next_lines())
      end
    end
    local wanted = { imei = "861234560007946", max_updates = 9 }
    assert.same(file:modules(wanted), book:modules(wanted))
    local back <close> = assert(book_of.open(place .. "/back.db"))
    assert.equal(before + 27, merge.all(book, back).added)
  end)

  it("of the third layout gets the missing columns, and keeps its rows", function()
    open()
    assert(book:record { imei = "9", outcome = "updated", seen = { imei = "9", port = "r", baud = 9600 } })
    local before = #book:rows()
    book:close()
    do
      local other <close> = assert(book_of.open(server.url))
      for _, sql in ipairs {
        "ALTER TABLE dfota_modules DROP COLUMN baud", "ALTER TABLE dfota_updates DROP COLUMN doubt",
        "DELETE FROM dfota_schema", "INSERT INTO dfota_schema VALUES (3)",
      } do assert(other.conn:execute(sql)) end
    end
    open()
    assert.same({ before, "r" }, { #book:rows(), book:modules({ imei = "9" })[1].port })
    local seen = { imei = "9", port = "r", host = require("luv").os_gethostname(), baud = 4800 }
    assert(book:record { imei = "9", outcome = "updated", seen = seen })
    assert.equal(4800, book:rate_on "r")
  end)

  it("that was restarted is reconnected to", function()
    open()
    local id = assert(book:begin { imei = "2" })
    server:halt()
    server:go()
    assert.is_true(book:triggered(id))
    server:halt()
    server:go()
    assert.is_true(book:conclude(id, { outcome = "updated" }))
    assert.equal("updated", book:rows({ imei = "2" })[1].outcome)
  end)

  it("whose connection froze gets a new one", function()
    open { answer_s = 2 } -- in which another has to be made
    local id = assert(book:begin { imei = "3" })
    server:signal("sigstop", backend())
    assert.is_true(book:triggered(id))
  end)

  it("that is frozen delays neither the run nor its last write", function()
    open()
    local id = assert(book:begin { imei = "4" })
    server:signal "sigstop"
    book.limits.answer_s, book.limits.last_s = 0.3, 0.3
    local began = core.now()
    local ok, err = book:triggered(id)
    assert.is_nil(ok)
    assert.equal("ledger", err.kind)
    assert.is_nil((book:conclude(id, { outcome = "updated" })))
    assert.is_true(core.now() - began < 3)
  end)

  it("that this user may not write into, or that takes no writes, is told from one that may be written to", function()
    open()
    local function check(url) return ledger.open(url, { readonly = true, will_write = true }) end
    assert(check(server.url)):close()
    local other <close> = assert(book_of.open(server.url))
    assert(other.conn:execute "CREATE ROLE reader LOGIN")
    assert(other.conn:execute "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    local refused, err = check((server.url:gsub("//[^@/]*@", "//reader@")))
    assert.is_nil(refused)
    assert.equal("ledger", err.kind)
    assert.is_truthy(err.message:find("may not write into it", 1, true), err.message)
    assert(other.conn:execute "ALTER DATABASE postgres SET default_transaction_read_only = on")
    refused = check(server.url)
    assert(other.conn:execute "ALTER DATABASE postgres RESET default_transaction_read_only")
    assert.is_nil(refused)
  end)

  it("whose tables are locked by others is locked", function()
    open { busy_s = 0.5 }
    local other <close> = assert(book_of.open(server.url))
    assert(other.conn:execute "BEGIN")
    assert(other.conn:execute "LOCK TABLE dfota_updates")
    local id, err = book:begin { imei = "5" }
    assert.is_nil(id)
    assert.equal("ledger_locked", err.kind)
  end)

  it("is locked if others lock one row of it", function()
    open { busy_s = 0.5 }
    local id = assert(book:begin { imei = "6" })
    local other <close> = assert(book_of.open(server.url))
    assert(other.conn:execute "BEGIN")
    assert(other.conn:execute "UPDATE dfota_updates SET port = 'x' WHERE imei = '6'")
    local ok, err = book:triggered(id)
    assert.is_nil(ok)
    assert.equal("ledger_locked", err.kind)
    assert(other.conn:execute "COMMIT")
    assert.is_true(book:triggered(id))
  end)

  it("is locked as well for a user who may not run blocks of statements there", function()
    local other <close> = assert(book_of.open(server.url))
    for _, sql in ipairs { "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC", "CREATE ROLE plain LOGIN",
      "GRANT ALL ON ALL TABLES IN SCHEMA public TO plain" } do assert(other.conn:execute(sql)) end
    local plain <close> = assert(ledger.open((server.url:gsub("dfota@", "plain@")), { busy_s = 0.5 }))
    local id = assert(plain:begin { imei = "7" })
    assert(other.conn:execute "BEGIN")
    assert(other.conn:execute "LOCK TABLE dfota_updates")
    for _, fn in ipairs { "triggered", "rows" } do
      local done, err = plain[fn](plain, fn == "triggered" and id or nil)
      assert.same({ nil, "ledger_locked" }, { done, err.kind })
    end
    assert(other.conn:execute "COMMIT")
    assert.is_true(plain:triggered(id))
    assert(other.conn:execute "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC")
  end)

  it("is reported in our own words if it refuses, never in its own", function()
    server:halt()
    local none, err = ledger.open(server.url)
    server:go()
    assert.is_nil(none)
    assert.matches("^ledger postgres://%*%*%*@/postgres: nothing listens there; ", err.message)
    none, err = ledger.open((server.url:gsub("/postgres%?", "/none?")))
    assert.is_nil(none)
    assert.matches("there is no such database", err.message, 1, true)
  end)
end)

describe_here("A ledger on a server that speaks another language", function()
  local function open() return assert(ledger.open(server.german_url, { busy_s = 0.5 })) end

  -- If its messages are not installed with the server, these are in English again.
  local function is_locked_by(statement, fn)
    local book <close> = open()
    local id = assert(book:begin { imei = "1", port = "it's" })
    local other <close> = assert(book_of.open(server.url))
    assert(other.conn:execute "BEGIN")
    assert(other.conn:execute(statement))
    local ok, err = fn(book, id)
    assert.is_nil(ok)
    assert.equal("ledger_locked", err.kind)
    assert(other.conn:execute "ROLLBACK")
    assert.is_truthy(fn(book, id))
  end

  it("is locked if others lock its tables during a write", function()
    is_locked_by("LOCK TABLE dfota_updates", function(book) return book:begin { imei = "2" } end)
  end)

  it("is locked if others lock its tables during a read", function()
    is_locked_by("LOCK TABLE dfota_updates", function(book) return book:rows() end)
    is_locked_by("LOCK TABLE dfota_updates", function(book) return book:triggers "1" end)
  end)

  it("is locked if others lock one row of it", function()
    is_locked_by("UPDATE dfota_updates SET port = 'x'", function(book, id) return book:triggered(id) end)
  end)

  it("is locked if others lock its schema table while it is opened", function()
    is_locked_by("LOCK TABLE dfota_schema", function()
      local again, err = ledger.open(server.german_url, { busy_s = 0.5 })
      if again then again:close() end
      return again, err
    end)
  end)

  it("is not locked, but fails, if a statement fails for another reason", function()
    local other <close> = assert(book_of.open(server.url))
    assert(other.conn:execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
      .. "'BEGIN RAISE EXCEPTION ''no''; END'"))
    assert(other.conn:execute "CREATE TRIGGER refuse BEFORE INSERT ON dfota_updates EXECUTE FUNCTION refuse()")
    local book <close> = open()
    local id, err = book:begin { imei = "3" }
    assert.same({ nil, "ledger" }, { id, err.kind })
    assert(other.conn:execute "DROP TRIGGER refuse ON dfota_updates")
  end)
end)
