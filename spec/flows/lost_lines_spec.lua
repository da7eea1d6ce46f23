-- What a bad line does is the same on every port: whole runs of update.lua on virtual modules.
local run = require "support.run"

local B = run.B

describe("On a bad line, whatever the port,", function()
  local scripts = run.site { ["retries.lua"] = run.NO_PAUSES }

  teardown(run.clean)

  local patience = {
    query_s = 0.4, connect_s = 0.5, result_s = 0.5, upload_idle_s = 0.5, upload_timeout_s = 1, trigger_s = 1,
    update_silence_s = 1, recover_s = 5, boot_s = 5, poll_interval_s = 0.2,
  }

  local function update(spec)
    return run.update(run.virtual(spec), { "--to", B, run.package() }, { folder = scripts, set = patience })
  end

  -- One line lost, damaged or doubled at a time: the ones behind the first AT up to the trigger.
  for _, fault in ipairs { "drop", "garble", "double", "noise" } do
    it(("one line may suffer, be it early or late: the update comes through (%s)"):format(fault), function()
      for _, line in ipairs { 2, 4, 6, 8, 11 } do
        local done = update { [fault .. "_at"] = line, seed = line }
        assert.equal(0, done.rc, done.err)
        assert.equal(1, run.triggers(done))
      end
    end)
  end

  it("that loses, damages, doubles and delays lines all the time the verdict is never a wrong one", function()
    local good = 0
    for seed = 11, 30 do
      local done = update {
        drop = 0.02, garble = 0.02, double = 0.02, noise = 0.02, delay = 0.02, delay_s = 0.3, seed = seed,
      }
      assert.is_true(run.triggers(done) <= 1)
      assert.equal("result", done.result.event)
      local safe = { [69] = true, [75] = true, [80] = true }
      assert.is_true(done.rc == 0 and done.result.after == B or safe[done.rc], done.err)
      good = good + (done.rc == 0 and 1 or 0)
    end
    assert.is_true(good >= 16, good)
  end)

  it("an update without a line from START to END is judged by the revision", function()
    local done = update { lost = "start+updating+end", boot_lines = false }
    assert.same({ 0, B }, { done.rc, done.result.after })
  end)
end)
