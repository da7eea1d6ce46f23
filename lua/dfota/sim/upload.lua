--- Data mode of QFUPL: bytes in, acknowledgements out, and the ways it ends.
-- Source: GSM FILE AT Commands Manual V1.5; what it does not specify is a switch.
local Options = require "dfota.sim.options"
local Transmitter = require "dfota.sim.transmitter"

local Upload = {}
Upload.__index = Upload

local BLOCK = 1024 -- bytes per acknowledgement
local SOON = 0.001 -- s; sums of times are inexact, and a shorter timer might never advance the clock

-- The end of the command, unless it timed out before and another one is running.
local function done(self, kind, value)
  if self.m.busy ~= self.busy then return end
  self.busy.done(self.m, kind, value)
end

--- Begins data mode.
-- @tparam Module m
-- @tparam table how size, timeout (s), ack, room (bytes), save(content), sum_text(m, content)
function Upload.new(m, how)
  local self = setmetatable({
    m = m, how = how, busy = m.busy, last_t = m.t,
    parts = {}, count = 0, on_wire = 0, acks = 0, waiting = "", tail = "", plus = 0,
    flips = Options.set(m.spec.upload_flip), losses = Options.set(m.spec.upload_lose),
    noisy = Options.set(m.spec.ack_noise), mute = Options.set(m.spec.ack_lose),
  }, Upload)
  self.harmed = next(self.flips) or next(self.losses)
  self:watch(how.timeout)
  return self
end

-- One timer for the silence, restarted only when it is due.
function Upload:watch(seconds)
  local m = self.m
  m:after(seconds, function()
    if self.ended then return end
    local silence = m.t - self.last_t
    local left = self.how.timeout - silence
    if left < SOON then return self:silent() end
    self:watch(left)
  end)
end

function Upload:content()
  return table.concat(self.parts)
end

function Upload:leave()
  self.ended = true
  self.m.data, self.m.ignores_input = nil, false
end

-- The normal end, complete or partial: result line and OK.
function Upload:finish(content)
  local m = self.m
  self:leave()
  self.how.save(content)
  m:note("upload", #content)
  m:after(m.spec.flash_s + m.spec.ack_s, function()
    Transmitter.line(m, ("+QFUPL: %d,%s"):format(#content, self.how.sum_text(m, content)))
    done(self)
  end)
end

function Upload:fail(code)
  self:leave()
  self.how.save(self:content())
  done(self, "cme", code)
end

function Upload:silent()
  if self.m.spec.upload_timeout == "cme" then return self:fail(4009) end
  self:finish(self:content())
end

--- Power is lost: what was received remains as a file, or not.
function Upload:power_lost()
  self.ended = true
  if self.m.spec.partial_kept and self.count > 0 then self.how.save(self:content()) end
end

-- Line faults: single bytes are changed or lost.
function Upload:harm(chunk)
  local bytes = {}
  for i = 1, #chunk do
    local at, byte = tostring(self.on_wire + i - 1), chunk:sub(i, i)
    if self.flips[at] then byte = string.char(byte:byte() ~ 0x10) end
    if not self.losses[at] then bytes[#bytes + 1] = byte end
  end
  return table.concat(bytes)
end

function Upload:acknowledgements(due)
  local m, list = self.m, {}
  for number = self.acks + 1, due do
    local key = tostring(number)
    if self.noisy[key] or self.noisy.all then list[#list + 1] = m.random:bytes(m.random:integer(1, 4)) end
    if not (self.mute[key] or self.mute.all) then list[#list + 1] = m.spec.ack_crlf and "\r\nA\r\n" or "A" end
  end
  self.acks = math.max(self.acks, due)
  return table.concat(list)
end

function Upload:acknowledge()
  local m = self.m
  local due = self.count // BLOCK
  if self.count == self.how.size and self.count % BLOCK == 0 and not m.spec.ack_last then due = due - 1 end
  local text = self:acknowledgements(due)
  if text == "" then return end
  m:after(m.spec.ack_s, function() Transmitter.send(m, text) end)
end

-- Without a guard time any "+++" ends the upload, even one received in pieces.
-- Returns how many bytes of chunk are content, and where the rest begins.
function Upload:find_plus(chunk)
  local seen = self.tail .. chunk
  local at = seen:find("+++", 1, true)
  local before = #self.tail
  self.tail = seen:sub(-2)
  if at then return at - 1 - before, at + 3 - before end
end

-- With a guard time only a lone "+++" counts: silence, three plus signs, silence.
function Upload:watch_plus(chunk)
  local m, guard = self.m, self.m.spec.plus_guard_s
  local lone = chunk:find("^%++$") and (self.plus > 0 or m.t - self.last_t >= guard)
  self.plus = lone and self.plus + #chunk or 0
  if self.plus ~= 3 then return end
  m:after(guard, function()
    if self.ended or self.plus ~= 3 then return end
    self:finish(self:content():sub(1, -4))
  end)
end

function Upload:keep(chunk)
  self.parts[#self.parts + 1] = chunk
  self.count = self.count + #chunk
end

-- How much of the input is taken at once: not past the size, nor past the place of a fault.
function Upload:take(bytes)
  local n = math.min(#bytes, self.how.size - self.count)
  local stop = self.m.faults:next_place("upload", self.count)
  if stop then n = math.min(n, stop - self.count) end
  local pause = self:next_stall()
  if pause then n = math.min(n, pause - self.count) end
  local chunk, rest = bytes:sub(1, n), bytes:sub(n + 1)
  local whole = chunk
  if self.harmed then chunk = self:harm(chunk) end
  self.on_wire = self.on_wire + #whole
  return chunk, rest
end

function Upload:escape(chunk, content, after, rest)
  if content < 0 then
    self:finish((self:content():sub(1, content - 1)))
  else
    self:keep(chunk:sub(1, content))
    self:finish(self:content())
  end
  return chunk:sub(after) .. rest
end

-- When flash is written next, in bytes of content, or nil.
function Upload:next_stall()
  local every = self.m.spec.stall_every
  return every > 0 and (self.count // every + 1) * every or nil
end

-- While flash is written only the receive buffer accepts bytes; what does not fit is lost.
function Upload:buffer(bytes)
  self.waiting = (self.waiting .. bytes):sub(1, self.m.spec.rx_buffer)
  return ""
end

function Upload:stall()
  local m = self.m
  self.stalled = true
  m:after(m.spec.stall_s, function()
    if self.ended then return end
    self.stalled, self.last_t = false, m.t
    if self.how.ack then self:acknowledge() end
    m.pending, self.waiting = self.waiting, ""
    m:resume_input()
  end)
end

--- Takes bytes; returns those that are no longer data.
-- @string bytes
-- @treturn string
function Upload:feed(bytes)
  if self.stalled then return self:buffer(bytes) end
  local m = self.m
  local chunk, rest = self:take(bytes)
  if m.spec.plus_guard_s > 0 then
    self:watch_plus(chunk)
  else
    local content, after = self:find_plus(chunk)
    if content then return self:escape(chunk, content, after, rest) end
  end
  self.last_t = m.t
  self:keep(chunk)
  if self.count > self.how.room then
    self:fail(m.spec.full_code)
    return rest
  end
  local stalls = self.count < self.how.size and self.count + m.spec.stall_every == self:next_stall()
  if self.how.ack and not stalls then self:acknowledge() end
  m:fault("upload", self.count)
  if self.count == self.how.size and not self.ended then self:finish(self:content()) end
  if not stalls or self.ended then return rest end
  self:stall()
  return self:buffer(rest)
end

return Upload
