--- A night with a fleet, on a clock of its own: every module has a fate by seed, and whatever the scheduler does is
--- held against what a fleet is promised.
local Random = require "dfota.sim.random"
local canary = require "dfota.fleet.canary"
local heap = require "dfota.fleet.heap"
local scheduler = require "dfota.fleet.scheduler"

local fleet = {}

local DAY_S, LAST_S = 86400, 30 * 86400
local OK, SAFE, FAILED = { rc = 0, retry = "none" }, { rc = 75, retry = "safe" }, { rc = 81, retry = "after_fix" }
local UNKNOWN, INTERRUPTED = { rc = 80, retry = "never" }, { rc = 130, retry = "safe" }
local FATES = { { 0.90, { OK } }, { 0.94, { SAFE, OK } }, { 0.96, { SAFE, SAFE, SAFE } }, { 0.98, { FAILED } },
  { 0.99, { UNKNOWN, OK } }, { 1, { UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN } } }

local function fate(random)
  local at = random:unit()
  for _, row in ipairs(FATES) do
    if at <= row[1] then return row[2] end
  end
end

local function new_devices(random, count)
  local devices = {}
  for i = 1, count do
    devices[i] = {
      revision = "R" .. random:integer(1, 3), failed_before = random:chance(0.02), fate = fate(random), tried = 0,
    }
  end
  return devices
end

local function check(fact, what) if not fact then error("the scheduler broke a promise: " .. what, 0) end end

--- Asks whether some that go first are not at their target.
-- @tparam {table,...} devices
-- @treturn function
function fleet.first_is_open(devices)
  return function()
    for _, device in ipairs(devices) do
      if device.goes_first and device.state ~= "done" then return true end
    end
    return false
  end
end

-- One gateway: its devices, its scheduler, the events that are to come, and what is active.
local function check_update(world, device)
  check(not world.scheduler.stopped, "an update after the stop")
  check(not device.updated, "an update of a module that is done")
  check(not device.unsettled, "an update of a module whose outcome is unknown")
  check(device.tried < world.options.tries + #device.fate, "more tries than allowed")
  check(device.goes_first or not world.first_is_open(), "an update before those that go first are at their target")
end

local function begin(world, action)
  local device, random = action.device, world.random
  if action.what == "interrupt" then
    check(not device.triggered, "an interruption after the trigger")
    device.interrupted = true
    return world.events:add(world.now + 1, { device, "end" })
  end
  world.active = world.active + 1
  check(world.active <= world.options.jobs, "more jobs at a time than allowed")
  if action.what == "update" then check_update(world, device) end
  device.run = (device.run or 0) + 1
  device.triggered, device.interrupted = action.what == "watch", nil
  local takes_s = random:integer(100, 900)
  if action.what == "update" then world.events:add(world.now + takes_s // 2, { device, "trigger", device.run }) end
  world.events:add(world.now + takes_s, { device, "end", device.run })
end

local function result_of(device)
  if device.interrupted and not device.triggered then return INTERRUPTED end
  device.tried = device.tried + 1
  return device.fate[device.tried] or OK
end

local function happen(world, event)
  local device, what, run = event[1], event[2], event[3]
  if not device.run or run and run ~= device.run or device.ended_run == device.run then return end
  if what == "trigger" then
    if device.interrupted then return end
    device.triggered = true
    return world.scheduler:triggered(device)
  end
  local result = result_of(device)
  device.ended_run, device.updated, device.unsettled = device.run, result == OK, result == UNKNOWN
  world.active = world.active - 1
  world.scheduler:ended(device, result, world.now)
end

local function turn(world)
  local actions, wake = world.scheduler:step(world.now, world.now % DAY_S)
  for _, action in ipairs(actions) do begin(world, action) end
  local event_at = world.events:first_at()
  local next_at = math.min(event_at or math.huge, wake or math.huge)
  if next_at == math.huge then return false end
  world.now = math.max(world.now, next_at)
  local event = world.events:take(world.now)
  while event do
    happen(world, event)
    event = world.events:take(world.now)
  end
  return true
end

local function truth(devices)
  local counts = { done = 0, unknown = 0 }
  for _, device in ipairs(devices) do
    if device.updated then counts.done = counts.done + 1 end
    if device.unsettled then counts.unknown = counts.unknown + 1 end
  end
  return counts
end

local function check_end(world, devices)
  local counts, real = world.scheduler:counts(), truth(devices)
  check(world.scheduler:is_finished(), "an end that never comes")
  check(world.active == 0, "a job that is forgotten")
  check(counts.done == real.done, "more or fewer done than there are")
  check(counts.unknown == real.unknown, "an unknown outcome that is not told")
  check(world.scheduler:rc() ~= 0 or counts.done == #devices, "success without every module at its target")
  return counts
end

--- Plays one gateway's night.
-- @tparam integer seed
-- @tparam integer count of modules
-- @tparam table options of the scheduler; `canary`: so many go first; `stop_at_s`: when the user stops it
-- @treturn table how many ended in which state
-- @treturn integer the exit code
function fleet.play(seed, count, options)
  local random = Random.new(seed)
  local devices = new_devices(random, count)
  if options.canary then canary.mark(devices, options.canary) end
  local world = {
    random = random, options = options, scheduler = scheduler.new(devices, options), events = heap.new(), active = 0,
    now = random:integer(0, DAY_S), first_is_open = fleet.first_is_open(devices),
  }
  local stop_at = options.stop_at_s and world.now + options.stop_at_s
  while not world.scheduler:is_finished() and world.now < LAST_S do
    if stop_at and world.now >= stop_at then world.scheduler:stop "user" end
    if not turn(world) then break end
  end
  return check_end(world, devices), world.scheduler:rc()
end

return fleet
