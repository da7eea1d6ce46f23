local Job = require "dfota.update.job"
local core = require "dfota.core"

describe("The parts of a run", function()
  local told

  local function job_of(more)
    local opts = {
      report = { event = function(_, name, fields) told[#told + 1] = { name, fields.text or fields.name } end },
      channel = { guard_with = function() end, subscribe = function() end }, modem = {}, request = {},
    }
    for name, value in pairs(more or {}) do opts[name] = value end
    return Job.new(opts)
  end

  before_each(function() told = {} end)

  it("are told of each other: what the guard refuses ends the flow at its next word", function()
    local job = job_of { request = { check = true } }
    local ok, fault = pcall(job.guard.pass, job.guard, "AT+CFUN=0")
    assert.is_false(ok)
    local again, raised = pcall(job.phase, job, "prepare")
    assert.same({ false, fault }, { again, raised })
    assert.is_truthy(fault.fault:find("--check sends queries only", 1, true))
  end)

  it("say what they warn of, and what a gate found, in the run's own report", function()
    local job = job_of()
    job:gate { "supply", value = nil, at_least = 3500, unknown = "not known" }
    assert.same({ "gate", "supply" }, told[1])
    assert.same("note", told[2][1])
  end)

  it("belong to one run: nothing of it is known in the next", function()
    local one, other = job_of(), job_of()
    one.decision.final = core.error("gate", "no")
    one.entry:identify { model = "MC65", revision = "A", imei = "1" }
    one:on_failure(function() end)
    assert.is_true(pcall(other.phase, other, "prepare"))
    assert.same({ nil, 1, 0 }, { other:revision(), #one.changes.cleanups, #other.changes.cleanups })
  end)

  it("know an update that an earlier run triggered under any of the port's names", function()
    local asked = {}
    local job = job_of {
      port_name = "/dev/ttyUSB0", port_names = { "/dev/ttyUSB0", "/dev/modem" },
      ledger = { open_on = function(_, name)
        asked[#asked + 1] = name
        return name == "/dev/modem" and { id = "x" } or nil
      end },
    }
    assert.is_true(job:unfinished())
    assert.same({ "/dev/ttyUSB0", "/dev/modem" }, asked)
  end)
end)
