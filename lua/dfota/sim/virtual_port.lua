--- A port without a device: the methods of `dfota.core`'s port, on a clock that jumps from event to event.
-- Hours of waiting pass in microseconds, and every case is exactly reproducible.
--
-- `port.fault` may be set to a table:
--
-- - `split` maximum bytes per read, `write_max` maximum bytes per write;
-- - `filter(direction, bytes, t)` → the bytes that really pass ("rx" or "tx");
-- - a list of accidents `{at=SECONDS}`, `{step=N}` (N-th wait), `{rx=TEXT}`, `{tx=TEXT}` (text has passed), each with
--   `action`: "hangup" (the device is gone; `back_s` seconds later a new port can be opened), "interrupt" (a signal
--   arrived), "kill" (raises `Port.KILLED`, as if the host's process were killed), "power" (power cut as by the
--   switch), or a function called with the port.
local core = require "dfota.core"
local Power = require "dfota.sim.power"

local VirtualPort = {}
VirtualPort.__index = VirtualPort
VirtualPort.__name = "dfota.sim.virtual_port"

--- What the accident "kill" raises.
VirtualPort.KILLED = setmetatable({}, { __tostring = function() return "the host was killed" end })

local REMEMBER = 200 -- bytes of each direction that are searched for the texts of accidents

--- Opens the module's port.
-- @tparam Module m
-- @tparam[opt] table clock `{t=seconds}`, shared by ports that follow one another
-- @tparam[opt] table options `baud` (115200), `rtscts`
-- @treturn ?Port, or nil and an error of kind "port_missing" while it is unplugged
function VirtualPort.new(m, clock, options)
  clock = clock or { t = m.t }
  options = options or {}
  if clock.t < (clock.gone_until or 0) then
    return nil, core.error("port_missing", "simulator: no such port")
  end
  local self = setmetatable({
    m = m, clock = clock, rx = "", rate = options.baud or 115200, rtscts = options.rtscts or false,
    fault = {}, steps = 0, seen = { rx = "", tx = "" },
  }, VirtualPort)
  m:advance(clock.t)
  m:output()
  m:line(self.rate, self.rtscts)
  return self
end

local function check_open(self)
  if self.closed then error("the port is closed", 3) end
end

local function tapped(self, direction, bytes)
  if self.tap_fn and bytes ~= "" then self.tap_fn(direction, bytes, self.clock.t) end
end

local actions = {
  hangup = function(self, accident)
    self.gone = true
    self.clock.gone_until = self.clock.t + (accident.back_s or math.huge)
  end,
  interrupt = function(self) self.interrupted = true end,
  kill = function() error(VirtualPort.KILLED, 0) end,
  power = function(self) Power.power_cut(self.m) end,
}

local function has_come(self, accident)
  if accident.at then return self.clock.t >= accident.at end
  if accident.step then return self.steps >= accident.step end
  if accident.rx then return self.seen.rx:find(accident.rx, 1, true) end
  return accident.tx and self.seen.tx:find(accident.tx, 1, true)
end

local function accidents(self)
  for i, accident in ipairs(self.fault) do
    if has_come(self, accident) then
      table.remove(self.fault, i)
      local action = accident.action
      return (actions[action] or action)(self, accident)
    end
  end
end

