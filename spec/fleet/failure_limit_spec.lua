local failure_limit = require "dfota.fleet.failure_limit"

local function never() return false end

describe("Failures of a fleet", function()
  it("are too many once they are more than may be, and unknown outcomes among them for as long as they are", function()
    local first, second = { state = "waiting" }, { state = "failed" }
    local counted = failure_limit.new({ count = 1 }, {}, never)
    assert.is_false(counted:add(first, true))
    assert.is_true(counted:add(second, false))
    first.state = "done"
    assert.is_false(counted:add(first, false))
  end)

  it("of a percentage are counted among those that ended, not among those that are tried again", function()
    local counted = failure_limit.new({ percent = 10, least = 2 }, {}, never)
    for _ = 1, 3 do assert.is_false(counted:add({ state = "waiting" }, false)) end
    assert.is_false(counted:add({ state = "failed" }, false))
    assert.is_true(counted:add({ state = "done" }, false))
  end)

  it("are never too many without a limit", function()
    local counted = failure_limit.new(nil, { { state = "failed" } }, never)
    assert.is_false(counted:add({ state = "failed" }, false))
  end)

  -- What an earlier supervisor left → is one failure more too many?
  for what, case in pairs {
    ["count on when a run goes on"] = { { count = 1 }, { "failed" }, true },
    ["count on where they are unknown"] = { { count = 1 }, { "unknown" }, true },
    ["are forgiven if the run stopped for them"] = { { count = 1 }, { "failed", "failed" }, false },
    ["are none where all are done"] = { { count = 1 }, { "done", "done" }, false },
    ["of a percentage count on with those that are done"] = {
      { percent = 40, least = 4 }, { "failed", "done", "done" }, true,
    },
    ["of a percentage are few among many that are done"] = {
      { percent = 40, least = 4 }, { "failed", "done", "done", "done", "done" }, false,
    },
  } do
    it(what, function()
      local devices = {}
      for i, state in ipairs(case[2]) do devices[i] = { state = state } end
      local counted = failure_limit.new(case[1], devices, function(device) return device.state == "unknown" end)
      assert.equal(case[3], counted:add({ state = "failed" }, false))
    end)
  end
end)
