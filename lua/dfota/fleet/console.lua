--- A fleet's run in the foreground: the loop, the signals, and what is shown meanwhile.
-- @module dfota.fleet.console

local central = require "dfota.fleet.central"
local closing = require "dfota.fleet.closing"
local compiled = require "dfota.fleet.compiled"
local core = require "dfota.core"
local disk = require "dfota.fleet.disk"
local enter_key = require "dfota.fleet.enter_key"
local forced = require "dfota.fleet.forced"
local looking_back = require "dfota.fleet.looking_back"
local metrics_file = require "dfota.fleet.metrics_file"
local pins = require "dfota.fleet.pins"
local screen = require "dfota.base.screen"
local signals = require "dfota.fleet.signals"
local supervisor = require "dfota.fleet.supervisor"
local uv = require "luv"
local view = require "dfota.fleet.view"
local waiting = require "dfota.fleet.waiting"

local console = {}

local TICK_MS = 250
local LEAVING_S = 1 -- so long for the last shipment where a session ends: who ends it does not wait for ever
local STAGGER_S = 0.05 -- between two starts: their first queries and commits need not coincide
local MAX_JOBS, MIN_JOBS = 64, 4
local LEAST = 10 -- so many have ended before a percentage of failures counts
local BUSY_S = 1 -- so long all jobs together may keep the disk when each commits once

-- How many at a time, by what one commit costs on this disk.
local function jobs_by_disk(path)
  local sync_s = disk.sync_s(path)
  if not sync_s or sync_s <= 0 then return MAX_JOBS end
  return math.max(MIN_JOBS, math.min(MAX_JOBS, math.floor(BUSY_S / sync_s)))
end

-- A check updates nobody: it looks at all modules, and now.
local function schedule_of_check(how, jobs)
  for _, device in ipairs(how.devices) do device.goes_first = nil end
  return { jobs = jobs, gap_s = STAGGER_S }
end

local function schedule_of(how)
  local call = how.call
  local jobs = call.jobs or jobs_by_disk(how.folder.path)
  if how.options.check then return schedule_of_check(how, jobs) end
  local max_fail = call.max_fail
  if max_fail then max_fail.least = call.least or LEAST end
  return {
    jobs = jobs, max_fail = max_fail, pause = call.pause and not how.folder:was_told "passed",
    window = call.window, rate = call.rate, gap_s = math.max(STAGGER_S, call.rate and 60 / call.rate or 0),
    again = how.options.again == "failed",
  }
end

-- Known once the run's folder was read.
local function look_back(how, warn)
  return function(devices)
    looking_back.failed(devices, { again = how.options.again == "failed", passed = how.call.passed or {}, warn = warn })
  end
end

local function is_tty(how) return not how.options.json and screen.is_live(1) end

-- A run is not for its readers: without them it goes on, and that is said once.
local function show(how, bytes)
  if how.unheard then return end
  local ok, why = how.program:show(bytes)
  if ok then return end
  how.unheard = true
  if how.is_left then return end -- of a terminal that is gone
  how.lost = why
  local words = (why and "the output was lost: " .. why or "nobody reads the output any more")
  if not how.options.check then
    words = words .. (": run %s goes on; to stop it: %s"):format(how.id, how.program:typed("--stop", how.id))
  end
  how.program:warn(words)
end

local function new_view(how, terminal)
  local tty = terminal ~= nil
  local no_color = how.options.no_color or (os.getenv "NO_COLOR" or "") ~= ""
  return view.new {
    json = how.options.json, tty = tty, size = function() return screen.size(terminal) end, -- a window may be resized
    color = tty and not no_color, run_id = how.id,
    go = how.program:typed("--go", how.id),
    has_key = tty and enter_key.is_there(), checks = how.options.check, write = function(bytes) show(how, bytes) end,
  }
end

-- The C library looks at the variable when a time is composed, and at no other time once it knows a zone.
local function use_time_zone(name)
  if not name then return end
  uv.os_setenv("TZ", name)
  os.time { year = 2000, month = 1, day = 1 }
end

local function waiting_of(run, schedule)
  return waiting.of(run.scheduler, schedule,
    { now = core.now(), second_of_day = supervisor.second_of_day(), wall = os.time() })
end

-- Enter goes on after the pause. At any time the echo of the key moves the cursor.
local function on_enter(run, shown, presses)
  shown:moved(presses)
  local why, for_good = run.scheduler:why_not()
  if why and not for_good then run:go() end
end

local function close_all(handles)
  for _, handle in ipairs(handles) do
    if handle.stop then handle:stop() end
    handle:close()
  end
end

