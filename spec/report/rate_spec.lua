local rate = require "dfota.report.rate"

describe("The rate of what goes on", function()
  -- Steps of time, done and total; what is told of the last.
  local function told(steps)
    local pace, last = rate.new(), nil
    for _, step in ipairs(steps) do last = table.pack(pace:update(table.unpack(step, 1, 3))) end
    return { last[1], last[2] }
  end

  for name, case in pairs {
    ["is not known at the first look"] = { { { 10, 5, 100 } }, {} },
    ["is not known while nothing moved"] = { { { 10, 5, 100 }, { 20, 5, 100 } }, {} },
    ["is not known where no time has passed"] = { { { 10, 5, 100 }, { 10, 50, 100 } }, {} },
    ["is not known where the clock goes back"] = { { { 10, 5, 100 }, { 9, 50, 100 } }, {} },
    ["is what moved since the first look, and the rest takes as long for each"] =
      { { { 10, 20, 100 }, { 14, 40, 100 } }, { 5, 12 } },
    ["is the mean since the beginning: calm, and right at the end"] =
      { { { 0, 0, 100 }, { 1, 90, 100 }, { 10, 100, 100 } }, { 10, 0 } },
    ["knows no time left where the total is not known"] = { { { 0, 0 }, { 2, 10 } }, { 5 } },
    ["is known from the first unit on, and the first part of a second"] =
      { { { 0, 0, 10 }, { 0.5, 1, 10 } }, { 2, 4.5 } },
    ["begins anew with what goes back: an upload that is tried again"] =
      { { { 0, 0, 100 }, { 10, 50, 100 }, { 20, 0, 100 }, { 22, 20, 100 } }, { 10, 8 } },
    ["is not known at the look that goes back"] = { { { 0, 0, 100 }, { 10, 50, 100 }, { 20, 10, 100 } }, {} },
    ["goes on where it stood for a while"] =
      { { { 0, 0, 100 }, { 10, 50, 100 }, { 20, 50, 100 } }, { 2.5, 20 } },
  } do
    it(name, function() assert.same(case[2], told(case[1])) end)
  end

  it("is each one's own", function()
    local one, other = rate.new(), rate.new()
    one:update(0, 0, 10)
    assert.is_nil((other:update(5, 5, 10)))
    assert.equal(1, (one:update(5, 5, 10)))
  end)
end)
