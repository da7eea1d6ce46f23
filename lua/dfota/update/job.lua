--- One run on one module: the words that flows are written in.
--
-- A flow reads from top to bottom: `job:gate {…}`, `job:retry("pdp", …)`. Whatever fails is raised, caught in one place
-- (`dfota.update.run`), and turned into the one result of the run. A decision stands: if a flow swallows the error, its
-- next word raises it again.
-- @module dfota.update.job
local Run = require "dfota.update.run"
local blame = require "dfota.update.blame"
local core = require "dfota.core"
local errors = require "dfota.at.errors"
local parts = require "dfota.update.parts"
local tables = require "dfota.base.tables"
local verdict = require "dfota.update.verdict"

local Job = {}
Job.__index = Job

-- Every command passes the guard, and every unsolicited line may show that the module updates itself.
local function attend(self, channel)
  channel:guard_with(function(command, message) self.guard:pass(command, message) end)
  channel:subscribe(function(line) self.meeting:hear(line) end)
end

--- @tparam table opts `channel`, `modem`, `settings`, `report`, `ledger`, `try` (see `dfota.update.retry`);
--   `request`: `from`, `to`, `imei`, `check`, `apn`, `user`, `password`, `run`, `preflight`, `bauds` to try, and
--   the script's own options; `package` from `dfota.config.package` or `dfota.config.url`, {} if there is none;
--   `looks` what a script does that only reads, in words; `lenient`: a failing ledger is only a warning;
--   `ledger_missing` why there is none; `force` (gate → true); `baud` the requested rate; `apns` the table of
--   scripts/apns.lua; `port_name`; `port_names` all that the ledger may know it by; `open_port` function() → port|nil,
--   err; `trace_path` for the record; `tick_s` how often the time since the last activity is shown, nil for never;
--   `wall_clock` the ledger's, seconds since the epoch; `brake` of its run at the centre;
--   `boot` the host's boot id, for its monotonic clock; `before_result` function(result) called before the
--   result is reported; `owns_output`: standard output is the run's, so a flow must not write there; `on_traceback`
--   function(text) for a fault; `survey` function(who) → result, which decides the run as soon as the module is known;
--   `host` its signals, clock and waiting: `hold_signals`, `signals_taken`, `now`, `wait` (those of `dfota.core`)
-- @treturn Job
-- @within Not in a flow
function Job.new(opts)
  local self = setmetatable(opts, Job)
  self.host, self.request, self.package = self.host or core, self.request or {}, self.package or {}
  self.steps_behind = {}
  parts.add(self)
  if self.channel then attend(self, self.channel) end
  return self
end

-- Not the port's clock: a closed port has none.
function Job:now() return self.host.now() end

-- Telling ----------------------------------------------------------------------------------------------------------

-- Phases in which the module is changed.
local CHANGES = { pdp = true, upload = true }

--- Report that a phase begins. From `pdp` or `upload` on the module is changed.
-- @tparam string name prepare, upload, pdp, trigger, download, update, reboot or verify
function Job:phase(name)
  self.decision:go_on()
  self.telling:check_phase("job:phase(name)", name)
  if CHANGES[name] then self.changes:begin(name) end
  self.telling:enter(name)
end

--- Print a message.
-- @tparam string level "info", "warning" or "error"
-- @tparam string message
function Job:note(level, message) self.telling:note(level, message) end

--- The progress function for `modem.files:upload`.
-- @tparam string phase
-- @treturn function of the bytes sent and the total
function Job:progress(phase) return self.telling:progress(phase) end

--- Report values as one event for programs.
-- @tparam table told by name; `names` those that are reported even if unknown
function Job:facts(told) self.telling:facts(told) end

--- Record a fact of your own, such as a CCID or a site, in the ledger, and report it to programs and people. An unknown
-- one (nil) is skipped.
-- @tparam string name
-- @tparam string|number|boolean|nil value
function Job:record(name, value) self.telling:keep(name, value) end

-- Asking -----------------------------------------------------------------------------------------------------------

--- Declare a command to be a query, one that changes nothing in the module, so that a run that only checks sends it.
-- @tparam string command such as "AT+QTEMP"
function Job:query(command) self.guard:declare(command) end

