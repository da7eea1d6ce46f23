local Timers = require "dfota.sim.timers"

describe("A timer", function()
  local timers, called

  before_each(function() timers, called = Timers.new(), {} end)

  local function add(t, name, life) timers:add(t, function() called[#called + 1] = name end, life) end

  local function run()
    while timers:next_time() do timers:pop().fn() end
    return called
  end

  it("is called in the order of time, however it was added", function()
    for _, t in ipairs { 5, 1, 4, 2, 3, 0 } do add(t, t) end
    assert.same({ 0, 1, 2, 3, 4, 5 }, run())
  end)

  it("is called in the order of adding if times are equal", function()
    for _, name in ipairs { "a", "b", "c" } do add(7, name) end
    add(6, "first")
    add(7, "d")
    add(8, "last")
    assert.same({ "first", "a", "b", "c", "d", "last" }, run())
  end)

  it("reports its time, and nothing if none is due", function()
    assert.is_nil(timers:next_time())
    assert.is_nil(timers:pop())
    add(3, "x", "life")
    add(2, "y", "other")
    assert.equal(2, timers:next_time())
    local first = timers:pop()
    assert.same({ 2, "other", 3 }, { first.t, first.life, timers:next_time() })
  end)

  it("may be added while others are called", function()
    timers:add(1, function() add(2, "between") end)
    add(3, "last")
    assert.same({ "between", "last" }, run())
  end)

  it("is dropped with its life; others keep their order", function()
    for i, life in ipairs { "world", 1, "world", 2, 1, "world" } do add(10 - i, i, life) end
    timers:keep "world"
    assert.same({ 6, 3, 1 }, run())
    assert.is_nil(timers:next_time())
    timers:keep "world"
    add(1, "later", "world")
    assert.equal(1, timers:next_time())
  end)
end)
