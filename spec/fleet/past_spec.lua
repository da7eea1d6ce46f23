local past = require "dfota.fleet.past"
local tables = require "dfota.base.tables"

describe("What the ledger knows of a fleet", function()
  it("marks the modules on which one of the packages failed before", function()
    local asked = {}
    local book = { failed_with = function(_, imei, package)
      asked[#asked + 1] = imei .. (package.hash or package.url)
      return imei == "2" and package.url == "u" and { outcome = "failed_on_source" } or nil
    end }
    local devices = { { imei = "1" }, { imei = "2" }, {} }
    assert.is_true(past.mark_failed(devices, book, { { hash = "h" }, {}, { url = "u" } }))
    assert.same({ { imei = "1", failed_before = false }, { imei = "2", failed_before = true }, {} }, devices)
    assert.same({ "1h", "1u", "2h", "2u" }, asked)
  end)

  it("marks the modules on which somebody triggered an update whose end nobody saw", function()
    local book = { open_on = function(_, port, imei)
      return port == "/dev/p" and imei == "2" and { id = "x", imei = "2" } or nil
    end }
    local devices = { { port = "/dev/p", imei = "1" }, { port = "/dev/p", imei = "2" } }
    assert.is_true(past.mark_open(devices, book))
    assert.same({ nil, "unknown", "2" }, { devices[1].state, devices[2].state, devices[2].open_imei })
    assert.same({ nil, "locked" }, { past.mark_open(devices, { open_on = function() return nil, "locked" end }) })
  end)

  it("notes what each module ran when it was last seen, where neither it nor the plan says so", function()
    local asked, book = {}, {}
    function book.modules(_, wanted)
      asked[#asked + 1] = wanted.imeis
      return { { imei = "1", last_revision = "A" } } -- uncertain since, and the other was never seen
    end
    local devices = { { imei = "1" }, { imei = "2" }, { imei = "3", from = "B" }, { imei = "4", revision = "C" }, {} }
    assert.is_true(past.note_revisions(devices, book))
    assert.same({ { "1", "2" } }, asked)
    assert.same({ "A", nil }, { devices[1].ran, devices[2].ran })
    assert.same({ nil, "locked" }, { past.note_revisions(devices, { modules = function() return nil, "locked" end }) })
  end)

  it("asks a ledger for hundreds of modules at a time, and leaves none out", function()
    local devices, most, all = {}, 0, 0
    for i = 1, 1201 do devices[i] = { imei = tostring(i) } end
    assert.is_true(past.note_revisions(devices, { modules = function(_, wanted)
      most, all = math.max(most, #wanted.imeis), all + #wanted.imeis
      return {}
    end }))
    assert.same({ 500, 1201 }, { most, all })
  end)

  it("says so where the ledger fails", function()
    local book = { failed_with = function() return nil, "locked" end }
    assert.same({ nil, "locked" }, { past.mark_failed({ { imei = "1" } }, book, { { hash = "h" } }) })
  end)

  for what, case in pairs {
    ["done, at the target"] = { "done", { outcome = "updated", after = "B", rc = 0 }, "B" },
    ["done, where no target is named"] = { "done", { outcome = "updated", after = "B", rc = 0 } },
    ["to go on, where a chain has come half the way"] = { "safe", { outcome = "updated", after = "B", rc = 0 }, "C" },
    ["failed"] = { "failed", { outcome = "failed_on_source", rc = 81 }, "B" },
    ["failed, with a revision that nobody wanted"] = { "failed", { outcome = "wrong_revision", rc = 82 }, "B" },
    ["to try again after a download that failed"] = { "safe", { outcome = "failed_on_source", rc = 75 }, "B" },
    ["unknown, as its end is not recorded"] = { nil, { triggered = 1 }, "B" },
    ["unknown, as nobody saw its end"] = { nil, { outcome = "unknown", rc = 80 }, "B" },
    ["unknown, if it is in no row"] = { nil, nil, "B" },
  } do
    it("tells of a module whose end a run did not see that it is " .. what, function()
      local wanted
      local book = { rows = function(_, of)
        wanted = of
        return { case[2] }
      end }
      assert.same({ case[1], case[1] and case[2] }, { past.settled(book, "1", "night", case[3]) })
      assert.same({ imei = "1", run = "night", limit = 1 }, wanted)
    end)
  end

  local UPDATED = { outcome = "updated", after = "B", finished = 200, triggered = 150, hash = "h" }
  local REFUSED = { outcome = "not_started", rc = 84, finished = 210 }
  for what, case in pairs {
    ["when another run has updated it since"] = { "B", { UPDATED } },
    ["whatever was refused after that"] = { "B", { REFUSED, UPDATED } },
    ["where no target is named, if that was this package"] = { "B", { UPDATED }, nil, { { hash = "h" } } },
    ["found by another run"] = { "B", { { outcome = "already_current", after = "B", finished = 200 } } },
    ["but not with another package"] = { nil, { UPDATED }, nil, { { hash = "x" }, { url = "u" } } },
    ["but not with another revision"] = { nil, { UPDATED }, "C" },
    ["but not if that was before it failed"] = { nil, { tables.with(UPDATED, { finished = 90 }) }, "B" },
    ["but not if it failed after that"] = { nil, { { outcome = "failed_on_source", triggered = 1 }, UPDATED } },
    ["but not while that is under way"] = { nil, { { triggered = 190 }, UPDATED } },
    ["but not without a row"] = { nil, {} },
  } do
    it("tells of a module that failed in a run that it is well, " .. what, function()
      local book = { rows = function() return case[2] end }
      local wanted = { since = 100, to = case[3] or not case[4] and "B" or nil, packages = case[4] }
      assert.same({ case[1] }, { (past.ended_well(book, "1", wanted)) })
    end)
  end

  it("is nothing where the ledger fails", function()
    assert.is_nil((past.ended_well({ rows = function() return nil, "locked" end }, "1", { since = 1, to = "B" })))
    assert.is_nil(past.settled({ rows = function() return nil, "locked" end }, "1", "night"))
  end)
end)
