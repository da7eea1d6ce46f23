local central = require "support.central"
local Relay = require "support.relay"
local book_of = require "dfota.ledger.book"
local connection = require "dfota.central.connection"
local core = require "dfota.core"
local folder = require "support.folder"
local push = require "dfota.central.push"
local run = require "support.run"
local sample = require "support.sample_ledger"
local uv = require "luv"

local COUNT = 450 -- several batches

describe("A journal that is shipped to the centre", function()
  local centre, dir, cleanup, journal, filled, remove_filled

  -- One of several batches is made once: each record of it is a transaction.
  setup(function()
    assert(core.catch_signals())
    filled, remove_filled = folder.new()
    filled = filled .. "/j.db"
    sample.make(filled, COUNT)
    centre = central.start { disturbed = true }
  end)
  teardown(function()
    run.clean()
    centre:stop()
    remove_filled()
    core.release_signals()
  end)
  before_each(function()
    dir, cleanup = folder.new()
    journal = dir .. "/j.db"
    centre:clear()
  end)
  after_each(function()
    centre.server:signal "sigcont"
    cleanup()
  end)

  local function there() return tonumber(centre:value(nil, "SELECT count(*) FROM dfota.updates")) end

  -- Every row of it, as it is there and as it is here.
  local function assert_all_there()
    local rows = centre:ask(nil, "SELECT id, outcome, message, extract(epoch FROM finished)::float8::text, "
      .. "(SELECT count(*) FROM dfota.steps AS s WHERE s.update_id = u.id) FROM dfota.updates AS u")
    local book <close> = assert(book_of.open(journal))
    local own = assert(book:rows { limit = false, steps = true })
    assert.equal(#own, #rows)
    local by_id = {}
    for _, row in ipairs(rows) do by_id[row[1]] = row end
    for _, row in ipairs(own) do
      local other = by_id[row.id]
      assert.same({ row.outcome, row.message, #row.steps }, { other[2], other[3], tonumber(other[5]) })
      assert.is_true(row.finished == nil and other[4] == nil or math.abs(row.finished - tonumber(other[4])) < 1e-5)
    end
  end

  local function ledger(...) return run.script("ledger", { "--ledger", journal, ... }) end

  local function fill_journal() assert(uv.fs_copyfile(filled, journal)) end

  it("is there with all that is in it, and a second time ships nothing", function()
    fill_journal()
    assert.same({ rc = 0, err = "", out = COUNT .. " updates shipped\n" }, ledger("--push", centre:url "gw1"))
    assert_all_there()
    assert.equal("12", centre:value(nil, "SELECT count(*) FROM dfota.modules"))
    assert.equal("nothing to ship: the centre has all updates\n", ledger("--push", centre:url "gw1").out)
  end)

  it("is shipped again, and is there once, if the gateway died before it could note what was acknowledged", function()
    fill_journal()
    assert.equal(COUNT, (push.ship(journal, centre:url "gw1")))
    do
      local book <close> = assert(book_of.open(journal))
      assert(book.database:commit { "DELETE FROM dfota_shipped WHERE id LIKE '%1'" })
    end
    assert.is_true((push.ship(journal, centre:url "gw1")) > 0)
    assert_all_there()
  end)

  it("is there with the end of what was open when it was shipped", function()
    local book <close> = assert(book_of.open(journal))
    local id = assert(book:begin { imei = "1", port = "p" })
    assert(book:triggered(id))
    assert.equal(1, (push.ship(journal, centre:url "gw1")))
    assert.equal("1", centre:value(nil, "SELECT count(*) FROM dfota.open_outcomes"))
    assert(book:finish(id, { outcome = "updated", rc = 0, steps = { { name = "x", at = 1 } } }))
    assert.equal(1, (push.ship(journal, centre:url "gw1")))
    assert.equal("0", centre:value(nil, "SELECT count(*) FROM dfota.open_outcomes"))
    assert_all_there()
  end)

  it("goes whole to a centre that was restored from a backup, once it is told so", function()
    sample.make(journal, 30)
    assert.equal(30, (push.ship(journal, centre:url "gw1")))
    centre:clear()
    assert.equal(0, (push.ship(journal, centre:url "gw1")))
    assert.equal(0, run.script("central", { "--central", centre:url(), "--restored" }).rc)
    assert.equal(30, (push.ship(journal, centre:url "gw1")))
    assert_all_there()
  end)

  -- Kills, stops or freezes the server in the middle of it.
  local function interrupted_by(what)
    fill_journal()
    local shipped, err, over
    local task = { journal = journal, url = centre:url "gw1" }
    local errand = require "dfota.central.errand"
    local sent = assert(errand.send("dfota.central.push", task))
    sent:follow({ silent_s = 3, on_told = function(word, number)
      if word == "shipped" and number == 200 then what() end
    end }, function(...) over, shipped, err = true, ... end)
    while not over do uv.run "once" end
    return shipped, err
  end

  it("loses nothing and has nothing twice when the server is killed meanwhile", function()
    local shipped, err = interrupted_by(function() centre.server:signal "sigkill" end)
    assert.same({ nil, "central" }, { shipped, err and err.kind })
    centre.server.server:wait()
    centre.server:go()
    assert.is_true(there() >= 200 and there() < COUNT)
    assert.is_true((push.ship(journal, centre:url "gw1")) <= COUNT - 200)
    assert_all_there()
  end)

  it("loses nothing and has nothing twice when the server is restarted meanwhile", function()
    local _, err = interrupted_by(function()
      centre.server:halt()
      centre.server:go()
    end)
    if err then assert.equal("central", err.kind) end
    assert(push.ship(journal, centre:url "gw1"))
    assert_all_there()
  end)

  it("is not held up for ever by a server that is frozen, and loses nothing by it", function()
    local shipped, err = interrupted_by(function() centre.server:signal "sigstop" end)
    assert.same({ nil, "central" }, { shipped, err and err.kind })
    assert.matches("no answer within 3 s", err.message, 1, true)
    centre.server:signal "sigcont"
    assert(push.ship(journal, centre:url "gw1"))
    assert_all_there()
  end)

  it("is shipped over TCP with a password from pgpass, and from no other file", function()
    local relay = Relay.start(("%s/.s.PGSQL.5432"):format(centre.server.dir))
    finally(function() relay:stop() end)
    centre:ask(nil, "CREATE ROLE gw3 LOGIN PASSWORD 'a:b c' IN ROLE dfota_gateway")
    centre.server:demand_password "gw3"
    sample.make(journal, 3)
    local url = ("postgres://gw3@127.0.0.1:%d/postgres"):format(relay.port)
    local function with(password)
      local pgpass = folder.write(dir .. "/pgpass", ("127.0.0.1:%d:postgres:gw3:%s\n"):format(relay.port, password))
      assert(uv.fs_chmod(pgpass, tonumber("600", 8)))
      local env = { PGPASSFILE = pgpass, PGPASSWORD = false, HOME = dir }
      return run.script("ledger", { "--ledger", journal, "--push", url }, { env = env })
    end
    local wrong = with "another"
    assert.equal(78, wrong.rc)
    assert.is_nil(wrong.err:find("another", 1, true))
    assert.same({ rc = 0, err = "", out = "3 updates shipped\n" }, with "a\\:b c")
    assert_all_there()
  end)

  it("waits when nothing listens there: one line, exit code 75, and how many", function()
    sample.make(journal, 3)
    assert.same({ rc = 75, out = "", err = "ledger: central postgres://***@127.0.0.1:1/fleet: nothing listens there; "
      .. "nothing is lost: 3 updates wait in the journal\n" }, ledger("--push", "postgres://gw7@127.0.0.1:1/fleet"))
  end)

  it("waits when the server's disk is full, and goes on when there is room", function()
    sample.make(journal, 5)
    -- The table's file is one that the kernel lets nobody write to.
    local path = centre.server.dir .. "/data/" .. centre:value(nil, "SELECT pg_relation_filepath('dfota.updates')")
    assert(uv.fs_rename(path, path .. ".kept"))
    assert(uv.fs_symlink("/dev/full", path))
    local shipped, err = push.ship(journal, centre:url "gw1")
    assert(uv.fs_unlink(path))
    assert(uv.fs_rename(path .. ".kept", path))
    assert.same({ nil, "central" }, { shipped, err and err.kind })
    assert.matches("the server's disk is full; nothing is lost: 5 updates wait in the journal", err.message, 1, true)
    assert.equal(5, (push.ship(journal, centre:url "gw1")))
    assert_all_there()
  end)

  it("waits for a free connection, and comes back a little later than the others", function()
    sample.make(journal, 5)
    local held = {}
    repeat held[#held + 1] = connection.open(centre:url "gw2") until #held > 30 or held[#held] == nil or #held == 17
    local errand, told, over, shipped = require "dfota.central.errand", 0, false, nil
    errand.send("dfota.central.push", { journal = journal, url = centre:url "gw1" }):follow({ silent_s = 20,
      on_told = function(word)
        if word ~= "busy" then return end
        told = told + 1
        for _, conn in ipairs(held) do conn:close() end
      end }, function(count) over, shipped = true, count end)
    while not over do uv.run "once" end
    assert.equal(5, shipped)
    assert.is_true(told >= 1)
  end)

  it("is not taken from a user who is no gateway: exit code 78, and what to do", function()
    sample.make(journal, 1)
    local done = ledger("--push", centre:url "nobody")
    assert.equal(78, done.rc)
    assert.matches("the user may not read or write the tables; nothing is lost: 1 update waits", done.err, 1, true)
  end)

  it("needs a journal on this machine and a server without a password in its URL", function()
    for args, why in pairs {
      [{ "--ledger", "none", "--push", "postgres://db/x" }] = "needs a journal, and none is none",
      [{ "--ledger", "postgres://db/x", "--push", "postgres://db/x" }] = "on a server already",
      [{ "--ledger", "x", "--push", "y.db" }] = "postgres://USER@HOST/DATABASE",
      [{ "--ledger", "x", "--push", "postgres://gw:s3cret@db/x" }] = "~/.pgpass",
    } do
      local done = run.script("ledger", args)
      assert.equal(2, done.rc)
      assert.matches(why, done.err, 1, true)
      assert.is_nil(done.err:find("s3cret", 1, true))
    end
    assert.equal(0, (push.ship(dir .. "/none.db", centre:url "gw1")))
  end)
end)
