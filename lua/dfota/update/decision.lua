--- What a run is decided by, once and for all.
--
-- What ended a flow stays its end: a flow that swallows what was raised meets it again at its next word. Behind the
-- verdict the words may be used again, and nothing changes it any more.
-- @module dfota.update.decision
local blame = require "dfota.update.blame"
local core = require "dfota.core"

local Decision = {}
Decision.__index = Decision

-- Raised to end a flow whose run is decided; nobody else has it.
local DECIDED = setmetatable({}, { __tostring = function() return "this run is decided" end, __metatable = false })

--- @treturn Decision with `verdict`: the fields of the result, once there is one; `final`: what ended the flow;
--   `is_behind`: the steps behind the verdict are at work
function Decision.new() return setmetatable({ verdict = nil, final = nil, is_behind = false }, Decision) end

--- Each word of a flow begins with this: raises what ended the flow.
function Decision:go_on()
  if self.final and not self.is_behind then error(self.final, 0) end
end

--- The same for words that look for the module, which is done before the verdict only.
function Decision:still_open()
  self:go_on()
  if self.verdict then error(DECIDED, 0) end
end

--- There is a verdict, and the flow goes on behind it.
-- @tparam table result
function Decision:settle(result) self.verdict = result end

--- Is there a verdict that the flow goes on behind, or whose steps behind it are at work?
-- @treturn boolean
function Decision:is_settled() return self.verdict ~= nil and not self.final or self.is_behind end

--- End the flow with a result; one that there is stands.
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

--- The same for a slip in the flow, told with its line.
-- @tparam string message
function Decision:refuse_slip(message) self:end_with(blame.fault(message)) end

--- A command was refused, and whoever refused it raises that. Behind the verdict it ends nothing.
-- @tparam table fault
function Decision:note_refusal(fault) self.final = self.final or not self.verdict and fault or nil end

--- Called without its function, a step would be done at once and once, and what it gave be called.
-- @tparam string example
-- @param fn
function Decision:check_function(example, fn)
  if type(fn) ~= "function" then self:refuse_slip("a function is missing: write " .. example) end
end

local FINAL = { interrupted = true, gate = true }

--- Raise what went wrong in a step; an interruption and a gate end the run whatever the flow makes of it.
-- @param err
function Decision:raise(err)
  if core.is_error(err) and FINAL[err.kind] and not self.is_behind then self:end_with(err) end
  error(err, 0)
end

--- The steps behind the verdict begin: they may use the words of flows again.
function Decision:go_behind() self.is_behind = true end

--- Was the flow ended by what was decided?
-- @param raised
-- @treturn boolean
function Decision.is_decided(raised) return raised == DECIDED end

return Decision
