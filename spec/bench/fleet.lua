-- The measurements of `make fleet-bench`, one table: how many jobs one host carries, on disks of different speed, what
-- a job costs, and how fast the scheduler and the table are. Run from the root.
--
-- MODULES="1 16 64 128", DELAYS_MS="0 10 30 60" (what each sync takes more), UPDATE_S (how long a module writes its
-- flash) and BOUND_S (no run begins after it) may be set. The modules are simulated on this machine, and take a share
-- of it; what is told of a job is its own: the processor time of its processes by /proc/PID/schedstat, five times a
-- second (what it does after the last look is missed), and their proportional memory (PSS) while it runs, its own
-- and its ledger worker's.
package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath

local Package = require "dfota.sim.package"
local core = require "dfota.core"
local folder = require "support.folder"
local json = require "dkjson"
local uv = require "luv"

local SOURCE, TARGET = "MC65FAR01A01", "MC65FAR01A02"
local BAUD, PACKAGE_BYTES = 115200, 40000
local SHIM = "build/slow_sync_shim.so"
local LOOK_S, RUN_S = 0.2, 180
local lua = os.getenv "LUA" or "lua5.4"
local update_s = tonumber(os.getenv "UPDATE_S") or 8
local bound_s = tonumber(os.getenv "BOUND_S") or 480
local began = core.now()
local missed = 0

