local credentials = require "dfota.config.credentials"

local function settle(options, word)
  local ok, why = credentials.settle(options, function(name) return name == "DFOTA_PASSWORD" and word or nil end, {})
  return ok and options, why
end

-- Where the password may come from besides is in cli_spec.lua.
describe("User and password of an APN", function()
  it("need an APN that is named", function()
    for _, options in ipairs { { user = "u" }, { password = "p" }, { apn = "module", user = "u" } } do
      local ok, why = settle(options)
      assert.is_falsy(ok)
      assert.matches("need --apn", why, 1, true)
    end
  end)

  it("go with the APN to try where a script has one", function()
    local options = { try = "a", user = "u" }
    assert.is_true(credentials.settle(options, function() end, { try = true }))
    assert.equal("a", options.apn)
    local ok, why = credentials.settle({ user = "u" }, function() end, { try = true })
    assert.is_nil(ok)
    assert.matches("need --try", why, 1, true)
  end)

  it("are nil for the module's own APN, whatever the environment says", function()
    assert.same({}, settle({ apn = "module" }, "word"))
  end)

  it("come from the environment for any other, unless the call gives one", function()
    assert.same({ apn = "a", password = "word" }, settle({ apn = "a" }, "word"))
    assert.same({ apn = "a", password = "p" }, settle({ apn = "a", password = "p" }, "word"))
    assert.same({ apn = "a" }, settle({ apn = "a" }, ""))
  end)
end)
