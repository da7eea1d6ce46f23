local Player = require "dfota.sim.player"
local core = require "dfota.core"
local transcript = require "dfota.sim.transcript"

local function player(text, opts) return Player.new(assert(transcript.parse(text)), opts) end

-- What it says to bytes at a time, and in the following second.
local function said(played, bytes, t)
  played:input(bytes, t or played.t)
  local out = played:output()
  played:advance(played.t + 1)
  return out .. played:output()
end

describe("A player", function()
  it("answers each command with its own, at every split of the bytes", function()
    local line = "AT+CSQ\rAT\r"
    for cut = 0, #line do
      local played = player("> AT\n< OK\n> AT+CSQ\n< +CSQ: 1,0")
      local out = said(played, line:sub(1, cut), 0) .. said(played, line:sub(cut + 1))
      assert.equal("AT+CSQ\r+CSQ: 1,0AT\rOK", (out:gsub("[\r]?$", "")))
      assert.same({ "AT+CSQ", "AT" }, played.heard)
    end
  end)

  it("answers the second time with the second, and then on with the last", function()
    local played = player("@ echo=none\n> AT\n< 1\n> AT\n< 2")
    assert.same({ "1", "2", "2" }, { said(played, "AT\r", 0), said(played, "AT\r"), said(played, "AT\r") })
  end)

  it("answers by the longest knowledge: of the latest reboot, and exactly before by prefix", function()
    local played = player("@ echo=none\n> AT\n< a\n<+\n> 1|AT\n< b\n> AT+X*\n< c\n> AT+XY\n< d\n? e")
    assert.same({ "a", "b", "c", "d", "e" }, {
      said(played, "AT\r", 0), said(played, "AT\r"), said(played, "AT+X1\r"), said(played, "AT+XY\r"),
      said(played, "Z\r"),
    })
  end)

  it("echoes until it is told not to, and again after a reboot", function()
    local played = player("> ATE0\n< a\n> AT\n< b\n<+")
    assert.same({ "ATE0\ra", "b", "AT\rb" }, { said(played, "ATE0\r", 0), said(played, "AT\r"), said(played, "AT\r") })
  end)

  it("waits for its latency and pauses, and says when it is next due", function()
    local played = player("@ latency_ms=100\n> AT\n<~200\n< OK")
    played:input("AT\r", 1)
    assert.equal("AT\r", played:output())
    assert.is_true(math.abs(played:next_time() - 1.3) < 1e-9)
    played:advance(1.31)
    assert.equal("OK", played:output())
    assert.is_nil(played:next_time())
  end)

  it("takes any upload, with acknowledgements, and confirms it with its checksum", function()
    local played = player("> AT\n< OK")
    local data = ("x"):rep(2500)
    assert.equal('AT+QFUPL="f",2500,60,1\r\r\nCONNECT\r\n', said(played, 'AT+QFUPL="f",2500,60,1\r', 0))
    assert.equal("AA\r\n+QFUPL: 2500," .. ("%X"):format(core.sum16(data)) .. "\r\n\r\nOK\r\n", said(played, data))
    played = player("@ ack=off\n@ qfupl=<%d,%x>\n@ connect=GO\n> AT\n< OK")
    assert.equal('AT+QFUPL="f",2500,60,1\rGO', said(played, 'AT+QFUPL="f",2500,60,1\r', 0))
    assert.equal(("<2500,%x>"):format(core.sum16(data)), said(played, data))
  end)

  it("says what it says at boot when the port is opened, or before its first answer", function()
    local played = player("@ boot=RDY\\r\\n\n> AT\n< OK")
    assert.is_true(played:next_time() <= 0.2)
    played:line(38400)
    assert.equal("", played:output())
    played:line(115200)
    played:advance(0.1)
    assert.equal("RDY\r\n", played:output())
    assert.equal("RDY\r\nAT\rOK", said(player("@ boot=RDY\\r\\n\n> AT\n< OK"), "AT\r", 0))
  end)

  it("takes the escape sequence, and a text at a prompt, for commands", function()
    local played = player("@ echo=none\n> +++\n< a\n> \\x1A\n< b\n> \\x1B\n< c")
    assert.same({ "a", "b", "c" }, { said(played, "+++", 0), said(played, "some text\26"), said(played, "\27") })
  end)

  it("is over when nobody has come, with what came unasked at first or without", function()
    for _, text in ipairs { "@ order=trace\n> AT\n< OK", "@ order=trace\n@ boot=RDY\\r\\n\n> AT\n< OK" } do
      local played = player(text, { linger_s = 2, patience_s = 1, wait_s = 300 })
      played:advance(299.9)
      assert.same({ nil, 300 }, { played.over, played:next_time() })
      played:advance(300)
      assert.is_true(played.over)
      played = player(text, { linger_s = 2, patience_s = 1, wait_s = 300 })
      said(played, "AT\r", 299)
      played:advance(300)
      assert.is_nil(played.over and played:unsaid()[1])
    end
  end)

  it("is over when its trace has ended and nothing more comes, or when the client has fallen silent", function()
    local opts = { linger_s = 2, patience_s = 60 }
    local played = player("@ order=trace\n@ echo=none\n> AT\n<&\n< OK\n> AT+X\n< OK", opts)
    played:advance(100)
    assert.is_nil(played.over)
    said(played, "AT\r", 100)
    assert.equal(160, played:next_time())
    said(played, "AT+X\r", 110)
    assert.equal(112, played:next_time())
    assert.is_nil(played.over)
    played:advance(112)
    assert.is_true(played.over)
    played = player("@ order=trace\n> AT\n< OK\n> AT+X\n< OK", opts)
    said(played, "AT\r", 100)
    played:advance(160)
    assert.is_true(played.over)
  end)
end)

