--- The receiving side of a channel: bytes from the port as lexer events, until a deadline.
-- @module dfota.at.reader
local errors = require "dfota.at.errors"

local Reader = {}
Reader.__index = Reader

local byte = string.byte

local FLOOD_S = 0.2 -- how long data may keep arriving after a deadline
local LINE_END_S = 0.02 -- how long the LF after a CR may take
local SETTLE_S = 1 -- longest wait for a line to fall silent

--- @param port an open port
-- @param lexer of `dfota.core`
-- @param unasked a `dfota.at.unsolicited`
-- @tparam number gap_s least silence between a reply and the next command
-- @treturn Reader
function Reader.new(port, lexer, unasked, gap_s)
  return setmetatable({
    port = port, lexer = lexer, unasked = unasked, gap_s = gap_s,
    last_rx = -math.huge,
    open_end = false, -- the last byte was a CR, whose LF may come
    late = nil, -- the deadline after which data keeps arriving
  }, Reader)
end

--- Continue on another port. What was half read is lost with the old one.
-- @param port an open port
function Reader:replace_port(port)
  self.port = port
  self.lexer:reset()
end

local function take_in(self, bytes)
  self.last_rx = self.port:now()
  self.open_end = byte(bytes, -1) == 13
  self.lexer:feed(bytes)
end

--- Take bytes that were read from the port.
-- @tparam string bytes
function Reader:take_in(bytes) take_in(self, bytes) end

--- The next lexer event, reading more if there is none. What has arrived by the deadline is still read, but data that
-- keeps arriving does not extend it.
-- @tparam number deadline on the port's clock, seconds
-- @return kind, text, class, code | nil, err
function Reader:event(deadline)
  local lexer, port = self.lexer, self.port
  while true do
    local kind, text, class, code = lexer:next()
    if kind then return kind, text, class, code end
    local left = deadline - port:now()
    if left <= 0 then
      if left < -FLOOD_S and self.late == deadline then return nil, errors.flooded(port) end
      self.late, left = deadline, 0
    end
    local bytes, err = port:read(left)
    if not bytes then return nil, err end
    take_in(self, bytes)
  end
end

--- Read what has arrived before a command is sent: it is unsolicited. This also waits for the LF after a final result
-- code and for the silence that the module needs.
-- @tparam boolean look read the port once even if there is nothing to wait for
-- @treturn boolean|nil true; nil, err
function Reader:settle(look)
  local lexer, port = self.lexer, self.port
  local now = port:now()
  local limit, ready = now + SETTLE_S, self.last_rx + self.gap_s
  while true do
    local kind, text, class, code = lexer:next()
    if kind == "line" or kind == "truncated" then
      self.unasked:take(text, class, code)
    elseif not kind then
      local left = self.open_end and LINE_END_S or ready - now
      if now >= limit or (left <= 0 and not look) then return true end
      local bytes, err = port:read(left > 0 and left or 0)
      self.open_end, look = false, false
      if not bytes then
        if err.kind == "timeout" then return true end
        return nil, err
      end
      take_in(self, bytes)
      self.open_end = false -- its LF was waited for
      now = self.last_rx
      ready = now + self.gap_s
    end
  end
end

return Reader
