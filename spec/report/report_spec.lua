local json = require "dkjson"
local report = require "dfota.report.report"
local sink = require "support.sink"

local NOT_UPDATED = {
  ok = false, rc = 81, outcome = "failed_on_source", changed = false, before = "A", after = "A", code = 6507,
  message = "the package does not fit", advice = "Compare it with ATI.", retry = "after_fix",
}
local UPDATED = { ok = true, rc = 0, outcome = "updated", changed = true, before = "A", after = "B", retry = "none" }

describe("a report", function()
  local now, out, err

  local function new(options)
    now, out, err = 100, sink.new(), sink.new()
    options.out, options.err = out, err
    if not options.unnamed then options.port = "/dev/ttyUSB0" end
    options.clock = function() return now end
    return report.new(options)
  end

  describe("for programs", function()
    local function events()
      local list = {}
      for i, line in ipairs(out:lines()) do list[i] = assert(json.decode(line)) end
      return list
    end

    it("is one JSON object per line, beginning with version, time, port and event, in this order", function()
      local r = new { json = true }
      now = 101.23456
      r:event("identity", { model = "Quectel_MC65", revision = "MC65FAR01A01", imei = "861234567890123" })
      assert.equal('{"v":1,"t":1.235,"port":"/dev/ttyUSB0","event":"identity","model":"Quectel_MC65",'
        .. '"revision":"MC65FAR01A01","imei":"861234567890123"}\n', out:text())
    end)

    it("has nothing of the conversation that people read along with -v: that is in the trace", function()
      local r = new { json = true }
      r:overhear("tx", "AT+CSQ")
      assert.equal("", out:text())
      assert.equal(">        AT+CSQ\n", err:text())
    end)

    it("folds a repeating line, and says how often it came", function()
      local r = new { json = true }
      for i = 0, 40 do
        now = 100 + i / 10
        r:event("urc", { text = "RING" })
      end
      r:event("urc", { text = "RDY" })
      r:event("urc", { text = "RDY" })
      r:result(UPDATED)
      local seen = {}
      for i, event in ipairs(events()) do
        seen[i] = event.event .. (event.text and " " .. event.text .. " " .. tostring(event.repeated) or "")
      end
      assert.same({ "urc RING nil", "urc RING 40", "urc RDY nil", "urc RDY 1", "result" }, seen)
    end)

    it("ends with its result, or with its list: nothing follows", function()
      for _, last in ipairs { "result", "list" } do
        local r = new { json = true }
        if last == "result" then r:result(UPDATED) else r:list({ "a line" }, { boot_s = 60 }, UPDATED) end
        local before = out:text()
        r:event("note", { level = "info", text = "late" })
        r:event("urc", { text = "RDY" })
        r:tick(5)
        if last == "list" then r:result(NOT_UPDATED) end
        assert.equal(before, out:text())
      end
    end)

    it("begins rates and percentages anew with each hop of a chain", function()
      local r = new { json = true }
      for _, t in ipairs { 100, 110, 120 } do
        now = t
        r:event("progress", { phase = "upload", bytes = (t - 100) * 100, total = 2000, percent = (t - 100) * 5 })
      end
      now = 1000
      r:event("hop", { number = 2, of = 2, from = "B", to = "C", package = "p" })
      r:event("progress", { phase = "upload", bytes = 2000, total = 2000, percent = 100 })
      now = 1001
      r:event("progress", { phase = "upload", bytes = 3000, total = 4000, percent = 75 })
      local list = events()
      assert.is_nil(list[#list - 1].rate_bps)
      assert.equal(8000, list[#list].rate_bps)
    end)

    it("is limited if a module never stops, which is reported once", function()
      local r = new { json = true, ceiling = 50 }
      for i = 1, 60 do r:event("urc", { text = "+CREG: " .. i % 2 }) end
      r:event("progress", { phase = "update", percent = 5 })
      r:event("note", { level = "info", text = "still here" })
      r:result(UPDATED)
      local list = events()
      assert.equal(53, #list)
      assert.is_truthy(list[51].text:find("50 lines and steps were reported", 1, true))
      assert.same({ "still here", "result" }, { list[52].text, list[53].event })
    end)

    it("always has every key of a result, null if unknown", function()
      local r = new { json = true }
      now = 104.5
      r:result { ok = true, rc = 0, outcome = "checked", changed = false }
      assert.equal('{"v":1,"t":4.5,"port":"/dev/ttyUSB0","event":"result","ok":true,"rc":0,"outcome":"checked",'
        .. '"changed":false,"before":null,"after":null,"code":null,"message":null,"advice":null,"retry":null,'
        .. '"duration_s":4.5,"recorded":null}\n', out:text())
    end)

    it("ends with exactly one result, whatever is reported afterwards", function()
      local r = new { json = true }
      assert.is_true(r:result(UPDATED))
      assert.is_false(r:result(NOT_UPDATED))
      assert.is_false(r:event("result", NOT_UPDATED))
      assert.is_false(r:event("note", { level = "info", text = "late" }))
      r:tick(5)
      assert.equal(1, #events())
      assert.equal("updated", events()[1].outcome)
    end)

    it("has null as port until the port is known", function()
      local r = new { json = true, unnamed = true }
      r:event("phase", { name = "prepare" })
      r:set_port("/dev/pts/7")
      r:event("phase", { name = "upload" })
      assert.matches('"port":null', out:lines()[1], 1, true)
      assert.matches('"port":"/dev/pts/7"', out:lines()[2], 1, true)
    end)

    it("does not repeat the same percent within a second", function()
      local r = new { json = true }
      for _, step in ipairs { { 0, 2 }, { 0.1, 2 }, { 0.2, 4 }, { 0.3, 4 }, { 1.5, 4 }, { 1.6, 2 } } do
        now = 100 + step[1]
        r:event("progress", { phase = "update", percent = step[2] })
      end
      local percents = {}
      for i, event in ipairs(events()) do percents[i] = event.percent end
      assert.same({ 2, 4, 4, 2 }, percents)
      now = 200
      r:event("progress", { phase = "update", percent = 3 })
      now = 200.9
      r:event("progress", { phase = "update", percent = 3 })
      assert.equal(5, #events())
      now = 201
      r:event("progress", { phase = "update", percent = 3 })
      r:event("progress", { phase = "upload", percent = 3 })
      assert.equal(7, #events())
    end)

    it("adds rate and time left to a progress in bytes, and no age", function()
      local r = new { json = true }
      r:event("progress", { phase = "upload", percent = 0, bytes = 0, total = 1000, age_s = 3 })
      now = 102
      r:event("progress", { phase = "upload", percent = 20, bytes = 200, total = 1000 })
      local first, second = events()[1], events()[2]
      assert.is_nil(first.rate_bps)
      assert.is_nil(first.age_s)
      assert.same({ 800, 8 }, { second.rate_bps, second.eta_s })
    end)

    it("goes by the percentage where only the bytes are known, or only the total", function()
      for _, known in ipairs { { bytes = 500 }, { total = 1000 } } do
        local r = new { json = true }
        for step = 0, 1 do
          now = 100 + step
          r:event("progress", { phase = "upload", percent = 25 * step, bytes = known.bytes, total = known.total })
        end
        assert.equal(3, events()[2].eta_s)
      end
    end)

    it("adds the time left to a progress that is only a percentage, and no rate", function()
      local r = new { json = true }
      assert.is_true(r:event("progress", { phase = "update", percent = 0 }))
      now = 110
      r:event("progress", { phase = "update", percent = 50 })
      assert.same({ 10, nil }, { events()[2].eta_s, events()[2].rate_bps })
      r:event("progress", { phase = "update", percent = 51, eta_s = 3 })
      assert.equal(3, events()[3].eta_s)
      assert.is_true(r:result(UPDATED))
      assert.is_false(r:event("progress", { phase = "update", percent = 52 }))
      assert.is_false(r:result(UPDATED))
    end)

    it("shows a gate that could not be checked as null, and to people in words", function()
      new({ json = true }):event("gate", { name = "supply", limit = 3500, unit = "mV" })
      assert.is_truthy(out:text():find('"name":"supply","ok":null,"value":null,"limit":3500}', 1, true), out:text())
      assert.equal("gate     supply: unknown (limit 3500 mV), not checked\n", err:text())
    end)

    it("has facts by name, null if unknown, lists as lists", function()
      new({ json = true }):event("facts", {
        names = { "supply_mv", "csq", "files", "dfota" },
        supply_mv = 3900, files = { { name = "a", bytes = 3 } }, dfota = false,
      })
      assert.is_truthy(out:text():find('"event":"facts","supply_mv":3900,"csq":null,"files":[{"', 1, true), out:text())
      local fact = events()[1]
      assert.same({ { name = "a", bytes = 3 } }, fact.files)
      assert.is_false(fact.dfota)
      assert.is_nil(fact.names)
      new({ json = true }):event("facts", { b = 1, a = 2, c = 3 })
      assert.is_truthy(out:text():find('"event":"facts","a":2,"b":1,"c":3}', 1, true), out:text())
      new({ json = true }):event("facts", { names = { "files" }, files = {} })
      assert.is_truthy(out:text():find('"files":[]', 1, true))
    end)

    it("raises for an event that is not in the contract", function()
      local r = new { json = true }
      assert.error_matches(function() r:event("surprise", {}) end, "no event named surprise")
    end)

    it("leaves stdout to programs: people read stderr", function()
      local r = new { json = true }
      r:event("phase", { name = "upload" })
      r:result(NOT_UPDATED)
      for _, line in ipairs(out:lines()) do assert.truthy(json.decode(line)) end
      assert.matches("still runs A", err:text())
    end)
  end)

  describe("for people", function()
    local function tell_all(r)
      r:event("identity", { model = "Quectel_MC65", revision = "A" })
      r:event("gate", { name = "supply", ok = true, value = 3900, limit = 3500, unit = "mV" })
      r:event("gate", { name = "signal", ok = false, value = 3, limit = 8 })
      r:event("phase", { name = "upload" })
      for percent = 0, 100, 2 do
        now = now + 0.5
        r:event("progress", { phase = "upload", percent = percent, bytes = percent * 1561, total = 156100 })
      end
      r:event("urc", { text = "+CREG: 1" })
      r:event("note", { level = "info", text = "as it should be" })
      r:event("note", { level = "warning", text = "the count is high" })
      r:result(NOT_UPDATED)
    end

    it("shows in plain lines what is going on, at most eleven per phase", function()
      tell_all(new {})
      local bars = 0
      for _, line in ipairs(out:lines()) do bars = bars + (line:find("^upload") and 1 or 0) end
      assert.equal(11, bars)
      assert.matches("module   Quectel_MC65, revision A, IMEI unknown\n", out:text(), 1, true)
      assert.matches("supply: 3900 mV (limit 3500 mV), ok", out:text(), 1, true)
      assert.matches("upload   50 %  78.0 of 156.1 kB  6.2 kB/s  13 s left", out:text(), 1, true)
      assert.is_nil(out:text():find("[\r\27]"))
    end)

    -- What people read of one event on their stream, and on the one for errors.
    local function read_by_people(name, fields)
      new {}:event(name, fields)
      return out:text(), err:text()
    end

    it("has text for each event", function()
      for _, case in ipairs {
        { "identity", {}, "module   unknown, revision unknown, IMEI unknown\n" },
        { "identity", { model = "M", revision = "R", imei = "1" }, "module   M, revision R, IMEI 1\n" },
        { "gate", { name = "a", ok = true }, "gate     a, ok\n" },
        { "gate", { name = "a", ok = true, value = true, limit = true }, "gate     a, ok\n" },
        { "gate", { name = "a", ok = true, value = "A", limit = "A" }, "gate     a: A, ok\n" },
        { "gate", { name = "a", ok = true, value = 5, limit = 3, unit = "mV" }, "gate     a: 5 mV (limit 3 mV), ok\n" },
        { "gate", { name = "a", ok = true, value = 5 }, "gate     a: 5, ok\n" },
        { "gate", { name = "a", limit = 3 }, "gate     a: unknown (limit 3), not checked\n" },
        { "gate", { name = "a" }, "gate     a: unknown, not checked\n" },
        { "phase", { name = "upload" }, "phase    upload\n" },
        { "urc", { text = "RING" }, "module   RING\n" },
        { "urc", { text = '+QIND: "FOTA","START"' }, "" },
        { "note", { text = "t" }, "note     t\n" }, { "note", { level = "info", text = "t" }, "note     t\n" },
        { "progress", { phase = "upload", percent = 7 }, "upload   7 %\n" },
        { "progress", { phase = "upload", percent = 7, bytes = 70, total = 1000 }, "upload   7 %  70 B of 1.0 kB\n" },
        { "progress", { phase = "upload", bytes = 70 }, "upload   70 B\n" },
        { "progress", { phase = "upload", percent = 7, total = 1000 }, "upload   7 %\n" },
        { "progress", { phase = "upload", percent = 7, eta_s = 0, rate_bps = 16 }, "upload   7 %  2 B/s\n" },
        { "progress", { phase = "upload", percent = 7, eta_s = 5 }, "upload   7 %  5.0 s left\n" },
        { "facts", { names = { "x" }, x = 1 }, "" },
      } do
        local told, wrong = read_by_people(case[1], case[2])
        assert.same({ case[3], "" }, { told, wrong })
      end
      for _, case in ipairs {
        { "gate", { name = "a", ok = false }, "gate     a: unknown, refused\n" },
        { "gate", { name = "a", ok = false, value = false, limit = true }, "gate     a, refused\n" },
        { "note", { level = "warning", text = "t" }, "warning  t\n" },
        { "note", { level = "error", text = "t" }, "error    t\n" },
      } do
        local told, wrong = read_by_people(case[1], case[2])
        assert.same({ "", case[3] }, { told, wrong })
      end
    end)

    it("shows how often a line was repeated", function()
      local r = new {}
      for _, text in ipairs { "RING", "RING", "RDY", "RDY", "RDY" } do r:event("urc", { text = text }) end
      r:event("phase", { name = "x" })
      assert.equal("module   RING\nmodule   RING, repeated 1 time\nmodule   RDY\nmodule   RDY, repeated 2 times\n"
        .. "phase    x\n", out:text())
    end)

    it("says what is wrong, what to do about it, and no more than is known", function()
      for _, case in ipairs {
        { { outcome = "unknown" }, "result   outcome unknown\n" },
        { { outcome = "unknown", message = "m", retry = "never" },
          "result   outcome unknown: m\nadvice   Do not run it again.\n" },
        { { outcome = "failed_on_source", before = "A", retry = "safe", advice = "look at the line." },
          "result   failed; the module still runs A\nadvice   Look at the line. It is safe to run it again.\n" },
        { { outcome = "not_started", retry = "after_fix", rc = 2, advice = "x" }, "result   not started\n" },
        { { outcome = "not_started", retry = "safe", rc = 75 },
          "result   not started\nadvice   It is safe to run it again.\n" },
        { { outcome = "unknown", retry = "none" }, "result   outcome unknown\n" },
      } do
        new {}:result(case[1])
        assert.same({ "", case[2] }, { out:text(), err:text() })
      end
      new {}:result { ok = true, outcome = "updated", before = "A", after = "B", message = "m" }
      assert.equal("result   updated: A -> B (0.0 s)\n         m\n", out:text())
    end)

    it("puts warnings and a bad result on stderr, with advice and whether to run it again", function()
      tell_all(new {})
      assert.equal("gate     signal: 3 (limit 8), refused\n"
        .. "warning  the count is high\n"
        .. "result   failed; the module still runs A: the package does not fit\n"
        .. "advice   Compare it with ATI. Run it again after fixing that.\n", err:text())
    end)

    it("with --quiet leaves warnings, errors and the result", function()
      local r = new { quiet = true, tty = true }
      tell_all(r)
      assert.equal("", out:text())
      assert.equal(4, #err:lines())
      r = new { quiet = true }
      r:result(UPDATED)
      assert.equal("result   updated: A -> B (0.0 s)\n", out:text())
    end)

    it("draws a bar on a terminal that is never wider than the terminal", function()
      for _, width in ipairs { 1, 10, 20, 40, 60, 80, 200 } do
        local r = new { tty = true, width = width }
        r:event("progress", { phase = "upload", percent = 0, bytes = 0, total = 156100 })
        now = now + 3
        r:event("progress", { phase = "upload", percent = 37, bytes = 57757, total = 156100, age_s = 3 })
        r:tick(75, { what = "gives up", at_s = 600 })
        for drawn in out:text():gmatch("\27%[J([^\r]*)") do assert.is_true(utf8.len(drawn) < math.max(width, 2)) end
      end
    end)

    it("has a bar of twenty cells, of ten, or none, depending on the width", function()
      local bars = {}
      for width = 20, 45 do
        local r = new { tty = true, width = width }
        r:event("progress", { phase = "upload", percent = 50 })
        bars[width] = #(out:text():match "%[([#-]+)%]" or "")
        r:result(UPDATED)
        assert.is_truthy(out:text():find("\nresult ", 1, true), "the bar and the result are on one line")
      end
      for width = 20, 45 do
        assert.equal(width >= 38 and 20 or width >= 28 and 10 or 0, bars[width], width)
      end
    end)

    it("shows percent, bytes, rate, time left and time since the last line in the bar", function()
      local r = new { tty = true, width = 120 }
      r:event("progress", { phase = "upload", percent = 0, bytes = 0, total = 1000000 })
      now = now + 10
      r:event("progress", { phase = "upload", percent = 50, bytes = 500000, total = 1000000, age_s = 2 })
      assert.matches("[##########----------]  50 %  500.0 kB of 1.00 MB  50.0 kB/s  10 s left  last line 2.0 s ago",
        out:text(), 1, true)
    end)

    it("keeps the bar below the lines, and the lines whole", function()
      local r = new { tty = true }
      r:event("progress", { phase = "update", percent = 50 })
      r:event("urc", { text = "RDY" })
      r:event("phase", { name = "reboot" })
      assert.matches("\r\27%[Jmodule   RDY\nupdate   %[#+%-+%]  50 %%\r\r\27%[J"
        .. "update   50 %% after 0.0 s\nphase    reboot\n$", out:text())
    end)

    it("shows no percentage while waiting for something without one", function()
      local r = new { tty = true }
      r:event("phase", { name = "verify" })
      r:tick(12)
      assert.matches("waiting  last line 12 s ago", out:text(), 1, true)
      assert.is_nil(out:text():find("%", 1, true))
    end)

    it("updates the time since the last line on a terminal, and causes no wake-ups elsewhere", function()
      local r = new { tty = true }
      assert.equal(1, r:tick_s())
      r:event("progress", { phase = "update", percent = 42 })
      r:tick(95, { what = "asks", at_s = 180 })
      assert.matches("42 %%  last line 95 s ago, asks at 180 s", out:text())
      for _, options in ipairs { {}, { tty = true, quiet = true } } do
        r = new(options)
        assert.is_nil(r:tick_s())
        r:tick(95)
        assert.equal("", out:text())
      end
    end)

    it("uses colours only if wanted", function()
      tell_all(new { tty = true, color = true })
      assert.matches("\27[31mresult", err:text(), 1, true)
      tell_all(new { tty = true, color = false })
      assert.is_nil((out:text() .. err:text()):find("\27%[%d"))
    end)

  end)

  describe("whose output is lost", function()
    for name, broken in pairs { ["a full disk"] = "No space left on device", ["a closed pipe"] = "Broken pipe" } do
      it("continues silently and remembers why: " .. name, function()
        local r = new { json = true }
        r:event("phase", { name = "upload" })
        assert.is_nil(r:failed())
        out.broken = broken
        r:event("phase", { name = "trigger" })
        out.broken = nil
        r:event("phase", { name = "update" })
        r:result(UPDATED)
        assert.equal(broken, r:failed())
        assert.equal(1, #out:lines())
        assert.matches("result   updated", err:text())
      end)
    end

    it("does not raise if the handle was closed", function()
      local file = assert(io.open("/dev/null", "w"))
      file:close()
      local r = report.new { out = file, err = file, json = true, clock = os.clock }
      r:result(UPDATED)
      assert.matches("closed", r:failed())
    end)

    it("takes a reader that closed the pipe for no failure", function()
      local closed = { write = function() return nil, "Broken pipe", 32 end }
      local r = report.new { out = closed, err = err, json = true, clock = os.clock }
      r:result(UPDATED)
      assert.is_nil(r:failed())
    end)

    it("notices a full disk", function()
      local full <close> = assert(io.open("/dev/full", "w"))
      local r = report.new { out = full, err = full, clock = os.clock }
      r:result(UPDATED)
      assert.matches("No space", r:failed())
    end)
  end)

  it("masks secrets wherever an event quotes the module, and not in what a verdict rests on", function()
    local secrets = { masked = function(_, text) return (text:gsub("secret", "******")) end }
    local lines, text = sink.new(), sink.new()
    local r = report.new { out = lines, err = text, json = true, clock = os.clock, secrets = secrets }
    r:event("urc", { text = "a secret" })
    r:event("note", { level = "warning", text = "a secret" })
    r:event("gate", { name = "secret", ok = true, value = "a secret" })
    r:event("facts", { names = { "line" }, line = "a secret" })
    r:event("identity", { model = "MC65", revision = "secret", imei = "1" })
    r:result { message = "a secret", before = "secret", rc = 75, outcome = "not_started" }
    local events = {}
    for i, line in ipairs(lines:lines()) do events[i] = json.decode(line) end
    assert.same({ "a ******", "a ******", "a ******", "a ******", "secret", "a ******", "secret" },
      { events[1].text, events[2].text, events[3].value, events[4].line, events[5].revision, events[6].message,
        events[6].before })
    assert.is_nil(text:text():find "a secret")
  end)
end)
