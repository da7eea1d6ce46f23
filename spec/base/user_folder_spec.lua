local user_folder = require "dfota.base.user_folder"

describe("The folders of a user", function()
  for kind, names in pairs {
    config = { "XDG_CONFIG_HOME", "/h/.config/dfota" }, state = { "XDG_STATE_HOME", "/h/.local/state/dfota" },
  } do
    local function of(env) return user_folder[kind](function(name) return env[name] end) end

    it(("are where the environment says, or below the home: %s"):format(kind), function()
      assert.equal("/x/dfota", of { [names[1]] = "/x", HOME = "/h" })
      assert.equal(names[2], of { HOME = "/h" })
    end)

    it(("are never at a relative path: %s"):format(kind), function()
      assert.equal(names[2], of { [names[1]] = "x", HOME = "/h" })
      assert.is_nil(of { [names[1]] = "x", HOME = "h" })
      assert.is_nil(of {})
    end)
  end
end)
