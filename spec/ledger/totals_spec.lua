local book_of = require "dfota.ledger.book"
local folder = require "support.folder"

describe("The totals of a ledger", function()
  local book, clean

  setup(function()
    local dir
    dir, clean = folder.new()
    book = assert(book_of.open(dir .. "/ledger.db"))
    for i, row in ipairs {
      { "updated", nil, "1" }, { "updated", nil, "1" }, { "updated", nil, "2" },
      { "failed_on_source", 6508, "2" }, { "failed_on_source", 6508, "3" }, { "failed_on_source", 6503, "3" },
      { nil, nil, "4" },
    } do
      assert(book:record { id = "u" .. i, outcome = row[1], code = row[2], imei = row[3], started = i, run = row[3],
        triggered = row[1] and i or nil })
    end
  end)
  teardown(function()
    book:close()
    clean()
  end)

  it("count the updates by how they ended, the most frequent first, and their modules", function()
    local found = book:totals()
    assert.equal(4, found.modules)
    assert.same({
      { outcome = "updated", triggered = 1, count = 3, first = 1, last = 3 },
      { outcome = "failed_on_source", code = 6508, triggered = 1, count = 2, first = 4, last = 5 },
    }, { found.groups[1], found.groups[2] })
    local rest = {}
    for i = 3, 4 do rest[found.groups[i].code or "none"] = { found.groups[i].count, found.groups[i].triggered } end
    assert.same({ [6503] = { 1, 1 }, none = { 1, 0 } }, rest)
  end)

  it("are of all that is asked for, whatever the limit", function()
    local found = book:totals { since = 2, before = 4, limit = 1 }
    assert.same({ 2, 2 }, { found.modules, found.groups[1].count })
    assert.same({ groups = {}, modules = 0 }, book:totals { run = "none" })
  end)

  it("end where the ledger fails", function()
    local broken <close> = assert(book_of.open(book.name))
    assert(broken.conn:execute "DROP TABLE dfota_updates")
    local found, err = broken:totals()
    assert.same({ nil, "ledger" }, { found, err.kind })
  end)
end)
