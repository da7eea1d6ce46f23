local own_end = require "dfota.ledger.own_end"

describe("The end of an update", function()
  local CUT_OFF = { { name = "trigger", at = 1 }, { name = "update", at = 2 } }
  local WHOLE = { CUT_OFF[1], CUT_OFF[2], { name = "verify", at = 3 } }

  for name, case in pairs {
    ["was seen by its own run, which read the revision"] = { { outcome = "updated", steps = WHOLE }, true },
    ["was seen by a later run if its own was killed"] = { { outcome = "updated", steps = {} }, false },
    ["was seen by a later run if its own gave up"] = { { outcome = "failed_on_source", steps = CUT_OFF }, false },
    ["was seen by nobody yet"] = { { steps = {} }, true },
    ["is unknown, and its own run said so"] = { { outcome = "unknown", steps = CUT_OFF }, true },
    ["is that of a row without steps"] = { { outcome = "updated" }, false },
  } do
    it(name, function()
      case[1].triggered = 1
      assert.equal(case[2], own_end.seen(case[1]))
    end)
  end

  it("is the run's own where nothing was triggered", function()
    assert.is_true(own_end.seen { outcome = "not_started", steps = {} })
  end)
end)
