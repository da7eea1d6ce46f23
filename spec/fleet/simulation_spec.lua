-- Nights with fleets on a clock of their own; spec/bench plays a thousand gateways, spec/campaign thousands of nights.
local accidents = require "support.fleet_accidents"
local fleet = require "support.fleet"
local limits = require "dfota.fleet.limits"

local WAYS = {
  ["as many at a time as there are jobs"] = { jobs = 8 },
  ["one after the other"] = { jobs = 1 },
  ["with some that go first"] = { jobs = 8, canary = 3 },
  ["within a window across midnight, with time between the starts"] = {
    jobs = 4, window = limits.window "22:00-05:00", gap_s = 20,
  },
  ["until too many have failed"] = { jobs = 8, max_fail = { percent = 5, least = 20 } },
  ["until somebody stops it"] = { jobs = 8, stop_at_s = 3000 },
}

describe("A night with a fleet", function()
  for how, options in pairs(WAYS) do
    it("keeps what is promised, " .. how, function()
      options.tries = 3
      for seed = 1, 20 do
        local counts, rc = fleet.play(seed, 64, options)
        local all = 0
        for _, number in pairs(counts) do all = all + number end
        assert.equal(64, all)
        assert.equal(counts.running + counts.triggered + counts.watching, 0)
        if counts.unknown > 0 then assert.equal(80, rc) end
      end
    end)
  end
end)

describe("A night of accidents with a fleet", function()
  it("has no two jobs on a port, no second trigger of a package, none out of turn, and tells the truth", function()
    local ended = 0
    for seed = 1, 60 do
      local counts = accidents.play(seed, 64, {
        jobs = 8, tries = 3, canary = seed % 2 == 0 and 2 or nil, stop_at_s = seed % 3 == 0 and 2000 or nil,
      })
      ended = ended + counts.done + counts.failed + counts.unknown
    end
    assert.is_true(ended > 1200, ended) -- they are not all stopped before they began
  end)
end)
