--- Plays the trace of a case's first run to the same flow, as `scripts/replay.lua` does: it must come to the same
-- verdict, or a failure from the field could not be looked at again.
local Player = require "dfota.sim.player"
local World = require "campaign.world"
local reader = require "dfota.trace.reader"
local script_of = require "dfota.trace.script"

-- What befalls the line is in the trace. What befalls the host, its ledger or its port is not.
local OF_THE_LINE = { command = true, echo = true, chunk = true, split = true }

-- A byte of an APN's password that was damaged on the line is a star in the trace like all the others.
local function may_be_masked(case, accident)
  return case.way == "url" and accident.how == "garble" and accident.kind ~= "chunk"
end

local function is_of_the_line(case)
  for _, accident in ipairs(case.accidents or {}) do
    if not OF_THE_LINE[accident.kind] or may_be_masked(case, accident) then return false end
  end
  return true
end

local function script_in(path)
  local runs = assert(reader.read(path))
  return script_of((reader.entries(runs[1])))
end

-- The same case, but for what was done to its module and line.
local function same_host(case)
  local copy = {}
  for name, value in pairs(case) do copy[name] = value end
  copy.accidents, copy.trace, copy.spec = nil, nil, nil
  return copy
end

local function verdict_of(run)
  local result = run.result
  return result and ("%d, %s, code %s, after %s"):format(
    run.rc, result.outcome, tostring(result.code), tostring(result.after)) or "none: " .. tostring(run.fault)
end

local replay = {}

--- Can the trace of this case alone lead to the same verdict?
-- @tparam table case
-- @tparam table run its first run
function replay.is_possible(case, run)
  return run.result ~= nil and not run.killed and is_of_the_line(case)
end

--- Replays the first run of a case that was played with a trace.
-- @tparam table case with `trace`
-- @tparam table played of `campaign.play`
-- @tparam Stage stage another one than it was played on: its ledger knows nothing of this module
-- @tparam integer number
-- @treturn {string,...} what is wrong
function replay.play(case, played, stage, number)
  local world = World.new(same_host(case), stage, number)
  world.m = Player.new(script_in(played.world.trace_path))
  local run = world:run()
  local was, is = verdict_of(played.runs[1]), verdict_of(run)
  if was == is then return {} end
  local wrong = { ("replay: the verdict was %s, and its trace replayed gives %s"):format(was, is) }
  for _, text in ipairs(world.m:differences()) do wrong[#wrong + 1] = "replay: " .. text end
  return wrong
end

return replay
