--- One run on one module: the words that flows are written in.
--
-- A flow reads straight down: `job:gate {…}`, `job:retry("pdp", …)`. Whatever fails is raised, caught in one place
-- (`dfota.update.run`), and turned into the one result of the run. What is decided once stays decided: a flow that
-- swallows what was raised meets it again at the next word.
-- @module dfota.update.job
local Changes = require "dfota.update.changes"
local Decision = require "dfota.update.decision"
local Gates = require "dfota.update.gates"
local Guard = require "dfota.update.guard"
local Meeting = require "dfota.update.meeting"
local Outcome = require "dfota.update.outcome"
local PointOfNoReturn = require "dfota.update.point_of_no_return"
local Record = require "dfota.update.record"
local Run = require "dfota.update.run"
local Telling = require "dfota.update.telling"
local apn = require "dfota.config.apn"
local blame = require "dfota.update.blame"
local core = require "dfota.core"
local errors = require "dfota.at.errors"
local preflight = require "dfota.update.preflight"

local Job = {}
Job.__index = Job

local function new_record(self)
  return Record.new {
    ledger = self.ledger, wall = self.wall_clock, now = self.host.now, boot = self.boot, port = self.port_name,
    request = self.request, package = self.package, trace = self.trace_path, missing = self.ledger_missing,
    on_trouble = self.lenient and function(err) self:note("warning", err.message .. "; going on without it") end or nil,
  }
end

local function new_guard(self)
  return Guard.new {
    only_queries = self.request.check,
    on_change = function() self.changes:note() end,
    on_refused = function(fault) self.decision:note_refusal(fault) end,
  }
end

local function new_outcome(self, warn, event)
  return Outcome.new {
    channel = self.channel, modem = self.modem, settings = self.settings, record = self.entry, request = self.request,
    baud = self.baud, host = self.host, open_port = self.open_port,
    phase = function(name) self.telling:enter(name) end, warn = warn, event = event,
    tick = function(age_s) self.report:tick(age_s) end, tick_s = self.tick_s,
  }
end

-- What a run is made of; each has its own part of what is known of it.
local function add_parts(self)
  local function warn(message) self:note("warning", message) end
  local function event(name, fields) self.report:event(name, fields) end
  local function ask(...) return self:ask(...) end
  self.decision, self.entry, self.guard = Decision.new(), new_record(self), new_guard(self)
  self.telling = Telling.new { report = self.report, record = self.entry, decision = self.decision }
  self.gates = Gates.new { force = self.force, event = event, warn = warn }
  self.outcome = new_outcome(self, warn, event)
  self.meeting = Meeting.new {
    modem = self.modem, channel = self.channel, settings = self.settings, request = self.request,
    package = self.package, port_name = self.port_name, now = self.host.now, try = self.try, ask = ask,
    gate = function(spec) self:gate(spec) end, follow = function() return self:watch() end, event = event, warn = warn,
    record = self.entry, decision = self.decision, telling = self.telling,
  }
  self.changes = Changes.new {
    modem = self.modem, channel = self.channel, request = self.request, package = self.package, try = self.try,
    ask = ask, record = self.entry, gates = self.gates, decision = self.decision, meeting = self.meeting,
  }
  self.point_of_no_return = PointOfNoReturn.new {
    channel = self.channel, modem = self.modem, package = self.package, host = self.host, record = self.entry,
    guard = self.guard, decision = self.decision, telling = self.telling, changes = self.changes,
    outcome = self.outcome,
  }
end

--- @tparam table opts `channel`, `modem`, `settings`, `report`, `ledger`, `try` (see `dfota.update.retry`);
--   `request`: `from`, `to`, `imei`, `check`, `apn`, `user`, `password`, `run`, `preflight`, `bauds` to look for the
--   module at, and an own script's own options; `package` as `dfota.config.package` or `dfota.config.url` gives it,
--   {} where there is none; `looks` for a script that only looks: what it does, in words; `lenient`: a ledger that
--   fails is a warning and no more; `ledger_missing` why there is none; `force` (gate → true); `baud` the rate that
--   was asked for; `apns` the table of scripts/apns.lua; `port_name`, `open_port` function() → port|nil, err;
--   `trace_path` for the record; `tick_s` how often people are shown the age of the last word, nil for never;
--   `wall_clock` the ledger's, seconds since the epoch; `boot` which boot of the host its clock counts from;
--   `before_result` function called before the result is told; `on_traceback` function(text) for a fault;
--   `host` its signals, clock and waiting: `hold_signals`, `signals_taken`, `now`, `wait` (those of `dfota.core`)
-- @treturn Job
-- @within Not in a flow
function Job.new(opts)
  local self = setmetatable(opts, Job)
  self.host, self.request, self.package = self.host or core, self.request or {}, self.package or {}
  self.steps_behind = {}
  add_parts(self)
  if self.channel then self.channel:guard_with(function(command, message) self.guard:pass(command, message) end) end
  return self
