local blame = require "dfota.update.blame"

local core = require "dfota.core"

describe("The script's line that is running", function()
  it("is the innermost one outside dfota", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local place = blame.place()
    assert.equal("spec/update/blame_spec.lua:" .. line, place)
  end)

  it("is put in front of an error", function()
    local fault = blame.fault "wrong"
    assert.is_truthy(fault.fault:find "^spec/update/blame_spec%.lua:%d+: wrong$")
    assert.is_truthy(fault.traceback:find "blame_spec")
  end)

  local function raised(err)
    local _, kept = xpcall(function() error(err, 0) end, blame.raised)
    return kept
  end

  it("is put in front of an error from below, whose own place follows", function()
    local line = debug.getinfo(raised, "S").linedefined + 1
    local here = "spec/update/blame_spec.lua:" .. line .. ": "
    assert.equal(here .. "no number (lua/dfota/x.lua:5)", raised("lua/dfota/x.lua:5: no number").fault)
    assert.equal(here .. "no number", raised("no number").fault)
    assert.equal(here .. "no number", raised(here .. "no number").fault)
  end)

  it("has a message for whatever is raised", function()
    assert.is_truthy(raised(nil).fault:find "an error without a message was raised$")
    assert.is_truthy(raised({}).fault:find "a table was raised as an error$")
    assert.is_truthy(raised({ message = "mine" }).fault:find ": mine$")
  end)

  it("is not put in front of a field failure, a mistake already reported, or the end of a decided run", function()
    local decided = setmetatable({}, { __metatable = false })
    for _, err in ipairs { core.error("gate", "low"), { fault = "told" }, decided } do
      assert.is_true(rawequal(err, raised(err)))
    end
  end)
end)
