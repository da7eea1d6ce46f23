local Dialogue = require "support.dialogue"

local function count(lines, text)
  local n = 0
  for _, line in ipairs(lines) do
    if line:find(text, 1, true) then n = n + 1 end
  end
  return n
end

local function index(lines, text)
  for i, line in ipairs(lines) do
    if line:find(text, 1, true) then return i end
  end
end

describe("An update from a file", function()
  it("runs from OK through START, UPDATING and END to the new revision", function()
    local talk = Dialogue.new()
    local lines = talk:update()
    assert.same({ "OK", '+QIND: "FOTA","START"', '+QIND: "FOTA","UPDATING", 2%', '+QIND: "FOTA","UPDATING",4%' },
      table.move(lines, 1, 4, 1, {}))
    assert.equal(50, count(lines, "UPDATING"))
    assert.equal('+QIND: "FOTA","END",0', lines[index(lines, "END")])
    assert.truthy(index(lines, "END") < index(lines, "RDY"))
    assert.equal("B", talk.m.revision)
    assert.same({ "Revision: B", "OK" }, talk:lines("AT+CGMR"))
    assert.equal(1, talk.m.triggers)
    assert.is_nil(talk.m.files["fota.pack"])
  end)

  it("does not answer AT meanwhile", function()
    local talk = Dialogue.new()
    talk:update(2)
    assert.equal("update", talk.m.state)
    assert.equal(0, count(talk:lines("AT", 0.5), "OK"))
  end)

  it("is spelt as in the note's table, its example or a boot loader", function()
    assert.truthy(index(Dialogue.new({ spelling = "table" }):update(), '"UPDATING",2'))
    assert.truthy(index(Dialogue.new({ spelling = "table" }):update(), '"END", 0'))
    assert.truthy(index(Dialogue.new({ spelling = "example" }):update(), '"UPDATING", 2%'))
    local rda = Dialogue.new({ spelling = "rda", update_blocks = 300 }):update()
    assert.equal(300, count(rda, "UPDATING"))
    assert.equal('+QIND: "FOTA","UPDATING",0', rda[3])
  end)

  it("prints START before or after the first reboot, END before or after the last", function()
    local early = Dialogue.new { start = "before" }
    assert.same({ "OK", '+QIND: "FOTA","START"' }, early:update(0.5))
    local late = Dialogue.new({ ["end"] = "after" }):update()
    assert.equal(index(late, "RDY") + 1, index(late, "END"))
  end)

  it("loses or doubles any of its lines, if set", function()
    local lines = Dialogue.new({ lost = "ok+start+end" }):update()
    assert.equal(0, count(lines, "OK") + count(lines, "START") + count(lines, "END"))
    assert.equal(50, count(lines, "UPDATING"))
    assert.equal(2, count(Dialogue.new({ twice = "end" }):update(), "END"))
  end)

  it("ends with 100 %, whatever its step", function()
    local lines = Dialogue.new({ update_step = 30, spelling = "table" }):update()
    assert.equal(4, count(lines, "UPDATING"))
    assert.equal(index(lines, '"UPDATING",90') + 1, index(lines, '"UPDATING",100'))
  end)

  it("has other percentages, other words and unknown stages, if set", function()
    local lines = Dialogue.new({ update_percents = "0+9+9+57+100" }):update()
    assert.equal(2, count(lines, '"UPDATING",9%'))
    assert.equal(5, count(lines, "UPDATING"))
    lines = Dialogue.new({ rename = "updating:FLASH%+end:DONE", extra = "start:RESTORE" }):update()
    assert.equal(50, count(lines, '"FLASH%",'))
    assert.equal(0, count(lines, "UPDATING") + count(lines, "END"))
    assert.equal(index(lines, "START"), index(lines, '+QIND: "FOTA","RESTORE"') + 1)
    assert.truthy(index(lines, '+QIND: "FOTA","DONE",0'))
  end)

  it("reboots once more in the middle, if set", function()
    local talk = Dialogue.new { second_reboot = "40" }
    local lines = talk:update()
    assert.equal(50, count(lines, "UPDATING"))
    assert.equal("B", talk.m.revision)
  end)

  it("is printed at 115200 in adaptive mode, and silent after the reboot until trained", function()
    local talk = Dialogue.new { ipr = 0 }
    talk.m:line(9600)
    talk:ask("AT")
    talk:upload(talk:package())
    assert.same({ "OK" }, talk:lines("AT+QFOTADL=1", 0.5))
    assert.is_nil(talk:listen(1):find("FOTA"))
    talk.m:line(115200)
    local rest = talk:listen(20)
    assert.truthy(rest:find('"END",0', 1, true))
    assert.is_nil(rest:find("RDY"))
    assert.same({ "OK" }, talk:lines("AT"))
  end)

  it("is supported, or not", function()
    assert.same({ "OK" }, Dialogue.new():lines("AT+QFOTADL=?"))
    assert.same({ "ERROR" }, Dialogue.new({ qfotadl = false }):lines("AT+QFOTADL=?"))
  end)

  it("requires fota.pack to exist, complete, not too large, and for the current revision", function()
    local talk = Dialogue.new()
    assert.same({ "+CME ERROR: 6506" }, talk:lines("AT+QFOTADL=1"))
    assert.same({ "+CME ERROR: 6501" }, talk:lines("AT+QFOTADL=2"))
    assert.same({ "+CME ERROR: 6507" }, Dialogue.new({ stale_pack = 100 }):lines("AT+QFOTADL=1"))
    assert.same({ "+CME ERROR: 6502" }, Dialogue.new({ stale_pack = 100, pack_max = 99 }):lines("AT+QFOTADL=1"))
  end)

  for where, expected in pairs { command = "+CME ERROR: 6507", ["end"] = '+QIND: "FOTA","END",6508' } do
    it("refuses a package for another revision at the " .. where, function()
      local talk = Dialogue.new { wrong_source = where }
      talk:upload(talk:package("OTHER"))
      assert.truthy(index(talk:lines("AT+QFOTADL=1", 30), expected))
      assert.equal("MC65FAR01A01", talk.m.revision)
    end)
  end

  it("may begin with a package that is none, and ends before it has written anything", function()
    local talk = Dialogue.new { bad_package = "end", stale_pack = 100 }
    local lines = talk:lines("AT+QFOTADL=1", 30)
    assert.same({ "OK", '+QIND: "FOTA","START"' }, { lines[1], lines[2] })
    assert.truthy(index(lines, '+QIND: "FOTA","END",6507'))
    assert.is_true(count(lines, "UPDATING") <= 1)
  end)

  for code = 6500, 6509 do
    it(("fails with %d at the command or at END, and runs its source revision"):format(code), function()
      local talk = Dialogue.new { fail = "command:" .. code }
      assert.same({ "+CME ERROR: " .. code }, talk:update())
      talk = Dialogue.new { fail = "end:" .. code }
      local lines = talk:update()
      assert.equal(25, count(lines, "UPDATING"))
      assert.truthy(index(lines, '"END",' .. code))
      assert.same({ "Revision: MC65FAR01A01", "OK" }, talk:lines("AT+CGMR"))
    end)
  end

  it("may succeed with another revision than the package's", function()
    local talk = Dialogue.new { result = "ODD" }
    assert.truthy(index(talk:update(), '"END",0'))
    assert.equal("ODD", talk.m.revision)
  end)
end)

