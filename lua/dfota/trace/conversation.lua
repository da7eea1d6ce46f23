--- From the chunks of a trace to who said what: each command with its reply, what nobody asked for, data summed up.
--
-- Pure: entries of `dfota.trace.reader` in, a list of items out, in the order in which they began. All times are
-- seconds since the trace began. Each item has `kind`, `t` and `line` (in the file), and by kind:
--
-- - command: `text`; `reply`, a list of `{text=,t=}` without the echo; `final`, the class of its final result code
--   (nil: none came), `code`; `done_t`, when the last line of the reply came (nil: none); `next_t`, when the next
--   command was sent; `echo`: "whole", "damaged" or nil; `late`: its reply came after the next command was sent
-- - unsolicited: `text`; `class` and `code` where it is a final result code that answers nothing
-- - data: `size` bytes that were sent, `declared` (nil if unknown), `sha256`, `to_t`, `acks`; `received`: they were
--   received instead
-- - sent: `bytes` that are no command, such as the escape sequence
-- - note: `text`, a remark of the program that wrote the trace
-- - rate: `baud`, from here on
-- - noise: `bytes` that never became a line
-- @module dfota.trace.conversation

local Echo = require "dfota.at.echo"
local core = require "dfota.core"
local in_order = require "dfota.trace.in_order"
local text = require "dfota.base.text"
local urc = require "dfota.at.urc"

local Conversation = {}
Conversation.__index = Conversation

local MAX_DIGITS = 15 -- of a number in a remark: a longer one is damage

