local Decision = require "dfota.update.decision"
local core = require "dfota.core"

describe("How a run was decided", function()
  local decision
  before_each(function() decision = Decision.new() end)

  local function raised_by(name, ...) return select(2, pcall(decision[name], decision, ...)) end

  it("ends the flow, and every word after it", function()
    decision:go_on()
    decision:still_open()
    local result = { outcome = "updated" }
    assert.is_true(Decision.is_decided(raised_by("decide", result)))
    assert.equal(result, decision.verdict)
    assert.is_true(Decision.is_decided(raised_by "go_on"))
    assert.is_false(Decision.is_decided "another error")
    assert.equal("this run is decided", tostring(raised_by "go_on"))
  end)

  it("is set once", function()
    raised_by("decide", { outcome = "updated" })
    raised_by("decide", { outcome = "unknown" })
    assert.equal("updated", decision.verdict.outcome)
    local first, second = core.error("gate", "low"), core.error("gate", "full")
    decision = Decision.new()
    assert.same({ first, second, first }, { raised_by("end_with", first), raised_by("end_with", second),
      raised_by "go_on" })
  end)

  it("may be a failure that no flow can swallow: a gate or an interruption, and no other", function()
    for kind, stays in pairs { gate = true, interrupted = true, timeout = false, network = false } do
      decision = Decision.new()
      local err = core.error(kind, "x")
      assert.equal(err, raised_by("raise", err))
      assert.equal(not stays, (pcall(decision.go_on, decision)), kind)
    end
  end)

  it("may be a mistake, reported with its line", function()
    local fault = raised_by("check_function", "job:after(…)", nil)
    assert.is_truthy(fault.fault:find "^spec/update/decision_spec%.lua:%d+: a function is missing: write job:after")
    assert.equal(fault, raised_by "go_on")
    assert.is_true((pcall(decision.check_function, decision, "x", print)))
  end)

  it("may be a refused command, but not after the verdict", function()
    local fault, other = { fault = "x" }, { fault = "y" }
    decision:note_refusal(fault)
    decision:note_refusal(other)
    assert.equal(fault, raised_by "go_on")
    decision = Decision.new()
    decision:settle {}
    decision:note_refusal(fault)
    assert.is_true((pcall(decision.go_on, decision)))
  end)

  it("allows the words in steps after the verdict, but no new search for the module", function()
    assert.is_false(decision:is_settled())
    decision:settle { outcome = "updated" }
    assert.is_true(decision:is_settled())
    decision:go_on()
    assert.is_true(Decision.is_decided(raised_by "still_open"))
    decision = Decision.new()
    raised_by("decide", { outcome = "checked" })
    assert.is_false(decision:is_settled())
    decision:go_behind()
    decision:go_on()
    assert.is_true(decision:is_settled())
    local err = core.error("interrupted", "a signal")
    raised_by("raise", err)
    decision:go_on()
  end)
end)
