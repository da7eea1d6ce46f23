local idle_options = require "dfota.fleet.idle_options"

describe("An option that would do nothing", function()
  for name, case in pairs {
    ["--pause"] = { { pause = true }, "canary", 2 }, ["--time-zone"] = { { time_zone = "UTC" }, "window", {} },
    ["--again"] = { { again = "failed" }, "resume", "r" }, ["--wait"] = { { wait = true }, "resume", "r" },
  } do
    it(("is refused, and %s not where it does something"):format(name), function()
      assert.equal(1, idle_options.first(case[1]):find(name, 1, true))
      case[1][case[2]] = case[3]
      assert.is_nil(idle_options.first(case[1]))
    end)
  end
end)
