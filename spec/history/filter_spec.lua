local filter = require "dfota.history.filter"

local NOW = 1795824000 -- 2026-11-28 00:00 UTC

describe("What options ask of the ledger", function()
  it("is what they say, in its words", function()
    assert.same({ imei = "861234567890127", run = "spring/1", outcomes = { "open" }, since = NOW - 2 * 86400,
      before = NOW - 86400 }, filter.of({ imei = "861234567890127", run = "spring/1", outcome = { "open" },
      since = "2026-11-26 00:00Z", ["until"] = "2026-11-26 23:59Z" }, NOW))
    assert.same({ outcomes = {} }, filter.of({ outcome = {} }, NOW))
  end)

  it("that makes no sense is named with its option", function()
    local none, why = filter.of({ since = "soon", outcome = {} }, NOW)
    assert.is_nil(none)
    assert.matches("^%-%-since: ", why)
  end)
end)
