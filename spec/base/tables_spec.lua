local tables = require "dfota.base.tables"

describe("A list", function()
  it("has its values, and no others", function()
    for _, case in ipairs { { "a", true }, { 2, true }, { "2", false }, { "A", false }, { nil, false } } do
      assert.equal(case[2], tables.is_in(case[1], { "a", 2 }))
    end
    assert.is_false(tables.is_in("a", {}))
  end)
end)

describe("A copy of a table", function()
  it("has the same fields, some of them set, and leaves the table as it is", function()
    local one = { a = 1, b = 2 }
    local copy = tables.with(one, { b = 3, c = 4 })
    assert.same({ a = 1, b = 3, c = 4 }, copy)
    assert.same({ a = 1, b = 2 }, one)
    assert.same(one, tables.with(one))
    assert.are_not.equal(one, tables.with(one))
  end)
end)
