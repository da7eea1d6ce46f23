--- A night of accidents with a fleet, on a clock of its own: jobs and supervisors are killed, cables are pulled, the
--- ledger is locked or gone, and whoever comes next goes on. The scheduler and what a job means at its end are the real
--- ones; jobs and modules are played here, and each module knows the truth.
local Random = require "dfota.sim.random"
local canary = require "dfota.fleet.canary"
local fleet = require "support.fleet"
local heap = require "dfota.fleet.heap"
local judgement = require "dfota.fleet.judgement"
local scheduler = require "dfota.fleet.scheduler"

local accidents = {}

local LAST_S = 7 * 86400 -- nothing outlives a week
local BOUND_S = 1200 -- update_silence_s, recover_s and what else a job waits at most
local MEAN_S = 900 -- between two accidents

local World = {}
World.__index = World

local function check(fact, what) if not fact then error("a promise was broken: " .. what, 0) end end

local function at(world, seconds, fn, ...)
  world.events:add(world.now + seconds, table.pack(fn, ...))
end

local function new_device(random, number)
  local hops = random:chance(0.3) and random:integer(2, 3) or 1
  return {
    number = number, revision = "R" .. random:integer(1, 3), target = hops > 1 and hops or nil,
    module = { runs = 0, wants = hops, triggers = 0 },
  }
end

-- A job's end, as its supervisor hears of it; without one it is told to the next.
local function finish(world, job, result)
  if job.over then return end
  job.over, job.result = true, result
  world.active = world.active - 1
  if not world.scheduler then return end
  job.device.job, job.device.last = nil, job
  world.scheduler:ended(job.device, judgement.of(job.device, result), world.now)
  local is_left = job.device.was_told and job.device.state == "interrupted" and not select(2, world.scheduler:why_not())
  check(not is_left, "a job that was told to end before is not begun again")
end

-- The module writes its flash, whether or not anybody looks.
local function module_ends(world, module)
  module.updating = nil
  if module.fate == "ok" then module.runs = module.runs + 1 else module.failed = true end
  for _, watcher in ipairs(module.watchers) do watcher(world) end
end

local function trigger(world, device, then_tell)
  local module, random = device.module, world.random
  check(not module.updating, "a trigger during an update")
  check(module.runs < module.wants, "a trigger at the target")
  check(not module.failed, "a second trigger of a package that failed")
  module.triggers, module.updating, module.watchers = module.triggers + 1, true, { then_tell }
  local fate = random:unit()
  module.fate = fate < 0.92 and "ok" or fate < 0.97 and "failed" or "hung"
  if module.fate ~= "hung" then at(world, random:integer(60, 400), module_ends, module) end
end

local function after_of(module) return { rc = 0, retry = "none", after = module.runs } end

local prepare

-- What the job says of the end of one update: the end of it all, or that of a hop.
local function update_ended(world, job)
  local device = job.device
  local module = device.module
  if job.over then return end
  if module.failed then return finish(world, job, { rc = 81, retry = "after_fix" }) end
  if module.runs == module.wants then return finish(world, job, after_of(module)) end
  job.triggered = nil
  if world.scheduler and device.job == job then
    device.triggered = nil
    world.scheduler:next_hop(device)
  end
  if job.told then return finish(world, job, { rc = 130, retry = "safe" }) end
  prepare(world, job)
end

local function gives_up(world, job) finish(world, job, { rc = 80, retry = "never" }) end

local function triggers(world, job)
  if job.over or job.told then return end
  local device = job.device
  job.triggered = true
  device.more_hops = device.module.runs + 1 < device.module.wants
  if world.scheduler and device.job == job then
    device.triggered = true
    world.scheduler:triggered(device)
  end
  at(world, BOUND_S, gives_up, job)
  trigger(world, device, function() at(world, 5, update_ended, job) end)
end

-- Before its trigger a job may end for many reasons, the ledger's among them.
function prepare(world, job)
  local random, device = world.random, job.device
  if device.gone then return at(world, 1, finish, job, { rc = 74, retry = "after_fix", outcome = "not_started" }) end
  if world.now < world.ledger_back then
    local locked, broken = { rc = 75, retry = "safe" }, { rc = 78, retry = "after_fix" }
    return at(world, 30, finish, job, random:chance(0.5) and locked or broken)
  end
  local luck = random:unit()
  if luck < 0.06 then return at(world, 40, finish, job, { rc = 75, retry = "safe" }) end
  if luck < 0.08 then return at(world, 5, finish, job, { rc = 84, retry = "after_fix" }) end
  at(world, random:integer(20, 60), triggers, job)
end

local play = {}

function play.update(world, job)
  local module = job.device.module
  if module.runs == module.wants and not job.device.gone then return at(world, 1, finish, job, after_of(module)) end
  check(not module.updating, "an update of a module whose outcome is unknown")
  prepare(world, job)
end

local function watched(world, job)
  local module = job.device.module
  if module.failed or module.runs == 0 then return finish(world, job, { rc = 81, retry = "after_fix" }) end
  finish(world, job, after_of(module))
end

function play.watch(world, job)
  local device = job.device
  if device.gone then return at(world, 1, finish, job, { rc = 74, retry = "after_fix", outcome = "not_started" }) end
  at(world, BOUND_S, gives_up, job)
  if not device.module.updating then return at(world, 3, watched, job) end
  table.insert(device.module.watchers, function() at(world, 5, watched, job) end)
end

local function heard(world, job)
  job.heard = true
  if world.scheduler and job.device.job == job then job.device.heard = true end
end

