local canary = require "dfota.fleet.canary"

local function chosen(devices, count)
  local names = {}
  for i, device in ipairs(canary.choose(devices, count)) do names[i] = device.name end
  return names
end

describe("The modules that go first", function()
  local devices = {
    { name = "a1", revision = "A" }, { name = "a2", revision = "A" }, { name = "b1", revision = "B" },
    { name = "c1", revision = "C", failed_before = true }, { name = "c2", revision = "C" }, { name = "x1" },
    { name = "x2" },
  }

  it("run as many different revisions as there are, in the order of the plan", function()
    assert.same({ "a1", "b1" }, chosen(devices, 2))
    assert.same({ "a1", "b1", "c2", "x1" }, chosen(devices, 4))
    assert.same({ "a1", "b1", "c2", "x1", "a2", "x2" }, chosen(devices, 6))
  end)

  it("are never one that failed before, even if they are fewer then", function()
    assert.same({ "a1", "b1", "c2", "x1", "a2", "x2" }, chosen(devices, 7))
    assert.same({}, chosen({ { name = "f", failed_before = true } }, 1))
    assert.same({}, chosen({}, 3))
  end)

  it("are none if none are asked for", function() assert.same({}, chosen(devices, 0)) end)
end)
