local Dialogue = require "support.dialogue"

describe("The switch drip_s", function()
  local function count(text) return select(2, text:gsub("%+CMTI", "")) end

  it("repeats a line, in the download too, across reboots, and not from the boot loader", function()
    local talk = Dialogue.new { drip_s = 10, update_s = 30 }
    assert.equal(6, count(talk:listen(60)))
    talk:upload(talk:package())
    assert.equal(0, count(talk:ask("AT+QFOTADL=1", 29)))
    assert.equal(3, count(talk:listen(36)))
  end)

  it("sends it from a boot loader and a hung module if set", function()
    local talk = Dialogue.new { drip_s = 10, drip_always = true, hang = "time:1", drip = "RING" }
    assert.equal("\r\nRING\r\n\r\nRING\r\n", talk:listen(25))
  end)

  it("holds it until the running command has been answered", function()
    local talk = Dialogue.new { drip_s = 1, slow = "CSQ:1.5" }
    assert.same({ "+CSQ: 25,0", "OK", '+CMTI: "SM",1' }, talk:lines("AT+CSQ", 1.6))
  end)
end)
