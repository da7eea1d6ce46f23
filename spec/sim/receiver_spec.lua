local Dialogue = require "support.dialogue"

describe("The simulated module's command line", function()
  it("echoes the line as sent, and frames its answers", function()
    local talk = Dialogue.new { echo = true }
    assert.equal("AT+CSQ\r\r\n+CSQ: 25,0\r\n\r\nOK\r\n", talk:ask("AT+CSQ"))
  end)

  it("gives the same answers byte by byte and in one piece", function()
    local whole, pieces = Dialogue.new { echo = true }, Dialogue.new { echo = true }
    local text = "ATE1V1;+CSQ;I\r\nAT+GSN\rAT+FOO\r"
    local answer = ""
    for byte in text:gmatch(".") do answer = answer .. pieces:send(byte, 0) end
    assert.equal(whole:send(text, 0), answer)
  end)

  it("keeps commas and semicolons in quotes as text", function()
    local talk = Dialogue.new()
    assert.same({ "+CME ERROR: 4010" }, talk:lines('AT+QFDEL="a;b"'))
    assert.same({ "OK" }, talk:lines('AT+QICSGP=1,"a;b","c,d","e"'))
    assert.equal("c,d", talk.m.pdp.user)
  end)

  it("refuses text after a closing quote", function()
    assert.same({ "ERROR" }, Dialogue.new():lines('AT+QFOTADL="http://a/"b"'))
  end)

  it("answers with digits after ATV0, and stops echoing after ATE0", function()
    local talk = Dialogue.new { echo = true }
    assert.equal("ATE0V0\r0\r", talk:ask("ATE0V0"))
    assert.equal("+CSQ: 25,0\r\n0\r", talk:ask("AT+CSQ"))
    assert.equal("4\r", talk:ask("AT+NONE"))
  end)

  it("refuses a line longer than 256 characters, and works afterwards", function()
    local talk = Dialogue.new()
    assert.same({ "OK" }, talk:lines("AT" .. (" "):rep(254)))
    assert.same({ "ERROR" }, talk:lines("AT" .. (" "):rep(255)))
    assert.same({ "OK" }, talk:lines("AT"))
  end)

  it("ignores a line without AT, and understands lower case, backspace and A/", function()
    local talk = Dialogue.new()
    assert.equal("", talk:ask("hello"))
    assert.same({ "861234567890127", "OK" }, talk:lines("at+gsn"))
    assert.same({ "+CSQ: 25,0", "OK" }, talk:lines("AT+CSX\bQ"))
    assert.same({ "+CSQ: 25,0", "OK" }, talk:lines("A/"))
  end)
end)

describe("The simulated module's baud rate", function()
  it("is silent in adaptive mode until AT or at is received, and learns the rate from it", function()
    local talk = Dialogue.new { ipr = 0, echo = true, state = "boot" }
    talk.m:line(9600)
    assert.equal("", talk:listen(5))
    assert.equal("", talk:ask("aT"))
    assert.equal("AT\r\r\nOK\r\n", talk:ask("xxAT"))
    assert.equal(9600, talk.m.rate)
  end)

  it("learns it from an AT in two pieces", function()
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

  it("produces garbage in both directions at a wrong rate", function()
    local talk = Dialogue.new { echo = true }
    talk.m:line(9600)
    assert.is_nil(talk:ask("AT"):find("OK"))
    talk.m:line(115200)
    talk:ask("")
    assert.equal("AT\r\r\nOK\r\n", talk:ask("AT"))
  end)
end)
