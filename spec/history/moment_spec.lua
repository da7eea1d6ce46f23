local moment = require "dfota.history.moment"

local NOW = os.time { year = 2026, month = 11, day = 28, hour = 15, min = 30, sec = 20 }

local function at(year, month, day, hour, min, sec)
  return os.time { year = year, month = month, day = day, hour = hour or 0, min = min or 0, sec = sec or 0 }
end

describe("A moment that is typed", function()
  for word, wanted in pairs {
    ["2026-11-27"] = { at(2026, 11, 27), at(2026, 11, 28) },
    ["2026-12-31"] = { at(2026, 12, 31), at(2027, 1, 1) },
    ["2024-02-29"] = { at(2024, 2, 29), at(2024, 3, 1) },
    ["2026-11-27 18:30"] = { at(2026, 11, 27, 18, 30), at(2026, 11, 27, 18, 31) },
    ["2026-11-27T18:30:05"] = { at(2026, 11, 27, 18, 30, 5), at(2026, 11, 27, 18, 30, 6) },
    ["2026-11-27T23:35:29Z"] = { 1795822529, 1795822530 },
    ["2026-06-27T23:35Z"] = { 1782603300, 1782603360 },
    ["1970-01-01T00:00:00Z"] = { 0, 1 },
    today = { at(2026, 11, 28), at(2026, 11, 29) },
    yesterday = { at(2026, 11, 27), at(2026, 11, 28) },
    ["7d"] = { NOW - 604800, NOW - 604800 },
    ["0s"] = { NOW, NOW }, ["90s"] = { NOW - 90, NOW - 90 }, ["30m"] = { NOW - 1800, NOW - 1800 },
    ["12h"] = { NOW - 43200, NOW - 43200 }, ["2w"] = { NOW - 1209600, NOW - 1209600 },
  } do
    it(("is understood: %s"):format(word), function() assert.same(wanted, { moment.parse(word, NOW + 0.75) }) end)
  end

  for _, word in ipairs {
    "", "x", "2026", "2026-11", "2026-02-30", "2026-13-01", "2026-00-10", "2026-11-00", "2026-11-27 24:00",
    "2026-11-27 18:60", "2026-11-27 18", "2026-11-27 18:30:", "2026-11-27 18:30:6", "2026-11-27 18:30:61",
    "2026-11-27x", "2026-11-27Z", "26-11-27", "7", "d", "7y", "-9999999d", "9999999d", "1.5h", "Today", " today",
    "2026-11-27 18:30 ",
  } do
    it(("is refused: '%s'"):format(word), function()
      local seconds, why = moment.parse(word, NOW)
      assert.is_nil(seconds)
      assert.matches("is no date: write 2026", why)
    end)
  end

  it("that is written with a minus is refused with what to write", function()
    for word, instead in pairs { ["-1d"] = "write 1d for that long ago", ["-90s"] = "write 90s for" } do
      assert.is_truthy(select(2, moment.parse(word, NOW)):find(instead, 1, true))
    end
  end)

  it("is refused in one short line, whatever it is", function()
    for _, word in ipairs { ("9"):rep(100000), ("x"):rep(100000), "\0\n\27[2J" } do
      local _, why = moment.parse(word, NOW)
      assert.is_nil(why:find "%c")
      assert.is_true(#why < 200)
    end
  end)
end)

describe("A moment that is shown", function()
  it("has its date and time to the minute, in local time", function()
    assert.equal("2026-11-28 15:30", moment.shown(NOW + 0.9))
    assert.equal(os.date("%Y-%m-%d %H:%M", 0), moment.shown(0))
  end)

  it("is not shown if it is unknown, or no time at all", function()
    for _, no in ipairs { -1, 2 ^ 37, 1 / 0, 0 / 0 } do assert.is_nil(moment.shown(no)) end
    assert.is_nil(moment.shown(nil))
  end)
end)
