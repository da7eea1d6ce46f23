--- Which module of a fleet is updated when: devices and events in, what to start and what to interrupt out.
--
-- No I/O and no clock of its own, so that a night with a thousand gateways can be tried in seconds. The caller runs the
-- jobs, reports what became of each, and calls `step` whenever something happened or the time it was given has come.
--
-- The states of a device are those of `dfota.fleet.states`.
-- @module dfota.fleet.scheduler

local canary = require "dfota.fleet.canary"
local failure_limit = require "dfota.fleet.failure_limit"
local judgement = require "dfota.fleet.judgement"
local next_try = require "dfota.fleet.next_try"
local queue = require "dfota.fleet.queue"
local starts = require "dfota.fleet.starts"
local states = require "dfota.fleet.states"

local scheduler = {}

local Scheduler = {}
Scheduler.__index = Scheduler
Scheduler.__name = "dfota.fleet.scheduler"

local DEFAULTS = { jobs = 4, tries = 3, backoff_s = 60, backoff_cap_s = 3600, gap_s = 0 }

-- For these reasons nothing is interrupted.
local GOES_ON = { package = true, hangup = true }

local OK, UNKNOWN, INTERRUPTED = 0, 80, 130 -- exit codes of a job (contract)

local function move(self, device, state) self.states:move(device, state) end

-- What an earlier run left is not done again; an outcome that nobody knows is settled before anything else, and watched
-- as often as if nobody had before.
local function admit(self, device, again)
  local before = device.state
  local note = { at = self.next_try:recall(device), unsettled = before == "unknown" }
  device.state, self.notes[device] = nil, note
  if states.ACTIVE[before] then self.jobs = self.jobs + 1 end
  local is_over = before == "done" or before == "failed" and (not again or device.barred)
  if states.ACTIVE[before] or is_over then return move(self, device, before) end
  move(self, device, "waiting")
  note.has_failed = before == "failed"
end

-- Of those that go first, too, none is begun if one has failed.
local function line_up(self)
  local gate, updates = canary.gate(self.devices), 0
  self.gate, self.queue = gate, queue.new(gate.left > 0)
  for _, device in ipairs(self.devices) do
    if device.state == "waiting" and self.notes[device].unsettled then
      self.queue:add_watch(0, device)
    elseif device.state == "waiting" then
      updates = updates + 1
      self.queue:add_update(self.notes[device].at, device, gate:lets(device) and not gate.has_failed)
    end
  end
  if gate.has_any and gate.left == 0 and updates > 0 and self.options.pause then self:hold "canary" end
end

local function stop_for_canary(self)
  if self.gate.has_failed and self.states.count.watching == 0 and not self.queue:watch_at() then self:stop "canary" end
end

--- @tparam {table,...} devices in the order of the plan; of each `goes_first` (all others wait until it is at its
--   target), and `state` as an earlier supervisor left it: "done", "failed", "unknown", "running", "triggered",
--   "watching" or nil; `tries_before` and `tried_at` as of `dfota.fleet.next_try`; while a job of several updates runs,
--   `more_hops`: the one under way is not the last. Only `state` is changed.
-- @tparam[opt] table options `jobs` at a time; `tries` of an update that is safe to repeat; `backoff_s` before the
--   second one, doubled each time up to `backoff_cap_s`; `gap_s` between two starts, `rate` if that is the
--   reason, `next_start` as of `dfota.fleet.starts`; `pause` after those that go first, also if they have ended
--   already; `max_fail` and `window` (see `dfota.fleet.limits`); `again`: also those that failed and are not `barred`
-- @treturn Scheduler
function scheduler.new(devices, options)
  local self = setmetatable({
    options = setmetatable(options or {}, { __index = DEFAULTS }), devices = devices, notes = {}, interrupts = {},
    states = states.new(), jobs = 0,
  }, Scheduler)
  self.next_try = next_try.new(self.options)
  self.starts = starts.new(self.options)
  for _, device in ipairs(devices) do admit(self, device, self.options.again) end
  line_up(self)
  local function is_unsettled(device) return self.notes[device].unsettled end
  self.failures = failure_limit.new(self.options.max_fail, devices, is_unsettled)
  stop_for_canary(self)
  return self
