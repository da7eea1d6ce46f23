-- Data mode as seen by a client, through AT+QFUPL; the command itself belongs to commands/files.
local Dialogue = require "support.dialogue"
local checksum = require "dfota.sim.checksum"

local BYTES = ("0123456789abcdef"):rep(200) -- 3200 bytes

local function result(bytes)
  return ("+QFUPL: %d,%04X"):format(#bytes, checksum(bytes))
end

local function begin(talk, size, rest)
  return talk:lines(('AT+QFUPL="a.bin",%d%s'):format(size, rest or ""))
end

describe("Data mode of the simulated module", function()
  it("does not depend on how the bytes are split", function()
    for _, size in ipairs { 1, 7, 1024, 1500 } do
      local talk = Dialogue.new()
      begin(talk, #BYTES)
      local answer = ""
      for i = 1, #BYTES, size do answer = answer .. talk:send(BYTES:sub(i, i + size - 1), 0) end
      assert.same({ result(BYTES), "OK" }, Dialogue.split(answer .. talk:listen(1)))
    end
  end)

  it("treats what is past the size as a command line", function()
    local talk = Dialogue.new()
    begin(talk, 10)
    local lines = Dialogue.split(talk:send(BYTES:sub(1, 10) .. "AT+GSN\r"))
    assert.same({ result(BYTES:sub(1, 10)), "OK", "861234567890127", "OK" }, lines)
  end)

  -- size, ack_last, acknowledgements
  local cases = { { 1023, true, 0 }, { 1024, true, 1 }, { 1024, false, 0 }, { 3000, true, 2 }, { 3072, false, 2 } }
  for _, case in ipairs(cases) do
    it(("acknowledges %d bytes with %d A (ack_last=%s)"):format(case[1], case[3], tostring(case[2])), function()
      local talk = Dialogue.new { ack_last = case[2] }
      begin(talk, case[1], ",5,1")
      local answer = talk:send(BYTES:sub(1, case[1]))
      assert.equal(("A"):rep(case[3]) .. "\r\n+QFUPL", answer:match("^(A*\r\n%+QFUPL)"))
    end)
  end

  it("sends each A at its block's end, late or framed if set", function()
    local talk = Dialogue.new { ack_crlf = true, ack_s = 0.3 }
    begin(talk, 3000, ",5,1")
    assert.equal("", talk:send(BYTES:sub(1, 1023)))
    assert.equal("", talk:send("x", 0.2))
    assert.equal("\r\nA\r\n", talk:listen(0.2))
  end)

  it("ends at any +++, also in pieces, and keeps what came before", function()
    for _, pieces in ipairs { { "abc+++", "AT\r" }, { "abc+", "+", "+AT\r" }, { "abc++", "+AT\r" } } do
      local talk = Dialogue.new()
      begin(talk, 100)
      local answer = ""
      for _, piece in ipairs(pieces) do answer = answer .. talk:send(piece, 0) end
      assert.same({ result("abc"), "OK", "OK" }, Dialogue.split(answer .. talk:listen(1)))
      assert.equal("abc", talk.m.files["a.bin"])
    end
  end)

  it("with a guard time treats +++ within data as content, and a lone one as the end", function()
    local talk = Dialogue.new { plus_guard_s = 0.5 }
    begin(talk, 100)
    assert.equal("", talk:send("abc+++def", 1))
    assert.equal("", talk:send("+++", 0.4))
    assert.same({ result("abc+++def"), "OK" }, Dialogue.split(talk:listen(1)))
  end)

  it("after the time-out keeps the partial file with OK, or fails with 4009", function()
    local talk = Dialogue.new()
    begin(talk, 100, ",3")
    assert.equal("", talk:send("abc", 2.9))
    assert.equal("", talk:send("def", 2.9))
    assert.same({ result("abcdef"), "OK" }, Dialogue.split(talk:listen(1)))
    talk = Dialogue.new { upload_timeout = "cme" }
    begin(talk, 100, ",3")
    assert.same({ "+CME ERROR: 4009" }, Dialogue.split(talk:send("abc", 4)))
  end)

  it("can lose acknowledgements, all or some, and put garbage before them", function()
    local function acks(spec)
      local talk = Dialogue.new(spec)
      begin(talk, 3072, ",5,1")
      return (talk:send(BYTES:rep(3):sub(1, 3072)):match("^(.-)\r\n%+QFUPL: 3072,"))
    end
    assert.equal("AAA", acks {})
    assert.equal("AA", acks { ack_lose = "2" })
    assert.equal("", acks { ack_lose = "all" })
    assert.truthy(acks({ ack_noise = "2" }):find("^A[^A]+AA$"))
  end)

  it("loses what its receive buffer cannot hold while flash is written, but nothing in ACK mode", function()
    local spec = { stall_every = 1024, stall_s = 0.5, rx_buffer = 100 }
    local talk = Dialogue.new(spec)
    begin(talk, 3072, ",2")
    assert.equal(result(BYTES:sub(1, 1124)), talk:send(BYTES:sub(1, 3072), 5):match("%+QFUPL[^\r]+"))
    talk = Dialogue.new(spec)
    begin(talk, 3072, ",5,1")
    for i = 1, 2048, 1024 do
      assert.equal("", talk:send(BYTES:sub(i, i + 1023), 0.4))
      assert.equal("A", talk:listen(0.2))
    end
    assert.equal("A" .. "\r\n" .. result(BYTES:sub(1, 3072)) .. "\r\n\r\nOK\r\n", talk:send(BYTES:sub(2049, 3072)))
  end)

  it("can stop the line by flow control while flash is written", function()
    local talk = Dialogue.new { stall_every = 1024, rx_buffer = 0, ifc = "2+2" }
    talk.m:line(115200, true)
    begin(talk, 2048, ",2")
    talk:send(BYTES:sub(1, 1024), 0.1)
    assert.equal(0, talk.m:room())
    talk:listen(0.2)
    assert.truthy(talk.m:room() > 0)
    talk:send(BYTES:sub(1025, 2048))
    assert.equal(BYTES:sub(1, 2048), talk.m.files["a.bin"])
  end)

  it("can flip and lose single bytes on the line", function()
    local talk = Dialogue.new { upload_flip = "1", upload_lose = "3+4" }
    begin(talk, 6, ",2")
    talk:send("abcdef", 5)
    assert.equal("arcf", talk.m.files["a.bin"])
  end)

  it("takes the time of writing flash after the last byte", function()
    local talk = Dialogue.new { flash_s = 2, ack_s = 1 }
    begin(talk, 5, ",5")
    assert.equal("", talk:send("hello", 2.9))
    assert.same({ result "hello", "OK" }, Dialogue.split(talk:listen(0.2)))
  end)

  it("restarts its time-out with each byte", function()
    local talk = Dialogue.new()
    begin(talk, 4, ",5")
    for byte in ("abc"):gmatch "." do assert.equal("", talk:send(byte, 4.9)) end
    assert.same({ result "abc", "OK" }, Dialogue.split(talk:listen(0.2)))
  end)

  it("has the checksum of what it received, not of what was sent", function()
    local talk = Dialogue.new { upload_lose = "0" }
    begin(talk, 3, ",1")
    assert.same({ result "bc", "OK" }, Dialogue.split(talk:send("abc", 3)))
  end)

  it("acknowledges each block once, however its bytes are split", function()
    for _, size in ipairs { 1, 1000, 1024, 1025, 2048, 5000 } do
      local talk = Dialogue.new()
      begin(talk, 5000, ",5,1")
      local bytes, answer = BYTES:rep(2):sub(1, 5000), ""
      for i = 1, 5000, size do answer = answer .. talk:send(bytes:sub(i, i + size - 1), 0) end
      assert.equal("AAAA", (answer .. talk:listen(1)):match "^(A*)\r\n%+QFUPL")
    end
  end)

  it("ends at a +++ across two pieces, wherever it is split", function()
    for cut = 1, 8 do
      local talk = Dialogue.new()
      begin(talk, 100, ",5")
      local text = "abc+++AT"
      local answer = talk:send(text:sub(1, cut), 0) .. talk:send(text:sub(cut + 1) .. "\r", 1)
      assert.same({ result "abc", "OK", "OK" }, Dialogue.split(answer), cut)
      assert.equal("abc", talk.m.files["a.bin"])
    end
  end)

  it("treats two plus signs as content", function()
    local talk = Dialogue.new()
    begin(talk, 6, ",5")
    assert.same({ result "a++b++", "OK" }, Dialogue.split(talk:send "a++b++"))
  end)

  it("with a guard time does not end at a +++ with something close before or after it", function()
    for name, pieces in pairs {
      ["close before"] = { { "ab", 0.1 }, { "+++", 2 } },
      ["close behind"] = { { "ab", 2 }, { "+++", 0.1 }, { "c", 0.1 } },
      ["four of them"] = { { "ab", 2 }, { "++++", 2 } },
    } do
      local talk, all = Dialogue.new { plus_guard_s = 0.5 }, ""
      begin(talk, 50, ",9")
      for _, piece in ipairs(pieces) do
        all = all .. piece[1]
        assert.equal("", talk:send(piece[1], piece[2]), name)
      end
      assert.same({ result(all), "OK" }, Dialogue.split(talk:listen(20)))
    end
  end)

  it("with a guard time ends at a lone +++, even if sent sign by sign", function()
    local talk = Dialogue.new { plus_guard_s = 0.5 }
    begin(talk, 50, ",9")
    talk:send("ab", 1)
    local answer = ""
    for _ = 1, 3 do answer = answer .. talk:send("+", 0.1) end
    assert.same({ result "ab", "OK" }, Dialogue.split(answer .. talk:listen(1)))
  end)

  it("stops if there is no space, and what follows is a command line", function()
    local talk = Dialogue.new { ufs_size = 1000, full = "during", full_code = 3916 }
    begin(talk, 2000, ",5")
    assert.same({ "+CME ERROR: 3916", "OK" }, Dialogue.split(talk:send(BYTES:sub(1, 1001)) .. talk:ask "AT"))
  end)

  it("accepts as many bytes as there is space for", function()
    local talk = Dialogue.new { ufs_size = 1000, full = "during" }
    begin(talk, 1000, ",5")
    assert.same({ result(BYTES:sub(1, 1000)), "OK" }, Dialogue.split(talk:send(BYTES:sub(1, 1000))))
  end)

  it("leaves a partial file after a power cut, or none", function()
    for kept, expected in pairs { [true] = "hell", [false] = false } do
      local talk = Dialogue.new { partial_kept = kept }
      begin(talk, 5, ",5")
      talk:send("hell", 0.1)
      talk.m:power(false)
      assert.equal(expected or nil, talk.m.files["a.bin"])
    end
  end)

  it("is silent in an ended life", function()
    local talk = Dialogue.new { flash_s = 5, boot_lines = false }
    begin(talk, 5, ",5")
    talk:send("hello", 1)
    talk.m:power(false)
    talk.m:power(true)
    assert.equal("", talk:listen(30))
    assert.same({ "OK" }, talk:lines "AT")
  end)

  it("has faults at the given byte, and not one byte later", function()
    for _, at in ipairs { 1, 5, 1024, 3000 } do
      local talk = Dialogue.new { hang = "upload:" .. at, partial_kept = true }
      begin(talk, 3200, ",5")
      talk:send(BYTES, 1)
      assert.same({ "hung", at }, { talk.m.state, #talk.m.files["a.bin"] })
    end
  end)

  it("returns what is no longer data", function()
    for size, bytes in pairs { [5] = "helloAT", [50] = "he+++AT" } do
      local talk = Dialogue.new()
      begin(talk, size, ",5")
      assert.equal("AT", talk.m.data:feed(bytes))
      assert.is_nil(talk.m.data)
    end
  end)
end)