local function add(self, item)
  self.items[#self.items + 1] = item
  return item
end

-- What is left of a line whose end never came.
local function flush(self, entry)
  local rest = self.lexer:pending()
  self.lexer:reset()
  if rest == "" or self.data then return end
  add(self, { kind = "noise", t = self.heard_t, line = entry.line, bytes = rest })
end

local function leave_data(self)
  if not self.data then return end
  if self.sha then self.data.sha256 = text.hex(self.sha:final()) end
  self.data, self.sha = nil, nil
  self.lexer:data_mode(false)
end

-- A masked echo has the command's length, and a "*" where the command may still be read (dfota.at.redact).
local function is_masked_echo(command, line)
  if #line ~= #command or not line:find("*", 1, true) then return false end
  for i = 1, #line do
    local byte = line:byte(i)
    if byte ~= 42 and byte ~= command:byte(i) then return false end
  end
  return true
end

local function declared_size(command)
  local digits = command:match '^[Aa][Tt]%+QFUPL="[^"]*",(%d+)'
  return digits and #digits <= MAX_DIGITS and math.tointeger(tonumber(digits)) or nil
end

local function begin_command(self, entry, command)
  leave_data(self)
  local last = self.open
  if last then
    last.next_t = entry.t
    if not last.final then self.unanswered = last end
  end
  self.open = add(self, { kind = "command", t = entry.t, line = entry.line, text = command, reply = {} })
  self.awaits_echo = Echo.new(command)
end

local function count_data(self, entry, bytes)
  local data = self.data
  self.sha = self.sha or core.sha256()
  self.sha:update(bytes)
  data.t = data.size == 0 and entry.t or data.t
  data.size, data.to_t = data.size + #bytes, entry.t
end

-- In data mode bytes are data where the trace has them (--trace-data). Where it has not, the next thing that was sent
-- is a command or the escape sequence.
local function is_data(self, bytes)
  if not self.data or self.data.summed_up or bytes == "+++" then return false end
  return self.data.size > 0 or not bytes:find "^[Aa][Tt][^\r]*\r$"
end

local function take_sent(self, entry)
  if is_data(self, entry.bytes) then return count_data(self, entry, entry.bytes) end
  local sent = self.typed .. entry.bytes
  self.typed = ""
  for part, ending in sent:gmatch "([^\r]*)(\r?)" do
    if part:find "^[Aa][Tt]" and ending ~= "" then
      begin_command(self, entry, part)
    elseif ending == "" and part:find "^[Aa][Tt]?" then
      self.typed = part -- its other half is in the next chunk
    elseif part .. ending ~= "" then
      add(self, { kind = "sent", t = entry.t, line = entry.line, bytes = part .. ending })
    end
  end
end

-- Returns whether the line is the command's echo, or a piece of it.
local function take_echo(self, line)
  local command = self.open
  if not self.awaits_echo then return false end
  if line == command.text or is_masked_echo(command.text, line) then
    command.echo = "whole"
  else
    local found = self.awaits_echo:take(line)
    if found == nil then return false end
    command.echo = "damaged"
    if found == false then return true end
  end
  self.awaits_echo, self.echoes = nil, true
  return true
end

-- "+CPIN: READY" is unsolicited, unless the command asks for it.
local function asks_for(command, line)
  local name = line:match "^%s*(%+%u[%u ]-):"
  return name ~= nil and command.text:upper():find(name, 1, true) ~= nil and not command.final
end

local function is_unasked(self, line)
  if not urc.is_known(line) then return false end
  return not (self.open and asks_for(self.open, line))
end

-- After its OK, AT+QISTAT still gives the state (TCPIP application note).
local function is_afterthought(command, line) return line:find "^STATE:" and command.text:upper() == "AT+QISTAT" end

-- Whose reply a line belongs to: what comes before the echo of a command answers an earlier one.
local function owner(self, line)
  local open = self.open
  if not open then return nil end
  if self.unanswered and self.awaits_echo and self.echoes then return self.unanswered end
  if not open.final or is_afterthought(open, line) then return open end
end

local function begin_data(self, entry, command)
  self.data = add(self, {
    kind = "data", t = entry.t, line = entry.line, size = 0, declared = declared_size(command.text), acks = 0,
  })
  self.latest_data = self.data
  self.lexer:data_mode(true)
end

local function finish(self, command, class, code)
  command.final, command.code = class, code
  if command == self.unanswered then self.unanswered = nil end
  if command == self.open and self.echoes and command.echo then self.unanswered = nil end
end

local function add_to_reply(self, entry, command, line, class, code)
  command.reply[#command.reply + 1] = { text = line, t = entry.t }
  command.done_t = entry.t
  if command ~= self.open then command.late = true end
  if class == "connect" and declared_size(command.text) then return begin_data(self, entry, command) end
  if class and not (class == "connect" and command.text:upper():find "^AT%+QFDWL") then
    if command == self.open then leave_data(self) end
    finish(self, command, class, code)
  end
end

local function take_line(self, entry, line, class, code)
  if self.open and not class and take_echo(self, line) then return end
  local command = not is_unasked(self, line) and class ~= "power_down" and owner(self, line)
  if command then return add_to_reply(self, entry, command, line, class, code) end
  add(self, { kind = "unsolicited", t = entry.t, line = entry.line, text = line, class = class, code = code })
end

local function take_received(self, entry)
  self.heard_t = entry.t
  self.lexer:feed(entry.bytes)
  for kind, line, class, code in self.lexer.next, self.lexer do
    if kind == "ack" and self.data then
      self.data.acks = self.data.acks + #line
    else
      take_line(self, entry, line, class, code)
    end
  end
end

local function sum_up(self, size, sha256, from, to)
  local data = self.latest_data
  if not data or #size > MAX_DIGITS or #from > MAX_DIGITS or #to > MAX_DIGITS then return end
  data.size, data.sha256, data.t, data.to_t = math.tointeger(tonumber(size)), sha256, tonumber(from), tonumber(to)
  data.summed_up = true
end

-- A file that the module sent.
local function add_received(self, entry, size, sha256, from, to)
  if #size > MAX_DIGITS or #from > MAX_DIGITS or #to > MAX_DIGITS then return end
  add(self, { kind = "data", received = true, t = tonumber(from), to_t = tonumber(to), line = entry.line,
    size = math.tointeger(tonumber(size)), sha256 = sha256, acks = 0 })
end

-- Remarks that mean something to the reader of a conversation (docs/traces.md).
local function take_note(self, entry)
  local note = entry.note
  local what, size, sha256, from, to =
    note:match "^([%a-]+) of (%d+) bytes, sha256 (%x+), from (%d+%.%d+) to (%d+%.%d+)$"
  if what == "upload" then return sum_up(self, size, sha256, from, to) end
  if what == "read-back" then return add_received(self, entry, size, sha256, from, to) end
  if note:find "^data %d+$" then return end
  local baud = math.tointeger(tonumber(note:match "^baud (%d+)$"))
  if baud then
    flush(self, entry)
    return add(self, { kind = "rate", t = entry.t, line = entry.line, baud = baud })
  end
  add(self, { kind = "note", t = entry.t, line = entry.line, text = note })
end

local function take(self, entry)
  if entry.note then return take_note(self, entry) end
  self.last_t = entry.t
  if entry.direction == "tx" then return take_sent(self, entry) end
  take_received(self, entry)
end

-- What was half said or half heard when the trace ended.
local function finish_reading(self, last)
  if self.typed ~= "" then
    add(self, { kind = "sent", t = self.last_t, line = last.line, bytes = self.typed })
  end
  leave_data(self)
  flush(self, last)
end

--- @tparam {table,...} entries of `dfota.trace.reader`
-- @treturn {table,...} items as above
-- @treturn table `echoes`: the module echoed commands; `duration_s` from the first byte's time 0 to the last
return function(entries)
  local self = setmetatable({
    items = {}, lexer = core.lexer(), typed = "", heard_t = 0, last_t = 0, echoes = false,
  }, Conversation)
  for _, entry in ipairs(entries) do take(self, entry) end
  finish_reading(self, entries[#entries] or { line = 0 })
  -- Data that was summed up in a remark behind it began before.
  return in_order(self.items), { echoes = self.echoes, duration_s = self.last_t }
end