end

local function start(self, device, state, now)
  move(self, device, state)
  self.jobs = self.jobs + 1
  if state == "running" then self.starts:begun(now) end
  return { what = state == "running" and "update" or "watch", device = device }
end

local function is_held(self) return self.held ~= nil or self.gate.has_failed end

local function may_update(self, now, second_of_day)
  return not is_held(self) and self.starts:at(now, second_of_day) <= now
end

-- Watching changes nothing on a module: no window, no canary and no pause holds it back.
local function next_job(self, now, second_of_day)
  local device = self.queue:take_watch(now)
  if device then return start(self, device, "watching", now) end
  if not may_update(self, now, second_of_day) then return nil end
  device = self.queue:take_update(now)
  return device and start(self, device, "running", now)
end

local function wake_at(self, now, second_of_day)
  if self.stopped or self.jobs >= self.options.jobs then return nil end
  local watch, update = self.queue:watch_at(), nil
  if not is_held(self) and self.queue:update_at() then
    update = math.max(self.queue:update_at(), self.starts:at(now, second_of_day))
  end
  return watch and math.min(watch, update or watch) or update
end

--- What is to be done now.
-- @tparam number now seconds, monotonic
-- @tparam number second_of_day of the window's time zone
-- @treturn {table,...} each with `what` ("update", "watch" or "interrupt") and `device`, in the order in which to act
-- @treturn number|nil when to call it again (on the same clock) if nothing happens until then
function Scheduler:step(now, second_of_day)
  local actions = self.interrupts
  self.interrupts = {}
  while not self.stopped and self.jobs < self.options.jobs do
    local action = next_job(self, now, second_of_day)
    if not action then break end
    actions[#actions + 1] = action
  end
  return actions, wake_at(self, now, second_of_day)
end

--- What those wait for that might be begun, if it is not for others to end.
-- @tparam number now
-- @tparam number second_of_day
-- @treturn string|nil "pause", "window", "rate" or "backoff"
-- @treturn number|nil when that is over, on the clock of `step`; nil: when somebody says so
function Scheduler:waits_for(now, second_of_day)
  if self.stopped or self.states.count.waiting == 0 or self.jobs >= self.options.jobs then return nil end
  if self.held then return "pause" end
  local update, watch = self.queue:update_at(), self.queue:watch_at()
  local opens_in, spread_until = self.starts:opens_in_s(second_of_day), self.starts:spread_until(now)
  if update and opens_in > 0 then return "window", now + opens_in end
  local first = math.min(update or math.huge, watch or math.huge)
  if self.jobs == 0 and first > now and first < math.huge then return "backoff", first end
  if update and update <= now and self.options.rate and spread_until then return "rate", spread_until end
end

--- A job passed its trigger: from here on it is followed to its end.
function Scheduler:triggered(device)
  if device.state == "running" then move(self, device, "triggered") end
end

--- A job of several updates begins the next one: it is before a trigger again.
function Scheduler:next_hop(device)
  if device.state == "triggered" then move(self, device, "running") end
end

-- Behind those that go first, unless it is one of them.
local function update_later(self, device, at)
  move(self, device, "waiting")
  self.queue:add_update(at, device, self.gate:lets(device))
end

local function watch_later(self, device, at)
  move(self, device, "waiting")
  self.queue:add_watch(at, device)
end

local function try_again(self, device, later, now, otherwise)
  local at = self.next_try:add(device, now)
  if self.stopped or not at then return move(self, device, otherwise) end
  later(self, device, at)
end

-- The next look at a module whose outcome nobody knows comes at once: its flash may be written at this moment.
local function watch_next(self, device, was, now)
  local note = self.notes[device]
  note.unsettled = true
  if was == "watching" then return try_again(self, device, watch_later, now, "unknown") end
  self.next_try:anew(device)
  if self.stopped then return move(self, device, "unknown") end
  watch_later(self, device, now)
end

-- One that was told to end in the run that was stopped before is begun again in the one that goes on.
local function interrupted(self, device, now)
  if device.was_told and not self.stopped then return update_later(self, device, now) end
  move(self, device, "interrupted")
end

local function settle(self, device, result, now)
  local was, note = device.state, self.notes[device]
  note.unsettled, note.has_failed = nil, nil
  if result and result.rc == OK then return move(self, device, "done") end
  if not result or result.rc == UNKNOWN then return watch_next(self, device, was, now) end
  if was == "watching" and judgement.saw_nothing(result) then return watch_next(self, device, was, now) end
  if result.rc == INTERRUPTED then return interrupted(self, device, now) end
  if result.retry == "safe" then return try_again(self, device, update_later, now, "safe") end
  move(self, device, "failed")
end

-- Once those that go first are at their target, nobody waits behind them any more.
local function judge_canary(self, device)
  local verdict = self.gate:judge(device)
  if verdict ~= "passed" then return verdict and self:stop(verdict) end
  self.queue:let_go()
  if self.options.pause then self:hold "canary" end
end

--- A job ended: its process has exited and all that it said was read.
-- @tparam table device
-- @tparam table|nil result `rc`, `retry` and `outcome` of its result; nil if it ended without one
-- @tparam number now seconds, monotonic
function Scheduler:ended(device, result, now)
  if not states.ACTIVE[device.state] then error("no job of this device is active", 2) end
  self.jobs = self.jobs - 1
  settle(self, device, result, now)
  if self.stopped == "package" and judgement.blames_package(result) then return end -- no fault of the module's
  if self.failures:add(device, self.notes[device].unsettled) then self:stop "max_fail" end
  judge_canary(self, device)
  stop_for_canary(self)
end

-- Of one whose turn does not come any more it is said what is known: it failed before, or nobody knows its outcome.
local function give_up(self, device)
  local note = self.notes[device]
  local known = note.unsettled and "unknown" or note.has_failed and "failed"
  if known and device.state == "waiting" then move(self, device, known) end
end

--- A job that `step` started was not begun after all: its module waits again.
function Scheduler:not_begun(device)
  self.jobs = self.jobs - 1
  update_later(self, device, 0)
  if self.stopped then give_up(self, device) end
end

local function interrupt_all(self)
  for _, device in ipairs(self.devices) do
    if device.state == "running" or device.state == "triggered" and device.more_hops then
      table.insert(self.interrupts, { what = "interrupt", device = device })
    end
  end
end

--- Starts nothing more, and interrupts what is not triggered yet; what is triggered is followed to its end. A job with
-- `more_hops` is told too: it ends after the update that is triggered. There is no way back in this run.
-- @tparam string reason "user", "max_fail", "canary", "interrupted" or "brake"; "package", of which only another is
--   left: what was begun with the right one goes on, unless it is stopped for one of the others; or "hangup": nobody
--   follows any more, and what was begun goes on by itself
function Scheduler:stop(reason)
  if self.stopped and (self.stopped ~= "package" or reason == "package") then return end
  self.stopped = reason
  for _, device in ipairs(self.devices) do give_up(self, device) end
  if not GOES_ON[reason] then interrupt_all(self) end
end

--- Starts no update until `resume`.
-- @tparam string reason "canary" or "user"
function Scheduler:hold(reason) self.held = self.held or reason end

--- Goes on after `hold`.
function Scheduler:resume() self.held = nil end

--- Why nothing is started: the reason of `stop` or `hold`.
-- @treturn string|nil
-- @treturn boolean true if it is for good
function Scheduler:why_not()
  if self.stopped then return self.stopped, true end
  return self.held, false
end

--- Is there nothing more to do, and nothing to wait for?
-- @treturn boolean
function Scheduler:is_finished()
  if self.jobs > 0 or #self.interrupts > 0 then return false end
  return self.stopped ~= nil or self.states.count.waiting == 0
end

--- How many devices are in which state.
-- @treturn table state → number, every state named
function Scheduler:counts() return self.states:counts() end

--- The exit code of the run.
-- @treturn integer as of `dfota.fleet.judgement`
function Scheduler:rc() return judgement.of_run(self.states.count, self.stopped, self.devices) end

return scheduler
