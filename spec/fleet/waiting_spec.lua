local waiting = require "dfota.fleet.waiting"

local function of(why, over, schedule)
  local scheduler = { waits_for = function(_, now, second_of_day)
    assert.same({ 100, 3600 }, { now, second_of_day })
    return why, over
  end }
  return waiting.of(scheduler, schedule, { now = 100, second_of_day = 3600, wall = 1000000 })
end

local function clock(at) return os.date("%H:%M:%S", at) end

describe("What a run waits for", function()
  it("is said with the time at which it is over", function()
    local window = { from = (22 * 60 + 5) * 60, to = 5 * 3600 }
    assert.same({ why = "window", at = 1000600, words = "window opens at 22:05" },
      of("window", 700, { window = window }))
    assert.same({ why = "rate", at = 1000020, words = "no more than 1 start a minute: the next at " .. clock(1000020) },
      of("rate", 119.5, { rate = 1 }))
    assert.equal("no more than 30 starts a minute: the next at " .. clock(1000001),
      of("rate", 101, { rate = 30 }).words)
    assert.same({ why = "backoff", at = 1000060, words = "next try at " .. clock(1000060) }, of("backoff", 160, {}))
  end)

  it("is nothing, or somebody's word, where no time ends it", function()
    assert.is_nil(of(nil, nil, {}))
    assert.is_nil(of("pause", nil, {}))
  end)
end)
