local Dialogue = require "support.dialogue"

describe("Signal, network, SIM and supply of the simulated module", function()
  -- switches, command line, received lines
  for _, case in ipairs {
    { { csq = 9, ber = 3 }, "AT+CSQ", { "+CSQ: 9,3", "OK" } }, { {}, "AT+CSQ=?", { "+CSQ: (0-31,99),(0-7,99)", "OK" } },
    { { csq_s = 10 }, "AT+CSQ", { "+CSQ: 99,99", "OK" } }, { { sim = "absent" }, "AT+CSQ", { "+CSQ: 99,99", "OK" } },
    { {}, "AT+CFUN=4;+CSQ", { "+CSQ: 99,99", "OK" } },
    { { creg = 5 }, "AT+CREG?", { "+CREG: 0,5", "OK" } }, { { cgreg = 3 }, "AT+CGREG?", { "+CGREG: 0,3", "OK" } },
    { { creg = 5, cgreg = 3 }, "AT+CREG?;+CGREG?", { "+CREG: 0,5", "+CGREG: 0,3", "OK" } },
    { { creg_blank = true }, "AT+CGREG?", { "+CGREG: 0, 1", "OK" } }, { {}, "AT+CREG=?", { "+CREG: (0-2)", "OK" } },
    { {}, "AT+CREG=1;+CREG?", { "+CREG: 1,1", "OK" } }, { {}, "AT+CREG=3", { "+CME ERROR: 3765" } },
    { {}, "AT+CREG=2;+CREG?;+CGREG?", { '+CREG: 2,1,"1A2B","3C4D"', "+CGREG: 0,1", "OK" } },
    { { cgreg = 5, ci = "0" }, "AT+CGREG=2;+CGREG?", { '+CGREG: 2,5,"1A2B","0"', "OK" } },
    { { creg = 2 }, "AT+CREG=2;+CREG?", { "+CREG: 2,2", "OK" } },
    { { creg = 3 }, "AT+CREG=2;+CREG?", { "+CREG: 2,3", "OK" } },
    { { sim = "absent" }, "AT+CREG?", { "+CREG: 0,0", "OK" } },
    { {}, "AT+CPIN?", { "+CPIN: READY", "OK" } }, { { cpin_blank = false }, "AT+CPIN?", { "+CPIN:READY", "OK" } },
    { { sim = "pin" }, "AT+CPIN?", { "+CPIN: SIM PIN", "OK" } },
    { { sim = "puk" }, "AT+CPIN?", { "+CPIN: SIM PUK", "OK" } },
    { { sim = "absent" }, "AT+CPIN?", { "+CME ERROR: 10" } }, { { sim = "failure" }, "AT+CPIN?", { "+CME ERROR: 13" } },
    { { sim = "absent", cmee = 0 }, "AT+CPIN?", { "ERROR" } },
    { { sim = "absent", cmee = 2 }, "AT+CPIN?", { "+CME ERROR: SIM not inserted" } },
    { {}, "AT+CFUN=0;+CPIN?", { "+CPIN: NOT READY", "+CME ERROR: 13" } }, { {}, "AT+CPIN=?", { "OK" } },
    { { sim = "pin" }, "AT+CPIN=1111", { "+CME ERROR: 16" } }, { {}, "AT+CPIN=1234", { "+CME ERROR: 3" } },
    { { sim = "pin", pin = "0000" }, 'AT+CPIN="0000"', { "OK", "+CPIN: READY" } },
    { {}, "AT+CRSM=176,28589,0,0,4", { '+CRSM: 144,0,"00000002"', "OK" } },
    { { ef_ad = "00000003", crsm = "bare" }, "AT+CRSM=176,28589,0,0,4", { "+CRSM: 144,0,00000003", "OK" } },
    { { ef_ad = "000000" }, "AT+CRSM=176,28589,0,0,4", { "+CRSM: 103,3", "OK" } },
    { { ef_ad = "none" }, "AT+CRSM=176,28589,0,0,4", { "+CRSM: 148,4", "OK" } },
    { {}, "AT+CRSM=176,28423,0,0,9", { "+CRSM: 148,4", "OK" } },
    { {}, "AT+CRSM=214,28589,0,0,4", { "+CRSM: 148,4", "OK" } },
    { { crsm = "error" }, "AT+CRSM=176,28589,0,0,4", { "ERROR" } },
    { { sim = "absent" }, "AT+CRSM=176,28589,0,0,4", { "+CME ERROR: 10" } },
    { {}, "AT+CIMI", { "001010123456789", "OK" } }, { {}, "AT+CIMI=?", { "OK" } },
    { {}, "AT+QCCID", { "89001012345678901234", "OK" } }, { {}, "AT+CCID", { '+CCID: "89001012345678901234"', "OK" } },
    { { sim = "pin" }, "AT+CIMI", { "+CME ERROR: 11" } }, { { sim = "puk" }, "AT+CIMI", { "+CME ERROR: 12" } },
    { { sim = "absent" }, "AT+QCCID", { "+CME ERROR: 10" } }, { { sim = "failure" }, "AT+CCID", { "+CME ERROR: 13" } },
    { {}, "AT+COPS?", { '+COPS: 0,0,"TEST NET"', "OK" } },
    { { creg = 5, operator = "X" }, "AT+COPS?", { '+COPS: 0,0,"X"', "OK" } },
    { { creg = 2 }, "AT+COPS?", { "+COPS: 0", "OK" } }, { {}, "AT+COPS=0", { "OK" } },
    { { vbat_mv = 3412 }, "AT+CBC", { "+CBC: 0,0,3412", "OK" } }, { {}, "AT+CBC?", { "ERROR" } },
    { { cbc = "two" }, "AT+CBC", { "+CBC: 1, 100", "OK" } }, { { cbc = "two" }, "AT+CBC?", { "+CBC: 1, 100", "OK" } },
    { { cbc = "read" }, "AT+CBC", { "ERROR" } }, { { cbc = "read" }, "AT+CBC?", { "+CBC: 1, 100", "OK" } },
    { {}, "AT+CGATT?", { "+CGATT: 1", "OK" } }, { { cgreg = 5 }, "AT+CGATT?", { "+CGATT: 1", "OK" } },
    { { cgreg = 2 }, "AT+CGATT?", { "+CGATT: 0", "OK" } }, { {}, "AT+CGATT=0;+CGATT?", { "+CGATT: 0", "OK" } },
    { {}, "AT+CGATT=0;+CGATT=1;+CGATT?", { "+CGATT: 1", "OK" } }, { {}, "AT+CGATT=2", { "+CME ERROR: 3765" } },
  } do
    local switches = {}
    for name, value in pairs(case[1]) do switches[#switches + 1] = (" %s=%s"):format(name, value) end
    table.sort(switches)
    it(("are reported by %s%s"):format(case[2], table.concat(switches)), function()
      assert.same(case[3], Dialogue.new(case[1]):lines(case[2]))
    end)
  end

  it("have a signal some time after each start", function()
    local talk = Dialogue.new { csq_s = 10 }
    for _ = 1, 2 do
      assert.same({ "+CSQ: 99,99", "OK" }, talk:lines("AT+CSQ", 10))
      assert.same({ "+CSQ: 25,0", "OK" }, talk:lines("AT+CSQ"))
      talk:ask("AT+CFUN=1,1", 3)
    end
  end)

  it("have a network some time after the SIM is unlocked, and none before", function()
    local talk = Dialogue.new { sim = "pin", reg_s = 5 }
    assert.same({ "+CREG: 0,0", "OK" }, talk:lines("AT+CREG?"))
    assert.same({ "OK", "+CPIN: READY" }, talk:lines("AT+CPIN=1234", 0))
    assert.same({ "+CREG: 0,2", "OK" }, talk:lines("AT+CREG?", 5))
    assert.same({ "+CREG: 0,1", "OK" }, talk:lines("AT+CREG?"))
    assert.same({ "+CPIN: READY", "001010123456789", "OK" }, talk:lines("AT+CPIN?;+CIMI"))
  end)

  it("have a SIM that is locked again after a reboot", function()
    local talk = Dialogue.new { sim = "pin" }
    talk:ask("AT+CPIN=1234")
    talk:ask("AT+CFUN=1,1", 10)
    assert.same({ "+CPIN: SIM PIN", "OK" }, talk:lines("AT+CPIN?"))
  end)

  it("lose the context with the network, which is reported, and cannot have one before it is back", function()
    local talk = Dialogue.new()
    talk:attach()
    assert.same({ "OK", "+PDP DEACT" }, talk:lines("AT+CGATT=0"))
    talk:ask("AT+QIDEACT", 5)
    assert.same({ "ERROR" }, talk:attach())
    talk:ask("AT+QIDEACT;+CGATT=1", 5)
    assert.same({ "OK" }, talk:lines("AT+CGATT=1"))
    talk:ask("AT+QIDEACT", 5)
    assert.same({ "OK" }, talk:attach())
  end)
end)
