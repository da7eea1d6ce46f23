local Channel = require "dfota.at.channel"
local Commands = require "dfota.modem.commands"
local ScriptedPort = require "support.scripted_port"
local settings = require "dfota.config.settings"

local function scripted(answers)
  local port = ScriptedPort.new(answers)
  return Commands.new(Channel.new(port), assert(settings.load())), port
end

describe("A query", function()
  it("ends with OK, and with no other successful result code", function()
    assert.equal("ok", scripted({ AT = "OK" }):query("AT").final)
    for _, final in ipairs { "CONNECT", "DEACT OK" } do
      local reply, err = scripted({ AT = final }):query "AT"
      assert.is_nil(reply)
      assert.equal("refused", err.kind)
      assert.is_true(err.transient)
    end
  end)

  it("takes at most query_s by default", function()
    local commands, port = scripted {}
    assert.equal("timeout", select(2, commands:ask "AT").kind)
    assert.equal(commands.set.query_s, math.floor(port:now() + 0.5))
    commands, port = scripted {}
    assert.equal("timeout", select(2, commands:ask("AT", { timeout_s = 1 })).kind)
    assert.equal(1, math.floor(port:now() + 0.5))
  end)

  it("returns the fields after a prefix", function()
    local fields = scripted({ ["AT+X?"] = { '+X: 0,"a"', "OK" } }):fields("AT+X?", "+X:")
    assert.same({ 0, "a" }, { fields[1], fields[2] })
    assert.equal(2, scripted({ ["AT+X?"] = { "+X: 1", "+X: 2", "OK" } }):fields("AT+X?", "+X:", "+X: 2")[1])
    assert.is_truthy(select(2, scripted({ ["AT+X?"] = "OK" }):fields("AT+X?", "+X:")).message:find("+X:", 1, true))
  end)

  it("returns what is parsed from a line without a prefix", function()
    local function number(line) return tonumber(line) end
    assert.equal(12, scripted({ ["AT+X"] = { "+CREG: 1", "12", "OK" } }):line("AT+X", number, "a number"))
    local value, err = scripted({ ["AT+X"] = { "OK" } }):line("AT+X", number, "a number")
    assert.is_nil(value)
    assert.is_truthy(err.message:find("without a number", 1, true), err.message)
    assert.equal("cme", select(2, scripted({ ["AT+X"] = "+CME ERROR: 3" }):line("AT+X", number, "")).kind)
  end)
end)

describe("A pause", function()
  it("receives what comes meanwhile", function()
    local commands, port = scripted {}
    port:say_lines(1, "RING")
    assert.is_true(commands:pause(3))
    assert.equal(3, math.floor(port:now() + 0.5))
    assert.equal("RING", commands.channel:listen(0))
  end)

  it("ends when the port is lost", function()
    local commands, port = scripted {}
    port:unplug()
    assert.equal("hangup", select(2, commands:pause(3)).kind)
  end)
end)
