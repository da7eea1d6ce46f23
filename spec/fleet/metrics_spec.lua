local Process = require "support.process"
local folder = require "support.folder"
local http = require "socket.http"
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

  it("say whether the centre answered, once it was asked", function()
    for _, case in ipairs { { nil }, { {} }, { { reached = true }, 1 }, { { reached = false }, 0 } } do
      local text = metrics.text(run { central = case[1] }, 0)
      assert.equal(case[2], tonumber(text:match "\ndfota_fleet_central_up{run=\"night\"} (%d)\n"))
    end
  end)

  it("are written only where node_exporter looks for them", function()
    assert.equal("/tmp/dfota.prom", metrics.path "/tmp/dfota.prom")
    assert.equal(uv.cwd() .. "/dfota.prom", metrics.path "dfota.prom") -- also where the run is resumed
    for _, path in ipairs { "x.txt", "prom", "/x/.prom", ".prom", "x.prom.txt", "x.promo", "x.prom/" } do
      assert.same({ nil, ("'%s' does not end with .prom: node_exporter passes over every other file"):format(path) },
        { metrics.path(path) })
    end
  end)

  it("are read by Prometheus' node_exporter", function()
    local dir, cleanup = folder.new()
    local over = run { id = 'a"b', finished = true, central = { reached = true } }
    assert(metrics.write(dir .. "/dfota.prom", metrics.text(over, 1700000000)))
    local exporter = Process.start("prometheus-node-exporter", { "--collector.disable-defaults", "--collector.textfile",
      "--collector.textfile.directory=" .. dir, "--web.listen-address=127.0.0.1:0", "--web.disable-exporter-metrics" })
    finally(function()
      exporter:kill()
      cleanup()
    end)
    local page = assert(http.request(("http://%s/metrics"):format(exporter:await("err", "address=(127[%d.:]+)"))))
    assert.truthy(page:find("\nnode_textfile_scrape_error 0\n", 1, true), page)
    for _, sample in ipairs {
      'dfota_fleet_modules{run="a\\"b",state="done"} 3', 'dfota_fleet_tries_total{run="a\\"b"} 7',
      'dfota_fleet_exit_code{run="a\\"b"} 81', 'dfota_fleet_central_up{run="a\\"b"} 1',
      'dfota_fleet_last_update_timestamp_seconds{run="a\\"b"} 1.7e+09',
      "# TYPE dfota_fleet_tries_total counter", "# HELP dfota_fleet_modules Modules of the run by state.",
    } do assert.truthy(page:find(sample .. "\n", 1, true), sample) end
  end)
end)
