local Channel = require "dfota.at.channel"
local ScriptedPort = require "support.scripted_port"

describe("Reading a port", function()
  it("does not cut off a line that arrived in pieces before the time was over", function()
    local port = ScriptedPort.new {}
    local channel = Channel.new(port)
    for _, piece in ipairs { "\r\nR", "I", "NG", "\r\n" } do port:say(0, piece) end
    assert.equal("RING", channel:listen(0))
  end)

  it("never joins half of one line and half of another if the port was lost in between", function()
    local channel, port = Channel.new(ScriptedPort.new {}), ScriptedPort.new {}
    channel:take_in "RI"
    channel:replace_port(port)
    port:say(0, "NG\r\n+CREG: 1\r\n")
    assert.equal("NG", channel:listen(0))
    assert.equal("+CREG: 1", channel:listen(0))
  end)
end)

describe("The pause before the next command", function()
  local function times_of(ending)
    local times = {}
    local channel = Channel.new(ScriptedPort.new(function(port)
      times[#times + 1] = port:now()
      port:say(0.001, "\r\nOK\r")
      if ending then port:say(0.010, ending) end
    end), { gap_s = 0.005 })
    channel:command "AT"
    channel:command "AT"
    return times[2] - times[1]
  end

  it("follows a complete answer", function()
    local port = ScriptedPort.new { AT = "OK" }
    local channel = Channel.new(port, { gap_s = 0.25 })
    channel:command "AT"
    channel:command "AT"
    assert.is_true(port:now() >= 0.25 and port:now() < 0.3)
  end)

  it("lasts until the line end of the answer is complete", function()
    assert.is_true(times_of "\n" >= 0.015)
  end)

  it("does not wait for a line end that never comes", function()
    assert.is_true(times_of(nil) < 0.1)
  end)
end)
