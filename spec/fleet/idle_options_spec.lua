local command = require "dfota.config.command"
local going_on = require "dfota.fleet.going_on"
local idle_options = require "dfota.fleet.idle_options"

-- All options and arguments that fleet.lua takes, in the order of its help.
local function all()
  local _, takes = dofile "scripts/fleet.lua"
  local line, names = command.of(takes), {}
  for _, list in ipairs { line.options, line.arguments } do
    for _, one in ipairs(list) do names[#names + 1] = command.target(one) end
  end
  return names
end

local SAMPLES = {
  max_fail = { percent = 5 }, force = { "attempts" }, set = { "boot_s=1" }, window = { from = 1, to = 2 },
}

describe("An option of fleet.lua", function()
  it("has its place: it counts in a new run, in one that goes on, with --stop, with --go, or some of these", function()
    local named = {}
    for _, name in ipairs(all()) do
      assert.is_string(idle_options.COUNTS[name], "say in idle_options.COUNTS where --" .. name .. " counts")
      named[name] = true
    end
    for name in pairs(idle_options.COUNTS) do assert.is_true(named[name], "there is no --" .. name) end
  end)

  for mode, opening in pairs { r = "resume", s = "stop", g = "go" } do
    it(("beside --%s does something, or is refused in words that name it"):format(opening), function()
      for _, name in ipairs(all()) do
        local why = idle_options.first { [opening] = "night", [name] = SAMPLES[name] or "x", from_environment = {} }
        local counts = idle_options.COUNTS[name]:find(mode, 1, true) ~= nil
        assert.equal(counts, why == nil, name)
        local as_typed = (name == "plan" or name == "package" or name == "all") and "" or "--" .. name:gsub("_", "-")
        assert.truthy(counts or why:find(as_typed, 1, true), why)
      end
    end)
  end

  it("that counts where a run goes on is kept with it, or of this part of it alone", function()
    local kept, own = {}, { again = 1, resume = 1, wait = 1, force = 1, page = 1 }
    for _, name in ipairs(going_on.KEPT) do kept[name] = true end
    for name, counts in pairs(idle_options.COUNTS) do
      if counts:find("r", 1, true) and counts ~= "nrsg" then
        assert.is_true((kept[name] == nil) ~= (own[name] == nil), name)
      end
    end
  end)

  it("that the environment says is there for every call", function()
    local from = { ledger = true, central = true, baud = true }
    local options = { resume = "night", ledger = "x", central = "y", baud = 9600, from_environment = from }
    assert.is_nil(idle_options.first(options))
  end)

  it("of the plan is refused by a run that goes on, and told what goes on instead", function()
    for _, name in ipairs { "plan", "package", "all" } do
      assert.equal("--resume goes on with the plan and the package of that run: leave them out, or begin a new run",
        idle_options.first { resume = "night", [name] = true })
    end
    assert.equal("--resume goes on as the run was begun: leave --no-preflight out, or begin a new run with it",
      idle_options.first { resume = "night", no_preflight = true })
  end)

  it("is one of --resume, --stop and --go, and not two", function()
    assert.equal("--resume and --stop are mutually exclusive", idle_options.first { resume = "a", stop = "a" })
    assert.equal("--stop and --go are mutually exclusive", idle_options.first { stop = "a", go = "b" })
  end)
end)

describe("An option that would do nothing without another", function()
  for name, case in pairs {
    ["--pause"] = { { pause = true }, "canary", 2 }, ["--time-zone"] = { { time_zone = "UTC" }, "window", {} },
    ["--again"] = { { again = "failed" }, "resume", "r" }, ["--wait"] = { { wait = true }, "stop", "r" },
    ["--least"] = { { least = 5 }, "max_fail", { percent = 5 } },
  } do
    it(("is refused, and %s not where it does something"):format(name), function()
      assert.equal(1, idle_options.first(case[1]):find(name, 1, true))
      case[1][case[2]] = case[3]
      assert.is_nil(idle_options.first(case[1]))
    end)
  end
end)
