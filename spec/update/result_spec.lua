local result = require "dfota.update.result"

describe("A result", function()
  it("says by its exit code whether to run it again, and what to do first", function()
    local fields = result.of(75, {})
    assert.same({ 75, false, "safe", "nothing was changed in the firmware", "again" },
      { fields.rc, fields.ok, fields.retry, fields.advice, fields.step })
    assert.same({ rc = 0, ok = true, retry = "none" }, result.of(0, {}))
  end)

  it("says it by the kind of error where that knows better, and keeps advice of its own", function()
    assert.same({ "after_fix", "check APN, user and password with the SIM's operator" },
      { result.of(75, {}, "apn").retry, result.of(75, {}, "apn").advice })
    local own = result.of(84, { advice = "own", step = "watch" }, "room")
    assert.same({ "own", "watch", "after_fix" }, { own.advice, own.step, own.retry })
  end)

  it("of a module that did not answer a query is 69, and behind the queries that the step failed", function()
    for phase, rc in pairs { prepare = 69, upload = 75, pdp = 75 } do
      assert.equal(rc, result.exit_of({ kind = "timeout" }, phase))
      assert.equal(74, result.exit_of({ kind = "hangup" }, phase))
    end
    assert.equal(69, result.exit_of { kind = "timeout" })
  end)

  it("of a kind that nobody named is a fault of the program", function()
    assert.equal(1, result.exit_code "no such kind")
    assert.equal(1, result.exit_of { kind = "no such kind" })
  end)

  it("says nothing but to run it again where its advice is only that", function()
    assert.is_true(result.only_says_again(result.of(130, {})))
    assert.is_false(result.only_says_again(result.of(130, { advice = "own" })))
    assert.is_false(result.only_says_again(result.of(84, {})))
    assert.is_false(result.only_says_again { rc = 130, retry = "safe", advice = "nothing was changed", prose = "own" })
  end)
end)
