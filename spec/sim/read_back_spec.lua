local Dialogue = require "support.dialogue"
local checksum = require "dfota.sim.checksum"

local BYTES = ("0123456789abcdef"):rep(200) -- 3200 bytes

local function with_file(spec)
  local talk = Dialogue.new(spec)
  talk.m.files["a.bin"] = BYTES
  return talk
end

local function result(bytes) return ("\r\n+QFDWL: %d,%04X\r\n\r\nOK\r\n"):format(#bytes, checksum(bytes)) end

describe("QFDWL in the simulated module", function()
  it("sends the file at the pace of the line, and its size and checksum after it", function()
    local talk = with_file { link = "9600" }
    local first = talk:ask('AT+QFDWL="a.bin"', 1)
    assert.is_true(#first > 700 and #first < 1000)
    assert.equal("\r\nCONNECT\r\n" .. BYTES .. result(BYTES), first .. talk:listen(5))
  end)

  it("ends early at +++, and understands commands then", function()
    local talk = with_file { link = "9600" }
    local before = talk:ask('AT+QFDWL="a.bin"', 1)
    local all = before .. talk:send("x+", 0.1) .. talk:send("++", 3)
    local sent = all:match "^\r\nCONNECT\r\n(.*)\r\n%+QFDWL"
    assert.is_true(#sent < #BYTES)
    assert.equal("\r\nCONNECT\r\n" .. BYTES:sub(1, #sent) .. result(BYTES:sub(1, #sent)), all)
    assert.same({ "OK" }, talk:lines "AT")
  end)

  it("changes or loses bytes on the line where it is told to", function()
    local talk = with_file { read_flip = "0", read_lose = "1+3199" }
    assert.equal("\r\nCONNECT\r\n" .. " " .. BYTES:sub(3, 3199) .. result(BYTES), talk:ask 'AT+QFDWL="a.bin"')
  end)

  it("may lose its power at a byte", function()
    local talk = with_file { power_cut = "read:1000", power_back_s = "never" }
    assert.equal("\r\nCONNECT\r\n" .. BYTES:sub(1, 1000), talk:ask 'AT+QFDWL="a.bin"')
    assert.equal("off", talk.m.state)
  end)

  it("refuses a file that is not there, or is not supported at all", function()
    assert.same({ "+CME ERROR: 4010" }, with_file({}):lines 'AT+QFDWL="b.bin"')
    assert.same({ "ERROR" }, with_file({ qfdwl = false }):lines 'AT+QFDWL="a.bin"')
  end)
end)
