--- The host's signals, clock and waiting as a job sees them, on the virtual clock. As in core: a signal is
-- counted, and ends one wait with "interrupted"; while held it is only counted.
local core = require "dfota.core"

local Host = {}
Host.__index = Host

local function none() return { INT = 0, TERM = 0, HUP = 0, QUIT = 0 } end

--- @tparam table world with `clock`, `m`, and `port` once it is open
function Host.new(world)
  local self = setmetatable({ world = world, counts = none(), held = false, wake = false }, Host)
  -- The functions of core, which are called without a self.
  self.now = function() return world.clock.t end
  self.wait = function(seconds) return self:pass(seconds) end
  self.hold_signals = function(hold) self:hold(hold) end
  self.signals_taken = function() return self:take() end
  return self
end

-- A signal that may wake somebody wakes whoever waits on the port.
function Host:pass_on()
  local port = self.world.port
  if self.wake and not self.held and port and not port.closed then
    port.interrupted, self.wake = true, false
  end
end

--- A signal comes, `times` at once.
function Host:signal(name, times)
  self.counts[name] = self.counts[name] + times
  self.wake = true
  self:pass_on()
end

function Host:hold(hold)
  local port = self.world.port
  self.held = hold
  if hold and port and port.interrupted then port.interrupted, self.wake = false, true end
  self:pass_on()
end

function Host:take()
  local counts = self.counts
  self.counts, self.wake = none(), false
  if self.world.port then self.world.port.interrupted = false end
  return counts
end

--- Lets time pass where there is no port; a step of the host like any other wait.
function Host:pass(seconds)
  local world = self.world
  world.clock.t = world.clock.t + seconds
  world.m:advance(world.clock.t)
  world:step_without_port()
  if self.wake then
    self.wake = false
    return nil, core.error("interrupted", "interrupted by a signal")
  end
  return true
end

return Host
