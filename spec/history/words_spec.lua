local selection = require "dfota.ledger.selection"
local words = require "dfota.history.words"

describe("On a page for people", function()
  it("every outcome has a name and a tone", function()
    local tones = { good = true, plain = true, warn = true, bad = true }
    for _, outcome in ipairs(selection.OUTCOMES) do
      if outcome ~= "open" then
        local name, tone = words.outcome { outcome = outcome }
        assert.is_true(tones[tone], outcome)
        assert.not_equal(outcome, name)
      end
    end
  end)

  it("an update without an outcome is told by its trigger; one of others is not believed to be good", function()
    assert.same({ "End not recorded", "bad" }, { words.outcome { triggered = 5 } })
    assert.same({ "Not triggered", "warn" }, { words.outcome {} })
    assert.same({ "great", "bad" }, { words.outcome { outcome = "great" } })
  end)

  it("a code has its meaning, and a failure says what to do", function()
    assert.equal("update failed", words.code(6508))
    assert.equal("SIM PIN required", words.code(11))
    assert.equal("not in the manuals of these modules", words.code(6599))
    assert.is_nil(words.code(nil))
    assert.matches("use another package", words.advice { outcome = "failed_on_source", code = 6508 })
    for _, row in ipairs { { outcome = "unknown" }, { triggered = 5 } } do
      assert.matches("ask what it runs now, with watch%.lua, which completes the record", words.advice(row))
      row.imei = "861234567890127"
      assert.matches("with watch%.lua %-%-imei 861234567890127, which", words.advice(row))
    end
    assert.matches("it can be updated again", words.advice { outcome = "failed_on_source" })
    assert.matches("wrong package", words.advice { outcome = "wrong_revision" })
    for _, row in ipairs { {}, { outcome = "updated" }, { outcome = "failed_on_source", code = 6599 } } do
      assert.is_nil(words.advice(row))
    end
  end)
end)