end

-- Not the port's clock: a port that was lost and closed tells no time.
function Job:now() return self.host.now() end

-- Telling ----------------------------------------------------------------------------------------------------------

-- Parts of the job in which the module is changed.
local CHANGES = { pdp = true, upload = true }

--- Tell people and programs which part of the job begins. With `pdp` and `upload` the module begins to be changed.
-- @tparam string name prepare, upload, pdp, trigger, download, update, reboot or verify
function Job:phase(name)
  self.decision:go_on()
  self.telling:check_phase("job:phase(name)", name)
  if CHANGES[name] then self.changes:begin(name) end
  self.telling:enter(name)
end

--- Say something.
-- @tparam string level "info", "warning" or "error"
-- @tparam string message
function Job:note(level, message) self.telling:note(level, message) end

--- Progress of an upload as a function for `modem.files:upload`.
-- @tparam string phase
-- @treturn function of the bytes sent and the total
function Job:progress(phase) return self.telling:progress(phase) end

--- Tell what was asked, as one event for programs.
-- @tparam table told by name; `names` those that are told even where nothing is known
function Job:facts(told) self.telling:facts(told) end

--- Keep a fact of one's own, such as a CCID or a site: in the ledger, for programs and for people. What is not known
-- (nil) is not kept.
-- @tparam string name
-- @tparam string|number|boolean|nil value
function Job:record(name, value) self.telling:keep(name, value) end

-- Asking -----------------------------------------------------------------------------------------------------------

--- Declare a command to be a query, one that changes nothing in the module: it is sent in a run that only looks, too.
-- @tparam string command such as "AT+QTEMP"
function Job:query(command) self.guard:declare(command) end

--- Is this a run that only looks? Then the flow may end: nothing that changes the module would be sent
-- (`--check`).
-- @treturn boolean
function Job:checking()
  self.decision:go_on()
  return self.request.check == true
end

-- A command that hangs in the module keeps all that is asked behind it waiting, until the module gives it up.
local function answers_again(self, since, patience_s)
  local fenced, err = self.channel:fence(math.max(self.settings.resync_timeout_s, since + patience_s - self:now()))
  if fenced then return true end
  if err.kind ~= "timeout" then self.decision:raise(err) end
  return false
end

--- Ask for something that not every firmware tells. Not to know is no fault: it is said, and nil returned.
-- @tparam string what
-- @tparam function fn
-- @tparam[opt] number patience_s where given, a question that is not answered is not known either, if the module
--   answers another one within this time from the question on; one that does not raises kind `no_answer`
-- @return what `fn` returns (two values), or nil
function Job:ask(what, fn, patience_s)
  self.decision:go_on()
  self.decision:check_function('job:ask("supply", function() return modem:supply_mv() end)', fn)
  local since = self:now()
  local value, err = self.try("query", fn)
  if value ~= nil or not core.is_error(err) then return value, err end
  local unanswered = err.kind == "timeout" and patience_s
  if unanswered and not answers_again(self, since, patience_s) then
    error(core.error("no_answer", err.message .. ", nor anything else behind it"), 0)
  end
  if not (unanswered or errors.is_no(err)) then self.decision:raise(err) end
  self:note("warning", ("%s is not known: %s"):format(what, err.message))
end

-- Steps that leave the module as it is.
local ONLY_ASKS = { sync = true, query = true, register = true }

--- Do a step, and again as scripts/retries.lua says, until it gives something else than nil. From the first step on
-- that may change the module, the run is on record and the session is made readable.
-- @tparam string step a row of scripts/retries.lua
-- @tparam function fn
-- @tparam[opt] string may_fail kind of error that is returned (nil, err) and not raised
-- @return what `fn` returns; raises where it went wrong to the end
function Job:retry(step, fn, may_fail)
  self.decision:go_on()
  self.decision:check_function('job:retry("pdp", function() return modem.pdp:activate(apn) end)', fn)
  if not ONLY_ASKS[step] then self.changes:begin(step) end
  local result = table.pack(self.try(step, fn))
  local err = result[2]
  if result[1] ~= nil or may_fail and core.is_error(err) and err.kind == may_fail then
    return table.unpack(result, 1, result.n)
  end
  self.decision:raise(err or blame.fault(("the step %s gave nothing: is the return missing in its function?")
    :format(step)))
end

--- A condition that must hold before anything is changed. Raises unless it holds or was forced by name; what cannot be
-- told is not checked, which is a warning and no more.
-- @tparam table spec as of `dfota.update.gate`
function Job:gate(spec)
  self.decision:go_on()
  local err = self.gates:check(spec)
  if err then self.decision:end_with(err) end
end

