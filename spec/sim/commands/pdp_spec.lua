local Dialogue = require "support.dialogue"

describe("PDP commands of the simulated module", function()
  -- switches, command line, received lines
  for _, case in ipairs {
    { {}, 'AT+QIREGAPP="net","user","word";+QIREGAPP?', { "+QIREGAPP: net,user,word", "OK" } },
    { {}, "AT+QIREGAPP?", { "+QIREGAPP: CMNET,,", "OK" } },
    { {}, "AT+QIREGAPP;+QIREGAPP", { "ERROR" } }, { {}, 'AT+QIREGAPP="a";+QIREGAPP="b"', { "ERROR" } },
    { {}, "AT+QIFGCNT=0;+QIFGCNT?", { "+QIFGCNT: 0,0", "+QIFGCNT: 1,255", "OK" } },
    { {}, "AT+QIFGCNT=?", { "+QIFGCNT: (0,1)", "OK" } },
    { {}, "AT+QIFGCNT=2", { "ERROR" } }, { {}, "AT+QIFGCNT=", { "ERROR" } },
    { {}, "AT+QICSGP=0", { "ERROR" } }, { {}, 'AT+QICSGP=1,"a","b","c","d"', { "ERROR" } },
    { {}, "AT+QICSGP?", { "+QICSGP: 1", "OK" } }, { {}, "AT+QICSGP=1;+QIREGAPP?", { "+QIREGAPP: CMNET,,", "OK" } },
    { {}, 'AT+QICSGP=1,"a","b","c";+QIREGAPP?', { "+QIREGAPP: a,b,c", "OK" } },
    { {}, 'AT+QICSGP=1,"' .. ("a"):rep(100) .. '","' .. ("u"):rep(32) .. '","' .. ("p"):rep(32) .. '"', { "OK" } },
    { {}, 'AT+QICSGP=1,"' .. ("a"):rep(101) .. '"', { "ERROR" } },
    { {}, 'AT+QICSGP=1,"a","' .. ("u"):rep(33) .. '"', { "ERROR" } },
    { {}, 'AT+QIREGAPP="a","u","' .. ("p"):rep(33) .. '"', { "ERROR" } },
    { {}, "AT+QIACT=?;+QILOCIP=?;+QISTAT=?;+QIDEACT=?", { "OK" } },
  } do
    it("answer " .. case[2], function() assert.same(case[3], Dialogue.new(case[1]):lines(case[2])) end)
  end

  it("leave the context unchanged if refused", function()
    local talk = Dialogue.new()
    talk:ask('AT+QIREGAPP="' .. ("a"):rep(101) .. '"')
    assert.same({ "OK", "STATE: IP INITIAL" }, talk:lines("AT+QISTAT"))
    talk:ask 'AT+QICSGP=1,"net"'
    talk:ask('AT+QICSGP=1,"' .. ("a"):rep(101) .. '"')
    assert.equal("net", talk.m.pdp.apn)
  end)

  it("take the time set by the switches", function()
    local talk = Dialogue.new { qiact_s = 3, qideact_s = 2 }
    talk:ask("AT+QIREGAPP")
    assert.same({}, talk:lines("AT+QIACT", 2.9))
    assert.same({ "OK" }, Dialogue.split(talk:listen(0.2)))
    assert.same({}, talk:lines("AT+QIDEACT", 1.9))
    assert.same({ "DEACT OK" }, Dialogue.split(talk:listen(0.2)))
  end)
end)

describe("The PDP context", function()
  it("is activated by QIREGAPP and QIACT, reports its address without OK, and is deactivated with DEACT OK", function()
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

  it("answers plain ERROR to every command out of order", function()
    local talk = Dialogue.new()
    for _, command in ipairs { "QIACT", "QILOCIP", "QIDEACT" } do
      assert.same({ "ERROR" }, talk:lines("AT+" .. command, 5))
    end
    talk:attach()
    for _, command in ipairs { "QIREGAPP", "QIACT" } do
      assert.same({ "ERROR" }, talk:lines("AT+" .. command, 5))
    end
  end)

  it("that another application has activated stays active while the other one is in the foreground", function()
    local talk = Dialogue.new { busy_context = "0" }
    assert.same({ "OK", "STATE: IP GPRSACT" }, talk:lines("AT+QISTAT"))
    assert.same({ "OK", "OK", "STATE: IP INITIAL" }, Dialogue.split(talk:ask("AT+QIFGCNT=1") .. talk:ask("AT+QISTAT")))
    talk:attach()
    assert.same({ "DEACT OK" }, talk:lines("AT+QIDEACT", 5))
    assert.same({ "+QIFGCNT: 0,255", "+QIFGCNT: 1,0", "OK" }, talk:lines("AT+QIFGCNT?"))
    assert.equal("IP GPRSACT", talk.m.contexts[0].state)
  end)

  it("requires QIDEACT after a failure before another attempt", function()
    local talk = Dialogue.new { apn = "internet", apn_user = "u", apn_password = "p" }
    assert.same({ "ERROR" }, talk:attach())
    assert.same({ "ERROR" }, talk:lines("AT+QIREGAPP"))
    assert.same({ "DEACT OK" }, talk:lines("AT+QIDEACT", 5))
    talk:ask('AT+QICSGP=1,"internet","u","p"')
    assert.same({ "OK" }, talk:attach())
  end)

  it("cannot be activated without registration or SIM", function()
    assert.same({ "ERROR" }, Dialogue.new({ cgreg = 3 }):attach())
    assert.same({ "ERROR" }, Dialogue.new({ sim = "absent" }):attach())
  end)

  it("can fail a set number of times, or never answer", function()
    local talk = Dialogue.new { qiact_fails = 2 }
    assert.same({ "ERROR" }, talk:attach())
    assert.same({ "ERROR" }, talk:lines("AT+QIACT", 5))
    assert.same({ "OK" }, talk:lines("AT+QIACT", 5))
    assert.same({}, Dialogue.new({ qiact = "silent" }):attach())
  end)

  it("is reported as deactivated when the network drops it", function()
    local talk = Dialogue.new { pdp_drop = "time:10" }
    talk:attach()
    assert.same({ "+PDP DEACT" }, Dialogue.split(talk:listen(10)))
    assert.same({ "OK", "STATE: PDP DEACT" }, talk:lines("AT+QISTAT"))
  end)

  it("refused by the network stays inactive until it is deactivated and started again", function()
    local talk = Dialogue.new { qiact = "error" }
    assert.same({ "ERROR" }, talk:attach())
    assert.same({ "OK", "STATE: PDP DEACT" }, talk:lines("AT+QISTAT"))
    talk = Dialogue.new { qiact_fails = 1 }
    assert.same({ "ERROR" }, talk:attach())
    assert.same({ "OK", "STATE: IP START" }, talk:lines("AT+QISTAT"))
  end)
end)
