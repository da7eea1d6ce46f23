local Job = require "dfota.job"
local core = require "dfota.core"

describe("A job that fails before its trigger", function()
  local notes

  before_each(function() notes = {} end)

  -- Runs a job that fails at a gate, having these to take back.
  local function fail_with(...)
    local cleanups = { ... }
    local report = { event = function(_, _, fields) notes[#notes + 1] = fields.text end, result = function() end }
    local job = Job.new { report = report, package = {}, want = {}, host = {
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
