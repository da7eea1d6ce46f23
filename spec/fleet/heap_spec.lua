local Random = require "dfota.sim.random"
local heap = require "dfota.fleet.heap"

describe("A queue of what is due", function()
  it("gives the earliest first, and of the same time the one that came first", function()
    local queue = heap.new()
    for i, at in ipairs { 5, 1, 3, 1, 5, 0 } do queue:add(at, i) end
    local order = {}
    for i = 1, 6 do order[i] = queue:take(10) end
    assert.same({ 6, 2, 4, 3, 1, 5 }, order)
    assert.is_nil(queue:take(10))
  end)

  it("gives nothing before its time", function()
    local queue = heap.new()
    assert.same({ nil, nil }, { queue:first_at(), queue:take(100) })
    queue:add(5, "x")
    assert.equal(5, queue:first_at())
    assert.is_nil(queue:take(4.9))
    assert.equal("x", queue:take(5))
    assert.is_nil(queue:first_at())
  end)

  it("keeps its order whatever is added and taken in between", function()
    local random, queue, held, last = Random.new(7), heap.new(), 0, nil
    for i = 1, 3000 do
      if held > 0 and random:integer(1, 2) == 1 then
        local at = queue:first_at()
        local taken = queue:take(at)
        assert.equal(at, taken.at)
        if last and last.at == at then assert.is_true(last.number < taken.number) end
        last, held = taken, held - 1
      else
        local at = (last and last.at or 0) + random:integer(0, 9)
        queue:add(at, { at = at, number = i })
        held = held + 1
      end
    end
    assert.equal(held, queue.count)
  end)
end)
