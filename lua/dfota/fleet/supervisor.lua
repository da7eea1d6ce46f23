--- A fleet's run: what the scheduler decides is done, and what the jobs say is told.
-- @module dfota.fleet.supervisor

local alarm = require "dfota.base.alarm"
local core = require "dfota.core"
local heard = require "dfota.fleet.heard"
local job = require "dfota.fleet.job"
local judgement = require "dfota.fleet.judgement"
local occupant = require "dfota.fleet.occupant"
local recall = require "dfota.fleet.recall"
local run_folder = require "dfota.fleet.run_folder"
local scheduler = require "dfota.fleet.scheduler"
local starts = require "dfota.fleet.starts"
local tables = require "dfota.base.tables"
local tries = require "dfota.fleet.tries"
local uv = require "luv"

local supervisor = {}

local TOLD_MS = 1000 -- how often it is looked whether somebody told the run to go on or to stop
local ASK_S = 30 -- how often a run that waits asks the centre
local OTHER_PACKAGE = "the run was begun with other files: %s; no other update is started: put back what was there and "
  .. "go on with --resume, or begin a new run"
local MOST_S = 60 -- no wait is longer: clocks are set, summer time begins, machines sleep

local Supervisor = {}
Supervisor.__index = Supervisor
Supervisor.__name = "dfota.fleet.supervisor"

--- The second of a day.
-- @tparam[opt] table now as of `os.date "*t"`; default: the local time
-- @treturn integer
function supervisor.second_of_day(now)
  now = now or os.date "*t"
  return (now.hour * 60 + now.min) * 60 + now.sec
end

-- The centre stops the run.
local function obey(self, answer) self.scheduler:stop(answer.reason == "stop" and "brake" or "max_fail") end

local function hear(self, device, event, is_old)
  if event.event == "brake" and event.stop and not is_old then obey(self, event) end -- a job asks before its trigger
  local step = heard.take(device, event)
  if step and not is_old then self.scheduler[step](self.scheduler, device) end
  self.on_event(device, event, is_old)
end

-- Those that come later are to get what those got that went first.
local function has_other_package(self)
  local what = self.pins and self.pins:changed()
  if not what then return false end
  if not self.has_complained then
    self.has_complained = true
    self.warn(OTHER_PACKAGE:format(what))
  end
  self.scheduler:stop "package"
  return true
end

local function ended(self, device, result, exit)
  if not result then device.message = device.job and device.job:complaint() or "its job ended without a result" end
  result = judgement.of(device, result, exit)
  heard.keep_exit_code(device, result, exit)
  device.job = nil
  if judgement.blames_package(result) then has_other_package(self) end
  self.scheduler:ended(device, result, core.now())
  self.on_change(device)
  self:turn()
end

local function options_of(self, device)
  return {
    on_event = function(event) hear(self, device, event) end,
    on_end = function(result, exit) ended(self, device, result, exit) end,
  }
end

-- A try that cannot even be begun (no disk, no process) is a failure of this host: nothing was changed. A disk that is
-- full may have room in a minute; an outcome that is unknown stays that.
local function not_begun(self, device, err)
  device.message, device.rc = err.message, 74
  local retry = err.kind == "no_room" and device.what == "update" and "safe" or "after_fix"
  self.scheduler:ended(device, { rc = 74, retry = retry, outcome = "not_started" }, core.now())
  self.on_change(device)
end

local function begin(self, device, what)
  if what == "update" and has_other_package(self) then return self.scheduler:not_begun(device) end
  heard.forget(device)
  device.try, device.what = (device.try or 0) + 1, what
  local key = run_folder.key(device.number, device.try, what)
  local started, err = job.start(self.folder.path, key, self.words(device, what), options_of(self, device))
  if not started then return not_begun(self, device, err) end
  device.job = started
  self.on_change(device)
end

-- Asked before each start, while the loop goes on. Whoever is interrupted while it waits for the answer was not begun.
local function begin_if_allowed(self, device)
  if not self.central then return begin(self, device, "update") end
  device.asks = true
  self.central:ask(function(answer)
    if not device.asks then return end
    if answer and answer.stop then
      obey(self, answer)
    else
      device.asks = nil
      begin(self, device, "update")
    end
    self:turn()
  end)
end

local function mark(self, word)
  local ok, err = self.folder:tell(word)
  if not ok then self.warn(err.message) end
end

local function interrupt(self, device)
  if device.job then
    if not self.is_marked then mark(self, "stop") end -- whoever goes on knows why they end
    self.is_marked, device.interrupted = true, true
    return device.job:interrupt()
  end
  if not device.asks then return end
  device.asks = nil
  self.scheduler:not_begun(device)
  self.on_change(device)
end

local act = {
  update = begin_if_allowed,
  watch = function(self, device) begin(self, device, "watch") end,
  interrupt = interrupt,
}

-- One that could not be begun may have stopped the run, and others were to be begun beside it.
local function leave(self, device, what)
  if what == "update" then return self.scheduler:not_begun(device) end
  self.scheduler:ended(device, { rc = 80 }, core.now())
  self.on_change(device)
end

local function carry_out(self, action)
  local _, for_good = self.scheduler:why_not()
  if for_good and action.what ~= "interrupt" then return leave(self, action.device, action.what) end
  act[action.what](self, action.device)
end

local function await(self, wake)
  self.timer:stop()
  if not wake then return end
  alarm.set(self.timer, math.min(wake - core.now(), MOST_S), function() self:turn() end)
end