describe("An update from a URL", function()
  local URL = 'AT+QFOTADL="http://www.quectel.com:8111/DFOTA/A2B.pack"'

  it("downloads, deactivates the context, and updates", function()
    local talk = Dialogue.new()
    talk:attach()
    local lines = talk:lines(URL, 60)
    local expected = { "OK", '+QIND: "FOTA","HTTP START"', '+QIND: "FOTA","DOWNLOADING",0%' }
    assert.same(expected, table.move(lines, 1, 3, 1, {}))
    assert.equal(11, count(lines, "DOWNLOADING"))
    local httpend = index(lines, '"HTTPEND",0')
    assert.equal("+PDP DEACT", lines[httpend + 1])
    assert.equal('+QIND: "FOTA","START"', lines[httpend + 2])
    assert.truthy(index(lines, '"END",0'))
    assert.equal("MC65FAR01A02", talk.m.revision)
  end)

  it("fails with 6503 if there is no context, or if it is lost meanwhile", function()
    assert.truthy(index(Dialogue.new():lines(URL, 5), '"HTTPEND",6503'))
    local talk = Dialogue.new { pdp_drop = "download:40" }
    talk:attach()
    local lines = talk:lines(URL, 60)
    assert.equal(index(lines, "+PDP DEACT") + 1, index(lines, '"HTTPEND",6503'))
    assert.equal(5, count(lines, "DOWNLOADING"))
    assert.equal("ready", talk.m.state)
  end)

  it("fails with the code that is set", function()
    local talk = Dialogue.new { fail = "httpend:6504", fail_percent = 30 }
    talk:attach()
    local lines = talk:lines(URL, 60)
    assert.equal(3, count(lines, "DOWNLOADING"))
    assert.truthy(index(lines, '"HTTPEND",6504'))
  end)

  it("has other percentages, and the words and codes of siblings", function()
    local talk = Dialogue.new {
      rename = "httpstart:HTTPSSTART+httpend:HTTPSEND", download_percents = "57+100",
      fail = "httpend:702", fail_percent = 100,
    }
    talk:attach()
    assert.same({
      "OK", '+QIND: "FOTA","HTTPSSTART"', '+QIND: "FOTA","DOWNLOADING",57%', '+QIND: "FOTA","HTTPSEND",702',
    }, talk:lines(URL, 60))
  end)

  it("accepts only http URLs of at most 255 bytes", function()
    local talk = Dialogue.new { line_limit = 512 }
    talk:attach()
    local function url(n) return "http://a/" .. ("x"):rep(n - 9) end
    for _, bad in ipairs { "https://a/b", "ftp://a/b", "http://", "a/b", url(256), "http://a/b c" } do
      assert.same({ "+CME ERROR: 6501" }, talk:lines(('AT+QFOTADL="%s"'):format(bad)))
    end
    assert.equal("OK", talk:lines(('AT+QFOTADL="%s"'):format(url(255)))[1])
    assert.equal("OK", Dialogue.new():lines('AT+QFOTADL="HTTP://a:8080/b"')[1])
  end)

  it("does not fit into the usual command line when it is longer than 242 bytes", function()
    local talk = Dialogue.new()
    local command = 'AT+QFOTADL="http://a/%s"'
    assert.equal("OK", talk:lines(command:format(("x"):rep(234)))[1])
    assert.equal("ERROR", Dialogue.new():lines(command:format(("x"):rep(235)))[1])
  end)

  it("answers commands while it downloads, but no second trigger", function()
    local talk = Dialogue.new()
    talk:attach()
    talk:lines(URL, 1)
    assert.truthy(index(talk:lines("AT+CSQ", 0.2), "+CSQ: 25,0"))
    assert.truthy(index(talk:lines(URL, 0.2), "+CME ERROR: 6500"))
    assert.equal(2, talk.m.triggers)
  end)
end)
