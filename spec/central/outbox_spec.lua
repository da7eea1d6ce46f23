local book_of = require "dfota.ledger.book"
local folder = require "support.folder"
local outbox = require "dfota.central.outbox"

describe("What of a journal waits for the centre", function()
  local dir, cleanup, book, box

  before_each(function()
    dir, cleanup = folder.new()
    local at = 1000
    book = assert(book_of.open(dir .. "/j.db", { clock = function()
      at = at + 1
      return at
    end }))
    box = outbox.new(book.database)
    assert(box:prepare())
  end)
  after_each(function()
    book:close()
    cleanup()
  end)

  local function ids(centre, limit)
    local list = {}
    for i, row in ipairs(assert(box:next("update", centre or "c", limit or 10))) do list[i] = row.id end
    return list
  end

  local function ship(kind, centre)
    centre = centre or "c"
    assert(box:note(centre, { [kind] = assert(box:next(kind, centre, 10)) }))
  end

  it("is everything at first, the oldest first, no more than asked for", function()
    for _, id in ipairs { "b", "a", "c" } do assert(book:begin { id = id }) end
    assert.same({ "b", "a" }, ids("c", 2))
    assert.equal(3, box:count())
  end)

  it("is nothing more once it was shipped, and again what changed since", function()
    local id = assert(book:begin { imei = "1" })
    ship "update"
    assert.same({ 0, {} }, { box:count(), ids() })
    assert(book:triggered(id))
    assert.same({ id }, ids())
    ship "update"
    assert(book:finish(id, { outcome = "unknown", rc = 80 }))
    assert.same({ id }, ids())
    ship "update"
    assert(book:finish(id, { outcome = "updated", rc = 0 }))
    assert.same({ 1, { id } }, { box:count "c", ids() })
  end)

  it("waits again in the state that came between the reading and the note", function()
    local id = assert(book:begin {})
    local rows = assert(box:next("update", "c", 10))
    assert(book:triggered(id))
    assert(box:note("c", { update = rows }))
    assert.same({ id }, ids())
  end)

  it("is everything again for another centre", function()
    assert(book:begin { id = "a" })
    ship("update", "first")
    assert.same({ {}, { "a" } }, { ids "first", ids "second" })
  end)

  it("has the steps of each update, in order", function()
    assert(book:record { id = "a", outcome = "updated", steps = { { name = "x", at = 1 }, { name = "y", at = 2 } } })
    assert(book:record { id = "b", outcome = "updated" })
    local rows = assert(box:next("update", "c", 10))
    assert.same({ { { name = "x", at = 1 }, { name = "y", at = 2 } }, {} }, { rows[1].steps, rows[2].steps })
  end)

  it("are modules as well, whenever they were seen again", function()
    assert(book:begin { imei = "1", from = "A", port = "p" })
    local rows = assert(box:next("module", "c", 10))
    assert.same({ "1", "A", 1 }, { rows[1].imei, rows[1].revision, #rows })
    ship "module"
    assert.same({}, (box:next("module", "c", 10)))
    assert(book:begin { imei = "1", from = "A", port = "p" })
    assert.equal(1, #box:next("module", "c", 10))
  end)

  it("is no matter of the journal's layout: whoever knows nothing of it still opens it", function()
    assert(book:begin { id = "a" })
    ship "update"
    book:close()
    book = assert(book_of.open(dir .. "/j.db"))
    assert.equal("a", book:rows()[1].id)
  end)
end)
