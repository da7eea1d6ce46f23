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

  for _, fault in ipairs { "drop", "garble", "double", "noise" } do
    it(("one line may suffer: the update comes through (%s)"):format(fault), function()
      local done = update { [fault .. "_at"] = 6, seed = 6 }
      assert.equal(0, done.rc, done.err)
      assert.equal(1, run.triggers(done))
    end)
  end

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