-- What passes: filtered, remembered, tapped.
local function pass(self, direction, bytes)
  local filter = self.fault.filter
  if filter then bytes = filter(direction, bytes, self.clock.t) end
  if self.fault[1] then self.seen[direction] = (self.seen[direction] .. bytes):sub(-REMEMBER - #bytes) end
  return bytes
end

local function collect(self)
  self.m:advance(self.clock.t)
  local bytes = self.m:output()
  if bytes ~= "" then self.rx = self.rx .. pass(self, "rx", bytes) end
end

local function take(self)
  local n = self.fault.split or #self.rx
  local bytes = self.rx:sub(1, n)
  self.rx = self.rx:sub(n + 1)
  tapped(self, "rx", bytes)
  return bytes
end

local function put(self, bytes, first)
  local n = math.min(#bytes - first + 1, self.m:room(), self.fault.write_max or math.maxinteger)
  if n <= 0 then return 0 end
  local chunk = bytes:sub(first, first + n - 1)
  tapped(self, "tx", chunk)
  self.m:input(pass(self, "tx", chunk), self.clock.t)
  return n
end

-- The time of the next possible event, at most the deadline.
local function next_event_time(self, deadline)
  local t = math.min(self.m:next_time() or math.huge, deadline)
  for _, accident in ipairs(self.fault) do
    if accident.at and accident.at > self.clock.t then t = math.min(t, accident.at) end
  end
  return t
end

local function trouble(self)
  accidents(self)
  if self.gone then return core.error("hangup", "simulator: the port hung up") end
  if self.interrupted then
    self.interrupted = false
    return core.error("interrupted", "simulator: interrupted by a signal")
  end
end

--- Writes what fits of bytes from index first, reads what is there; waits for one of the two.
-- @return number of bytes written, string received | nil, err
function VirtualPort:exchange(bytes, first, timeout_s)
  check_open(self)
  local deadline = timeout_s and self.clock.t + timeout_s or math.huge
  local wants = bytes and first <= #bytes
  self.steps = self.steps + 1
  while true do
    collect(self)
    local err = trouble(self)
    if err then return nil, err end
    local written = wants and put(self, bytes, first) or 0
    if written > 0 then collect(self) end
    if written > 0 or self.rx ~= "" then return written, take(self) end
    if self.clock.t >= deadline then return nil, core.error("timeout", "simulator: timed out: nothing was received") end
    local t = next_event_time(self, deadline)
    if t == math.huge then error("the virtual port would wait for ever", 2) end
    self.clock.t = math.max(self.clock.t, t)
  end
end

--- Waits for bytes. @return bytes | nil, err
function VirtualPort:read(timeout_s)
  local written, received = self:exchange(nil, 1, timeout_s)
  if not written then return nil, received end
  return received
end

--- Writes all of it; what is received meanwhile is kept for the next read. @return true | nil, err
function VirtualPort:write(bytes, timeout_s)
  check_open(self)
  local deadline = timeout_s and self.clock.t + timeout_s or math.huge
  local first = 1
  self.steps = self.steps + 1
  while true do
    local err = trouble(self)
    if err then return nil, err end
    local n = put(self, bytes, first)
    first = first + n
    collect(self)
    if first > #bytes then return true end
    if self.clock.t >= deadline then return nil, core.error("timeout", "simulator: timed out: the line is full") end
    if n == 0 then self.clock.t = math.max(self.clock.t, next_event_time(self, deadline)) end
  end
end

--- Waits until all is sent. @return true
function VirtualPort:drain()
  check_open(self)
  while self.m.link:next_in() do
    self.clock.t = math.max(self.clock.t, self.m.link:next_in())
    collect(self)
  end
  return true
end

--- Discards unread input.
function VirtualPort:discard()
  collect(self)
  self.rx = ""
  return true
end

--- Advances the time without looking at the line.
function VirtualPort:pass(seconds)
  self.clock.t = self.clock.t + seconds
  self.m:advance(self.clock.t)
end

function VirtualPort:now()
  check_open(self)
  return self.clock.t
end

function VirtualPort:baud()
  check_open(self)
  return self.rate
end

function VirtualPort:set_baud(baud)
  check_open(self)
  self:drain()
  collect(self)
  self.rate = baud
  self.m:line(baud, self.rtscts)
  return true
end

function VirtualPort:set_rtscts(on)
  self.rtscts = on
  return true
end

--- Sets DTR; RTS is controlled by the UART.
function VirtualPort:lines(how)
  check_open(self)
  if how.dtr ~= nil then self.m:dtr(how.dtr, self.clock.t) end
  return true
end

--- The rest of a port's interface, with the answers of a port without problems.
function VirtualPort.is_pty() return false end

function VirtualPort.other_user() return nil end

function VirtualPort.signals() return { cts = true, dsr = true, ri = false, dcd = true } end

function VirtualPort.send_break() return true end

function VirtualPort:tap(fn) self.tap_fn = fn end

function VirtualPort.name() return "simulator" end

function VirtualPort.backend() return "virtual" end

function VirtualPort:close() self.closed = true end

VirtualPort.__close = VirtualPort.close

function VirtualPort:__tostring()
  return "dfota.sim.virtual_port" .. (self.closed and " (closed)" or "")
end

return VirtualPort
