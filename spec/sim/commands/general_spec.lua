local Dialogue = require "support.dialogue"

describe("Settings of the simulated module", function()
  -- switches, command line, received lines
  for _, case in ipairs {
    { {}, "AT", { "OK" } },
    { {}, "AT+CMEE?", { "+CMEE: 1", "OK" } }, { {}, "AT+CMEE=?", { "+CMEE: (0-2)", "OK" } },
    { {}, "AT+CMEE=2;+CMEE?", { "+CMEE: 2", "OK" } }, { {}, "AT+CMEE=3", { "+CME ERROR: 3765" } },
    { {}, "AT+CMEE=-1", { "+CME ERROR: 3765" } }, { {}, "AT+CMEE=", { "+CME ERROR: 3765" } },
    { {}, "AT+CMEE=1,1", { "+CME ERROR: 3765" } }, { {}, "AT+CMEE=1.5", { "+CME ERROR: 3765" } },
    { { cmee = 0 }, "AT+CMEE=3", { "ERROR" } },
    { {}, "AT+IPR?", { "+IPR: 115200", "OK" } }, { { ipr = 9600 }, "AT+IPR?", { "+IPR: 9600", "OK" } },
    { {}, "AT+IPR=12345", { "+CME ERROR: 3765" } }, { {}, "AT+IPR=fast", { "+CME ERROR: 3765" } },
    { {}, "AT+IPR=75", { "OK" } }, { {}, "AT+IPR=460800", { "OK" } }, { {}, "AT+IPR=921600", { "+CME ERROR: 3765" } },
    { { ipr_rates = "rda" }, "AT+IPR=921600", { "OK" } },
    { { ipr_rates = "rda" }, "AT+IPR=75", { "+CME ERROR: 3765" } },
    { { ipr_rates = "rda" }, "AT+IPR=?",
      { "+IPR: (0),(2400,4800,9600,14400,19200,28800,38400,57600,115200,230400,460800,921600)", "OK" } },
    { {}, "AT+IPR=0;+IPR?", { "+IPR: 0", "OK" } },
    { {}, "AT+IFC?", { "+IFC: 0,0", "OK" } }, { { ifc = "2+2" }, "AT+IFC?", { "+IFC: 2,2", "OK" } },
    { {}, "AT+IFC=2,2;+IFC?", { "+IFC: 2,2", "OK" } }, { {}, "AT+IFC=1;+IFC?", { "+IFC: 1,1", "OK" } },
    { {}, "AT+IFC=2,1;+IFC?", { "+IFC: 2,1", "OK" } }, { {}, "AT+IFC=3,0", { "+CME ERROR: 3765" } },
    { {}, "AT+IFC=0,3", { "+CME ERROR: 3765" } }, { {}, "AT+IFC=x", { "+CME ERROR: 3765" } },
    { {}, "AT+IFC=?", { "+IFC: (0-2),(0-2)", "OK" } },
    { {}, "AT+QSCLK?", { "+QSCLK: 0", "OK" } }, { {}, "AT+QSCLK=1;+QSCLK?", { "+QSCLK: 1", "OK" } },
    { {}, "AT+QSCLK=3", { "+CME ERROR: 3765" } },
    { {}, "ATE2", { "ERROR" } }, { {}, "ATV2", { "ERROR" } },
    { {}, "ATS3?", { "013", "OK" } }, { {}, "ATS4?;S99?", { "010", "000", "OK" } },
    { {}, "ATS0?;S5?;S7?;S10?", { "000", "008", "060", "015", "OK" } }, { {}, "ATS3=13", { "OK" } },
    { {}, "ATZ", { "OK" } }, { {}, "AT&F", { "OK" } }, { {}, "ATH;L;M;Q;X4;&C1;&D2", { "OK" } },
    { {}, "ATD123;", { "NO CARRIER" } }, { {}, "ATD123;+CSQ", { "NO CARRIER" } },
    { {}, "AT+GCAP", { "+GCAP: +CGSM", "OK" } },
    { {}, "AT&V", { "ACTIVE PROFILE", "E: 0 V: 1 +CMEE: 1", "+IPR: 115200 +IFC: 0,0", "OK" } },
    { {}, "AT+CFUN?", { "+CFUN: 1", "OK" } }, { {}, "AT+CFUN=?", { "+CFUN: (0,1,4),(0,1)", "OK" } },
    { {}, "AT+CFUN=2", { "+CME ERROR: 3765" } }, { {}, "AT+CFUN=4;+CFUN?", { "+CFUN: 4", "OK" } },
    { {}, "AT+CFUN=1;+CFUN?", { "+CFUN: 1", "OK" } },
    { {}, "AT+CFUN=0;+CFUN=0;+CFUN?", { "+CPIN: NOT READY", "+CFUN: 0", "OK" } },
    { {}, "AT+QPOWD=2", { "+CME ERROR: 3765" } }, { {}, "AT+QPOWD", { "ERROR" } },
  } do
    local switches = {}
    for name, value in pairs(case[1]) do switches[#switches + 1] = (" %s=%s"):format(name, value) end
    it(("answer %s%s"):format(case[2], table.concat(switches)), function()
      assert.same(case[3], Dialogue.new(case[1]):lines(case[2]))
    end)
  end

  it("include the echo and textual results, from the next character on", function()
    local talk = Dialogue.new()
    assert.equal("\r\nOK\r\n", talk:ask("ATE1"))
    assert.equal("AT\r\r\nOK\r\n", talk:ask("AT"))
    assert.equal("ATE\r\r\nOK\r\n", talk:ask("ATE"), "no number is 0")
    assert.equal("0\r", talk:ask("ATV0"))
    assert.equal("\r\nOK\r\n", talk:ask("ATV1"))
  end)

  it("are shown as they are", function()
    local talk = Dialogue.new { echo = true }
    talk:ask "AT+CMEE=2"
    local shown = talk:lines "AT&V"
    assert.same({ "ACTIVE PROFILE", "E: 1 V: 1 +CMEE: 2" }, { shown[2], shown[3] })
  end)

  it("that were not saved are lost in a reboot, and the echo is on again", function()
    local talk = Dialogue.new { echo = true }
    talk:ask("ATE0")
    talk:ask("AT+CMEE=2")
    talk:ask("AT+CFUN=1,1", 10)
    assert.equal("AT+CMEE?\r\r\n+CMEE: 1\r\n\r\nOK\r\n", talk:ask("AT+CMEE?"))
  end)

  it("that were saved with AT&W survive a reboot, and are restored with ATZ", function()
    local talk = Dialogue.new()
    talk:ask("AT+CMEE=2;+IFC=2,2;&W")
    talk:ask("AT+CMEE=0;+IFC=0,0")
    talk:ask("ATZ")
    for _ = 1, 2 do
      assert.same({ "+CMEE: 2", "+IFC: 2,2", "OK" }, talk:lines("AT+CMEE?;+IFC?"))
      talk:ask("AT+CFUN=1,1", 10)
    end
  end)

  it("are the factory settings after AT&F, except for the rate, which ATZ does not change either", function()
    local talk = Dialogue.new { ipr = 9600, ifc = "2+2", cmee = 2 }
    talk:ask("AT+IPR=19200")
    for _, command in ipairs { "ATZ", "AT&F" } do
      talk:ask(command)
      assert.equal(19200, talk.m.session.ipr)
    end
    assert.same({ true, true, 1, "0,0" },
      { talk.m.session.echo, talk.m.session.verbose, talk.m.session.cmee, talk.m.session.ifc })
    assert.equal(2, talk.m.profile.cmee, "nothing was saved")
  end)
end)

describe("The rate of the simulated module", function()
  it("changes after the OK, and is the saved one again after a reboot", function()
    local talk = Dialogue.new()
    talk.m:line(115200)
    assert.same({ "OK" }, talk:lines("AT+IPR=9600"))
    talk.m:line(9600)
    assert.same({ "+IPR: 9600", "OK" }, talk:lines("AT+IPR?"))
    talk:ask("AT+CFUN=1,1", 0.1)
    talk.m:line(115200)
    talk:listen(10)
    assert.same({ "+IPR: 115200", "OK" }, talk:lines("AT+IPR?"))
  end)

  it("is kept after a reboot if it was saved with AT&W", function()
    local talk = Dialogue.new()
    talk:ask("AT+IPR=9600;&W")
    talk:ask("AT+CFUN=1,1", 10)
    assert.equal(9600, talk.m.rate)
  end)

  it("is kept when adaptive mode is selected, until the module restarts", function()
    local talk = Dialogue.new()
    talk:ask("AT+IPR=0;&W")
    assert.equal(115200, talk.m.rate)
    talk:ask("AT+CFUN=1,1", 10)
    assert.is_nil(talk.m.rate)
  end)
end)

describe("The power of the simulated module", function()
  it("goes off with NORMAL POWER DOWN after power_down_s, or at once without it", function()
    local talk = Dialogue.new { power_down_s = 2 }
    assert.same({ "NORMAL POWER DOWN" }, talk:lines("AT+QPOWD=1", 1.9))
    assert.equal("ready", talk.m.state)
    talk:listen(0.2)
    assert.equal("off", talk.m.state)
    talk = Dialogue.new()
    assert.same({ "OK" }, talk:lines("AT+QPOWD=0", 1))
    assert.equal("off", talk.m.state)
    assert.equal("", talk:ask("AT"))
  end)

  it("is cycled by AT+CFUN=1,1, whatever the level: OK comes first", function()
    for _, level in ipairs { 0, 1, 4 } do
      local talk = Dialogue.new()
      assert.same({ "OK" }, talk:lines(("AT+CFUN=%d,1"):format(level), 0.5))
      assert.equal("boot", talk.m.state)
      assert.same({ "RDY", "+CFUN: 1", "+CPIN: READY", "Call Ready" }, Dialogue.split(talk:listen(10)))
    end
  end)
end)

describe("The radio of the simulated module, switched off,", function()
  it("drops the context, and must register again when it is back on", function()
    local talk = Dialogue.new { reg_s = 3 }
    talk:attach()
    assert.same({ "OK", "+PDP DEACT" }, talk:lines("AT+CFUN=4"))
    assert.same({ "+CREG: 0,0", "OK" }, talk:lines("AT+CREG?"))
    talk:ask("AT+CFUN=1", 0)
    assert.same({ "+CREG: 0,2", "OK" }, talk:lines("AT+CREG?", 3))
    assert.same({ "+CREG: 0,1", "OK" }, talk:lines("AT+CREG?"))
  end)
end)
