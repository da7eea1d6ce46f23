local rate = require "dfota.report.rate"

describe("The rate of progress", function()
  -- Steps of time, done and total; the values after the last.
  local function told(steps)
    local pace, last = rate.new(), nil
    for _, step in ipairs(steps) do last = table.pack(pace:update(table.unpack(step, 1, 3))) end
    return { last[1], last[2] }
  end

  for name, case in pairs {
    ["is not known at the first update"] = { { { 10, 5, 100 } }, {} },
    ["is not known while nothing moved"] = { { { 10, 5, 100 }, { 20, 5, 100 } }, {} },
    ["is not known if no time has passed"] = { { { 10, 5, 100 }, { 10, 50, 100 } }, {} },
    ["is not known if the clock goes back"] = { { { 10, 5, 100 }, { 9, 50, 100 } }, {} },
    ["is the progress since the first update, from which the remaining time follows"] =
      { { { 10, 20, 100 }, { 14, 40, 100 } }, { 5, 12 } },
    ["is the mean since the beginning: steady, and exact at the end"] =
      { { { 0, 0, 100 }, { 1, 90, 100 }, { 10, 100, 100 } }, { 10, 0 } },
    ["gives no remaining time if the total is not known"] = { { { 0, 0 }, { 2, 10 } }, { 5 } },
    ["is known from the first unit on, and after part of a second"] =
      { { { 0, 0, 10 }, { 0.5, 1, 10 } }, { 2, 4.5 } },
    ["starts over when progress goes back: a repeated upload"] =
      { { { 0, 0, 100 }, { 10, 50, 100 }, { 20, 0, 100 }, { 22, 20, 100 } }, { 10, 8 } },
    ["is not known at the update that goes back"] = { { { 0, 0, 100 }, { 10, 50, 100 }, { 20, 10, 100 } }, {} },
    ["continues after a stall"] =
      { { { 0, 0, 100 }, { 10, 50, 100 }, { 20, 50, 100 } }, { 2.5, 20 } },
  } do
    it(name, function() assert.same(case[2], told(case[1])) end)
  end

  it("is separate for each instance", function()
    local one, other = rate.new(), rate.new()
    one:update(0, 0, 10)
    assert.is_nil((other:update(5, 5, 10)))
    assert.equal(1, (one:update(5, 5, 10)))
  end)
end)
