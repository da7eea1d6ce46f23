--- Meeting the module: finds and identifies it, and takes up what an earlier run left behind.
--
-- One that is updating itself is followed, one that already runs the target is left alone: both decide the run.
-- @module dfota.update.meeting
local Finder = require "dfota.update.finder"
local Introduction = require "dfota.update.introduction"
local Power = require "dfota.update.power"
local Recovery = require "dfota.update.recovery"
local models = require "dfota.modem.models"
local urc = require "dfota.at.urc"
local verdict = require "dfota.update.verdict"

local Meeting = {}
Meeting.__index = Meeting

local function add_parts(self, opts)
  local request, settings, transport = self.request, opts.settings, opts.package.transport
  self.introduction = Introduction.new {
    modem = opts.modem, settings = settings, retry = opts.try, port = opts.port_name, from = request.from,
    ask = opts.ask,
  }
  self.finder = Finder.new {
    channel = opts.channel, settings = settings, bauds = request.bauds, record = self.record, retry = opts.try,
    now = opts.now, may_change = not request.check and (transport ~= nil or opts.survey ~= nil),
    trying = function(baud, listens) self.telling:trying(baud, request.bauds, listens) end,
  }
  self.power = Power.new {
    channel = opts.channel, settings = settings, request = request, record = self.record, finder = self.finder,
    note = function(level, text) self.telling:note(level, text) end, host = opts.host,
  }
  self.recovery = Recovery.new {
    record = self.record, finder = self.finder, settings = settings, request = request, transport = transport,
    warn = opts.warn, gate = opts.gate, read_revision = function() return self:revision() end, follow = opts.follow,
  }
end

-- A stage of an update that goes on; its end, or a boot, is none.
local function stage_of(line)
  local stage, code = line:match '^%+QIND:%s*"FOTA",%s*"([^"]*)"[,%s]*(%d*)'
  if not stage then return nil end
  return stage ~= "END" and not (stage == "HTTPEND" and tonumber(code or "") ~= 0)
end

--- @tparam table opts `modem`, `channel`, `settings`, `request`, `package`, `port_name`, `now` the clock; `try`
--   function(step, fn); `ask` function(what, fn, patience_s), which returns nil if the module does not say; `gate`
--   function(spec); `follow` function() → result: follows the update that is under way; `event` function(name, fields);
--   `warn` function(text); `record`, `decision` and `telling` of the run; `host` its `now` and `wait`; `survey`
--   function(who) → result, which decides the run as soon as the module is known
-- @treturn Meeting with `is_updating`: the module was heard to update itself; `has_looked`: the module was searched
--   for; `is_connected`: it was found, and is the right one; `watches`: an update is only followed; `last_stage`: the
--   line that it last reported of an update that goes on
function Meeting.new(opts)
  local self = setmetatable({
    request = opts.request, record = opts.record, decision = opts.decision, telling = opts.telling, gate = opts.gate,
    follow = opts.follow, event = opts.event, has_looked = false, is_connected = false, watches = false,
    is_updating = false, survey = opts.survey,
  }, Meeting)
  add_parts(self, opts)
  return self
end

--- Take note of an unsolicited line: a module may start to update itself at any moment, by an earlier trigger.
-- @tparam string line
function Meeting:hear(line)
  local goes_on = stage_of(line)
  if goes_on ~= nil then self.last_stage = goes_on and line or nil end
  if goes_on ~= nil then self.is_updating = goes_on elseif urc.is_boot(line) then self.is_updating = false end
end

-- One that is updating itself is not touched.
local function leave_updating(self) self.decision:decide(verdict.unknown("the module is updating itself now")) end

--- One that was heard to update itself is followed, never triggered: decides the run. Before the first change and
-- before the trigger.
function Meeting:check_idle()
  if not self.is_updating then return end
  if self.request.check then leave_updating(self) end
  self.decision:decide(self.follow())
end

-- The revision cannot be read reliably: gate `revision`. With --to an engineer may force it, as the target decides
-- afterwards; but not while an earlier update may still be under way.
local function refuse_revision(self, why)
  local open = self.record:open_row() ~= nil
  local may_force = self.request.to ~= nil and not open
  self.gate { "revision", ok = false, limit = self.request.from, message = why, may_force = may_force,
    helps = open and "watch" or nil,
    advice = "check the line" .. (may_force and ""
      or open and "; an earlier run triggered an update here: watch.lua follows it"
      or "; only with --to may this gate be forced") }
end

--- The revision that the module runs now, read until two readings agree. Gate `revision`.
-- @treturn string|nil nil if the gate was forced
function Meeting:revision()
  local revision, err = self.introduction:revision()
  if revision then return revision end
  if err.kind ~= "gate" then self.decision:raise(err) end
  refuse_revision(self, err.message)
