local book_of = require "dfota.ledger.book"
local folder = require "support.folder"

describe("A ledger takes in", function()
  local clean, book

  before_each(function()
    local dir
    dir, clean = folder.new()
    book = assert(book_of.open(dir .. "/ledger.db"))
  end)
  after_each(function()
    book:close()
    clean()
  end)

  local function row(fields)
    fields.id, fields.started = fields.id or "a", fields.started or 1
    return fields
  end

  it("an update with all that is known of it, and its steps", function()
    local full = row { imei = "1", run = "r", from = "A", to = "B", size = 5, triggered = 2, finished = 3, rc = 82,
      outcome = "wrong_revision", refused = 1, doubt = "unknown_stage", facts = '{"a":1}', boot = "b", mono = 1.5,
      steps = { { name = "upload", at = 1.5 } } }
    assert.same({ added = 1, completed = 0, known = 0, nameless = 0 }, book:take_in { full })
    assert.same({ full }, book:rows { steps = true })
  end)

  it("the same a second time without any change", function()
    local rows = { row { finished = 3 }, row { id = "b", triggered = 2 }, row { id = "c" } }
    book:take_in(rows)
    local before = book:rows { steps = true }
    assert.same({ added = 0, completed = 0, known = 3, nameless = 0 }, book:take_in(rows))
    assert.same(before, book:rows { steps = true })
  end)

  for name, case in pairs {
    ["an end that it lacks"] = { { triggered = 2 }, { triggered = 2, finished = 9, outcome = "updated" }, true },
    ["a later end"] = { { finished = 3, outcome = "unknown" }, { finished = 9, outcome = "updated" }, true },
    ["no earlier end"] = { { finished = 9, outcome = "updated" }, { finished = 3, outcome = "unknown" } },
    ["no record without an end for one with an end"] = { { finished = 9 }, { triggered = 12 } },
    ["a trigger that it does not know of"] = { {}, { triggered = 2 }, true },
    ["no end that is only rounded in another way"] = {
      { finished = 9, outcome = "a" }, { finished = 9.0004, outcome = "b" },
    },
  } do
    it(name, function()
      local theirs, ours = row(case[2]), row(case[1])
      theirs.steps = { { name = "theirs", at = 1 } }
      ours.steps = { { name = "ours", at = 1 } }
      book:take_in { ours }
      local counts = book:take_in { theirs }
      local kept = book:rows({ steps = true })[1]
      local wanted = case[3] and theirs or ours
      assert.same({ case[3] and 1 or 0, wanted.finished, wanted.triggered, wanted.outcome, wanted.steps[1].name },
        { counts.completed, kept.finished, kept.triggered, kept.outcome, kept.steps[1].name })
    end)
  end

  it("no update without an id, and says how many there were", function()
    assert.equal(1, book:take_in({ { started = 1, steps = {} }, row {} }).nameless)
    assert.equal(1, #book:rows())
  end)

  it("of two sightings of a module the newer, and keeps what that one did not tell", function()
    assert.same({ added = 2, newer = 0, known = 0 }, book:take_in_modules {
      { imei = "1", revision = "A", seen = 5, baud = 9600 }, { imei = "2", revision = "A", seen = 5 } })
    assert.same({ added = 0, newer = 1, known = 1 }, book:take_in_modules {
      { imei = "1", revision = "B", seen = 6 }, { imei = "2", revision = "B", seen = 4 } })
    local one, two = book:modules({ imei = "1" })[1], book:modules({ imei = "2" })[1]
    assert.same({ "B", 6, 9600, "A", 5 }, { one.revision, one.seen, one.baud, two.revision, two.seen })
  end)

  it("a page whole or not at all", function()
    assert(book.conn:execute("CREATE TRIGGER full BEFORE INSERT ON dfota_updates WHEN NEW.id = 'b' BEGIN SELECT "
      .. "RAISE(ABORT, 'disk full'); END"))
    local counts, err = book:take_in { row {}, row { id = "b" } }
    assert.is_nil(counts)
    assert.equal("ledger", err.kind)
    assert.same({}, book:rows())
    assert(book.conn:execute "DROP TRIGGER full")
    assert.equal(2, book:take_in({ row {}, row { id = "b" } }).added)
  end)
end)
