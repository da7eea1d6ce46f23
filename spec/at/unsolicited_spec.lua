local Unsolicited = require "dfota.at.unsolicited"

describe("Unsolicited lines", function()
  it("are passed to subscribers as they arrive, until they unsubscribe, and kept until they are read", function()
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

  it("hide the secrets of pending commands from subscribers, until none is pending", function()
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

  it("are dropped if a thousand are unread, which is reported once, if anyone wants to know", function()
    local told = {}
    local lines, quiet = Unsolicited.new(function(text) told[#told + 1] = text end), Unsolicited.new()
    for i = 1, 1002 do
      lines:take("+CREG: " .. i)
      quiet:take "x"
    end
    assert.same({ "more than 1000 unsolicited lines are unread: the oldest are dropped" }, told)
    assert.equal("+CREG: 3", (lines:pop()))
  end)
end)
