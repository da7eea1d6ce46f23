local period = require "dfota.history.period"

local NOW = os.time { year = 2026, month = 11, day = 28, hour = 15 }

describe("A period", function()
  it("is all of time if nothing is asked for", function() assert.same({}, { period.of(nil, nil, NOW) }) end)

  it("begins with the first moment that is meant, and ends behind the last", function()
    local midnight = os.time { year = 2026, month = 11, day = 28, hour = 0 }
    assert.same({ midnight, midnight + 86400 }, { period.of("2026-11-28", "2026-11-28", NOW) })
    assert.equal(NOW - 3600, (period.of("1h", nil, NOW)))
    assert.equal(NOW - 3600, select(2, period.of(nil, "1h", NOW)))
  end)

  it("is refused by the name of the option that is wrong", function()
    for _, case in ipairs {
      { "x", nil, "^%-%-since: 'x' is no date" }, { nil, "x", "^%-%-until: 'x' is no date" },
      { "today", "x", "^%-%-until: " }, { "1d", "2d", "^%-%-since is later than %-%-until" },
      { "1d", "1d", "^%-%-since is later than %-%-until" },
    } do
      assert.matches(case[3], (select(3, period.of(case[1], case[2], NOW))))
    end
  end)
end)
