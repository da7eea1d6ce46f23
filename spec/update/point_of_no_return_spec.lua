local Job = require "dfota.update.job"
local core = require "dfota.core"

describe("The point of no return", function()
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
    local signals = { INT = 0, TERM = 0, HUP = 0, QUIT = 0, PIPE = 0 }
    for name, count in pairs(opts.came or {}) do signals[name] = count end
    local hold = note "hold"
    local job = Job.new {
      report = { event = function(_, name, fields) done[#done + 1] = name .. " " .. tostring(fields.name) end },
      package = { transport = TRANSPORT },
      channel = { guard_with = function() end, subscribe = function() end, fence = note "fence" },
      modem = { trigger = note("trigger", "taken") },
      brake = opts.brake and {
        name = "r", words = function() return "stopped" end,
        ask = function(_, wait)
          done[#done + 1] = "brake " .. wait
          return table.unpack(opts.brake, 1, 2)
        end,
      },
      host = {
        now = core.now, wait = "wait",
        hold_signals = function(on) hold(nil, on) end, signals_taken = function() return signals end,
      },
    }
    job.changes.begun = true
    job.entry.trigger = note "record"
    job.guard.arm = note "arm"
    job.outcome.of_trigger = function(_, answer, kind, adaptive)
      done[#done + 1] = "follow"
      return { answer = answer, kind = kind, adaptive = adaptive, outcome = "updated" }
    end
    job.changes.adaptive = true
    job:on_failure(function() end)
    local ok, result = pcall(job.trigger, job)
    return done, result, job, ok
  end

  it("follows a fence and its record, with signals held until the module has answered", function()
    local done, result, job = trigger {}
    local package = tostring(job.package)
    assert.same({ "fence", "record", "hold true", "phase trigger", "arm AT+QFOTADL=1", "trigger " .. package,
      "hold false", "follow" }, done)
    assert.same({ answer = "taken", kind = "file", adaptive = true, outcome = "updated" }, result)
    assert.same({ "trigger", true }, { job.telling.phase, job.entry.triggered })
  end)

  it("is not sent if the module does not answer, or its record cannot be written", function()
    for name, done in pairs { fence = { "fence" }, record = { "fence", "record" } } do
      local found, err, job = trigger { fails = name }
      assert.same({ done, name .. " failed", nil }, { found, err.message, job.entry.triggered })
    end
  end)

  it("is not sent after a signal of any kind, and nothing was changed", function()
    for _, name in ipairs { "INT", "TERM", "HUP" } do
      local done, err, job = trigger { came = { [name] = 1 } }
      assert.same({ { "fence", "record", "hold true" }, "interrupted" }, { done, err.kind }, name)
      assert.is_nil(job.entry.triggered)
    end
    assert.equal("updated", select(2, trigger { came = { PIPE = 1 } }).outcome)
  end)

  it("is asked for at the centre first: what stops there is not sent, what says nothing stops nobody", function()
    local done = trigger { brake = { { known = true, stop = false } } }
    assert.same({ "brake wait", "brake nil", "fence" }, { done[1], done[2], done[3] })
    local stopped = table.pack(trigger { brake = { { known = true, stop = true, reason = "stop" } } })
    local err, ok = stopped[2], stopped[4]
    done = stopped[1]
    assert.same({ { "brake wait", "brake nil" }, false, "interrupted" }, { done, ok, err.kind })
    assert.equal("stopped; nothing was triggered or changed", err.message)
    done = trigger { brake = { nil, core.error("central", "gone") } }
    assert.same({ "brake wait", "brake nil", "note nil", "fence" }, table.move(done, 1, 4, 1, {}))
    done, err = trigger { brake = { nil, core.error("interrupted", "a signal") } }
    assert.same({ { "brake wait" }, "interrupted" }, { done, err.kind })
  end)

  it("leaves nothing to undo, unless it was not sent", function()
    local _, _, job = trigger {}
    assert.same({}, job.changes:cleanups_left())
    _, _, job = trigger { came = { INT = 1 } }
    assert.equal(1, #job.changes:cleanups_left())
  end)

  it("is passed once, and only in the flow itself: nothing is sent otherwise", function()
    for _, where in ipairs { "passed", "is_over", "listening" } do
      local done, _, job = trigger {}
      local before = #done
      job.decision.verdict, job.point_of_no_return.passed = nil, where == "passed"
      job.decision.is_over, job.guard.listening = where == "is_over", where == "listening"
      local ok, fault = pcall(job.trigger, job)
      assert.same({ false, before }, { ok, #done }, where)
      assert.is_truthy(fault.fault:find("works once per run, and only in the flow itself; nothing was sent", 1, true))
      assert.is_nil(job.decision.verdict)
    end
  end)

  it("returns a copy of its result, and stays the verdict", function()
    local _, result, job = trigger {}
    result.outcome = "spoilt"
    assert.equal("updated", job.decision.verdict.outcome)
  end)
end)
