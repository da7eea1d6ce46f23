local going_on = require "dfota.fleet.going_on"

local SAMPLES = { max_fail = { percent = 5 }, window = { from = 1, to = 2 } }

describe("Whoever goes on with a run", function()
  it("changes what is kept with it, and that alone", function()
    local call = { canary = 1, window = { from = 3, to = 4 }, max_fail = { percent = 9 } }
    for _, name in ipairs(going_on.KEPT) do
      local value = SAMPLES[name] or "x"
      assert.is_true(going_on.change(call, { [name] = value, from_environment = {} }), name)
      assert.same(value, call[name])
    end
    assert.is_false(going_on.change(call, { force = { "attempts" }, json = true, again = "failed", resume = "night" }))
  end)

  it("changes nothing by what the environment says", function()
    local call = { central = "z" }
    assert.is_false(going_on.change(call, { central = "y", from_environment = { central = true } }))
    assert.equal("z", call.central)
  end)

  it("is refused an option that would do nothing without another, unless it has that", function()
    assert.same({ nil, "--pause waits after the canaries, and that run has none: leave it out" },
      { going_on.change({}, { pause = true }) })
    assert.same({ nil, "--least is that of a percentage: give --max-fail P%, too" },
      { going_on.change({ max_fail = { count = 3 } }, { least = 5 }) })
    assert.is_true(going_on.change({ window = {} }, { time_zone = "UTC" }))
    assert.is_true(going_on.change({}, { window = {}, time_zone = "UTC" }))
  end)
end)
