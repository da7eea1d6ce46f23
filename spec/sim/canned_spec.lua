local Dialogue = require "support.dialogue"
local Options = require "dfota.sim.options"

local function lines(reply, command)
  return Dialogue.new({ reply = reply }):lines(command)
end

describe("The switch reply", function()
  local cases = {
    ["by its name"] = { "QISTAT:DEACT OK", "AT+QISTAT", { "DEACT OK" } },
    ["in any case"] = { "qistat:CONNECT", "at+qistat", { "CONNECT" } },
    ["with two lines"] = { "QISTAT:OK\\nSTATE: CONNECT OK", "AT+QISTAT", { "OK", "STATE: CONNECT OK" } },
    ["by its form only"] = { "CREG?:ERROR", "AT+CREG?", { "ERROR" } },
    ["not in another form"] = { "CREG?:ERROR", "AT+CREG=0", { "OK" } },
    ["by its parameters"] = { "QFOTADL=1:+CME ERROR: 4000", "AT+QFOTADL=1", { "+CME ERROR: 4000" } },
    ["without a plus sign"] = { "I:SIMCOM_Ltd\\nOK", "ATI", { "SIMCOM_Ltd", "OK" } },
    ["not at all with an empty text"] = { "CSQ:", "AT+CSQ", {} },
    ["along with others"] = { "CSQ:ERROR;GSN:OK", "AT+GSN", { "OK" } },
  }
  for what, case in pairs(cases) do
    it("answers a command " .. what, function()
      local spec = assert(Options.parse("reply=" .. case[1]))
      assert.same(case[3], lines(spec.reply, case[2]))
    end)
  end

  it("prints a text with its own line ends as it is", function()
    local spec = assert(Options.parse "reply=CSQ:\\x00\\r+CSQ\\x3A 1\\x2C1\\rOK\\r\\n")
    assert.equal("\0\r+CSQ: 1,1\rOK\r\n", Dialogue.new({ reply = spec.reply }):ask("AT+CSQ"))
  end)

  it("answers so as often as set, and then as the module does", function()
    local talk = Dialogue.new { reply = "CIMI*2:+CME ERROR: 3517" }
    for _ = 1, 2 do assert.same({ "+CME ERROR: 3517" }, talk:lines("AT+CIMI")) end
    assert.same({ "001010123456789", "OK" }, talk:lines("AT+CIMI"))
  end)

  it("has none of the command's effects", function()
    local talk = Dialogue.new { reply = "QFOTADL:OK" }
    talk:upload(talk:package())
    assert.same({ "OK" }, talk:lines("AT+QFOTADL=1", 30))
    assert.equal(0, talk.m.triggers)
  end)
end)
