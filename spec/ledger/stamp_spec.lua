local stamp = require "dfota.ledger.stamp"
local uv = require "luv"

describe("A record's stamp", function()
  it("has an id that is unique, and sorts by time", function()
    local first, second = stamp.new_id(), stamp.new_id()
    local pattern = "^" .. ("%d"):rep(8) .. "T" .. ("%d"):rep(6) .. "Z%-"
      .. ("%d"):format(uv.os_getpid()) .. "%-" .. ("%x"):rep(12) .. "$"
    assert.matches(pattern, first)
    assert.not_equal(first, second)
  end)

  it("has the time of day, which does not go back from one to the next", function()
    assert.is_true(math.abs(stamp.wall_clock() - os.time()) < 2)
    local times = {}
    for i = 1, 1000 do times[i] = stamp.wall_clock() end
    for i = 2, 1000 do assert.is_true(times[i] >= times[i - 1] and times[i] < times[1] + 60) end
  end)
end)