--- Is this a run that only checks? Then the flow can end here: no command that changes the module would be sent.
-- @treturn boolean
function Job:checking()
  self.decision:go_on()
  return self.request.check == true
end

-- A command that hangs in the module delays all later ones until the module gives up on it.
local function answers_again(self, since, patience_s)
  local fenced, err = self.channel:fence(math.max(self.settings.resync_timeout_s, since + patience_s - self:now()))
  if fenced then return true end
  if err.kind ~= "timeout" then self.decision:raise(err) end
  return false
end

--- Query something that not every firmware reports. If it does not, this warns and returns nil.
-- @tparam string what
-- @tparam function fn
-- @tparam[opt] number patience_s if given, a query without an answer counts as unknown if the module answers another
--   one within this time; otherwise an error of kind `no_answer` is raised
-- @return what `fn` returns (two values), or nil
function Job:ask(what, fn, patience_s)
  self.decision:go_on()
  self.decision:check_function('job:ask("supply", function() return modem:supply_mv() end)', fn)
  local since = self:now()
  local value, err = self.try("query", fn)
  if value ~= nil or not core.is_error(err) then return value, err end
  local unanswered = err.kind == "timeout" and patience_s
  if unanswered and not answers_again(self, since, patience_s) then
    error(core.error("no_answer", err.message .. ", nor is any later query"), 0)
  end
  if not (unanswered or errors.is_no(err)) then self.decision:raise(err) end
  self:note("warning", ("%s is not known: %s"):format(what, err.message))
end

-- Steps that change nothing in the module.
local ONLY_ASKS = { sync = true, query = true, register = true, read = true }

--- Do a step, repeated as scripts/retries.lua says, until it returns something other than nil. The first step that may
-- change the module writes the record and prepares the session.
-- @tparam string step a row of scripts/retries.lua
-- @tparam function fn
-- @tparam[opt] string may_fail kind of error that is returned (nil, err) and not raised
-- @return what `fn` returns; raises if the last try failed
function Job:retry(step, fn, may_fail)
  self.decision:go_on()
  self.decision:check_function('job:retry("pdp", function() return modem.pdp:activate(apn) end)', fn)
  if not ONLY_ASKS[step] then self.changes:begin(step) end
  local result = table.pack(self.try(step, step == "upload" and self.changes:counted(fn) or fn))
  local err = result[2]
  if result[1] ~= nil or may_fail and core.is_error(err) and err.kind == may_fail then
    return table.unpack(result, 1, result.n)
  end
  self.decision:raise(err or blame.fault(("the step %s returned nothing: is the return missing in its function?")
    :format(step)))
end

--- A condition that must hold before anything is changed. Raises unless it holds or was forced by name; if it cannot be
-- checked, this only warns.
-- @tparam table spec as of `dfota.update.gate`
function Job:gate(spec)
  self.decision:go_on()
  local err = self.gates:check(spec)
  if err then self.decision:end_with(err) end
end

--- Ask the web server for the package before the module downloads it: gate `server`. A server that this machine cannot
-- reach is only reported, as the module is in another network.
function Job:check_server()
  self.decision:go_on()
  if not self.request.preflight or self.settings.preflight_s == 0 then return end
  local found, why = require("dfota.update.preflight").ask(self.package, self.settings, self.host.wait)
  if core.is_error(why) then self.decision:raise(why) end
  if not found then return self:note("info", why) end
  self:gate { "server", ok = found.ok, value = found.value, limit = found.limit, message = found.message,
    unknown = found.message }
  if found.warning then self:note("warning", found.warning) end
end

--- The revision that the module runs, read twice.
-- @treturn string|nil nil before `connect`
function Job:revision() return self.entry.before end

--- How many triggers of this module the ledger has recorded. A lower bound: other hosts have ledgers of their own.
-- @treturn integer|nil nil if the IMEI is unknown, or there is no ledger
-- @treturn ?string|boolean why it is unknown although there is a ledger; else false
function Job:updates_seen() return self.entry:updates_seen() end

--- Does the ledger know of an update that was triggered on this module, and whose end was not seen?
-- @treturn boolean|nil nil without a ledger
function Job:unfinished()
  if self.ledger == nil or self.ledger.is_none then return nil end
  return self.entry:open_row() ~= nil
end

