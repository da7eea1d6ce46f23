--- One simulated module, one host, one clock that jumps: a case's world. The flow is the one of scripts/update.lua,
-- the ledger, the channel and everything between are the real ones; the port is the simulated module's virtual one.
local Book = require "campaign.book"
local Chain = require "dfota.chain"
local Channel = require "dfota.at.channel"
local Host = require "campaign.host"
local Job = require "dfota.update.job"
local Modem = require "dfota.modem.modem"
local Module = require "dfota.sim.module"
local VirtualPort = require "dfota.sim.virtual_port"
local Recorder = require "campaign.recorder"
local Trace = require "dfota.at.trace"
local accidents = require "campaign.accidents"
local retry = require "dfota.update.retry"
local said = require "campaign.said"

local World = {}
World.__index = World

-- A run that takes so many instructions of the virtual machine turns in circles.
local PATIENCE = 200000000

local BAUDS = { 115200, 9600, 57600, 38400, 19200, 4800, 460800 }

local function imei_of(number) return ("86%013d"):format(number) end

-- A case is the same wherever in the campaign it is played.
local function seed_of(case)
  local seed = case.seed or 0
  for i = 1, #case.id do seed = seed * 31 + case.id:byte(i) end
  return seed
end

local function module_of(case, stage, number)
  local spec = { imei = imei_of(number) }
  if case.way == "url" then
    spec.http_to, spec.http_size = stage.TARGET, 1000
    spec.apn, spec.apn_user, spec.apn_password = "net.example", "us3r.name", "s3cret.word"
  end
  for name, value in pairs(case.spec or {}) do spec[name] = value end
  return assert(Module.new(spec, seed_of(case)))
end

--- @tparam table case see `campaign.cases`
-- @tparam Stage stage
-- @tparam integer number of the case in this campaign: gives it a module of its own
function World.new(case, stage, number)
  local self = setmetatable({
    case = case, stage = stage, m = module_of(case, stage, number), clock = { t = 0 },
    imei = imei_of(number), port_name = "sim" .. number, wall = stage.wall + number * 1000000,
    boot = "virtual", booted = 0, imei_readings = {},
  }, World)
  self.host = Host.new(self)
  self.ledger = stage:ledger(function() return self.wall + self.clock.t end)
  if case.trace then self.trace_path = stage:trace_path(case.id) end
  return self
end