local function finish(self)
  self.finished = true
  for _, timer in ipairs { self.timer, self.telling } do
    timer:stop()
    timer:close()
  end
  self.on_end(self.scheduler:rc())
end

-- Whoever tells it to go on after a pause must know that it waits for that.
local function mark_pause(self)
  local why, for_good = self.scheduler:why_not()
  local is_paused = why ~= nil and not for_good
  if is_paused == self.is_paused then return end
  self.is_paused = is_paused
  if is_paused then mark(self, "paused") else self.folder:forget "paused" end
end

-- For the scheduler no time passes before the loop comes round: where starting takes longer than the pause between two
-- starts, what comes due meanwhile waits until signals were heard.
local function now_of_loop(self)
  local round = uv.now()
  if round ~= self.round then self.round, self.round_began = round, core.now() end
  return self.round_began
end

--- Does what is to be done now.
function Supervisor:turn()
  if self.finished or self.turning then return end
  self.turning = true
  local now = now_of_loop(self)
  local actions, wake
  repeat -- what cannot be begun makes room for the next
    actions, wake = self.scheduler:step(now, self.second_of_day())
    for _, action in ipairs(actions) do carry_out(self, action) end
  until #actions == 0
  self.turning = false
  mark_pause(self)
  if self.scheduler:is_finished() then return finish(self) end
  await(self, wake)
end

--- Goes on after a pause, if it waits for that. Whoever goes on with the run later need not wait again.
function Supervisor:go()
  if not self.is_paused then return end
  mark(self, "passed")
  self.scheduler:resume()
  self:turn()
end

-- A run that waits begins nothing, and is to hear all the same that it was stopped meanwhile.
local function ask_while_waiting(self)
  local now = core.now()
  if not self.central or now < (self.asks_at or 0) then return end
  if not self.scheduler:waits_for(now, self.second_of_day()) then return end
  self.asks_at = now + ASK_S
  self.central:ask(function(answer)
    if not (answer and answer.stop) then return end
    obey(self, answer)
    self:turn()
  end)
end

local function look_if_told(self)
  ask_while_waiting(self)
  if self.folder:was_told "go" then
    self.folder:forget "go"
    self:go()
  end
  if self.folder:was_told "stop" then self:stop "user" end
end

--- Starts nothing more; see `dfota.fleet.scheduler`.
-- @tparam string reason
function Supervisor:stop(reason)
  self.scheduler:stop(reason)
  self:turn()
end

--- Follows nothing any more: nothing is begun, what is under way goes on by itself, and whoever goes on with the run
-- finds it.
function Supervisor:leave()
  if self.finished then return end
  self.scheduler:stop "hangup"
  for _, device in ipairs(self.devices) do
    if device.job then device.job:leave() else interrupt(self, device) end
  end
  finish(self)
end

local function clock_now()
  local seconds, microseconds = uv.gettimeofday()
  return { wall = seconds + microseconds / 1e6, now = core.now() }
end

-- No supervisor that is killed makes room for more starts than are allowed.
local function with_last_start(self, schedule)
  schedule = schedule or {}
  local last = schedule.gap_s and tries.last_start(self.folder)
  if not last then return schedule end
  return tables.with(schedule, { next_start = starts.next_after(schedule.gap_s, last, clock_now()) })
end

--- @tparam table options `folder` of the run; `devices` of the plan, each with its `number` in it and its `port`;
--   `words(device, what)` the program of a try and its arguments; `schedule`, options of `dfota.fleet.scheduler`;
--   `settled(device, since)`: what others know of a module that failed then, or whose outcome this run does not know:
--   "done", "failed", "safe" or nil (default: nothing), and the ledger's row if one says so; where the jobs are chains,
--   each device has its `target`;
--   `look_back(devices)` once it is known what was done before;
--   `pins`, a `dfota.fleet.pins`: no update is started with another package (default: it is not looked at);
--   `central`, a `dfota.fleet.central` if the run has a centre; `warn(words)` what people should know;
--   `second_of_day` of the window's time zone (default: local time); `on_event(device, event, is_old)`, where
--   `is_old` events were said to an earlier supervisor; `on_change(device, is_found)`, where `is_found` jobs were begun
--   by one; `on_end(rc)`
-- @treturn Supervisor whose `begin` starts it
function supervisor.new(options)
  local self = setmetatable({
    folder = options.folder, devices = options.devices, words = options.words,
    central = options.central, pins = options.pins, warn = options.warn,
    second_of_day = options.second_of_day or supervisor.second_of_day,
    on_event = options.on_event, on_change = options.on_change, on_end = options.on_end, timer = uv.new_timer(),
    telling = uv.new_timer(),
  }, Supervisor)
  occupant.keep_plan(self.devices)
  recall.all {
    folder = self.folder, devices = self.devices, clock = clock_now(), settled = options.settled or function() end,
    on_event = function(...) hear(self, ...) end, on_end = function(...) ended(self, ...) end,
  }
  if options.look_back then options.look_back(self.devices) end
  self.scheduler = scheduler.new(self.devices, with_last_start(self, options.schedule))
  return self
end

--- Begins, or goes on with what an earlier supervisor began. Returns at once: the loop of luv does the rest.
function Supervisor:begin()
  if self.folder:was_told "stop" then self.scheduler:stop "user" end -- since the claim
  for _, device in ipairs(self.devices) do
    if device.job or device.is_news then self.on_change(device, device.job ~= nil) end
    if device.job then device.job:follow() end
  end
  self.telling:start(TOLD_MS, TOLD_MS, function() look_if_told(self) end)
  self:turn()
end

return supervisor