local function numbers(name, default)
  local list = {}
  for word in (os.getenv(name) or default):gmatch "%d+" do list[#list + 1] = math.tointeger(tonumber(word)) end
  return list
end

local function median(list)
  table.sort(list)
  return list[#list // 2 + 1]
end

local function environment(changes)
  local env, list = uv.os_environ(), {}
  for name, value in pairs(changes) do env[name] = value end
  for name, value in pairs(env) do list[#list + 1] = name .. "=" .. value end
  return list
end

-- Simulated modules: all started before the first is waited for.
local function start_modules(dir, count)
  local modules = {}
  for number = 1, count do
    local module = { imei = ("8612345678%05d"):format(number), port = ("%s/module-%d"):format(dir, number), said = "" }
    local spec = ("link=%d,update_s=%d,imei=%s"):format(BAUD, update_s, module.imei)
    module.pipe = uv.new_pipe(false)
    module.handle = assert(uv.spawn(lua, {
      args = { "scripts/sim.lua", "--quiet", "--owned", ("%d"):format(uv.os_getpid()), "--spec", spec },
      stdio = { nil, module.pipe, 2 },
    }, function() module.ended = true end))
    module.pipe:read_start(function(_, bytes) module.said = module.said .. (bytes or "") end)
    modules[number] = module
  end
  for _, module in ipairs(modules) do
    while not module.said:find "\n" do
      assert(not module.ended, "a simulated module ended")
      uv.run "once"
    end
    assert(uv.fs_symlink(module.said:match "^[^\n]*", module.port))
  end
  return modules
end

local function stop_modules(modules)
  for _, module in ipairs(modules) do module.handle:kill "sigterm" end
  for _, module in ipairs(modules) do
    while not module.ended do uv.run "once" end
    module.pipe:close()
    module.handle:close()
  end
end

local function write_plan(dir, modules)
  local lines = { "port,imei,from,to" }
  for _, module in ipairs(modules) do
    lines[#lines + 1] = ("%s,%s,%s,%s"):format(module.port, module.imei, SOURCE, TARGET)
  end
  return folder.write(dir .. "/plan.csv", table.concat(lines, "\n") .. "\n")
end

local function first_line(path)
  local file <close> = io.open(path)
  return file and file:read "l"
end

-- Seconds of processor time so far, to the nanosecond.
local function cpu_s(pid)
  local line = first_line(("/proc/%s/schedstat"):format(pid))
  return line and tonumber(line:match "^%d+") / 1e9
end

local function children_of(pid)
  return (first_line(("/proc/%s/task/%s/children"):format(pid, pid)) or ""):gmatch "%d+"
end

local function pss_kb(pid)
  for line in io.lines(("/proc/%s/smaps_rollup"):format(pid)) do
    local kb = line:match "^Pss:%s+(%d+) kB"
    if kb then return tonumber(kb) end
  end
end

-- A job and what it started, the ledger's worker above all.
local function look_at(job, pid)
  job.cpu[pid] = cpu_s(pid) or job.cpu[pid]
  for child in children_of(pid) do look_at(job, child) end
end

-- Of itself and of what it started; it may end at any moment.
local function memory_of(pid)
  local ok, own = pcall(pss_kb, pid)
  if not ok or not own then return nil end
  local others = 0
  for child in children_of(pid) do
    local more, kb = pcall(pss_kb, child)
    others = others + (more and kb or 0)
  end
  return own, others
end

-- Once in its life, when it has opened all that it needs.
local function measure_memory(job, pid)
  if job.kb or core.now() - job.since < 3 then return end
  job.kb, job.worker_kb = memory_of(pid)
end

local function look(told)
  for pid in children_of(told.pid) do
    local job = told.jobs[pid] or { cpu = {}, since = core.now() }
    told.jobs[pid] = job
    look_at(job, pid)
    measure_memory(job, pid)
  end
  told.own_s = cpu_s(told.pid) or told.own_s
end

-- scripts/fleet.lua as a user starts it.
local function run_fleet(dir, count, delay_ms, plan)
  local out = assert(uv.fs_open(dir .. "/out.json", "w", tonumber("600", 8)))
  local told = { jobs = {}, own_s = 0 }
  local handle
  handle, told.pid = uv.spawn(lua, {
    args = { "scripts/fleet.lua", "--json", "--run", "bench", "--jobs", ("%d"):format(count),
      "--baud", ("%d"):format(BAUD), "--ledger", dir .. "/ledger.db", plan, dir .. "/A2B.pack" },
    env = environment { XDG_STATE_HOME = dir .. "/state", LD_PRELOAD = SHIM, SLOW_SYNC_MS = ("%d"):format(delay_ms) },
    stdio = { nil, out, 2 },
  }, function(rc) told.rc = rc end)
  assert(handle, told.pid)
  local looks, late = uv.new_timer(), core.now() + RUN_S
  uv.update_time()
  local start = core.now()
  looks:start(0, math.floor(LOOK_S * 1000), function() look(told) end)
  while not told.rc do
    uv.run "once"
    if core.now() > late then handle:kill "sigterm" late = math.huge end
  end
  told.wall_s = core.now() - start
  looks:stop()
  looks:close()
  handle:close()
  uv.fs_close(out)
  uv.run "nowait"
  return told
end

-- What the jobs themselves said: how long each took, and how much of the line each upload had.
local function read_events(path, told)
  told.durations, told.line, told.done = {}, {}, 0
  for line in io.lines(path) do
    local event = json.decode(line)
    if event.event == "result" then
      told.durations[#told.durations + 1] = event.duration_s
      told.done = told.done + (event.outcome == "updated" and 1 or 0)
    elseif event.event == "progress" and event.phase == "upload" and event.percent == 100 and event.rate_bps then
      told.line[#told.line + 1] = event.rate_bps / BAUD
    end
  end
end

local function sums(told)
  local cpu, kb, worker_kb, with_memory, count = 0, 0, 0, 0, 0
  for _, job in pairs(told.jobs) do
    count = count + 1
    for _, seconds in pairs(job.cpu) do cpu = cpu + seconds end
    if job.kb then kb, worker_kb, with_memory = kb + job.kb, worker_kb + job.worker_kb, with_memory + 1 end
  end
  return cpu, cpu / count, ("%.1f+%.1f"):format(kb / with_memory / 1024, worker_kb / with_memory / 1024)
end

local function measure(count, delay_ms)
  local dir, remove = folder.new()
  folder.write(dir .. "/A2B.pack", assert(Package.make(SOURCE, TARGET, PACKAGE_BYTES)))
  local modules = start_modules(dir, count)
  local told = run_fleet(dir, count, delay_ms, write_plan(dir, modules))
  stop_modules(modules)
  read_events(dir .. "/out.json", told)
  remove()
  return told
end

local FORMAT = "%5s %6s %8s %7s %14s %9s %9s %9s %7s %10s %s"

local function show(count, delay_ms, told, one)
  local all_s, each_s, each_mb = sums(told)
  local worst = math.max(table.unpack(told.durations))
  local typical = median(told.durations)
  local function times(value, of_one) return one and ("%.2f"):format(value / of_one) or "-" end
  one = one or count == 1 and told or nil
  local alone = one and one.durations[1]
  local ok = told.rc == 0 and told.done == count
  if not ok then missed = missed + 1 end
  print(FORMAT:format(count, delay_ms, ("%.1f"):format(told.wall_s), times(told.wall_s, one and one.wall_s),
    times(typical, alone) .. " / " .. times(worst, alone), ("%.3f"):format(each_s),
    each_mb, ("%.2f"):format((all_s + told.own_s) / told.wall_s), ("%.2f"):format(told.own_s),
    ("%.1f %%"):format(100 * math.min(table.unpack(told.line))),
    ok and "all updated" or ("MISSED: rc %d, %d updated"):format(told.rc, told.done)))
end

local function jobs_side_by_side()
  print(("Jobs side by side; one has an upload of %d bytes at %d baud, and %d s of writing its flash."):format(
    PACKAGE_BYTES, BAUD, update_s))
  print(FORMAT:format("jobs", "sync", "wall", "wall", "job x one", "CPU", "PSS", "cores", "fleet", "least line", ""))
  print(FORMAT:format("", "+ms", "s", "x one", "median/worst", "s/job", "MB/job", "in all", "CPU s", "use", ""))
  for _, delay_ms in ipairs(numbers("DELAYS_MS", "0 10 30 60")) do
    local one
    for _, count in ipairs(numbers("MODULES", "1 16 64 128")) do
      if core.now() - began > bound_s then
        print(FORMAT:format(count, delay_ms, "", "", "", "", "", "", "", "", "not run: out of time"))
      else
        local told = measure(count, delay_ms)
        show(count, delay_ms, told, one)
        if count == 1 then one = told end
      end
      io.stdout:flush()
    end
  end
end

local function row(what, value, target, ok)
  if not ok then missed = missed + 1 end
  print(("%-60s %-12s %-16s %s"):format(what, value, target, ok and "ok" or "MISSED"))
end

local function thousand_gateways()
  local fleet = require "support.fleet"
  local start = os.clock()
  for seed = 1, 1000 do fleet.play(seed, 64, { jobs = 16, tries = 3, canary = 2 }) end
  local took_s = os.clock() - start
  row("scheduler: 64,000 modules in 1,000 gateways, CPU", ("%.1f s"):format(took_s), "under 10 s", took_s < 10)
end

local function redraw()
  local table_of, view = require "dfota.fleet.table", require "dfota.fleet.view"
  local devices, counts = {}, {}
  for _, state in ipairs { "waiting", "triggered", "watching", "done", "failed", "unknown", "safe", "interrupted" } do
    counts[state] = 0
  end
  counts.running = 64
  for i = 1, 64 do
    devices[i] = { number = i, state = "running", port = "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1." .. i, job = {},
      imei = "861234567890127", phase = "upload", percent = i, eta_s = 12.3, rate_bps = BAUD }
  end
  assert(table_of.lines(devices, counts, { elapsed_s = 1 }, 79, 23))
  local scheduler = { counts = function() return counts end, why_not = function() end }
  local run = { devices = devices, scheduler = scheduler, began_at = 0, now = function() return 60 end }
  local live = view.new { tty = true, color = true, write = function() end, size = function() return 80, 24 end }
  local start, laps = os.clock(), 1000
  for _ = 1, laps do
    live:change()
    live:tick(run)
  end
  local share = (os.clock() - start) / laps * 4 -- four times a second
  row("live table: 64 modules in 24 lines, four times a second", ("%.2f %%"):format(share * 100), "under 1 %",
    share < 0.01)
end

if not uv.fs_stat(SHIM) then
  io.stderr:write(SHIM, " is missing: type make fleet-bench\n")
  os.exit(1)
end
thousand_gateways()
redraw()
jobs_side_by_side()
print(("%.0f s in all"):format(core.now() - began))
os.exit(missed == 0 and 0 or 1)