--- Ask the web server for the package before the module is sent there: gate `server`. A server that this machine
-- cannot reach is said and no more, for the module is in another network.
function Job:check_server()
  self.decision:go_on()
  if not self.request.preflight or self.settings.preflight_s == 0 then return end
  local found, why = preflight.ask(self.package, self.settings, self.host.wait)
  if core.is_error(why) then self.decision:raise(why) end
  if not found then return self:note("info", why) end
  self:gate { "server", ok = found.ok, value = found.value, limit = found.limit, message = found.message,
    unknown = found.message }
  if found.warning then self:note("warning", found.warning) end
end

--- The revision that the module runs, read twice.
-- @treturn string|nil nil before `connect`
function Job:revision() return self.entry.before end

--- How often this ledger saw the module triggered. A lower bound: other hosts have their own.
-- @treturn integer|nil nil where the module's IMEI is not known, or there is no ledger
-- @treturn ?string|boolean why it is not known, where a ledger was meant to know it; else false
function Job:updates_seen() return self.entry:updates_seen() end

--- Did this package fail on this module before, in a way that will not pass?
-- @treturn boolean|nil nil where nobody knows: without a ledger, or an IMEI
-- @treturn ?string the outcome of the newest such attempt
-- @treturn ?string what is said of it
function Job:failed_before()
  local row = self.entry:failed_before()
  if not row then return row end
  return true, row.outcome, ("this package failed on this module before: %s; use another package, or pass "
    .. "--force attempts"):format(row.message or row.outcome)
end

--- The APN to use: the one that was named; with `auto` the one of the SIM's home network; else the module's own
-- configuration, which is left alone.
-- @treturn table|nil `apn`, `user`, `password`
function Job:apn()
  self.decision:go_on()
  local request = self.request
  if not request.apn then
    self:note("info", "using the APN that the module has configured")
    return nil
  end
  local imsi = request.apn == "auto"
    and self:ask("the SIM's home network", function() return self.modem:imsi() end)
  local chosen, why = apn.requested(request, imsi, self.apns)
  if not chosen then error(why, 0) end
  if why then self:note("info", why) end
  return chosen
end

-- Finding the module -----------------------------------------------------------------------------------------------

--- Follow a module that is updating itself. It is never triggered.
-- What it ran before is known from the record of the run that triggered it, or from `--from`.
-- @treturn table the fields of the result
-- @within Not in a flow
function Job:watch()
  local row = self.entry:open_row()
  self:note("info", "an update is under way: following it, nothing is triggered")
  self.entry:follow(row, row and row.from or self.request.from)
  self.changes:keep()
  local result = self.outcome:of_watch(row, self.changes.adaptive)
  if result.outcome == "not_started" then self.entry:unfollow() end
  return result
end

--- Find the module, know who it is, and see what is to be done. One that is updating itself is followed instead, one
-- that runs the target is left alone: both end the flow. Gates `imei` and `module`.
-- @tparam[opt] function wake called once where no module answers and no update is known to be under way, to press
--   PWRKEY, say; then it is looked for once more. Not called under --check.
-- @treturn table `model`, `revision` (read twice), `imei`
function Job:connect(wake) return self.meeting:connect(wake) end

--- For a script that only looks: find the module, and ask who it is as far as it tells. One that is updating itself is
-- left alone, which ends the flow.
-- @treturn table `model`, `revision`, `imei`, nil where not known
function Job:meet() return self.meeting:look() end

--- For a watcher: follow the update that is under way, or judge the module by what it runs. This ends the flow.
function Job:follow() self.meeting:watch() end

-- Changing it ------------------------------------------------------------------------------------------------------

--- Remember how to take back what was begun; done in reverse order if the run ends before the trigger.
-- @tparam function fn what it fails with (`nil, err`, or an error raised) is told as a warning
function Job:on_failure(fn) self.changes:on_failure(fn) end

local function copied(fields)
  local copy = {}
  for key, value in pairs(fields) do copy[key] = value end
  return copy
end

--- The update: the record goes to disk, AT+QFOTADL goes out, once in a run, and the module is followed to its verdict,
-- which no later step can change.
-- @treturn table the fields of the result, such as `ok`, `outcome`, `after`, `message`
function Job:trigger() return copied(self.point_of_no_return:pass()) end

--- Do something behind the verdict, with the session as it is: an SMS, say. What fails there is a warning, and changes
-- no exit code; an interruption ends these steps alone.
-- @tparam function fn gets the fields of the result
function Job:after(fn)
  self.decision:check_function('job:after(function(result) job:note("info", result.outcome) end)', fn)
  self.steps_behind[#self.steps_behind + 1] = fn
end

--- From here on the job is behind its verdict: its steps there may use the words of flows again.
-- @treturn {function,...} these steps
-- @within Not in a flow
function Job:steps_left()
  self.decision:go_behind()
  return self.steps_behind
end

--- Run a flow to its one result.
-- @tparam function flow gets the job as flows see it (`dfota.update.words`); what it returns does not matter
-- @treturn integer exit code
-- @within Not in a flow
function Job:run(flow) return Run.new(self):run(flow) end

return Job
