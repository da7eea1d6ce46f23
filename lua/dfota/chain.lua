--- A chain of updates: A to B to C, where no package leads from A to C.
--
-- Each hop is a run of its own: the whole flow with its gates, its record, its point of no return and its verdict. One
-- begins only if the one before ended with 0, so that AT+QFOTADL is sent at most once for each. Before the first, the
-- flow is called up to its `job:connect`, to learn which revision runs, and the plan is made from there; that is why a
-- chain that was stopped goes on where it stands when it is called again.
-- @module dfota.chain
local Catalog = require "dfota.config.catalog"
local HopReport = require "dfota.report.hop"
local blame = require "dfota.update.blame"
local core = require "dfota.core"
local hops = require "dfota.update.hops"
local plan = require "dfota.update.plan"
local question = require "dfota.report.question"
local rates = require "dfota.at.rates"
local tables = require "dfota.base.tables"
local transport = require "dfota.config.transport"
local verdict = require "dfota.update.verdict"

local Chain = {}
Chain.__index = Chain

-- The module updates itself to the end, and nothing follows.
local function tell_end(self)
  local job, hop = self.job, self.hop
  if self.is_told or not (job and job.entry.triggered and hop and hop.number < hop.of) then return end
  self.is_told = true
  self.report:event("note", { level = "warning",
    text = ("interrupted: the chain ends after this update, at %s"):format(hop.to) })
end

-- Signals that came during a hop were answered there; the chain must know of them afterwards.
local function counting(self)
  local host = self.host
  return setmetatable({ signals_taken = function()
    local came = host.signals_taken()
    local count = came.INT + came.TERM + came.HUP + came.QUIT
    self.signals = self.signals + count
    if count > 0 then tell_end(self) end
    return came
  end }, { __index = host })
end

--- @tparam table opts `catalog` a `dfota.config.catalog`; `request` with `to`, `from`, `check` and the others; `flow`;
--   `report`; `host` its signals; `force` gate → true; `new_job` function(own) → job: a job with its own `request`,
--   `package`, `report`, `host` and `survey`, raises what is wrong; `open_package` options of `Catalog.open`; `yes`:
--   nobody is asked; `complete_advice` function(result); `confirm` function(question) → boolean, or nil and an err; nil
--   if there is nobody to be asked
-- @treturn Chain
function Chain.new(opts)
  local self = setmetatable(opts, Chain)
  self.signals, self.packages, self.refusals = 0, {}, {}
  self.counting_host = counting(self)
  return self
end

-- What is wrong before there is a job becomes the result of that hop. Returns the result, and the job if there is one.
local function play(self, own)
  own.request.power_cycle, self.request.power_cycle = self.request.power_cycle, nil -- before the module is met
  own.report, own.host = HopReport.new(self.report), self.counting_host
  local ok, job = xpcall(self.new_job, blame.raised, own)
  if not ok then
    local known = { before = own.request.from }
    return core.is_error(job) and verdict.of_error(job, known) or verdict.of_fault(job.fault, known)
  end
  self.job = job
  if own.with_job then own.with_job(job) end
  job:run(self.flow)
  return own.report.ended, job
end

-- Without a hash nobody knows whether it was this file.
local function has_failed(self, job, hop)
  if self.force.attempts or not (hop.url or hop.sha256) then return false end
  local way = hop.url and transport.url(hop.url) or transport.file(hop.file, hop.sha256)
  return job.entry:failed_before(way) and true or false
end

-- The packages that the way may need are read before there is a plan, and stay open: the file that is sent is the one
-- that was read. Why it cannot be used, or nil.
local function refusal(self, entry)
  if not (self.packages[entry] or self.refusals[entry]) then
    self.packages[entry], self.refusals[entry] = Catalog.open(entry, self.open_package)
  end
  return self.refusals[entry]
end

-- Which package a module needs is known when the module is.
local function surveyed(self, own)
  local job
  own.survey = function(who)
    if who.revision == self.request.to then return verdict.already_current(who.revision) end
    assert(self.catalog:check_target(self.request.to))
    self.plan = plan.make({
      gate = function(_, spec) job:gate(spec) end, note = function(_, ...) job:note(...) end,
      updates_seen = function() return job:updates_seen() end,
      refusal = function(_, entry) return refusal(self, entry) end,
      failed_with = function(_, hop) return has_failed(self, job, hop) end,
      request = self.request, settings = job.settings, ledger = job.ledger, decision = job.decision,
      target = self.request.to, catalog = self.catalog, baud = job.channel.port:baud(),
    }, who)
    return tables.with(verdict.unchanged("checked", who.revision, "the plan is made"), { planned = true })
  end
  return function(made) job = made end
end

-- The earlier update that was followed brought the module onto the way, whatever it was judged by.
local function is_on_the_way(self, result)
  if not result.after or result.code or result.left then return false end
  for _, entry in ipairs(self.catalog.entries) do
    if entry.to == result.after then return true end
  end
  return false
end

-- Learns which revision runs, and makes the plan. Returns the result where there is nothing to carry out.
local function survey(self)
  local own = { request = tables.with(self.request, { to = false }), package = {} }
  own.request.to = nil
  own.with_job = surveyed(self, own)
  local result, job = play(self, own)
  if self.plan then return nil end
  local followed = job ~= nil and job.entry.triggered
  if not followed or self.has_followed or not (result.ok or is_on_the_way(self, result)) then return result end
  self.has_followed = true
  self.report:event("note", { level = "info", text = "the update that was under way has ended: " .. result.message })
  self.done = { before = result.before, after = result.after, words = "the update that was under way has ended" }
  if self.signals > 0 then
    return verdict.not_confirmed("interrupted", result.after, "interrupted; nothing more was triggered")
  end
  return survey(self)
