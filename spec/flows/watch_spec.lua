local run = require "support.run"

local A, B = run.A, run.B

describe("watch.lua", function()
  local module

  teardown(run.clean)
  after_each(function()
    if module then module:stop() end
    module = nil
  end)

  it("follows a module that is updating itself, and triggers nothing", function()
    module = run.module { state = "update", update_s = 5, update_step = 2, http_to = B }
    local done = run.watch(module, { "--from", A, "--to", B })
    assert.same({ 0, "updated", A, B, 0 },
      { done.rc, done.result.outcome, done.result.before, done.result.after, run.triggers(done) })
    assert.is_true(#run.only(done, "progress") > 5)
  end)

  it("without a target or a source cannot judge the outcome: 80", function()
    module = run.module { state = "update", update_s = 5, update_step = 2, http_to = B }
    local done = run.watch(module, {}, { set = { verify_tries = 2 } })
    assert.same({ 80, "unknown", B }, { done.rc, done.result.outcome, done.result.after })
  end)

  it("says that no update is under way if there is none", function()
    module = run.module {}
    local done = run.watch(module, {})
    assert.same({ 0, "checked", A }, { done.rc, done.result.outcome, done.result.after })
  end)

  it("judges a module that answers by the revision it reports", function()
    module = run.module { revision = B }
    local done = run.watch(module, { "--to", B })
    assert.same({ 0, "already_current" }, { done.rc, done.result.outcome })
    done = run.watch(module, { "--to", A })
    assert.same({ 82, "wrong_revision" }, { done.rc, done.result.outcome })
  end)

  -- An update whose program is killed in its middle.
  local function killed(ledger, spec)
    module = run.module(spec)
    local done = run.update(module, { "--to", B, run.package() }, {
      ledger = ledger,
      meanwhile = function(process)
        process:await("out", '"phase":"update","percent":')
        process:signal_with "sigkill"
      end,
    })
    assert.equal(1, run.triggers(done))
  end

  it("completes the record of a run that was killed", function()
    local ledger = run.path "ledger.db"
    killed(ledger, { update_s = 1, update_step = 2 })
    local done = run.watch(module, {}, { ledger = ledger })
    assert.same({ 0, "updated", A, B, 0 },
      { done.rc, done.result.outcome, done.result.before, done.result.after, run.triggers(done) })
  end)

  it("and info.lua continue if the ledger fails, and say so", function()
    local broken = require("support.folder").write(run.path "ledger.db", ("no database"):rep(100))
    module = run.module { state = "update", update_s = 1, update_step = 2, http_to = B }
    local done = run.watch(module, { "--from", A, "--to", B }, { ledger = broken })
    assert.same({ 0, "updated", false }, { done.rc, done.result.outcome, done.result.recorded })
    local warnings = 0
    for _, note in ipairs(run.only(done, "note")) do
      if note.text:find("going on without it", 1, true) then warnings = warnings + 1 end
    end
    assert.equal(1, warnings)
    done = run.info(module, {}, { ledger = broken })
    assert.same({ 0, "checked" }, { done.rc, done.result.outcome })
    assert.equal(78, run.update(module, { "--check", run.package() }, { ledger = broken }).rc)
  end)

  it("is what update.lua does, too, if an earlier run was killed: there is one trigger, not two", function()
    local ledger = run.path "ledger.db"
    killed(ledger, { update_s = 1, update_step = 2 })
    local done = run.update(module, { "--to", B, run.package() }, { ledger = ledger })
    assert.same({ 0, B, 0 }, { done.rc, done.result.after, run.triggers(done) })
  end)
end)
