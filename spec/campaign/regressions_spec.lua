-- What the campaign found, each as the promise that was broken.
local Stage = require "campaign.stage"
local play = require "campaign.play"

local QUICK = 10 -- percent, step of UPDATING
local STEPS = 120 -- more waits than a good run of either way has

describe("What the campaign found stays fixed:", function()
  local stage, number = nil, 0

  setup(function() stage = Stage.new() end)
  teardown(function() stage:close() end)

  local function played(case)
    number = number + 1
    case.id, case.spec = "regression-" .. number, case.spec or {}
    case.spec.update_step = QUICK
    local result = play(case, stage, number)
    assert.same({}, result.wrong)
    return result
  end

  -- The accident at every step of the host.
  local function at_every_step(case, accident)
    for step = 1, STEPS do
      local here = { step = step }
      for key, value in pairs(accident) do here[key] = value end
      played { way = case.way, clean = case.clean, rc = case.rc, accidents = { here } }
    end
  end

  it("a port that is lost for good after the trigger is 80, not a traceback", function()
    local rc = played { way = "file", accidents = { { kind = "hangup", rx = '"UPDATING",50%' } } }.rc
    assert.equal(80, rc)
  end)

  it("on a terminal the time since the last activity is shown while a module is silent", function()
    assert.equal(0, played { way = "file", spec = { reboot_s = 20 }, real_report = true }.rc)
  end)

  it("the record has the IMEI even if the line with it was lost", function()
    for line = 3, 5 do
      local result = played { way = "file", spec = { drop_at = tostring(line) } }
      assert.equal(result.world.imei, result.world:rows()[1].imei)
    end
  end)

  it("a damaged echo of the APN's password is no event", function()
    for command = 8, 16 do
      for _, how in ipairs { "garble", "cut" } do
        played { way = "url", accidents = { { kind = "echo", n = command, how = how } }, trace = true }
      end
    end
  end)

  it("a run interrupted before the trigger leaves no package, context or setting behind", function()
    for _, way in ipairs { "file", "url" } do
      at_every_step({ way = way, clean = true, rc = { 0, 130 } }, { kind = "signal", name = "INT", times = 1 })
    end
  end)

  it("a port that goes before the trigger is 74 at once, and nothing is called triggered", function()
    local result = played { way = "url", accidents = { { kind = "hangup", tx = "AT+IPR?", back_s = 5 } } }
    assert.equal(74, result.rc)
    assert.equal(0, result.runs[1].tx_triggers)
  end)

  it("a trigger that was never answered and started nothing is not reported as the end of an update", function()
    local lost = { kind = "command", n = 1, how = "drop", has = "QFOTADL=1" }
    local result = played { way = "file", accidents = { lost } }
    assert.equal(1, result.runs[1].tx_triggers)
    assert.is_nil(result.runs[1].result.message:find("the update ended", 1, true))
  end)

  it("a 65xx during the download is not the trigger's refusal", function()
    local doubled = { kind = "command", n = 1, how = "double", has = 'QFOTADL="' }
    local result = played { way = "url", accidents = { doubled } }
    assert.equal(0, result.rc)
  end)

  it("a module that takes three seconds to report its revision is not silent", function()
    assert.equal(0, played { way = "file", spec = { slow = "I:3" } }.rc)
  end)

  it("a garbled registration is queried again", function()
    for line = 9, 14 do
      for seed = 1, 5 do
        played { way = "url", spec = { garble_at = tostring(line) }, seed = seed, rc = { 0, 84 } }
      end
    end
  end)

  it("a signal while a refused module's revision is read does not change the 81", function()
    local case = { way = "file", spec = { fail = "command:6507" }, same = true, rc = { 81 },
      accidents = { { kind = "signal", name = "TERM", rx = "+CME ERROR: 6507" } } }
    assert.equal(81, played(case).rc)
  end)

  it("a module that answers once more before the update of a killed run starts is followed", function()
    for step = 45, 55 do
      local result = played { way = "file", accidents = { { kind = "kill", step = step } }, again_s = 0 }
      assert.equal(0, result.rc)
      result = played { way = "file", accidents = { { kind = "kill", step = step } }, again_s = 0, flow = "watch" }
      assert.is_true(result.rc == 0 or result.runs[1].tx_triggers == 0)
    end
  end)

  it("a killed update at another rate than 115200 is found at its rate when it is watched", function()
    for step = 60, 70 do
      local spec = { ipr = 57600, ["end"] = "after", boot_lines = false, boot_noise = true }
      played { way = "file", spec = spec, accidents = { { kind = "kill", step = step } }, again_s = 4, flow = "watch" }
    end
  end)

  it("a silent loader that is not back within recover_s is 80, although it finishes later", function()
    local silent = { profile = "rda", reboot_s = 60, restarts = 14, restart_percent = 50 }
    local result = played { way = "file", spec = silent }
    assert.same({ 80, Stage.TARGET }, { result.rc, result.world.m.revision })
  end)

  it("another module's revision is no verdict when the port comes back", function()
    local case = { way = "file", accidents = { { kind = "hangup", rx = '"UPDATING",50%', back_s = 5, other = true } } }
    assert.equal(80, played(case).rc)
  end)
end)
