local Job = require "dfota.update.job"
local core = require "dfota.core"
local web = require "dfota.http.client"

describe("A job that fails before its trigger", function()
  local notes

  before_each(function() notes = {} end)

  -- Runs a job that fails at a gate, having these to take back.
  local function fail_with(...)
    local cleanups = { ... }
    local report = { event = function(_, _, fields) notes[#notes + 1] = fields.text end, result = function() end }
    local job = Job.new { report = report, host = {
      now = core.now, hold_signals = function() end,
    } }
    return job:run(function()
      for _, fn in ipairs(cleanups) do job:on_failure(fn) end
      error(core.error("gate", "the supply is low"), 0)
    end)
  end

  it("takes back what it began, the last first", function()
    local done = {}
    local function back(name)
      return function()
        done[#done + 1] = name
        return true
      end
    end
    assert.equal(84, fail_with(back "session", back "context", back "package"))
    assert.same({ "package", "context", "session" }, done)
    assert.same({}, notes)
  end)

  it("tells what could not be taken back, and takes back the rest", function()
    local last
    assert.equal(84, fail_with(
      function() last = true end,
      function() error(core.error("hangup", "the port is gone"), 0) end,
      function() return nil, core.error("cme", "AT+QFDEL was answered with +CME ERROR: 4006") end))
    assert.is_true(last)
    assert.same({ "cleaning up: AT+QFDEL was answered with +CME ERROR: 4006", "cleaning up: the port is gone" }, notes)
  end)
end)

describe("A gate of a job", function()
  local function job_with(force)
    local events = {}
    local report = { event = function(_, name, fields) events[#events + 1] = { name, fields } end }
    return Job.new { report = report, force = force }, events
  end

  it("that cannot be checked warns, and stops nothing", function()
    for _, force in ipairs { {}, { supply = true } } do
      local job, events = job_with(force)
      job:gate { "supply", at_least = 3500, unit = "mV", unknown = "the module does not tell it" }
      assert.same({ "gate", { name = "supply", limit = 3500, unit = "mV" } }, events[1])
      assert.same({ "note", { level = "warning", text = "gate supply was not checked: the module does not tell it" } },
        events[2])
      assert.is_nil(job.gates:forced())
    end
  end)

  it("that does not hold stops the run unless it was forced by its name", function()
    local job, events = job_with {}
    local ok, err = pcall(job.gate, job, { "supply", value = 3000, at_least = 3500, message = "low" })
    assert.same({ false, "gate", "low", false }, { ok, err.kind, err.message, events[1][2].ok })
    job = job_with { supply = true }
    job:gate { "supply", value = 3000, at_least = 3500 }
    assert.equal("supply", job.gates:forced())
  end)

  it("of an engineer's own can be forced by its name, and ask for anything", function()
    local hour = 9
    local job = job_with {}
    assert.is_false((pcall(job.gate, job, { "hours", ok = hour < 8 or hour >= 18, value = hour })))
    job = job_with { hours = true }
    job:gate { "hours", ok = hour < 8 or hour >= 18, value = hour }
    assert.equal("hours", job.gates:forced())
  end)

  it("that refused stays refused, whatever the flow makes of it", function()
    local job = job_with {}
    pcall(job.gate, job, { "supply", ok = false, message = "low" })
    local ok, err = pcall(job.checking, job)
    assert.same({ false, "low" }, { ok, err.message })
  end)

  it("that is put wrongly is told with the script's line", function()
    local ok, fault = pcall(function() job_with({}):gate { "supply", at_last = 3 } end)
    assert.is_false(ok)
    assert.is_truthy(fault.fault:find
      "^spec/update/job_spec%.lua:%d+: a gate has no field at_last; did you mean at_least")
  end)
end)

describe("The APN", function()
  local function choose(want, imsi)
    local texts, asked = {}, 0
    local job = Job.new {
      request = want, apns = { ["00101"] = { apn = "internet", user = "u" } },
      report = { event = function(_, _, fields) texts[#texts + 1] = fields.text end },
      try = function(_, fn) return fn() end,
      modem = { imsi = function()
        asked = asked + 1
        return imsi
      end },
    }
    local ok, chosen = pcall(job.apn, job)
    return ok, chosen, asked, table.concat(texts)
  end

  it("is the module's own where none is named, and nothing is asked", function()
    local ok, chosen, asked, text = choose {}
    assert.same({ true, nil, 0 }, { ok, chosen, asked })
    assert.is_truthy(text:find("the module has configured", 1, true))
  end)

  it("is the one that is named", function()
    local _, chosen, asked = choose { apn = "net", user = "a", password = "b" }
    assert.same({ { apn = "net", user = "a", password = "b" }, 0 }, { chosen, asked })
  end)

  it("is guessed where that is asked for, and a SIM that nobody knows is told", function()
    local _, chosen = choose({ apn = "auto" }, "001010123456789")
    assert.same({ apn = "internet", user = "u" }, chosen)
    local ok, err = choose({ apn = "auto" }, "999990123456789")
    assert.same({ false, "usage" }, { ok, err.kind })
  end)
end)

describe("The progress of an upload", function()
  it("is told once for each percent, from the first byte to the last", function()
    local told = {}
    local job = Job.new { report = { event = function(_, name, fields)
      told[#told + 1] = { name, fields.phase, fields.percent, fields.bytes, fields.total }
    end } }
    local progress = job:progress "upload"
    for _, sent in ipairs { 1, 19, 20, 39, 1000, 1999, 2000 } do progress(sent, 2000) end
    assert.same({
      { "progress", "upload", 0, 1, 2000 }, { "progress", "upload", 1, 20, 2000 },
      { "progress", "upload", 50, 1000, 2000 }, { "progress", "upload", 99, 1999, 2000 },
      { "progress", "upload", 100, 2000, 2000 },
    }, told)
  end)

  it("of nothing is all of it", function()
    local percent
    local job = Job.new { report = { event = function(_, _, fields) percent = fields.percent end } }
    job:progress "upload"(0, 0)
    assert.equal(100, percent)
  end)
end)

describe("What a job asks", function()
  -- What became of a question that went wrong in this way; the module answers the next one, or not, or is gone.
  local function ask(kind, patience_s, behind)
    local notes, fences, now = {}, {}, 0
    local job = Job.new {
      report = { event = function(_, _, fields) notes[#notes + 1] = fields.text end },
      settings = { resync_timeout_s = 2 }, host = { now = function() return now end },
      channel = { guard_with = function() end, fence = function(_, timeout_s)
        fences[#fences + 1] = timeout_s
        if behind then return nil, core.error(behind, "nothing") end
        return true
      end },
      try = function(step, fn)
        assert.equal("query", step)
        now = now + 5
        return fn()
      end,
    }
    local ok, value = pcall(job.ask, job, "the supply", function()
      if kind == "known" then return 3900 end
      return nil, core.error(kind, "AT+CBC failed")
    end, patience_s)
    return { ok and (value or "unknown") or value.kind, notes[1], fences[1] }, value
  end

  it("is what it is told; not to be told it is no fault, but not to be heard is", function()
    local told = "the supply is not known: AT+CBC failed"
    for _, case in ipairs {
      { { "known" }, { 3900 } }, { { "refused" }, { "unknown", told } }, { { "cme" }, { "unknown", told } },
      { { "timeout" }, { "timeout" } }, { { "hangup", 40 }, { "hangup" } }, { { "refused", 40 }, { "unknown", told } },
      { { "timeout", 40 }, { "unknown", told, 35 } }, { { "timeout", 6 }, { "unknown", told, 2 } },
      { { "timeout", 40, "timeout" }, { "no_answer", nil, 35 } },
      { { "timeout", 40, "hangup" }, { "hangup", nil, 35 } },
    } do
      assert.same(case[2], (ask(table.unpack(case[1], 1, 3))), table.concat(case[1], " "))
    end
  end)

  it("and is not answered, nor anything behind it, is told as that", function()
    local _, err = ask("timeout", 40, "timeout")
    assert.equal("AT+CBC failed, nor anything else behind it", err.message)
  end)
end)

describe("A step of a job", function()
  local function new_job()
    return Job.new { report = { event = function() end }, try = function(_, fn) return fn() end }
  end

  it("gives all that it found, and an error of the kind that it may fail with", function()
    local job = new_job()
    assert.same({ 1, nil, 3, n = 3 }, table.pack(job:retry("query", function() return 1, nil, 3 end)))
    assert.same({ false, n = 1 }, table.pack(job:retry("query", function() return false end)))
    local err = core.error("network", "no network")
    assert.same({ nil, err, n = 2 }, table.pack(job:retry("register", function() return nil, err end, "network")))
  end)

  it("raises any other error, and a finding of nothing with the step's name", function()
    local job = new_job()
    local err = core.error("timeout", "no answer")
    assert.same({ false, err }, { pcall(job.retry, job, "query", function() return nil, err end, "network") })
    assert.same({ false, err }, { pcall(job.retry, job, "query", function() return nil, err end) })
    local ok, fault = pcall(job.retry, job, "query", function() end, "network")
    assert.is_false(ok)
    assert.is_truthy(fault.fault:find("the step query gave nothing", 1, true))
  end)

  it("that failed may be followed by another, but nothing follows an interruption", function()
    local job = new_job()
    pcall(job.retry, job, "query", function() return nil, core.error("timeout", "no answer") end)
    assert.equal(1, job:retry("query", function() return 1 end))
    local err = core.error("interrupted", "a signal")
    pcall(job.retry, job, "query", function() return nil, err end)
    assert.same({ false, err }, { pcall(job.retry, job, "query", function() return 1 end) })
  end)
end)

describe("The web server of a package", function()
  local first_bytes = web.first_bytes
  after_each(function() web.first_bytes = first_bytes end)

  -- Asks it from this machine, which finds this; what was told, and how it ended.
  local function check(found, request, preflight_s)
    local told, asked = {}, nil
    web.first_bytes = function(package, seconds)
      asked = { package.url, seconds }
      return table.unpack(found, 1, 2)
    end
    local job = Job.new {
      package = { url = "http://h/a" }, request = request or { preflight = true },
      settings = { preflight_s = preflight_s or 5, max_package_bytes = 1000 },
      report = { event = function(_, name, fields)
        told[#told + 1] = { name, fields.ok, fields.level, fields.text }
      end },
    }
    local ok, err = pcall(job.check_server, job)
    return asked, told, not ok and err or nil
  end

  local PACKAGE = { status = 200, size = 500, head = "RDAOTA01" }

  it("is asked, unless the engineer or a time of 0 says no", function()
    assert.same({ "http://h/a", 5 }, (check { PACKAGE }))
    assert.is_nil((check({ PACKAGE }, {})))
    assert.is_nil((check({ PACKAGE }, { preflight = true }, 0)))
    assert.is_nil((check({ PACKAGE }, {}, 0)))
  end)

  it("that has the package passes the gate, and nothing more is said", function()
    local _, told, err = check { PACKAGE }
    assert.same({ { "gate", true } }, told)
    assert.is_nil(err)
  end)

  it("that has something which is no known package passes it with a warning", function()
    local _, told = check { { status = 200, size = 500, head = "something" } }
    assert.same({ "gate", true }, told[1])
    assert.same({ "note", nil, "warning" }, table.move(told[2], 1, 3, 1, {}))
  end)

  it("that has no such file stops the run", function()
    local _, told, err = check { { status = 404 } }
    assert.same({ { "gate", false } }, told)
    assert.same({ "gate", true }, { err.kind, err.message:find("no such file", 1, true) ~= nil })
  end)

  it("that this machine cannot reach is said and no more", function()
    local _, told, err = check { nil, "nothing listens there" }
    assert.same({ { "note", nil, "info", "this machine cannot reach http://h/a: nothing listens there; "
      .. "the module may see more than this machine" } }, told)
    assert.is_nil(err)
  end)

  it("is no longer asked after a signal", function()
    local _, told, err = check { nil, core.error("interrupted", "a signal") }
    assert.same({ {}, "interrupted" }, { told, err.kind })
  end)
end)

describe("A job that looks for its module", function()
  -- One that finds this, and whose ledger has this row of an earlier run.
  local function job_with(found, row, request)
    local events, watched = {}, {}
    local job = Job.new {
      report = { event = function(_, name, fields) events[#events + 1] = { name, fields } end },
      request = request or {},
    }
    job.entry.open_row = function() return row end
    job.finder.find = function() return found.finder, found.err end
    job.introduction.full = function() return found.who, found.why, found.known end
    job.recovery.take_up = function() return found.earlier end
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

  it("is connected to one that answers and tells who it is", function()
    local who = { model = "MC65", revision = "A", imei = "1" }
    local run = connect { finder = HERE, who = who }
    assert.same({ true, who, true }, { run.ok, run.result, run.job.is_connected })
    assert.same({ "identity", who }, run.events[2])
  end)

  it("ends where the module runs the target already", function()
    local run = connect({ finder = HERE, who = { model = "MC65", revision = "B", imei = "1" } }, nil, { to = "B" })
    assert.same({ false, "already_current" }, { run.ok, run.job.verdict.outcome })
  end)

  it("follows one that is updating, with what the run that triggered it knew, or else --from", function()
    for _, case in ipairs { { { from = "A", id = "x" }, "A" }, { { id = "x" }, "F" }, { nil, "F" } } do
      local run = connect({ finder = { updating = true } }, case[1], { from = "F" })
      assert.same({ false, "updated", case[2], true },
        { run.ok, run.job.verdict.outcome, run.job.entry.before, run.job.entry.triggered })
      assert.equal(case[1], run.watched[1])
    end
  end)

  it("tells its revision, as it was read twice", function()
    local run = connect { finder = HERE, who = { model = "MC65", revision = "A", imei = "1" } }
    assert.equal("A", run.job:revision())
  end)

  it("that turned out not to update is not taken for triggered", function()
    local run = connect { finder = { updating = true }, outcome = "not_started" }
    assert.is_nil(run.job.entry.triggered)
  end)

  it("only says so under --check", function()
    local run = connect({ finder = { updating = true } }, nil, { check = true })
    assert.same({ "unknown", 0 }, { run.job.verdict.outcome, #run.watched })
  end)

  it("follows a silent one only where an earlier run triggered it", function()
    local run = connect({ err = SILENT }, { from = "A" })
    assert.same({ "updated", "A" }, { run.job.verdict.outcome, run.job.entry.before })
    assert.equal("warning", run.events[2][2].level)
    assert.equal(SILENT, connect({ err = SILENT }).result)
    local lost = core.error("hangup", "the port is gone")
    assert.equal(lost, connect({ err = lost }, { from = "A" }).result)
  end)

  it("is told what an earlier run brought, but for --check", function()
    local found = { finder = HERE, who = { model = "MC65", revision = "A", imei = "1" },
      earlier = { outcome = "wrong_revision" } }
    assert.equal("wrong_revision", connect(found).job.verdict.outcome)
    assert.is_true(connect(found, nil, { check = true }).ok)
  end)

  it("refuses another module than --imei names, and says which it is", function()
    for imei, shown in pairs { ["1"] = "1", [false] = "not known" } do
      local words = ("the module's IMEI is %s, not 2"):format(shown)
      local run = connect({ finder = HERE, who = { model = "MC65", revision = "A", imei = imei or nil } }, nil,
        { imei = "2" })
      assert.same({ "gate", words }, { run.result.kind, run.result.message })
    end
    assert.is_true(connect({ finder = HERE, who = { model = "MC65", revision = "A", imei = "2" } }, nil,
      { imei = "2" }).ok)
  end)

  it("refuses one that does not tell its IMEI, and says why", function()
    local why = core.error("gate", "AT+GSN was refused")
    local run = connect { finder = HERE, why = why, known = { model = "MC65", revision = "A" } }
    assert.same({ "gate", why.message, "A" }, { run.result.kind, run.result.message, run.job.entry.before })
    assert.same({ "gate", { name = "imei", ok = false } }, run.events[2])
    local lost = core.error("hangup", "the port is gone")
    assert.equal(lost, connect({ finder = HERE, why = lost }).result)
  end)

  it("passes one whose revision cannot be read only by force, with a target, and no update under way", function()
    for _, case in ipairs {
      { nil, nil, false, "--force revision passes it only where --to is given" },
      { "B", nil, true, "or pass it with --force revision: then --to alone is the proof" },
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

  it("meets what ended its run at each word, whatever the flow made of it", function()
    local refused = core.error("gate", "the supply is low")
    for word, args in pairs {
      phase = { "prepare" }, checking = {}, ask = { "x", function() return 1 end }, apn = {}, connect = {}, meet = {},
      retry = { "query", function() return 1 end }, gate = { { "g", ok = true } }, check_server = {}, follow = {},
      trigger = {},
    } do
      local job, events = job_with { finder = HERE }
      job.final = refused
      assert.same({ false, refused, {} }, { (pcall(job[word], job, table.unpack(args))),
        select(2, pcall(job[word], job, table.unpack(args))), events }, word)
    end
  end)

  it("reads the revision again behind listening: a failure is raised, and one that cannot be read a gate", function()
    local job, events = job_with {}
    job.introduction.revision = function() return "A" end
    assert.equal("A", job.recovery.read_revision())
    local lost = core.error("hangup", "the port is gone")
    job.introduction.revision = function() return nil, lost end
    assert.same({ false, lost }, { pcall(job.recovery.read_revision) })
    assert.same({}, events)
    job.introduction.revision = function() return nil, core.error("gate", "two revisions") end
    local ok, err = pcall(job.recovery.read_revision)
    assert.same({ false, "gate", "revision" }, { ok, err.kind, events[1][2].name })
  end)

  it("is connected once: behind its verdict the module is not looked for again", function()
    for _, word in ipairs { "connect", "meet", "follow" } do
      local job, events = job_with { finder = HERE }
      job.verdict = { outcome = "updated" }
      local ok, raised = pcall(job[word], job)
      assert.same({ false, true, {} }, { ok, job.is_decided(raised), events }, word)
    end
  end)

  it("meets one that it only looks at as far as that tells, and warns of another family's", function()
    for model, warnings in pairs { MC65 = 0, ["something"] = 1, BG96 = 1 } do
      local job, events = job_with { finder = HERE }
      local who = { model = model, imei = "1" }
      job.introduction.partial = function() return who end
      assert.equal(who, job:meet())
      assert.same({ "identity", who }, events[1])
      assert.same({ warnings, "1" }, { #events - 1, job.entry.imei })
    end
    local job = job_with { finder = { updating = true } }
    assert.is_false((pcall(job.meet, job)))
    assert.equal("unknown", job.verdict.outcome)
  end)

  it("as a watcher judges one that answers by what it runs, and follows any other", function()
    local function watch(found, err)
      local job = job_with { who = { model = "MC65", revision = "A", imei = "1" } }
      job.finder.search = function() return found, err end
      job.recovery.judge_now = function() return { outcome = "judged" } end
      local _, raised = pcall(job.follow, job)
      return job.verdict and job.verdict.outcome or raised, job
    end
    local outcome, job = watch(HERE)
    assert.same({ "judged", true, "update" }, { outcome, job.watches, job.current_phase })
    assert.equal("updated", (watch { updating = true }))
    assert.equal("updated", (watch(nil, SILENT)))
    local lost = core.error("hangup", "the port is gone")
    assert.equal(lost, (watch(nil, lost)))
  end)
end)

describe("A job that begins to change its module", function()
  -- What it does first. `session` is what preparing that gives.
  local function changing(request, session, connected)
    local done = {}
    local job = Job.new {
      report = { event = function(_, _, fields) done[#done + 1] = fields.name or fields.text end }, request = request,
      package = { transport = { kind = "file" } }, try = function(_, fn) return fn() end,
      modem = {
        ipr = function()
          done[#done + 1] = "ipr"
          return 0
        end,
        session = {
          prepare = function()
            done[#done + 1] = "prepare"
            return table.unpack(session or { true })
          end,
          restore = function()
            done[#done + 1] = "restore"
            return true
          end,
        },
      },
    }
    job.is_connected, job.has_looked = connected ~= false, true
    job.entry.begin = function(_, forced)
      done[#done + 1] = "record " .. tostring(forced)
      return true
    end
    return job, done
  end

  it("asks for its rate, is on record, and makes the session readable: once, whatever comes first", function()
    for _, first in ipairs {
      function(job) job:retry("upload", function() return true end) end, function(job) job:phase "pdp" end,
      function(job) job:phase "upload" end, function(job) job:begin "x" end,
    } do
      local job, done = changing()
      first(job)
      job:begin "upload"
      local said = done[#done]
      if said == "pdp" or said == "upload" then done[#done] = nil end
      assert.same({ { "ipr", "record nil", "prepare" }, true }, { done, job.adaptive })
      for _, fn in ipairs(job:cleanups_left()) do fn() end
      assert.equal("restore", done[4])
    end
  end)

  it("does not by steps that only ask, nor by phases that only look", function()
    local job, done = changing()
    for _, step in ipairs { "sync", "query", "register" } do job:retry(step, function() return true end) end
    job:phase "prepare"
    assert.same({ "prepare" }, done)
  end)

  it("tells a phase once, and keeps it as a step", function()
    local job, done = changing()
    job:phase "prepare"
    job:phase "prepare"
    job:enter "verify"
    assert.same({ "prepare", "verify" }, done)
    assert.same({ "prepare", "verify" }, { job.entry.steps[1].name, job.entry.steps[2].name })
  end)

  it("fails where the session cannot be prepared, and tries that again in the next step", function()
    local job, done = changing(nil, { nil, core.error("timeout", "no answer") })
    for _ = 1, 2 do
      local ok, err = pcall(job.begin, job, "upload")
      assert.same({ false, "timeout" }, { ok, err.kind })
    end
    assert.same({ "ipr", "record nil", "prepare", "ipr", "record nil", "prepare" }, done)
    assert.equal(1, #job:cleanups_left())
  end)

  it("fails where it cannot be on record", function()
    local job, done = changing()
    job.entry.begin = function() return nil, core.error("ledger", "no disk") end
    local ok, err = pcall(job.begin, job, "upload")
    assert.same({ false, "ledger", { "ipr" } }, { ok, err.kind, done })
    ok, err = pcall(job.note_change, job)
    assert.same({ false, "ledger" }, { ok, err.kind })
  end)

  it("does nothing of that under --check, before connect, behind the verdict, or without a package", function()
    local job = changing { check = true }
    local ok, slip = pcall(job.begin, job, "upload")
    assert.is_truthy(not ok and slip.fault:find("--check changes nothing, and upload would", 1, true))
    assert.is_false((pcall(job.checking, job)))
    job = changing(nil, nil, false)
    ok, slip = pcall(job.begin, job, "upload")
    assert.is_truthy(not ok and slip.fault:find("upload needs job:connect() before it", 1, true))
    local done
    for _, field in ipairs { "verdict", "begun" } do
      job, done = changing()
      job[field] = {}
      job:begin "upload"
      assert.same({}, done)
    end
    job, done = changing()
    job.package = {}
    job:begin "upload"
    job:note_change()
    assert.same({}, done)
  end)

  it("is on record with the gates that were passed by force", function()
    local job, done = changing()
    job.gates.passed = { "supply", "room" }
    job:note_change()
    assert.same({ "record supply,room" }, done)
    job.verdict = {}
    job:note_change()
    assert.equal(1, #done)
  end)
end)

describe("The trigger of a job", function()
  local TRANSPORT = { kind = "file", trigger_command = "AT+QFOTADL=1" }

  -- What is done, in order; `fails` names what fails, `came` are the signals that were held back.
  local function trigger(opts)
    local done = {}
    local function note(name, result)
      return function(_, arg)
        done[#done + 1] = arg == nil and name or name .. " " .. tostring(arg)
        if opts.fails == name then return nil, core.error("timeout", name .. " failed") end
        return result or true
      end
    end
    local signals = { INT = 0, TERM = 0, HUP = 0, PIPE = 0 }
    for name, count in pairs(opts.came or {}) do signals[name] = count end
    local hold = note "hold"
    local job = Job.new {
      report = { event = function(_, name, fields) done[#done + 1] = name .. " " .. tostring(fields.name) end },
      package = { transport = TRANSPORT }, channel = { guard_with = function() end, fence = note "fence" },
      modem = { trigger = note("trigger", "taken") },
      host = {
        now = core.now, hold_signals = function(on) hold(nil, on) end, signals_taken = function() return signals end,
      },
    }
    job.begun = true
    job.entry.trigger = note "record"
    job.guard.arm = note "arm"
    job.outcome.of_trigger = function(_, answer, kind, adaptive)
      done[#done + 1] = "follow"
      return { answer = answer, kind = kind, adaptive = adaptive, outcome = "updated" }
    end
    job.adaptive = true
    job:on_failure(function() end)
    local ok, result = pcall(job.trigger, job)
    return done, result, job, ok
  end

  it("comes behind a fence and its record, with the signals held until the module has answered", function()
    local done, result, job = trigger {}
    local package = tostring(job.package)
    assert.same({ "fence", "record", "hold true", "phase trigger", "arm AT+QFOTADL=1", "trigger " .. package,
      "hold false", "follow" }, done)
    assert.same({ answer = "taken", kind = "file", adaptive = true, outcome = "updated" }, result)
    assert.same({ "trigger", true }, { job.current_phase, job.entry.triggered })
  end)

  it("does not go out where the module does not answer, or its record is not made", function()
    for name, done in pairs { fence = { "fence" }, record = { "fence", "record" } } do
      local found, err, job = trigger { fails = name }
      assert.same({ done, name .. " failed", nil }, { found, err.message, job.entry.triggered })
    end
  end)

  it("does not go out behind a signal of any kind, and nothing was changed", function()
    for _, name in ipairs { "INT", "TERM", "HUP" } do
      local done, err, job = trigger { came = { [name] = 1 } }
      assert.same({ { "fence", "record", "hold true" }, "interrupted" }, { done, err.kind }, name)
      assert.is_nil(job.entry.triggered)
    end
    assert.equal("updated", select(2, trigger { came = { PIPE = 1 } }).outcome)
  end)

  it("leaves nothing to be taken back, but where it did not go out", function()
    local _, _, job = trigger {}
    assert.same({}, job:cleanups_left())
    _, _, job = trigger { came = { INT = 1 } }
    assert.equal(1, #job:cleanups_left())
  end)

  it("gives a result of the flow's own, and stays the verdict", function()
    local _, result, job = trigger {}
    result.outcome = "spoilt"
    assert.equal("updated", job.verdict.outcome)
  end)
end)