local function tap(self)
  return function(direction, bytes, t)
    local run = self.run_now
    if direction == "tx" then
      run.sent[#run.sent + 1] = bytes
      if bytes:find("^AT%+QFOTADL=[1\"]") then
        self.tx_triggers = self.tx_triggers + 1
        run.triggered_at = run.triggered_at or t
      end
    end
    if direction == "rx" then said.count_imeis(self.imei_readings, bytes) end
    if direction == "rx" and run.triggered_at then run.heard[#run.heard + 1] = bytes end
    if self.watched then self.watched(direction, bytes, t) end
    if self.trace then self.trace(direction, bytes, t) end
  end
end

-- A port that follows another goes on counting its steps, so that accidents keep their place.
local function open_port(self)
  local port, err = VirtualPort.new(self.other or self.m, self.clock, { baud = self.bauds[1] })
  if not port then return nil, err end
  port.steps = self.port and self.port.steps or 0
  port.fault = self.fault
  port:tap(tap(self))
  self.port = port
  self.host:pass_on()
  return port
end

--- Somebody unplugs the module and plugs another one in.
-- @tparam[opt="target"] string runs "source" or "target"
-- @tparam[opt] string mute commands that it never answers
function World:plug_in_another(runs, mute)
  local revision = runs == "source" and self.stage.SOURCE or self.stage.TARGET
  self.other = assert(Module.new({ imei = "490154203237518", revision = revision, mute = mute }))
end

--- A step of the host while there is no port: what is due by then happens.
function World:step_without_port()
  local port = self.port
  port.steps = port.steps + 1
  for i, accident in ipairs(self.fault) do
    local due = accident.step and port.steps >= accident.step or accident.at and self.clock.t >= accident.at
    if due and not accident.back_s then
      table.remove(self.fault, i)
      return accident.action(port)
    end
  end
end

local function want_of(self)
  local case = self.case
  local want = { from = self.stage.SOURCE, to = self.stage.TARGET, bauds = self.bauds }
  if case.way == "url" then
    want.apn, want.user, want.password = "net.example", "us3r.name", "s3cret.word"
  end
  for name, value in pairs(case.want or {}) do want[name] = value or nil end
  return want
end

-- `own` of a hop: its request, package, report, host and survey.
local function new_job(self, report, own)
  local case, stage = self.case, self.stage
  local set = stage:set(case.set)
  local kept = own and self.port and not self.port.closed and self.port or nil
  local channel = Channel.new(kept or assert(open_port(self)), {
    gap_s = set.gap_s, write_s = set.write_s, at_s = set.at_s, fence_s = set.resync_timeout_s, trace = self.trace_file,
  })
  channel:subscribe(function(line) report:event("urc", { text = line }) end)
  local modem = Modem.new(channel, set)
  local try = retry.new(stage.retries, {
    wait = function(seconds) return modem:pause(seconds) end,
    note = function(step, n, times, err)
      report:event("note", { level = "warning", text = ("%s, try %d of %d: %s"):format(step, n, times, err.message) })
    end,
  })
  local force = {}
  for _, name in ipairs(case.force or {}) do force[name] = true end
  for _, name in ipairs(self.run_now.force) do force[name] = true end
  return Job.new {
    channel = channel, modem = modem, settings = set, request = own and own.request or want_of(self),
    lenient = self.run_now.lenient, try = try, report = report, force = force, survey = own and own.survey,
    package = own and own.package or case.way == "url" and stage.url or stage:package(case.size or 4000),
    ledger = self.run_now.book,
    port_name = self.port_name, open_port = function() return open_port(self) end,
    apns = case.way == "url" and stage.apns or nil, trace_path = self.trace_path,
    tick_s = case.real_report and 2 or nil, host = own and own.host or self.host,
    wall_clock = function() return self.wall + self.clock.t end, boot = self.boot,
  }
end

-- The same for a chain, whose hops are jobs of their own over one port.
local function chain_body(self, run, flow)
  local want = want_of(self)
  want.to = self.stage.NEXT
  local chain = Chain.new {
    catalog = self.stage.catalog, request = want, flow = flow, report = run.report, host = self.host, yes = true,
    force = { attempts = run.force[1] == "attempts" or nil }, open_package = { trust = self.stage.trust },
    new_job = function(own)
      run.job = new_job(self, own.report, own)
      return run.job
    end,
  }
  return chain:run()
end

-- As `app.main` does it: what is raised before there is a job becomes a result too.
local function body(self, run, flow)
  local ok, job = pcall(new_job, self, run.report)
  if not ok then
    run.report:result(require("dfota.update.verdict").of_error(job, {}))
    return run.report.events[#run.report.events].rc
  end
  run.job = job
  return job:run(flow)
end

local function conclude(self, run, ok, rc, thread)
  run.ended, run.tx_triggers = self.clock.t, self.tx_triggers
  run.signalled = self.signalled
  run.other = self.other ~= nil
  run.gone_s = math.max((self.clock.gone_until or 0) - run.began, 0)
  if coroutine.status(thread) == "suspended" then
    run.killed = true
  elseif not ok then
    run.fault = debug.traceback(thread, tostring(rc))
  else
    run.rc = rc
  end
  run.row = run.job and run.job.entry.id
  local last = run.report.events[#run.report.events]
  run.result = last and last.event == "result" and last or nil
  run.state, run.revision = self.m.state, self.m.revision
  run.pending = self.m.forced ~= nil or self.m.downloading and true or false -- it will update itself, or is about to
  for _, event in ipairs(run.report.events) do
    if event.event == "facts" and event.ipr_before then run.facts = event end
  end
  run.session = self.m.session and { ipr = self.m.session.ipr, cmee = self.m.session.cmee }
  run.want, run.set, run.retries = want_of(self), self.stage:set(self.case.set), self.stage.retries
  run.follows = run.job ~= nil and run.job.entry.triggered == true
  return run
end

local function open_trace(self)
  if not self.trace_path then return nil end
  local trace = assert(Trace.open(self.trace_path, self.host.now))
  self.trace, self.trace_file = trace:tap(), trace
  return trace
end

--- Runs the tool once.
-- @tparam[opt] table opts `accidents`; `flow` (the update flow if left out); `force` names of gates
-- @treturn table run: `rc`, `result`, `report`, `killed`, `fault`, `tx_triggers`, `began`, `ended`, `state` and
--   `revision` of the module when it ended
function World:run(opts)
  opts = opts or {}
  local run = {
    force = opts.force or {}, lenient = opts.flow == self.stage.watch, sent = {}, heard = {}, began = self.clock.t,
    port = self.port_name,
  }
  run.report = Recorder.new(self.host.now, self.port_name, self.case.real_report)
  run.report.on_event = self.on_event
  self.run_now, self.port, self.fault = run, nil, {}
  self.tx_triggers, self.signalled, self.book_fault = 0, {}, nil
  self.bauds = self.case.bauds or BAUDS
  self.host = Host.new(self)
  accidents.arm(self, opts.accidents)
  local trace = open_trace(self)
  run.book = Book.new(self.ledger, self)
  local thread = coroutine.create(self.case.chain and chain_body or body)
  debug.sethook(thread, function() error("this run turns in circles", 2) end, "", PATIENCE)
  local ok, rc = coroutine.resume(thread, self, run, opts.flow or self.stage.update)
  if trace then trace:close() end
  run.steps, run.left_over = self.port and self.port.steps or 0, #self.fault
  conclude(self, run, ok, rc, thread)
  if self.port then self.port:close() end
  return run
end

--- Lets the module go on by itself for a while.
function World:pass(seconds)
  self.clock.t = self.clock.t + seconds
  self.m:advance(self.clock.t)
  self.m:output()
end

--- Nothing happens by accident any more: what was going to fail by itself has had its chance.
function World:calm()
  local faults, spec = self.m.faults, self.m.spec
  faults.waiting = {}
  for name in pairs(faults.at) do faults.at[name], spec[name] = {}, 0 end
  for _, name in ipairs { "chatter", "echo_chatter", "garble_char" } do spec[name] = 0 end
  self.m.wrong_readings = {}
end

--- Brings power and port back: a person came by.
function World:repair()
  self.clock.gone_until, self.other = nil, nil
  if self.m.state == "hung" then self.m:power(false) end
  self.m:power(true)
  self:pass(100)
end

--- What the ledger says of this module, the newest first.
function World:rows()
  local list = {}
  for _, imei in ipairs(said.imeis(self.imei, self.imei_readings)) do
    local rows = assert(self.ledger:rows { imei = imei })
    table.move(rows, 1, #rows, #list + 1, list)
  end
  return list
end

return World
