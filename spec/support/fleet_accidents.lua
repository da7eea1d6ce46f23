--- Nights of accidents with a fleet, on a clock of their own: jobs and supervisors are killed, cables are pulled, the
--- ledger is locked or gone, a disk is full so that words are lost, and whoever comes next goes on, trying again what
--- failed or not, or begins a new run. The scheduler, what a job means at its end and what the ledger knows of the past
--- are the real ones; jobs, modules and rows of the ledger are played here, and each module knows the truth.
local Random = require "dfota.sim.random"
local canary = require "dfota.fleet.canary"
local fleet = require "support.fleet"
local heap = require "dfota.fleet.heap"
local judgement = require "dfota.fleet.judgement"
local next_try = require "dfota.fleet.next_try"
local past = require "dfota.fleet.past"
local scheduler = require "dfota.fleet.scheduler"
local tables = require "dfota.base.tables"

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
    port = tostring(number), imei = tostring(number), said = {}, round = 0, said_to_others = 0,
    module = { runs = 0, wants = hops, triggers = 0 },
  }
end

local function is_ledger_there(world) return world.now >= world.ledger_back end

local function is_disk_full(world) return world.now < world.room_back end

-- What a row of the ledger says of the last update that was triggered on a module.
local ROWS = {
  open = { triggered = 1 }, unknown = { triggered = 1, outcome = "unknown", rc = 80 },
  failed = { triggered = 1, outcome = "failed_on_source", rc = 81 },
  updated = { triggered = 1, outcome = "updated", rc = 0 },
}

local function row_of(device)
  return device.row and tables.with(ROWS[device.row], { after = device.row == "updated" and device.row_after or nil })
end

-- The ledger as a fleet looks at it.
local function book_of(world)
  local by_imei = {}
  for _, device in ipairs(world.devices) do by_imei[device.imei] = device end
  return {
    rows = function(_, wanted) return { row_of(by_imei[wanted.imei]) } end,
    open_on = function(_, _, imei)
      local row = row_of(by_imei[imei])
      return row and (row.outcome == nil or row.outcome == "unknown") and row or nil
    end,
  }
end

-- Puts the end of an update on record, if the ledger is there.
local function record(world, device, result)
  if not is_ledger_there(world) then
    result.recorded = false
    return result
  end
  local ended = result.rc == 0 and "updated" or result.rc == 80 and "unknown" or "failed"
  device.row, device.row_after, result.recorded = ended, result.after, true
  return result
end

-- Whoever began a job is told its exit code. Behind a gap nothing is said any more.
local function exit_of(world, job, result)
  local rc = result and result.rc
  if rc == 0 and job.is_lost then rc = 1 end
  return { rc = world.scheduler == job.parent and rc or nil, is_lost = job.is_lost or false }
end

-- A job says something, or it is lost.
local function says(world, job)
  job.is_lost = job.is_lost or is_disk_full(world)
  return not job.is_lost
end

-- A job's end, as its supervisor hears of it; without one it is told to the next.
local function finish(world, job, result)
  if job.over then return end
  local is_said = says(world, job) and result
  job.over, job.result, job.exit = true, is_said or nil, exit_of(world, job, result)
  table.insert(job.device.said, {
    steps = job.triggered and { { name = "trigger" } } or {}, result = job.result, finished = world.now,
  })
  world.active = world.active - 1
  if not world.scheduler then return end
  job.device.job, job.device.last = nil, job
  world.scheduler:ended(job.device, judgement.of(job.device, job.result, job.exit), world.now)
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
  local ended = record(world, device, module.failed and { rc = 81, retry = "after_fix" } or after_of(module))
  if module.failed or module.runs == module.wants then return finish(world, job, ended) end
  job.is_triggered = nil
  if says(world, job) then
    job.triggered = nil
    if world.scheduler and device.job == job then
      device.triggered = nil
      world.scheduler:next_hop(device)
    end
  end
  if job.told then return finish(world, job, { rc = 130, retry = "safe" }) end
  prepare(world, job)
end

local function gives_up(world, job)
  if not job.over then finish(world, job, record(world, job.device, { rc = 80, retry = "never" })) end
end

local function without_ledger(random)
  return random:chance(0.5) and { rc = 75, retry = "safe" } or { rc = 78, retry = "after_fix", outcome = "not_started" }
end

-- The record of the trigger is on disk before it, or there is none.
local function triggers(world, job)
  if job.over or job.told then return end
  local device = job.device
  if not is_ledger_there(world) then return finish(world, job, without_ledger(world.random)) end
  device.row, job.is_triggered = "open", true
  if says(world, job) then
    job.triggered, device.more_hops = true, device.module.runs + 1 < device.module.wants
    if world.scheduler and device.job == job then
      device.triggered = true
      world.scheduler:triggered(device)
    end
  end
  at(world, BOUND_S, gives_up, job)
  trigger(world, device, function() at(world, 5, update_ended, job) end)
