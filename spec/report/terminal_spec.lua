local Screen = require "support.screen"
local terminal = require "dfota.report.terminal"

local EVIL = "\27[2J\7\r\b\x9B31m\u{9B}31m\0"

describe("What people read", function()
  local normal, alert, shown, sink

  -- Everything in the order written, and each stream separately.
  local function new(options)
    normal, alert, shown = "", "", ""
    options = options or {}
    options.normal = function(text) normal, shown = normal .. text, shown .. text end
    options.alert = function(text) alert, shown = alert .. text, shown .. text end
    sink = terminal.new(options)
    return sink
  end

  local function progress(fields, t) sink:event("progress", fields, t) end

  describe("of an event", function()
    for name, case in pairs {
      ["the module's identity"] =
        { "identity", { model = "M", revision = "R", imei = "1" }, "module   M, revision R, IMEI 1" },
      ["its identity, as far as known"] = { "identity", { model = "M" }, "module   M, revision unknown, IMEI unknown" },
      ["a gate with its limit"] =
        { "gate", { name = "a", ok = true, value = 5, limit = 3.0, unit = "mV" }, "gate     a: 5 mV (limit 3 mV), ok" },
      ["a gate whose limit equals its value"] =
        { "gate", { name = "a", ok = true, value = "A", limit = "A" }, "gate     a: A, ok" },
      ["a gate that is only yes or no"] =
        { "gate", { name = "a", ok = true, value = true, limit = true }, "gate     a, ok" },
      ["a gate with no value to show"] = { "gate", { name = "a", ok = true }, "gate     a, ok" },
      ["a gate that was not checked"] =
        { "gate", { name = "a", limit = 3 }, "gate     a: unknown (limit 3), not checked" },
      ["a phase"] = { "phase", { name = "upload" }, "phase    upload" },
      ["an unsolicited line"] = { "urc", { text = "RING" }, "module   RING" },
      ["one repeated once"] = { "urc", { text = "RING", repeated = 1 }, "module   RING, repeated 1 time" },
      ["one repeated twice"] = { "urc", { text = "RING", repeated = 2 }, "module   RING, repeated 2 times" },
      ["a note"] = { "note", { level = "info", text = "t" }, "note     t" },
      ["a note without a level"] = { "note", { text = "t" }, "note     t" },
      ["a progress"] = { "progress", { phase = "upload", percent = 7.9 }, "upload   7 %" },
      ["a progress in bytes of one unit"] =
        { "progress", { phase = "p", bytes = 500, total = 999 }, "p        500 of 999 B" },
      ["a progress in bytes of two units"] =
        { "progress", { phase = "p", percent = 7, bytes = 70, total = 1000 }, "p        7 %  70 B of 1.0 kB" },
      ["progress with only the total known"] =
        { "progress", { phase = "p", percent = 7, total = 1000 }, "p        7 %" },
      ["progress with only the bytes known"] = { "progress", { phase = "p", bytes = 70 }, "p        70 B" },
      ["progress with a rate, shown in bytes, and no time left"] =
        { "progress", { phase = "p", percent = 7, rate_bps = 16, eta_s = 0 }, "p        7 %  2 B/s" },
      ["a progress with the time left"] =
        { "progress", { phase = "p", percent = 7, eta_s = 5 }, "p        7 %  5.0 s left" },
    } do
      it("is a line on the normal stream: " .. name, function()
        new():event(case[1], case[2])
        assert.same({ case[3] .. "\n", "" }, { normal, alert })
        new({ quiet = true }):event(case[1], case[2])
        assert.equal("", shown)
      end)
    end

    for name, case in pairs {
      ["a gate that refuses"] =
        { "gate", { name = "a", ok = false, value = 3, limit = 8 }, "gate     a: 3 (limit 8), refused" },
      ["a gate that says no"] =
        { "gate", { name = "a", ok = false, value = false, limit = true }, "gate     a, refused" },
      ["a warning"] = { "note", { level = "warning", text = "t" }, "warning  t" },
      ["an error"] = { "note", { level = "error", text = "t" }, "error    t" },
    } do
      it("is a line on the error stream, with --quiet too: " .. name, function()
        for _, quiet in ipairs { false, true } do
          new({ quiet = quiet }):event(case[1], case[2])
          assert.same({ "", case[3] .. "\n" }, { normal, alert })
        end
      end)
    end

    it("is omitted if shown in another form: facts, and the update's own lines", function()
      new():event("facts", { names = { "x" }, x = 1 })
      sink:event("urc", { text = '+QIND: "FOTA","START"' })
      sink:event("urc", { text = '+QIND:"FOTA","END",0' })
      assert.equal("", shown)
      sink:event("urc", { text = '+QIND: SMS DONE' })
      assert.equal("module   +QIND: SMS DONE\n", shown)
    end)

    it("raises if there is no such event", function()
      assert.error_matches(function() new():event("surprise", {}) end, "no event named surprise")
    end)
  end)

  describe("of a chain", function()
    local PLAN = { from = "A", to = "C", writes = 2, updates_seen = 3, max_updates = 800, time = "about 5 s", hops = {
      { from = "A", to = "B", package = "p/A2B.pack", size = 1500, signed = true },
      { from = "B", to = "C", package = "http://h.net/b\27", signed = false } } }

    it("is its plan, with what it costs", function()
      new():event("plan", PLAN)
      assert.equal("plan     A -> C\n     1   A -> B, A2B.pack, 1.5 kB, signed\n     2   B -> C, b\\x1B, size unknown\n"
        .. "writes   2 updates of the flash, rated for 800; the ledger counts 3\ntime     about 5 s\n", normal)
      new():event("plan", { from = "A", to = "B", writes = 1, max_updates = 800, time = "t", hops = {} })
      assert.matches("writes   1 update of the flash, rated for 800; how many it had is unknown\n", normal)
    end)

    it("is its plan even with --quiet, if people are asked about it or wanted to see it", function()
      new { quiet = true }:event("plan", PLAN)
      assert.equal("", shown)
      PLAN.wanted = true
      new { quiet = true }:event("plan", PLAN)
      assert.matches("^plan     A %-> C\n", normal)
    end)

    it("is where each hop begins and how it ends", function()
      local hop = { number = 1, of = 2, from = "A", to = "B" }
      new():event("hop", hop)
      hop.ok, hop.rc, hop.message = true, 0, "the module now runs B"
      sink:event("hop", hop)
      assert.equal("hop      1 of 2: A -> B\nhop      1 of 2: A -> B: the module now runs B\n", normal)
      hop.ok, hop.rc = false, 81
      new { quiet = true }:event("hop", hop)
      assert.same({ "hop      1 of 2: A -> B: ended with 81\n", "" }, { alert, normal })
    end)
  end)

  describe("of a result", function()
    local headlines = {
      updated = "updated: A -> B", already_current = "nothing to do: already at A",
      checked = "checked: A, firmware unchanged", not_started = "not started",
      failed_on_source = "failed; the module still runs B", wrong_revision = "wrong revision: A ran before, B runs now",
      unknown = "outcome unknown", ["of another program"] = "of another program",
    }
    for outcome, headline in pairs(headlines) do
      it("has text for the outcome " .. outcome, function()
        new():event("result", { ok = true, outcome = outcome, before = "A", after = "B", duration_s = 12 })
        assert.same({ ("result   %s (12 s)\n"):format(headline), "" }, { normal, alert })
        new():event("result", { ok = false, outcome = outcome, before = "A", after = "B", message = "m" })
        assert.same({ "", ("result   %s: m\n"):format(headline) }, { normal, alert })
      end)
    end

    it("says of what was looked at and is not as it should be that it is not, with its advice", function()
      new():event("result", { ok = false, outcome = "not_started", rc = 65, retry = "after_fix", found = true,
        message = "a differs", advice = "upload it again" })
      assert.equal("result   not as it should be: a differs\n"
        .. "advice   Upload it again. Run it again after fixing that.\n", alert)
    end)

    it("says of a chain that failed on its way what ran before, and what runs now", function()
      new():event("result", { ok = false, outcome = "failed_on_source", before = "A", after = "B", changed = true,
        message = "m" })
      assert.equal("result   failed on the way: A ran before, B runs now: m\n", alert)
    end)

    it("says once that the module still runs the same revision", function()
      new():event("result", { ok = false, outcome = "wrong_revision", before = "A", after = "A", message = "still A" })
      assert.equal("result   wrong revision: still A\n", alert)
    end)

    it("says what is not known", function()
      new():event("result", { ok = true, outcome = "updated", duration_s = 1, message = "m" })
      assert.equal("result   updated: unknown -> unknown (1.0 s)\n         m\n", normal)
    end)

    -- what else is known → the line of advice
    for name, case in pairs {
      ["whether it is safe"] = { { retry = "safe" }, "It is safe to run it again." },
      ["that it must not be run again"] = { { retry = "never" }, "Do not run it again." },
      ["what to do first"] =
        { { retry = "after_fix", advice = "look at the line." }, "Look at the line. Run it again after fixing that." },
      ["what to do alone"] = { { advice = "Look at it" }, "Look at it." },
      ["nothing if there is nothing to do"] = { { retry = "none" } },
    } do
      it("that is bad gives advice: " .. name, function()
        local fields = { ok = false, outcome = "unknown", rc = 80 }
        for key, value in pairs(case[1]) do fields[key] = value end
        new():event("result", fields)
        assert.equal("result   outcome unknown\n" .. (case[2] and ("advice   %s\n"):format(case[2]) or ""), alert)
      end)
    end

    it("is one line for a usage error, and gives a gate's advice", function()
      local fields = { ok = false, outcome = "not_started", retry = "after_fix", rc = 2, message = "m", advice = "x" }
      new():event("result", fields)
      assert.equal("result   not started: m\n", alert)
      fields.rc = 84
      new():event("result", fields)
      assert.equal("result   not started: m\nadvice   X. Run it again after fixing that.\n", alert)
      fields.rc, fields.retry = 75, "safe"
      new():event("result", fields)
      assert.equal("result   not started: m\nadvice   X. It is safe to run it again.\n", alert)
    end)
  end)

  describe("without a terminal", function()
    it("shows progress every ten percent, and when it goes back", function()
      new()
      for percent = 0, 100 do progress { phase = "upload", percent = percent } end
      progress { phase = "upload", percent = 5 }
      local _, count = normal:gsub("\n", "")
      assert.equal(12, count)
      assert.is_nil(normal:find "[\r\27]")
    end)

    it("starts over with another phase", function()
      new()
      progress { phase = "download", percent = 5 }
      progress { phase = "update", percent = 5 }
      assert.equal("download 5 %\nupdate   5 %\n", normal)
    end)

    it("does not show the time since the last line", function()
      new():tick(60, "waiting")
      assert.equal("", shown)
    end)
  end)

  describe("on a terminal", function()
    it("is a bar that grows with the percentage, in two widths only", function()
      new { tty = true, width = 120 }
      for percent, full in pairs { [0] = 0, [4] = 0, [5] = 1, [50] = 10, [99] = 19, [100] = 20, [150] = 20 } do
        normal = ""
        progress { phase = "upload", percent = percent }
        local cells = normal:match "%[([#-]*)%] "
        assert.same({ 20, full }, { #cells, select(2, cells:gsub("#", "")) }, percent)
      end
      new { tty = true, width = 33 }
      progress { phase = "upload", percent = 50 }
      assert.is_truthy(normal:find("[#####-----]  50 %", 1, true), normal)
    end)

    it("is never wider than the terminal, so that no line wraps", function()
      for _, width in ipairs { 1, 10, 20, 25, 30, 40, 60, 80, 200 } do
        new { tty = true, width = width }
        progress {
          phase = "upload", percent = 37, bytes = 57757, total = 156100, rate_bps = 92160, eta_s = 100, age_s = 3,
        }
        sink:tick(75, { what = "gives up", at_s = 600 })
        for drawn in normal:gmatch "\27%[J([^\r]*)" do assert.is_true(utf8.len(drawn) < math.max(width, 2), drawn) end
      end
    end)

    it("is 80 columns wide if the terminal does not tell", function()
      for _, width in ipairs { false, function() end } do
        new { tty = true, width = width or nil }
        sink:tick(75, { what = ("x "):rep(20), at_s = 1 })
        sink:event("note", { text = ("x "):rep(45) })
        assert.is_true(utf8.len(normal:match "waiting  ([^\r]*)") > 40)
        assert.equal(78, utf8.len(normal:match "(note     [x ]*)\n"))
      end
    end)

    it("is as wide as the terminal is by now", function()
      local columns = 80
      new { tty = true, width = function() return columns end }
      progress { phase = "upload", percent = 37, bytes = 57757, total = 156100, rate_bps = 92160, eta_s = 100 }
      local before = normal
      columns = 40
      sink:event("urc", { text = "RING" })
      assert.is_true(utf8.len(before:match "(upload [^\r]*)") > 40)
      assert.is_true(utf8.len(normal:sub(#before + 1):match "(upload [^\r]*)") < 40)
    end)

    it("breaks long lines between words, warnings, unsolicited lines and advice as well", function()
      new { tty = true, width = 40, color = true }
      sink:event("note", { level = "warning", text = ("word "):rep(20) })
      sink:event("urc", { text = ("line "):rep(20) })
      sink:event("result", { ok = false, outcome = "unknown", rc = 80, message = ("what "):rep(20), retry = "never",
        advice = ("todo "):rep(20) })
      for line in shown:gsub("\27%[%d*m", ""):gmatch "[^\n]+" do
        assert.is_true(utf8.len(line) < 40, line)
        assert.is_truthy(line:find "^%l+ +%S" or line:find "^         %S", line)
      end
    end)

    it("leaves lines whole where there is no terminal: for each stream by itself", function()
      local long = ("word "):rep(40) .. "end"
      for _, case in ipairs { { true, false }, { false, true } } do
        new { tty = case[1], alert_tty = case[2], color = case[1], alert_color = case[2], width = 40 }
        sink:event("note", { level = "info", text = long })
        sink:event("note", { level = "error", text = long })
        assert.same({ case[1], case[2] }, { normal:find(long, 1, true) == nil, alert:find(long, 1, true) == nil })
        assert.equal(case[2], alert:find("\27", 1, true) ~= nil)
      end
    end)

    it("never breaks a command that is to be typed: it has a line of its own, after what it is for", function()
      new { tty = true, width = 40 }
      local command = "lua5.4 scripts/watch.lua --port /dev/ttyUSB0 --from A --to B"
      sink:event("result", { ok = false, outcome = "unknown", retry = "never", commands = { command },
        prose = "keep it powered", lead = "follow it", advice = "x" })
      assert.equal("result   outcome unknown\nadvice   Keep it powered. Do not run it\n         again. Follow it:\n"
        .. "         " .. command .. "\n", alert)
    end)

    for name, case in pairs {
      ["the same call"] = { { prose = "nothing was changed", retry = "safe" },
        "Nothing was changed. It is safe to run it again:\n         x" },
      ["the same call, which the words before it say already"] =
        { { prose = "check it; then run it again", retry = "safe" }, "Check it; then run it again:\n         x" },
      ["several calls to choose from"] =
        { { prose = false, lead = "name one of them", retry = "after_fix", commands = { "x", "y" } },
          "Name one of them:\n         x\n         y" },
      ["a call that passes a gate"] = { { prose = "fix it", lead = "to pass it", retry = "after_fix" },
        "Fix it. Run it again after fixing that. To pass it:\n         x" },
    } do
      it("says what a command is: " .. name, function()
        local fields = { ok = false, outcome = "not_started", rc = 2, commands = { "x" } }
        for key, value in pairs(case[1]) do fields[key] = value end
        new():event("result", fields)
        assert.equal("result   not started\nadvice   " .. case[2] .. "\n", alert)
      end)
    end

    it("shows the advice for programs where there is none for people", function()
      new():event("result", { ok = false, outcome = "unknown", advice = "look at it" })
      assert.equal("result   outcome unknown\nadvice   Look at it.\n", alert)
    end)

    it("keeps the bar below the lines, and says how far its phase got once that is over", function()
      new { tty = true }
      sink:event("phase", { name = "update" }, 10)
      progress({ phase = "update", percent = 50 }, 14)
      local bar = normal:match "(update   %[[^\r]*)"
      normal = ""
      sink:event("urc", { text = "RDY" }, 15)
      assert.equal(("\r\27[Jmodule   RDY\n%s\r"):format(bar), normal)
      normal = ""
      sink:event("phase", { name = "reboot" }, 16)
      assert.equal("\r\27[Jupdate   50 % after 4.0 s\nphase    reboot\n", normal)
    end)

    it("keeps it below errors, too, which go to the other stream", function()
      new { tty = true }
      progress { phase = "update", percent = 50 }
      sink:event("note", { level = "warning", text = "t" })
      assert.equal("warning  t\n", alert)
      assert.is_truthy(shown:find "\27%[Jwarning  t\nupdate ", shown)
    end)

    it("takes one phase's bar away before it draws the next", function()
      new { tty = true }
      progress({ phase = "download", percent = 100 }, 3)
      progress({ phase = "update", percent = 0 }, 4)
      assert.is_truthy(normal:find("100 %\r\r\27[Jdownload 100 % after 3.0 s\nupdate   [", 1, true), normal)
    end)

    it("takes a bar away that has nothing to say once the wait is over", function()
      new { tty = true }
      sink:tick(12)
      sink:event("result", { ok = true, outcome = "updated", before = "A", after = "B", duration_s = 12 })
      assert.is_truthy(normal:find("ago\r\r\27[Jresult ", 1, true), normal)
    end)

    it("shows the time since the last line against its limit, and no outdated rate or time left", function()
      new { tty = true, width = 120 }
      progress { phase = "update", percent = 42, rate_bps = 800, eta_s = 9 }
      normal = ""
      sink:tick(95, { what = "asks", at_s = 180 })
      assert.is_truthy(normal:find("42 %  last line 95 s ago, asks at 180 s", 1, true), normal)
      assert.is_nil(normal:find("B/s", 1, true))
      assert.is_nil(normal:find("left", 1, true))
    end)

    it("shows no percentage while waiting for something without one", function()
      new { tty = true }
      sink:event("phase", { name = "verify" })
      sink:tick(12)
      assert.is_truthy(normal:find("waiting  last line 12 s ago", 1, true), normal)
      assert.is_nil(normal:find("%", 1, true))
    end)

    it("shows what is searched for in place of the bar, and leaves nothing of it", function()
      new { tty = true, width = 30 }
      sink:status "trying 115200 baud"
      assert.is_truthy(normal:find("search   trying 115200 baud\r", 1, true), normal)
      sink:event("note", { level = "info", text = "t" })
      assert.is_truthy(normal:find "note     t\nsearch   trying 115200 baud\r$", normal)
      sink:status(("x"):rep(100) .. "\27[2J")
      assert.equal(29, utf8.len(normal:match "\27%[J([^\r]*)\r$"))
      normal = ""
      sink:status(nil)
      assert.equal("\r\27[J", normal)
      sink:status "trying 9600 baud"
      normal = ""
      sink:event("phase", { name = "prepare" })
      assert.equal("\r\27[Jphase    prepare\n", normal)
      progress { phase = "update", percent = 50 }
      sink:status(nil)
      assert.is_truthy(normal:find "50 %%[^\n]*$", "a bar is none")
    end)

    it("shows that nowhere else", function()
      for _, options in ipairs { { tty = false }, { tty = true, quiet = true } } do
        new(options)
        sink:status "trying 115200 baud"
        sink:status(nil)
        assert.equal("", shown)
      end
    end)

    it("with --quiet draws nothing", function()
      new { tty = true, quiet = true }
      progress { phase = "update", percent = 42 }
      sink:tick(95)
      assert.equal("", shown)
    end)
  end)

  describe("on a screen that is resized in mid-run", function()
    -- What happens in a run, as it is told.
    local STEPS = {
      { "phase", { name = "upload" } },
      { "progress", { phase = "upload", percent = 10, bytes = 15000, total = 156100, rate_bps = 92160, eta_s = 12 } },
      { "urc", { text = "RING RING RING RING RING RING RING RING" } },
      { "progress", { phase = "upload", percent = 100, bytes = 156100, total = 156100, rate_bps = 92160 } },
      { "phase", { name = "update" } },
      { "progress", { phase = "update", percent = 42, eta_s = 30 } },
      { "note", { level = "warning", text = "nothing received for a long time while waiting for the update" } },
      { "progress", { phase = "update", percent = 43, eta_s = 30 } },
      { "phase", { name = "verify" } },
      { "note", { level = "info", text = "one more" } },
      { "result", { ok = true, outcome = "updated", before = "A", after = "B", message = "m", duration_s = 12 } },
    }

    -- The screen after a run that was resized after a step.
    local function screen_after(step, from, to, folds)
      local columns, screen = from, Screen.new(from, { folds = folds })
      local function write(text) screen:write(text) end
      local told = terminal.new { normal = write, alert = write, tty = true, width = function() return columns end }
      for i, event in ipairs(STEPS) do
        told:event(event[1], event[2], i)
        if event[1] == "phase" or event[1] == "progress" then told:tick(12, { what = "asks", at_s = 180 }) end
        if i == step then
          columns = to
          screen:resize(to)
        end
      end
      return screen:lines()
    end

    -- Without the line ends that depend on the width.
    local function text_of(lines) return (table.concat(lines, " "):gsub("%s+", " ")) end

    for name, folds in pairs { ["folds its lines"] = true, ["cuts them off"] = false } do
      it("nothing of a bar stays behind, if it " .. name, function()
        for step = 1, #STEPS do
          for _, size in ipairs { { 80, 40 }, { 40, 80 }, { 80, 30 }, { 120, 20 } } do
            local lines = screen_after(step, size[1], size[2], folds)
            local text = text_of(lines)
            for _, rest in ipairs { "[#", "--]", "waiting 12", "asks at", " left" } do
              assert.is_nil(text:find(rest, 1, true), text)
            end
            assert.is_true(text:find("result updated", 1, true) ~= nil, text)
          end
        end
      end)
    end

    it("no line is lost either, if it folds them", function()
      local function letters(lines) return (text_of(lines):gsub(" ", "")) end -- a fold may be within a word
      local whole = letters(screen_after(0, 200, 200, true))
      for step = 1, #STEPS do assert.equal(whole, letters(screen_after(step, 80, 40, true))) end
    end)
  end)

  it("has colours only if wanted: red for errors, yellow for warnings, green for success", function()
    local bad = { ok = false, outcome = "unknown" }
    local good = { ok = true, outcome = "updated", duration_s = 1 }
    for _, case in ipairs {
      { "result", bad, "\27%[31mresult" }, { "note", { level = "warning", text = "t" }, "\27%[33mwarning" },
      { "result", good, "\27%[32mupdated" }, { "urc", { text = "RING" }, "\27%[2mmodule" },
    } do
      new({ color = true }):event(case[1], case[2])
      assert.is_truthy(shown:find(case[3]), shown)
      assert.is_truthy(shown:find("\27[0m", 1, true))
      new({ color = false }):event(case[1], case[2])
      assert.is_nil(shown:find("\27", 1, true))
    end
  end)

  it("shows a list as it is, because it was asked for: with --quiet too", function()
    new({ quiet = true }):list({ "a", "b" }, {}, { ok = true })
    assert.equal("a\nb\n", normal)
  end)

  it("cannot control the terminal, whatever came over the line", function()
    new { tty = true }
    sink:event("identity", { model = EVIL, revision = EVIL, imei = EVIL })
    sink:event("urc", { text = EVIL })
    for _, level in ipairs { EVIL, "info", "warning" } do sink:event("note", { level = level, text = EVIL }) end
    for _, ok in ipairs { true, false } do
      sink:event("gate", { name = EVIL, ok = ok, value = EVIL, limit = EVIL .. "x", unit = EVIL })
      sink:event("result", { ok = ok, outcome = EVIL, before = EVIL, message = EVIL, advice = EVIL, duration_s = 1 })
    end
    sink:event("phase", { name = EVIL })
    assert.truthy(utf8.len(shown))
    assert.is_nil((shown:gsub("\n", "")):find "[%z\1-\31\127]")
    assert.is_nil(shown:find("\u{9B}", 1, true))
    assert.is_truthy(shown:find("\\x1B[2J", 1, true))
  end)
end)
