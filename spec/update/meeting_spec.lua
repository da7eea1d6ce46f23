local Job = require "dfota.update.job"
local core = require "dfota.core"

describe("A meeting with the module", function()
  -- One that finds this, and whose ledger has this row of an earlier run.
  local function job_with(found, row, request)
    local events, watched = {}, {}
    local job = Job.new {
      report = { event = function(_, name, fields) events[#events + 1] = { name, fields } end },
      request = request or {},
    }
    job.entry.open_row = function() return row end
    job.meeting.finder.find = function() return found.finder, found.err end
    job.meeting.introduction.full = function() return found.who, found.why, found.known end
    job.meeting.recovery.take_up = function() return found.earlier end
    job.outcome.of_watch = function(_, of, adaptive)
      watched[1], watched[2] = of, adaptive
      return { outcome = found.outcome or "updated" }
    end
    return job, events, watched
  end

  local function connect(...)
    local job, events, watched = job_with(...)
    local ok, result = pcall(job.connect, job)
    return { ok = ok, result = result, job = job, events = events, watched = watched }
  end

  local HERE = { answered = true }
  local SILENT = core.error("no_answer", "no module answers")

  it("connects to one that answers, and identifies it", function()
    local who = { model = "MC65", revision = "A", imei = "1" }
    local run = connect { finder = HERE, who = who }
    assert.same({ true, who, true }, { run.ok, run.result, run.job.meeting.is_connected })
    assert.same({ "identity", who }, run.events[2])
  end)

  it("ends if the module already runs the target", function()
    local run = connect({ finder = HERE, who = { model = "MC65", revision = "B", imei = "1" } }, nil, { to = "B" })
    assert.same({ false, "already_current" }, { run.ok, run.job.decision.verdict.outcome })
  end)

  it("ends if the package brought the module to what it runs, where nobody names its revisions", function()
    local who = { model = "MC65", revision = "B", imei = "1" }
    for _, case in ipairs {
      { {}, { after = "B" }, "already_current" }, { {}, { after = "C" } }, { {}, nil },
      { { from = "B" }, { after = "B" } }, { { to = "C" }, { after = "B" } },
    } do
      local job = job_with({ finder = HERE, who = who }, nil, case[1])
      job.entry.ledger = { is_none = false, updated_with = function(_, imei, hash)
        assert.same({ "1", "h" }, { imei, hash })
        return case[2]
      end }
      job.entry.package = { transport = { hash = "h" } }
      local ok = pcall(job.connect, job)
      assert.same({ case[3] == nil, case[3] }, { ok, (job.decision.verdict or {}).outcome })
    end
  end)

  it("for a survey ends as soon as the module is known, whatever it runs", function()
    local who, told = { model = "MC65", revision = "B", imei = "1" }, nil
    local job = job_with({ finder = HERE, who = who }, nil, { to = "B" })
    job.meeting.survey = function(module)
      told = module
      return { outcome = "checked", planned = true }
    end
    assert.is_false((pcall(job.connect, job)))
    assert.same({ who, "checked", false }, { told, job.decision.verdict.outcome, job.meeting.is_connected })
  end)

  it("for a survey may call back a module that a killed upload left in data mode, but not under --check", function()
    for _, case in ipairs { { {}, true }, { { check = true }, false } } do
      local job = Job.new { report = { event = function() end }, request = case[1], survey = function() end }
      assert.equal(case[2], job.meeting.finder.may_change)
    end
  end)

  it("follows one that is updating, with what the triggering run knew, or else --from", function()
    for _, case in ipairs { { { from = "A", id = "x" }, "A" }, { { id = "x" }, "F" }, { nil, "F" } } do
      local run = connect({ finder = { updating = true } }, case[1], { from = "F" })
      assert.same({ false, "updated", case[2], true },
        { run.ok, run.job.decision.verdict.outcome, run.job.entry.before, run.job.entry.triggered })
      assert.equal(case[1], run.watched[1])
    end
  end)

  it("that turns out not to be updating does not count as triggered", function()
    local run = connect { finder = { updating = true }, outcome = "not_started" }
    assert.is_nil(run.job.entry.triggered)
  end)

  it("only reports it under --check", function()
    local run = connect({ finder = { updating = true } }, nil, { check = true })
    assert.same({ "unknown", 0 }, { run.job.decision.verdict.outcome, #run.watched })
  end)

  it("follows a silent one only if an earlier run triggered it", function()
    local run = connect({ err = SILENT }, { from = "A" })
    assert.same({ "updated", "A" }, { run.job.decision.verdict.outcome, run.job.entry.before })
    assert.equal("warning", run.events[2][2].level)
    assert.equal(SILENT, connect({ err = SILENT }).result)
    local lost = core.error("hangup", "the port is gone")
    assert.equal(lost, connect({ err = lost }, { from = "A" }).result)
  end)

  describe("that is silent", function()
    -- What a wake comes to: how often it was called, how often the module was searched for, and the error if none.
    local function wake(found, row, request)
      local job = job_with(found, row, request)
      local woken, searches = 0, 0
      job.meeting.finder.find = function()
        searches = searches + 1
        if woken > 0 and found.finder then return found.finder end
        return nil, found.err
      end
      local ok, err = pcall(job.connect, job, function() woken = woken + 1 end)
      return { woken, searches, ok, not ok and core.is_error(err) and err.kind or nil }
    end

    local WHO = { model = "MC65", revision = "A", imei = "1" }

    it("is woken once and searched for again", function()
      assert.same({ 1, 2, true }, wake({ finder = HERE, err = SILENT, who = WHO }))
      assert.same({ 1, 2, false, "no_answer" }, wake({ err = SILENT }))
    end)

    it("is not woken under --check, by another failure, or while it may be updating itself", function()
      assert.same({ 0, 1, false, "no_answer" }, wake({ err = SILENT }, nil, { check = true }))
      assert.same({ 0, 1, false, "hangup" }, wake({ err = core.error("hangup", "gone") }))
      assert.same({ 0, 1 }, { table.unpack(wake({ err = SILENT }, { from = "A" }), 1, 2) })
    end)
  end)

  it("learns what an earlier run installed, except under --check", function()
    local found = { finder = HERE, who = { model = "MC65", revision = "A", imei = "1" },
      earlier = { outcome = "wrong_revision" } }
    assert.equal("wrong_revision", connect(found).job.decision.verdict.outcome)
    assert.is_true(connect(found, nil, { check = true }).ok)
  end)

  it("refuses a module other than --imei, and says which it is", function()
    for imei, shown in pairs { ["1"] = "1", [false] = "unknown" } do
      local words = ("the module's IMEI is %s, not 2"):format(shown)
      local run = connect({ finder = HERE, who = { model = "MC65", revision = "A", imei = imei or nil } }, nil,
        { imei = "2" })
      assert.same({ "gate", words }, { run.result.kind, run.result.message })
    end
    assert.is_true(connect({ finder = HERE, who = { model = "MC65", revision = "A", imei = "2" } }, nil,
      { imei = "2" }).ok)
  end)

  it("refuses one that does not report its IMEI, and says why", function()
    local why = core.error("gate", "AT+GSN was refused")
    local run = connect { finder = HERE, why = why, known = { model = "MC65", revision = "A" } }
    assert.same({ "gate", why.message, "A" }, { run.result.kind, run.result.message, run.job.entry.before })
    assert.same({ "gate", { name = "imei", ok = false } }, run.events[2])
    local lost = core.error("hangup", "the port is gone")
    assert.equal(lost, connect({ finder = HERE, why = lost }).result)
  end)

  it("passes one whose revision cannot be read only with --force, with a target, and no update under way", function()
    for _, case in ipairs {
      { nil, nil, false, "only with --to may this gate be forced" },
      { "B", nil, true, "check the line" },
      { "B", { id = "x" }, false, "watch.lua follows it" }, { nil, { id = "x" }, false, "watch.lua follows it" },
    } do
      local found = { finder = HERE, why = core.error("gate", "two revisions"), known = { model = "MC65", imei = "1" } }
      local run = connect(found, case[2], { to = case[1] })
      assert.same({ "gate", "two revisions" }, { run.result.kind, run.result.message })
      assert.is_truthy(run.result.advice:find(case[4], 1, true), run.result.advice)
      local job = job_with(found, case[2], { to = case[1] })
      job.gates.force.revision, job.gates.force.imei = true, true
      assert.equal(case[3], (pcall(job.connect, job)))
    end
  end)

  it("reads the revision again after listening: a failure is raised, an unreadable one is a gate", function()
    local job, events = job_with {}
    job.meeting.introduction.revision = function() return "A" end
    assert.equal("A", job.meeting.recovery.read_revision())
    local lost = core.error("hangup", "the port is gone")
    job.meeting.introduction.revision = function() return nil, lost end
    assert.same({ false, lost }, { pcall(job.meeting.recovery.read_revision) })
    assert.same({}, events)
    job.meeting.introduction.revision = function() return nil, core.error("gate", "two revisions") end
    local ok, err = pcall(job.meeting.recovery.read_revision)
    assert.same({ false, "gate", "revision" }, { ok, err.kind, events[1][2].name })
  end)

  it("connects once: after its verdict the module is not searched for again", function()
    for _, word in ipairs { "connect", "meet", "follow" } do
      local job, events = job_with { finder = HERE }
      job.decision:settle { outcome = "updated" }
      local ok, raised = pcall(job[word], job)
      assert.same({ false, true, {} }, { ok, job.decision.is_decided(raised), events }, word)
    end
  end)

  it("identifies one that it only reads as far as possible, and warns of another family", function()
    for model, warnings in pairs { MC65 = 0, ["something"] = 1, BG96 = 1 } do
      local job, events = job_with { finder = HERE }
      local who = { model = model, imei = "1" }
      job.meeting.introduction.partial = function() return who end
      assert.equal(who, job:meet())
      assert.same({ "identity", who }, events[1])
      assert.same({ warnings, "1" }, { #events - 1, job.entry.imei })
    end
    local job = job_with { finder = { updating = true } }
    assert.is_false((pcall(job.meet, job)))
    assert.equal("unknown", job.decision.verdict.outcome)
  end)

  it("of watch.lua judges one that answers by what it runs, and follows any other", function()
    local function watch(found, err)
      local job = job_with { who = { model = "MC65", revision = "A", imei = "1" } }
      job.meeting.finder.search = function() return found, err end
      job.meeting.recovery.judge_now = function() return { outcome = "judged" } end
      local _, raised = pcall(job.follow, job)
      return job.decision.verdict and job.decision.verdict.outcome or raised, job
    end
    local outcome, job = watch(HERE)
    assert.same({ "judged", true }, { outcome, job.meeting.watches })
    assert.equal("updated", (watch { updating = true }))
    assert.equal("updated", (watch(nil, SILENT)))
    local lost = core.error("hangup", "the port is gone")
    assert.equal(lost, (watch(nil, lost)))
  end)

  it("of watch.lua names the phase of an update only where one was triggered or may be under way", function()
    local ours, mine = { model = "MC65", revision = "A", imei = "1" }, { id = "x" }
    for _, case in ipairs {
      { HERE, nil, nil, "prepare" }, { HERE, mine, nil, "update" }, { HERE, mine, "2", "prepare" },
      { { updating = true }, nil, nil, "update" }, { nil, nil, nil, "update" },
    } do
      local job = job_with({ who = ours }, case[2], { imei = case[3] })
      job.meeting.finder.search = function() return case[1], not case[1] and SILENT or nil end
      job.meeting.recovery.judge_now = function() return { outcome = "judged" } end
      pcall(job.follow, job)
      assert.equal(case[4], job.telling.phase)
    end
  end)

  it("of watch.lua judges none but the one that is meant", function()
    for wanted, judged in pairs { ["1"] = true, ["2"] = false } do
      local job = job_with({ who = { model = "MC65", revision = "A", imei = "1" } }, nil, { imei = wanted })
      job.meeting.finder.search = function() return HERE end
      job.meeting.recovery.judge_now = function() return { outcome = "judged" } end
      local _, raised = pcall(job.follow, job)
      assert.same({ judged, not judged }, { job.decision.verdict ~= nil, core.is_error(raised) })
      assert.truthy(judged or raised.message:find("the module's IMEI is 1, not 2", 1, true))
    end
  end)

  it("neither updates nor judges one that does not answer who it is, with --imei or without, and says what to do",
    function()
      local why = core.error("gate", "no answer to AT+CGSN")
      for _, word in ipairs { "connect", "follow" } do
        for _, request in ipairs { {}, { imei = "1" } } do
          local job, events = job_with({ finder = HERE, why = why, known = { model = "MC65", revision = "A" } }, nil,
            request)
          job.meeting.finder.search = function() return HERE end
          local _, raised = pcall(job[word], job)
          assert.same({ "gate", "no answer to AT+CGSN", "imei" }, { raised.kind, raised.message, events[2][2].name })
          assert.equal("the module answers other commands: switch it off and on", raised.advice)
          assert.is_nil(job.decision.verdict)
        end
      end
    end)

  it("follows one that is heard to update itself after it answered, and never triggers it", function()
    for _, stage in ipairs {
      '"HTTPSTART"', '"HTTP START"', '"DOWNLOADING",10%', '"HTTPEND",0', '"START"', '"UPDATING", 2%', '"WEIRD"',
    } do
      local job = job_with { outcome = "updated" }
      job.meeting:check_idle()
      job.meeting:hear('+QIND: "FOTA",' .. stage)
      local ok = pcall(job.meeting.check_idle, job.meeting)
      assert.same({ false, "updated" }, { ok, job.decision.verdict.outcome }, stage)
      assert.equal('+QIND: "FOTA",' .. stage, job.meeting.last_stage)
      job.meeting:hear '+QIND: "FOTA","END",0'
      assert.is_nil(job.meeting.last_stage)
    end
  end)

  it("goes on with one whose update is heard to have ended, or that booted since", function()
    for _, line in ipairs {
      '+QIND: "FOTA","END",0', '+QIND: "FOTA","END",6508', '+QIND: "FOTA","HTTPEND",6503', "RDY", "Call Ready",
    } do
      local job = job_with {}
      job.meeting:hear '+QIND: "FOTA","UPDATING",50%'
      job.meeting:hear "+CREG: 1"
      assert.is_true(job.meeting.is_updating)
      job.meeting:hear(line)
      job.meeting:check_idle()
      assert.is_nil(job.decision.verdict, line)
    end
  end)

  it("only reports one that starts to update itself under --check", function()
    local job = job_with({}, nil, { check = true })
    job.meeting:hear '+QIND: "FOTA","START"'
    pcall(job.meeting.check_idle, job.meeting)
    assert.equal("unknown", job.decision.verdict.outcome)
  end)
end)
