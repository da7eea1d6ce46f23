local Postgres = require "support.postgres"
local admin = require "dfota.central.admin"
local central = require "support.central"
local connection = require "dfota.central.connection"
local migrations = require "dfota.central.migrations"
local run = require "support.run"

describe("The owner of a centre", function()
  local centre

  setup(function() centre = central.start() end)
  teardown(function() centre:stop() end)

  local function call(role, ...) return run.script("central", { "--central", centre:url(role), ... }) end

  it("prepares it once, and changes nothing by doing it again", function()
    assert.same({ rc = 0, err = "", out = "the central ledger has layout 3 already\n" }, call(nil, "--prepare"))
  end)

  it("brings any earlier layout up to date, and loses no row", function()
    for version = 0, migrations.VERSION do
      centre:ask(nil, "DROP SCHEMA dfota CASCADE")
      if version > 0 then
        assert(admin.run { url = centre:url(), what = "prepare", upto = version })
        centre:ask("gw1", "SELECT dfota.push('[{\"id\":\"a\",\"run\":\"r\",\"started\":\"1\"}]', '[]')")
      end
      assert.same({ from = version, to = migrations.VERSION }, (admin.run { url = centre:url(), what = "prepare" }))
      assert.equal(version > 0 and "1" or "0", centre:value("boss", "SELECT count(*) FROM dfota.updates"))
    end
  end)

  it("is not half done with it when something is in the way", function()
    centre:ask(nil, "DROP SCHEMA dfota CASCADE")
    assert(admin.run { url = centre:url(), what = "prepare", upto = 1 })
    centre:ask(nil, "CREATE VIEW dfota.wear AS SELECT 1 AS x")
    local done, err = admin.run { url = centre:url(), what = "prepare" }
    assert.same({ nil, "central" }, { done, err.kind })
    assert.same({ "1", nil }, { centre:value(nil, "SELECT version FROM dfota.centre"),
      centre:value(nil, "SELECT to_regclass('dfota.progress')") })
    centre:ask(nil, "DROP VIEW dfota.wear")
    assert(admin.run { url = centre:url(), what = "prepare" })
  end)

  it("may not be just anybody, and needs a server that knows how to keep gateways apart", function()
    local done = call("nobody", "--prepare")
    assert.equal(78, done.rc)
    assert.matches("the user may not read or write the tables", done.err, 1, true)
    local asked = connection.open
    connection.open = function() return setmetatable({ name = "x" }, { __index = {
      ask = function() return { { "140009" } } end,
    }, __close = function() end }) end
    local ok, err = admin.run { url = "x", what = "prepare" }
    connection.open = asked
    assert.same({ nil, "central_refused" }, { ok, err.kind })
    assert.matches("older than PostgreSQL 15", err.message, 1, true)
  end)

  it("reads how the runs are getting on, as an operator stops them and lets them go on", function()
    centre:clear()
    assert.equal("no runs\n", call("boss").out)
    assert.equal(0, call("boss", "--run", "r", "--stop", "--max-fail", "5%").rc)
    assert.same({ { "t", "5%" } }, centre:ask("gw1", "SELECT stop, max_fail FROM dfota.runs"))
    assert.matches("r +0 +0 +0 +0 +0 +0 +0  stopped, max%-fail 5%%\n", call("boss").out)
    assert.equal(0, call("boss", "--run", "r", "--go", "--max-fail", "none").rc)
    assert.same({ { "f" } }, centre:ask("gw1", "SELECT stop, max_fail FROM dfota.runs"))
    assert.equal('{"run":"r","stop":false,"modules":0,"updated":0,"failed":0,"unknown":0,"running":0,"again":0,'
      .. '"gateways":0}\n', call("boss", "--json").out)
    assert.equal(78, call("gw1", "--run", "r", "--stop").rc)
  end)

  it("hears of a run that no gateway knows, each time until one does: its name may be misspelt", function()
    centre:clear()
    centre:ask("gw1", "INSERT INTO dfota.runs (run) VALUES ('r')")
    centre:ask("boss", "INSERT INTO dfota.runs (run) VALUES ('planned')")
    centre:ask("gw1", [[SELECT dfota.push('[{"id":"a","run":"planned","started":"1"}]', '[]')]])
    local LINE = "central: no gateway has registered run typo yet, nor shipped an update of it: "
    for i, case in ipairs {
      { "r", "--stop" }, { "typo", "--stop", "--max-fail", "5%", told = true }, { "typo", "--go", told = true },
      { "typo", "--max-fail", "none", told = true }, { "planned", "--stop" },
    } do
      local done = call("boss", "--run", table.unpack(case))
      assert.same({ 0, case.told and 1 or nil }, { done.rc, (done.err:find(LINE, 1, true)) }, i)
      assert.equal(case.told and 1 or 0, select(2, done.err:gsub("\n", "")))
    end
  end)

  it("gets one line for a call that is wrong", function()
    for why, args in pairs {
      ["--central URL"] = { "--run", "r" }, ["need --run ID"] = { "--central", "postgres://db/x", "--stop" },
      ["mutually exclusive"] = { "--central", "postgres://db/x", "--run", "r", "--stop", "--go" },
      ["how many may fail"] = { "--central", "postgres://db/x", "--run", "r", "--max-fail", "x" },
      ["postgres://USER@HOST/DATABASE"] = { "--central", "x.db" },
    } do
      local done = run.script("central", args)
      assert.same({ 2, "" }, { done.rc, done.out })
      assert.matches(why, done.err, 1, true)
      assert.is_nil(done.err:find "\n.")
    end
    local done = run.script("central", { "--central", "postgres://gw7@127.0.0.1:1/fleet" })
    assert.same({ 75, "central: central postgres://***@127.0.0.1:1/fleet: nothing listens there\n" },
      { done.rc, done.err })
  end)

  it("has it on a server of this kind", function() assert.is_true(Postgres.is_here()) end)
end)
