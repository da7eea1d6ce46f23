local states = require "dfota.fleet.states"

describe("The states of a fleet's modules", function()
  it("are counted, each of them, and a copy is given away", function()
    local one, device = states.new(), {}
    one:move(device, "waiting")
    one:move({}, "waiting")
    one:move(device, "done")
    local counts = one:counts()
    assert.same({ 1, 1, "done" }, { counts.waiting, counts.done, device.state })
    for _, state in ipairs(states.LIST) do assert.equal("number", type(counts[state])) end
    counts.done = 7
    assert.equal(1, one.count.done)
  end)
end)
