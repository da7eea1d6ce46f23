local Job = require "dfota.update.job"
local core = require "dfota.core"

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
