--- A fleet's run in the foreground: the loop, the signals, and what is shown meanwhile.
-- @module dfota.fleet.console

local core = require "dfota.core"
local disk = require "dfota.fleet.disk"
local metrics = require "dfota.fleet.metrics"
local screen = require "dfota.base.screen"
local supervisor = require "dfota.fleet.supervisor"
local uv = require "luv"
local view = require "dfota.fleet.view"

local console = {}

local TICK_MS = 250
local METRICS_MS = 5000
local STAGGER_S = 0.1 -- between two starts: their first queries and commits need not coincide
local MAX_JOBS, MIN_JOBS = 64, 4
local BUSY_S = 1 -- so long all jobs together may keep the disk when each commits once

-- How many at a time, by what one commit costs on this disk.
local function jobs_by_disk(path)
  local sync_s = disk.sync_s(path)
  if not sync_s or sync_s <= 0 then return MAX_JOBS end
  return math.max(MIN_JOBS, math.min(MAX_JOBS, math.floor(BUSY_S / sync_s)))
end

local function ended_well(devices)
  local count = 0
  for _, device in ipairs(devices) do
    if device.state == "done" then count = count + 1 end
  end
  return count
end

local function schedule_of(how)
  local call = how.call
  local max_fail = call.max_fail
  if max_fail then max_fail.least = call.least end
  return {
    jobs = how.options.jobs or call.jobs or jobs_by_disk(how.folder.path), pause = call.pause, max_fail = max_fail,
    window = call.window, gap_s = math.max(STAGGER_S, call.rate and 60 / call.rate or 0), canary = call.canary or 0,
    again = how.options.again == "failed",
  }
end

-- Those that went first before the run was resumed need not go first again.
local function less_canaries(schedule, devices)
  schedule.canary = math.max(0, schedule.canary - ended_well(devices))
  return schedule
end

-- Asked each time: a window may be resized.
local function size_of(terminal)
  return function()
    local width, height = terminal:get_winsize()
    return width and width > 0 and width or 80, height and height > 0 and height or 24
  end
end

-- Numbers for others to collect. That they cannot be written is said once; the run goes on.
local function write_metrics(how, run, rc)
  local path = how.options.metrics
  if not path then return end
  local tries = 0
  for _, device in ipairs(run.devices) do tries = tries + (device.try or 0) end
  local ok, why = metrics.write(path, metrics.text({
    id = how.id, counts = run.scheduler:counts(), elapsed_s = core.now() - run.began_at, tries = tries,
    finished = rc ~= nil, rc = rc,
  }, os.time()))
  if ok or how.complained then return end
  how.complained = true
  how.program:warn(("metrics file %s cannot be written: %s"):format(path, why))
end

local function is_tty(how) return not how.options.json and screen.is_live(1) end

local function new_view(how, terminal)
  local tty = terminal ~= nil
  local no_color = how.options.no_color or (os.getenv "NO_COLOR" or "") ~= ""
  return view.new {
    json = how.options.json, tty = tty, color = tty and not no_color, size = tty and size_of(terminal), run_id = how.id,
    write = function(bytes)
      how.program:write(bytes)
      how.program:flush()
    end,
  }
end

local function on_signal(name, fn)
  local handle = uv.new_signal()
  handle:start(name, fn)
  return handle
end

local function close_all(handles)
  for _, handle in ipairs(handles) do
    if handle.stop then handle:stop() end
    handle:close()
  end
end

--- Runs it to its end, or until it is stopped.
-- @tparam table how `program`, `folder`, `id`, `devices`, `words`, `call` and `options` as scripts/fleet.lua has them
-- @treturn integer exit code
function console.run(how)
  if how.call.time_zone then uv.os_setenv("TZ", how.call.time_zone) end
  local terminal = is_tty(how) and uv.new_tty(1, false) or nil
  local shown, rc = new_view(how, terminal), nil
  local run = supervisor.new {
    folder = how.folder, devices = how.devices, words = how.words, schedule = schedule_of(how),
    adjust = less_canaries,
    on_event = function(device, event) shown:event(device, event) end,
    on_change = function(device) shown:change(device) end,
    on_end = function(code) rc = code end,
  }
  run.began_at, run.now = core.now(), core.now
  local function stop() run:stop "user" end
  local ticks = uv.new_timer()
  ticks:start(0, TICK_MS, function() shown:tick(run) end)
  local numbers = uv.new_timer()
  numbers:start(0, METRICS_MS, function() write_metrics(how, run) end)
  local handles = { on_signal("sigint", stop), on_signal("sigterm", stop), ticks, numbers }
  run:begin()
  while not rc do uv.run "once" end
  shown:over(run)
  write_metrics(how, run, rc)
  handles[#handles + 1] = terminal
  close_all(handles)
  uv.run "nowait" -- what was closed is gone before the process ends
  return rc
end

return console
