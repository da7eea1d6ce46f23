--- The parts of a run, put together: each keeps its own state, and is told the others that it needs.
-- @module dfota.update.parts
local AccessPoint = require "dfota.update.access_point"
local Aftermath = require "dfota.update.aftermath"
local Changes = require "dfota.update.changes"
local Decision = require "dfota.update.decision"
local Gates = require "dfota.update.gates"
local Guard = require "dfota.update.guard"
local Meeting = require "dfota.update.meeting"
local Outcome = require "dfota.update.outcome"
local PointOfNoReturn = require "dfota.update.point_of_no_return"
local Record = require "dfota.update.record"
local Telling = require "dfota.update.telling"

local parts = {}

local function new_record(job)
  return Record.new {
    ledger = job.ledger, wall = job.wall_clock, now = job.host.now, boot = job.boot, port = job.port_name,
    names = job.port_names, request = job.request, package = job.package, trace = job.trace_path,
    missing = job.ledger_missing, secrets = job.secrets,
    on_trouble = job.lenient and function(err) job:note("warning", err.message .. "; going on without it") end or nil,
  }
end

local function new_guard(job)
  return Guard.new {
    only_queries = job.request.check,
    on_change = function() job.changes:note() end,
    on_refused = function(fault) job.decision:note_refusal(fault) end,
  }
end

local function new_outcome(job, warn, event)
  return Outcome.new {
    channel = job.channel, modem = job.modem, settings = job.settings, record = job.entry, request = job.request,
    baud = job.baud, host = job.host, open_port = job.open_port,
    phase = function(name) job.telling:enter(name) end, warn = warn, event = event,
    tick = function(age_s, wait) job.report:tick(age_s, wait) end, tick_s = job.tick_s,
  }
end

--- Adds them to a job as its fields, by their names.
-- @param job a `dfota.update.job` with the options of `Job.new`
function parts.add(job)
  local function warn(message) job:note("warning", message) end
  local function event(name, fields) job.report:event(name, fields) end
  local function ask(...) return job:ask(...) end
  job.decision, job.entry, job.guard = Decision.new(), new_record(job), new_guard(job)
  job.telling = Telling.new { report = job.report, record = job.entry, decision = job.decision }
  job.gates = Gates.new { force = job.force, event = event, warn = warn }
  job.outcome = new_outcome(job, warn, event)
  job.meeting = Meeting.new {
    modem = job.modem, channel = job.channel, settings = job.settings, request = job.request,
    package = job.package, port_name = job.port_name, now = job.host.now, try = job.try, ask = ask,
    host = job.host,
    gate = function(spec) job:gate(spec) end, follow = function() return job:watch() end, event = event, warn = warn,
    record = job.entry, decision = job.decision, telling = job.telling, survey = job.survey,
  }
  job.access_point = AccessPoint.new {
    modem = job.modem, request = job.request, ask = ask, own = job.apns,
    note = function(level, message) job:note(level, message) end,
  }
  job.aftermath = Aftermath.new {
    modem = job.modem, channel = job.channel, settings = job.settings, now = job.host.now,
    note = function(level, message) job:note(level, message) end,
    facts = function(told) job.telling:facts(told) end,
  }
  job.changes = Changes.new {
    aftermath = job.aftermath, modem = job.modem, channel = job.channel, request = job.request,
    package = job.package, try = job.try, ask = ask,
    record = job.entry, gates = job.gates, decision = job.decision, meeting = job.meeting,
  }
  job.point_of_no_return = PointOfNoReturn.new {
    channel = job.channel, modem = job.modem, package = job.package, host = job.host, record = job.entry,
    guard = job.guard, decision = job.decision, telling = job.telling, changes = job.changes,
    outcome = job.outcome, brake = job.brake,
  }
end

return parts
