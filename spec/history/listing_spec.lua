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

  it("says of each update without a certain end how to settle it, and what the next update found", function()
    local rows = {
      { id = "f", imei = "1", started = 1795822529, from = "B", outcome = "updated", triggered = 5 },
      { id = "e", imei = "1", started = 1795822528, from = "C", outcome = "not_started" }, -- perhaps before it began
      { id = "d", imei = "2", started = 1795822528, from = "A", outcome = "updated", triggered = 5 },
      { id = "c", imei = "1", started = 1795822400, from = "A", outcome = "unknown", triggered = 5 },
      { id = "b", imei = "2", started = 1795822400, from = "A" }, { id = "a", port = "/dev/x", triggered = 5 },
    }
    local lines = listing.open_ends(rows)
    assert.equal(2, #lines)
    assert.matches("^1, %S+ %S+: its end is not certain, but the run of %S+ %S+ found B there; watch%.lua %-%-imei 1 "
      .. "asks", lines[1])
    assert.matches("^/dev/x, .-: its end is not certain; watch%.lua asks the module, and completes the record$",
      lines[2])
    for i = 1, 9 do rows[i] = { imei = "1", triggered = 5 } end
    lines = listing.open_ends(rows)
    assert.same({ 4, "and 6 more: --outcome open shows them" }, { #lines, lines[4] })
  end)

  it("says what a module has taken, and what it has left, never less than nothing", function()
    assert.equal("7: 1 update triggered according to this ledger, 799 of 800 left; there may have been more",
      listing.wear("7", 1, 800))
    assert.matches("801 updates triggered according to this ledger, 0 of 800 left", listing.wear("7", 801, 800))
  end)
end)
