local WholeRun = require "support.whole_run"

local A, B = WholeRun.A, WholeRun.B
local notes, sent = WholeRun.notes, WholeRun.sent

-- Without a target, a revision that differs is what counts.
local NO_TARGET = { to = false, from = false }

describe("The verdict of a run", function()
  local runs

  setup(function() runs = WholeRun.new() end)
  teardown(function() runs:close() end)

  local function play(case)
    case.way = case.way or "file"
    return runs:play(case)
  end

  describe("without a target is never a success by one damaged reading", function()
    for name, case in pairs {
      ["where the update failed with 6508"] = { { fail = "end:6508" }, "file", 81, 6508 },
      ["where the download failed with 6503"] = { { fail = "httpend:6503" }, "url", 75, 6503 },
      ["where the command was refused with 6502"] = { { fail = "command:6502" }, "file", 81, 6502 },
      ["where the module simply stayed"] = { { result = A }, "file", 82 },
      ["where nothing was told and the module stayed"] =
        { { result = A, lost = "start+updating+end", boot_lines = false }, "file", 82 },
      ["where the context was lost"] = { { pdp_drop = "download:50", lost = "httpend" }, "url", 75 },
    } do
      for ati = 1, 6 do
        it(("%s (answer %d to ATI)"):format(name, ati), function()
          local spec = { ati_wrong = tostring(ati) }
          for key, value in pairs(case[1]) do spec[key] = value end
          local run = play { way = case[2], spec = spec, want = NO_TARGET }
          assert.same({ case[3], case[4], A, A },
            { run.rc, run.result.code, run.result.before, run.result.after })
        end)
      end
    end
  end)

  it("without a target is a success if two readings agree on another revision", function()
    for ati = 1, 4 do
      local run = play { spec = { ati_wrong = tostring(ati) }, want = NO_TARGET }
      assert.same({ 0, A, B }, { run.rc, run.result.before, run.result.after })
    end
  end)

  it("without a target is not fooled by the same damage twice after a different reading", function()
    -- Two readings before the update and the first one after it are good.
    local run = play { spec = { ati_wrong = "4+5" }, want = NO_TARGET }
    assert.same({ 0, A, B }, { run.rc, run.result.before, run.result.after })
  end)

  it("on a module that failed is a success only at the target given by --to", function()
    -- It told a failure, and runs the target all the same: a second update behind our back, say.
    local function run_with(want)
      local case = { way = "file", spec = { fail = "end:6508" }, want = want }
      local world = runs:world(case)
      world.m.faults.take = function(_, kind, value)
        if kind == "urc" and value == "end" then world.m.revision = B end
      end
      return world:run()
    end
    local run = run_with(NO_TARGET)
    assert.same({ 82, 6508, A, B }, { run.rc, run.result.code, run.result.before, run.result.after })
    for _, part in ipairs { "6508", A, B } do assert.is_truthy(run.result.message:find(part, 1, true)) end
    assert.equal(0, run_with({}).rc)
  end)

  it("after END,0 waits for the reboot while the old application still answers", function()
    local run = play { spec = { stale_s = 30 } }
    assert.same({ 0, B }, { run.rc, run.result.after })
  end)

  for name, spec in pairs {
    ["lines of a boot stand inside its answers"] = { ati_urc = "^CINIT: 1" },
    ["lines of a boot fall again and again"] = { drip = "^CINIT: 1", drip_s = 3 },
    ["some of its answers are damaged"] = { garble_char = 0.02, cmee = "2" },
  } do
    it("after END,0 waits for the reboot of an old application even if " .. name, function()
      for seed = 1, 20 do
        local all = { stale_s = 30 }
        for key, value in pairs(spec) do all[key] = value end
        local run = play { spec = all, seed = seed, force = { "revision" } }
        assert.is_true(run.tx_triggers == 0 or run.rc == 0, run.result.message)
      end
    end)
  end

  it("after END,0 is unknown if the old application answered and the module never came back", function()
    for _, stale_s in ipairs { 0.3, 5, 30 } do
      local run = play { spec = { stale_s = stale_s, stale_then = "gone" }, want = NO_TARGET }
      assert.same({ 80, "never" }, { run.rc, run.result.retry })
      assert.is_nil(run.result.after)
      assert.is_truthy(run.result.message:find("the last it reported was END,0", 1, true), run.result.message)
      assert.is_true(run.ended - run.began > 600, "it did not wait recover_s")
    end
  end)

  it("is a success if the new firmware starts at a rate that was not requested", function()
    for _, rate in ipairs { 9600, 300, 460800 } do
      local run = play { spec = { new_ipr = tostring(rate) }, bauds = { 115200 } }
      assert.same({ 0, B }, { run.rc, run.result.after }, rate)
      assert.is_true(run.ended - run.began < 120, "it was looked for there only when all else was given up")
    end
  end)

  it("is a success if the new firmware starts at an unusual rate", function()
    for _, rate in ipairs { 14400, 28800 } do
      for _, set in ipairs { {}, { "boot_s=1", "recover_s=1" } } do
        local run = play { spec = { new_ipr = tostring(rate) }, bauds = { 115200 }, set = set }
        assert.same({ 0, B }, { run.rc, run.result.after }, rate)
        assert.is_true(run.ended - run.began < 300)
      end
    end
  end)

  it("is never no answer before every rate that AT+IPR accepts was tried", function()
    for _, rate in ipairs { 300, 150, 75 } do
      local run = play { spec = { new_ipr = tostring(rate) }, bauds = { 115200 }, set = { "boot_s=1", "recover_s=1" } }
      assert.same({ 0, B }, { run.rc, run.result.after }, rate)
    end
  end)

  it("is a success if the module updates at a saved rate that is not the active one", function()
    local run = play { spec = { active_ipr = 115200, ipr = 9600 }, bauds = { 115200 } }
    assert.same({ 0, B }, { run.rc, run.result.after })
  end)

  it("comes in time although a line arrives every few seconds", function()
    local hung = play { spec = { hang = "update:50", drip_s = 60, drip_always = true } }
    assert.equal(80, hung.rc)
    assert.is_true(hung.ended - hung.began < 1000)
    local mute = { lost = "ok+start+updating+end", boot_lines = false, drip_s = 60, drip_always = true }
    local done = play { spec = mute }
    assert.equal(0, done.rc)
    assert.is_true(done.ended - done.began < 300)
  end)

  it("comes after follow_s at the latest, with the update's progress", function()
    local run = play { spec = { restarts = "forever" }, set = { "follow_s=1000" } }
    assert.equal(80, run.rc)
    assert.is_true(run.ended - run.began < 1100)
    assert.is_truthy(run.result.message:find("follow_s (1000 s); the last it reported was update", 1, true))
  end)

  it("waits for a module that restarts again and again, and reports how far it got from the third START on", function()
    local run = play { spec = { restarts = "4" } }
    assert.equal(0, run.rc)
    local told = notes(run, "the update has restarted")
    assert.equal(3, #told)
    assert.is_truthy(told[1]:find("has restarted 2 times so far and got as far as 20 %", 1, true), told[1])
    assert.equal(0, #notes(play { spec = { power_cut = "update:50" } }, "the update has restarted"))
  end)

  it("does not come while a silent download goes on", function()
    local run = play { way = "url", spec = { download_s = 1100, download_step = 10 } }
    assert.equal(0, run.rc)
    assert.equal(0, sent(run, "AT+QIDEACT"))
    assert.is_true(sent(run, "AT+QISTAT") > 5)
  end)

  it("on a download that stalls forever comes once the context was deactivated", function()
    local run = play { way = "url", spec = { http = "real" }, set = { "recover_s=100" } }
    assert.same({ 75, 6503, "safe" }, { run.rc, run.result.code, run.result.retry })
    assert.is_true(run.ended - run.began >= 160 and run.ended - run.began < 300)
    assert.is_true(sent(run, "AT+QIDEACT") >= 1)
  end)

  local NO = "\r\nERROR\r\n"
  local function state(name) return "\r\nOK\r\n\r\nSTATE: " .. name .. "\r\n" end

  for name, deact in pairs { ["is refused"] = NO, ["is not answered"] = "" } do
    it("on a stalled download is unknown if the context stays up and AT+QIDEACT " .. name, function()
      for _, qistat in ipairs { "", ";QISTAT:" .. NO, ";QISTAT:" } do
        local run = play { way = "url", spec = { http = "real", reply = "QIDEACT:" .. deact .. qistat },
          set = { "recover_s=100" } }
        assert.same({ 80, "never" }, { run.rc, run.result.retry })
        assert.is_truthy(run.result.message:find("has stalled", 1, true), run.result.message)
        assert.is_true(run.ended - run.began < 600)
      end
    end)

    it("on a stalled download is safe if AT+QIDEACT " .. name .. " and the context is down", function()
      for _, down in ipairs { "IP INITIAL", "PDP DEACT" } do
        local reply = ("QIDEACT:%s;QISTAT*3:%s;QISTAT:%s"):format(deact, state "IP STATUS", state(down))
        local run = play { way = "url", spec = { http = "real", reply = reply }, set = { "recover_s=100" } }
        assert.same({ 75, "safe", A }, { run.rc, run.result.retry, run.result.after })
      end
    end)
  end

  it("leaves somebody else's PDP context active, and back in the foreground", function()
    local NO_CHOICE = "QIFGCNT=0:" .. NO
    for name, case in pairs {
      ["a refusal"] = { 81, fail = "command:6502" }, ["a failed download"] = { 75, fail = "httpend:6503" },
      ["no choice"] = { 75, reply = NO_CHOICE }, ["no answer"] = { 75, reply = "QIFGCNT=0:" },
    } do
      local spec = { busy_context = "1", fail = case.fail, reply = case.reply }
      local run, world = runs:play { way = "url", spec = spec }
      local contexts, front = world.m.contexts, world.m.pdp
      assert.same({ case[1], 1, "IP GPRSACT", "IP INITIAL" },
        { run.rc, front.context, contexts[1].state, contexts[0].state }, name)
    end
  end)

  it("is a success at the target even if nothing was received and the context cannot be queried", function()
    local run = play { way = "url", spec = { lost = "httpstart+downloading+httpend+deact+start+updating+end",
      boot_lines = false, reply = "QIDEACT:" .. NO .. ";QISTAT:" .. NO }, set = { "recover_s=100" } }
    assert.same({ 0, B }, { run.rc, run.result.after })
  end)

  it("is not a failed download because late boot lines arrive during it", function()
    for _, line in ipairs { "Init...", "Call Ready", "^CINIT: 8, 2048, 1", "+CFUN: 1" } do
      local run = play { way = "url", spec = { drip = line, drip_s = 7, download_s = 200 } }
      assert.same({ 0, B }, { run.rc, run.result.after }, line)
      assert.equal(0, sent(run, "AT+QIDEACT"))
    end
  end)

  it("after END,0 waits for the reboot of an old application although lines come that may come at any time", function()
    for _, line in ipairs { "Init...", "^CINIT: 8, 2048, 1", "+CIEV: service,  1", "^STN: 1", "DST: 1", "RING" } do
      local run = play { spec = { stale_s = 30, drip = line, drip_s = 3 } }
      assert.same({ 0, B }, { run.rc, run.result.after }, line)
      run = play { spec = { stale_s = 30, stale_then = "gone", drip = line, drip_s = 3 } }
      assert.equal(80, run.rc, line)
    end
  end)

  for name, spec in pairs {
    ["nobody knows, and the context was lost"] = { extra = "httpstart:PREPARE", pdp_drop = "download:50" },
    ["siblings say, and the download failed"] =
      { rename = "httpstart:HTTPSSTART+httpend:HTTPSEND", fail = "httpend:6503" },
    ["siblings say, and the power was lost"] = { rename = "httpstart:HTTPSSTART", power_cut = "download:50" },
  } do
    it("is never safe to repeat after a stage that " .. name, function()
      local run = play { way = "url", spec = spec }
      assert.same({ 80, "never", A }, { run.rc, run.result.retry, run.result.after })
    end)
  end

  it("is a success after unknown stages if the module runs the target", function()
    local spec = { extra = "start:PREPARE", rename = "httpstart:HTTPSSTART+httpend:HTTPSEND" }
    assert.equal(0, play({ way = "url", spec = spec }).rc)
  end)

  it("reports an unknown code as a number, and 81", function()
    local run = play { way = "url", spec = { fail = "httpend:702" } }
    assert.same({ 81, "after_fix" }, { run.rc, run.result.retry })
    assert.is_nil(run.result.code)
    assert.is_truthy(run.result.message:find("HTTPEND,702", 1, true))
    run = play { way = "url", spec = { fail = "httpend:702", rename = "httpend:HTTPSEND" } }
    assert.equal(81, run.rc)
    assert.is_truthy(run.result.message:find("HTTPSEND,702", 1, true))
  end)

  local function percents(run, phase)
    local count = 0
    for _, event in ipairs(run.report.events) do
      if event.event == "progress" and event.phase == phase then count = count + 1 end
    end
    return count
  end

  it("of a module in adaptive mode at 9600 has its code even if only END is sent at 115200", function()
    local spec = { ipr = 0, fail = "end:6508", lost = "start+updating", update_s = 40 }
    local run = play { spec = spec, bauds = { 9600 } }
    assert.same({ 81, 6508 }, { run.rc, run.result.code })
  end)

  it("of a module in adaptive mode at 9600 comes with every line of its download and its update", function()
    local run = play { way = "url", spec = { ipr = 0, download_s = 300, update_s = 100 }, bauds = { 9600 } }
    assert.same({ 0, 11, 10 }, { run.rc, percents(run, "download"), percents(run, "update") })
  end)

  it("of a module in adaptive mode comes with the lines that follow an unanswered AT", function()
    local run = play { spec = { ipr = 0, update_s = 250 }, bauds = { 9600 }, set = { "update_silence_s=15" } }
    assert.same({ 0, 10 }, { run.rc, percents(run, "update") })
  end)

  it("of a module at a fixed rate comes with every line, whatever noise there is", function()
    local run = play { spec = { ipr = 9600, boot_noise = true }, bauds = { 9600 } }
    assert.same({ 0, 10 }, { run.rc, percents(run, "update") })
  end)

  it("comes with the lines received after the port was lost and reopened", function()
    local accidents = { { kind = "hangup", rx = '"UPDATING",50%', back_s = 2 } }
    local spec = { ipr = 9600, update_s = 100 }
    local run = play { spec = spec, bauds = { 115200, 9600 }, accidents = accidents }
    assert.same({ 0, 9 }, { run.rc, percents(run, "update") }) -- the one that came with the loss is lost
  end)

  it("comes although END is repeated again and again", function()
    local spec = { lost = "end", drip_s = 0.02, drip = '+QIND: "FOTA","END",0', drip_always = true, boot_lines = false,
      result = A }
    local run = play { spec = spec, set = { "follow_s=20" } }
    assert.equal(82, run.rc, run.result.message)
    assert.is_true(run.ended - run.began < 120, run.ended - run.began)
  end)

  it("on an update that somebody else triggered changes nothing in the module", function()
    local run = play { way = "url", spec = { state = "update", result = A }, want = { from = A } }
    assert.same({ 82, A, 0 }, { run.rc, run.result.after, run.tx_triggers })
    assert.same({ 0, 0 }, { sent(run, "AT+QIDEACT"), sent(run, "AT+QISTAT") })
  end)

  it("keeps the code that comes before any reboot from a module in adaptive mode at 9600", function()
    local run = play { spec = { ipr = 0, end_early = true, fail = "end:6507" }, bauds = { 9600 } }
    assert.same({ 81, 6507 }, { run.rc, run.result.code })
  end)

  for _, way in ipairs { "file", "url" } do
    it(("on the source puts the session and the context back (%s)"):format(way), function()
      for _, fail in ipairs { "command:6507", "end:6508", way == "url" and "httpend:6504" or "command:6506" } do
        local spec = { fail = fail, echo = false, cmee = "2" }
        local run, world = play { way = way, spec = spec }
        assert.equal(81, run.rc)
        assert.equal("IP INITIAL", world.m.pdp.state)
        assert.same({ world.m.profile.echo, world.m.profile.cmee }, { world.m.session.echo, world.m.session.cmee })
        assert.equal(fail:find("command") ~= nil, run.result.refused == true)
        assert.same({}, notes(run, "cleaning up"))
      end
    end)
  end

  it("stands, whatever happens while the context and the session are restored", function()
    local run = play { way = "url", spec = { fail = "command:6507", mute = "QIDEACT" } }
    assert.same({ 81, 6507 }, { run.rc, run.result.code })
    assert.equal(1, #notes(run, "cleaning up"))
  end)

  it("is not changed by two Ctrl-C, and unknown after the third", function()
    local function interrupted(times)
      return play { accidents = { { kind = "signal", name = "INT", times = times, rx = '"UPDATING",50%' } } }
    end
    assert.equal(0, interrupted(2).rc)
    local run = interrupted(3)
    assert.same({ 80, "never" }, { run.rc, run.result.retry })
    assert.is_truthy(run.result.message:find("stopped by the user while the module was updating itself", 1, true))
    assert.is_true(run.ended - run.began < 60)
  end)

  it("is unknown after three Ctrl-C while a lost port is waited for, too", function()
    local accidents = { { kind = "hangup", rx = '"UPDATING",50%' } }
    for i = 1, 3 do accidents[i + 1] = { kind = "signal", name = "INT", at = 30 + i } end
    local run = play { accidents = accidents }
    assert.equal(80, run.rc)
    assert.is_true(run.ended - run.began < 60)
  end)

  it("is not changed by three Ctrl-C that are far apart", function()
    local accidents = {}
    for i = 1, 3 do accidents[i] = { kind = "signal", name = "INT", at = 10 + 10 * i } end
    assert.equal(0, play({ spec = { update_s = 100 }, accidents = accidents }).rc)
  end)

  it("is 130 if a signal is received while waiting for the network", function()
    for _, name in ipairs { "INT", "TERM", "HUP" } do
      local run = play { way = "url", spec = { cgreg = 2 }, accidents = { { kind = "signal", name = name, at = 20 } } }
      assert.same({ 130, "not_started", 0 }, { run.rc, run.result.outcome, run.tx_triggers })
    end
  end)
end)

describe("The facts for the verdict", function()
  local Monitor = require "dfota.update.monitor"
  local Outcome = require "dfota.update.outcome"
  local core = require "dfota.core"
  local rates = require "dfota.at.rates"
  local verdict = require "dfota.update.verdict"

  local new, of_update = Monitor.new, verdict.of_update
  after_each(function() Monitor.new, verdict.of_update = new, of_update end)

  -- Follows a module of which nothing is real: it says `lines`; `ends` are the reasons why following it ends, `finds`
  -- the revisions then, or the reasons why there is none. Returns the facts, and what was done.
  local function gather(call, opts)
    local done, given, facts = { phases = {}, warnings = {}, events = {} }, nil, nil
    local ends, finds = opts.ends or { "ended" }, opts.finds or { { B } }
    Monitor.new = function(follow_opts)
      given = follow_opts
      for _, line in ipairs(opts.lines or {}) do
        for _, event in ipairs(given.progress:feed(line)) do
          if opts.tells then given.on_event(event) end
        end
      end
      local n = 0
      return {
        until_end = function()
          n = n + 1
          return ends[n]
        end,
        verify = function(_, proves)
          done.proves = proves
          return table.unpack(finds[n], 1, 2)
        end,
        begin_again = function() done.begun_again = n end,
      }
    end
    verdict.of_update = function(all)
      facts = all
      return all
    end
    local outcome = Outcome.new {
      record = { before = opts.before, imei = "1", port = "p", age_of = function() return opts.age_s end },
      request = { to = opts.to, bauds = { 300, 600 } },
      baud = 9600, settings = { recover_s = 600, follow_s = 7200, interrupt_s = 5, reopen_s = 1,
        update_silence_s = 180 },
      host = { now = function() return 1 end, wait = function(seconds)
        done.waited = seconds
        return opts.waits ~= false, core.error("interrupted", "a signal")
      end },
      channel = { port = { close = function() done.closed = true end } },
      open_port = function() return "port" end, tick_s = 3,
      phase = function(name) done.phases[#done.phases + 1] = name end,
      event = function(name) done.events[#done.events + 1] = name end,
      warn = function(text) done.warnings[#done.warnings + 1] = text end,
    }
    call(outcome)
    return facts, done, given
  end

  local function trigger(answer, kind)
    return function(outcome) return outcome:of_trigger(answer or { taken = true }, kind or "file", true) end
  end
  local function watch(row)
    return function(outcome) return outcome:of_watch(row, false) end
  end

  it("are what ran before, what runs now, and what the module reported", function()
    local facts, done = gather(trigger(), { before = A, to = B, lines = { '+QIND: "FOTA","END",6508' } })
    assert.same({ A, B, B, 6508, "END", "END,6508", false, false },
      { facts.before, facts.to, facts.after, facts.code, facts.where, facts.said, facts.downloading,
        facts.not_begun })
    assert.same({ {}, {} }, { done.phases, done.warnings })
    facts = gather(trigger(), { before = A })
    assert.same({ nil, nil, nil, true }, { facts.code, facts.said, facts.started, facts.not_begun })
    facts = gather(trigger(nil, "url"), { before = A, lines = { '+QIND: "FOTA","DOWNLOADING",20%' } })
    assert.is_true(facts.downloading)
    facts = gather(trigger(), { before = A, lines = { '+QIND: "FOTA","START"', '+QIND: "FOTA","NEW"' } })
    assert.same({ true, false, true }, { facts.started, facts.downloading, facts.unknown })
  end)

  it("are still gathered if the update continues, or restarts", function()
    local facts, done = gather(trigger(), { before = A, ends = { "ended", "booted", "answered" },
      finds = { { nil, "updating" }, { nil, "updating" }, { B } } })
    assert.same({ B, 2 }, { facts.after, done.begun_again })
  end)

  it("count from the line by which a module was found to be updating", function()
    local again = { before = A, to = B, lines = { '+QIND: "FOTA","START"' } }
    local facts, done = gather(function(outcome)
      return outcome:of_watch(nil, false, '+QIND: "FOTA","UPDATING",40%')
    end, again)
    assert.same({ 1, 40 }, { facts.restarts, facts.restarted_at })
    assert.same({ { "update" }, { "progress" } }, { done.phases, done.events })
    assert.equal(0, gather(watch(), again).restarts)
  end)

  it("say of an update that others triggered if it began too late to be the first time", function()
    local heard = { before = A, lines = { '+QIND: "FOTA","START"' }, tells = true }
    for _, case in ipairs { { "file", 300, 300 }, { "file", 100, nil }, { "url", 300, nil }, { "file", nil, nil } } do
      heard.age_s = case[2]
      assert.equal(case[3], gather(watch { way = case[1], to = B }, heard).late_s)
    end
    assert.is_nil(gather(watch(), heard).late_s)
  end)

  it("say why no end was seen", function()
    for reason, why in pairs { booted = "the module rebooted", ended = "no END was reported" } do
      assert.equal(why, gather(trigger(), { before = A, ends = { reason } }).why)
    end
    assert.equal("the PDP context was lost", gather(trigger(nil, "url"), { before = A, ends = { "booted" },
      lines = { '+QIND: "FOTA","DOWNLOADING",20%', "+PDP DEACT" } }).why)
  end)

  local TRIGGERED = "the update was triggered, but "
  local LOST = TRIGGERED .. "the module did not answer again within recover_s (600 s)"
  local SAID = "; the last it reported was "

  it("say why there is no revision, and how far the update got", function()
    for reason, words in pairs {
      lost = LOST, over = TRIGGERED .. "its end was not seen within follow_s (7200 s)",
      gone = TRIGGERED .. "its port is gone for good",
      left = "stopped by the user while the module was updating itself",
    } do
      local facts = gather(trigger(), { before = A, ends = { reason } })
      assert.same({ words, nil, reason == "left" or nil }, { facts.silence, facts.after, facts.left })
    end
    for reason, words in pairs {
      unsure = TRIGGERED .. "no two consecutive readings gave the same revision", lost = LOST,
      stuck = "the download has stalled and could not be stopped, as the PDP context may still be active: the "
        .. "module may continue it",
    } do
      assert.equal(words, gather(trigger(), { before = A, finds = { { nil, reason } } }).silence)
    end
    for last, lines in pairs {
      ["update, 20 %"] = { '+QIND: "FOTA","UPDATING",20%' }, START = { '+QIND: "FOTA","START"' },
      ["END,0"] = { '+QIND: "FOTA","END",0' }, ["download, 7 %"] = { '+QIND: "FOTA","DOWNLOADING",7%' },
      update = { '+QIND: "FOTA","UPDATING",x' },
    } do
      assert.equal(LOST .. SAID .. last, gather(trigger(), { before = A, ends = { "lost" }, lines = lines }).silence)
    end
    assert.is_nil(gather(trigger(), { before = A }).silence)
  end)

  it("of a refusal are its code, and that the module did not answer after it", function()
    local answer = { refused = true, code = 6502, said = "AT+QFOTADL was answered with +CME ERROR: 6502" }
    local facts = gather(trigger(answer, "url"), { before = A, to = B, finds = { { A } } })
    assert.same({ before = A, to = B, after = A, code = 6502, where = "CME", said = answer.said, refused = true,
      silence = answer.said .. "; after that the module did not answer" }, facts)
  end)

  it("say so if the reply to the trigger was lost", function()
    local _, done = gather(trigger { lost = core.error("timeout", "no answer") }, { before = A })
    assert.same({ "no answer: the update may have started, so the module is followed" }, done.warnings)
  end)

  it("accept only the target as proof, or without one any revision other than the known one before", function()
    for _, case in ipairs {
      { A, B, B, true }, { A, B, "C", false }, { A, B, A, false }, { A, nil, B, true }, { A, nil, A, false },
      { nil, B, B, true }, { nil, B, "C", false }, { nil, nil, B, false }, { A, A, A, false },
    } do
      local _, done = gather(trigger(), { before = case[1], to = case[2] })
      assert.equal(case[4], done.proves(case[3]))
    end
  end)

  it("are gathered with the host's clock and signals, and events and phases are reported", function()
    local _, done, given = gather(trigger(), { before = A, lines = { '+QIND: "FOTA","UPDATING",20%' } })
    assert.same({ "1", true, 3, { 115200, 9600 }, 1 },
      { given.imei, given.adaptive, given.tick_s, given.bauds, given.clock() })
    given.on_event { event = "phase", name = "update" }
    given.on_event { event = "progress", percent = 5 }
    given.on_wait "w"
    assert.same({ { "update" }, { "progress" }, { "w" } }, { done.phases, done.events, done.warnings })
    assert.equal("port", given.reopen())
    assert.same({ true, 1 }, { done.closed, done.waited })
    _, _, given = gather(trigger(), { before = A, waits = false })
    local port, err = given.reopen()
    assert.same({ nil, "interrupted" }, { port or nil, err.kind })
    _, _, given = gather(watch(), { before = A })
    assert.same({ rates.joined(115200, 9600, 300, 600), false }, { given.bauds, given.adaptive })
  end)

  it("of a watched update have the target of the run that triggered it, unless another is given", function()
    assert.equal("C", gather(watch { to = "C" }, { before = A }).to)
    assert.equal(B, gather(watch { to = "C" }, { before = A, to = B }).to)
    assert.is_nil(gather(watch(), { before = A }).to)
  end)

  it("of a watched update say that there is no module if nothing was received or recorded", function()
    local NOBODY = "p: nothing was received from a module; check wiring, power and baud rate"
    for _, reason in ipairs { "lost", "gone" } do
      assert.equal(NOBODY, gather(watch(), { ends = { reason } }).nobody)
      assert.is_nil(gather(watch {}, { ends = { reason } }).nobody)
      assert.is_nil(gather(watch(), { ends = { reason }, lines = { '+QIND: "FOTA","START"' } }).nobody)
    end
    assert.is_nil(gather(watch(), { ends = { "over" } }).nobody)
    assert.is_nil(gather(watch(), {}).nobody)
  end)
end)

-- The module's words are put into the progress here, and what the monitor found is given: what becomes of them?
describe("After a trigger", function()
  local Monitor = require "dfota.update.monitor"
  local Outcome = require "dfota.update.outcome"

  local C = "MC65FAR01A03"
  local new_monitor = Monitor.new
  local monitors, warnings, phases

  local function qind(rest) return '+QIND: "FOTA",' .. rest end

  before_each(function() monitors, warnings, phases = {}, {}, {} end)
  after_each(function() Monitor.new = new_monitor end)

  -- Each round of following: the lines that come, why it ends ("ended" where nothing is said), and what is verified.
  local function outcome(rounds, opts)
    opts = opts or {}
    function Monitor.new(given)
      local round = 0
      local monitor = { given = given, begun_again = 0 }
      function monitor.until_end()
        round = round + 1
        local now = rounds[math.min(round, #rounds)]
        for _, line in ipairs(now.lines or {}) do given.progress:feed(line) end
        return now.reason or "ended"
      end
      function monitor.verify(_, proves)
        local now = rounds[math.min(round, #rounds)]
        monitor.proves = proves
        return now.after, now.why
      end
      function monitor.begin_again() monitor.begun_again = monitor.begun_again + 1 end
      monitors[#monitors + 1] = monitor
      return monitor
    end
    local record = { before = A, imei = "861234567890127", port = "/dev/ttyUSB7" }
    for key, value in pairs(opts.record or {}) do record[key] = value or nil end
    return Outcome.new {
      record = record, request = opts.request or { to = B, bauds = { 9600, 115200 } }, baud = opts.baud,
      settings = { recover_s = 600, follow_s = 7200, interrupt_s = 2, reopen_s = 0.5 },
      host = opts.host or { now = function() return 0 end },
      channel = opts.channel, open_port = opts.open_port,
      phase = function(name) phases[#phases + 1] = name end, warn = function(text) warnings[#warnings + 1] = text end,
      event = function() end,
    }
  end

  local START, HALF, DOWNLOAD = qind '"START"', qind '"UPDATING",50', qind '"DOWNLOADING",50'
  local TAKEN = { taken = true }

  -- way, answer to the trigger, what follows → exit code, code, retry
  for name, case in pairs {
    ["the target is an update"] = { "file", TAKEN, { after = B }, 0, nil, "none" },
    ["END,0 and still the source is a wrong revision"] =
      { "file", TAKEN, { lines = { START, qind '"END",0' }, after = A }, 82, nil, "after_fix" },
    ["a third revision is a wrong one"] = { "file", TAKEN, { after = C }, 82, nil, "after_fix" },
    ["END with a code on the source is a failure"] =
      { "file", TAKEN, { lines = { START, qind '"END",6508' }, after = A }, 81, 6508, "after_fix" },
    ["END with a code at the named target is a success: two readings say so"] =
      { "file", TAKEN, { lines = { START, qind '"END",6508' }, after = B }, 0, nil, "none" },
    ["HTTPEND 6503 is a failed download"] =
      { "url", TAKEN, { lines = { DOWNLOAD, qind '"HTTPEND",6503' }, after = A }, 75, 6503, "safe" },
    ["HTTPEND with any other code is a failed update"] =
      { "url", TAKEN, { lines = { DOWNLOAD, qind '"HTTPEND",6504' }, after = A }, 81, 6504, "after_fix" },
    ["a context that is lost in the download is a failed download"] =
      { "url", TAKEN, { lines = { DOWNLOAD, "+PDP DEACT" }, after = A }, 75, nil, "safe" },
    ["a boot in the download is a failed download: the power was lost"] =
      { "url", TAKEN, { lines = { DOWNLOAD, "RDY" }, reason = "booted", after = A }, 75, nil, "safe" },
    ["a boot in the update is none"] =
      { "url", TAKEN, { lines = { DOWNLOAD, START, "RDY" }, reason = "booted", after = A }, 82, nil, "after_fix" },
    ["an unknown stage in a download is not safe to repeat"] =
      { "url", TAKEN, { lines = { qind '"PREPARE",1', DOWNLOAD, "+PDP DEACT" }, after = A }, 80, nil, "never" },
    ["a refusal with a code is a failure"] =
      { "file", { refused = true, code = 6507, said = "+CME ERROR: 6507" }, { after = A }, 81, 6507, "after_fix" },
    ["a refusal with 6503 is one, too: that was no download"] =
      { "url", { refused = true, code = 6503, said = "+CME ERROR: 6503" }, { after = A }, 81, 6503, "after_fix" },
    ["a refusal without a code is one, too"] =
      { "file", { refused = true, said = "ERROR" }, { after = A }, 81, nil, "after_fix" },
    ["a refusal by a module that is not heard again is unknown"] =
      { "file", { refused = true, code = 6507, said = "+CME ERROR: 6507" }, { reason = "lost" }, 80, nil, "never" },
    ["an answer that was lost is followed: the target is a success"] =
      { "file", { lost = { message = "no answer" } }, { after = B }, 0, nil, "none" },
    ["an answer that was lost, and the source: the update was not seen to begin"] =
      { "file", { lost = { message = "no answer" } }, { after = A }, 82, nil, "after_fix" },
  } do
    it(("%s: %d"):format(name, case[4]), function()
      local result = outcome({ case[3] }):of_trigger(case[2], case[1], false)
      assert.same({ rc = case[4], code = case[5], retry = case[6], before = A, after = case[3].after },
        { rc = result.rc, code = result.code, retry = result.retry, before = result.before, after = result.after })
      assert.equal(case[2].refused, result.refused)
    end)
  end

  -- why there is no revision → the words
  for reason, words in pairs {
    lost = "did not answer again within recover_s (600 s)", over = "its end was not seen within follow_s (7200 s)",
    gone = "its port is gone for good", left = "stopped by the user while the module was updating itself",
  } do
    it("no revision is unknown, never to be repeated, and says why and how far it came: " .. reason, function()
      local result = outcome({ { lines = { START, HALF }, reason = reason } }):of_trigger(TAKEN, "file")
      assert.same({ 80, "unknown", "never" }, { result.rc, result.outcome, result.retry })
      assert.is_nil(result.after)
      assert.is_truthy(result.message:find(words, 1, true), result.message)
      assert.is_truthy(result.message:find("; the last it reported was update, 50 %", 1, true), result.message)
      assert.equal(reason == "left" or nil, result.left)
      assert.same({}, phases, "it was not asked for its revision")
    end)
  end

  for why, words in pairs {
    unsure = "no two consecutive readings gave the same revision", stuck = "the download has stalled",
    lost = "did not answer again within recover_s (600 s)",
  } do
    it("a revision that could not be read is unknown as well: " .. why, function()
      local result = outcome({ { why = why } }):of_trigger(TAKEN, "url")
      assert.same({ 80, "never" }, { result.rc, result.retry })
      assert.is_truthy(result.message:find(words, 1, true), result.message)
      assert.is_nil(result.message:find("the last it reported", 1, true), "it reported nothing")
    end)
  end

  describe("that was somebody else's", function()
    local ROW = { to = B }

    -- what is known, what comes → exit code
    for name, case in pairs {
      ["the target of this call is a success"] = { { to = B }, nil, A, { after = B }, 0 },
      ["the target of the run that triggered it is one, too"] = { {}, ROW, A, { after = B }, 0 },
      ["the target of this call counts before that run's"] = { { to = C }, ROW, A, { after = B }, 82 },
      ["another revision than before is one without any target"] = { {}, nil, A, { after = B }, 0 },
      ["what ran before is a wrong revision, though nobody saw it begin"] = { {}, nil, A, { after = A }, 82 },
      ["a failing END on the source is a failure"] =
        { {}, ROW, A, { lines = { qind '"END",6508' }, after = A }, 81, 6508 },
      ["a failed download is safe to repeat"] =
        { {}, ROW, A, { lines = { DOWNLOAD, qind '"HTTPEND",6503' }, after = A }, 75, 6503 },
      ["nothing is known of what ran before, nor a target: unknown, with the revision"] =
        { {}, nil, false, { after = B }, 80 },
    } do
      it(("%s: %d"):format(name, case[5]), function()
        local result = outcome({ case[4] }, { request = case[1], record = { before = case[3] } }):of_watch(case[2])
        assert.same({ case[5], case[6], case[4].after }, { result.rc, result.code, result.after })
      end)
    end

    it("is recorded by its own target, whatever this call wants, or its package would count as a failure", function()
      local function watched(to, after)
        return outcome({ { after = after } }, { request = { to = to }, record = { before = A } }):of_watch(ROW)
      end
      local result = watched(C, B)
      assert.same({ 82, "wrong_revision", "safe", "updated" },
        { result.rc, result.outcome, result.retry, result.of_record.outcome })
      assert.is_truthy(result.message:find("has ended as it should: the module runs " .. B, 1, true), result.message)
      result = watched(C, C)
      assert.same({ 0, "updated", "wrong_revision" }, { result.rc, result.outcome, result.of_record.outcome })
      result = watched(C, A)
      assert.same({ 82, "wrong_revision" }, { result.rc, result.outcome })
      assert.is_nil(watched(B, B).of_record)
    end)

    for _, reason in ipairs { "lost", "gone" } do
      it(("and that nobody heard, where nothing is on record, is no module at all: 69 (%s)"):format(reason), function()
        local result = outcome({ { reason = reason } }, { request = {} }):of_watch(nil)
        assert.same({ 69, "not_started", "after_fix" }, { result.rc, result.outcome, result.retry })
        assert.is_truthy(result.message:find("/dev/ttyUSB7: nothing was received from a module", 1, true),
          result.message)
      end)

      it(("and on record is unknown where it is not heard: 80 (%s)"):format(reason), function()
        assert.equal(80, outcome({ { reason = reason } }, { request = {} }):of_watch(ROW).rc)
      end)

      it(("and that was heard once is unknown, on record or not: 80 (%s)"):format(reason), function()
        local result = outcome({ { lines = { HALF }, reason = reason } }, { request = {} }):of_watch(nil)
        assert.same({ 80, "never" }, { result.rc, result.retry })
      end)
    end

    it("and that the user stops, or that takes too long, is unknown: there may be a module", function()
      for _, reason in ipairs { "left", "over" } do
        assert.equal(80, outcome({ { reason = reason } }, { request = {} }):of_watch(nil).rc)
      end
    end)
  end)
end)

describe("A silence after the trigger", function()
  local runs

  setup(function() runs = WholeRun.new() end)
  teardown(function() runs:close() end)

  it("is 80 if the module is not back within recover_s after update_silence_s, and no sooner", function()
    for _, times in ipairs { { 180, 600 }, { 50, 100 } } do
      local run = runs:play { way = "file", spec = { hang = "start" },
        set = { "update_silence_s=" .. times[1], "recover_s=" .. times[2] } }
      assert.same({ 80, "never" }, { run.rc, run.result.retry })
      local waited_s = run.ended - run.triggered_at
      assert.is_true(waited_s >= times[1] + times[2] and waited_s < times[1] + times[2] + 60, waited_s)
    end
  end)

  it("is not extended by lines that do not belong to the update", function()
    local chatty = { hang = "start", drip = "+CREG: 1", drip_s = 30, drip_always = true }
    local run = runs:play { way = "file", spec = chatty }
    assert.equal(80, run.rc)
    assert.is_true(run.ended - run.triggered_at < 860, run.ended - run.triggered_at)
  end)

  it("is ended by an answer: the revision decides", function()
    local mute = { lost = "ok+start+updating+end", boot_lines = false, update_s = 400 }
    local run = runs:play { way = "file", spec = mute, want = { to = B } }
    assert.same({ 0, B }, { run.rc, run.result.after })
  end)
end)
