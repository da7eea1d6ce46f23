--- Plays a chain of two updates from its first run to the last, and judges all of it: each hop by what the simulated
-- module ran when that hop ended, never by what the tool believes.
local Stage = require "campaign.stage"
local World = require "campaign.world"
local bound = require "campaign.bound"

local REST_S = 400 -- by then the module has done what it was going to do
local HOPS = 2

-- What the module ran, and how often it had been triggered, at each event `hop` of a run.
local function watch_hops(world)
  local hops = {}
  world.on_event = function(event)
    if event.event ~= "hop" then return end
    if event.rc == nil then
      hops[#hops + 1] = { from = event.from, to = event.to, ran = world.m.revision, triggers = world.tx_triggers }
    else
      local hop = hops[#hops]
      hop.ended, hop.runs, hop.state = event, world.m.revision, world.m.state
      hop.triggered = world.tx_triggers - hop.triggers
    end
  end
  return hops
end

local function run_once(world, opts)
  local hops = watch_hops(world)
  local run = world:run(opts)
  run.hops, run.ran_at_end = hops, world.m.revision
  for _, hop in ipairs(hops) do
    hop.triggered = hop.triggered or world.tx_triggers - hop.triggers -- killed in it
  end
  return run
end

local checks = {}

function checks.a_run_has_one_result_and_it_is_the_last(run)
  local results = 0
  for _, event in ipairs(run.report.events) do
    if event.event == "result" then results = results + 1 end
  end
  if results ~= 1 or not run.result then return ("%d results"):format(results) end
  if run.result.rc ~= run.rc then return ("the exit code is %s, the result says %s"):format(run.rc, run.result.rc) end
end

function checks.no_hop_is_triggered_twice(run)
  for i, hop in ipairs(run.hops) do
    if hop.triggered > 1 then return ("hop %d: AT+QFOTADL was sent %d times"):format(i, hop.triggered) end
    if hop.triggered > 0 and hop.from ~= hop.ran then
      return ("hop %d: from %s, but %s ran"):format(i, hop.from, hop.ran)
    end
  end
  if run.tx_triggers > #run.hops then return "triggered outside a hop" end
end

function checks.a_hop_begins_only_if_the_one_before_ended_well(run)
  for i = 2, #run.hops do
    local before = run.hops[i - 1]
    local rc = before.ended and before.ended.rc
    if rc ~= 0 then return ("hop %d began behind one that ended with %s"):format(i, rc) end
    if before.to ~= run.hops[i].from then return "the hops do not join" end
  end
end

local UNTRIGGERED = { [69] = true, [74] = true, [78] = true, [83] = true, [84] = true, [130] = true }

local function presses(run)
  local times = 0
  for _, signal in ipairs(run.signalled) do times = times + (signal.name == "INT" and signal.times or 0) end
  return times
end

local function unknowable(run, hop)
  return hop.state ~= "ready" or run.gone_s > 0 or presses(run) >= 3
end

local truth = {}

truth[0] = function(_, hop) return hop.runs == hop.to end
truth[75] = function(_, hop) return hop.runs == hop.from end
truth[80] = unknowable
truth[81] = function(_, hop) return hop.runs == hop.from end
truth[82] = function(_, hop) return hop.runs ~= hop.to end

function checks.the_verdict_of_each_hop_is_true(run)
  for i, hop in ipairs(run.hops) do
    local rc = hop.ended and hop.ended.rc
    if rc and UNTRIGGERED[rc] and hop.triggered > 0 then return ("hop %d: %d behind its trigger"):format(i, rc) end
    if rc and not UNTRIGGERED[rc] and not truth[rc] then return ("hop %d ended with %d"):format(i, rc) end
    if rc and truth[rc] and not truth[rc](run, hop) then
      return ("hop %d, %s -> %s, ended with %d, and the module ran %s"):format(i, hop.from, hop.to, rc, hop.runs)
    end
  end
end

function checks.the_result_is_that_of_the_last_hop(run)
  local last = run.hops[#run.hops]
  if not last then return run.tx_triggers > 0 and "triggered without a hop" or nil end
  local rc = last.ended and last.ended.rc
  local stopped = (rc == 130 or rc == 0 and #run.hops < HOPS) and run.rc == 82 and #run.signalled > 0
  local between = stopped and run.tx_triggers > 0
  if rc ~= run.rc and not between then return ("the last hop ended with %s, the run with %s"):format(rc, run.rc) end
  if run.rc == 0 and last.to ~= Stage.NEXT then return "0 before the target" end
end

function checks.a_stop_says_whether_anything_was_changed(run)
  if run.rc == 130 and run.tx_triggers > 0 then return "130 behind a trigger" end
end

function checks.it_tells_the_revision_that_runs(run)
  local after = run.result and run.result.after
  if after and after ~= run.ran_at_end then return ("after is %s, the module ran %s"):format(after, run.ran_at_end) end
  local changed = run.result and run.result.changed
  if after and changed ~= (after ~= run.result.before) then return ("changed is %s"):format(changed) end
end

-- After a signal nothing is triggered, neither in its hop nor in the next, unless the point of no return was passed.
function checks.a_signal_ends_it(run)
  local signal = run.signalled[1]
  if not signal then return end
  local later = run.tx_triggers - signal.triggers
  if later > (signal.held and 1 or 0) then return ("%d triggers after a signal"):format(later) end
end

function checks.it_does_not_hang(run, case)
  local limit_s = (HOPS + 1) * (bound.before(run.set, run.retries, case.way) + bound.after(run.set))
  if run.ended - run.began > limit_s then return ("it took %.0f virtual seconds"):format(run.ended - run.began) end
end

local NAMES = {}
for name in pairs(checks) do NAMES[#NAMES + 1] = name end
table.sort(NAMES)

local EVEN_IF_KILLED = { no_hop_is_triggered_twice = true, a_hop_begins_only_if_the_one_before_ended_well = true }

local function judged(wrong, which, run, case)
  if run.fault then wrong[#wrong + 1] = ("%s raised: %s"):format(which, run.fault) end
  for _, name in ipairs(NAMES) do
    local skip = run.fault or run.killed and not EVEN_IF_KILLED[name]
    local why = not skip and checks[name](run, case)
    if why then wrong[#wrong + 1] = ("%s: %s: %s"):format(which, name:gsub("_", " "), why) end
  end
end

-- One row for each trigger, each with its end, each true.
local function judge_records(wrong, world, runs)
  local triggered, sent = 0, 0
  for _, run in ipairs(runs) do sent = sent + run.tx_triggers end
  local rows = world:rows()
  for _, row in ipairs(rows) do
    if row.triggered then triggered = triggered + 1 end
    if row.triggered and not row.finished then wrong[#wrong + 1] = "a triggered update has no end in the ledger" end
    if row.outcome == "updated" and row.after ~= row.to then
      wrong[#wrong + 1] = "the ledger says updated to " .. tostring(row.after)
    end
  end
  -- A record is on disk before its trigger is sent: a kill in between leaves one more.
  if triggered < sent then wrong[#wrong + 1] = ("%d triggers, and %d records of one"):format(sent, triggered) end
end

--- Plays a case.
-- @tparam table case see `campaign.chains`; `stays`: its fault stays, so the last run ends like the first
-- @tparam Stage stage
-- @tparam integer number
-- @tparam[opt] function watched (direction, bytes, t) sees every byte
-- @treturn table as of `campaign.play`
return function(case, stage, number, watched)
  local world = World.new(case, stage, number)
  world.watched = watched
  local wrong, runs = {}, { run_once(world, { accidents = case.accidents }) }
  if runs[1].killed then
    world:pass(case.again_s)
    runs[2] = run_once(world, {})
  end
  local first = runs[#runs]
  world:pass(REST_S)
  world:calm()
  world:repair()
  runs[#runs + 1] = run_once(world, { force = { "attempts" } })
  for i, run in ipairs(runs) do judged(wrong, "run " .. i, run, case) end
  local last = runs[#runs]
  local expected = case.stays and first.rc or 0
  if last.rc ~= expected then wrong[#wrong + 1] = ("when all was repaired it ended with %s"):format(last.rc) end
  if last.rc == 0 and world.m.revision ~= Stage.NEXT then wrong[#wrong + 1] = "0, but it runs " .. world.m.revision end
  judge_records(wrong, world, runs)
  return { wrong = wrong, rc = first.rc, virtual_s = world.clock.t, runs = runs, world = world }
end
