local Dialogue = require "support.dialogue"

-- switches, command, lines that come
local table_of_answers = {
  { {}, "ATI", { "Quectel_Ltd", "Quectel_MC65", "Revision: MC65FAR01A01", "OK" } },
  { { ati_blank = false }, "ATI", { "Quectel_Ltd", "Quectel_MC65", "Revision:MC65FAR01A01", "OK" } },
  { {}, "AT+GMI;+GMM;+GMR", { "Quectel_Ltd", "Quectel_MC65", "Revision: MC65FAR01A01", "OK" } },
  { {}, "AT+CGMR", { "Revision: MC65FAR01A01", "OK" } },
  { {}, "AT+CGSN", { "861234567890127", "OK" } },
  { {}, "AT+QGSN", { '+QGSN: "861234567890127"', "OK" } },
  { { qgsn = false }, "AT+QGSN", { "ERROR" } },
  { {}, "AT+CMEE?", { "+CMEE: 1", "OK" } },
  { {}, "AT+CMEE=3", { "+CME ERROR: 3765" } },
  { {}, "AT+IPR?", { "+IPR: 115200", "OK" } },
  { {}, "AT+IFC?", { "+IFC: 0,0", "OK" } },
  { { ifc = "2+2" }, "AT+IFC?", { "+IFC: 2,2", "OK" } },
  { {}, "AT+IFC=2,2;+IFC?", { "+IFC: 2,2", "OK" } },
  { {}, "AT+QSCLK?", { "+QSCLK: 0", "OK" } },
  { {}, "AT+QSCLK=1;+QSCLK?", { "+QSCLK: 1", "OK" } },
  { {}, "AT+QSCLK=3", { "+CME ERROR: 3765" } },
  { {}, "ATS3?", { "013", "OK" } },
  { {}, "ATZ", { "OK" } },
  { {}, "ATD123;", { "NO CARRIER" } },
  { { csq = 9, ber = 3 }, "AT+CSQ", { "+CSQ: 9,3", "OK" } },
  { { creg = 5 }, "AT+CREG?", { "+CREG: 0,5", "OK" } },
  { { creg_blank = true }, "AT+CGREG?", { "+CGREG: 0, 1", "OK" } },
  { {}, "AT+CREG=1;+CREG?", { "+CREG: 1,1", "OK" } },
  { {}, "AT+CREG=2;+CREG?", { '+CREG: 2,1,"1A2B","3C4D"', "OK" } },
  { { cgreg = 5, ci = "0" }, "AT+CGREG=2;+CGREG?", { '+CGREG: 2,5,"1A2B","0"', "OK" } },
  { { creg = 2 }, "AT+CREG=2;+CREG?", { "+CREG: 2,2", "OK" } },
  { {}, "AT+CFUN=1;+CREG?", { "+CREG: 0,1", "OK" } },
  { {}, "AT+CFUN=0;+CFUN=0;+CFUN?", { "+CPIN: NOT READY", "+CFUN: 0", "OK" } },
  { { csq_s = 10 }, "AT+CSQ", { "+CSQ: 99,99", "OK" } },
  { { cbc = "two" }, "AT+CBC", { "+CBC: 1, 100", "OK" } },
  { { cbc = "read" }, "AT+CBC", { "ERROR" } },
  { { cbc = "read" }, "AT+CBC?", { "+CBC: 1, 100", "OK" } },
  { { cme_blank = false }, "AT+QFDEL=\"a\"", { "+CME ERROR:4010" } },
  { { cme_blank = false, cmee = 2, sim = "absent" }, "AT+CIMI", { "+CME ERROR:SIM not inserted" } },
  { { sim = "absent" }, "AT+CPIN?", { "+CME ERROR: 10" } },
  { { sim = "absent", cmee = 0 }, "AT+CPIN?", { "ERROR" } },
  { { sim = "absent", cmee = 2 }, "AT+CPIN?", { "+CME ERROR: SIM not inserted" } },
  { { sim = "pin" }, "AT+CPIN?", { "+CPIN: SIM PIN", "OK" } },
  { { sim = "puk" }, "AT+CIMI", { "+CME ERROR: 12" } },
  { { cpin_blank = false }, "AT+CPIN?", { "+CPIN:READY", "OK" } },
  { { sim = "pin" }, "AT+CPIN=1111", { "+CME ERROR: 16" } },
  { { sim = "pin" }, 'AT+CPIN="1234"', { "OK", "+CPIN: READY" } },
  { {}, "AT+CIMI", { "001010123456789", "OK" } },
  { {}, "AT+QCCID", { "89001012345678901234", "OK" } },
  { {}, "AT+CCID", { '+CCID: "89001012345678901234"', "OK" } },
  { {}, "AT+COPS?", { '+COPS: 0,0,"TEST NET"', "OK" } },
  { { creg = 2 }, "AT+COPS?", { "+COPS: 0", "OK" } },
  { { vbat_mv = 3412 }, "AT+CBC", { "+CBC: 0,0,3412", "OK" } },
  { {}, "AT+CGATT?", { "+CGATT: 1", "OK" } },
  { {}, "AT+CGATT=0;+CGATT?", { "+CGATT: 0", "OK" } },
  { {}, "AT+CGATT=0;+CGATT=1;+CGATT?", { "+CGATT: 1", "OK" } },
  { {}, "AT+CGATT=2", { "+CME ERROR: 3765" } },
  { {}, 'AT+QIREGAPP="net","user","word";+QIREGAPP?', { "+QIREGAPP: net,user,word", "OK" } },
  { {}, "AT+QIREGAPP;+QIREGAPP", { "ERROR" } },
  { {}, 'AT+QIREGAPP="a";+QIREGAPP="b"', { "ERROR" } },
  { {}, "AT+CFUN=0;+CPIN?", { "+CPIN: NOT READY", "+CME ERROR: 13" } },
  { {}, "AT+CFUN=4;+CSQ", { "+CSQ: 99,99", "OK" } },
  { {}, "AT+QPOWD=2", { "+CME ERROR: 3765" } },
  { {}, "AT+QFOTADL=?", { "OK" } },
  { { qfotadl = false }, "AT+QFOTADL=?", { "ERROR" } },
  { {}, "AT+QIFGCNT=0;+QIFGCNT?", { "+QIFGCNT: 0,0", "+QIFGCNT: 1,255", "OK" } },
  { {}, "AT+QIFGCNT=2", { "ERROR" } },
  { {}, "AT+QICSGP=0", { "ERROR" } },
  { {}, "AT+QICSGP?", { "+QICSGP: 1", "OK" } },
}

