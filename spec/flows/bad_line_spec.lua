local Process = require "support.process"
local run = require "support.run"
local uv = require "luv"

local B = run.B

describe("On a bad line", function()
  local module
  local scripts = run.site { ["retries.lua"] = run.NO_PAUSES }

  teardown(run.clean)
  after_each(function()
    if module then module:stop() end
    module = nil
  end)

  local patience = {
    query_s = 0.4, connect_s = 0.5, result_s = 0.5, upload_idle_s = 0.5, upload_timeout_s = 1, trigger_s = 1,
    update_silence_s = 1, recover_s = 5, boot_s = 5, reopen_s = 0.05, poll_interval_s = 0.2,
  }

  local function update(spec, args, meanwhile)
    module = run.module(spec)
    return run.update(module, args or { "--to", B, run.package() },
      { folder = scripts, set = patience, meanwhile = meanwhile })
  end

  -- One line lost, damaged or doubled at a time: the ones behind the first AT up to the trigger.
  for _, fault in ipairs { "drop", "garble", "double", "noise" } do
    it(("one line may suffer, be it early or late: the update comes through (%s)"):format(fault), function()
      for _, line in ipairs { 2, 6, 11 } do
        local done = update { [fault .. "_at"] = line, seed = line }
        assert.equal(0, done.rc, done.err)
        assert.equal(1, run.triggers(done))
        module:stop()
      end
    end)
  end

  it("that loses, damages, doubles and delays lines all the time the verdict is never a wrong one", function()
    local good = 0
    for seed = 11, 15 do
      local done = update {
        drop = 0.02, garble = 0.02, double = 0.02, noise = 0.02, delay = 0.02, delay_s = 0.3, seed = seed,
      }
      assert.is_true(run.triggers(done) <= 1)
      assert.equal("result", done.result.event)
      local safe = { [69] = true, [75] = true, [80] = true }
      assert.is_true(done.rc == 0 and done.result.after == B or safe[done.rc], done.err)
      good = good + (done.rc == 0 and 1 or 0)
      module:stop()
    end
    assert.is_true(good >= 4, good)
  end)

  it("an update without a line from START to END is judged by the revision", function()
    local done = update { lost = "start+updating+end", boot_lines = false }
    assert.same({ 0, B }, { done.rc, done.result.after })
  end)

  it("a port that is lost in the upload is 74, and nothing is triggered", function()
    local done = update({ link = 20000 }, { run.package { size = 100000 } }, function(process)
      process:await("out", '"phase":"upload","percent":')
      module:kill()
    end)
    assert.same({ 74, "not_started", 0 }, { done.rc, done.result.outcome, run.triggers(done) })
  end)

  -- By a link, as udev's names are: what gets the pty's number next is not opened in its stead.
  it("a port that is lost for good in the update is 80, and nothing is repeated", function()
    module = run.module { update_s = 20, update_step = 1 }
    local link = run.path "port"
    assert(uv.fs_symlink(module.name, link))
    local done = run.update({ name = link }, { "--to", B, run.package() }, {
      set = { recover_s = 0.3, reopen_s = 0.05 },
      meanwhile = function(process)
        process:await("out", '"phase":"update","percent":')
        assert(uv.fs_unlink(link))
        module:kill()
      end,
    })
    assert.same({ 80, "unknown", "never", 1 },
      { done.rc, done.result.outcome, done.result.retry, run.triggers(done) })
  end)

  it("Ctrl-C before the trigger ends the run cleanly: 130, and no partial package is left", function()
    local done = update({ link = 20000 }, { run.package { size = 100000 } }, function(process)
      process:await("out", '"phase":"upload","percent":')
      process:signal_with "sigint"
    end)
    assert.same({ 130, "not_started", false, "safe", 0 },
      { done.rc, done.result.outcome, done.result.changed, done.result.retry, run.triggers(done) })
    assert.equal('AT+QFDEL="fota.pack"', done.sent[#done.sent])
  end)

  for _, signal in ipairs { "sigint", "sigterm", "sighup" } do
    it("one " .. signal .. " after the trigger is explained and does not end the run", function()
      local done = update({ update_s = 0.5 }, nil, function(process)
        process:await("out", '"phase":"update","percent":')
        process:signal_with(signal)
      end)
      assert.same({ 0, B }, { done.rc, done.result.after })
      assert.is_truthy(done.err:find("the module is updating itself", 1, true), done.err)
    end)
  end

  it("the reader of the events may go away: the update continues", function()
    module = run.module { update_s = 0.3 }
    local path = run.package()
    local command = ("%s %s/update.lua --port %s --ledger none --json --set verify_pause_s=0.05 %s 2>&1 | head -n 1")
      :format(Process.lua, scripts, module.name, path)
    local first = io.popen(command)
    assert.is_truthy(first:read("l"):find('"event":"phase"', 1, true))
    first:close()
    local done = run.update(module, { "--check", "--to", B, path })
    assert.same({ 0, "already_current" }, { done.rc, done.result.outcome })
  end)
end)
