local Cursor = require "dfota.ledger.cursor"

local FIELDS = { { "id", "id" }, { "from", "rev_from" }, { "size", "size" }, { "at", "at" } }

-- A LuaSQL cursor over these rows, which fails after them if a reason is given.
local function driver(columns, rows, reason)
  local cursor, next_row = { closed = 0 }, 0
  function cursor.getcolnames() return columns end
  function cursor.fetch(_, values)
    next_row = next_row + 1
    local row = rows[next_row]
    if not row then return nil, reason end
    for i = 1, #columns do values[i] = row[i] end
    return values
  end
  function cursor:close() self.closed = self.closed + 1 end
  return cursor
end

describe("Rows from a cursor", function()
  it("have their names in Lua, and no unused column", function()
    local rows = Cursor.new(driver({ "rev_from", "of_a_newer_layout", "id" }, { { "A", "x", "1" } }), FIELDS):take(9)
    assert.same({ { from = "A", id = "1" } }, rows)
  end)

  it("have numbers as numbers and texts safe to show, whoever wrote them", function()
    local columns = { "id", "size", "at" }
    local rows = Cursor.new(driver(columns, {
      { 7, "156104", "1.5" }, { "a\nb", 5.0, "soon" }, { nil, nil, nil },
    }), FIELDS):take(9)
    assert.same({ { id = "7", size = 156104, at = 1.5 }, { id = "a\\nb", size = 5 }, {} }, rows)
    assert.equal("integer", math.type(rows[2].size))
  end)

  it("come in batches, and the cursor is closed after the last", function()
    local inner = driver({ "id" }, { { "a" }, { "b" }, { "c" } })
    local cursor = Cursor.new(inner, FIELDS)
    local rows, last = cursor:take(2)
    assert.same({ 2, nil, 0 }, { #rows, last, inner.closed })
    rows, last = cursor:take(2)
    assert.same({ { { id = "c" } }, true, 1 }, { rows, last, inner.closed })
  end)

  it("are not returned if the driver fails, which is reported, and ends it", function()
    local inner = driver({ "id" }, { { "a" } }, "disk I/O error")
    local rows, reason = Cursor.new(inner, FIELDS):take(2)
    assert.same({ nil, "disk I/O error", 1 }, { rows, reason, inner.closed })
  end)

  it("need not all be read", function()
    local inner = driver({ "id" }, { { "a" } })
    Cursor.new(inner, FIELDS):close()
    assert.equal(1, inner.closed)
  end)
end)
