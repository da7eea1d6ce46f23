-- What a run leaves in the ledger, and what becomes of the run where the ledger fails.
local Process = require "support.process"
local json = require "dkjson"
local ledger = require "dfota.ledger.ledger"
local run = require "support.run"
local uv = require "luv"

local A, B = run.A, run.B

describe("In the ledger", function()
  local module, path

  teardown(run.clean)
  before_each(function() path = run.path "ledger.db" end)
  after_each(function()
    if module then module:stop() end
    module = nil
  end)

  local function update(spec, args, options)
    options = options or {}
    options.ledger = options.ledger or path
    module = options.meanwhile and run.module(spec) or run.virtual(spec)
    local words = table.move(args, 1, #args, 1, {})
    words[#words + 1] = run.package()
    return run.update(module, words, options)
  end

  local function rows()
    local book <close> = assert(ledger.open(path, { readonly = true, must_exist = true }))
    return book:rows { steps = true }
  end

  it("an update is recorded completely: module, package, campaign, steps, end", function()
    local done = update({ revision = A }, { "--from", A, "--to", B, "--run", "spring/1" })
    assert.same({ 0, true }, { done.rc, done.result.recorded })
    local all = rows()
    local row = all[1]
    assert.equal(1, #all)
    assert.same({ A, B, B, "updated", 0, "spring/1", "file", uv.os_gethostname() },
      { row.from, row.to, row.after, row.outcome, row.rc, row.run, row.way, row.host })
    assert.is_true(row.started <= row.triggered and row.triggered <= row.finished)
    assert.equal(ledger.boot(), row.boot)
    local names = {}
    for i, step in ipairs(row.steps) do names[i] = step.name end
    assert.equal("prepare upload trigger update", table.concat(names, " ", 1, 4))
    local book <close> = assert(ledger.open(path, { readonly = true }))
    assert.equal(B, book:modules()[1].revision)
  end)

  it("a run that a gate refused is recorded too, as not triggered", function()
    local done = update({ vbat_mv = 3000 }, {})
    assert.same({ 84, true }, { done.rc, done.result.recorded })
    local row = rows()[1]
    assert.same({ "not_started", 84 }, { row.outcome, row.rc })
    assert.is_nil(row.triggered)
    assert.matches("supply", row.message)
  end)

  it("a module that is already current is recorded too", function()
    local done = update({ revision = B }, { "--to", B })
    assert.same({ 0, true, "already_current" }, { done.rc, done.result.recorded, done.result.outcome })
    assert.same({ "already_current", B }, { rows()[1].outcome, rows()[1].after })
  end)

  it("nothing is recorded under --check, with --sim, or without a ledger", function()
    local done = update({}, { "--check" })
    assert.same({ 0, json.null }, { done.rc, done.result.recorded })
    assert.is_nil(uv.fs_stat(path))
    local home = run.path "home"
    assert(uv.fs_mkdir(home, 448))
    done = run.script("update", { "--json", "--sim=" .. run.spec(), "--set", "verify_pause_s=0.02", run.package() },
      { env = { XDG_STATE_HOME = home } })
    assert.same({ 0, json.null }, { done.rc, done.result.recorded })
    assert.is_nil(uv.fs_stat(home .. "/dfota"))
  end)

  it("a simulated update is recorded where DFOTA_LEDGER names one, and says so", function()
    local done = run.script("update", { "--json", "--sim=" .. run.spec { vbat_mv = 3000 }, run.package() },
      { env = { DFOTA_LEDGER = path } })
    assert.same({ 84, true, 84 }, { done.rc, done.result.recorded, rows()[1].rc })
    assert.is_truthy(done.err:find(("recorded in the ledger %s, which DFOTA_LEDGER names"):format(path), 1, true))
  end)

  it("a run with --check ends like the real one where the ledger cannot be written to", function()
    local place = run.package() .. "/ledger.db"
    for _, more in ipairs { "--check", "--quiet" } do
      local done = run.script("update", { "--json", "--sim", more, "--ledger", place, run.package() })
      assert.same({ 78, "not_started" }, { done.rc, done.result.outcome })
    end
  end)

  local function begun(done) return select(2, done.err:gsub("did not exist: a new one is begun there", "")) end

  it("a package that failed on a module is not tried there again unless forced", function()
    local done = update({ fail = "end:6508" }, {})
    assert.same({ 81, 1 }, { done.rc, begun(done) })
    local package = run.package()
    for _, case in ipairs { { {}, 84, 0 }, { { "--force", "attempts" }, 81, 1 } } do
      done = run.update(module, table.move({ package }, 1, 1, #case[1] + 1, case[1]), { ledger = path })
      assert.same({ case[2], case[3], 0 }, { done.rc, run.triggers(done), begun(done) }, done.result.message)
    end
    module:stop()
  end)

  it("a package that updated a module is not sent there again while that runs what came of it", function()
    assert.equal(0, update({}, {}).rc)
    local done = run.update(module, { run.package() }, { ledger = path })
    assert.same({ 0, "already_current", 0 }, { done.rc, done.result.outcome, run.triggers(done) }, done.result.message)
    assert.matches("as the ledger says$", done.result.message)
  end)

  it("a download that failed may be tried again", function()
    module = run.virtual { fail = "httpend:6503" }
    for _ = 1, 2 do
      assert.equal(75, run.update(module, { "--no-preflight", "http://example.com/A2B.pack" }, { ledger = path }).rc)
    end
  end)

  local function asked_before_identity(done)
    local times = 0
    for _, command in ipairs(done.sent) do
      if command ~= "AT" then return times end
      times = times + 1
    end
  end

  it("a module's rate is found, and asked at first the next time", function()
    local done = update({ ipr = 57600, fail = "end:6507" }, {})
    assert.equal(81, done.rc, done.err)
    assert.is_true(asked_before_identity(done) > 1)
    done = run.update(module, { run.package { size = 5000 } }, { ledger = path })
    assert.same({ 81, 1 }, { done.rc, asked_before_identity(done) }, done.err)
  end)

  it("a module in adaptive mode has no rate, and the next run asks at the usual one", function()
    local done = update({ ipr = 0, update_s = 1 }, { "--baud", "9600" })
    assert.equal(0, done.rc, done.err)
    local book <close> = assert(ledger.open(path, { readonly = true }))
    assert.equal(0, book:modules()[1].baud)
    assert.is_nil((book:rate_on(module.name)))
  end)

  it("a rate that cannot be read is no trouble of a run", function()
    assert(ledger.open(path)):close()
    local sqlite = require("luasql.sqlite3").sqlite3()
    local conn = assert(sqlite:connect(path))
    assert(conn:execute "DROP TABLE dfota_modules")
    conn:close()
    sqlite:close()
    module = run.virtual {}
    local done = run.info(module, {}, { ledger = path })
    assert.equal(0, done.rc, done.err)
    for _, note in ipairs(run.only(done, "note")) do assert.equal("info", note.level, note.text) end
  end)

  -- Holds the ledger from the trigger on.
  local function hold_after_trigger(process)
    process:await("out", '"name":"trigger"')
    local holder = Process.start(Process.lua, { "spec/support/ledger_holder.lua", path, "100" })
    holder:await("out", "held")
    finally(function() holder:kill() end)
  end

  it("what fails after the trigger changes no verdict, and is reported", function()
    local done = update({ update_s = 1 }, {}, { meanwhile = hold_after_trigger, set = { ledger_last_s = 0.3 } })
    assert.same({ 0, false, "updated" }, { done.rc, done.result.recorded, done.result.outcome })
    assert.matches("; only the record is missing$", done.result.message)
    assert.is_true(done.result.duration_s < 10)
  end)

  it("a lock held by others ends a run before its trigger with 75, and Ctrl-C with 130", function()
    assert(ledger.open(path)):close()
    local holder = Process.start(Process.lua, { "spec/support/ledger_holder.lua", path, "100" })
    holder:await("out", "held")
    finally(function() holder:kill() end)
    local done = update({}, {}, { set = { ledger_busy_s = 0.3, ledger_last_s = 0.1 } })
    assert.same({ 75, "safe", 0 }, { done.rc, done.result.retry, run.triggers(done) })
    module:stop()
    done = update({}, {}, { meanwhile = function(process)
      process:await("out", '"name":"attempts"')
      process:signal_with "sigint"
    end, set = { ledger_last_s = 0.1 } })
    assert.equal(130, done.rc)
  end)
end)
