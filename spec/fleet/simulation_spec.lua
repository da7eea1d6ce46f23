-- Nights with fleets on a clock of their own; spec/bench plays a thousand gateways.
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
