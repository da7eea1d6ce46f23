local scripted = require "support.scripted"

local open, unasked, lines_of = scripted.channel, scripted.unasked, scripted.lines_of

describe("The reply of a command", function()
  it("contains nothing that came before the echo", function()
    local channel = open({ ["AT+CSQ"] = function(port)
      port:say_lines(0, { "+CSQ: 1,0", "OK" })
      port:say(0, "AT+CSQ\r")
      port:say_lines(0, { "+CSQ: 2,0", "OK" })
    end }, { echo = false })
    channel.echo = true
    assert.same({ "+CSQ: 2,0" }, lines_of(assert(channel:command("AT+CSQ", { expect = "+CSQ:" }))))
    assert.same({ "+CSQ: 1,0", "OK" }, unasked(channel))
  end)

  it("contains nothing that came before an echo that was no longer expected, and is known from then on", function()
    local channel = open({ ["AT+CSQ"] = function(port)
      port:say_lines(0, "+CSQ: 1,0")
      port:say(0, "AT+CSQ\r")
      port:say_lines(0, { "+CSQ: 2,0", "OK" })
    end }, { echo = false })
    assert.same({ "+CSQ: 2,0" }, lines_of(assert(channel:command("AT+CSQ", { expect = "+CSQ:" }))))
    assert.same({ "+CSQ: 1,0" }, unasked(channel))
    assert.is_true(channel.echo)
  end)

  it("may have its own final result codes, and an OK that is not the end", function()
    local channel = open { ["AT+QISTAT"] = { "OK", 0.1, "STATE: IP INITIAL" } }
    local reply = assert(channel:command("AT+QISTAT", { finals = function(line)
      if line == "OK" then return false end
      return line:find "^STATE:" and "done" or nil
    end }))
    assert.equal("done", reply.final)
  end)

  it("is known to be accepted by a line that can only follow its OK", function()
    local channel = open { ["AT+QFOTADL=1"] = '+QIND: "FOTA","START"' }
    local reply = assert(channel:command("AT+QFOTADL=1", { implied = function(line) return line:find "^%+QIND" end }))
    assert.equal("implied", reply.final)
    assert.same({ '+QIND: "FOTA","START"' }, unasked(channel))
  end)

  it("ends with a number only after ATV0", function()
    local channel = open(function(port) port:say(0, "0\r") end)
    assert.equal("timeout", select(2, channel:command("AT+X")).kind)
    channel = open(function(port) port:say(0, "0\r") end)
    channel.numeric = true
    assert.equal("ok", assert(channel:command "AT+X").final)
    channel = open(function(port) port:say(0, "4\r") end)
    channel.numeric = true
    assert.equal("refused", select(2, channel:command "AT+X").kind)
  end)
end)
