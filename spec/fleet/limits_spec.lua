local limits = require "dfota.fleet.limits"

describe("How many may fail", function()
  it("is a number, or a percentage of those that have ended", function()
    assert.same({ count = 0 }, limits.failures "0")
    assert.same({ count = 12 }, limits.failures "12")
    assert.same({ percent = 5 }, limits.failures "5%")
    assert.same({ percent = 100 }, limits.failures "100%")
  end)

  for _, word in ipairs { "", "x", "-1", "1.5", "101%", "5 %", "%", "1e3", ("9"):rep(30) } do
    it("is not '" .. word .. "', and the line says what to write", function()
      local none, why = limits.failures(word)
      assert.is_nil(none)
      assert.equal(("'%s' does not say how many may fail: write 3, or 5%%"):format(word), why)
    end)
  end

  it("is exceeded by one more, never by as many", function()
    for _, case in ipairs {
      { { count = 0 }, 0, 9, false }, { { count = 0 }, 1, 1, true }, { { count = 3 }, 3, 3, false },
      { { count = 3 }, 4, 4, true }, { { percent = 10 }, 1, 10, false }, { { percent = 10 }, 2, 19, true },
      { { percent = 10 }, 2, 20, false }, { { percent = 0 }, 1, 1000, true }, { { percent = 100 }, 9, 9, false },
      { { percent = 10 }, 0, 0, false }, { { percent = 10 }, 1, 0, false },
    } do
      assert.equal(case[4], limits.exceeded(case[1], case[2], case[3]))
    end
  end)

  it("counts as a percentage only once enough have ended", function()
    local limit = { percent = 10, least = 20 }
    assert.is_false(limits.exceeded(limit, 19, 19))
    assert.is_true(limits.exceeded(limit, 3, 20))
  end)
end)

describe("The hours for updates", function()
  local H = 3600

  it("are a time of day, from and to", function()
    assert.same({ from = 22 * H, to = 5 * H + 60 }, limits.window "22:00-05:01")
    assert.same({ from = 0, to = 23 * H + 59 * 60 }, limits.window "0:00-23:59")
  end)

  for _, word in ipairs {
    "", "22-5", "24:00-05:00", "22:60-05:00", "22:00-05:00 ", "22:00-22:00", "22:00", "2200-0500",
  } do
    it("are not '" .. word .. "', and the line says what to write", function()
      local none, why = limits.window(word)
      assert.is_nil(none)
      assert.equal(("'%s' is not a time of day, from and to: write 22:00-05:00"):format(word), why)
    end)
  end

  it("begin with their first second and end before their last, across midnight or not", function()
    for _, case in ipairs {
      { "22:00-05:00", 22 * H, 0 }, { "22:00-05:00", 22 * H - 1, 1 }, { "22:00-05:00", 0, 0 },
      { "22:00-05:00", 5 * H - 1, 0 }, { "22:00-05:00", 5 * H, 17 * H }, { "08:00-09:00", 8 * H, 0 },
      { "08:00-09:00", 9 * H, 23 * H }, { "08:00-09:00", 7 * H, H }, { "08:00-09:00", 0, 8 * H },
      { "00:00-01:00", 24 * H - 1, 1 },
    } do
      assert.equal(case[3], limits.opens_in_s(assert(limits.window(case[1])), case[2]), case[1] .. " at " .. case[2])
    end
  end)
end)

describe("How many a minute", function()
  it("is typed as 30 or as 30/min", function()
    assert.same({ 30, 30, 6000 }, { limits.rate "30", limits.rate "30/min", limits.rate "6000" })
    for _, word in ipairs { "", "0", "6001", "30/s", "30/min/min", "/min", "3.5", "-1" } do
      assert.is_nil(limits.rate(word), word)
    end
  end)
end)

describe("A time zone", function()
  it("is one that this machine knows, or one that is written out: any other would be UTC without a word", function()
    local here = "spec/fleet" -- any folder with a file: where zones are is the system's business
    assert.equal("limits_spec.lua", limits.time_zone("limits_spec.lua", here))
    for _, word in ipairs { "CET-1CEST,M3.5.0,M10.5.0/3", "UTC0", "<+03>-3", "EST5EDT" } do
      assert.equal(word, limits.time_zone(word, here))
    end
    for _, word in ipairs { "", "Europe/Nowhere", "../fleet/limits_spec.lua", "/etc/passwd", "Berlin", "." } do
      local none, why = limits.time_zone(word, here)
      assert.is_nil(none, word)
      assert.truthy(why:find("write Europe/Berlin", 1, true), why)
    end
  end)
end)
