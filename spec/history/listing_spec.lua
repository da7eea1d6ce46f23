local listing = require "dfota.history.listing"

describe("A ledger as a table", function()
  it("has a line for each update, its columns below each other", function()
    local lines = listing.updates {
      { started = 1795822529, imei = "861234567890127", from = "A", after = "B2", outcome = "updated", run = "r" },
      { started = 1795822529, imei = "1", from = "Ä", to = "B", triggered = 5 },
    }
    assert.equal(3, #lines)
    assert.matches("^started +IMEI +from  to  after  outcome +run$", lines[1])
    assert.matches("861234567890127  A     %-   B2     updated +r$", lines[2])
    assert.matches("1                Ä     B   %-      end not recorded  %-$", lines[3])
  end)

  it("has no column that no row has a value for", function()
    assert.same({ "IMEI  outcome", "1     not triggered" }, listing.updates { { imei = "1" } })
  end)

  it("has the names of its columns where there are no rows", function()
    assert.same({ "a  bc" }, listing.table({}, { { "a", error }, { "bc", error } }))
  end)

  it("has a line for each module, with its wear", function()
    assert.same({ "IMEI  revision  updates  left", "1     A         3        0" },
      listing.modules { { imei = "1", revision = "A", updates_seen = 3, updates_left = 0 } })
  end)

  it("names no revision as running after an update whose outcome is unknown", function()
    assert.same({ "IMEI  revision", "1     unknown (last seen A)" },
      listing.modules { { imei = "1", last_revision = "A" } })
  end)

  it("says what a module has taken, and what it has left, never less than nothing", function()
    assert.equal("7: 1 update triggered according to this ledger, 799 of 800 left; there may have been more",
      listing.wear("7", 1, 800))
    assert.matches("801 updates triggered according to this ledger, 0 of 800 left", listing.wear("7", 801, 800))
  end)
end)