end

local function close_packages(self)
  for _, package in pairs(self.packages) do
    if package.file then package.file:close() end
  end
end

local function is_confirmed(self)
  if self.yes then return true end
  local before = self.plan.from
  if not self.confirm then
    return nil, verdict.not_confirmed("usage", before, "there is no terminal to ask whether to carry this plan out; "
      .. "nothing was changed")
  end
  local answer, err = self.confirm(#self.plan.hops == 1 and "Update the module?" or "Carry out these updates?")
  if answer then return true end
  return nil, verdict.not_confirmed("interrupted", before,
    err and err.message .. "; nothing was changed" or "not confirmed; nothing was changed")
end

local RESULT = { "ok", "rc", "outcome", "after", "code", "message", "recorded" }

local function tell_hop(self, hop, result)
  local fields = { number = hop.number, of = hop.of, from = hop.from, to = hop.to, package = hop.package }
  for _, key in ipairs(result and RESULT or {}) do fields[key] = result[key] end
  self.report:event("hop", fields)
end

-- From here on nothing is open of this hop, and the next one changes what is known of the module.
local function note_done(self, hop, job)
  self.done = { before = hop.start, after = hop.to, words = hops.done_words(hop.number, hop.of), job = job }
end

local function play_hop(self, hop)
  self.hop = hop
  tell_hop(self, hop)
  local result, job = play(self, {
    request = tables.with(self.request, { from = hop.from, to = hop.to }),
    package = self.packages[self.plan.hops[hop.number]],
  })
  if result.ok and hop.number < hop.of then note_done(self, hop, job) end
  tell_hop(self, hop, result)
  return result
end

local function hop_of(self, number)
  local entry = self.plan.hops[number]
  return { number = number, of = #self.plan.hops, from = entry.from, to = entry.to, start = self.plan.from,
    package = entry.file or entry.url }
end

local function was_interrupted(self)
  self.counting_host.signals_taken()
  return self.signals > 0
end

-- The first hop's gates say whether the chain could begin.
local function check(self)
  return play_hop(self, hop_of(self, 1))
end

local function carry_out(self)
  local recorded
  for number = 1, #self.plan.hops do
    local hop = hop_of(self, number)
    local result = play_hop(self, hop)
    if recorded ~= false then recorded = result.recorded end
    result.recorded = recorded
    if not result.ok then return hops.in_chain(result, hop) end
    if number == hop.of then return hops.of_chain(result, hop) end
    if was_interrupted(self) then return tables.with(hops.between(hop), { recorded = recorded }) end
  end
end

local function go(self)
  local ended = survey(self)
  if ended then return ended end
  self.report:event("plan", tables.with(plan.fields(self.plan), { wanted = self.request.check or not self.yes }))
  if self.request.check then return check(self) end
  local ok, why = is_confirmed(self)
  if not ok then return why end
  if was_interrupted(self) then
    return verdict.not_confirmed("interrupted", self.plan.from, "interrupted; nothing was changed")
  end
  return carry_out(self)
end

--- Has a job of this chain ended well, with others behind it?
-- @tparam table job
-- @treturn boolean
function Chain:is_done(job) return self.done ~= nil and self.done.job == job end

--- The result of a chain that ended on its way, for instance by a fault of this program.
-- @tparam table result
-- @treturn table with what was done before
function Chain:on_the_way(result) return hops.on_the_way(result, self.done) end

--- Survey, plan, ask, and carry out. Reports the one result.
-- @treturn integer exit code
function Chain:run()
  local ok, result = xpcall(go, blame.raised, self)
  close_packages(self)
  if not ok then error(result, 0) end
  result = self:on_the_way(result)
  if self.complete_advice then self.complete_advice(result) end
  self.report:result(result)
  return result.rc
end

-- Nobody can be asked where either side is no terminal.
local function confirmer(context)
  local script = context.script
  if not (script.input and context.report.tty and script.input.is_terminal()) then return nil end
  local out = context.options.json and script.err or script.out
  return function(words) return question.ask(script.input, out, words) end
end

-- The port stays open from hop to hop, so that nobody else gets it in between. The rate that the module had is the
-- first to be tried.
local function prefer_last_rate(context, request)
  if context.line.rate and context.options.baud == "auto" then
    request.bauds = rates.beginning_with(context.line.rate)
  end
end

--- The chain of a call.
-- @tparam table context of `dfota.assembly`, with `catalog`
-- @tparam function flow
-- @tparam function new_job function(context) → job: over the port that is open, or opens it
-- @tparam function complete_advice function(result)
-- @treturn Chain
function Chain.of(context, flow, new_job, complete_advice)
  return Chain.new {
    catalog = context.catalog, request = context.request, flow = flow, report = context.report, host = context.host,
    force = context.force, complete_advice = complete_advice, open_package = context.how, yes = context.options.yes,
    confirm = confirmer(context),
    new_job = function(own)
      prefer_last_rate(context, own.request)
      context.job = new_job(setmetatable(own, { __index = context }))
      return context.job
    end,
  }
end

return Chain
