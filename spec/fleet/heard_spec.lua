local heard = require "dfota.fleet.heard"

local function after(...)
  local device, steps = { imei = "1" }, {}
  for i, event in ipairs { ... } do steps[i] = heard.take(device, event) or "" end
  return device, steps
end

describe("What a job says", function()
  it("is kept with its module: who it is, where it is, how it ended", function()
    local device = after({ event = "identity", model = "MC65", revision = "A" },
      { event = "phase", name = "upload" }, { event = "progress", percent = 7, rate_bps = 100, eta_s = 3 })
    assert.same({ imei = "1", model = "MC65", revision = "A", phase = "upload", percent = 7, rate_bps = 100, eta_s = 3,
      heard = true }, device)
    heard.take(device, { event = "phase", name = "verify" })
    assert.same({ "verify" }, { device.phase, device.percent })
    heard.take(device, { event = "result", message = "m", rc = 81, code = 6504, outcome = "failed_on_source" })
    assert.same({ "m", 81, 6504, "failed_on_source", "A" },
      { device.message, device.rc, device.code, device.outcome, device.revision })
    heard.take(device, { event = "result", rc = 0, after = "B" })
    assert.equal("B", device.revision)
  end)

  it("counts for who is updated when at its trigger, and where a chain goes on behind one", function()
    local device, steps = after({ event = "hop", number = 1, of = 2, from = "A", to = "B" },
      { event = "phase", name = "trigger" }, { event = "urc", text = "RING" })
    assert.same({ { "", "triggered", "" }, true, true }, { steps, device.triggered, device.more_hops })
    assert.equal("next_hop", heard.take(device, { event = "hop", number = 1, of = 2, ok = true }))
    assert.is_nil(device.triggered)
    assert.is_nil(heard.take(device, { event = "hop", number = 2, of = 2, ok = false }))
    assert.is_false(device.more_hops)
  end)

  it("names the gate that refused, and not those that were passed", function()
    local device = after({ event = "gate", name = "supply", ok = false }, { event = "gate", name = "imei", ok = true })
    assert.equal("supply", device.refused_by)
  end)

  -- What it said itself, how it was judged, how it ended → what is kept.
  for what, case in pairs {
    ["is its exit code where its words were lost"] = { nil, { rc = 81 }, { is_lost = true }, 81 },
    ["is what it said itself where more was lost"] = { 84, { rc = 81 }, { is_lost = true }, 84 },
    ["is nothing where it said nothing and nothing was lost"] = { nil, { rc = 75 }, { is_lost = false } },
    ["is nothing of a found job, whose exit code nobody knows"] = { nil, { rc = 75 } },
    ["is nothing where nobody knows how it ended"] = { nil, nil, { is_lost = true } },
  } do
    it(what, function()
      local device = { rc = case[1] }
      heard.keep_exit_code(device, case[2], case[3])
      assert.equal(case[4], device.rc)
    end)
  end

  it("is that it was interrupted, where a signal ended it before it could say so", function()
    local device = { message = "killed by signal 2" }
    heard.keep_exit_code(device, { rc = 130 }, { is_lost = false })
    assert.same({ rc = 130, message = "interrupted before its trigger" }, device)
    device = { rc = 130, message = "m", result = {} }
    heard.keep_exit_code(device, { rc = 130 }, { is_lost = false })
    assert.equal("m", device.message)
  end)

  it("is forgotten with its try, but for who the module is", function()
    local device = after({ event = "identity", model = "MC65", revision = "A" }, { event = "phase", name = "trigger" },
      { event = "gate", name = "supply", ok = false }, { event = "result", rc = 84, message = "m" })
    heard.forget(device)
    assert.same({ imei = "1", model = "MC65", revision = "A" }, device)
  end)
end)
