--- One run on one module: the words that flows are written in.
--
-- A flow reads straight down: `job:gate {…}`, `job:retry("pdp", …)`. Whatever fails is raised, caught in one place
-- (`dfota.update.run`), and turned into the one result of the run. What is decided once stays decided: a flow that
-- swallows what was raised meets it again at the next word.
-- @module dfota.update.job
local Finder = require "dfota.update.finder"
local Gates = require "dfota.update.gates"
local Guard = require "dfota.update.guard"
local Introduction = require "dfota.update.introduction"
local Outcome = require "dfota.update.outcome"
local Record = require "dfota.update.record"
local Recovery = require "dfota.update.recovery"
local Run = require "dfota.update.run"
local apn = require "dfota.config.apn"
local blame = require "dfota.update.blame"
local core = require "dfota.core"
local facts = require "dfota.update.facts"
local errors = require "dfota.at.errors"
local models = require "dfota.modem.models"
local preflight = require "dfota.update.preflight"
local suggest = require "dfota.base.suggest"
local text = require "dfota.base.text"
local verdict = require "dfota.update.verdict"
local web = require "dfota.http.client"

local Job = {}
Job.__index = Job

-- Raised to end a flow whose run is decided; nobody else has it.
local DECIDED = setmetatable({}, { __tostring = function() return "this run is decided" end, __metatable = false })

-- A refusal that no flow can swallow.
local function end_with(self, err)
  self.final = self.final or err
  error(err, 0)
end

local FINAL = { interrupted = true, gate = true }

-- A slip in the flow, told with its line.
local function refuse_slip(self, message) end_with(self, blame.fault(message)) end

-- Called without its function, a step would be done at once and once, and what it gave be called.
local function check_function(self, example, fn)
  if type(fn) ~= "function" then refuse_slip(self, "a function is missing: write " .. example) end
end

-- What is raised by a step; an interruption and a gate end the run whatever the flow makes of it.
local function raise(self, err)
  if core.is_error(err) and FINAL[err.kind] and not self.is_behind then end_with(self, err) end
  error(err, 0)
end

local function new_guard(self)
  return Guard.new {
    only_queries = self.request.check,
    on_change = function() self:note_change() end,
    on_refused = function(fault) self.final = self.final or not self.verdict and fault or nil end,
  }
end

-- No reading of the revision counts: gate `revision`. With a target that is named an engineer may go on, for it tells
-- afterwards what became of the update; but not while an earlier one may still be under way.
local function refuse_revision(self, why)
  local open = self.entry:open_row() ~= nil
  local may_force = self.request.to ~= nil and not open
  self:gate { "revision", ok = false, limit = self.request.from, message = why, may_force = may_force,
    advice = "check the line" .. (may_force and ", or pass it with --force revision: then --to alone is the proof"
      or open and "; an earlier run triggered an update here: watch.lua follows it"
      or "; --force revision passes it only where --to is given") }
end

local function read_revision(self)
  local revision, err = self.introduction:revision()
  if revision then return revision end
  if err.kind ~= "gate" then raise(self, err) end
  refuse_revision(self, err.message)
end

