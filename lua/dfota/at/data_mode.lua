--- Data mode: sends a file over a channel and reads what comes back at the same time, or receives one.
-- @module dfota.at.data_mode
local core = require "dfota.core"
local data_receiver = require "dfota.at.data_receiver"
local escape_sequence = require "dfota.at.escape_sequence"
local errors = require "dfota.at.errors"
local urc = require "dfota.at.urc"
local words = require "dfota.base.text"

local DataMode = {}
DataMode.__index = DataMode

--- Data mode over a channel.
-- @param channel a `dfota.at.channel`
-- @treturn DataMode with `active`: the module is waiting for data, as far as is known
function DataMode.new(channel) return setmetatable({ channel = channel, active = false }, DataMode) end

-- A line that is not the upload's result: an error, or unsolicited.
local function error_in(channel, text, class, code)
  if class == "error" or class == "cme" then
    return errors.refused(channel.port, "the upload", class, code, text)
  end
  channel:unsolicited(text, class, code)
  return errors.broken_off(channel.port, "the upload", text)
end

local NOISE_S = 0.1 -- an 'A' after noise is an acknowledgement if nothing follows for this long
local NOISE_BYTES = 3 -- at most, in a line of its own that ends in an 'A'
local MAX_MISSED = 2 -- acknowledgements in a row that may be missing if none has ever been received

local function acknowledged(channel, flow, count)
  count = math.min(count, flow.up:acks_owed())
  if count == 0 then return end
  flow.up:acked(count)
  flow.acked_at, flow.acknowledges = channel.port:now(), true
end

-- "\r\nA\r\n" with a byte or two of noise before the letter.
local function is_noisy_ack(flow, line)
  return #line <= NOISE_BYTES and line:sub(-1) == "A" and flow.up:acks_owed() > 0
end

