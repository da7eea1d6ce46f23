local Dialogue = require "support.dialogue"

describe("A command line of the simulated module", function()
  it("is carried out in order, and stops at the first failure", function()
    local talk = Dialogue.new()
    assert.same({ "+CSQ: 25,0", "+CGREG: 0,1", "+CPIN: READY", "OK" }, talk:lines("AT+CSQ;+CGREG?;+CPIN?"))
    assert.same({ "+CSQ: 25,0", "ERROR" }, talk:lines("AT+CSQ;+NONE;+GSN"))
  end)

  -- switches, line, received lines
  for _, case in ipairs {
    { {}, "AT+NONE", { "ERROR" } }, { {}, "AT+CSQ?", { "ERROR" } }, { {}, "AT+CSQ!", { "ERROR" } },
    { {}, 'AT+QICSGP=1,"a"b', { "ERROR" } }, { {}, "AT?", { "ERROR" } },
    { { errors = "rda" }, "AT+NONE", { "+CME ERROR: 58" } }, { { errors = "rda" }, "AT+CSQ?", { "+CME ERROR: 49" } },
    { { errors = "rda" }, "AT+CMEE=7", { "+CME ERROR: 53" } }, { { errors = "rda" }, "AT+QIACT", { "+CME ERROR: 50" } },
    { { errors = "rda", cmee = 0 }, "AT+NONE", { "ERROR" } },
    { { errors = "rda" }, 'AT+QICSGP=1,"a"b', { "+CME ERROR: 58" } },
  } do
    local switches = case[1].errors and (" (%s, CMEE %d)"):format(case[1].errors, case[1].cmee or 1) or ""
    it(("that fails says so: %s%s"):format(case[2], switches), function()
      assert.same(case[3], Dialogue.new(case[1]):lines(case[2], 3))
    end)
  end

  it("is answered after reply_s, or after the time set for its command", function()
    local talk = Dialogue.new { reply_s = 0.5, slow = "CSQ:2+I:1" }
    for line, seconds in pairs { ["AT+GSN"] = 0.5, ["AT+CSQ"] = 2, ["ATI"] = 1, ["AT+CSQ;I;+GSN"] = 3.5 } do
      assert.is_nil(talk:ask(line, seconds - 0.01):find("OK", 1, true), line)
      assert.is_truthy(talk:listen(0.02):find("OK", 1, true), line)
    end
  end)

  it("runs alone: input received meanwhile is processed after the final result code", function()
    local talk = Dialogue.new { slow = "CSQ:2", echo = true }
    assert.equal("AT+CSQ\r", talk:send("AT+CSQ\rAT+CREG?\r", 1))
    assert.equal("\r\n+CSQ: 25,0\r\n\r\nOK\r\nAT+CREG?\r\r\n+CREG: 0,1\r\n\r\nOK\r\n", talk:listen(2))
  end)

  it("holds unsolicited lines until its final result code", function()
    local talk = Dialogue.new { slow = "CSQ:2", low_voltage = "time:1" }
    assert.same({ "+CSQ: 25,0", "OK", "UNDER_VOLTAGE WARNING " }, talk:lines("AT+CSQ", 3))
  end)

  it("may have an unsolicited line after each final result code", function()
    local talk = Dialogue.new { chatter = 1 }
    for _ = 1, 10 do
      local lines = talk:lines("AT")
      assert.equal(2, #lines)
      assert.is_truthy(({ ["+CREG: 1"] = 1, ["+CGREG: 1"] = 1, RING = 1, ["+QNITZ: off"] = 1 })[lines[2]], lines[2])
    end
  end)

  it("has no answer if its command is muted; the next one has", function()
    local talk = Dialogue.new { mute = "csq" }
    assert.equal("", talk:ask("AT+CSQ"))
    assert.same({ "OK" }, talk:lines("AT"))
    assert.same({ "861234567890127", "OK" }, talk:lines("AT+CSQ;+GSN"), "only the muted one is silent")
  end)

  it("has its canned answer, and does nothing", function()
    local talk = Dialogue.new { reply = "CMEE=0:\r\nHELLO\r\n" }
    assert.same({ "HELLO" }, talk:lines("AT+CMEE=0"))
    assert.same({ "+CMEE: 1", "OK" }, talk:lines("AT+CMEE?"))
  end)

  describe("that times out in the engine", function()
    it("ends with COMMAND NO RESPONSE! after no_response_s, and the next is answered", function()
      local talk = Dialogue.new { no_response = "CIMI", no_response_s = 3 }
      assert.equal("", talk:ask("AT+CIMI", 2.9))
      assert.equal("\r\nCOMMAND NO RESPONSE!\r\n", talk:listen(1))
      assert.same({ "+CSQ: 25,0", "OK" }, talk:lines("AT+CSQ"))
    end)

    it("does so for any command that takes longer than command_limit_s, each by itself", function()
      local talk = Dialogue.new { command_limit_s = 2, slow = "CSQ:5+GSN:1.5" }
      assert.same({ "COMMAND NO RESPONSE!" }, talk:lines("AT+CSQ", 3))
      assert.same({ "861234567890127", "861234567890127", "OK" }, talk:lines("AT+GSN;+GSN", 4))
    end)

    it("prints it even if muted, and its later output is dropped", function()
      local talk = Dialogue.new { command_limit_s = 1, mute = "CSQ", slow = "CSQ:2" }
      assert.same({ "COMMAND NO RESPONSE!" }, talk:lines("AT+CSQ", 5))
    end)

    it("never does if no time is set", function()
      local talk = Dialogue.new { slow = "CSQ:500" }
      assert.equal("", talk:ask("AT+CSQ", 499))
      assert.is_truthy(talk:listen(2):find("+CSQ: 25,0", 1, true))
    end)
  end)

  it("is a place for faults, when its command begins and when it is answered", function()
    local talk = Dialogue.new { hang = "command:CSQ" }
    assert.equal("", talk:ask("AT+CSQ"))
    assert.equal("hung", talk.m.state)
    talk = Dialogue.new { hang = "reply:CSQ" }
    assert.same({ "+CSQ: 25,0", "OK" }, talk:lines("AT+CSQ"))
    assert.equal("hung", talk.m.state)
  end)

  it("leaves nothing behind if the module reboots meanwhile", function()
    local talk = Dialogue.new { slow = "CSQ:2", crash = "time:1" }
    local said = talk:ask("AT+CSQ;+GSN", 20)
    assert.is_nil(said:find("CSQ", 1, true))
    assert.is_nil(said:find("8612", 1, true))
    assert.same({ "OK" }, talk:lines("AT"))
  end)

  it("is logged command by command", function()
    local talk = Dialogue.new()
    talk:ask("AT+CSQ;+CREG?;+CMEE=1;E0")
    local told = {}
    for _, entry in ipairs(talk.m.log) do
      if entry.what == "command" then told[#told + 1] = entry.detail end
    end
    assert.same({ "+CSQ", "+CREG?", "+CMEE=1", "E" }, told)
  end)
end)
