--- Data mode the other way: takes a file that the module sends after CONNECT, byte for byte.
-- @module dfota.at.data_receiver
local core = require "dfota.core"
local errors = require "dfota.at.errors"
local text = require "dfota.base.text"
local urc = require "dfota.at.urc"

local WHAT = "the read-back"

local TAIL = 64 -- bytes, longer than the end of a read-back
local SOON_S = 1 -- a silence after which they are looked at

-- Where bytes were lost on the line, the result and OK were taken for the last ones of the file.
local function has_ended(opts, tail)
  local line = tail:match "([^\r\n]*)\r\n\r\nOK\r\n$"
  return line ~= nil and opts.is_result(line:match "%+.*$" or line)
end

local function incomplete(channel, opts, received)
  return core.error("stalled", ("%s: the module sent %d of %d bytes, and then nothing for %s s: check cable and flow "
    .. "control"):format(channel.port:name(), received, opts.size, text.seconds(opts.idle_s)))
end

local function lost(channel, opts)
  return core.error("stalled", ("%s: bytes of the file were lost on the line, %d were sent: check cable and flow "
    .. "control"):format(channel.port:name(), opts.size))
end

-- The next bytes of the file. Only they push the deadline away.
local function next_bytes(channel, opts, received, tail)
  local now = channel.port:now()
  for _, wait_s in ipairs { math.min(SOON_S, opts.idle_s), opts.idle_s } do
    local kind, bytes = channel:event(now + wait_s)
    if kind then return bytes end
    if bytes.kind ~= "timeout" then return nil, bytes end
    if has_ended(opts, tail) then return nil, lost(channel, opts) end
  end
  return nil, incomplete(channel, opts, received)
end

local function take_file(channel, opts)
  local received, tail = 0, ""
  while received < opts.size do
    local bytes, failed = next_bytes(channel, opts, received, tail)
    if not bytes then return nil, failed end
    received, tail = received + #bytes, (tail .. bytes:sub(-TAIL)):sub(-TAIL)
    local kept, err = opts.take(bytes)
    if not kept then return nil, err end
    if opts.progress then opts.progress(received, opts.size) end
  end
  return true
end

-- A line after the file that is not the result. A file that is longer than announced goes on here: such lines are
-- none, and its size in the result will not fit.
local function error_in(channel, line, class, code)
  if class == "error" or class == "cme" then return errors.refused(channel.port, WHAT, class, code, line) end
  if urc.is_known(line) then channel:unsolicited(line, class, code) end
  return errors.broken_off(channel.port, WHAT, line)
end

-- The result line, once the final result code was received; false if only OK came.
local function take_result(channel, opts)
  local result, deadline = false, channel.port:now() + opts.result_s
  while true do
    local kind, line, class, code = channel:event(deadline)
    if not kind then return nil, line end
    if kind == "line" and opts.is_result(line) then
      result = line
    elseif class == "ok" then
      return result
    elseif kind == "line" then
      local err = error_in(channel, line, class, code)
      if err then return nil, err end
    end
  end
end

--- Receive a file, right after the CONNECT that announced it.
-- @param channel a `dfota.at.channel`
-- @tparam table opts `size` bytes; `idle_s` longest time without a byte; `result_s` longest wait for the result after
--   the last one; `take` function(bytes) → true, or nil, err to end it; `is_result` function(line): the module's own
--   result line; `progress` function(received, size)
-- @treturn string|boolean|nil the result line; false if only OK came; nil, err
-- @treturn dfota.error kinds `stalled`, `timeout`, `refused`, `cme`, `power`, `reboot`, the port's, and those of `take`
return function(channel, opts)
  channel:expect_data(opts.size)
  local received, err = take_file(channel, opts)
  channel:expect_data(0)
  if not received then return nil, err end
  return take_result(channel, opts)
end
