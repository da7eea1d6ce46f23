--- Data mode of a channel: an upload goes out, and what comes back is read all the while.
-- @module dfota.data_mode
local core = require "dfota.core"
local failure = require "dfota.failure"

local Channel = {}

-- A line that is not the upload's result: its refusal, or one that nobody asked for.
local function error_in(self, text, class, code)
  if class == "error" or class == "cme" then
    return failure.refused(self.port, "the upload", class, code, text)
  end
  self:unsolicited(text)
  return failure.broken_off(self.port, "the upload", text)
end

local NOISE_S = 0.1 -- an 'A' behind noise is no part of a line where nothing follows for so long
local NOISE_BYTES = 3 -- at most, in a line of its own that ends in an 'A'
local UNHEARD = 2 -- acknowledgements that may be missed in a row where none has ever come

local function acknowledged(self, flow, count)
  count = math.min(count, flow.up:acks_owed())
  if count == 0 then return end
  flow.up:acked(count)
  flow.heard_at, flow.missed, flow.acknowledges = self.port:now(), 0, true
end

-- "\r\nA\r\n" with a byte or two of noise before the letter.
local function is_noisy_ack(flow, line)
  return #line <= NOISE_BYTES and line:sub(-1) == "A" and flow.up:acks_owed() > 0
end

