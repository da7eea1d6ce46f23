local book = require "dfota.ledger.book"
local folder = require "support.folder"
local ledger = require "dfota.ledger.ledger"
local nothing = require "dfota.ledger.null"

-- What the rest of the program calls.
local METHODS = {
  "begin", "triggered", "finish", "conclude", "record", "triggers", "rate_on", "open_on", "failed_with", "updated_with",
  "start_rows", "start_modules", "next_rows", "next_lines", "rows", "steps", "modules", "close",
}

describe("A ledger named none", function()
  it("is what none opens, and is marked as none, so that nothing counts as recorded", function()
    local none = ledger.open "none"
    assert.same({ true, "none", "dfota.ledger (none)" }, { none.is_none, none.name, tostring(none) })
    assert.is_true(ledger.none().is_none)
  end)

  it("has every method that a real one has", function()
    local home, remove = folder.new()
    do
      local real <close> = assert(book.open(home .. "/ledger.db"))
      for _, name in ipairs(METHODS) do
        assert.same({ "function", "function" }, { type(real[name]), type(nothing.new()[name]) }, name)
      end
    end
    remove()
  end)

  it("accepts everything a run records, and never fails", function()
    local none = nothing.new()
    local id = none:begin { imei = "1" }
    assert.is_string(id)
    for _, name in ipairs { "triggered", "finish", "conclude", "record" } do
      assert.same({ true }, { none[name](none, id, { outcome = "updated" }) }, name)
    end
    assert.is_true(none:conclude(nil, {}))
  end)

  it("stores nothing: no wear, no update in progress, no failed attempt", function()
    local none = nothing.new()
    none:triggered(none:begin { imei = "1", port = "p", hash = "h" }, {})
    assert.equal(0, none:triggers "1")
    assert.same({ n = 1 }, table.pack(none:open_on("p", "1")))
    assert.same({ n = 1 }, table.pack(none:rate_on "p"))
    assert.same({ n = 1 }, table.pack(none:failed_with("1", { hash = "h" })))
    for _, name in ipairs { "rows", "steps", "modules", "next_rows" } do assert.same({}, none[name](none)) end
    assert.is_true(none:start_rows {})
  end)

  it("may be closed any number of times, like any other", function()
    local kept
    do
      local none <close> = nothing.new()
      kept = none
    end
    kept:close()
    assert.same({}, kept:rows())
  end)
end)
