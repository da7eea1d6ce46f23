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

describe("An option of a run that goes on", function()
  it("is refused where the run's own call says it, --check above all, which would update", function()
    for name, options in pairs {
      ["--check"] = { check = true }, ["--to"] = { to = "B" }, ["--max-fail"] = { max_fail = { count = 1 } },
      ["--set"] = { set = { "boot_s=1" } }, ["--time-zone"] = { time_zone = "UTC" },
    } do
      assert.equal(("--resume goes on as the run was begun: leave %s out"):format(name),
        idle_options.first_of_resumed(options))
    end
  end)

  it("is taken where it is of this part of the run", function()
    assert.is_nil(idle_options.first_of_resumed {
      resume = "r", again = "failed", wait = true, jobs = 4, force = { "attempts" }, set = {}, json = true, least = 10,
      page = "x.html", metrics = "x.prom", central = "postgres://c/d",
    })
  end)
end)
