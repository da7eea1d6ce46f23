--- One run on one module: what flows are told with, and what must happen however they end.
--
-- A flow reads straight down: `job:gate(…)`, `assert(modem.pdp:activate(…))`. Whatever
-- fails is raised as an error table, caught here in one place, and turned into
-- the one result of the run. Before the trigger everything that was begun is
-- taken back; after it nothing is repeated and nothing is taken back.
-- @module dfota.job
local Guard = require "dfota.guard"
local Readings = require "dfota.readings"
local apn = require "dfota.apn"
local Record = require "dfota.record"
local core = require "dfota.core"
local failure = require "dfota.failure"
local mixin = require "dfota.mixin"
local models = require "dfota.models"
local nearest = require "dfota.nearest"
local preflight = require "dfota.preflight"
local verdict = require "dfota.verdict"
local web = require "dfota.web"

local Job = {}
Job.__index = Job

--- @tparam table opts `channel`, `modem`, `set`, `report`, `ledger`, `try` (see `dfota.retry`);
--   `want` (`from`, `to`, `check`, `apn`, `user`, `password`, `bauds` to look for the module at);
--   `package` as `dfota.manifest` or `dfota.url` gives it, {} where there is none;
--   `force` (gate → true); `baud` the rate that was asked for; `apns` the table of scripts/apns.lua;
--   `port_name`, `open_port` function() → port|nil, err; `trace_path` for the record;
--   `tick_s` how often people are shown the age of the last word, nil for never;
--   `wall_clock` the ledger's, seconds since the epoch; `boot` which boot of the host its clock counts from;
--   `before_result` function called before the result is told;
--   `host` its signals, clock and waiting: `hold_signals`, `signals_taken`, `now`, `wait` (those of `dfota.core`)
-- @treturn Job
function Job.new(opts)
  local self = setmetatable(opts, Job)
  self.host = self.host or core
  self.record = Record.new { ledger = self.ledger, wall = self.wall_clock, now = self.host.now, boot = self.boot }
  self.cleanups = {}
  self.force, self.forced, self.asked = self.force or {}, {}, {}
  self.guard = Guard.new {
    only_queries = self.want and self.want.check, on_refused = function(fault) self.fault = fault end,
  }
  if self.channel then self.channel:guard_with(function(command) self.guard:pass(command) end) end
  -- A step that is repeated, and raises when that did not help.
  self.retry = function(step, fn) return assert(self.try(step, fn)) end
  return self
end

-- Not the port's clock: a port that was lost and closed tells no time.
function Job:now() return self.host.now() end

--- Tell people and programs which part of the job begins.
-- @tparam string name prepare, upload, pdp, trigger, download, update, reboot or verify
function Job:phase(name)
  if self.current_phase == name then return end
  self.current_phase = name
  self.report:event("phase", { name = name })
  self.record:step(name)
end

--- Say something.
-- @tparam string level "info", "warning" or "error"
-- @tparam string text
function Job:note(level, text)
  self.report:event("note", { level = level, text = text })
end

