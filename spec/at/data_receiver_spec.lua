local Channel = require "dfota.at.channel"
local ScriptedPort = require "support.scripted_port"
local core = require "dfota.core"
local data_receiver = require "dfota.at.data_receiver"

local RESULT = "\r\n+QFDWL: 5,0000\r\n\r\nOK\r\n"

describe("Receiving a file", function()
  local function is_result(line) return line:find "^%+QFDWL:" ~= nil end

  -- What is received of a file of `size` bytes, when the module sends these pieces, each with its delay.
  local function receive(size, pieces, more)
    local port, parts = ScriptedPort.new {}, {}
    local channel, after_s = Channel.new(port), 0
    for _, piece in ipairs(pieces) do
      after_s = after_s + piece[1]
      port:say(after_s, piece[2])
    end
    local opts = { size = size, idle_s = 10, result_s = 5, is_result = is_result, take = function(bytes)
      parts[#parts + 1] = bytes
      return true
    end }
    for name, value in pairs(more or {}) do opts[name] = value end
    local line, err = data_receiver(channel, opts)
    return table.concat(parts), line, err, channel
  end

  it("gives its bytes and then the result line, however they come", function()
    local all = "\r\nA\0\255" .. RESULT
    for at = 1, #all - 1 do
      local bytes, line = receive(5, { { 0, all:sub(1, at) }, { 0.1, all:sub(at + 1) } })
      assert.same({ "\r\nA\0\255", "+QFDWL: 5,0000" }, { bytes, line })
    end
  end)

  it("skips the LF that still belongs to the line of CONNECT", function()
    assert.equal("hello", (receive(5, { { 0, "\nhello" .. RESULT } })))
  end)

  it("goes on as long as there is no longer silence than allowed", function()
    local bytes, line = receive(5, { { 9, "he" }, { 9, "ll" }, { 9, "o" .. RESULT } })
    assert.same({ "hello", "+QFDWL: 5,0000" }, { bytes, line })
  end)

  it("ends after that silence, and says how far it came", function()
    local _, line, err, channel = receive(5, { { 0, "hel" } })
    assert.is_nil(line)
    assert.equal("stalled", err.kind)
    assert.matches("sent 3 of 5 bytes, and then nothing for 10 s", err.message)
    assert.equal(10, channel.port:now())
  end)

  it("does not wait as long if the module is already through, because bytes were lost", function()
    local _, line, err, channel = receive(100, { { 0, "hello" .. RESULT } })
    assert.is_nil(line)
    assert.matches("lost on the line", err.message)
    assert.equal(1, channel.port:now())
  end)

  it("ends where its bytes cannot be kept", function()
    local full = core.error("usage", "disk full")
    local _, line, err = receive(5, { { 0, "hello" .. RESULT } }, { take = function() return nil, full end })
    assert.is_nil(line)
    assert.equal(full, err)
  end)

  it("reports how much came", function()
    local seen = {}
    local function note(n, of) seen[#seen + 1] = n .. "/" .. of end
    receive(5, { { 0, "hel" }, { 0, "lo" .. RESULT } }, { progress = note })
    assert.same({ "3/5", "5/5" }, seen)
  end)

  for tail, kind in pairs {
    ["\r\nERROR\r\n"] = "refused", ["\r\n+CME ERROR: 4004\r\n"] = "cme", ["\r\nRDY\r\n"] = "reboot",
    ["\r\nUNDER_VOLTAGE WARNING \r\n"] = "power", ["more and more"] = "timeout",
  } do
    it(("fails if %q follows it"):format(tail), function()
      local _, line, err = receive(5, { { 0, "hello" .. tail } })
      assert.is_nil(line)
      assert.equal(kind, err.kind)
    end)
  end

  it("has no result if only OK follows, and hands on a line that nobody asked for", function()
    local _, line, _, channel = receive(5, { { 0, "hello\r\n+CREG: 1\r\n\r\nOK\r\n" } })
    assert.is_false(line)
    assert.equal("+CREG: 1", channel:queued())
  end)

  it("drops what a file has beyond the size that was listed", function()
    local bytes, line, _, channel = receive(5, { { 0, "hello world\r\nx" .. RESULT } })
    assert.same({ "hello", "+QFDWL: 5,0000" }, { bytes, line })
    assert.is_nil(channel:queued())
  end)
end)
