--- Plays one case from its first run to the last, and judges all of it.
local World = require "campaign.world"
local folder = require "support.folder"
local judge = require "campaign.judge"
local play_chain = require "campaign.play_chain"
local said = require "campaign.said"
local uv = require "luv"

local REST_S = 400 -- by then the module has done what it was going to do

local function trace_of(world)
  if world.trace_path and uv.fs_stat(world.trace_path) then return folder.read(world.trace_path) end
end

local function truth_of(world)
  return {
    revision = world.m.revision, rows = world:rows(), trace = trace_of(world),
    refusal = said.refusal(world.m, 0, math.huge),
  }
end

local function record(wrong, which, list)
  for _, why in ipairs(list) do wrong[#wrong + 1] = which .. ": " .. why end
end

-- What the module tells of the time of a run, for its judge.
local function witness(run, world)
  local m, from, to = world.m, run.triggered_at or run.began, run.ended
  run.last_word = said.last_word(m, from, to)
  run.last_sign = said.last_sign(m, from, to)
  run.changed_at = said.last_change(m, from, to)
  local bytes = table.concat(run.heard)
  run.odd_stage = said.odd_stage(bytes)
  run.failure = run.triggered_at and said.failure(m, from, to)
  if run.result and run.result.after then run.readings = said.readings(m, run.result.after, from, to, bytes) end
end

local function run_once(world, opts)
  local source = world.m.revision
  local run = world:run(opts)
  run.source, run.left = source, judge.left_behind(world)
  witness(run, world)
  return run
end

-- Did the module go on updating itself after the run had ended?
local function look_back(run, world, ended)
  run.went_on = run.pending or said.updates(world.m, run.ended + 0.001, ended)
end

-- The first run, and after a kill the next one.
local function first_runs(world, case)
  local runs = { run_once(world, { accidents = case.accidents }) }
  if runs[1].killed then
    world:pass(case.again_s or 0)
    look_back(runs[1], world, world.clock.t)
    world.wall = world.wall + (case.jump_s or 0)
    if case.other_boot then world.boot = "another" end
    runs[2] = run_once(world, { accidents = case.later, flow = case.flow and world.stage[case.flow] })
  end
  return runs
end

local function has_failed(runs)
  for _, run in ipairs(runs) do
    if (run.rc == 81 or run.rc == 82) and run.tx_triggers > 0 and run.result.recorded then return true end
  end
  return false
end

-- A package that failed on this module is not sent there again, unless somebody says so.
local function not_tried_again(world, case, runs)
  if not has_failed(runs) or world.m.revision ~= world.stage.SOURCE then return {} end
  local run = run_once(world)
  world:pass(REST_S)
  look_back(run, world, world.clock.t)
  -- One whose own fault stays may be gone again by then.
  return judge.run(run, truth_of(world), case, { 83, 84, (case.same or case.honest) and 69 or nil })
end

local function is_in_doubt(world)
  for _, row in ipairs(world:rows()) do
    if row.outcome == "unknown" and row.triggered and row.doubt then return world.m.revision == world.stage.SOURCE end
  end
  return false
end

-- After an unknown stage no later run triggers until watch.lua has settled it, however much later.
local function settle(world, wrong)
  if not is_in_doubt(world) then return end
  world:pass(3600)
  local again = run_once(world)
  if again.tx_triggers > 0 or again.rc ~= 80 then
    wrong[#wrong + 1] = ("run after an unknown stage: exit code %s, %d triggers"):format(again.rc, again.tx_triggers)
  end
  run_once(world, { flow = world.stage.watch })
  if is_in_doubt(world) then wrong[#wrong + 1] = "watch.lua did not settle an unknown stage" end
end

-- When everything is repaired the tool gets the module to the target, or says why not.
local function last_run(world, case)
  local run = run_once(world, { force = { "attempts" } })
  world:pass(REST_S)
  look_back(run, world, world.clock.t)
  local allowed = case.final or case.same and case.rc or { 0 }
  if case.same and not case.rc then allowed = nil end
  return run, truth_of(world), allowed
end

--- Plays a case.
-- @tparam table case see `campaign.cases`
-- @tparam Stage stage
-- @tparam integer number
-- @tparam[opt] function watched (direction, bytes, t) sees every byte
-- @treturn table `wrong` list of sentences; `rc` of the first run that ended; `virtual_s`; `runs`; `world`
return function(case, stage, number, watched)
  if case.chain then return play_chain(case, stage, number, watched) end
  local world = World.new(case, stage, number)
  world.watched = watched
  local wrong, runs = {}, first_runs(world, case)
  world:pass(REST_S)
  look_back(runs[#runs], world, world.clock.t)
  local truth = truth_of(world)
  for i, run in ipairs(runs) do
    truth.left = run.left
    record(wrong, "run " .. i, judge.run(run, truth, case, i == #runs and case.rc or nil))
  end
  world:calm()
  world:repair()
  record(wrong, "run after the failure", not_tried_again(world, case, runs))
  settle(world, wrong)
  local run, last, allowed = last_run(world, case)
  record(wrong, "last run", judge.run(run, last, case, allowed))
  record(wrong, "records", judge.records(last.rows))
  if case.untriggered and world.m.triggers > 0 then wrong[#wrong + 1] = "it was triggered" end
  local first = runs[#runs]
  runs[#runs + 1] = run
  return { wrong = wrong, rc = first.rc, virtual_s = world.clock.t, runs = runs, world = world }
end