--- Did this package fail on this module before with an error that is not transient?
-- @treturn boolean|nil nil if unknown: without a ledger, or an IMEI
-- @treturn ?string the outcome of the latest such attempt
-- @treturn ?string a message about it
function Job:failed_before()
  local row = self.entry:failed_before()
  if not row then return row end
  return true, row.outcome, ("this package failed on this module before: %s"):format(row.message or row.outcome)
end

--- The APN to use: the one that was given; with `auto` the one of the SIM's home network; else the one configured in
-- the module, which is left unchanged.
-- @treturn table|nil `apn`, `user`, `password`
function Job:apn()
  self.decision:go_on()
  local chosen, err = self.access_point:choose()
  if err then error(err, 0) end
  return chosen
end

--- The SIM's home network, asked once.
-- @treturn table|nil `shown`, `networks`, `imsi` (masked), `mnc_digits`; nil if the SIM does not give its IMSI
-- @see dfota.update.access_point
function Job:home_network()
  self.decision:go_on()
  return self.access_point:home()
end

--- The APNs that are known for the SIM's home network, those of scripts/apns.lua first.
-- @treturn {table,...} each `apn`, `user`, `password`, `name`, `source`
function Job:apn_candidates()
  self.decision:go_on()
  return self.access_point:candidates()
end

-- Finding the module -----------------------------------------------------------------------------------------------

--- Follow a module that is updating itself. It is never triggered.
-- The revision before comes from the record of the run that triggered it, or from `--from`.
-- @treturn table the fields of the result
-- @within Not in a flow
function Job:watch()
  local row = self.entry:open_row()
  self:note("info", "an update is under way: following it, nothing is triggered")
  self.entry:follow(row, row and row.from or self.request.from)
  self.changes:keep()
  local result = self.outcome:of_watch(row, self.changes.adaptive, self.meeting.last_stage)
  if result.outcome == "not_started" then self.entry:unfollow() end
  return result
end

--- Find and identify the module. One that is updating itself is followed instead, one that already runs the target is
-- left alone: both end the flow. Gates `imei` and `module`.
-- @tparam[opt] function wake called once if no module answers and no update is known to be under way, for instance to
--   press PWRKEY, followed by another search. Not called under --check.
-- @treturn table `model`, `revision` (read twice), `imei`
function Job:connect(wake) return self.meeting:connect(wake) end

--- For a script that only reads: find the module, and identify it as far as it says. One that is updating itself is
-- left alone, which ends the flow.
-- @treturn table `model`, `revision`, `imei`, nil if unknown
function Job:meet() return self.meeting:look() end

--- For watch.lua: follow the update that is under way, or judge the module by what it runs. This ends the flow.
function Job:follow() self.meeting:watch() end

--- End a flow of a script that is no update, with a message for its result.
-- @tparam string message
-- @tparam[opt] string problem if what was looked at is not as it should be: "differs", which is exit code 65
function Job:finish(message, problem)
  self.decision:still_open()
  if self.package.transport then
    self.decision:refuse_slip "job:finish(message) is for scripts without a package: an update ends with job:trigger()"
  end
  local revision = self.entry.before
  self.decision:decide(problem and verdict.found(problem, revision, message)
    or verdict.unchanged("checked", revision, message))
end

-- Changing it ------------------------------------------------------------------------------------------------------

--- Register how to undo a change; called in reverse order if the run ends before the trigger.
-- @tparam function fn its failure (`nil, err`, or an error raised) is only a warning
function Job:on_failure(fn)
  if not self.entry.committed then self.changes:on_failure(fn) end
end

--- The update: writes the record to disk, sends AT+QFOTADL, once per run, and follows the module to its verdict, which
-- no later step can change.
-- @treturn table the fields of the result, such as `ok`, `outcome`, `after`, `message`
function Job:trigger() return tables.with(self.point_of_no_return:pass()) end

--- Do something after the verdict, for instance send an SMS, with the session as it is. A failure there is a warning
-- and changes no exit code; an interruption ends only these steps.
-- @tparam function fn gets the fields of the result
function Job:after(fn)
  self.decision:check_function('job:after(function(result) job:note("info", result.outcome) end)', fn)
  self.steps_behind[#self.steps_behind + 1] = fn
end

--- From here on the steps after the verdict run, and may use the words of flows again.
-- @treturn {function,...} those steps
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
