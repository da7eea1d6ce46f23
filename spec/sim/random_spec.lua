local Random = require "dfota.sim.random"

local function words(seed, count)
  local random, list = Random.new(seed), {}
  for i = 1, count or 8 do list[i] = random:word() end
  return list
end

describe("Seeded random numbers", function()
  it("are the same for the same seed, and different for another", function()
    assert.same(words(7), words(7))
    local seen = {}
    for seed = -50, 50 do
      local first = words(seed, 1)[1]
      assert.is_nil(seen[first], "two seeds begin alike")
      seen[first] = true
    end
  end)

  -- A case noted by its seed stays that case forever.
  it("are the same in every version", function()
    local random = Random.new(42)
    local drawn = {}
    for i = 1, 6 do drawn[i] = random:integer(1, 100) end
    assert.same({ 36, 65, 72, 80, 37, 49 }, drawn)
  end)

  it("are those of seed 1 by default", function() assert.same(words(1), words(nil)) end)

  it("never stand still, not even for the seed that would make their state zero", function()
    -- seed × 0x9E3779B97F4A7C15 = 0x2545F4914F6CDD1D, by the inverse of an odd number
    local inverse, odd = 1, 0x9E3779B97F4A7C15
    for _ = 1, 6 do inverse = inverse * (2 - odd * inverse) end
    local list = words(0x2545F4914F6CDD1D * inverse)
    assert.not_equal(list[1], list[2])
    assert.not_equal(0, list[1])
  end)

  it("do not depend on Lua's own generator", function()
    local before = words(3)
    math.random(100)
    assert.same(before, words(3))
  end)

  it("range from 0 up to, but not including, 1", function()
    local random, sum, least, most = Random.new(5), 0, 1, 0
    for _ = 1, 2000 do
      local u = random:unit()
      assert.is_true(u >= 0 and u < 1)
      sum, least, most = sum + u, math.min(least, u), math.max(most, u)
    end
    assert.is_true(math.abs(sum / 2000 - 0.5) < 0.03)
    assert.is_true(least < 0.01 and most > 0.99)
  end)

  it("are integers from low to high, both included, about equally often", function()
    local random, count = Random.new(9), {}
    for _ = 1, 3000 do
      local n = random:integer(-1, 4)
      assert.equal("integer", math.type(n))
      count[n] = (count[n] or 0) + 1
    end
    for n = -1, 4 do assert.is_true(count[n] > 400 and count[n] < 600, n) end
    local kinds = 0
    for _ in pairs(count) do kinds = kinds + 1 end
    assert.equal(6, kinds)
    for _ = 1, 20 do assert.equal(7, random:integer(7, 7)) end
  end)

  it("happen with their probability, never at 0 and always at 1", function()
    local random, hits = Random.new(11), 0
    for _ = 1, 2000 do
      if random:chance(0.3) then hits = hits + 1 end
      assert.is_false(random:chance(0))
      assert.is_true(random:chance(1))
    end
    assert.is_true(math.abs(hits / 2000 - 0.3) < 0.03)
  end)

  it("are not drawn for what never happens: a switch that is off does not change the sequence", function()
    local one, other = Random.new(3), Random.new(3)
    one:chance(0)
    assert.equal(other:word(), one:word())
    one:chance(1)
    assert.not_equal(other:word(), one:word())
  end)

  it("are bytes, as many as asked for, of every value", function()
    local random, seen, kinds = Random.new(13), {}, 0
    for n = 0, 33 do assert.equal(n, #random:bytes(n)) end
    local one, other = Random.new(3), Random.new(3)
    assert.equal(string.pack("<i8", other:word()), one:bytes(8))
    assert.equal(other:word(), one:word(), "more was drawn than was needed")
    for byte in random:bytes(8000):gmatch "." do
      if not seen[byte] then seen[byte], kinds = true, kinds + 1 end
    end
    assert.equal(256, kinds)
  end)
end)
