local Dialogue = require "support.dialogue"

describe("An SMS of the simulated module", function()
  it("is read after a prompt up to Ctrl-Z, and reported as sent", function()
    local talk = Dialogue.new()
    assert.same({ "OK" }, talk:lines "AT+CMGF=1")
    assert.equal("\r\n> ", talk:ask 'AT+CMGS="0170"')
    assert.same({ "+CMGS: 1", "OK" }, Dialogue.split(talk:send "hello\26"))
    assert.same({ { number = "0170", text = "hello" } }, talk.m.messages)
  end)

  it("may come in pieces, and is echoed if commands are", function()
    local talk = Dialogue.new { echo = true }
    talk:ask "AT+CMGF=1"
    talk:ask 'AT+CMGS="0170"'
    assert.equal("hel", talk:send "hel")
    assert.equal("lo", talk:send("lo\26"):sub(1, 2))
    assert.equal("hello", talk.m.messages[1].text)
  end)

  it("is aborted by ESC", function()
    local talk = Dialogue.new()
    talk:ask "AT+CMGF=1"
    talk:ask 'AT+CMGS="0170"'
    assert.same({ "OK" }, Dialogue.split(talk:send "hel\27"))
    assert.same({}, talk.m.messages)
    assert.same({ "OK" }, talk:lines "AT")
  end)

  it("requires text mode, a SIM and a network", function()
    assert.same({ "+CMS ERROR: 304" }, Dialogue.new():lines 'AT+CMGS="0170"')
    assert.same({ "+CMS ERROR: 310" }, Dialogue.new({ sim = "absent" }):lines 'AT+CMGF=1;+CMGS="0170"')
    assert.same({ "+CMS ERROR: 331" }, Dialogue.new({ creg = 3 }):lines 'AT+CMGF=1;+CMGS="0170"')
    assert.same({ "+CMGF: 1", "OK" }, Dialogue.new():lines "AT+CMGF=1;+CMGF?")
  end)
end)
