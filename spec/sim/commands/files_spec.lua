local Dialogue = require "support.dialogue"
local checksum = require "dfota.sim.checksum"

local BYTES = ("0123456789abcdef"):rep(200) -- 3200 bytes

local function result(bytes)
  return ("+QFUPL: %d,%04X"):format(#bytes, checksum(bytes))
end

local function begin(talk, size, rest)
  return talk:lines(('AT+QFUPL="a.bin",%d%s'):format(size, rest or ""))
end

describe("QFUPL in the simulated module", function()
  it("says CONNECT, takes exactly the size, and tells size and sum", function()
    local talk = Dialogue.new()
    assert.same({ "CONNECT" }, begin(talk, #BYTES))
    assert.same({ result(BYTES), "OK" }, Dialogue.split(talk:send(BYTES)))
    assert.equal(BYTES, talk.m.files["a.bin"])
  end)

  it("does not care how the bytes are cut", function()
    for _, size in ipairs { 1, 7, 1024, 1500 } do
      local talk = Dialogue.new()
      begin(talk, #BYTES)
      local answer = ""
      for i = 1, #BYTES, size do answer = answer .. talk:send(BYTES:sub(i, i + size - 1), 0) end
      assert.same({ result(BYTES), "OK" }, Dialogue.split(answer .. talk:listen(1)))
    end
  end)

  it("takes what is past the size for a command line", function()
    local talk = Dialogue.new()
    begin(talk, 10)
    local lines = Dialogue.split(talk:send(BYTES:sub(1, 10) .. "AT+GSN\r"))
    assert.same({ result(BYTES:sub(1, 10)), "OK", "861234567890127", "OK" }, lines)
  end)

  it("loses bytes that come before CONNECT", function()
    local talk = Dialogue.new { connect_s = 0.5 }
    talk:ask('AT+QFUPL="a.bin",4', 0.1)
    assert.same({ "CONNECT" }, Dialogue.split(talk:send("lost")))
    assert.same({ result("kept"), "OK" }, Dialogue.split(talk:send("kept")))
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

  it("sends each A at its block's end, late or in a frame if switched so", function()
    local talk = Dialogue.new { ack_crlf = true, ack_s = 0.3 }
    begin(talk, 3000, ",5,1")
    assert.equal("", talk:send(BYTES:sub(1, 1023)))
    assert.equal("", talk:send("x", 0.2))
    assert.equal("\r\nA\r\n", talk:listen(0.2))
  end)

  it("ends at any +++, also one that comes in pieces, and keeps what came before", function()
    for _, pieces in ipairs { { "abc+++", "AT\r" }, { "abc+", "+", "+AT\r" }, { "abc++", "+AT\r" } } do
      local talk = Dialogue.new()
      begin(talk, 100)
      local answer = ""
      for _, piece in ipairs(pieces) do answer = answer .. talk:send(piece, 0) end
      assert.same({ result("abc"), "OK", "OK" }, Dialogue.split(answer .. talk:listen(1)))
      assert.equal("abc", talk.m.files["a.bin"])
    end
  end)

  it("with a guard time takes +++ in the flow as content, and a lone one as the end", function()
    local talk = Dialogue.new { plus_guard_s = 0.5 }
    begin(talk, 100)
    assert.equal("", talk:send("abc+++def", 1))
    assert.equal("", talk:send("+++", 0.4))
    assert.same({ result("abc+++def"), "OK" }, Dialogue.split(talk:listen(1)))
  end)

  it("after the time-out keeps the short file with OK, or fails with 4009", function()
    local talk = Dialogue.new()
    begin(talk, 100, ",3")
    assert.equal("", talk:send("abc", 2.9))
    assert.equal("", talk:send("def", 2.9))
    assert.same({ result("abcdef"), "OK" }, Dialogue.split(talk:listen(1)))
    talk = Dialogue.new { upload_timeout = "cme" }
    begin(talk, 100, ",3")
    assert.same({ "+CME ERROR: 4009" }, Dialogue.split(talk:send("abc", 4)))
  end)

  it("refuses a name that is there, or overwrites it", function()
    local answers = { ["4012"] = "+CME ERROR: 4012", ["3921"] = "+CME ERROR: 3921", overwrite = "CONNECT" }
    for switch, expected in pairs(answers) do
      local talk = Dialogue.new { existing = switch, stale_pack = 10 }
      assert.same({ expected }, talk:lines('AT+QFUPL="fota.pack",5'))
    end
  end)

  it("tells that there is no room before CONNECT, or in the middle", function()
    local talk = Dialogue.new { ufs_size = 1000, ufs_used = 100 }
    assert.same({ "+QFLDS: 900,1000", "OK" }, talk:lines('AT+QFLDS="UFS"'))
    assert.same({ "+CME ERROR: 4008" }, begin(talk, 901))
    assert.same({ "CONNECT" }, begin(talk, 900))
    talk = Dialogue.new { ufs_size = 1000, full = "during", full_code = 3916 }
    assert.same({ "CONNECT" }, begin(talk, 1001))
    assert.same({ "+CME ERROR: 3916" }, Dialogue.split(talk:send(BYTES:sub(1, 1001))))
  end)

  it("refuses bad names, sizes, time-outs and modes", function()
    local talk = Dialogue.new()
    for arguments, code in pairs {
      ['""'] = 3920, ['"a/b"'] = 3920, ['"' .. ("n"):rep(81) .. '"'] = 3920, ["a"] = 3765, ['"a",0'] = 3765,
      ['"a",x'] = 3765, ['"a",10,0'] = 3765, ['"a",10,65536'] = 3765, ['"a",10,5,2'] = 3765, ['"a",10,5,1,1'] = 3765,
    } do
      assert.same({ "+CME ERROR: " .. code }, talk:lines("AT+QFUPL=" .. arguments))
    end
  end)

  it("prints the sum in lower case and without leading zeros, if switched so", function()
    local talk = Dialogue.new { sum_case = "lower", sum_pad = false }
    begin(talk, 2)
    assert.same({ "+QFUPL: 2,abc", "OK" }, Dialogue.split(talk:send("\x0A\xBC")))
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

  it("loses what its receive buffer does not hold while the flash is written, and nothing in ACK mode", function()
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

  it("can hold the line by flow control while the flash is written", function()
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

  it("can refuse all parameters but the first ones", function()
    local talk = Dialogue.new { upload_params = 2, params_code = "4013" }
    assert.same({ "+CME ERROR: 4013" }, begin(talk, 5, ",5"))
    assert.same({ "CONNECT" }, begin(talk, 5))
  end)

  it("can turn and lose single bytes on the way", function()
    local talk = Dialogue.new { upload_flip = "1", upload_lose = "3+4" }
    begin(talk, 6, ",2")
    talk:send("abcdef", 5)
    assert.equal("arcf", talk.m.files["a.bin"])
  end)
end)

describe("The simulated module's files", function()
  it("are listed, read back and deleted", function()
    local talk = Dialogue.new()
    begin(talk, 5)
    talk:send("hello")
    assert.same({ '+QFLST: "a.bin",5', "OK" }, talk:lines("AT+QFLST"))
    assert.same({ '+QFLST: "a.bin",5', "OK" }, talk:lines('AT+QFLST="a.bin"'))
    assert.same({ "OK" }, talk:lines('AT+QFLST="b.bin"'))
    assert.same({ "+QFLDS: 5,1", "OK" }, talk:lines("AT+QFLDS"))
    local read_back = ("\r\nCONNECT\r\nhello\r\n+QFDWL: 5,%04X\r\n\r\nOK\r\n"):format(checksum("hello"))
    assert.equal(read_back, talk:ask('AT+QFDWL="a.bin"'))
    assert.same({ "OK" }, talk:lines('AT+QFDEL="a.bin"'))
    assert.same({ "+CME ERROR: 4010" }, talk:lines('AT+QFDEL="a.bin"'))
    assert.same({ "OK" }, talk:lines('AT+QFDEL="*"'))
  end)

  it("in RAM are gone after a reboot, in UFS they stay", function()
    local talk = Dialogue.new()
    for _, name in ipairs { "RAM:r.bin", "u.bin" } do
      talk:ask(('AT+QFUPL="%s",2'):format(name))
      talk:send("ab")
    end
    assert.same({ '+QFLST: "RAM:r.bin",2', "OK" }, talk:lines('AT+QFLST="RAM:*"'))
    talk:ask("AT+CFUN=1,1", 10)
    assert.same({ "OK" }, talk:lines('AT+QFLST="RAM:*"'))
    assert.same({ '+QFLST: "u.bin",2', "OK" }, talk:lines("AT+QFLST"))
  end)
end)
