local call_check = require "dfota.fleet.call_check"
local folder = require "support.folder"

describe("What is wrong with a fleet's call for all its modules", function()
  local dir, cleanup
  setup(function() dir, cleanup = folder.new() end)
  teardown(function() cleanup() end)

  local function check(options, env) return call_check.check(options, function(name) return (env or {})[name] end) end

  it("is told in the words of update.lua before one is begun", function()
    for words, options in pairs {
      ["--user needs --apn: NAME or auto"] = { user = "u" },
      ["APN: empty"] = { apn = "" }, ["APN: longer than 100 characters"] = { apn = ("x"):rep(101) },
      ["user: only printable ASCII without quotes can be sent to the module"] = { apn = "auto", user = 'u"' },
      ["--page " .. dir .. "/none/x.html: the folder " .. dir .. "/none does not exist: make it first"] = {
        page = dir .. "/none/x.html" },
    } do
      local ok, err = check(options)
      assert.same({ nil, "usage", words }, { ok, err and err.kind, err and err.message })
    end
    local _, err = check({ apn = "net" }, { DFOTA_PASSWORD = '"' })
    assert.equal("password: only printable ASCII without quotes can be sent to the module", err.message)
  end)

  it("is nothing where all is well, and the password stays in the environment", function()
    local options = { apn = "auto", user = "u", page = dir .. "/x.html" }
    assert.is_true(check(options, { DFOTA_PASSWORD = "secret" }))
    assert.same({ apn = "auto", user = "u", page = dir .. "/x.html" }, options)
    assert.is_true(check { apn = "module" })
    assert.is_true(check {})
  end)
end)
