-- What a new run of a fleet looks at before it begins. As a process: spec/fleet_script_spec.lua.
local core = require "dfota.core"
local folder = require "support.folder"
local ledger = require "dfota.ledger.ledger"
local new_fleet_run = require "dfota.new_fleet_run"
local run_folder = require "dfota.fleet.run_folder"
local uv = require "luv"

describe("A new run of a fleet", function()
  local dir, cleanup, plan, package, warned
  before_each(function()
    dir, cleanup = folder.new()
    plan = folder.write(dir .. "/plan.csv", "port,imei,from\n/dev/a,861234567890127,A\n/dev/b,861234567890135,\n")
    package, warned = folder.write(dir .. "/a.pack", "RDAOTA01abc"), {}
  end)
  after_each(function() cleanup() end)

  local function open(given)
    local options = {
      ledger = dir .. "/ledger.db", set = {}, force = {}, plan = plan, package = package, from_environment = {},
    }
    for name, value in pairs(given) do options[name] = value ~= "" and value or nil end
    local program = { scripts = "scripts", warn = function(_, words) warned[#warned + 1] = words end }
    return new_fleet_run.open(dir .. "/runs", options, program)
  end

  it("is refused with what is wrong for all of its modules, and leaves no folder", function()
    folder.write(dir .. "/bad.db", ("bad"):rep(100))
    for _, case in ipairs {
      { "usage", "give a PLAN and a PACKAGE, or --resume RUN", { package = "" } },
      { "usage", "--all takes the PACKAGE alone, and no PLAN", { all = true } },
      { "usage", "--all takes the PACKAGE alone, and no PLAN", { all = true, plan = "" } },
      { "package_missing", "/none.pack", { package = "/none.pack" } },
      { "plan_missing", "plan /none.csv: no such file", { plan = "/none.csv" } },
      { "package_missing", "with --to REV the way is planned", { package = dir } },
      { "package_missing", "holds no manifest", { package = dir, to = "B" } },
      { "ledger", "is neither a file nor postgres://", { ledger = "mysql://db/x" } },
      { "ledger", "file is not a database", { ledger = dir .. "/bad.db" } },
      { "usage", "no_such_setting", { set = { "no_such_setting=1" } } },
    } do
      local none, err = open(case[3])
      assert.same({ nil, case[1] }, { none, err.kind }, err.message)
      assert.truthy(err.message:find(case[2], 1, true), err.message)
    end
    assert.is_nil(uv.fs_stat(dir .. "/runs"))
  end)

  it("keeps with it what whoever goes on has to know", function()
    local made = assert(open {
      run = "night", rate = 6, canary = 1, force = { "supply" }, to = "B", metrics = "/x.prom",
    })
    local _, call = assert(run_folder.open(dir .. "/runs", "night"))
    assert.same({ "night", 6, "B", package, { "--force", "supply" }, "/x.prom" },
      { made.id, call.rate, call.to, call.package, call.passed, call.metrics })
    assert.same({ "/dev/a", true, "/dev/b" },
      { call.devices[1].port, call.devices[1].goes_first, call.devices[2].port })
    assert.is_table(call.pins)
    assert.same({ ("ledger %s/ledger.db: does not exist yet: no earlier update is known"):format(dir),
      "these go first: /dev/a (A)" }, warned)
  end)

  it("is not begun where the ledger does not tell what became of its modules before", function()
    local before = ledger.open
    finally(function() ledger.open = before end)
    for _, kind in ipairs { "ledger", "ledger_locked", "interrupted" } do
      ledger.open = function() return nil, core.error(kind, "why") end
      local none, err = open {}
      assert.same({ nil, kind }, { none, err.kind })
    end
    assert.is_nil(uv.fs_stat(dir .. "/runs"))
  end)

  it("is not begun by one who was interrupted while it was opened", function()
    assert(core.catch_signals())
    uv.kill(uv.os_getpid(), "sigint")
    local none, err = open {}
    core.signals_taken()
    core.release_signals()
    assert.same({ nil, "interrupted" }, { none, err.kind })
    assert.is_nil(uv.fs_stat(dir .. "/runs"))
  end)

  it("that only looks has a folder that is gone with it", function()
    local path
    do
      local made <close>, call = assert(open { check = true })
      path = made.path
      assert.equal(2, #call.devices)
      assert.is_nil(uv.fs_stat(dir .. "/runs"))
    end
    assert.is_nil(uv.fs_stat(path))
  end)
end)