-- The centre, if the call names one. The jobs learn of it by their environment. A check starts nothing that could be
-- stopped there, and has nothing to ship.
local function new_central(how, shown)
  local url, journal = how.call.central or how.options.central, how.call.ledger
  if not url or how.options.check then return nil end
  uv.os_setenv("DFOTA_CENTRAL", url)
  local warn = function(words) how.program:warn(words) end
  if journal == "none" or journal and journal:find "://" then
    warn "the updates are not recorded in a journal on this machine: nothing is shipped to the centre"
    journal = false
  end
  return central.new {
    url = url, run = how.id, journal = journal, warn = warn, is_behind = journal ~= false and how.options.resume ~= nil,
    on_brake = function(answer, err) shown:brake(answer, err) end,
  }
end

-- What the run tells of its jobs is shown, and shipped where there is a centre.
local function new_run(self, how)
  local shown, centre = self.shown, self.centre
  local run = supervisor.new {
    central = centre, pins = how.call.pins and pins.new(how.call), folder = how.folder, devices = how.devices,
    schedule = self.schedule, settled = how.settled, warn = self.warn, look_back = look_back(how, self.warn),
    words = function(device, what)
      self.library:offer()
      return how.words(device, what)
    end,
    on_event = function(device, event, is_old)
      self.forced:heard(event)
      shown:event(device, event, is_old)
      if centre and not is_old and event.event == "phase" and event.name == "trigger" then centre:ship() end
    end,
    on_change = function(device, is_found)
      shown:change(device, is_found)
      if centre and not device.job then centre:ship() end
    end,
    on_end = function(code) self.rc = code end,
  }
  run.began_at, run.now = core.now(), core.now
  return run
end

-- The terminal is gone. A check leaves no jobs behind: their folder is gone with it.
local function leave(self, how)
  if self.rc then return end
  if how.options.check then return self.run:stop "user" end
  how.is_left, how.lost = true, nil -- what was written to that terminal
  if self.centre then self.centre.last_s = LEAVING_S end
  self.warn(("the terminal is gone: what is under way goes on by itself; to follow it: %s"):format(
    how.program:typed("--resume", how.id)))
  self.run:leave()
end

-- Some times a second: the key, what is shown, and the numbers.
local function new_ticks(self)
  local timer = uv.new_timer()
  timer:start(0, TICK_MS, function()
    if self.key then self.key:listen() end
    self.run.waits = waiting_of(self.run, self.schedule)
    self.shown:tick(self.run)
    self.numbers:look(self.run)
  end)
  return timer
end

-- Until the run is over. Returns what is to be closed.
local function loop(self, how)
  local run = self.run
  local ticks = new_ticks(self)
  local handles, came_before = signals.listen(function() run:stop "user" end, function() leave(self, how) end)
  table.insert(handles, ticks)
  if came_before then came_before() end
  if not self.rc then run:begin() end
  while not self.rc do uv.run "once" end
  return handles
end

local function close(self, how)
  local run, centre = self.run, self.centre
  self.numbers:over(run, self.rc)
  closing.settle(how, run)
  if not how.is_left then self.library:remove() end -- or else jobs may still load something of it
  if centre then
    centre:last()
    centre:close()
  end
  closing.write_page(how, run, self.rc)
  self.shown:over(run, closing.lines(how, run))
  for _, line in ipairs(self.forced:unasked()) do self.warn(line) end
end

-- 0 also promises that the output was written.
local function exit_code(self, how)
  if not how.lost then return self.rc end
  self.warn(("the output was lost: %s; the exit code would have been %d"):format(how.lost, self.rc))
  return self.rc == 0 and 1 or self.rc
end

--- Runs it to its end, or until it is stopped.
-- @tparam table how `program`, `folder`, `id`, `devices`, `words`, `call`, `options` and `open_ledger()` as
--   scripts/fleet.lua has them
-- @treturn integer exit code
function console.run(how)
  use_time_zone(how.call.time_zone)
  local terminal = is_tty(how) and uv.new_tty(1, false) or nil
  local self = {
    forced = forced.new(how.call.passed or {}), shown = new_view(how, terminal), schedule = schedule_of(how),
    library = compiled.new(how.folder.path .. "/compiled"), warn = function(words) how.program:warn(words) end,
  }
  self.centre = new_central(how, self.shown)
  self.run = new_run(self, how)
  self.numbers = metrics_file.new { path = how.call.metrics, id = how.id, warn = self.warn }
  self.key = terminal and enter_key.new(function(presses) on_enter(self.run, self.shown, presses) end)
  local handles = loop(self, how)
  close(self, how)
  handles[#handles + 1] = terminal
  if self.key then self.key:close() end
  how.program:ignore_signals()
  close_all(handles)
  uv.run "nowait" -- what was closed is gone before the process ends
  return exit_code(self, how)
end

return console