--- A condition that must hold before anything is changed. Raises unless it holds or was forced by name.
-- @tparam string name of the gate, as `--force` takes it
-- @tparam boolean|nil ok nil: it cannot be told, so the gate is not checked, which is a warning and no more
-- @param value what was found (nil: not known)
-- @param limit what was demanded
-- @tparam string message what is wrong and the way out
-- @tparam[opt="gate"] string kind of the error: "wear" and "network" have exit codes of their own
function Job:gate(name, ok, value, limit, message, kind)
  self.asked[#self.asked + 1] = name
  local pass = ok or self.force[name] == true
  if ok ~= nil then ok = ok and true or false end
  self.report:event("gate", { name = name, ok = ok, value = value, limit = limit })
  if ok == nil then return self:note("warning", ("gate %s was not checked: %s"):format(name, message)) end
  if not ok and pass then
    self.forced[#self.forced + 1] = name
    self:note("warning", ("gate %s does not hold and was passed with --force: %s"):format(name, message))
  end
  if not pass then error(core.error(kind or "gate", message), 0) end
end

--- Ask the web server for the package before the module is sent there: gate `server`. A server that this machine
-- cannot reach is said and no more, for the module is in another network.
function Job:check_server()
  local url, seconds = self.package.url, self.set.preflight_s
  if not self.want.preflight or seconds == 0 then return end
  local answer, err = web.first_bytes(self.package, seconds, self.host.wait)
  if core.is_error(err) then error(err, 0) end
  if not answer then
    return self:note("info", ("this machine cannot reach %s: %s; the module may see more than this machine"):format(
      url, err))
  end
  local found = preflight.judge(url, answer, self.set.max_package_bytes)
  self:gate("server", found.ok, found.value, found.limit, found.message)
  if found.warning then self:note("warning", found.warning) end
end

-- A name that was mistyped would otherwise pass nothing and say nothing.
local function tell_unasked(self)
  local asked = {}
  for _, name in ipairs(self.asked) do asked[name] = true end
  for name in pairs(self.force) do
    if not asked[name] then
      self:note("warning", ("--force %s: no gate of that name was asked for%s"):format(name,
        nearest.hint(name, self.asked)))
    end
  end
end

--- Declare a command to be a query, so that --check lets it pass.
-- @tparam string command such as "AT+QTEMP"
function Job:query(command) self.guard:declare(command) end

--- Remember how to take back what was begun; done in reverse order if the run ends before the trigger.
-- @tparam function fn what it fails with (`nil, err`, or an error raised) is told as a warning
function Job:on_failure(fn)
  self.cleanups[#self.cleanups + 1] = fn
end

--- Progress of an upload as a function for `modem.files:upload`.
-- @tparam string phase
-- @treturn function(sent, total)
function Job:progress(phase)
  local last
  return function(sent, total)
    local percent = total > 0 and sent * 100 // total or 100
    if percent == last then return end
    last = percent
    self.report:event("progress", { phase = phase, percent = percent, bytes = sent, total = total })
  end
end

-- A command that hangs in the module keeps all that is asked behind it waiting, until the module gives it up.
local function answers_again(self, since, patience_s)
  local fenced, err = self.channel:fence(math.max(self.set.again_s, since + patience_s - self:now()))
  if fenced then return true end
  if err.kind ~= "timeout" then error(err, 0) end
  return false
end

--- Ask for something that not every firmware tells. Not to know is no fault: it is said, and nil returned.
-- @tparam string what
-- @tparam function fn
-- @tparam[opt] number patience_s where given, a question that is not answered is not known either, if the module
--   answers another one within this time from the question on; one that does not raises kind `no_answer`
-- @return what `fn` returns (two values), or nil
function Job:ask(what, fn, patience_s)
  local since = self:now()
  local value, err = self.try("query", fn)
  if value ~= nil or not core.is_error(err) then return value, err end
  local unanswered = err.kind == "timeout" and patience_s
  if unanswered and not answers_again(self, since, patience_s) then
    error(core.error("no_answer", err.message .. ", nor anything else behind it"), 0)
  end
  if not (unanswered or failure.is_no(err)) then error(err, 0) end
  self:note("warning", ("%s is not known: %s"):format(what, err.message))
end

-- A reading that may be lost or damaged: nil then.
local function next_reading(self)
  local paused, lost = self.modem:pause(self.set.reading_pause_s)
  if not paused then error(lost, 0) end
  local revision, err = self.try("query", function() return self.modem:revision() end)
  if not (revision or failure.is_no(err)) then error(err, 0) end
  return revision
end

--- Read the revision until two readings in a row agree: one damaged character would be another revision.
-- @tparam[opt] string first a reading that was made just now
-- @treturn string; raises kind `gate` where they never agree
function Job:read_revision(first)
  local readings = Readings.new()
  if first then readings:take(first) end
  for _ = 1, self.set.verify_tries do
    local revision = next_reading(self)
    if revision and readings:take(revision) then return revision end
  end
  error(core.error("gate", ("%s: the module tells different revisions each time it is asked: check the line"):format(
    self.port_name)), 0)
end

--- Ask the module who it is, and tell it.
-- @treturn table `model`, `revision`, `imei`
function Job:identify()
  local who, err = self.try("query", function() return self.modem:identity() end)
  if not who then
    if failure.is_no(err) then
      err = core.error("gate", err.message .. ": what cannot be asked afterwards is not begun")
    end
    error(err, 0)
  end
  who.revision = self:read_revision(who.revision)
  self.before, self.imei, self.model = who.revision, who.imei, who.model
  self.report:event("identity", who)
  return who
end

--- Ask the module who it is as far as it tells, for one that is only looked at.
-- @tparam[opt] number patience_s as of `ask`
-- @treturn table `model`, `revision`, `imei`, nil where not known
function Job:introduce(patience_s)
  local modem = self.modem
  local who = self:ask("who the module is", function() return modem:identity() end, patience_s)
  who = who or {
    revision = self:ask("the revision", function() return modem:revision() end, patience_s),
    model = self:ask("the model", function() return modem:model() end, patience_s),
    imei = self:ask("the IMEI", function() return modem:imei() end, patience_s),
  }
  self.before, self.imei, self.model = who.revision, who.imei, who.model
  self.report:event("identity", who)
  return who
end

--- Is this a module of the family that these tools are for?
-- @tparam table who as `identify` gives it
-- @treturn boolean|nil nil where its model is not known here
-- @treturn ?string why it is not true, in words
-- @treturn string the models that are ours
function Job.family(_, who)
  local ours, why = models.check(who.model, who.revision)
  return ours, why, models.LIST
end

--- How often this ledger saw the module triggered. A lower bound: other hosts have their own.
-- @treturn integer|nil nil where the module's IMEI is not known
function Job:updates_seen()
  return self.imei and assert(self.ledger:triggers(self.imei)) or nil
end

--- End the run: nothing to do.
-- @treturn table result
function Job:already_current()
  return verdict.unchanged("already_current", self.before, ("the module runs %s already"):format(self.before))
end

--- End a run that only looked.
-- @tparam[opt] string message
-- @treturn table result
function Job:checked(message)
  return verdict.unchanged("checked", self.before, message or "every gate is passed; nothing was changed")
end

--- End a run that only wanted to look, at a module that is updating itself.
-- @treturn table result
function Job.busy()
  return verdict.unknown("the module is updating itself now")
end

-- What the ledger is to know of this run.
local function describe(self)
  local package, transport = self.package, self.package.transport
  self.record:describe {
    imei = self.imei, model = self.model, port = self.port_name, run = self.want.run, from = self.before,
    to = self.want.to, package = transport.name, hash = transport.hash, size = package.size,
    way = transport.kind, trace = self.trace_path,
    forced = self.forced[1] and table.concat(self.forced, ",") or nil,
  }
end

--- Did this package fail on this module before, in a way that will not pass?
-- @treturn table|nil the row of the newest such attempt
function Job:failed_before()
  local transport = self.package.transport
  if not self.imei then return nil end
  local row, err = self.ledger:failed_with(self.imei, { hash = transport.hash, url = transport.name })
  if err then error(err, 0) end
  return row
end

--- Begin the journal of this run: from here on the module is changed.
function Job:begin()
  self.ipr = self:ask("the baud rate's setting", function() return self.modem:ipr() end)
  describe(self)
  assert(self.record:begin())
end

--- The APN to use: the one that was named; with `auto` the one of the SIM's home network; else the module's own
-- configuration, which is left alone.
-- @treturn table|nil `apn`, `user`, `password`
function Job:choose_apn()
  local want = self.want
  if want.apn ~= "auto" then
    if want.apn then return { apn = want.apn, user = want.user, password = want.password } end
    self:note("info", "using the APN that the module has configured")
    return nil
  end
  local imsi = self:ask("the SIM's home network", function() return self.modem:imsi() end)
  local found = imsi and apn.choose { imsi = imsi, table = self.apns }
  if not found then
    error(core.error("usage", "no APN is known for this SIM: name one with --apn, or add it to scripts/apns.lua"), 0)
  end
  self:note("info", ("APN %s of %s (%s)"):format(found.apn, found.name or "the SIM's home network", found.source))
  return { apn = found.apn, user = want.user or found.user, password = want.password or found.password }
end

--- The point of no return: the record goes to disk before the trigger may go out.
-- A signal that came before this point still ends the run cleanly.
function Job:commit()
  assert(self.channel:fence()) -- here it may fail; at the trigger nobody could tell whether that went out
  assert(self.record:trigger()) -- signals end this wait
  self.host.hold_signals(true) -- let go when the trigger has been answered
  local came = self.host.signals_taken()
  if came.INT + came.TERM + came.HUP > 0 then
    error(core.error("interrupted", "interrupted before the update was triggered; nothing was changed"), 0)
  end
  self.current_phase = "trigger"
  self.report:event("phase", { name = "trigger" })
  self.guard:arm(self.package.transport.trigger_command)
  self.cleanups = {}
  self.triggered, self.committed = true, true
end

-- Take back what was begun, the last first. A failure here is told and goes no further.
local function take_back(self)
  self.host.hold_signals(false)
  for i = #self.cleanups, 1, -1 do
    local ok, done, err = pcall(self.cleanups[i])
    local why = not ok and done or done == nil and err
    if why then self:note("warning", "cleaning up: " .. tostring(why)) end
  end
  self.cleanups = {}
end

local silence = { timeout = true, no_answer = true, reboot = true, power = true }

-- A module that answered and then fell silent, and on which an earlier run triggered an update, may just have
-- begun it: then it is followed.
local function may_be_updating(self, err)
  local follows = self.watches or self.package.transport
  if self.triggered or self.want.check or not (follows and silence[err.kind]) then return false end
  return self.ledger:open_on(self.port_name, self.imei) ~= nil
end

local function result_of_error(self, err)
  local known = { before = self.before, triggered = self.triggered, phase = self.current_phase }
  if not core.is_error(err) then return verdict.of_fault(err.fault, known) end
  if self.triggered then return verdict.unknown(err.message, self.before) end
  return verdict.of_error(err, known)
end

local function record(self, result)
  local updates = self.package.transport
  if self.before and self.imei and updates and not self.want.check then describe(self) end
  local err = self.record:finish(result, { triggered = self.triggered, unread = self.want.check or not updates })
  if err then self:note("error", "the verdict could not be recorded: " .. tostring(err)) end
end

-- One that is down already has nothing to end.
local function end_context(modem)
  if modem.pdp:state() == "IP INITIAL" then return true end
  return modem.pdp:deactivate()
end

-- After a refusal, or a failure on the source, the module is used on: the context and the session go back to what
-- they were, as before the trigger. Its package stays, for the loader may know of it.
local function take_back_on_source(self, result)
  if not (self.committed and verdict.runs_source(result)) then return end
  self:on_failure(function() return self.modem.session:restore() end)
  if self.package.transport.downloads then self:on_failure(function() return end_context(self.modem) end) end
end

--- Run a flow to its one result.
-- @tparam function flow gets the job, returns the fields of the result
-- @treturn integer exit code
function Job:run(flow)
  local ok, result = xpcall(flow, failure.raised, self)
  if self.fault and not self.triggered then ok, result = false, self.fault end -- whatever the flow made of it
  if not ok and may_be_updating(self, result) then
    self:note("warning", result.message .. ": it may have begun to update itself")
    ok, result = xpcall(self.watch, failure.raised, self)
  end
  if not ok then result = result_of_error(self, result) end
  take_back_on_source(self, result)
  take_back(self)
  tell_unasked(self)
  record(self, result)
  if self.before_result then self.before_result() end
  self.report:result(result)
  return result.rc
end

mixin(Job, require "dfota.aftermath")
mixin(Job, require "dfota.earlier")

return Job
