local Dialogue = require "support.dialogue"

describe("The simulated module's command line", function()
  it("echoes the line as it was sent, and frames what it answers", function()
    local talk = Dialogue.new { echo = true }
    assert.equal("AT+CSQ\r\r\n+CSQ: 25,0\r\n\r\nOK\r\n", talk:ask("AT+CSQ"))
  end)

  it("gives the same answers byte by byte as in one piece", function()
    local whole, pieces = Dialogue.new { echo = true }, Dialogue.new { echo = true }
    local text = "ATE1V1;+CSQ;I\r\nAT+GSN\rAT+FOO\r"
    local answer = ""
    for byte in text:gmatch(".") do answer = answer .. pieces:send(byte, 0) end
    assert.equal(whole:send(text, 0), answer)
  end)

  it("takes joined commands in order, and stops at the first that fails", function()
    local talk = Dialogue.new()
    assert.same({ "+CSQ: 25,0", "+CGREG: 0,1", "+CPIN: READY", "OK" }, talk:lines("AT+CSQ;+CGREG?;+CPIN?"))
    assert.same({ "+CSQ: 25,0", "ERROR" }, talk:lines("AT+CSQ;+NONE;+GSN"))
  end)

  it("keeps commas and semicolons in quotes as text", function()
    local talk = Dialogue.new()
    assert.same({ "+CME ERROR: 4010" }, talk:lines('AT+QFDEL="a;b"'))
    assert.same({ "OK" }, talk:lines('AT+QICSGP=1,"a;b","c,d","e"'))
    assert.equal("c,d", talk.m.pdp.user)
  end)

  it("refuses what stands behind a closing quote", function()
    assert.same({ "ERROR" }, Dialogue.new():lines('AT+QFOTADL="http://a/"b"'))
  end)

  it("answers in digits after ATV0, and stops echoing after ATE0", function()
    local talk = Dialogue.new { echo = true }
    assert.equal("ATE0V0\r0\r", talk:ask("ATE0V0"))
    assert.equal("+CSQ: 25,0\r\n0\r", talk:ask("AT+CSQ"))
    assert.equal("4\r", talk:ask("AT+NONE"))
  end)

  it("refuses a line longer than 256 characters, and is all right afterwards", function()
    local talk = Dialogue.new()
    assert.same({ "OK" }, talk:lines("AT" .. (" "):rep(254)))
    assert.same({ "ERROR" }, talk:lines("AT" .. (" "):rep(255)))
    assert.same({ "OK" }, talk:lines("AT"))
  end)

  it("says nothing to a line without AT, understands lower case, backspace and A/", function()
    local talk = Dialogue.new()
    assert.equal("", talk:ask("hello"))
    assert.same({ "861234567890127", "OK" }, talk:lines("at+gsn"))
    assert.same({ "+CSQ: 25,0", "OK" }, talk:lines("AT+CSX\bQ"))
    assert.same({ "+CSQ: 25,0", "OK" }, talk:lines("A/"))
  end)

  it("runs one command at a time: what comes meanwhile is taken up after the final result", function()
    local talk = Dialogue.new { slow = "CSQ:2", echo = true }
    assert.equal("AT+CSQ\r", talk:send("AT+CSQ\rAT+CREG?\r", 1))
    assert.equal("\r\n+CSQ: 25,0\r\n\r\nOK\r\nAT+CREG?\r\r\n+CREG: 0,1\r\n\r\nOK\r\n", talk:listen(2))
  end)

  it("holds unsolicited lines back until the final result", function()
    local talk = Dialogue.new { slow = "CSQ:2", low_voltage = "time:1" }
    assert.same({ "+CSQ: 25,0", "OK", "UNDER_VOLTAGE WARNING " }, talk:lines("AT+CSQ", 3))
  end)

  it("never answers a command that is muted, but answers the next", function()
    local talk = Dialogue.new { mute = "CSQ" }
    assert.equal("", talk:ask("AT+CSQ"))
    assert.same({ "OK" }, talk:lines("AT"))
  end)
end)

describe("The simulated module's baud rate", function()
  it("is silent in adaptive mode until AT or at came, and learns the rate from it", function()
    local talk = Dialogue.new { ipr = 0, echo = true, state = "boot" }
    talk.m:line(9600)
    assert.equal("", talk:listen(5))
    assert.equal("", talk:ask("aT"))
    assert.equal("AT\r\r\nOK\r\n", talk:ask("xxAT"))
    assert.equal(9600, talk.m.rate)
  end)

  it("learns it from an AT that comes in two pieces", function()
    local talk = Dialogue.new { ipr = 0 }
    assert.equal("", talk:send("xA", 0.1))
    assert.same({ "OK" }, talk:lines("T"))
  end)

  it("does not learn a rate outside 4800 to 115200", function()
    local talk = Dialogue.new { ipr = 0 }
    for _, baud in ipairs { 2400, 230400 } do
      talk.m:line(baud)
      assert.equal("", talk:ask("AT"))
    end
    talk.m:line(4800)
    assert.same({ "OK" }, talk:lines("AT"))
  end)

  it("makes garbage both ways at a wrong rate", function()
    local talk = Dialogue.new { echo = true }
    talk.m:line(9600)
    assert.is_nil(talk:ask("AT"):find("OK"))
    talk.m:line(115200)
    talk:ask("")
    assert.equal("AT\r\r\nOK\r\n", talk:ask("AT"))
  end)

  it("changes after the OK, and is back at the saved one after a reboot", function()
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

  it("stays after a reboot when it was saved with AT&W", function()
    local talk = Dialogue.new()
    talk:ask("AT+IPR=9600;&W")
    talk:ask("AT+CFUN=1,1", 10)
    assert.equal(9600, talk.m.rate)
  end)

  it("refuses a rate it does not know", function()
    assert.same({ "+CME ERROR: 3765" }, Dialogue.new():lines("AT+IPR=12345"))
  end)
end)
