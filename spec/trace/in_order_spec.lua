local in_order = require "dfota.trace.in_order"

describe("A list in the order of time", function()
  it("keeps those of one time in their order, and nothing of how it did that", function()
    local list = {}
    for i = 1, 200 do list[i] = { t = i % 3, name = i } end
    assert.equal(list, in_order(list))
    for i = 2, #list do
      local a, b = list[i - 1], list[i]
      assert.is_true(a.t < b.t or a.t == b.t and a.name < b.name)
      assert.is_nil(b.order)
    end
    assert.same({}, in_order {})
  end)
end)