local function begin(world, action)
  local device = action.device
  if action.what == "interrupt" then
    local job = device.job
    job.told = true
    if not job.triggered then at(world, 1, finish, job, { rc = 130, retry = "safe" }) end
    return
  end
  check(not (device.job and not device.job.over), "two jobs on one port")
  check(not select(2, world.scheduler:why_not()), "a job after the stop")
  if action.what == "update" then
    check(device.goes_first or not world.first_is_open(), "an update before those that go first are at their target")
  end
  world.active = world.active + 1
  check(world.active <= world.options.jobs, "more jobs than allowed")
  device.heard, device.triggered, device.more_hops, device.was_told, device.what = nil, nil, nil, nil, action.what
  device.job = { device = device, what = action.what }
  at(world, 0.1, heard, device.job)
  play[action.what](world, device.job)
end

-- What the run's folder tells the next supervisor of a device.
local function recall(device)
  local job = device.job or device.last
  if not job then return nil end
  device.what, device.heard, device.triggered = job.what, job.heard, job.triggered
  device.job = not job.over and job or nil
  if not job.over then return job.what == "watch" and "watching" or job.triggered and "triggered" or "running" end
  device.last = job
  return judgement.state_after(device, job.result)
end

local function resume(world, was_stopped)
  for _, device in ipairs(world.devices) do
    device.state = recall(device)
    device.was_told = was_stopped and device.job ~= nil
  end
  world.scheduler = scheduler.new(world.devices, world.options)
end

local accident = {}

function accident.kill_supervisor(world)
  if not world.scheduler then return end
  world.scheduler = nil
  at(world, world.random:integer(1, 900), resume)
end

-- And before that somebody stopped the run; whoever goes on does so at once.
function accident.stop_and_kill_supervisor(world)
  if not world.scheduler or select(2, world.scheduler:why_not()) then return end
  world.scheduler:stop "user"
  for _, action in ipairs((world.scheduler:step(world.now, world.now % 86400))) do begin(world, action) end
  world.scheduler = nil
  at(world, world.random:integer(0, 2), resume, true)
end

-- Somebody ends a job as Ctrl-C does. Before its trigger, and where it only watches, that ends it.
function accident.interrupt_job(world)
  local job = world.devices[world.random:integer(1, #world.devices)].job
  if not job or job.over or job.triggered then return end
  finish(world, job, { rc = 130, retry = "safe", outcome = "not_started" })
end

function accident.kill_job(world)
  local device = world.devices[world.random:integer(1, #world.devices)]
  if device.job and not device.job.over then finish(world, device.job, nil) end
end

-- A job that was triggered, or only watches, waits for the port as long as it may.
function accident.pull_a_cable(world)
  local device = world.devices[world.random:integer(1, #world.devices)]
  local job = device.job
  device.gone = true
  if not job or job.over or job.triggered or job.what == "watch" then return end
  finish(world, job, { rc = 74, retry = "after_fix", outcome = "not_started" })
end

function accident.lose_ledger(world) world.ledger_back = world.now + world.random:integer(10, 600) end

local KINDS = {
  "kill_supervisor", "kill_job", "kill_job", "kill_job", "pull_a_cable", "lose_ledger", "stop_and_kill_supervisor",
  "interrupt_job",
}

local function next_accident(world)
  accident[KINDS[world.random:integer(1, #KINDS)]](world)
  at(world, world.random:integer(1, 2 * MEAN_S), next_accident)
end

local function is_over(world) return world.scheduler ~= nil and world.scheduler:is_finished() end

local function turn(world)
  local wake
  if world.scheduler then
    local actions
    actions, wake = world.scheduler:step(world.now, world.now % 86400)
    for _, action in ipairs(actions) do begin(world, action) end
    if is_over(world) then return end
  end
  world.now = math.max(world.now, math.min(world.events:first_at() or math.huge, wake or math.huge))
  local event = world.events:take(world.now)
  if event then event[1](world, table.unpack(event, 2, event.n)) end
end

local function check_end(world)
  for _, device in ipairs(world.devices) do
    local is_there = device.module.runs == device.module.wants
    check(device.state ~= "done" or is_there, "done, and not at the target")
    check(device.state ~= "failed" or not is_there or device.gone, "failed, and at the target")
    check(not device.module.updating or device.state == "unknown", "an update under way that is not told as unknown")
    check(device.module.triggers <= device.module.wants, "more triggers than packages")
  end
  check(world.active == 0, "a job that outlives the run")
  return world.scheduler:counts()
end

--- Plays one night.
-- @param seed
-- @param count of modules
-- @param options of the scheduler; `canary`: so many go first; `stop_at_s`: when the user stops it
-- @return how many ended in which state; an error if a promise was broken
function accidents.play(seed, count, options)
  local random = Random.new(seed)
  local world = setmetatable({
    random = random, options = options, events = heap.new(), devices = {}, active = 0, now = random:integer(0, 86400),
    ledger_back = 0,
  }, World)
  for number = 1, count do world.devices[number] = new_device(random, number) end
  if options.canary then canary.mark(world.devices, options.canary) end
  world.first_is_open = fleet.first_is_open(world.devices)
  world.scheduler = scheduler.new(world.devices, options)
  local ends_by = world.now + LAST_S
  at(world, random:integer(1, MEAN_S), next_accident)
  if options.stop_at_s then
    at(world, options.stop_at_s, function()
      if world.scheduler then world.scheduler:stop "user" end
    end)
  end
  while not is_over(world) do
    check(world.now < ends_by, "an end that never comes")
    turn(world)
  end
  return check_end(world)
end

return accidents
