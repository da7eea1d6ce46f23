local Progress = require "dfota.update.progress"
local core = require "dfota.core"

-- A line with its class and code, as the channel gives them.
local function heard(line)
  local lexer = core.lexer()
  lexer:feed(line .. "\r")
  local _, _, class, code = lexer:next()
  return line, class, code
end

-- Feeds lines; returns the stream and what it told, one word an event.
local function feed(way, lines)
  local progress, told = Progress.new(way), {}
  for _, line in ipairs(lines) do
    for _, event in ipairs(progress:feed(heard(line))) do
      told[#told + 1] = event.event == "progress" and event.phase .. " " .. event.percent or event.name or event.level
    end
  end
  return progress, told
end

local function qind(rest) return '+QIND: "FOTA",' .. rest end

describe("A line about the update", function()
  -- Every spelling of the application note (chapters 3.1, 3.2, 4.1, 4.2), of the boot loader of a sibling, and
  -- of what other people's modules print.
  for line, want in pairs {
    ['+QIND: "FOTA","HTTPSTART"'] = { "download" },
    ['+QIND: "FOTA","HTTP START"'] = { "download" },
    ['+QIND:"FOTA","HTTPSTART"'] = { "download" },
    ['+QIND: "FOTA", "HTTP START"'] = { "download" },
    ['+QIND: "FOTA","DOWNLOADING",0%'] = { "download", "download 0" },
    ['+QIND: "FOTA","DOWNLOADING",10%'] = { "download", "download 10" },
    ['+QIND: "FOTA", "DOWNLOADING", 100%'] = { "download", "download 100" },
    ['+QIND: "FOTA","DOWNLOADING",42'] = { "download", "download 42" },
    ['+QIND: "FOTA","DOWNLOADING", 42'] = { "download", "download 42" },
    ['+QIND: "FOTA","HTTPEND",0'] = { "update" },
    ['+QIND: "FOTA","HTTPEND", 0'] = { "update" },
    ['+QIND: "FOTA","START"'] = { "update" },
    ['+QIND: "FOTA", "START"'] = { "update" },
    ['+QIND:  "FOTA" , "START" '] = { "update" },
    ['+QIND: "FOTA","UPDATING",2%'] = { "update", "update 2" },
    ['+QIND: "FOTA","UPDATING", 2%'] = { "update", "update 2" },
    ['+QIND: "FOTA", "UPDATING", 2%'] = { "update", "update 2" },
    ['+QIND: "FOTA", "UPDATING",2 %'] = { "update", "update 2" },
    ['+QIND: "FOTA","UPDATING",2'] = { "update", "update 2" },
    ['+QIND: "FOTA","UPDATING", 99'] = { "update", "update 99" },
    ['+QIND:"FOTA","UPDATING",100%'] = { "update", "update 100" },
    ['+QIND: "FOTA","END",0'] = { "reboot" },
    ['+QIND: "FOTA","END", 0'] = { "reboot" },
    ['+QIND: "FOTA", "END", 0'] = { "reboot" },
  } do
    it("is understood as " .. line, function()
      local progress, told = feed("url", { line })
      assert.same(want, told)
      assert.is_true(progress.heard)
    end)
  end

  it("with an unknown stage is reported and changes nothing", function()
    for _, line in ipairs {
      qind '"RESTORE",3', qind '"Last upgrade was not finished,continue upgrade"', qind '7', '+QIND:"FOTA"',
    } do
      local progress, told = feed("file", { qind '"UPDATING",30%', line })
      assert.same({ "update", "update 30", "warning" }, told)
      assert.equal("update", progress.phase)
      assert.equal(30, progress.percent)
      assert.is_false(progress:ended())
    end
  end)

  it("with an impossible percentage counts as activity, not as progress", function()
    for _, odd in ipairs { "101%", "-1", "x", "", "255" } do
      assert.same({ "update" }, select(2, feed("file", { qind('"UPDATING",' .. odd) })))
    end
    assert.same({ "update" }, select(2, feed("file", { qind '"UPDATING"' })))
  end)

  it("is distinguished from lines that are not about the update", function()
    local progress, told = feed("file", { "+QIND: 1", '+QIND: "SMS",1', "UPDATING", '"FOTA","END",0', "+CREG: 1", "" })
    assert.same({}, told)
    assert.is_nil(progress.heard)
  end)

  it("that was split over reads comes out of the lexer whole", function()
    local bytes = '\r\n+QIND: "FOTA", "UPDATING", 2%\r\n\r\n+QIND: "FOTA","END",0\r\n'
    for split = 1, #bytes - 1 do
      local lexer, progress, told = core.lexer(), Progress.new "file", {}
      for _, piece in ipairs { bytes:sub(1, split), bytes:sub(split + 1) } do
        lexer:feed(piece)
        for _, line in function() return lexer:next() end do
          for _, event in ipairs(progress:feed(line)) do told[#told + 1] = event.name or event.percent end
        end
      end
      assert.same({ "update", 2, "reboot" }, told)
    end
  end)
end)

describe("The whole stream", function()
  it("of the note's download example goes from trigger to reboot", function()
    local progress, told = feed("url", {
      qind '"HTTP START"', qind '"DOWNLOADING",0%', qind '"DOWNLOADING",10%', qind '"DOWNLOADING",100%',
      qind '"HTTPEND",0', "+PDP DEACT", '+QIND: "FOTA", "START"', '+QIND: "FOTA","UPDATING", 2%',
      '+QIND: "FOTA", "UPDATING", 4%', '+QIND: "FOTA", "UPDATING", 100%', qind '"END",0',
    })
    assert.same({ "download", "download 0", "download 10", "download 100", "update", "update 2", "update 4",
      "update 100", "reboot" }, told)
    assert.is_true(progress:ended())
    assert.is_nil(progress:failure())
    assert.is_nil(progress.context_lost)
  end)

  it("ends well whichever of its stages are missing", function()
    local all = { '"HTTPSTART"', '"DOWNLOADING",50', '"HTTPEND",0', '"START"', '"UPDATING",50', '"END",0' }
    for missing = 0, 2 ^ (#all - 1) - 1 do
      local lines = {}
      for i, line in ipairs(all) do
        if i == #all or missing >> (i - 1) & 1 == 0 then lines[#lines + 1] = qind(line) end
      end
      local progress = feed("url", lines)
      assert.is_true(progress:ended())
      assert.is_nil(progress:failure())
      assert.equal("reboot", progress.phase)
    end
  end)

  it("is the same when each line is repeated, except that progress is reported twice", function()
    local lines = {}
    for _, line in ipairs { '"START"', '"UPDATING",2%', '"UPDATING",4%', '"END",0' } do
      lines[#lines + 1] = qind(line)
      lines[#lines + 1] = qind(line)
    end
    local progress, told = feed("file", lines)
    assert.same({ "update", "update 2", "update 2", "update 4", "update 4", "reboot" }, told)
    assert.equal(0, progress.end_code)
  end)

  it("may begin again from a low percentage after a power cut", function()
    local progress, told = feed("file", {
      qind '"START"', qind '"UPDATING",60%', "RDY", qind '"START"', qind '"UPDATING",2%', qind '"END",0',
    })
    assert.same({ "update", "update 60", "update 2", "reboot" }, told)
    assert.is_nil(progress.booted)
    assert.is_true(progress:ended())
  end)

  it("is not over if START follows END: the module updates itself once more", function()
    local progress = feed("file", { qind '"UPDATING",100%', qind '"END",0', qind '"START"' })
    assert.is_false(progress:ended())
    assert.equal("update", progress.phase)
  end)

  it("keeps the code of a failure, and where it was reported", function()
    assert.same({ 6508, "END" }, { feed("file", { qind '"END",6508' }):failure() })
    assert.same({ 6508, "END" }, { feed("file", { qind '"END", 6508' }):failure() })
    assert.same({ 6503, "HTTPEND" }, { feed("url", { qind '"HTTPEND",6503' }):failure() })
    assert.is_true(feed("url", { qind '"HTTPEND", 6503' }):ended())
  end)

  it("is over with an END whose code is unreadable, which is neither success nor failure", function()
    for _, line in ipairs { '"END"', '"END",', '"END",x' } do
      local progress = feed("file", { qind(line) })
      assert.is_true(progress:ended())
      assert.is_nil(progress:failure())
    end
  end)

  it("knows the first line of a boot from those that a running module sends as well", function()
    local progress = feed("file", { "RDY", "Call Ready" })
    assert.same({ true, true }, { progress.booted, progress.rebooted })
    progress = feed("file", { "Call Ready" })
    assert.same({ true, false }, { progress.booted, progress.rebooted or false })
  end)

  it("notes a boot", function()
    assert.is_true(feed("file", { "RDY" }).booted)
    assert.is_true(feed("file", { "Call Ready" }).booted)
  end)
end)

describe("+PDP DEACT", function()
  local start, done = qind '"HTTPSTART"', qind '"HTTPEND",0'
  local half, full = qind '"DOWNLOADING",50%', qind '"DOWNLOADING",100%'

  for name, case in pairs {
    ["between HTTPEND,0 and START"] = { start, half, full, done, "+PDP DEACT" },
    ["after the download's 100 %, its HTTPEND having been lost"] = { start, full, "+PDP DEACT" },
    ["after START"] = { start, full, done, qind '"START"', "+PDP DEACT" },
    ["in the update from a file"] = { qind '"START"', qind '"UPDATING",2%', "+PDP DEACT" },
    ["before anything was heard"] = { "+PDP DEACT" },
  } do
    it("is normal " .. name, function() assert.is_nil(feed("url", case).context_lost) end)
  end

  for name, case in pairs {
    ["after HTTPSTART"] = { start, "+PDP DEACT" },
    ["in the middle of the download"] = { start, half, "+PDP DEACT" },
    ["at 0 %"] = { qind '"DOWNLOADING",0%', "+PDP DEACT" },
  } do
    it("means that the context is lost " .. name, function() assert.is_true(feed("url", case).context_lost) end)
  end

  it("in the download is no loss after all if the download's end follows", function()
    assert.is_nil(feed("url", { start, half, "+PDP DEACT", done }).context_lost)
    assert.is_nil(feed("url", { start, half, "+PDP DEACT", qind '"START"' }).context_lost)
  end)
end)

describe("It is still downloading", function()
  it("from the trigger of a URL until HTTPEND,0 or START, and never in an update from a file", function()
    assert.is_true(feed("url", {}):downloading())
    assert.is_false(feed("file", {}):downloading())
    assert.is_true(feed("url", { qind '"DOWNLOADING",5%' }):downloading())
    assert.is_true(feed("url", { qind '"DOWNLOADING",5%', qind '"HTTPEND",6503' }):downloading())
    assert.is_false(feed("url", { qind '"HTTPEND",0' }):downloading())
    assert.is_false(feed("url", { qind '"START"' }):downloading())
    assert.is_true(feed("watch", { qind '"DOWNLOADING",5%' }):downloading())
  end)
end)

describe("A download has not reported anything yet", function()
  it("only if it was triggered here, and no line of it was received", function()
    for _, case in ipairs {
      { true, "url", {} }, { false, "file", {} }, { false, "watch", {} }, { false, "url", { qind '"HTTPSTART"' } },
      { false, "url", { qind '"START"' } }, { false, "url", { qind '"PREPARE"' } }, { true, "url", { "RING" } },
    } do
      assert.equal(case[1], feed(case[2], case[3]):awaits_download())
    end
  end)
end)

describe("A refusal of the trigger", function()
  it("ends it, and is no success, with a code or without", function()
    for _, code in ipairs { 6502, false } do
      local progress = Progress.new "file"
      assert.is_false(progress:ended() or progress:has_failed())
      progress:refuse(code or nil)
      assert.same({ true, true, code or nil }, { progress:ended(), progress:has_failed(), (progress:failure()) })
      assert.equal(code, progress.refused_code)
      progress:feed(qind '"START"')
      assert.is_false(progress:ended())
    end
  end)
end)

describe("What a module reports beyond the note", function()
  local urc_line = '+QIND: "FOTA",%s'

  local function fed(way, lines)
    local progress, events = Progress.new(way), {}
    for _, line in ipairs(lines) do
      for _, event in ipairs(progress:feed(heard(line:find('^"') and urc_line:format(line) or line))) do
        events[#events + 1] = event
      end
    end
    return progress, events
  end

  it("understands the download stages of siblings that use TLS, and remembers that they are not the note's", function()
    local progress = fed("url", { '"HTTPSSTART"' })
    assert.same({ "download", true, true }, { progress.phase, progress:downloading(), progress.unknown })
    progress = fed("url", { '"HTTPSSTART"', '"HTTPSEND",6503' })
    assert.same({ 6503, "HTTPSEND" }, { progress:failure() })
    assert.is_true(progress:ended() and progress:has_failed())
  end)

  it("keeps the last line that was not progress, as it was reported", function()
    for word, expected in pairs {
      ['"HTTPSTART"'] = "HTTPSTART", ['"HTTP START"'] = "HTTPSTART", ['"PREPARE"'] = "PREPARE", ['"START"'] = "START",
      ['"END",0'] = "END,0", ['"END", x'] = "END,x", ['"HTTPSEND",702'] = "HTTPSEND,702", ["+CME ERROR: 6507"] =
        "+CME ERROR: 6507", ['"UPDATING",2%'] = false, ['"DOWNLOADING",10%'] = false,
    } do
      assert.equal(expected, fed("url", { word }).said or false, word)
      assert.equal(expected, fed("url", { word, "RDY" }).said or false, word)
    end
  end)

  it("remembers that a stage was unknown, and continues", function()
    local progress, events = fed("url", { '"PREPARE"', '"HTTPSTART"', '"DOWNLOADING",10%' })
    assert.same({ true, true, "download" }, { progress.unknown, progress.heard, progress.phase })
    assert.is_truthy(events[1].text:find("PREPARE", 1, true))
  end)

  for name, failed in pairs {
    ["a failed download"] = { '"HTTPEND",6503', code = 6503, where = "HTTPEND" },
    ["a refusal"] = { "+CME ERROR: 6507", code = 6507, where = "CME" },
    ["a failed update"] = { '"END",6508', code = 6508, where = "END" },
  } do
    for _, again in ipairs { '"START"', '"UPDATING",2%' } do
      it(("takes up an update that begins after %s (%s), and keeps what was told"):format(name, again), function()
        local progress = fed("url", { failed[1] })
        assert.is_true(progress:ended() and progress:has_failed())
        progress:feed(urc_line:format(again))
        assert.is_false(progress:ended() or progress:has_failed())
        assert.same({ failed.code, failed.where }, { progress:failure() })
        progress:feed(urc_line:format '"END",0')
        assert.is_true(progress:ended())
        assert.is_false(progress:has_failed())
      end)
    end
  end

  for name, case in pairs {
    ["none of an ordinary update"] = { { '"START"', '"UPDATING",2%', '"UPDATING",100%', '"END",0', "RDY" }, 0 },
    ["none where the module boots before its update"] = { { "RDY", '"START"', '"UPDATING",2%' }, 0 },
    ["none where it boots in between, and goes on"] = { { '"START"', '"UPDATING",40%', "RDY", '"UPDATING",42%' }, 0 },
    ["none of a START that is repeated at once"] = { { '"START"', '"START"' }, 0 },
    ["none after its end"] = { { '"START"', '"UPDATING",40%', '"END",6508', "RDY", '"START"' }, 0 },
    ["one where START comes again"] = { { '"START"', '"UPDATING",40%', '"START"', '"UPDATING",2%' }, 1, 40 },
    ["one where it boots before its first percentage"] = { { '"START"', "RDY", '"START"' }, 1 },
    ["one where START was lost"] = { { '"START"', '"UPDATING",40%', "RDY", '"UPDATING",4%', '"UPDATING",6%' }, 1, 40 },
    ["one where START and percentage were lost"] = { { '"UPDATING",40%', "RDY", '"UPDATING"' }, 1, 40 },
    ["two, of which the last counts"] =
      { { '"START"', '"UPDATING",40%', '"START"', '"UPDATING",20%', "RDY", '"START"', '"UPDATING",2%' }, 2, 20 },
    ["one where START and boot were lost, and the percentage stays lower"] =
      { { '"START"', '"UPDATING",40%', '"UPDATING",26%', '"UPDATING",28%' }, 1, 40 },
    ["none of one damaged percentage"] =
      { { '"START"', '"UPDATING",40%', '"UPDATING",4%', '"UPDATING"', '"UPDATING",44%' }, 0 },
    ["none of a percentage that falls without a boot"] = { { '"START"', '"UPDATING",40%', '"UPDATING",2%' }, 0 },
  } do
    it("counts how often an update was interrupted: " .. name, function()
      local progress = fed("file", case[1])
      assert.same({ case[2], case[3] }, { progress.restarts, progress.restarted_at })
    end)
  end

  it("reports from the third START on how often it restarted and how far it got, once for each", function()
    local _, events = fed("file", { '"START"', '"UPDATING",14%', '"START"', '"UPDATING",9%', '"START"', '"START"' })
    local texts = {}
    for _, event in ipairs(events) do
      if event.event == "note" then texts[#texts + 1] = event.text end
    end
    assert.equal(2, #texts)
    assert.is_truthy(texts[1]:find("has restarted 2 times so far and got as far as 14 %", 1, true))
    assert.is_truthy(texts[2]:find("3 times", 1, true))
  end)
end)
