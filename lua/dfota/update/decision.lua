--- How a run was decided, once and for all.
--
-- What ended a flow stays its end: if the flow swallows the error, its next word raises it again. After the verdict the
-- words can be used again, and nothing changes the verdict.
-- @module dfota.update.decision
local blame = require "dfota.update.blame"
local core = require "dfota.core"

local Decision = {}
Decision.__index = Decision

-- Raised to end a flow whose run is decided; private to this file.
local DECIDED = setmetatable({}, { __tostring = function() return "this run is decided" end, __metatable = false })

--- @treturn Decision with `verdict`: the fields of the result, once there is one; `final`: what ended the flow;
--   `is_behind`: the steps after the verdict are running; `is_over`: the flow has ended
function Decision.new()
  return setmetatable({ verdict = nil, final = nil, is_behind = false, is_over = false }, Decision)
end

--- Every word of a flow calls this first: raises what ended the flow.
function Decision:go_on()
  if self.final and not self.is_behind then error(self.final, 0) end
end

--- The same for words that search for the module, which is possible only before the verdict.
function Decision:still_open()
  self:go_on()
  if self.verdict then error(DECIDED, 0) end
end

--- There is a verdict, and the flow continues after it.
-- @tparam table result
function Decision:settle(result) self.verdict = result end

--- Is there a verdict after which the flow continues, or whose later steps are running?
-- @treturn boolean
function Decision:is_settled() return self.verdict ~= nil and not self.final or self.is_behind end

--- End the flow with a result, unless there is one already.
-- @tparam table result
function Decision:decide(result)
  self.verdict, self.final = self.verdict or result, DECIDED
  error(DECIDED, 0)
end

--- End the flow with a refusal that it cannot swallow.
-- @param err
function Decision:end_with(err)
  self.final = self.final or err
  error(err, 0)
end

--- The same for a mistake in the flow, reported with its line.
-- @tparam string message
function Decision:refuse_slip(message) self:end_with(blame.fault(message)) end

--- A command was refused, which its caller raises. After the verdict this ends nothing.
-- @tparam table fault
function Decision:note_refusal(fault) self.final = self.final or not self.verdict and fault or nil end

--- Without `function() … end` a step would run at once, and its result be called.
-- @tparam string example
-- @param fn
function Decision:check_function(example, fn)
  if type(fn) ~= "function" then self:refuse_slip("a function is missing: write " .. example) end
end

local FINAL = { interrupted = true, gate = true }

--- Raise what went wrong in a step; an interruption or a gate ends the run whatever the flow does with it.
-- @param err
function Decision:raise(err)
  if core.is_error(err) and FINAL[err.kind] and not self.is_behind then self:end_with(err) end
  error(err, 0)
end

--- The flow has ended: what follows only undoes its changes, or comes after the verdict.
function Decision:close() self.is_over = true end

--- A call below the words of flows, such as one of the modem's, is about to be made: raises what ended the flow.
function Decision:check_call()
  if not self.is_over then self:go_on() end
end

--- What such a call returned: an interruption ends the flow whatever it does with it.
-- @param err
function Decision:check_returned(err)
  if core.is_error(err) and err.kind == "interrupted" and not self.is_over then self:raise(err) end
end

--- The steps after the verdict begin: they may use the words of flows again.
function Decision:go_behind() self.is_behind = true end

--- Is this error the end of a decided run?
-- @param raised
-- @treturn boolean
function Decision.is_decided(raised) return raised == DECIDED end

return Decision
