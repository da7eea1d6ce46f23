--- A run, from its flow to its one result.
--
-- Before the trigger everything that was changed is undone; after it nothing is repeated and nothing is undone, unless
-- the module runs its source firmware and stays in use. What a flow returns does not matter.
-- @module dfota.update.run
local Bounds = require "dfota.update.bounds"
local blame = require "dfota.update.blame"
local core = require "dfota.core"
local tables = require "dfota.base.tables"
local verdict = require "dfota.update.verdict"
local words = require "dfota.update.words"

local Run = {}
Run.__index = Run

--- @param job a `dfota.update.job`
-- @treturn Run
function Run.new(job)
  job.bounds = Bounds.new {
    host = job.host, decision = job.decision, owns_output = job.owns_output,
    note = function(line) job:note("info", line) end,
    is_followed = function() return job.entry.committed and not job.decision.verdict end,
  }
  return setmetatable({ job = job }, Run)
end

local SILENCE = { timeout = true, no_answer = true, reboot = true, power = true }

-- A module that answered and then fell silent, and on which an earlier run triggered an update, may just have started
-- it: then it is followed. watch.lua is run where one was triggered, by whomever.
local function may_be_updating(job, err)
  local follows = job.meeting.watches or job.package.transport or job.survey
  if job.entry.triggered or job.request.check or not (follows and SILENCE[err.kind]) then return false end
  if job.meeting.is_updating or job.meeting.watches then return true end
  return job.entry:find_open() ~= nil
end

local function follow_instead(job, err)
  job:note("warning", err.message .. ": it may have started to update itself")
  local ok, result = xpcall(job.watch, blame.raised, job)
  if ok then return result end
  return nil, result
end

-- The traceback of a fault goes to the trace, and is shown with -v.
local function tell_traceback(job, raised)
  if raised.traceback and job.on_traceback then job.on_traceback(raised.fault .. raised.traceback) end
end

local function text_of(raised) return raised.fault or raised.message or tostring(raised) end

-- The error that ended the flow, unless the run was decided already.
local function play(self, flow)
  local job = self.job
  local ok, raised = job.bounds:call(flow, words.of(job))
  if job.decision.verdict then
    if not ok and not job.decision.is_decided(raised) then
      tell_traceback(job, raised)
      job:note("warning", "after the verdict, which stands: " .. text_of(raised))
    end
    return nil
  end
  return job.decision.final or not ok and raised or nil
end

local function result_of(job, raised)
  local known = { before = job.entry.before, triggered = job.entry.triggered, phase = job.telling.phase }
  if not raised and known.triggered then
    return verdict.unknown("the flow ended before the update that was triggered", known.before)
  elseif not raised then
    return verdict.of_end {
      before = known.before, met = job.meeting.is_connected, check = job.request.check, looks = job.looks,
    }
  end
  if core.is_error(raised) then
    if raised.kind == "room" and not known.triggered then job.gates:tell_full(job.package.size) end
    return verdict.of_error(raised, known)
  end
  tell_traceback(job, raised)
  return verdict.of_fault(text_of(raised), known)
end

local function decided(self, flow)
  local job = self.job
  local raised = play(self, flow)
  if job.decision.verdict then return job.decision.verdict end
  if not raised or not may_be_updating(job, raised) then return result_of(job, raised) end
  local result, why = follow_instead(job, raised)
  return result or result_of(job, why)
end

-- After a refusal, or a failure on the source firmware, the module stays in use: the PDP context and the session are
-- restored, as before the trigger. The package stays, as the loader may still refer to it.
local function take_back_on_source(job, result)
  if not (job.entry.committed and verdict.takes_back(result)) then return end
  job.changes:on_failure(function() return job.modem.session:restore() end)
  if job.package.transport.downloads then job.changes:on_failure(function() return job.modem.pdp:release() end) end
end

-- Undo what was changed. A failure here is only a warning.
local function take_back(job)
  job.host.hold_signals(false)
  for _, fn in ipairs(job.changes:cleanups_left()) do
    local ok, done, err = job.bounds:call(fn)
    local why = not ok and done or done == nil and err
    if why then job:note("warning", "cleaning up: " .. text_of(why)) end
  end
end

local function put_on_record(job, result)
  local err = job.entry:finish(result, job.request.check or not job.package.transport)
  if err then job:note("error", "the verdict could not be recorded: " .. tostring(err)) end
end

local function tell_failure(job, raised)
  if core.is_error(raised) and raised.kind == "interrupted" then
    job:note("warning", "interrupted after the verdict, which stands: the remaining steps are skipped")
    return "stop"
  end
  tell_traceback(job, raised)
  job:note("warning", "after the verdict, which stands: " .. text_of(raised))
end

-- The steps after the verdict, unless the run only found out what is to be done. A failure here is only a warning.
local function play_behind(job, result)
  if not job.decision.verdict or result.left or result.planned then return end
  local steps = { function(verdict_of) return job.aftermath:tell(verdict_of) end }
  table.move(job:steps_left(), 1, #job:steps_left(), 2, steps)
  for _, step in ipairs(steps) do
    local ok, done, err = job.bounds:call(step, tables.with(result))
    local raised = not ok and done or done == nil and err
    if raised and tell_failure(job, raised) == "stop" then break end
  end
  local err = job.entry:finish_facts(result)
  if err then job:note("warning", "the facts could not be recorded: " .. tostring(err)) end
end

-- Under --check a command that was refused after the flow is as wrong as one in it.
local function checked(job, result)
  local refused = job.request.check and result.ok and job.guard.refused
  return refused and verdict.of_fault(text_of(refused), { before = job.entry.before }) or result
end

-- Advice and the like. Whatever goes wrong with it, the verdict is told.
local function complete(job, result)
  if not job.before_result then return end
  local ok, why = pcall(job.before_result, result)
  if not ok then job:note("warning", "after the verdict, which stands: " .. text_of(why)) end
end

--- Run a flow.
-- @tparam function flow called with the job as flows see it
-- @treturn integer exit code
function Run:run(flow)
  local job = self.job
  local result = decided(self, flow)
  job.decision:close()
  take_back_on_source(job, result)
  take_back(job)
  job.gates:tell_unasked()
  put_on_record(job, result)
  play_behind(job, result)
  result = checked(job, result)
  complete(job, result)
  job.report:result(result)
  return result.rc
end

return Run
