local estimate = require "dfota.update.estimate"

local function row(seconds, fields)
  local made = { outcome = "updated", triggered = 1000, finished = 1000 + seconds, way = "file",
    steps = { { name = "trigger", at = 1000 }, { name = "verify", at = 1000 + seconds } } }
  for key, value in pairs(fields or {}) do made[key] = value end
  return made
end

describe("How long a way takes", function()
  local HOPS = { { size = 11520, sha256 = "a" }, { size = 23040, sha256 = "b" } }

  it("is at least the time to send the packages, ten bits for each byte", function()
    local found = estimate.of(HOPS, 115200, {})
    assert.same({ 3, nil, nil, 115200 }, { found.sending_s, found.updates_s, found.total_s, found.baud })
    assert.equal("at least 3.0 s at 115200 bit/s; the updates: unknown, none recorded from trigger to end",
      estimate.words(found))
    assert.equal(36, estimate.of(HOPS, 9600, {}).sending_s)
  end)

  it("is estimated from earlier updates by the same package, else by any that went the same way", function()
    local rows = {
      row(100, { hash = "a" }), row(300, { hash = "a" }), row(50, { hash = "z" }), row(9, { way = "url" }),
    }
    local found = estimate.of(HOPS, 115200, rows)
    assert.same({ 200 + 100, 303, 3 }, { found.updates_s, found.total_s, found.earlier })
    assert.equal("about 5 min 03 s, estimated: 3 earlier updates, 115200 bit/s", estimate.words(found))
  end)

  it("is not estimated from a run that was killed, and whose end another run saw hours later", function()
    local cut_off = { { name = "trigger", at = 1000 }, { name = "update", at = 1010 } }
    local rows = { row(7200, { steps = {} }), row(7200, { steps = cut_off }), row(90) }
    local found = estimate.of({ HOPS[1] }, 115200, rows)
    assert.same({ 90, 1 }, { found.updates_s, found.earlier })
    assert.is_nil(estimate.of({ HOPS[1] }, 115200, { rows[1], rows[2] }).total_s)
  end)

  it("is the middle of them: one that was interrupted for days does not count", function()
    local rows = {}
    for i, seconds in ipairs { 90, 400000, 100 } do rows[i] = row(seconds) end
    assert.equal(100, estimate.of({ HOPS[1] }, 115200, rows).updates_s)
    rows[4] = row(120)
    assert.equal(110, estimate.of({ HOPS[1] }, 115200, rows).updates_s)
  end)

  it("is not estimated from what failed, did not end, or took no time by a clock that was set", function()
    for _, bad in ipairs {
      row(100, { outcome = "failed_on_source" }), { outcome = "updated", way = "file" }, row(-5), row(0),
      { outcome = "updated", way = "file", triggered = 5 },
    } do
      assert.is_nil(estimate.of(HOPS, 115200, { bad }).total_s)
    end
  end)

  it("does not include sending what the module downloads itself", function()
    local url = { { url = "http://h.net/a", size = 99999 } }
    local found = estimate.of(url, 115200, {})
    assert.equal(0, found.sending_s)
    assert.equal("the updates: unknown, none recorded from trigger to end", estimate.words(found))
    found = estimate.of(url, 115200, { row(60, { way = "url", package = "http://h.net/a" }), row(9) })
    assert.equal("about 1 min 00 s, estimated: 1 earlier update", estimate.words(found))
  end)

  it("is unknown if one of its updates is", function()
    local found = estimate.of({ HOPS[1], { url = "http://h.net/a" } }, 115200, { row(60) })
    assert.is_nil(found.total_s)
  end)
end)
