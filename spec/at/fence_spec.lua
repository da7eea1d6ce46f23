local Channel = require "dfota.at.channel"
local ScriptedPort = require "support.scripted_port"

local function open(answers, options)
  local port = ScriptedPort.new(answers, options)
  return Channel.new(port), port
end

describe("A fence", function()
  it("sends nothing if no command is pending", function()
    local channel, port = open { AT = "OK" }
    assert(channel:command "AT")
    assert.is_true(channel:fence())
    assert.same({ "AT" }, port.sent)
  end)

  it("is never the same twice in a row", function()
    local channel, port = open {}
    channel:command("AT", { timeout_s = 0.1 })
    for _ = 1, 8 do channel:fence(0.1) end
    local seen = {}
    for _, command in ipairs(port.sent) do
      assert.is_nil(seen[command])
      seen[command] = true
    end
    assert.equal(9, #port.sent)
  end)

  it("is not passed by the late answer to another fence", function()
    local channel, port = open {}
    channel:command("AT", { timeout_s = 0.1 })
    channel:fence(0.1) -- 0001: three times CMEE, then IPR
    port:say_lines(0.05, { "OK", "+CMEE: 1", "+CMEE: 1", "+CMEE: 1", "+IPR: 0", "OK" })
    assert.equal("timeout", select(2, channel:fence(0.5)).kind)
  end)

  -- A module that never answered AT (lost in a reboot, say) and refuses a fence's queries.
  local function refusing(known)
    return open(function(port, command)
      if command == "AT" then return end
      local first = #port.sent == 2
      port:say_lines(0, known and first and { "+CMEE: 1", "+CMEE: 1", "+CMEE: 1", "+IPR: 0", "OK" }
        or { "+CMEE: 1", "ERROR" })
    end)
  end

  it("counts as refused after the third refusal, since some modules may not know its queries", function()
    local channel, port = refusing(false)
    channel:command("AT", { timeout_s = 0.1 })
    assert.equal("timeout", select(2, channel:fence(0.1)).kind)
    assert.equal("timeout", select(2, channel:fence(0.1)).kind)
    assert.is_true(channel:fence(0.1))
    assert.equal(4, #port.sent)
  end)

  it("never counts as refused by a module that has answered one", function()
    local channel = refusing(true)
    channel:command("AT", { timeout_s = 0.1 })
    assert.is_true(channel:fence(0.1))
    channel:command("AT", { timeout_s = 0.1 })
    for _ = 1, 5 do assert.equal("timeout", select(2, channel:fence(0.1)).kind) end
  end)

  it("has the time its characters take on a slow line, in addition to its own", function()
    local channel, port = open({}, { baud = 300 })
    channel:command("AT", { timeout_s = 0.1 })
    local before = port:now()
    assert.equal("timeout", select(2, channel:fence(1)).kind)
    assert.is_true(port:now() - before > 4 and port:now() - before < 7, port:now() - before)
  end)

  it("passes on the pieces of its own echo if nothing or a final result code followed", function()
    for _, answer in ipairs { "", "\r\nERROR\r\n" } do
      local channel, port = open(function(self, command)
        if command ~= "AT" then self:say(0, "AT+CM\r" .. answer) end
      end, { echo = false })
      channel:command("AT", { timeout_s = 0.1 })
      local told = {}
      channel:subscribe(function(line) told[#told + 1] = line end)
      channel:fence(0.1)
      assert.same({ "AT+CM" }, told)
      assert.equal(2, #port.sent)
    end
  end)
end)
