local folder = require "support.folder"
local metrics = require "dfota.fleet.metrics"
local uv = require "luv"

local COUNTS = {
  waiting = 1, running = 2, triggered = 0, watching = 0, done = 3, failed = 1, unknown = 0, safe = 0, interrupted = 0,
}

local function run(more)
  local all = { id = "night", counts = COUNTS, elapsed_s = 12.5, tries = 7, rc = 81 }
  for key, value in pairs(more or {}) do all[key] = value end
  return all
end

describe("The metrics of a fleet", function()
  it("are families of samples, each after its help and type", function()
    local known, samples = {}, {}
    for line in metrics.text(run { finished = true }, 1700000000):gmatch "([^\n]*)\n" do
      local name, kind = line:match "^# TYPE (%S+) (%l+)$"
      if name then
        assert.is_nil(known[name])
        known[name] = kind
      elseif not line:find "^# HELP %S+ %u.+%.$" then
        local sample, labels, value = line:match "^(%l[%l_]*){(.-)} (%-?[%d.]+)$"
        assert.truthy(sample and known[sample], line)
        samples[sample .. labels] = tonumber(value)
      end
    end
    assert.same({ 3, 1, 7, 12.5, 0, 81 }, {
      samples['dfota_fleet_modulesrun="night",state="done"'], samples['dfota_fleet_modulesrun="night",state="failed"'],
      samples['dfota_fleet_tries_totalrun="night"'], samples['dfota_fleet_duration_secondsrun="night"'],
      samples['dfota_fleet_activerun="night"'], samples['dfota_fleet_exit_coderun="night"'],
    })
    for name, kind in pairs(known) do assert.equal(name:find "_total$" ~= nil, kind == "counter") end
  end)

  it("have an exit code only once the run is over", function()
    assert.is_nil(metrics.text(run(), 0):find("exit_code", 1, true))
    assert.truthy(metrics.text(run(), 0):find('dfota_fleet_active{run="night"} 1\n', 1, true))
  end)

  it("hold a name of any characters", function()
    assert.truthy(metrics.text(run { id = 'a"b\\c\nd' }, 0):find([[{run="a\"b\\c\nd"}]], 1, true))
  end)

  it("are written whole, for others to read, and leave nothing beside them", function()
    local dir, cleanup = folder.new()
    local path = dir .. "/dfota.prom"
    assert.is_true(metrics.write(path, "a 1\n"))
    assert.is_true(metrics.write(path, "b 2\n"))
    assert.equal("b 2\n", folder.read(path))
    assert.equal(tonumber("644", 8), uv.fs_stat(path).mode & tonumber("777", 8))
    local scan, count = uv.fs_scandir(dir), 0
    while uv.fs_scandir_next(scan) do count = count + 1 end
    assert.equal(1, count)
    assert.same({ nil, "no such file or directory" }, { metrics.write(dir .. "/none/x.prom", "a 1\n") })
    cleanup()
  end)
end)
