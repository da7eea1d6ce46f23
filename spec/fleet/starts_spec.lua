local starts = require "dfota.fleet.starts"

describe("The start of a run's next update", function()
  it("comes at once if nothing holds it back", function()
    assert.same({ 7 }, { starts.new({ gap_s = 10 }):at(7, 0), starts.new({ gap_s = 10 }):spread_until(7) })
  end)

  it("comes no sooner after the last one than it may, and is not held back by it for longer", function()
    local spread = starts.new { gap_s = 10 }
    spread:begun(100)
    assert.same({ 110, 110 }, { spread:at(103, 0), spread:spread_until(103) })
    assert.equal(110, spread:at(110, 0))
    assert.is_nil(spread:spread_until(110))
  end)

  it("comes at the run's hours, or later if the last one was too short before", function()
    local nightly = starts.new { gap_s = 60, window = { from = 3600, to = 7200 } }
    assert.same({ 100, 1100, 0 },
      { nightly:opens_in_s(3500), nightly:at(1000, 3500), nightly:opens_in_s(3600) })
    nightly:begun(1000)
    assert.equal(1060, nightly:at(1000, 3600))
    assert.equal(1100, nightly:at(1000, 3500))
  end)

  it("comes no sooner after one of an earlier supervisor, and no later, however the clock was set", function()
    local function after(last) return starts.next_after(60, last, { wall = 10000, now = 500 }) end
    assert.same({ 510, 560, 500, 500 }, { after(9950), after(10000), after(9940), after(5) })
    assert.same({ 560, 560 }, { after(10001), after(99999) }) -- the clock was set back meanwhile
    local one = starts.new { gap_s = 60, next_start = after(9950) }
    assert.same({ 510, 510 }, { one:at(500, 0), one:spread_until(500) })
    assert.equal(511, one:at(511, 0))
  end)
end)
