--- An errand to the centre: a process of its own, so that a server that hangs holds up nothing else, whatever its
-- driver does. Whoever sent it waits with a deadline, or goes on and is called back; an errand that is late is killed.
--
-- A task is a module with `run(what, tell)`: what it returns (a result, or nil and an err) is the result of the errand;
-- `tell(…)` is a sign of life, with whatever there is to say meanwhile. All of it passes as `dfota.ledger.message`.
-- @module dfota.central.errand

local alarm = require "dfota.base.alarm"
local core = require "dfota.core"
local message = require "dfota.ledger.message"
local place = require "dfota.ledger.place"
local text = require "dfota.base.text"
local uv = require "luv"
local worker_process = require "dfota.base.worker_process"

local errand = {}

local Errand = {}
Errand.__index = Errand

local CHUNK = 65536

local function allowed_s(limits) return limits.silent_s or limits.total_s end

local function failure(self, reason) return core.error("central", ("central %s: %s"):format(self.name, reason)) end

local function late(self, limits) return failure(self, ("no answer within %g s"):format(allowed_s(limits))) end

local function gone(self) return failure(self, "the process that asks it ended") end

local WORKER = "dfota.central.worker"

--- Sends one. What it is about goes over a socket: arguments are public.
-- @tparam string task name of its module
-- @tparam table what `url` of the centre, and whatever the task takes
-- @treturn Errand|nil nil, err of kind `central`
function errand.send(task, what)
  local read = place.read(what.url or "")
  local self = setmetatable({ bytes = "", name = text.printable(read and read.name or "?") }, Errand)
  local process, why = worker_process.start(WORKER)
  if not process then return nil, failure(self, "the process that asks it did not start: " .. text.reason(why)) end
  self.process = process
  core.send(self.process.fd, message.pack(task, what), 1)
  return self
end

local function close(self)
  if not self.process then return end
  if self.poll then self.poll:close() end
  if self.timer then self.timer:close() end
  self.process:kill()
  self.process, self.poll, self.timer = nil, nil, nil
end

local function read(self)
  local more, _, name = uv.fs_read(self.process.fd, CHUNK)
  self.bytes = self.bytes .. (more or "")
  return not (more == "" or not more and name ~= "EAGAIN")
end

-- What it said so far: true once that was its result.
local function heard(self, on_told)
  while true do
    local frame, rest = message.take(self.bytes)
    if not frame then return false end
    self.bytes = rest
    if frame[1] == "done" then
      self.result, self.err = frame[2], frame[3] and core.error(frame[3].kind, frame[3].message)
      return true
    end
    if on_told then on_told(table.unpack(frame, 2, frame.n)) end
  end
end

-- Luv's handles must have closed before the program ends.
local function give_up(self, err, result)
  close(self)
  uv.run "nowait"
  return result, err
end

--- Waits for it.
-- @tparam table limits `silent_s`, how long it may say nothing, or `total_s`, how long it may take, whatever it says;
--   `on_told`; `wait` of the host (default `core.wait`)
-- @return its result; nil, err: kind `central` when it was late, `interrupted` after a signal
function Errand:wait(limits)
  local wait, since = limits.wait or core.wait, core.now()
  while true do
    local ready, err = wait(math.max(since + allowed_s(limits) - core.now(), 0), self.process.fd)
    if not ready then return give_up(self, err.kind == "timeout" and late(self, limits) or err) end
    local open = read(self)
    if heard(self, limits.on_told) then return give_up(self, self.err, self.result) end
    if not open then return give_up(self, gone(self)) end
    if limits.silent_s then since = core.now() end
  end
end

local function finish(self, on_end, result, err)
  close(self)
  on_end(result, err)
end

--- Lets luv's loop wait for it.
-- @tparam table limits as of `wait`
-- @tparam function on_end gets its result; nil, err
function Errand:follow(limits, on_end)
  self.timer, self.poll = uv.new_timer(), uv.new_poll(self.process.fd)
  local function again()
    alarm.set(self.timer, allowed_s(limits), function() finish(self, on_end, nil, late(self, limits)) end)
  end
  again()
  self.poll:start("r", function()
    local open = read(self)
    if heard(self, limits.on_told) then return finish(self, on_end, self.result, self.err) end
    if not self.process then return end -- whoever was told something has ended it
    if not open then return finish(self, on_end, nil, gone(self)) end
    if limits.silent_s then again() end
  end)
end

--- Gives it up.
Errand.close = close

return errand
