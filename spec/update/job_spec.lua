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

  it("undoes its changes, the last one first", function()
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

  it("reports what could not be undone, and undoes the rest", function()
    local last
    assert.equal(84, fail_with(
      function() last = true end,
      function() error(core.error("hangup", "the port is gone"), 0) end,
      function() return nil, core.error("cme", "AT+QFDEL was answered with +CME ERROR: 4006") end))
    assert.is_true(last)
    assert.same({ "cleaning up: AT+QFDEL was answered with +CME ERROR: 4006", "cleaning up: the port is gone" }, notes)
  end)
end)

describe("A package that failed on the module before", function()
  local function told(row)
    local job = Job.new { report = { event = function() end } }
    job.entry.failed_before = function() return row end
    return job:failed_before()
  end

  it("is told of by what was said then, or else by its outcome", function()
    local words = "this package failed on this module before: %s"
    assert.same({ true, "failed_on_source", words:format "error 6508" },
      { told { outcome = "failed_on_source", message = "error 6508" } })
    assert.same({ true, "wrong_revision", words:format "wrong_revision" }, { told { outcome = "wrong_revision" } })
    assert.is_false(told(false))
  end)
end)

describe("A phase", function()
  it("begins the changes if it is one in which the module is changed, and no other does", function()
    for name, changes in pairs { prepare = false, verify = false, download = false, pdp = true, upload = true } do
      local job, begun = Job.new { report = { event = function() end } }, {}
      function job.changes.begin(_, what) begun[#begun + 1] = what end
      job:phase(name)
      assert.same({ changes and { name } or {}, name }, { begun, job.telling.phase }, name)
    end
  end)
end)

describe("A ledger that fails", function()
  -- What the search for an open record says, and the warnings.
  local function look(lenient)
    local notes = {}
    local job = Job.new {
      lenient = lenient, port_name = "p",
      report = { event = function(_, _, fields) notes[#notes + 1] = fields.text end },
      ledger = { open_on = function() return nil, core.error("ledger", "the disk is full") end },
    }
    local ok, row = pcall(job.entry.open_row, job.entry)
    return ok, row, notes
  end

  it("ends a run that may change the module", function()
    local ok, err, notes = look(nil)
    assert.same({ false, "the disk is full", {} }, { ok, err.message, notes })
  end)

  it("only warns in one that reads", function()
    assert.same({ true, nil, { "the disk is full; going on without it" } }, { look(true) })
  end)
end)

describe("A gate of a job", function()
  local function job_with(force)
    local events = {}
    local report = { event = function(_, name, fields) events[#events + 1] = { name, fields } end }
    return Job.new { report = report, force = force }, events
  end

  it("that cannot be checked only warns", function()
    for _, force in ipairs { {}, { supply = true } } do
      local job, events = job_with(force)
      job:gate { "supply", at_least = 3500, unit = "mV", unknown = "the module does not tell it" }
      assert.same({ "gate", { name = "supply", limit = 3500, unit = "mV" } }, events[1])
      assert.same({ "note", { level = "warning", text = "gate supply was not checked: the module does not tell it" } },
        events[2])
      assert.is_nil(job.gates:forced())
    end
  end)

  it("that does not hold ends the run unless it was forced by name", function()
    local job, events = job_with {}
    local ok, err = pcall(job.gate, job, { "supply", value = 3000, at_least = 3500, message = "low" })
    assert.same({ false, "gate", "low", false }, { ok, err.kind, err.message, events[1][2].ok })
    job = job_with { supply = true }
    job:gate { "supply", value = 3000, at_least = 3500 }
    assert.equal("supply", job.gates:forced())
  end)

  it("of an engineer's own can be forced by name, and check anything", function()
    local hour = 9
    local job = job_with {}
    assert.is_false((pcall(job.gate, job, { "hours", ok = hour < 8 or hour >= 18, value = hour })))
    job = job_with { hours = true }
    job:gate { "hours", ok = hour < 8 or hour >= 18, value = hour }
    assert.equal("hours", job.gates:forced())
  end)

  it("that refused stays refused, whatever the flow does", function()
    local job = job_with {}
    pcall(job.gate, job, { "supply", ok = false, message = "low" })
    local ok, err = pcall(job.checking, job)
    assert.same({ false, "low" }, { ok, err.message })
  end)

  it("that is malformed is reported with the script's line", function()
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
      end, mnc_digits = function() return 2 end },
    }
    local ok, chosen = pcall(job.apn, job)
    return ok, chosen, asked, table.concat(texts)
  end

  it("is the module's own if none is given, and nothing is queried", function()
    local ok, chosen, asked, text = choose {}
    assert.same({ true, nil, 0 }, { ok, chosen, asked })
    assert.is_truthy(text:find("configured in the module", 1, true))
  end)

  it("is the one that is given", function()
    local _, chosen, asked = choose { apn = "net", user = "a", password = "b" }
    assert.same({ { apn = "net", user = "a", password = "b" }, 0 }, { chosen, asked })
  end)

  it("is looked up with auto, and an unknown SIM is reported", function()
    local _, chosen = choose({ apn = "auto" }, "001010123456789")
    assert.same({ apn = "internet", user = "u" }, chosen)
    local ok, err = choose({ apn = "auto" }, "999990123456789")
    assert.same({ false, "usage" }, { ok, err.kind })
  end)
end)

describe("A query of a job", function()
  -- What became of a question that went wrong in this way; the module answers the next one, or not, or is gone.
  local function ask(kind, patience_s, behind)
    local notes, fences, now = {}, {}, 0
    local job = Job.new {
      report = { event = function(_, _, fields) notes[#notes + 1] = fields.text end },
      settings = { resync_timeout_s = 2 }, host = { now = function() return now end },
      channel = { guard_with = function() end, subscribe = function() end, fence = function(_, timeout_s)
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

  it("returns what the module says; a refusal is no fault, but silence is", function()
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

  it("that gets no answer, nor anything after it, is reported as silence", function()
    local _, err = ask("timeout", 40, "timeout")
    assert.equal("AT+CBC failed, nor is any later query", err.message)
  end)
end)

describe("A step of a job", function()
  local function new_job()
    return Job.new { report = { event = function() end }, try = function(_, fn) return fn() end }
  end

  it("returns all its results, and an error of the kind that it may fail with", function()
    local job = new_job()
    assert.same({ 1, nil, 3, n = 3 }, table.pack(job:retry("query", function() return 1, nil, 3 end)))
    assert.same({ false, n = 1 }, table.pack(job:retry("query", function() return false end)))
    local err = core.error("network", "no network")
    assert.same({ nil, err, n = 2 }, table.pack(job:retry("register", function() return nil, err end, "network")))
  end)

  it("raises any other error, and names the step if it returned nothing", function()
    local job = new_job()
    local err = core.error("timeout", "no answer")
    assert.same({ false, err }, { pcall(job.retry, job, "query", function() return nil, err end, "network") })
    assert.same({ false, err }, { pcall(job.retry, job, "query", function() return nil, err end) })
    local ok, fault = pcall(job.retry, job, "query", function() end, "network")
    assert.is_false(ok)
    assert.is_truthy(fault.fault:find("the step query returned nothing", 1, true))
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

  it("is asked, unless --no-preflight or a time of 0 says otherwise", function()
    assert.same({ "http://h/a", 5 }, (check { PACKAGE }))
    assert.is_nil((check({ PACKAGE }, {})))
    assert.is_nil((check({ PACKAGE }, { preflight = true }, 0)))
    assert.is_nil((check({ PACKAGE }, {}, 0)))
  end)

  it("that has the package passes the gate silently", function()
    local _, told, err = check { PACKAGE }
    assert.same({ { "gate", true } }, told)
    assert.is_nil(err)
  end)

  it("that has an unknown kind of package passes it with a warning", function()
    local _, told = check { { status = 200, size = 500, head = "something" } }
    assert.same({ "gate", true }, told[1])
    assert.same({ "note", nil, "warning" }, table.move(told[2], 1, 3, 1, {}))
  end)

  it("that has no such file ends the run", function()
    local _, told, err = check { { status = 404 } }
    assert.same({ { "gate", false } }, told)
    assert.same({ "gate", true }, { err.kind, err.message:find("no such file", 1, true) ~= nil })
  end)

  it("that this machine cannot reach only causes a warning", function()
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

describe("A job", function()
  -- One whose module answers and tells who it is.
  local function new_job()
    local events = {}
    local job = Job.new { report = { event = function(_, name, fields) events[#events + 1] = { name, fields } end } }
    job.meeting.finder.find = function() return { answered = true } end
    job.meeting.introduction.full = function() return { model = "MC65", revision = "A", imei = "1" } end
    return job, events
  end

  it("has the module's revision, read twice", function()
    local job = new_job()
    job:connect()
    assert.equal("A", job:revision())
  end)

  it("raises what ended its run at every word, whatever the flow did with it", function()
    local refused = core.error("gate", "the supply is low")
    for word, args in pairs {
      phase = { "prepare" }, checking = {}, ask = { "x", function() return 1 end }, apn = {}, connect = {}, meet = {},
      retry = { "query", function() return 1 end }, gate = { { "g", ok = true } }, check_server = {}, follow = {},
      trigger = {},
    } do
      local job, events = new_job()
      job.decision:note_refusal(refused)
      assert.same({ false, refused, {} }, { (pcall(job[word], job, table.unpack(args))),
        select(2, pcall(job[word], job, table.unpack(args))), events }, word)
    end
  end)
end)
