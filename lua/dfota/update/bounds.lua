--- What holds while the code of a script runs: a flow, and the steps that it leaves behind.
--
-- A loop that waits for nothing is ended by a signal like any wait; what a script prints is a note and not part of the
-- JSON; and it cannot end the process, which would have no result then.
-- @module dfota.update.bounds
local blame = require "dfota.update.blame"
local core = require "dfota.core"
local StandIns = require "dfota.update.stand_ins"

local Bounds = {}
Bounds.__index = Bounds

-- Instructions until it is looked again whether code of a script runs: odd ones in turn, so that no loop keeps step.
local STRIDES = { 101, 211, 307, 401, 503 }

local COROUTINE_STRIDE = 100000

local function never() return false end

--- @tparam table opts `host` its `signals_taken`, and `on_signal` and `signal_pending` if it has signals; `decision`
--   of the run; `owns_output`: standard output is the run's, not that of a program that runs a flow; `note`
--   function(text) for what is printed then; `is_followed` function() → boolean: the module updates itself, and a
--   signal must not end that
-- @treturn Bounds
function Bounds.new(opts)
  return setmetatable({
    host = opts.host, is_pending = opts.host.signal_pending or never, decision = opts.decision, note = opts.note,
    is_followed = opts.is_followed, owns_output = opts.owns_output, strides = 0,
  }, Bounds)
end

-- The signal is used up: what is undone now is not ended by it as well.
local function interruption(self)
  if not self.ending then
    self.host.signals_taken()
    local place = blame.place()
    self.ending = core.error("interrupted", (place and place .. ": " or "") .. "interrupted by a signal")
    self.decision:note_refusal(self.ending)
  end
  return self.ending
end

-- Called after a signal, before an instruction. Only the script's own code is ended, at every further instruction if it
-- catches that; ours ends by itself, or waits and notices the signal there.
local function look(self, is_pending)
  if not (is_pending or self.ending) then return nil end
  if blame.is_script_at(2) and not self.is_followed() then error(interruption(self), 0) end
  self.strides = self.strides % #STRIDES + 1
  return STRIDES[self.strides]
end

-- A coroutine has a hook of its own, which looks now and then. One of a subscriber ends even while the module is
-- followed, and leaves the signal to the run.
local function coroutine_hook(self)
  local thread = coroutine.running()
  local function hook()
    if not (self.ending or self.is_pending()) then return end
    debug.sethook(thread, hook, "", 1)
    if not blame.is_script_at(2) then return end
    if self.is_followed() then error(core.error("interrupted", "interrupted by a signal"), 0) end
    error(interruption(self), 0)
  end
  return hook
end

-- What a script starts in a coroutine is ended as well.
local function watched(self, make)
  return function(fn)
    if type(fn) ~= "function" then return make(fn) end
    return make(function(...)
      if not debug.gethook() then debug.sethook(coroutine_hook(self), "", COROUTINE_STRIDE) end
      return fn(...)
    end)
  end
end

local function enter(self)
  self.is_inside = true
  if self.owns_output then
    self.stand_ins = StandIns.new {
      note = self.note, refuse = function(message) self.decision:refuse_slip(message) end,
      create = watched(self, coroutine.create), wrap = watched(self, coroutine.wrap),
    }
    self.stand_ins:put_in()
  end
  if self.host.on_signal then self.host.on_signal(function(is_pending) return look(self, is_pending) end) end
end

local function leave(self)
  if self.host.on_signal then self.host.on_signal(nil) end
  if self.stand_ins then self.stand_ins:take_out() end
  self.is_inside, self.stand_ins, self.ending = false, nil, nil
end

--- Call code of a script.
-- @tparam function fn
-- @param … its arguments
-- @return as of `xpcall` with `dfota.update.blame.raised`
function Bounds:call(fn, ...)
  if self.is_inside then return xpcall(fn, blame.raised, ...) end
  enter(self)
  local results = table.pack(xpcall(fn, blame.raised, ...))
  leave(self)
  return table.unpack(results, 1, results.n)
end

return Bounds
