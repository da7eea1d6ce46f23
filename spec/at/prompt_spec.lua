local Channel = require "dfota.at.channel"
local Prompt = require "dfota.at.prompt"
local ScriptedPort = require "support.scripted_port"
local core = require "dfota.core"

-- The lexer's events for these bytes.
local function kinds(lexer, bytes)
  lexer:feed(bytes)
  local list = {}
  for kind in function() return lexer:next() end do list[#list + 1] = kind end
  return list
end

describe("A prompt", function()
  it("is recognised only while a command with a text is pending", function()
    local lexer = core.lexer()
    local prompt = Prompt.new(lexer)
    assert.same({}, kinds(lexer, "\r\n> "))
    lexer:reset()
    prompt:expect()
    assert.same({ "prompt" }, kinds(lexer, "\r\n> "))
    prompt:expect()
    prompt:forget()
    assert.same({}, kinds(lexer, "\r\n> "))
  end)

  it("that may still come is aborted before each command, until none is pending", function()
    local prompt = Prompt.new(core.lexer())
    assert.equal("AT\r", prompt:line_of("AT", false))
    assert.equal("\27", prompt:give_up())
    assert.equal("\27AT\r", prompt:line_of("AT", false))
    assert.equal("\27ATI\r", prompt:line_of("ATI", false))
    assert.equal("AT\r", prompt:line_of("AT", true))
    assert.equal("AT\r", prompt:line_of("AT", false))
  end)

  it("is the end of a reply if its command has no text", function()
    local channel = Channel.new(ScriptedPort.new { ["AT+X"] = "OK" })
    channel.lexer:expect_prompt(true)
    channel.port.answers["AT+X"] = function(port) port:say(0, "\r\n> ") end
    assert.equal("prompt", assert(channel:command "AT+X").final)
  end)
end)

describe("The text at a prompt", function()
  it("is terminated, and its echo is not a line of the reply", function()
    assert.equal("hello\26", Prompt.given "hello")
    for line, is in pairs { hello = true, ["hello\26"] = true, ["hello "] = false, hell = false } do
      assert.equal(is, Prompt.is_echo(line, "hello"), line)
    end
  end)
end)