describe("A trace that is replayed", function()
  local TRACE = "@ order=trace\n@ echo=none\n> AT\n<&\n< OK\n<.\n<~100\n< RDY\n> AT+X\n<&\n< 1\n> AT+X\n<&\n< 2\n"

  it("is followed by who says what it says", function()
    local played = player(TRACE)
    assert.same({ "AT\rOKRDY", "AT+X\r1", "AT+X\r2" },
      { said(played, "AT\r", 0), said(played, "AT+X\r"), said(played, "AT+X\r") })
    assert.same({ {}, {} }, { played:differences(), played:unsaid() })
  end)

  it("answers ERROR to what it has not, and the last reply alone to what comes too often", function()
    local told = {}
    local played = player(TRACE, { tell = function(text) told[#told + 1] = text end })
    assert.equal("AT+Y\r\r\nERROR\r\n", said(played, "AT+Y\r", 0))
    assert.equal("AT\rOKRDY", said(played, "AT\r"))
    assert.equal("AT\rOK", said(played, "AT\r"))
    assert.same(told, played:differences())
    assert.equal(2, #told)
    assert.same({ "AT+X was never said", "AT+X was never said" }, played:unsaid())
  end)

  it("refuses an upload of another size, unless any package will do", function()
    local text = '@ order=trace\n@ echo=none\n> AT+QFUPL="f",3,5,1\n<&\n< \\r\\nCONNECT\\r\\n\n<=3 ' .. ("ab"):rep(32)
      .. "\n<@3\n< +QFUPL: 3,0\n"
    local other = 'AT+QFUPL="f",4,5,1\r'
    assert.equal(other .. "\r\nERROR\r\n", said(player(text), other, 0))
    local played = player(text, { any_package = true })
    assert.equal(other .. "\r\nCONNECT\r\n", said(played, other, 0))
    assert.equal(("\r\n+QFUPL: 4,%X\r\n\r\nOK\r\n"):format(core.sum16 "abcd"), said(played, "abcd"))
    assert.same({ {}, {} }, { played:differences(), played:unsaid() })
    played = player(text)
    assert.equal(1, #(said(played, 'AT+QFUPL="f",3,5,1\r', 0) and said(played, "abc") and played:differences()))
  end)

  it("swallows a ping that was never answered, as long as something is still to come", function()
    local played = player(TRACE)
    played.follower.entries[1].unanswered = true
    played:input("AT\r", 0)
    played:input("AT\r", 0.05)
    played:advance(1)
    assert.equal("AT\rOKRDY", played:output())
    assert.same({}, played:differences())
  end)
end)
