--- A fleet's run in the foreground: the loop, the signals, and what is shown meanwhile.
-- @module dfota.fleet.console

local central = require "dfota.fleet.central"
local compiled = require "dfota.fleet.compiled"
local core = require "dfota.core"
local disk = require "dfota.fleet.disk"
local ending = require "dfota.fleet.ending"
local enter_key = require "dfota.fleet.enter_key"
local forced = require "dfota.fleet.forced"
local late_records = require "dfota.fleet.late_records"
local looking_back = require "dfota.fleet.looking_back"
local metrics_file = require "dfota.fleet.metrics_file"
local page = require "dfota.fleet.page"
local page_file = require "dfota.history.page_file"
local pins = require "dfota.fleet.pins"
local screen = require "dfota.base.screen"
local signals = require "dfota.fleet.signals"
local supervisor = require "dfota.fleet.supervisor"
local tries = require "dfota.fleet.tries"
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

local function gather_tries(how, run)
  local all = tries.all(how.folder)
  for _, device in ipairs(run.devices) do device.tries = all[device.number] or {} end
end

-- What jobs saw and could not record. Whatever keeps it from being recorded now is left to whoever goes on.
local function record_late(how, run)
  if how.options.check or how.call.ledger == "none" or not late_records.are_there(run.devices) then return end
  local book <close>, err = how.open_ledger()
  local count
  if book then count, err = late_records.settle(run.devices, book, how.id) end
  if err then return how.program:warn(("the ends that are not on record stay so for now: %s"):format(err)) end
  if count.recorded > 0 then
    how.program:warn(("put on record now, as the ledger failed before: %d"):format(count.recorded))
  end
  if count.lost > 0 then
    how.program:warn(("not on record: %d, of whose beginning the ledger knows nothing (was it removed, or another put "
      .. "in its place?); the run's page has them"):format(count.lost))
  end
end

local function last_words(how, run)
  return {
    id = how.id, devices = run.devices, counts = run.scheduler:counts(), page = run.page, checks = how.options.check,
    typed = function(...) return how.program:typed(...) end,
  }
end

local function page_of(how, run, rc)
  local id = how.options.check and how.options.run or not how.options.check and how.id or nil
  return page.of {
    id = id, rc = rc, why = view.why_stopped(run.scheduler), package = how.call.package, from = how.call.from,
    to = how.call.to, devices = run.devices, folder = how.folder.path, version = core.version,
    made = os.date "%Y-%m-%d %H:%M", zone = os.date "UTC%z", checks = how.options.check,
    ways = ending.ways(last_words(how, run)),
  }
end

-- The run for people who were not there. Whatever keeps it from being made changes nothing of what became of the run.
-- A check leaves nothing that nobody asked for.
local function write_page(how, run, rc)
  if how.options.check and not how.options.page then return end
  local made, content = pcall(page_of, how, run, rc)
  if not made then return how.program:warn(("the page cannot be made: %s"):format(content)) end
  local path = how.options.page or how.folder.path .. "/page.html"
  local ok, why = page_file.write(path, content)
  if ok then run.page = path else how.program:warn(("page %s cannot be written: %s"):format(path, why)) end
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

--- Runs it to its end, or until it is stopped.
-- @tparam table how `program`, `folder`, `id`, `devices`, `words`, `call`, `options` and `open_ledger()` as
--   scripts/fleet.lua has them
-- @treturn integer exit code
function console.run(how)
  use_time_zone(how.call.time_zone)
  how.forced = forced.new(how.call.passed or {})
  local terminal = is_tty(how) and uv.new_tty(1, false) or nil
  local shown, rc = new_view(how, terminal), nil
  local centre = new_central(how, shown)
  local schedule, warn = schedule_of(how), function(words) how.program:warn(words) end
  local library = compiled.new(how.folder.path .. "/compiled")
  local run = supervisor.new {
    central = centre, pins = how.call.pins and pins.new(how.call),
    folder = how.folder, devices = how.devices, schedule = schedule,
    words = function(device, what)
      library:offer()
      return how.words(device, what)
    end,
    look_back = look_back(how, warn), settled = how.settled, warn = warn,
    on_event = function(device, event, is_old)
      how.forced:heard(event)
      shown:event(device, event, is_old)
      if centre and not is_old and event.event == "phase" and event.name == "trigger" then centre:ship() end
    end,
    on_change = function(device, is_found)
      shown:change(device, is_found)
      if centre and not device.job then centre:ship() end
    end,
    on_end = function(code) rc = code end,
  }
  run.began_at, run.now = core.now(), core.now
  local function stop() run:stop "user" end
  -- A check leaves no jobs behind: their folder is gone with it.
  local function leave()
    if rc then return end
    if how.options.check then return stop() end
    how.is_left, how.lost = true, nil -- what was written to that terminal
    if centre then centre.last_s = LEAVING_S end
    warn(("the terminal is gone: what is under way goes on by itself; to follow it: %s"):format(
      how.program:typed("--resume", how.id)))
    run:leave()
  end
  local numbers = metrics_file.new { path = how.options.metrics, id = how.id, warn = warn }
  local ticks, key = uv.new_timer(), terminal and enter_key.new(function(presses) on_enter(run, shown, presses) end)
  ticks:start(0, TICK_MS, function()
    if key then key:listen() end
    run.waits = waiting_of(run, schedule)
    shown:tick(run)
    numbers:look(run)
  end)
  local handles, came_before = signals.listen(stop, leave)
  handles[#handles + 1] = ticks
  if came_before then came_before() end
  if not rc then run:begin() end
  while not rc do uv.run "once" end
  numbers:over(run, rc)
  gather_tries(how, run)
  record_late(how, run)
  if not how.is_left then library:remove() end -- or else jobs may still load something of it
  if centre then
    centre:last()
    centre:close()
  end
  write_page(how, run, rc)
  shown:over(run, ending.lines(last_words(how, run)))
  for _, line in ipairs(how.forced:unasked()) do how.program:warn(line) end
  handles[#handles + 1] = terminal
  if key then key:close() end
  how.program:ignore_signals()
  close_all(handles)
  uv.run "nowait" -- what was closed is gone before the process ends
  if not how.lost then return rc end
  how.program:warn(("the output was lost: %s; the exit code would have been %d"):format(how.lost, rc))
  return rc == 0 and 1 or rc -- 0 also promises that the output was written
end

return console