local function helpers(self)
  local channel, settings, request, entry = self.channel, self.settings, self.request, self.entry
  local function warn(message) self:note("warning", message) end
  local function event(name, fields) self.report:event(name, fields) end
  self.gates = Gates.new { force = self.force, event = event, warn = warn }
  self.introduction = Introduction.new {
    modem = self.modem, settings = settings, retry = self.try, port = self.port_name,
    from = request.from, ask = function(...) return self:ask(...) end,
  }
  self.finder = Finder.new {
    channel = channel, settings = settings, bauds = request.bauds, record = entry, retry = self.try,
    now = self.host.now, may_change = not request.check and self.package.transport ~= nil,
  }
  self.outcome = Outcome.new {
    channel = channel, modem = self.modem, settings = settings, record = entry, request = request, baud = self.baud,
    host = self.host, open_port = self.open_port, phase = function(name) self:enter(name) end, warn = warn,
    event = event,
    tick = function(age_s) self.report:tick(age_s) end, tick_s = self.tick_s,
  }
  self.recovery = Recovery.new {
    record = entry, finder = self.finder, settings = settings, request = request, transport = self.package.transport,
    warn = warn, read_revision = function() return read_revision(self) end,
    follow = function() return self:watch() end,
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
  self.entry = Record.new {
    ledger = self.ledger, wall = self.wall_clock, now = self.host.now, boot = self.boot, port = self.port_name,
    request = self.request, package = self.package, trace = self.trace_path, missing = self.ledger_missing,
    on_trouble = self.lenient and function(err) self:note("warning", err.message .. "; going on without it") end or nil,
  }
  self.cleanups, self.steps_behind = {}, {}
  self.guard = new_guard(self)
  if self.channel then self.channel:guard_with(function(command, message) self.guard:pass(command, message) end) end
  helpers(self)
  return self
end

-- Not the port's clock: a port that was lost and closed tells no time.
function Job:now() return self.host.now() end

-- Deciding ---------------------------------------------------------------------------------------------------------

-- What was decided stays decided: each word of a flow begins with this.
local function go_on(self)
  if self.final and not self.is_behind then error(self.final, 0) end
end

-- The module is looked for before the verdict only.
local function still_open(self)
  go_on(self)
  if self.verdict then error(DECIDED, 0) end
end

--- End the flow with a result.
-- @tparam table result
-- @within Not in a flow
function Job:decide(result)
  self.verdict, self.final = self.verdict or result, DECIDED
  error(DECIDED, 0)
end

-- Telling ----------------------------------------------------------------------------------------------------------

-- Programs know the parts of a job by name (contract: phase).
local PHASES = { "prepare", "upload", "pdp", "trigger", "download", "update", "reboot", "verify" }

local LEVELS = { "info", "warning", "error" }

-- Parts of the job in which the module is changed.
local CHANGES = { pdp = true, upload = true }

local function is_in(value, list)
  for _, one in ipairs(list) do
    if value == one then return true end
  end
  return false
end

local function check_phase(self, word, name)
  if is_in(name, PHASES) then return end
  refuse_slip(self, ("%s: there is no phase %s%s"):format(word, text.brief(name), suggest.hint(name, PHASES)))
end

--- Tell people and programs which part of the job begins. With `pdp` and `upload` the module begins to be changed.
-- @tparam string name prepare, upload, pdp, trigger, download, update, reboot or verify
function Job:phase(name)
  go_on(self)
  check_phase(self, "job:phase(name)", name)
  if CHANGES[name] then self:begin(name) end
  self:enter(name)
end

--- The same, and nothing is begun.
-- @tparam string name
-- @within Not in a flow
function Job:enter(name)
  if self.current_phase == name then return end
  self.current_phase = name
  self.report:event("phase", { name = name })
  self.entry:step(name)
end

--- Say something.
-- @tparam string level "info", "warning" or "error"
-- @tparam string message
function Job:note(level, message)
  if not is_in(level, LEVELS) or message == nil then
    error(blame.fault(("job:note(level, text): the level is \"info\", \"warning\" or \"error\"%s"):format(
      suggest.hint(level, LEVELS))), 0)
  end
  self.report:event("note", { level = level, text = tostring(message) })
end

--- Progress of an upload as a function for `modem.files:upload`.
-- @tparam string phase
-- @treturn function of the bytes sent and the total
function Job:progress(phase)
  check_phase(self, "job:progress(phase)", phase)
  local last
  return function(sent, total)
    local percent = total > 0 and sent * 100 // total or 100
    if percent == last then return end
    last = percent
    self.report:event("progress", { phase = phase, percent = percent, bytes = sent, total = total })
  end
end

--- Tell what was asked, as one event for programs.
-- @tparam table told by name; `names` those that are told even where nothing is known
function Job:facts(told)
  if type(told) ~= "table" then refuse_slip(self, "job:facts { … } takes a table; job:record(name, value) one fact") end
  self.report:event("facts", told)
end

--- Keep a fact of one's own, such as a CCID or a site: in the ledger, for programs and for people. What is not known
-- (nil) is not kept.
-- @tparam string name
-- @tparam string|number|boolean|nil value
function Job:record(name, value)
  if value == nil and type(name) == "string" then return end
  local wrong = facts.check(self.entry.facts, name, value)
  if wrong then error(blame.fault(wrong), 0) end
  self.entry:add(name, value)
  self.report:event("facts", { names = { name }, [name] = value })
  self:note("info", ("%s: %s"):format(name, value))
end

-- Asking -----------------------------------------------------------------------------------------------------------

--- Declare a command to be a query, one that changes nothing in the module: it is sent in a run that only looks, too.
-- @tparam string command such as "AT+QTEMP"
function Job:query(command) self.guard:declare(command) end

--- Is this a run that only looks? Then the flow may end: nothing that changes the module would be sent
-- (`--check`).
-- @treturn boolean
function Job:checking()
  go_on(self)
  return self.request.check == true
end

-- A command that hangs in the module keeps all that is asked behind it waiting, until the module gives it up.
local function answers_again(self, since, patience_s)
  local fenced, err = self.channel:fence(math.max(self.settings.resync_timeout_s, since + patience_s - self:now()))
  if fenced then return true end
  if err.kind ~= "timeout" then raise(self, err) end
  return false
end

--- Ask for something that not every firmware tells. Not to know is no fault: it is said, and nil returned.
-- @tparam string what
-- @tparam function fn
-- @tparam[opt] number patience_s where given, a question that is not answered is not known either, if the module
--   answers another one within this time from the question on; one that does not raises kind `no_answer`
-- @return what `fn` returns (two values), or nil
function Job:ask(what, fn, patience_s)
  go_on(self)
  check_function(self, 'job:ask("supply", function() return modem:supply_mv() end)', fn)
  local since = self:now()
  local value, err = self.try("query", fn)
  if value ~= nil or not core.is_error(err) then return value, err end
  local unanswered = err.kind == "timeout" and patience_s
  if unanswered and not answers_again(self, since, patience_s) then
    error(core.error("no_answer", err.message .. ", nor anything else behind it"), 0)
  end
  if not (unanswered or errors.is_no(err)) then raise(self, err) end
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
  go_on(self)
  check_function(self, 'job:retry("pdp", function() return modem.pdp:activate(apn) end)', fn)
  if not ONLY_ASKS[step] then self:begin(step) end
  local result = table.pack(self.try(step, fn))
  local err = result[2]
  if result[1] ~= nil or may_fail and core.is_error(err) and err.kind == may_fail then
    return table.unpack(result, 1, result.n)
  end
  raise(self, err or blame.fault(("the step %s gave nothing: is the return missing in its function?")
    :format(step)))
end

--- A condition that must hold before anything is changed. Raises unless it holds or was forced by name; what cannot be
-- told is not checked, which is a warning and no more.
-- @tparam table spec as of `dfota.update.gate`
function Job:gate(spec)
  go_on(self)
  local err = self.gates:check(spec)
  if err then end_with(self, err) end
end

--- Ask the web server for the package before the module is sent there: gate `server`. A server that this machine
-- cannot reach is said and no more, for the module is in another network.
function Job:check_server()
  go_on(self)
  local url, seconds = self.package.url, self.settings.preflight_s
  if not self.request.preflight or seconds == 0 then return end
  local answer, err = web.first_bytes(self.package, seconds, self.host.wait)
  if core.is_error(err) then raise(self, err) end
  if not answer then
    return self:note("info", ("this machine cannot reach %s: %s; the module may see more than this machine"):format(
      url, err))
  end
  local found = preflight.judge(url, answer, self.settings.max_package_bytes)
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
  go_on(self)
  local request = self.request
  if request.apn ~= "auto" then
    if request.apn then return { apn = request.apn, user = request.user, password = request.password } end
    self:note("info", "using the APN that the module has configured")
    return nil
  end
  local imsi = self:ask("the SIM's home network", function() return self.modem:imsi() end)
  local found = imsi and apn.choose { imsi = imsi, table = self.apns }
  if not found then
    error(core.error("usage", "no APN is known for this SIM: name one with --apn, or add it to scripts/apns.lua"), 0)
  end
  self:note("info", ("APN %s of %s (%s)"):format(found.apn, found.name or "the SIM's home network", found.source))
  return { apn = found.apn, user = request.user or found.user, password = request.password or found.password }
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
  self.cleanups = {}
  local result = self.outcome:of_watch(row, self.adaptive)
  if result.outcome == "not_started" then self.entry:unfollow() end
  return result
end

local function refuse_unknown(self, who, why)
  self.entry:identify(who)
  if not who.revision then return refuse_revision(self, why) end
  self:gate { "imei", ok = false, limit = self.request.imei, message = why }
end

-- Who the module is, and gates for the right module of the right family.
local function identify(self)
  local who, err, known = self.introduction:full()
  if not who then
    if not known then raise(self, err) end
    who = known
    refuse_unknown(self, who, err.message)
  end
  self.entry:identify(who)
  self.report:event("identity", who)
  return who
end

local function check_identity(self, who)
  local wanted = self.request.imei
  if wanted then
    self:gate { "imei", ok = who.imei == wanted, value = who.imei, limit = wanted,
      message = ("the module's IMEI is %s, not %s"):format(who.imei or "not known", wanted) }
  end
  local ours, why = models.check(who.model, who.revision)
  self:gate { "module", ok = ours, value = who.model, limit = models.LIST, message = why, unknown = why }
end

-- Only a module on which no update is known to be under way may be woken: it may be silent for that.
local function find(self, wake)
  local found, err = self.finder:find()
  if found or not wake or err.kind ~= "no_answer" or self.request.check or self.entry:open_row() then
    return found, err
  end
  self:note("info", "no module answers: waking it")
  wake()
  return self.finder:find()
end

local function is_updating(self, wake)
  local found, err = find(self, wake)
  if found then return found.updating end
  if err.kind ~= "no_answer" or not self.entry:open_row() then raise(self, err) end
  self:note("warning", "the module is silent, and an earlier run triggered an update here whose end was not seen")
  return true
end

-- What is decided before the flow's own gates: an update that is under way, or that brought the target already.
local function take_up_earlier(self)
  if self.request.check then return self.recovery:tell() end
  local earlier = self.recovery:take_up()
  if earlier then self:decide(earlier) end
end

--- Find the module, know who it is, and see what is to be done. One that is updating itself is followed instead, one
-- that runs the target is left alone: both end the flow. Gates `imei` and `module`.
-- @tparam[opt] function wake called once where no module answers and no update is known to be under way, to press
--   PWRKEY, say; then it is looked for once more. Not called under --check.
-- @treturn table `model`, `revision` (read twice), `imei`
function Job:connect(wake)
  still_open(self)
  self.has_looked = true
  if wake ~= nil then check_function(self, "job:connect(function() press_power_key(job) end)", wake) end
  self:enter "prepare"
  if is_updating(self, wake) then
    if self.request.check then self:decide(verdict.unknown("the module is updating itself now")) end
    self:decide(self:watch())
  end
  local who = identify(self)
  check_identity(self, who)
  take_up_earlier(self)
  who.revision = self.entry.before
  if who.revision == self.request.to then self:decide(verdict.already_current(who.revision)) end
  self.is_connected = true
  return who
end

--- For a script that only looks: find the module, and ask who it is as far as it tells. One that is updating itself is
-- left alone, which ends the flow.
-- @treturn table `model`, `revision`, `imei`, nil where not known
function Job:meet()
  still_open(self)
  self.has_looked = true
  if is_updating(self) then self:decide(verdict.unknown("the module is updating itself now")) end
  local who = self.introduction:partial()
  self.entry:identify(who)
  self.report:event("identity", who)
  local ours, why = models.check(who.model, who.revision)
  if not ours then self:note("warning", why) end
  return who
end

--- For a watcher: follow the update that is under way, or judge the module by what it runs. This ends the flow.
function Job:follow()
  still_open(self)
  self.watches, self.has_looked = true, true
  self:enter "update"
  local found, err = self.finder:search()
  if not found and err.kind ~= "no_answer" then raise(self, err) end
  if not (found and found.answered) then self:decide(self:watch()) end
  identify(self)
  self:decide(self.recovery:judge_now())
end

-- Changing it ------------------------------------------------------------------------------------------------------

--- Remember how to take back what was begun; done in reverse order if the run ends before the trigger.
-- @tparam function fn what it fails with (`nil, err`, or an error raised) is told as a warning
function Job:on_failure(fn)
  check_function(self, "job:on_failure(function() return modem.pdp:release() end)", fn)
  self.cleanups[#self.cleanups + 1] = fn
end

local function put_on_record(self)
  local begun, err = self.entry:begin(self.gates:forced())
  if not begun then raise(self, err) end
end

local function prepare_session(self)
  if not self.restores then self:on_failure(function() return self.modem.session:restore() end) end
  self.restores = true
  local prepared, err = self.try("query", function() return self.modem.session:prepare() end)
  if not prepared then raise(self, err) end
end

--- A command that may change the module goes out: the run is on record before it, with the module that it is.
-- @within Not in a flow
function Job:note_change()
  if not self.package.transport or self.verdict then return end
  if not self.has_looked then
    refuse_slip(self, "a command that may change something needs job:connect() before it; nothing was sent")
  end
  put_on_record(self)
end

--- From here on the module is changed: the run is on record, and the session is made readable. Done by the first step
-- that changes something.
-- @tparam string what that step
-- @within Not in a flow
function Job:begin(what)
  if self.begun or self.verdict or not self.package.transport then return end
  if self.request.check then
    refuse_slip(self, ("--check changes nothing, and %s would: write if job:checking() then return end "
      .. "before it"):format(what))
  elseif not self.is_connected then
    refuse_slip(self, ("%s needs job:connect() before it; nothing was sent"):format(what))
  end
  self.adaptive = self:ask("the baud rate's setting", function() return self.modem:ipr() end) == 0
  self.entry:found_at(self.adaptive and 0 or self.channel.port:baud())
  put_on_record(self)
  prepare_session(self)
  self.begun = true
end

--- What is to be taken back, the last first. Nothing is left then.
-- @treturn {function,...}
-- @within Not in a flow
function Job:cleanups_left()
  local list = {}
  for i = #self.cleanups, 1, -1 do list[#list + 1] = self.cleanups[i] end
  self.cleanups = {}
  return list
end

-- The point of no return: the record goes to disk before the trigger may go out. A signal that came before this point
-- still ends the run cleanly.
local function commit(self)
  assert(self.channel:fence()) -- here it may fail; at the trigger nobody could tell whether that went out
  assert(self.entry:trigger()) -- signals end this wait
  self.host.hold_signals(true) -- let go when the trigger has been answered
  local came = self.host.signals_taken()
  if came.INT + came.TERM + came.HUP > 0 then
    error(core.error("interrupted", "interrupted before the update was triggered; nothing was changed"), 0)
  end
  self.current_phase = "trigger"
  self.report:event("phase", { name = "trigger" })
  self.cleanups = {}
  self.entry:commit()
end

local function send_and_follow(self)
  local transport = self.package.transport
  self:begin "job:trigger()"
  commit(self)
  self.guard:arm(transport.trigger_command)
  local answer = self.modem:trigger(self.package)
  self.host.hold_signals(false)
  return self.outcome:of_trigger(answer, transport.kind, self.adaptive)
end

local function copied(fields)
  local copy = {}
  for key, value in pairs(fields) do copy[key] = value end
  return copy
end

--- The update: the record goes to disk, AT+QFOTADL goes out, once in a run, and the module is followed to its verdict,
-- which no later step can change.
-- @treturn table the fields of the result, such as `ok`, `outcome`, `after`, `message`
function Job:trigger()
  if self.verdict and not self.final or self.is_behind then
    self:note("warning", ("%s: job:trigger() is done once in a run; the verdict stands"):format(
      blame.place() or "the flow"))
    error(DECIDED, 0)
  end
  go_on(self)
  if not self.package.transport then refuse_slip(self, "job:trigger() without a package; nothing was sent") end
  local ok, result = xpcall(send_and_follow, blame.raised, self)
  if not ok then end_with(self, result) end
  self.verdict = result
  return copied(result)
end

--- Do something behind the verdict, with the session as it is: an SMS, say. What fails there is a warning, and changes
-- no exit code; an interruption ends these steps alone.
-- @tparam function fn gets the fields of the result
function Job:after(fn)
  check_function(self, 'job:after(function(result) job:note("info", result.outcome) end)', fn)
  self.steps_behind[#self.steps_behind + 1] = fn
end

--- From here on the job is behind its verdict: its steps there may use the words of flows again.
-- @treturn {function,...} these steps
-- @within Not in a flow
function Job:steps_left()
  self.is_behind = true
  return self.steps_behind
end

--- Run a flow to its one result.
-- @tparam function flow gets the job as flows see it (`dfota.update.words`); what it returns does not matter
-- @treturn integer exit code
-- @within Not in a flow
function Job:run(flow) return Run.new(self):run(flow) end

--- Was the flow ended by what was decided?
-- @param raised
-- @treturn boolean
-- @within Not in a flow
function Job.is_decided(raised) return raised == DECIDED end

return Job