end

-- Before its trigger a job may end for many reasons, the ledger's among them.
function prepare(world, job)
  local random, device = world.random, job.device
  if device.gone then return at(world, 1, finish, job, { rc = 74, retry = "after_fix", outcome = "not_started" }) end
  if not is_ledger_there(world) then return at(world, 30, finish, job, without_ledger(random)) end
  local luck = random:unit()
  if luck < 0.06 then return at(world, 40, finish, job, { rc = 75, retry = "safe" }) end
  if luck < 0.08 then return at(world, 5, finish, job, { rc = 84, retry = "after_fix" }) end
  at(world, random:integer(20, 60), triggers, job)
end

local play = {}

-- What a watch finds it records, whoever triggered.
local function watched(world, job)
  if job.over then return end
  local module = job.device.module
  local is_on_source = module.failed or module.runs == 0
  finish(world, job, record(world, job.device, is_on_source and { rc = 82, retry = "after_fix" } or after_of(module)))
end

local function listen(world, job)
  at(world, BOUND_S, gives_up, job)
  if not job.device.module.updating then return at(world, 3, watched, job) end
  table.insert(job.device.module.watchers, function() at(world, 5, watched, job) end)
end

-- What update.lua finds open it closes by what runs, as one that may be tried again; what is under way it follows.
local function take_up(device)
  if device.row ~= "open" and device.row ~= "unknown" then return end
  device.row = device.module.runs == 0 and "updated" or "source"
end

ROWS.source = { triggered = 1, outcome = "failed_on_source", rc = 75 }

function play.update(world, job)
  local device = job.device
  local module = device.module
  if device.gone then return prepare(world, job) end
  if module.runs == module.wants then return at(world, 1, finish, job, after_of(module)) end
  if not is_ledger_there(world) then return prepare(world, job) end
  if module.updating then return listen(world, job) end
  take_up(device)
  if device.row == "failed" then -- gate `attempts`
    return at(world, 5, finish, job, { rc = 84, retry = "after_fix", outcome = "not_started" })
  end
  prepare(world, job)
end

function play.watch(world, job)
  local nobody = { rc = 74, retry = "after_fix", outcome = "not_started" }
  if job.device.gone then return at(world, 1, finish, job, nobody) end
  listen(world, job)
end

local function heard(world, job)
  if job.over or not says(world, job) then return end
  job.heard = true
  if world.scheduler and job.device.job == job then job.device.heard = true end
end

-- What could not be begun may have stopped the run, and the rest of this step with it.
local function leave(world, action)
  if action.what == "update" then return world.scheduler:not_begun(action.device) end
  world.scheduler:ended(action.device, { rc = 80 }, world.now)
end

-- Those that count, whoever began them.
local function tries_of(device) return next_try.counted({ table.unpack(device.said, device.said_to_others + 1) }) end

local function begin(world, action)
  local device = action.device
  if action.what == "interrupt" then
    local job = device.job
    if not job then return end
    job.told, device.interrupted = true, true
    if not job.is_triggered and job.what == "update" then at(world, 1, finish, job, { rc = 130, retry = "safe" }) end
    return
  end
  check(not (device.job and not device.job.over), "two jobs on one port")
  if select(2, world.scheduler:why_not()) then return leave(world, action) end
  if action.what == "update" then
    check(tries_of(device) - device.round < world.options.tries, "more tries than there are, over all supervisors")
    check(device.goes_first or not world.first_is_open(), "an update before those that go first are at their target")
  end
  if is_disk_full(world) then -- it is not even begun
    local retry = action.what == "update" and "safe" or "after_fix"
    return world.scheduler:ended(device, { rc = 74, retry = retry, outcome = "not_started" }, world.now)
  end
  world.active = world.active + 1
  check(world.active <= world.options.jobs, "more jobs than allowed")
  for _, name in ipairs { "heard", "triggered", "more_hops", "interrupted", "was_told" } do device[name] = nil end
  device.what = action.what
  device.job = { device = device, what = action.what, parent = world.scheduler }
  at(world, 0.1, heard, device.job)
  play[action.what](world, device.job)
end

-- What the run's folder, and the ledger, tell the next supervisor of a device.
local function recall(world, device)
  local job = device.job or device.last
  device.barred = nil
  if not job then return device.first_state end
  device.what, device.heard, device.triggered, device.interrupted = job.what, job.heard, job.triggered, nil
  device.job = not job.over and job or nil
  if not job.over then return job.what == "watch" and "watching" or job.triggered and "triggered" or "running" end
  device.last = job
  local state = judgement.state_after(device, job.result, job.exit)
  device.barred = judgement.bars_another_try(device, job.result, job.exit)
  if state ~= "unknown" or not is_ledger_there(world) then return state end
  return past.settled(book_of(world), device.imei, "night", device.target) or state