-- What came back in data mode: acknowledgements, or the end of the upload. An acknowledgement that nothing
-- was sent for is noise: whether all arrived, the result's size and sum tell.
local function data_events(self, flow)
  while true do
    local kind, text, class, code = self.lexer:next()
    if not kind then return nil end
    if kind == "ack" then
      acknowledged(self, flow, #text)
    elseif kind == "line" and flow.opts.is_result(text) then
      return text
    elseif kind == "line" and is_noisy_ack(flow, text) then
      acknowledged(self, flow, 1)
    else
      local err = error_in(self, text, class, code)
      if err then return nil, err end
    end
  end
end

local function take_in(self, got)
  if #got == 0 then return end
  self.last_rx = self.port:now()
  self.open_end = got:byte(-1) == 13
  self.lexer:feed(got)
end

local function count_sent(self, flow, chunk, n)
  if n == 0 then return end
  local opts, up = flow.opts, flow.up
  up:sent(n)
  flow.moved_at = self.port:now()
  if opts.sent then opts.sent(n == #chunk and chunk or chunk:sub(1, n)) end
  if opts.progress then opts.progress(up:bytes()) end
end

-- Write what fits, read what is there: one wait for both. Bytes that come in do not move the upload.
local function send_some(self, flow, chunk)
  local port, idle_s = self.port, flow.opts.idle_s
  local n, got = port:exchange(chunk, 1, math.max(flow.moved_at + idle_s - port:now(), 0))
  if not n and got.kind ~= "timeout" then return nil, got end
  if not n or (n == 0 and port:now() >= flow.moved_at + idle_s) then
    return nil, core.error(flow.acknowledges and "stalled" or "no_ack",
      ("%s: the module took no byte for %g s: check power, cable and flow control"):format(port:name(), idle_s))
  end
  count_sent(self, flow, chunk, n)
  take_in(self, got)
  return true
end

-- The line may have lost it: the upload goes on, for size and sum decide. Where none ever comes, the module does
-- not acknowledge; where none comes any more, it is gone.
local function miss(self, flow)
  local name, opts = self.port:name(), flow.opts
  flow.missed = flow.missed + 1
  if not flow.acknowledges and flow.missed >= UNHEARD then
    return nil, core.error("no_ack", ("%s: the module acknowledged nothing of %d bytes"):format(name, flow.up:bytes()))
  elseif self.port:now() >= flow.heard_at + opts.idle_s then
    return nil, core.error("stalled", ("%s: the module acknowledged nothing for %g s: check power and cable"):format(
      name, opts.idle_s))
  end
  flow.up:acked(1)
  return true
end

-- Nothing may go out before an acknowledgement came, or is taken for lost. Behind noise it looks like the
-- beginning of a line, but one that is not continued.
local function await_ack(self, flow)
  local port, now = self.port, self.port:now()
  local noisy = self.lexer:pending():find("A", 1, true) ~= nil
  local left = flow.moved_at + flow.ack_s - now
  if noisy then left = math.min(left, NOISE_S + self:transfer_s(2)) end
  local n, got = port:exchange(nil, 1, math.max(left, 0))
  if n then
    take_in(self, got)
    return true
  elseif got.kind ~= "timeout" then
    return nil, got
  end
  if not noisy then return miss(self, flow) end
  self.lexer:reset()
  self.lexer:data_mode(true)
  acknowledged(self, flow, 1)
  return true
end

local function stream(self, flow)
  while true do
    local line, err = data_events(self, flow)
    if line or err then return line, err end
    local chunk, why = flow.up:chunk()
    if why then return nil, failure.of_source(why) end
    if not chunk and flow.up:done() then return true end
    local moved
    if chunk then moved, err = send_some(self, flow, chunk) else moved, err = await_ack(self, flow) end
    if not moved then return nil, err end
  end
end

--- Stream an upload while the module is in data mode, reading all that comes back.
-- @param up a `dfota.upload` of the core
-- @tparam table opts `idle_s` longest time without a byte that went out, or without any acknowledgement;
--   `ack_s` longest wait for one acknowledgement before it is taken for lost (`idle_s` where left out);
--   `is_result` function(line): the module's own result line; `progress` function(sent, size);
--   `sent` function(bytes): told what went out
-- @treturn string|nil the result line if it came before the last byte, else true when all is sent
-- @treturn dfota.error kinds `refused`, `cme`, `power`, `reboot`, `no_ack` (stalled without any acknowledgement),
--   `stalled` (otherwise), and the port's
function Channel:send_data(up, opts)
  local now = self.port:now()
  local flow = {
    up = up, opts = opts, ack_s = math.min(opts.ack_s or opts.idle_s, opts.idle_s),
    moved_at = now, heard_at = now, missed = 0, acknowledges = false,
  }
  self.lexer:data_mode(true)
  if self.trace then self.trace:begin_data() end
  local line, err = stream(self, flow)
  if self.trace then self.trace:end_data() end
  return line, err
end

--- The module has left data mode by itself.
function Channel:end_data_mode()
  self.lexer:data_mode(false)
end

local function await_result(self, is_result, deadline)
  local result = false
  while true do
    local kind, text, class, code = self:event(deadline)
    if not kind then return nil, text end
    if kind == "line" and is_result(text) then
      result = text
      self.lexer:data_mode(false)
    elseif class == "ok" then
      return result
    elseif kind ~= "ack" then
      local err = error_in(self, text, class, code)
      if err then return nil, err end
    end
  end
end

--- Wait for the result line and the final result code of an upload.
-- @tparam function is_result
-- @tparam number timeout_s
-- @treturn string|nil the result line (false if only OK came); nil, err
function Channel:data_result(is_result, timeout_s)
  local result, err = await_result(self, is_result, self.port:now() + timeout_s)
  self.lexer:data_mode(false)
  if result == nil and err.kind == "timeout" then
    err = core.error("stalled", ("%s: no result of the upload within %g s: check cable and flow control"):format(
      self.port:name(), timeout_s))
  end
  return result, err
end

-- Silence, `+++`, silence.
local function escape(self, guard_s)
  self:quiet(guard_s, guard_s * 2)
  local sent, why = self.port:write("+++", self.write_s)
  if not sent then return nil, why end
  return self:quiet(guard_s, guard_s * 2)
end

--- Look once more for a module that does not answer: where an upload was killed, it is in data mode still,
-- and takes every AT for data.
-- @tparam table opts `baud`; `guard_s`, `again_s` as the settings
-- @treturn table|nil as `sync`; nil, err
function Channel:sync_from_data_mode(opts)
  local set, err = self.port:set_baud(opts.baud)
  if not set and err.kind ~= "unsupported" then return nil, err end
  self.lexer:reset()
  local out, lost = escape(self, opts.guard_s)
  if not out then return nil, lost end
  return self:sync { answer_s = opts.again_s }
end

--- Leave data mode before all was sent: silence, `+++`, silence (guard times as
-- in the GSM manuals' general rule; a module without guard takes it as well).
-- Where that does not help, the module's own time-out ends the upload.
-- @tparam table opts `guard_s`, `again_s` as the settings; `module_timeout_s` the time-out given with the upload
-- @treturn boolean|nil true when the module answers commands again; nil, err
function Channel:leave_data_mode(opts)
  self.lexer:data_mode(false)
  self.lexer:reset()
  local guard_s = opts.guard_s
  local out, why = escape(self, guard_s)
  if not out then return nil, why end
  local found, err = self:sync { answer_s = opts.again_s }
  if found or err.kind ~= "no_answer" then return found and true, err end
  self:quiet(opts.module_timeout_s + 1, opts.module_timeout_s + 2)
  found, err = self:sync { answer_s = opts.again_s }
  return found and true, err
end

return Channel
