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

-- What came back in data mode: acknowledgements, or the end of the upload. An acknowledgement that nothing
-- was sent for is noise: whether all arrived, the result's size and sum tell.
local function data_events(self, up, opts)
  while true do
    local kind, text, class, code = self.lexer:next()
    if not kind then return nil end
    if kind == "ack" then
      up:acked(#text)
    elseif kind == "line" and opts.is_result(text) then
      return text
    else
      local err = error_in(self, text, class, code)
      if err then return nil, err end
    end
  end
end

-- Write what fits, read what is there: one wait for both.
local function send_some(self, up, chunk, opts)
  local port = self.port
  local n, got = port:exchange(chunk, 1, opts.idle_s)
  if not n then
    if got.kind ~= "timeout" then return nil, got end
    return nil, core.error("upload", ("%s: the module took no byte and gave none for %g s"):format(
      port:name(), opts.idle_s))
  end
  if n > 0 then
    up:sent(n)
    if opts.progress then opts.progress(up:bytes()) end
  end
  if #got > 0 then
    self.last_rx = port:now()
    self.open_end = got:byte(-1) == 13
    self.lexer:feed(got)
  end
  return true
end

--- Stream an upload while the module is in data mode, reading all that comes back.
-- @param up a `dfota.upload` of the core
-- @tparam table opts `idle_s` longest time without a byte either way;
--   `is_result` function(line): the module's own result line; `progress` function(sent, size)
-- @treturn string|nil the result line if it came before the last byte, else true when all is sent
-- @treturn dfota.error kinds `refused`, `cme`, `power`, `reboot`, `upload` (stalled), and the port's
function Channel:send_data(up, opts)
  self.lexer:data_mode(true)
  while true do
    local line, err = data_events(self, up, opts)
    if line or err then return line, err end
    local chunk, why = up:chunk()
    if why then return nil, why end
    if not chunk and up:done() then return true end
    local moved
    moved, err = send_some(self, up, chunk, opts)
    if not moved then return nil, err end
  end
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
    err = core.error("upload", ("%s: no result of the upload within %g s"):format(self.port:name(), timeout_s))
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