end

local function new_scheduler(world, again)
  world.scheduler = scheduler.new(world.devices, tables.with(world.options, { again = again }))
end

local function resume(world, was_stopped)
  local again = world.random:chance(0.4)
  for _, device in ipairs(world.devices) do
    device.state = recall(world, device)
    device.was_told = was_stopped and device.job ~= nil
    device.tries_before, device.tried_at = tries_of(device)
    device.round = device.tries_before - device.tries_before % world.options.tries
  end
  new_scheduler(world, again)
end

-- Of another run nothing is known but what the ledger says.
local function begin_another(world)
  world.now, world.first_is_open = math.max(world.now, world.ledger_back), function() return false end
  for _, device in ipairs(world.devices) do
    device.job, device.last, device.barred, device.goes_first = nil, nil, nil, nil
    device.state, device.tries_before, device.round, device.said_to_others = nil, nil, 0, #device.said
  end
  assert(past.mark_open(world.devices, book_of(world)))
  for _, device in ipairs(world.devices) do device.first_state = device.state end
  new_scheduler(world)
end

local accident = {}

function accident.kill_supervisor(world)
  if not world.scheduler then return end
  world.scheduler = nil
  at(world, world.random:integer(1, 900), resume)
end

-- Its terminal hangs up: it ends by itself, and its jobs go on.
function accident.hang_up(world)
  if not world.scheduler then return end
  world.scheduler:stop "hangup"
  local actions = world.scheduler:step(world.now, world.now % 86400)
  check(actions[1] == nil, "something begun or interrupted behind the hang-up")
  check(world.active == 0 or world.scheduler:rc() ~= 0, "success although jobs are under way")
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
  if not job or job.over or job.is_triggered then return end
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

function accident.fill_disk(world) world.room_back = world.now + world.random:integer(10, 600) end

-- One disk for all.
function accident.fill_both(world)
  accident.fill_disk(world)
  world.ledger_back = world.room_back
end

local KINDS = {
  "kill_supervisor", "kill_job", "kill_job", "kill_job", "pull_a_cable", "lose_ledger", "fill_disk", "fill_both",
  "stop_and_kill_supervisor", "hang_up", "interrupt_job",
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
    local was_asked = not device.gone and (device.last == nil or device.last.heard) -- a job may be killed as it begins
    check(device.state ~= "failed" or not is_there or not was_asked, "failed, and at the target")
    check(device.row ~= "updated" or device.module.runs == device.row_after, "the ledger says updated, and it is not")
    check(device.row ~= "failed" or not is_there, "the ledger says failed, and it is at the target")
    check(not device.module.updating or device.state == "unknown", "an update under way that is not told as unknown")
    check(device.module.triggers <= device.module.wants, "more triggers than packages")
  end
  check(world.active == 0, "a job that outlives the run")
  return world.scheduler:counts()
end

local function new_world(seed, count, options)
  local random = Random.new(seed)
  local world = setmetatable({
    random = random, options = options, events = heap.new(), devices = {}, active = 0, now = random:integer(0, 86400),
    ledger_back = 0, room_back = 0,
  }, World)
  for number = 1, count do world.devices[number] = new_device(random, number) end
  if options.canary then canary.mark(world.devices, options.canary) end
  world.first_is_open = fleet.first_is_open(world.devices)
  new_scheduler(world)
  return world
end

local function to_its_end(world, ends_by)
  while not is_over(world) do
    check(world.now < ends_by, "an end that never comes")
    turn(world)
  end
  return check_end(world)
end

--- Plays one night, and what comes after it: others go on with the run, or begin another.
-- @param seed
-- @param count of modules
-- @param options of the scheduler; `canary`: so many go first; `stop_at_s`: when the user stops it
-- @return how many ended in which state; an error if a promise was broken
function accidents.play(seed, count, options)
  local world = new_world(seed, count, options)
  local ends_by = world.now + LAST_S
  at(world, world.random:integer(1, MEAN_S), next_accident)
  if options.stop_at_s then
    at(world, options.stop_at_s, function()
      if world.scheduler then world.scheduler:stop "user" end
    end)
  end
  local counts = to_its_end(world, ends_by)
  for _, go_on in ipairs { resume, begin_another } do
    if world.random:chance(0.5) then
      go_on(world)
      counts = to_its_end(world, ends_by)
    end
  end
  return counts
end

return accidents