end

local function refuse_unknown(self, who, why)
  self.record:identify(who)
  if not who.revision then return refuse_revision(self, why) end
  self.gate { "imei", ok = false, limit = self.request.imei, message = why,
    advice = "the module answers other commands: switch it off and on" }
end

-- Who the module is. Gates `imei` and `module` follow.
local function identify(self)
  -- watch.lua follows whatever falls silent; one that answers all but its revision is not updating itself.
  local who, err, known = self.introduction:full(self.watches)
  if not who then
    if not known then self.decision:raise(err) end
    who = known
    refuse_unknown(self, who, err.message)
  end
  self.record:identify(who)
  self.event("identity", who)
  return who
end

local function check_imei(self, who)
  local wanted = self.request.imei
  if not wanted then return end
  self.gate { "imei", ok = who.imei == wanted, value = who.imei, limit = wanted,
    message = ("the module's IMEI is %s, not %s"):format(who.imei or "unknown", wanted) }
end

local function check_identity(self, who)
  check_imei(self, who)
  local ours, why = models.check(who.model, who.revision)
  self.gate { "module", ok = ours, value = who.model, limit = models.LIST, message = why, unknown = why }
end

-- Only without a known update under way: that may be why the module is silent.
local function find(self, wake)
  local found, err = self.power:cycle(), nil
  if not found then found, err = self.finder:find() end
  if not found and err.kind == "no_answer" and self.power:press_again() then found, err = self.finder:find() end
  if found or not wake or err.kind ~= "no_answer" or self.request.check or self.record:open_row() then
    return found, err
  end
  self.telling:note("info", "no module answers: waking it")
  wake()
  return self.finder:find()
end

local function is_updating(self, wake)
  local found, err = find(self, wake)
  if found then return found.updating end
  if err.kind ~= "no_answer" or not self.record:open_row() then self.decision:raise(err) end
  self.telling:note("warning",
    "the module does not answer, and an earlier run triggered an update here whose end was not seen")
  return true
end

-- Decided before the flow's own gates: an update that is under way, or that has already installed the target.
local function take_up_earlier(self)
  if self.request.check then return self.recovery:tell() end
  local earlier = self.recovery:take_up()
  if earlier then self.decision:decide(earlier) end
end

-- Nobody says which revision the package leads to; but the ledger knows that it has led here.
local function runs_target(self, revision)
  local request = self.request
  if request.to or request.from then return revision == request.to end
  return self.record:is_updated(), "to which this package brought it, as the ledger says"
end

--- Find and identify the module, and decide what is to be done. Gates `imei` and `module`.
-- @tparam[opt] function wake called once if no module answers and no update is known to be under way, followed by
--   another search. Not called under --check.
-- @treturn table `model`, `revision` (read twice), `imei`
function Meeting:connect(wake)
  self.decision:still_open()
  self.has_looked = true
  if wake ~= nil then
    self.decision:check_function("job:connect(function() press_power_key(job) end)", wake)
  end
  self.telling:enter "prepare"
  if is_updating(self, wake) then
    if self.request.check then leave_updating(self) end
    self.decision:decide(self.follow())
  end
  self.power:leave()
  local who = identify(self)
  check_identity(self, who)
  take_up_earlier(self)
  who.revision = self.record.before
  if self.survey then self.decision:decide(self.survey(who)) end
  local is_target, how = runs_target(self, who.revision)
  if is_target then self.decision:decide(verdict.already_current(who.revision, how)) end
  self.is_connected = true
  return who
end

--- For a run that only reads: find the module, and identify it as far as it says.
-- @treturn table `model`, `revision`, `imei`, nil if unknown
function Meeting:look()
  self.decision:still_open()
  self.has_looked = true
  if is_updating(self) then leave_updating(self) end
  local who = self.introduction:partial()
  self.record:identify(who)
  self.event("identity", who)
  local ours, why = models.check(who.model, who.revision)
  if not ours then self.telling:note("warning", why) end
  return who
end

-- Only of a module on which one was triggered, or may have been, is this about an update.
local function follow_or_judge(self, answers)
  if answers then check_imei(self, identify(self)) end
  if not answers or self.record:open_row() then self.telling:enter "update" end
  if not answers then return self.follow() end
  return self.recovery:judge_now()
end

--- For watch.lua: follow the update that is under way, or judge the module by what it runs. Gate `imei`. This decides
-- the run.
function Meeting:watch()
  self.decision:still_open()
  self.watches, self.has_looked = true, true
  self.telling:enter "prepare"
  local found, err = self.finder:search()
  if not found and err.kind ~= "no_answer" then self.decision:raise(err) end
  self.decision:decide(follow_or_judge(self, found and found.answered))
end

return Meeting
