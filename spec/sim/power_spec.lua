local Dialogue = require "support.dialogue"
local Module = require "dfota.sim.module"
local Power = require "dfota.sim.power"

describe("The simulated module's boot", function()
  -- Its output from power-on, with the times of its lines.
  local function boot(spec, seconds)
    local all = { state = "off", boot_s = 1, cpin_s = 0.4, call_ready_s = 0.8 }
    for name, value in pairs(spec or {}) do all[name] = value end
    local m = assert(Module.new(all, 1))
    m:power(true)
    local lines, text = {}, ""
    repeat
      local due = m:next_time()
      if due and due <= (seconds or 60) then
        m:advance(due)
        local bytes = m:output()
        text = text .. bytes
        for line in bytes:gmatch "[^\r\n]+" do lines[#lines + 1] = ("%.1f %s"):format(m.t, line) end
      end
    until not due or due > (seconds or 60)
    return lines, m, text
  end

  it("prints RDY, then CFUN, CPIN and Call Ready, each at its time", function()
    assert.same({ "1.0 RDY", "1.0 +CFUN: 1", "1.4 +CPIN: READY", "1.8 Call Ready" }, (boot()))
    assert.same({ "1.0 RDY", "1.0 +CFUN: 1", "1.4 +CPIN: READY", "1.8 Call Ready", "1.8 SMS Ready" },
      (boot { sms_ready = true }))
  end)

  for sim, words in pairs { pin = "SIM PIN", puk = "SIM PUK", absent = "NOT INSERTED", failure = "NOT READY" } do
    it("reports the state of the SIM, and no Call Ready then: " .. sim, function()
      assert.same({ "1.0 RDY", "1.0 +CFUN: 1", "1.4 +CPIN: " .. words }, (boot { sim = sim }))
    end)
  end

  it("prints nothing if set, and is still ready", function()
    local lines, m = boot { boot_lines = false }
    assert.same({ {}, "ready" }, { lines, m.state })
  end)

  it("prints its family's lines, within the time of Call Ready", function()
    local lines = boot { boot_text = "rda" }
    assert.same({ "1.0 Init...", 9 }, { lines[1], #lines })
    assert.is_nil(table.concat(lines):find("RDY", 1, true))
    lines = table.concat((boot { boot_text = "both" }), "\n")
    assert.is_truthy(lines:find("Init...", 1, true) and lines:find("RDY", 1, true))
  end)

  it("may begin with noise from the boot ROM", function()
    local _, _, text = boot { boot_noise = true }
    assert.is_truthy(text:find("^%^boot%.rom'v'!\n%z"))
  end)

  it("does not answer before it is over", function()
    local talk = Dialogue.new { state = "boot", boot_s = 2, boot_lines = false }
    assert.equal("", talk:ask("AT", 1.9))
    talk:listen(0.2)
    assert.same({ "OK" }, talk:lines("AT"))
  end)

  it("continues an update that a power cut interrupted", function()
    local talk = Dialogue.new { state = "update", http_to = "B" }
    talk:listen(0)
    assert.equal("update", talk.m.state)
    assert.is_truthy(talk:listen(60):find('"END"', 1, true))
    assert.equal("B", talk.m.revision)
  end)
end)

describe("The simulated module", function()
  it("starts in the state set by its switch", function()
    for state, answers in pairs { ready = true, off = false } do
      local talk = Dialogue.new { state = state }
      assert.equal(state, talk.m.state)
      assert.equal(answers and "\r\nOK\r\n" or "", talk:ask("AT", 60))
    end
    assert.equal("boot", Dialogue.new({ state = "boot" }).m.state)
  end)

  it("created ready is already registered, however long that takes", function()
    assert.same({ "+CREG: 0,1", "OK" }, Dialogue.new({ reg_s = 500 }):lines("AT+CREG?"))
  end)

  it("may be at a rate other than the saved one, until it restarts", function()
    local talk = Dialogue.new { ipr = 115200, active_ipr = 9600 }
    assert.same({ 9600, 9600 }, { talk.m.rate, talk.m.session.ipr })
    talk:ask("AT+CFUN=1,1", 10)
    assert.equal(115200, talk.m.rate)
  end)

  it("may have a context used by another application", function()
    for context = 0, 1 do
      local m = Dialogue.new({ busy_context = tostring(context) }).m
      assert.same({ "IP GPRSACT", "IP INITIAL", context },
        { m.contexts[context].state, m.contexts[1 - context].state, m.pdp.context })
    end
  end)

  it("loses in a reboot all that was not saved: line, context, RAM, pending input", function()
    local talk = Dialogue.new { slow = "CSQ:2" }
    talk:attach()
    talk.m.ram.file = "x"
    talk:send("AT+CSQ\rAT+GSN\rAT", 0.1)
    Power.reboot(talk.m)
    talk.m:advance(talk.t)
    assert.same({}, talk.m.ram)
    talk:listen(30)
    assert.same({ "OK", "STATE: IP INITIAL" }, talk:lines("AT+QISTAT"))
  end)

  it("is silent while it reboots, for reboot_s and boot_s", function()
    local talk = Dialogue.new { reboot_s = 3, boot_s = 2 }
    Power.reboot(talk.m)
    assert.equal("", talk:listen(4.9))
    assert.is_truthy(talk:listen(0.2):find("RDY", 1, true))
  end)

  it("continues with another function instead of a boot, if given", function()
    local talk, went = Dialogue.new { reboot_s = 3 }, nil
    Power.reboot(talk.m, function(m) went = m end)
    talk:listen(2.9)
    assert.is_nil(went)
    talk:listen(0.2)
    assert.equal(talk.m, went)
  end)

  it("without power loses what had not been transmitted, and is silent", function()
    local talk = Dialogue.new { link = "9600" }
    talk.m:input("AT+CSQ\r", 0)
    talk.m:advance(0.02)
    Power.off(talk.m)
    assert.equal("off", talk.m.state)
    assert.equal("", talk:ask("AT", 60))
  end)

  it("is not switched on twice, nor off twice", function()
    local talk = Dialogue.new()
    local life = talk.m.life
    talk.m:power(true)
    assert.equal(life, talk.m.life)
    talk.m:power(false)
    talk.m:power(false)
    assert.equal(life + 1, talk.m.life)
    talk.m:power(true)
    assert.equal("boot", talk.m.state)
  end)
end)

describe("A fault of the simulated module's power", function()
  -- fault → output at once; state then; state a minute later
  for name, case in pairs {
    power_cut = { "", "off", "ready" }, crash = { "", "boot", "ready" }, hang = { "", "hung", "hung" },
    low_voltage = { "\r\nUNDER_VOLTAGE WARNING \r\n", "ready", "ready" },
    under_voltage = { "\r\nUNDER_VOLTAGE POWER DOWN \r\n", "off", "ready" },
    power_down = { "\r\nNORMAL POWER DOWN\r\n", "off", "ready" },
  } do
    it(("has its effect: %s"):format(name), function()
      local talk = Dialogue.new { boot_lines = false }
      Power[name](talk.m)
      assert.same({ case[1], case[2] }, { talk.m:output(), talk.m.state })
      talk:listen(60)
      assert.equal(case[3], talk.m.state)
    end)
  end

  it("lasts as long as set, or forever", function()
    for back, seconds in pairs { ["5"] = 5, ["0"] = 0 } do
      local talk = Dialogue.new { power_back_s = back }
      Power.power_cut(talk.m)
      talk:listen(seconds - 0.001)
      assert.equal("off", talk.m.state)
      talk:listen(0.002)
      assert.equal("boot", talk.m.state)
    end
    local talk = Dialogue.new { power_back_s = "never" }
    Power.power_cut(talk.m)
    talk:listen(100000)
    assert.equal("off", talk.m.state)
  end)

  it("may come at set times, in any life", function()
    local talk = Dialogue.new { crash = "time:10+time:20+time:30", reboot_s = 1, boot_s = 1 }
    local lives = {}
    for _, t in ipairs { 9.9, 10.1, 19.9, 20.1, 29.9, 30.1, 100 } do
      talk:listen(t - talk.t)
      lives[#lives + 1] = talk.m.life
    end
    assert.same({ 1, 2, 2, 3, 3, 4, 4 }, lives)
  end)

  it("ends the running command if the module reports a power-down", function()
    local talk = Dialogue.new { slow = "CSQ:5" }
    talk:ask("AT+CSQ", 1)
    Power.power_down(talk.m)
    assert.equal("\r\nNORMAL POWER DOWN\r\n", talk.m:output())
  end)

  it("drops the PDP context if set", function()
    local talk = Dialogue.new()
    talk:attach()
    Power.pdp_drop(talk.m)
    assert.equal("\r\n+PDP DEACT\r\n", talk.m:output())
  end)
end)
