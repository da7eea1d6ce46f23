local Dialogue = require "support.dialogue"
local checksum = require "dfota.sim.checksum"

local BYTES = ("0123456789abcdef"):rep(200) -- 3200 bytes

local function result(bytes)
  return ("+QFUPL: %d,%04X"):format(#bytes, checksum(bytes))
end

local function begin(talk, size, rest)
  return talk:lines(('AT+QFUPL="a.bin",%d%s'):format(size, rest or ""))
end

describe("QFDWL in the simulated module", function()
  it("is unknown in every form if it is switched off", function()
    for _, form in ipairs { "=?", '="fota.pack"' } do
      assert.same({ "ERROR" }, Dialogue.new({ qfdwl = false, stale_pack = 3 }):lines("AT+QFDWL" .. form))
    end
    assert.same({ "OK" }, Dialogue.new():lines "AT+QFDWL=?")
  end)
end)

describe("QFUPL in the simulated module", function()
  it("answers CONNECT, takes exactly the size, and reports size and checksum", function()
    local talk = Dialogue.new()
    assert.same({ "CONNECT" }, begin(talk, #BYTES))
    assert.same({ result(BYTES), "OK" }, Dialogue.split(talk:send(BYTES)))
    assert.equal(BYTES, talk.m.files["a.bin"])
  end)

  it("loses bytes sent before CONNECT", function()
    local talk = Dialogue.new { connect_s = 0.5 }
    talk:ask('AT+QFUPL="a.bin",4', 0.1)
    assert.same({ "CONNECT" }, Dialogue.split(talk:send("lost")))
    assert.same({ result("kept"), "OK" }, Dialogue.split(talk:send("kept")))
  end)

  it("refuses an existing name, or overwrites it", function()
    local answers = { ["4012"] = "+CME ERROR: 4012", ["3921"] = "+CME ERROR: 3921", overwrite = "CONNECT" }
    for switch, expected in pairs(answers) do
      local talk = Dialogue.new { existing = switch, stale_pack = 10 }
      assert.same({ expected }, talk:lines('AT+QFUPL="fota.pack",5'))
    end
  end)

  it("reports a full file system before CONNECT, or in the middle", function()
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

  it("prints the checksum in lower case and without leading zeros, if set", function()
    local talk = Dialogue.new { sum_case = "lower", sum_pad = false }
    begin(talk, 2)
    assert.same({ "+QFUPL: 2,abc", "OK" }, Dialogue.split(talk:send("\x0A\xBC")))
  end)

  it("can refuse all but the first parameters", function()
    local talk = Dialogue.new { upload_params = 2, params_code = "4013" }
    assert.same({ "+CME ERROR: 4013" }, begin(talk, 5, ",5"))
    assert.same({ "CONNECT" }, begin(talk, 5))
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

  it("in RAM are lost after a reboot, in UFS they remain", function()
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
