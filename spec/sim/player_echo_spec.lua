local Echo = require "dfota.sim.player_echo"

describe("The echo of a player", function()
  it("is the command, however it is called", function()
    for _, kind in ipairs { "char", "line", "chunk" } do assert.equal("AT\r", Echo.new({ echo = kind }):of "AT") end
    assert.equal("AT\r", Echo.new({}):of "AT")
  end)

  it("is left to the answers", function() assert.is_nil(Echo.new({ echo = "none" }):of "AT") end)

  it("has an unsolicited line inside, for the commands and as often as is asked for", function()
    local echo = Echo.new { echo = [[split:4:\r\nRING\r\n]], split_only = "CSQ", split_times = "2" }
    assert.equal("AT+CBC\r", echo:of "AT+CBC")
    for _ = 1, 2 do assert.equal("AT+C\r\nRING\r\nSQ\r", echo:of "AT+CSQ") end
    assert.equal("AT+CSQ\r", echo:of "AT+CSQ")
    assert.equal("AT\r", Echo.new({ echo = "split:4:x" }):of "AT")
  end)
end)
