local Dialogue = require "support.dialogue"

local function count(text, what)
  local _, n = text:gsub(what:gsub("%p", "%%%0"), "")
  return n
end

local function update(spec, seconds)
  local talk = Dialogue.new(spec)
  talk:upload(talk:package())
  return talk:ask("AT+QFOTADL=1", seconds or 60), talk
end

describe("A power cut", function()
  it("during the upload leaves the module on its source, and perhaps a partial file", function()
    for kept, size in pairs { [true] = 700, [false] = 0 } do
      local talk = Dialogue.new { power_cut = "upload:700", partial_kept = kept }
      talk:ask('AT+QFUPL="fota.pack",1500,5,0')
      local answer = talk:send(talk:package(), 10)
      assert.equal("RDY", answer:match("^%s*(%w+)"))
      assert.equal(size, #(talk.m.files["fota.pack"] or ""))
      assert.same({ "Revision: MC65FAR01A01", "OK" }, talk:lines("AT+CGMR"))
    end
  end)

  it("at any byte of the upload stops at that byte", function()
    for at = 1, 1500, 93 do
      local talk = Dialogue.new { power_cut = "upload:" .. at }
      talk:ask('AT+QFUPL="fota.pack",1500,5,0')
      talk:send(talk:package(), 10)
      assert.equal(at, #talk.m.files["fota.pack"])
    end
  end)

  it("during the download discards it", function()
    local talk = Dialogue.new { power_cut = "download:40" }
    talk:attach()
    local answer = talk:ask('AT+QFOTADL="http://a/b"', 60)
    assert.equal(5, count(answer, "DOWNLOADING"))
    assert.equal(0, count(answer, "UPDATING"))
    assert.equal("ready", talk.m.state)
    assert.equal("MC65FAR01A01", talk.m.revision)
  end)

  it("at any percentage of UPDATING is followed by START and UPDATING from the beginning, and succeeds", function()
    for percent = 2, 100, 2 do
      local answer, talk = update { power_cut = "update:" .. percent }
      assert.equal(2, count(answer, '"START"'))
      assert.equal(percent // 2 + 50, count(answer, "UPDATING"))
      assert.equal(1, count(answer, '"END",0'))
      assert.equal("B", talk.m.revision)
    end
  end)

  it("may come repeatedly", function()
    local answer, talk = update { power_cut = "update:20+update:60+update:60+end" }
    assert.equal(4, count(answer, '"START"'))
    assert.equal(10 + 30 + 30 + 50, count(answer, "UPDATING"))
    assert.equal("B", talk.m.revision)
  end)

  it("right after END may make it update again, if set", function()
    local answer = update { power_cut = "end", redo_after_end = true }
    assert.equal(2, count(answer, '"END",0'))
    assert.equal(1, count(update { power_cut = "end" }, '"END",0'))
  end)

  it("lasts as long as set, or until it is switched on", function()
    local talk = select(2, update { power_cut = "update:50", power_back_s = "never" })
    assert.equal("off", talk.m.state)
    talk.m:power(true, talk.t)
    assert.equal(1, count(talk:listen(30), '"END",0'))
  end)

  it("may come at a time, a line, a command or a named URC", function()
    for _, place in ipairs { "time:5", "line:2", "command:CSQ", "reply:CSQ" } do
      local talk = Dialogue.new { power_cut = place, power_back_s = "never" }
      talk:ask("AT+CSQ", 6)
      assert.equal("off", talk.m.state, place)
    end
    local _, talk = update({ power_cut = "urc:start" }, 2)
    assert.equal("off", talk.m.state)
  end)

  it("loses what was still on the line, but nothing that had arrived", function()
    local talk = Dialogue.new { power_cut = "reply:GSN", link = "9600" }
    local answer = talk:ask("AT+GSN", 1)
    assert.equal("", answer)
    talk = Dialogue.new { power_cut = "reply:GSN" }
    assert.equal("\r\n861234567890127\r\n\r\nOK\r\n", talk:ask("AT+GSN", 1))
  end)
end)

describe("Other accidents of the module", function()
  it("a hang lasts until power is cycled; an update that hung then continues", function()
    local answer, talk = update { hang = "update:30" }
    assert.equal(15, count(answer, "UPDATING"))
    assert.equal("", talk:ask("AT", 100))
    talk.m:power(false, talk.t)
    talk.m:power(true, talk.t)
    assert.equal(1, count(talk:listen(30), '"END",0'))
  end)

  it("a crash is a reboot without notice", function()
    local talk = Dialogue.new { crash = "command:CSQ" }
    assert.equal("RDY", talk:ask("AT+CSQ", 10):match("^%s*(%w+)"))
  end)

  it("low voltage is a warning with a trailing space, or a power-down", function()
    assert.equal("\r\nUNDER_VOLTAGE WARNING \r\n", Dialogue.new({ low_voltage = "time:1" }):listen(2))
    local talk = Dialogue.new { under_voltage = "upload:100", power_back_s = "never" }
    talk:ask('AT+QFUPL="a",500')
    assert.equal("\r\nUNDER_VOLTAGE POWER DOWN \r\n", talk:send(("x"):rep(500)))
    assert.equal("off", talk.m.state)
  end)

  it("NORMAL POWER DOWN may come during an upload", function()
    local talk = Dialogue.new { power_down = "upload:100", power_back_s = "never" }
    talk:ask('AT+QFUPL="a",500')
    assert.equal("\r\nNORMAL POWER DOWN\r\n", talk:send(("x"):rep(500)))
  end)

  it("a module created while updating finishes by itself", function()
    local talk = Dialogue.new { state = "update" }
    local answer = talk:listen(30)
    assert.equal(1, count(answer, '"START"'))
    assert.equal("MC65FAR01A02", talk.m.revision)
    assert.equal(0, talk.m.triggers)
  end)
end)

describe("Faults of the line", function()
  local good = "\r\n+CSQ: 25,0\r\n\r\nOK\r\n"

  it("drop, double, delay, split and corrupt only the given line", function()
    assert.equal("\r\n+CSQ: 25,0\r\n", Dialogue.new({ drop_at = "2" }):ask("AT+CSQ"))
    assert.equal("\r\n+CSQ: 25,0\r\n\r\nOK\r\n\r\nOK\r\n", Dialogue.new({ double_at = "2" }):ask("AT+CSQ"))
    local late = Dialogue.new { delay_at = "2", delay_s = 4 }
    assert.equal("\r\n+CSQ: 25,0\r\n", late:ask("AT+CSQ", 3.9))
    assert.equal("\r\nOK\r\n", late:listen(1))
    local torn = Dialogue.new { split_at = "2", split_s = 3 }
    local head = torn:ask("AT+CSQ", 2.9)
    assert.truthy(#head > #good - 6 and #head < #good, head)
    assert.equal(good, head .. torn:listen(1))
    local spoilt = Dialogue.new({ garble_at = "1" }):ask("AT+CSQ")
    assert.equal(#good, #spoilt)
    assert.not_equal(good, spoilt)
    assert.equal("\r\nOK\r\n", spoilt:sub(-6))
    local noisy = Dialogue.new({ noise_at = "1" }):ask("AT+CSQ")
    assert.equal(good, noisy:sub(-#good))
    assert.truthy(#noisy > #good)
  end)

  it("come with their probability", function()
    local talk = Dialogue.new { drop = 0.25 }
    local missing = 0
    for _ = 1, 1000 do
      if not talk:ask("AT", 0.01):find("OK") then missing = missing + 1 end
    end
    assert.truthy(missing > 200 and missing < 300, missing)
  end)

  it("corrupt single characters of every line, or of the replies to one command", function()
    local talk = Dialogue.new { garble_char = 0.02, garble_in = "I" }
    local spoilt = 0
    for _ = 1, 200 do
      assert.equal(good, talk:ask("AT+CSQ", 0.1))
      local answer = talk:ask("ATI", 0.1)
      if not answer:find("\r\nRevision: MC65FAR01A01\r\n", 1, true) then spoilt = spoilt + 1 end
    end
    assert.truthy(spoilt > 50 and spoilt < 150, spoilt)
    local all = Dialogue.new { garble_char = 0.2 }
    assert.not_equal(good, all:ask("AT+CSQ"))
  end)

  it("make one character of the revision wrong in the given replies only", function()
    local talk = Dialogue.new { ati_wrong = "2+3" }
    local told = {}
    for i = 1, 4 do told[i] = talk:ask("ATI"):match("Revision: (%w+)\r") end
    assert.equal("MC65FAR01A01", told[1])
    assert.equal("MC65FAR01A01", told[4])
    for _, i in ipairs { 2, 3 } do
      assert.equal(12, #told[i])
      assert.not_equal("MC65FAR01A01", told[i])
    end
  end)
end)
