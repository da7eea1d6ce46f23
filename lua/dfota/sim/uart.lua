--- The serial line between host and module: two queues with a rate.
-- At 8N1 a byte is ten bits long. Without a rate everything arrives at once.
local Uart = {}
Uart.__index = Uart

local SLICE = 256 -- bytes handed over at a time on a throttled line: 22 ms at 115,200 baud
local FIFO = 1024 -- bytes the line accepts ahead of its rate, so that it never runs dry

local function queue()
  return { list = {}, head = 1, free_at = 0, bytes = 0 }
end

--- Creates a line.
-- @tparam ?number baud bits a second; nil or 0 for a line without a limit
function Uart.new(baud)
  local self = setmetatable({ into = queue(), out = queue() }, Uart)
  self:set_baud(baud)
  return self
end

--- Changes the rate of what is queued from now on.
function Uart:set_baud(baud)
  self.cps = baud and baud > 0 and baud / 10 or nil
end

local function push(q, bytes, ready)
  q.list[#q.list + 1] = { bytes = bytes, ready = ready }
  q.bytes = q.bytes + #bytes
  q.free_at = ready
end

local function put(self, q, bytes, t)
  local start = math.max(t, q.free_at)
  if not self.cps then return push(q, bytes, start) end
  for i = 1, #bytes, SLICE do
    local slice = bytes:sub(i, i + SLICE - 1)
    start = start + #slice / self.cps
    push(q, slice, start)
  end
end

local function take(q, t)
  local first = q.head
  local last = first - 1
  while q.list[last + 1] and q.list[last + 1].ready <= t do last = last + 1 end
  if last < first then return "" end
  local parts = {}
  for i = first, last do parts[#parts + 1] = q.list[i].bytes end
  q.head = last + 1
  if q.head > #q.list then q.list, q.head = {}, 1 end
  local bytes = table.concat(parts)
  q.bytes = q.bytes - #bytes
  return bytes
end

local function first_ready(q)
  local head = q.list[q.head]
  return head and head.ready
end

--- Module to host: bytes start on their way at time t.
function Uart:send(bytes, t) put(self, self.out, bytes, t) end

--- Module to host: what has arrived by time t.
function Uart:sent(t) return take(self.out, t) end

--- Host to module: bytes start on their way at time t.
function Uart:receive(bytes, t) put(self, self.into, bytes, t) end

--- Host to module: what has arrived by time t.
function Uart:received(t) return take(self.into, t) end

--- Nothing more is sent before time t (a late line delays those after it).
function Uart:stall(t) self.out.free_at = math.max(self.out.free_at, t) end

--- When the next bytes for the module arrive.
function Uart:next_in() return first_ready(self.into) end

--- When the next bytes for the host arrive.
function Uart:next_out() return first_ready(self.out) end

--- How many bytes the host may write now.
function Uart:room()
  if not self.cps then return math.maxinteger end
  return math.max(0, FIFO - self.into.bytes)
end

--- Power is lost, and with it what had not arrived by time t.
function Uart:cut(t)
  local arrived = self:sent(t)
  self.out, self.into = queue(), queue()
  if arrived ~= "" then push(self.out, arrived, t) end
end

return Uart
