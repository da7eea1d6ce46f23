--- The point of no return: what is promised about the one AT+QFOTADL of a run, in order.
--
-- The run's brake at the centre, where there is one · a fence, so that no late reply is taken for the command's · the
-- record, on disk · signals, deferred from here on; an
-- earlier one still ends the run cleanly · the command, which the guard lets pass once · its reply, signals released ·
-- the module, followed to the verdict, which stands. Nothing is done twice, and after it nothing is undone.
-- @module dfota.update.point_of_no_return
local blame = require "dfota.update.blame"
local core = require "dfota.core"

local PointOfNoReturn = {}
PointOfNoReturn.__index = PointOfNoReturn

--- @tparam table opts `channel`, `modem`, `package`; `host` its signals; `record`, `guard`, `decision`, `telling`,
--   `changes` (a `dfota.update.changes`) and `outcome` of the run; `brake`, if it has one: a `dfota.central.brake`
-- @treturn PointOfNoReturn
function PointOfNoReturn.new(opts) return setmetatable(opts, PointOfNoReturn) end

local function check_signals(host)
  local came = host.signals_taken()
  if came.INT + came.TERM + came.HUP + came.QUIT > 0 then
    error(core.error("interrupted", "interrupted before the update was triggered; nothing was changed"), 0)
  end
end

-- Whoever stops a run stops it here at the latest. A centre that says nothing holds up nobody.
local function ask_brake(self)
  if not self.brake then return end
  local answer, err = self.brake:ask(self.host.wait)
  if err and err.kind == "interrupted" then error(err, 0) end
  self.telling:brake(self.brake, answer, err)
  if answer and answer.stop then
    error(core.error("interrupted", self.brake:words(answer) .. "; nothing was triggered or changed"), 0)
  end
end

local function commit(self)
  ask_brake(self)
  assert(self.channel:fence()) -- may fail here; at the trigger it would be unknown whether that was sent
  self.changes:check_idle()
  assert(self.record:trigger()) -- signals end this wait
  self.host.hold_signals(true) -- released when the trigger has been answered
  check_signals(self.host)
  self.telling:begin "trigger"
  self.changes:keep()
  self.record:commit()
end

local function send_and_follow(self)
  local transport = self.package.transport
  self.changes:begin_trigger()
  commit(self)
  self.guard:arm(transport.trigger_command)
  local answer = self.modem:trigger(self.package)
  self.host.hold_signals(false)
  return self.changes:tell_uploads(self.outcome:of_trigger(answer, transport.kind, self.changes.adaptive))
end

local function refuse_second(self)
  self.telling:note("warning", ("%s: job:trigger() works once per run; the verdict stands"):format(
    blame.place() or "the flow"))
  self.decision:still_open()
end

-- From a subscriber in mid-update, or from what undoes changes, a trigger would be a second one or go unrecorded.
local function check_place(self)
  if self.passed or self.decision.is_over or self.guard.listening then
    error(blame.fault "job:trigger() works once per run, and only in the flow itself; nothing was sent", 0)
  end
end

--- Pass it, once in a run.
-- @treturn table the fields of the result: the verdict
function PointOfNoReturn:pass()
  local decision = self.decision
  if decision:is_settled() then refuse_second(self) end
  decision:go_on()
  check_place(self)
  if not self.package.transport then decision:refuse_slip "job:trigger() without a package; nothing was sent" end
  self.passed = true
  local ok, result = xpcall(send_and_follow, blame.raised, self)
  if not ok then decision:end_with(result) end
  decision:settle(result)
  return result
end

return PointOfNoReturn
