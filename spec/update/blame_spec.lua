local blame = require "dfota.update.blame"

describe("The line of a script that is at work", function()
  it("is the innermost that is not dfota's own", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local place = blame.place()
    assert.equal("spec/update/blame_spec.lua:" .. line, place)
  end)

  it("begins what is raised", function()
    local fault = blame.fault "wrong"
    assert.is_truthy(fault.fault:find "^spec/update/blame_spec%.lua:%d+: wrong$")
    assert.is_truthy(fault.traceback:find "blame_spec")
  end)
end)
