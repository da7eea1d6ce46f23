local Unsolicited = require "dfota.at.unsolicited"

describe("Lines that nobody asked for", function()
  it("are told to subscribers as they come, until they unsubscribe, and kept for those who listen", function()
    local lines, heard = Unsolicited.new(), {}
    local stop = lines:subscribe(function(line) heard[#heard + 1] = line end)
    lines:take "RING"
    lines:tell "RDY"
    stop()
    lines:take("+CME ERROR: 5", "cme", 5)
    assert.same({ "RING", "RDY" }, heard)
    assert.same({ "RING" }, { lines:pop() })
    assert.same({ "+CME ERROR: 5", "cme", 5 }, { lines:pop() })
    assert.is_nil((lines:pop()))
  end)

  it("hide from subscribers what the pending commands hold of secrets, until none is pending", function()
    local lines, heard = Unsolicited.new(), nil
    lines:subscribe(function(line) heard = line end)
    local command = 'AT+QICSGP=1,"net","user","secret"'
    lines:hide(command, true)
    lines:hide("AT+CSQ", false)
    lines:take(command)
    assert.is_nil(heard:find("secret", 1, true))
    lines:take '"user","secret"'
    assert.is_nil(heard:find("secret", 1, true))
    lines:hide("AT+CSQ", true)
    lines:take '"user","secret"'
    assert.equal('"user","secret"', heard)
  end)

  it("are dropped where a thousand wait, which is told once, if there is somebody to be told", function()
    local told = {}
    local lines, quiet = Unsolicited.new(function(text) told[#told + 1] = text end), Unsolicited.new()
    for i = 1, 1002 do
      lines:take("+CREG: " .. i)
      quiet:take "x"
    end
    assert.same({ "more than 1000 unsolicited lines wait to be listened to: the oldest are dropped" }, told)
    assert.equal("+CREG: 3", (lines:pop()))
  end)
end)
