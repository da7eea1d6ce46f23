--- The states that a module of a fleet can be in, and how many modules are in which. Pure.
--
-- * `waiting` for its update, or for the next try of one that may safely be repeated
-- * `running`, before the trigger; `triggered`, after it; `watching`, to settle an outcome that is unknown
-- * `done`, `failed`, `unknown`, `safe` (the last try left it on its source firmware) or `interrupted`: no more is done
-- @module dfota.fleet.states

--- `LIST` names each of them, `ACTIVE` those in which a job runs.
local states = {
  LIST = { "waiting", "running", "triggered", "watching", "done", "failed", "unknown", "safe", "interrupted" },
  ACTIVE = { running = true, triggered = true, watching = true },
}

local States = {}
States.__index = States
States.__name = "dfota.fleet.states"

--- Nobody is counted yet.
-- @treturn States with `count`: state → number, every state named
function states.new()
  local self = setmetatable({ count = {} }, States)
  for _, state in ipairs(states.LIST) do self.count[state] = 0 end
  return self
end

--- Puts a module into another state.
-- @tparam table device one without a `state` was not counted before
-- @tparam string state
function States:move(device, state)
  local count, old = self.count, device.state
  if old then count[old] = count[old] - 1 end
  device.state, count[state] = state, count[state] + 1
end

--- How many are in which state now.
-- @treturn table a copy of `count`
function States:counts()
  local counts = {}
  for state, number in pairs(self.count) do counts[state] = number end
  return counts
end

return states
