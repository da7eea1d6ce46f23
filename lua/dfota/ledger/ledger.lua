--- The ledger: who was updated when, from what, to what, how often, and how it ended.
-- SQL through LuaSQL, the same for SQLite (a file, the default) and PostgreSQL (postgres://…).
--
-- Nothing may hang a run, be it a frozen server, a hanging disk or a lock that is never released. So the connection is
-- held by a worker, a separate process (`dfota.ledger.worker`, `dfota.ledger.book`). Here every answer has a deadline,
-- and a signal ends the wait. A worker that does not answer is killed, and a new one with a new connection is tried
-- once. What is written is on disk when the function returns.
--
-- A ledger has the methods of `dfota.ledger.book`. Field failures are `nil, err`: kind "ledger", "ledger_locked" if
-- others have locked it, "interrupted" if a signal arrived.
-- @module dfota.ledger.ledger

local core = require "dfota.core"
local lock_holder = require "dfota.ledger.lock_holder"
local message = require "dfota.ledger.message"
local nothing = require "dfota.ledger.null"
local pages = require "dfota.ledger.pages"
local place = require "dfota.ledger.place"
local stamp = require "dfota.ledger.stamp"
local text = require "dfota.base.text"
local uv = require "luv"
local worker_process = require "dfota.base.worker_process"

local ledger = {
  default_path = place.default_path, warning = place.warning, wall_clock = stamp.wall_clock,
}

local Ledger = {}
Ledger.__index = Ledger
Ledger.__name = "dfota.ledger.ledger"

local CHUNK = 65536
local CLOSE_S = 1

-- Identifies this boot of this host: the monotonic clock starts there.
local function boot_id()
  local file = io.open("/proc/sys/kernel/random/boot_id")
  local id = file and file:read("l")
  if file then file:close() end
  return id
end

--- Identifies the current boot of this host, to which `core.now` refers.
-- @treturn string|nil
function ledger.boot() return boot_id() end

-- The worker -------------------------------------------------------------------------------------------------------

local WORKER = "dfota.ledger.worker"

-- The place is sent over the socket: it may contain a password, and arguments are public.
local function start(self)
  local process, why = worker_process.take(WORKER)
  if not process then return nil, self.place:failure("its worker process did not start: " .. why) end
  self.process, self.bytes = process, ""
  return true
end

local function stop(self)
  if not self.process then return end
  self.process:kill()
  self.process = nil
  uv.run("nowait")
end

-- One frame, by a deadline on the monotonic clock. `patient`: a signal does not end the wait.
local function receive(self, deadline, patient)
  while true do
    local frame, rest = message.take(self.bytes)
    if frame then
      self.bytes = rest
      return frame
    end
    local ready, err = core.wait(math.max(deadline - core.now(), 0), self.process.fd)
    if ready then
      local more, _, name = uv.fs_read(self.process.fd, CHUNK)
      local ended = more == "" or not more and name ~= "EAGAIN"
      if ended then return nil, self.place:failure("its worker process ended") end
      self.bytes = self.bytes .. (more or "")
    elseif not (patient and err.kind == "interrupted") then
      return nil, err
    end
  end
end

local function no_answer(self, seconds)
  return self.place:failure(("no answer within %.1f s"):format(seconds))
end

-- Who has locked it, if the kernel knows.
local function holder(self)
  return not self.is_server and lock_holder.of(self.where) or nil
end

local function locked(self, seconds)
  local who = holder(self)
  return self.place:failure(("locked by others for %s s%s"):format(text.seconds(seconds),
    who and ": " .. who or ""), "ledger_locked")
end

local TOLD_AFTER_S = 1 -- shorter waits are ordinary where several write

-- One line for each wait that people notice: for whom, and until when.
local function tell_wait(self, seconds_left)
  local until_then = os.date("%H:%M:%S", math.floor(ledger.wall_clock() + seconds_left))
  self.on_wait(("ledger %s: locked by %s; waiting for it until %s"):format(text.printable(self.name),
    holder(self) or "others", until_then))
end

-- The answer to a request. While the worker reports that the database is locked it is alive, and is waited for longer.
local function answer(self, last)
  local limits = self.limits
  local began = core.now()
  local silent_s = last or limits.answer_s
  local busy_until = began + (last or limits.busy_s)
  local deadline = began + silent_s
  local told = last ~= nil or not self.on_wait
  while true do
    local frame, err = receive(self, deadline, last ~= nil)
    if not frame then
      if err.kind == "timeout" then err = no_answer(self, silent_s) end
      return nil, err
    end
    if frame[1] == "done" then return frame end
    if core.now() >= busy_until then return nil, locked(self, last or limits.busy_s) end
    if not told and core.now() >= began + TOLD_AFTER_S then
      told = true
      tell_wait(self, busy_until - core.now())
    end
    if not last then deadline = core.now() + silent_s end
  end
end

local function unpacked(frame)
  local err = frame[3]
  if err then return nil, core.error(err.kind, err.message, err.code) end
  return frame[2]
end

local function ask(self, last, ...)
  local sent, why = core.send(self.process.fd, message.pack(...), last or self.limits.answer_s)
  if not sent and why.kind == "interrupted" then
    stop(self) -- it may wait for the rest of a request
    return nil, why, false
  end
  if not sent then return nil, self.place:failure("its worker process ended"), true end
  local frame, err = answer(self, last)
  if not frame then
    stop(self)
    return nil, err, err.kind == "ledger"
  end
  local result
  result, err = unpacked(frame)
  return result, err, err ~= nil and err.kind == "ledger"
end

local function connect(self, last)
  local ok, err = start(self)
  if not ok then return nil, err end
  ok, err = ask(self, last, self.where, self.options)
  if not ok then
    stop(self)
    return nil, err
  end
  return ok
end

-- After a restarted server, a frozen connection or a killed worker, a new one may succeed. Any statement may be sent
-- twice.
local function call(self, deadline, ...)
  if self.closed then error("the ledger is closed", 3) end
  local function left() return deadline and math.max(deadline - core.now(), 0) end
  local result, err, again = nil, nil, true
  if self.process then result, err, again = ask(self, left(), ...) end
  if not again then return result, err end
  if deadline and core.now() >= deadline then return nil, err or no_answer(self, self.limits.last_s) end
  stop(self)
  local ok
  ok, err = connect(self, left())
  if not ok then return nil, err end
  result, err = ask(self, left(), ...)
  return result, err
end

-- The methods ------------------------------------------------------------------------------------------------------

for _, name in ipairs { "triggers", "open_on", "failed_with", "updated_with", "start_rows", "start_modules",
  "next_rows", "next_lines", "steps", "totals", "take_in", "take_in_modules" } do
  Ledger[name] = function(self, ...) return call(self, nil, name, ...) end
end

-- Id and time are set here: sent twice, it is the same row.
local function dated(fields, more)
  local copy = {}
  for key, value in pairs(fields) do copy[key] = value end
  for key, value in pairs(more) do copy[key] = copy[key] or value end
  return copy
end

function Ledger:begin(fields)
  return call(self, nil, "begin", dated(fields, { id = stamp.new_id(), started = self.clock() }))
end

function Ledger:triggered(id, at)
  return call(self, nil, "triggered", id, dated(at or {}, { wall = self.clock() }))
end

function Ledger:finish(id, fields)
  return call(self, nil, "finish", id, dated(fields, { finished = self.clock() }))
end

--- Records the end like `finish`, or like `record` if no id is given, when nothing may wait for it any more: it has
-- `last_s`, which no signal cuts short.
-- @tparam string|nil id
-- @tparam table fields
-- @treturn boolean|nil true; nil, err
function Ledger:conclude(id, fields)
  local deadline = core.now() + self.limits.last_s
  local full = dated(fields, { finished = self.clock(), id = not id and stamp.new_id() or nil })
  if id then return call(self, deadline, "finish", id, full) end
  return call(self, deadline, "record", full)
end

--- Records a run in one call, with the normal deadlines.
function Ledger:record(fields)
  return call(self, nil, "record", dated(fields, { id = stamp.new_id(), finished = self.clock() }))
end

--- The rate of the module last seen on a port of this host. Without it the search only takes a little longer, so it
-- has `last_s`.
-- @tparam string port
-- @treturn integer|nil nil, err
function Ledger:rate_on(port)
  return call(self, core.now() + self.limits.last_s, "rate_on", port, uv.os_gethostname())
end

Ledger.rows, Ledger.modules = pages.rows, pages.modules

--- Closes it. Closing it twice is allowed.
function Ledger:close()
  if self.closed then return end
  self.closed = true
  if not self.process then return end
  core.send(self.process.fd, message.pack("close"))
  receive(self, core.now() + CLOSE_S, true) -- wait for it to end
  stop(self)
end

Ledger.__close = Ledger.close

function Ledger:__tostring()
  return ("dfota.ledger (%s)"):format(self.closed and "closed" or self.name)
end

-- Seconds: how long a worker may be silent, others may lock the database, the last write may take.
local LIMITS = { answer_s = 10, busy_s = 60, last_s = 1.5 }

--- A ledger that records nothing, as for `none`.
-- @treturn Ledger
function ledger.none() return nothing.new() end

--- A ledger will be opened: its process may begin meanwhile.
function ledger.prepare() worker_process.prepare(WORKER) end

--- Opens a ledger; creates it on first use.
-- @tparam[opt] string where path, postgres://… or "none"; default: the default place
-- @tparam[opt] table options readonly: create and change nothing (if it does not exist, it is an empty one; with
--   must_exist, an err); will_write: with readonly, an err also if it could not be written to; clock: seconds since the
--   epoch; answer_s: longest wait for an answer, busy_s: while others lock it, last_s: for the last write of a run
--   (seconds); on_wait: function(line), called where others lock it for so long that people wonder; way_out: what its
--   errors say to do instead of naming another one with --ledger
-- @treturn[1] Ledger
-- @treturn[2] nil
-- @treturn[2] err kind "ledger" or "ledger_locked": one line that names the ledger and what to do
function ledger.open(where, options)
  if where == "none" then return nothing.new() end
  options = options or {}
  local read, err = place.read(where, options.way_out)
  if not read then return nil, err end
  local self = setmetatable({
    place = read, where = read.url or read.path, name = read.name, is_server = read.url ~= nil,
    on_wait = options.on_wait, clock = options.clock or ledger.wall_clock,
    options = {
      readonly = options.readonly, must_exist = options.must_exist, will_write = options.will_write,
      way_out = options.way_out,
    },
    limits = setmetatable({ answer_s = options.answer_s, busy_s = options.busy_s, last_s = options.last_s },
      { __index = LIMITS }),
  }, Ledger)
  local opened
  opened, err = connect(self)
  if not opened then
    self.closed = true
    return nil, err
  end
  if not opened.is_none then return self end
  self:close()
  return nothing.new()
end

return ledger
