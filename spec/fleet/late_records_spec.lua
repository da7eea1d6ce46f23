local late_records = require "dfota.fleet.late_records"
local tables = require "dfota.base.tables"

local RESULT = { rc = 81, outcome = "failed_on_source", code = 6508, before = "A", after = "A", recorded = false,
  message = "it failed; the record is missing" }
local STEPS = { { name = "trigger", at = 100 }, { name = "update", at = 110 } }

local function device_of(result, try)
  local all = tables.with(RESULT, result or {})
  return { port = "/dev/x", imei = "1", model = "M", result = all,
    tries = { tables.with({ what = "update", finished = 120, steps = STEPS, result = all }, try or {}) } }
end

-- What is put into a ledger with this open row.
local function recorded(device, row, rows)
  local said = {}
  local book = {}
  function book.rows(_, wanted)
    said.wanted = wanted.run .. " " .. wanted.imei
    return rows or {}
  end
  function book.open_on(_, port, imei)
    said.asked = port .. " " .. imei
    return row
  end
  function book.finish(_, id, fields)
    said.id, said.fields = id, fields
    return true
  end
  return said, late_records.settle({ device }, book, "night")
end

local ROW = { id = "x", run = "night", imei = "1", port = "/dev/x", from = "A" }

local NOTHING = { recorded = 0, lost = 0, other = 0 }

describe("At a run's end", function()
  it("what a job saw and could not record is recorded in the row that it had begun, as of when it ended", function()
    local said, count = recorded(device_of(), ROW)
    assert.same({ 1, "/dev/x 1", "x" }, { count.recorded, said.asked, said.id })
    assert.same({
      outcome = "failed_on_source", after = "A", code = 6508, rc = 81, finished = 120, message = "it failed",
      steps = STEPS, seen = { imei = "1", model = "M", revision = "A", port = "/dev/x" },
    }, said.fields)
    local well = device_of { rc = 0, outcome = "updated", after = "B", message = "m; only the record is missing" }
    assert.equal("m", (recorded(well, ROW)).fields.message)
    assert.is_true(late_records.are_there { well })
  end)

  it("that is a wrong revision, too, in its own words, as soon as it was verified", function()
    local wrong = device_of({ rc = 82, outcome = "wrong_revision", after = "C", message = "it runs C" },
      { steps = { STEPS[1], { name = "verify", at = 115 } } })
    local said, count = recorded(wrong, ROW)
    assert.same({ 1, "wrong_revision", "C", "it runs C" },
      { count.recorded, said.fields.outcome, said.fields.after, said.fields.message })
  end)

  it("a watch leaves the steps of the update as they are", function()
    assert.is_nil((recorded(device_of({}, { what = "watch" }), ROW)).fields.steps)
  end)

  for what, device in pairs {
    ["is on record"] = device_of { recorded = true },
    ["is unknown"] = device_of { outcome = "unknown", rc = 80 },
    ["was not begun"] = device_of { outcome = "not_started", rc = 84 },
    ["may have been a refusal"] = device_of({}, { steps = { STEPS[1] } }),
    ["is of a module that nobody knows"] = (function(device)
      device.imei = nil
      return device
    end)(device_of()),
  } do
    it("nothing is recorded of what " .. what, function()
      local said, count = recorded(device, ROW)
      assert.same({ {}, NOTHING, false }, { said, count, late_records.are_there { device } })
    end)
  end

  it("is recorded in no row of another run, module, port or update, nor where somebody has closed it", function()
    for name, value in pairs { run = "other", imei = "2", port = "/dev/y", from = "B" } do
      local said, count = recorded(device_of(), tables.with(ROW, { [name] = value }), { {} })
      assert.same({ 0, 1, nil }, { count.recorded, count.other, said.id })
    end
    local said, count = recorded(device_of(), nil, { {} })
    assert.same({ { recorded = 0, lost = 0, other = 1 }, "night 1" }, { count, said.wanted })
  end)

  it("is told where the ledger knows nothing of its beginning: it was removed, or another put in its place", function()
    local _, count = recorded(device_of(), nil, {})
    assert.same({ recorded = 0, lost = 1, other = 0 }, count)
  end)

  it("a ledger that fails is told", function()
    local book = { open_on = function() return nil, "locked" end }
    assert.same({ nil, "locked" }, { late_records.settle({ device_of() }, book, "night") })
    book = { open_on = function() return ROW end, finish = function() return nil, "full" end }
    assert.same({ nil, "full" }, { late_records.settle({ device_of() }, book, "night") })
    book = { open_on = function() return nil end, rows = function() return nil, "gone" end }
    assert.same({ nil, "gone" }, { late_records.settle({ device_of() }, book, "night") })
  end)
end)