describe("The simulated module answers", function()
  for _, case in ipairs(table_of_answers) do
    local switches = {}
    for name, value in pairs(case[1]) do switches[#switches + 1] = name .. "=" .. tostring(value) end
    it(("%s with %s"):format(case[2], #switches > 0 and table.concat(switches, ",") or "defaults"), function()
      assert.same(case[3], Dialogue.new(case[1]):lines(case[2]))
    end)
  end
end)

describe("The simulated module", function()
  it("knows its signal some time after each start", function()
    local talk = Dialogue.new { csq_s = 10 }
    for _ = 1, 2 do
      assert.same({ "+CSQ: 99,99", "OK" }, talk:lines("AT+CSQ", 10))
      assert.same({ "+CSQ: 25,0", "OK" }, talk:lines("AT+CSQ"))
      talk:ask("AT+CFUN=1,1", 3)
    end
  end)

  it("ends a command that is named by COMMAND NO RESPONSE!, and answers the next", function()
    local talk = Dialogue.new { no_response = "CIMI", no_response_s = 3 }
    assert.equal("", talk:ask("AT+CIMI", 2.9))
    assert.equal("\r\nCOMMAND NO RESPONSE!\r\n", talk:listen(1))
    assert.same({ "+CSQ: 25,0", "OK" }, talk:lines("AT+CSQ"))
  end)

  it("forgets settings that were not saved when it reboots, and the echo is back on", function()
    local talk = Dialogue.new { echo = true }
    talk:ask("ATE0")
    talk:ask("AT+CMEE=2")
    talk:ask("AT+CFUN=1,1", 10)
    assert.equal("AT+CMEE?\r\r\n+CMEE: 1\r\n\r\nOK\r\n", talk:ask("AT+CMEE?"))
  end)

  it("keeps settings saved with AT&W over a reboot, and takes them back with ATZ", function()
    local talk = Dialogue.new()
    talk:ask("AT+CMEE=2;&W")
    talk:ask("AT+CMEE=0")
    talk:ask("ATZ")
    assert.same({ "+CMEE: 2", "OK" }, talk:lines("AT+CMEE?"))
    talk:ask("AT+CFUN=1,1", 10)
    assert.same({ "+CMEE: 2", "OK" }, talk:lines("AT+CMEE?"))
  end)

  it("boots with RDY, CFUN, CPIN and Call Ready, and searches before it is registered", function()
    local talk = Dialogue.new { state = "boot" }
    assert.equal("", talk:ask("AT", 1))
    assert.same({ "RDY", "+CFUN: 1", "+CPIN: READY", "Call Ready" }, Dialogue.split(talk:listen(2.5)))
    assert.same({ "+CREG: 0,2", "OK" }, talk:lines("AT+CREG?", 5))
    assert.same({ "+CREG: 0,1", "OK" }, talk:lines("AT+CREG?"))
  end)

  it("says NORMAL POWER DOWN and is off until power comes again", function()
    local talk = Dialogue.new()
    assert.same({ "NORMAL POWER DOWN" }, talk:lines("AT+QPOWD=1", 5))
    assert.equal("off", talk.m.state)
    assert.equal("", talk:ask("AT"))
    talk.m:power(true, talk.t)
    talk:listen(5)
    assert.same({ "OK" }, talk:lines("AT"))
  end)

  it("plays the same case again for the same seed", function()
    local function play(seed)
      local talk = Dialogue.new({ chatter = 0.5, garble = 0.2, noise = 0.2 }, seed)
      local text = ""
      for _ = 1, 30 do text = text .. talk:ask("AT+CSQ") end
      return text
    end
    assert.equal(play(4), play(4))
    assert.not_equal(play(4), play(5))
  end)
end)

describe("The PDP context", function()
  it("goes up by QIREGAPP and QIACT, tells its address without an OK, and goes down with DEACT OK", function()
    local talk = Dialogue.new()
    assert.same({ "OK" }, talk:lines('AT+QICSGP=1,"CMNET"'))
    assert.same({ "OK", "STATE: IP INITIAL" }, talk:lines("AT+QISTAT"))
    assert.same({ "OK" }, talk:lines("AT+QIREGAPP"))
    assert.same({ "OK", "STATE: IP START" }, talk:lines("AT+QISTAT"))
    assert.same({ "OK" }, talk:lines("AT+QIACT", 5))
    assert.same({ "OK", "STATE: IP GPRSACT" }, talk:lines("AT+QISTAT"))
    assert.same({ "10.61.2.17" }, talk:lines("AT+QILOCIP"))
    assert.same({ "OK", "STATE: IP STATUS" }, talk:lines("AT+QISTAT"))
    assert.same({ "DEACT OK" }, talk:lines("AT+QIDEACT", 5))
    assert.same({ "OK", "STATE: IP INITIAL" }, talk:lines("AT+QISTAT"))
  end)

  it("says plain ERROR to every command out of its order", function()
    local talk = Dialogue.new()
    for _, command in ipairs { "QIACT", "QILOCIP", "QIDEACT" } do
      assert.same({ "ERROR" }, talk:lines("AT+" .. command, 5))
    end
    talk:attach()
    for _, command in ipairs { "QIREGAPP", "QIACT" } do
      assert.same({ "ERROR" }, talk:lines("AT+" .. command, 5))
    end
  end)

  it("that another user has up stays up while the other one is in front", function()
    local talk = Dialogue.new { busy_context = "0" }
    assert.same({ "OK", "STATE: IP GPRSACT" }, talk:lines("AT+QISTAT"))
    assert.same({ "OK", "OK", "STATE: IP INITIAL" }, Dialogue.split(talk:ask("AT+QIFGCNT=1") .. talk:ask("AT+QISTAT")))
    talk:attach()
    assert.same({ "DEACT OK" }, talk:lines("AT+QIDEACT", 5))
    assert.same({ "+QIFGCNT: 0,255", "+QIFGCNT: 1,0", "OK" }, talk:lines("AT+QIFGCNT?"))
    assert.equal("IP GPRSACT", talk.m.contexts[0].state)
  end)

  it("after a failure needs QIDEACT before a new try", function()
    local talk = Dialogue.new { apn = "internet", apn_user = "u", apn_password = "p" }
    assert.same({ "ERROR" }, talk:attach())
    assert.same({ "ERROR" }, talk:lines("AT+QIREGAPP"))
    assert.same({ "DEACT OK" }, talk:lines("AT+QIDEACT", 5))
    talk:ask('AT+QICSGP=1,"internet","u","p"')
    assert.same({ "OK" }, talk:attach())
  end)

  it("does not go up without registration or SIM", function()
    assert.same({ "ERROR" }, Dialogue.new({ cgreg = 3 }):attach())
    assert.same({ "ERROR" }, Dialogue.new({ sim = "absent" }):attach())
  end)

  it("can fail so often, or never answer", function()
    local talk = Dialogue.new { qiact_fails = 2 }
    assert.same({ "ERROR" }, talk:attach())
    assert.same({ "ERROR" }, talk:lines("AT+QIACT", 5))
    assert.same({ "OK" }, talk:lines("AT+QIACT", 5))
    assert.same({}, Dialogue.new({ qiact = "silent" }):attach())
  end)

  it("is told to be down when the network drops it", function()
    local talk = Dialogue.new { pdp_drop = "time:10" }
    talk:attach()
    assert.same({ "+PDP DEACT" }, Dialogue.split(talk:listen(10)))
    assert.same({ "OK", "STATE: PDP DEACT" }, talk:lines("AT+QISTAT"))
  end)
end)
