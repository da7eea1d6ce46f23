local cases = require "campaign.cases"

describe("A sample of the campaign's cases", function()
  local function numbers(n)
    local list = {}
    for i = 1, n do list[i] = i end
    return list
  end

  it("has the requested number, spread over the list", function()
    for seed = 1, 20 do
      local drawn = cases.sample(numbers(100), 10, seed)
      assert.equal(10, #drawn)
      for i, n in ipairs(drawn) do assert.equal(i - 1, (n - 1) // 10) end
    end
  end)

  it("is the same for the same seed, and another for another", function()
    assert.same(cases.sample(numbers(1000), 10, 3), cases.sample(numbers(1000), 10, 3))
    assert.not_same(cases.sample(numbers(1000), 10, 3), cases.sample(numbers(1000), 10, 4))
  end)

  it("is all of them if no fewer are requested", function()
    assert.same(numbers(10), cases.sample(numbers(10), 10, 1))
    assert.same(numbers(10), cases.sample(numbers(10), 5000, 1))
  end)
end)
