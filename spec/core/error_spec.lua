local core = require "dfota.core"

describe("An error", function()
  it("has a kind for the program, a message for people, and a code if there is one", function()
    local err = core.error("cme", "AT+CPIN?: SIM not inserted", 10)
    assert.same({ "cme", "AT+CPIN?: SIM not inserted", 10 }, { err.kind, err.message, err.code })
    assert.equal("textual", core.error("cme", "m", "textual").code)
    assert.is_nil(core.error("timeout", "no answer").code)
  end)

  it("reads as its message", function()
    assert.equal("no answer", tostring(core.error("timeout", "no answer")))
  end)

  it("is distinguished from everything else", function()
    assert.is_true(core.is_error(core.error("timeout", "no answer")))
    assert.is_true(core.is_error((select(2, core.open("/dev/none")))))
    for _, other in ipairs { "timeout", 1, {}, io.stdout, setmetatable({}, { __name = "dfota.error" }) } do
      assert.is_false(core.is_error(other))
    end
    assert.is_false(core.is_error())
    assert.is_false(core.is_error(nil))
  end)

  it("cannot be created without kind or message, or with a code of another type", function()
    assert.has_error(function() core.error() end)
    assert.has_error(function() core.error("timeout") end)
    assert.has_error(function() core.error("timeout", "no answer", {}) end)
    assert.has_error(function() core.error("timeout", "no answer", 1.5) end)
  end)
end)