-- What came back in data mode: acknowledgements, or the end of the upload. An acknowledgement that is not due is noise:
-- size and checksum in the result tell whether everything arrived.
local function data_events(channel, flow)
  while true do
    local kind, text, class, code = channel:next_event()
    if not kind then return nil end
    if kind == "ack" then
      acknowledged(channel, flow, #text)
    elseif kind == "line" and flow.opts.is_result(text) then
      return text
    elseif kind == "line" and is_noisy_ack(flow, text) then
      acknowledged(channel, flow, 1)
    else
      local err = error_in(channel, text, class, code)
      if err then return nil, err end
    end
  end
end

local function take_in(channel, got)
  if #got > 0 then channel:take_in(got) end
end

local function count_sent(channel, flow, chunk, n)
  if n == 0 then return end
  local opts, up = flow.opts, flow.up
  up:sent(n)
  flow.moved_at = channel.port:now()
  if opts.sent then opts.sent(n == #chunk and chunk or chunk:sub(1, n)) end
  if opts.progress then opts.progress(up:bytes()) end
end

-- Write what fits, read what is there: one wait for both. Received bytes do not count as progress.
local function send_some(channel, flow, chunk)
  local port, idle_s = channel.port, flow.opts.idle_s
  local n, got = port:exchange(chunk, 1, math.max(flow.moved_at + idle_s - port:now(), 0))
  if not n and got.kind ~= "timeout" then return nil, got end
  if not n or (n == 0 and port:now() >= flow.moved_at + idle_s) then
    return nil, core.error(flow.acknowledges and "stalled" or "no_ack",
      ("%s: the module accepted no data for %s s: check power, cable and flow control"):format(port:name(),
        words.seconds(idle_s)))
  end
  count_sent(channel, flow, chunk, n)
  take_in(channel, got)
  return true
end

-- The acknowledgement may have been lost on the line: continue, since size and checksum decide. If none was ever
-- received, the module does not acknowledge; if they stop, it is gone.
local function miss(channel, flow)
  local name, opts = channel.port:name(), flow.opts
  flow.missed = flow.missed + 1
  if not flow.acknowledges and flow.missed >= MAX_MISSED then
    return nil, core.error("no_ack", ("%s: the module acknowledged none of %d bytes"):format(name, flow.up:bytes()))
  elseif channel.port:now() >= flow.acked_at + opts.idle_s then
    return nil, core.error("stalled", ("%s: no acknowledgement for %s s: check power and cable"):format(
      name, words.seconds(opts.idle_s)))
  end
  flow.up:acked(1)
  return true
end

-- Nothing may be sent until the acknowledgement is received or counted as lost. After noise it looks like the start of
-- a line that is never completed.
local function await_ack(channel, flow)
  local port, now = channel.port, channel.port:now()
  local noisy = channel:half_read():find("A", 1, true) ~= nil
  local left = flow.moved_at + flow.ack_s - now
  if noisy then left = math.min(left, NOISE_S + channel:transfer_s(2)) end
  local n, got = port:exchange(nil, 1, math.max(left, 0))
  if n then
    take_in(channel, got)
    return true
  elseif got.kind ~= "timeout" then
    return nil, got
  end
  if not noisy then return miss(channel, flow) end
  channel:reset()
  channel:expect_acks(true)
  acknowledged(channel, flow, 1)
  return true
end

local function stream(channel, flow)
  while true do
    local line, err = data_events(channel, flow)
    if line or err then return line, err end
    local chunk, why = flow.up:chunk()
    if why then return nil, errors.of_source(why) end
    if not chunk and flow.up:done() then return true end
    local moved
    if chunk then moved, err = send_some(channel, flow, chunk) else moved, err = await_ack(channel, flow) end
    if not moved then return nil, err end
  end
end

-- Sends the file in pieces: true when all is sent, or the module's result line if that came first.
local function send(channel, up, opts)
  local now, trace = channel.port:now(), channel.trace
  local flow = {
    up = up, opts = opts, ack_s = math.min(opts.ack_s or opts.idle_s, opts.idle_s),
    moved_at = now, acked_at = now, missed = 0, acknowledges = false,
  }
  channel:expect_acks(true)
  if trace then trace:begin_data() end
  local line, err = stream(channel, flow)
  if trace then trace:end_data() end
  return line, err
end

-- The result line, once the final result code is received; false if only OK came.
local function await_result(channel, is_result, deadline)
  local result = false
  while true do
    local kind, text, class, code = channel:event(deadline)
    if not kind then return nil, text end
    if kind == "line" and is_result(text) then
      result = text
      channel:expect_acks(false)
    elseif class == "ok" then
      return result
    elseif kind ~= "ack" then
      local err = error_in(channel, text, class, code)
      if err then return nil, err end
    end
  end
end

local function result_of(channel, opts)
  local result, err = await_result(channel, opts.is_result, channel.port:now() + opts.result_s)
  channel:expect_acks(false)
  if result == nil and err.kind == "timeout" then
    err = core.error("stalled", ("%s: no upload result within %s s: check cable and flow control"):format(
      channel.port:name(), words.seconds(opts.result_s)))
  end
  return result, err
end

local FINAL_S = 0.3 -- silence after the final result code of an upload that the module ended by itself

local function transfer(channel, up, opts)
  local line, err = send(channel, up, opts)
  if line == true then return result_of(channel, opts) end
  if line then
    channel:expect_acks(false)
    channel:quiet(FINAL_S)
  end
  return line, err
end

--- Send the command that the module answers with CONNECT, after which it waits for data.
-- @tparam string command
-- @tparam table opts as of `Channel:command`
-- @treturn boolean|nil true, or false if it succeeded without CONNECT
-- @treturn dfota.error
function DataMode:begin(command, opts)
  local reply, err = self.channel:command(command, opts)
  -- It may be the CONNECT that was lost.
  if not reply then self.active = err.kind == "timeout" or err.kind == "interrupted" end
  if not reply then return nil, err end
  self.active = reply.final == "connect"
  return self.active
end

-- After these the module accepts commands again, or nothing at all.
local ends = { cme = true, refused = true, reboot = true, hangup = true }

--- Send a file while the module is in data mode, and wait for its result.
-- @param up a `dfota.upload` of the core
-- @tparam table opts `idle_s` longest time without a byte sent, or without any acknowledgement;
--   `ack_s` longest wait for one acknowledgement before it counts as lost (default `idle_s`);
--   `result_s` longest wait for the result when all is sent;
--   `is_result` function(line): the module's own result line; `progress` function(sent, size);
--   `sent` function(bytes): called with what was sent
-- @treturn string|boolean|nil the result line, perhaps before the last byte was sent; false if only OK came
-- @treturn dfota.error kinds `refused`, `cme`, `power`, `reboot`, `no_ack` (stalled without any acknowledgement),
--   `stalled` (otherwise), and the port's
function DataMode:upload(up, opts)
  local line, err = transfer(self.channel, up, opts)
  self.active = line == nil and not ends[err.kind]
  return line, err
end

--- Receive a file that the module sends after the CONNECT to `begin`. A trace that was told before it (`expect_data`)
-- has size and hash of it.
-- @tparam table opts as of `dfota.at.data_receiver`
-- @treturn string|boolean|nil the result line; false if only OK came; nil, err
-- @treturn dfota.error as of `dfota.at.data_receiver`
function DataMode:receive(opts)
  local line, err = data_receiver(self.channel, opts)
  self.active = line == nil and not ends[err.kind]
  return line, err
end

-- Silence, the escape sequence, silence.
local function escape(channel, guard_s)
  channel:quiet(guard_s, guard_s * 2)
  local sent, why = channel.port:write(escape_sequence.BYTES, channel.write_s)
  if not sent then return nil, why end
  return channel:quiet(guard_s, guard_s * 2)
end

local function escape_and_sync(channel, opts)
  local out, lost = escape(channel, opts.guard_s)
  if not out then return nil, lost end
  return channel:sync { timeout_s = opts.resync_timeout_s }
end

-- What is left of a transfer that is broken off (the rest of a file, its result, an OK) is nobody's line.
local function without_rest(channel, fn, opts)
  channel:reset()
  channel:only_unsolicited(urc.is_known)
  local results = table.pack(fn(channel, opts))
  channel:only_unsolicited(nil)
  return table.unpack(results, 1, results.n)
end

local function back_to_commands(channel, opts)
  local found, err = escape_and_sync(channel, opts)
  if found or err.kind ~= "no_answer" then return found, err end
  channel:quiet(opts.module_timeout_s + 1, opts.module_timeout_s + 2)
  return channel:sync { timeout_s = opts.resync_timeout_s }
end

--- Leave data mode before all was sent: silence, `+++`, silence (guard times as
-- in the GSM manuals' general rule; a module without guard time accepts it as well).
-- If that does not help, the module's own time-out ends the upload.
-- @tparam table opts `guard_s`, `resync_timeout_s` as the settings; `module_timeout_s` the time-out given with
--   the upload
-- @treturn boolean|nil true when the module answers commands again; nil, err
function DataMode:leave(opts)
  local found, err = without_rest(self.channel, back_to_commands, opts)
  if not found then return nil, err end
  self.active = false
  return true
end

--- Look once more for a module that does not answer: if an upload was killed, it is still in data mode
-- and treats every AT as data.
-- @param channel a `dfota.at.channel`
-- @tparam table opts `baud`; `guard_s`, `resync_timeout_s` as the settings
-- @treturn table|nil as of `Channel:sync`; nil, err
function DataMode.call_back(channel, opts)
  local set, err = channel:set_baud(opts.baud)
  if not set then return nil, err end
  return without_rest(channel, escape_and_sync, opts)
end

return DataMode
