--- One conversation with a module: a command, its reply, and the lines nobody asked for.
--
-- One command is in flight. Its exact echo is the fence: what follows the echo
-- is its reply, what came before is a late reply or unsolicited. A command that
-- was not answered in time stays pending, and the line is fenced anew before the
-- next one (`dfota.at.fence`), so that a late answer never becomes another's.
-- @module dfota.at.channel
local Backlog = require "dfota.at.backlog"
local Echo = require "dfota.at.echo"
local Fence = require "dfota.at.fence"
local core = require "dfota.core"
local errors = require "dfota.at.errors"
local redact = require "dfota.at.redact"
local sync = require "dfota.at.sync"
local urc = require "dfota.at.urc"

local Channel = {}
Channel.__index = Channel

-- Numeric result codes of ATV0 (GSM AT manuals); only known while `numeric`.
local numeric_finals = { ["0"] = "ok", ["3"] = "no_carrier", ["4"] = "error" }

-- What is called for every command is not looked up anew each time: a round trip costs little more than its two waits.
local byte, next, string_sub, type = string.byte, next, string.sub, type

local BLANK = byte " "
local END_OF_TEXT, NO_TEXT = "\26", "\27" -- 3GPP TS 27.005, +CMGS: SUB sends the text, ESC gives it up
local FLOOD_S = 0.2 -- how long a line may go on giving bytes when a deadline is over

--- A channel over an open port.
-- @param port a port of `dfota.core`, or the simulated module's virtual one
-- @tparam[opt] table opts `gap_s` least silence between a reply and the next command;
--   `write_s` how long a command may take to be written; `at_s` how long one AT may take while the module
--   is looked for; `fence_s` how long the line may take to be fenced anew; `trace` a `dfota.at.trace` that is told
--   when data begins and ends; `warn` function(text), told once when unsolicited lines are dropped
-- @treturn Channel with `port`; `trace`; `echo`: the module echoes, as far as is known; `numeric`: it answers in
--   numbers (ATV0)
-- @within Not in a flow
function Channel.new(port, opts)
  opts = opts or {}
  local self = setmetatable({
    port = port,
    lexer = core.lexer(),
    trace = opts.trace,
    gap_s = opts.gap_s or 0.005,
    write_s = opts.write_s or 5,
    at_s = opts.at_s or 0.3,
    echo = true,
    numeric = false,
    backlog = Backlog.new(),
    warn = opts.warn,
    listeners = {},
    may_wait_for_text = false, -- a prompt may still come
    told = {}, -- which secrets the pending commands hold
    last_rx = -math.huge,
  }, Channel)
  self.barrier = Fence.new(self, opts.fence_s or 1)
  return self
end

--- Go on over another port, the old one having been lost. What was half read is gone with it.
-- @param port an open port
-- @within Not in a flow
function Channel:replace_port(port)
  self.port = port
  self.lexer:reset()
end

--- Talk at another rate from now on. What was half read at the old one is forgotten.
-- @tparam integer baud in bits a second
-- @treturn boolean|nil true, also where the port has no such rate and keeps the one it has; nil, err
function Channel:set_baud(baud)
  if self.port:baud() == baud then return true end
  local set, err = self.port:set_baud(baud)
  if not set and err.kind ~= "unsupported" then return nil, err end
  self.lexer:reset()
  return true
end

--- What was read of a line whose end has not come yet.
-- @treturn string
function Channel:half_read() return self.lexer:pending() end

--- Forget what was read and is not told yet, and every mode of reading.
-- @within Not in a flow
function Channel:reset() self.lexer:reset() end

--- Is 'A' at the beginning of a line an acknowledgement from now on? (See `dfota.at.data_mode`.)
-- @tparam boolean on
-- @within Not in a flow
function Channel:expect_acks(on) self.lexer:data_mode(on) end

--- Call a function for every unsolicited line, as it comes, with secrets masked.
-- @tparam function fn gets the line
-- @treturn function call it to stop
function Channel:subscribe(fn)
  self.listeners[fn] = true
  return function() self.listeners[fn] = nil end
end

--- Take in bytes that were read from the port.
-- @tparam string bytes
-- @within Not in a flow
function Channel:take_in(bytes)
  self.last_rx = self.port:now()
  self.open_end = byte(bytes, -1) == 13
  self.lexer:feed(bytes)
end

--- The next lexer event of what was read already.
-- @return kind, text, class, code; nothing where all of it is told
function Channel:next_event() return self.lexer:next() end

-- A damaged or late echo is unsolicited too, and may hold a password.
local function tell(self, line)
  local shown = redact.hide(self.told, line)
  for fn in pairs(self.listeners) do fn(shown) end
end

local function tell_dropped(self)
  if self.warn and self.backlog.dropped == 1 then
    self.warn(("%s: more than %d unsolicited lines wait to be listened to: the oldest are dropped"):format(
      self.port:name(), Backlog.MOST))
  end
end

--- Hand on a line that nobody asked for.
-- @tparam string line
-- @tparam[opt] string class where it is a final result code
-- @tparam[opt] int|string code
-- @within Not in a flow
function Channel:unsolicited(line, class, code)
  if self.backlog:push(line, class, code) then tell_dropped(self) end
  tell(self, line)
end

--- The next lexer event, reading more when there is none. What is there when the deadline is over is still read, but
-- a line on which bytes pour in without a pause does not push it away.
-- @tparam number deadline on the port's clock, seconds
-- @return kind, text, class, code | nil, err
function Channel:event(deadline)
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
    self:take_in(bytes)
  end
end

local event = Channel.event

-- What is already there came before the next command: nobody asked for it. A
-- final's trailing LF and the silence that the module needs are waited for here.
-- Without an echo only this tells old lines from the reply, so the port is looked at.
local function settle(self)
  local lexer, port = self.lexer, self.port
  local now = port:now()
  local limit, ready = now + 1, self.last_rx + self.gap_s
  local look = not self.echo
  while true do
    local kind, text, class, code = lexer:next()
    if kind == "line" or kind == "truncated" then
      self:unsolicited(text, class, code)
    elseif not kind then
      local left = self.open_end and 0.02 or ready - now
      if now >= limit or (left <= 0 and not look) then return true end
      local bytes, err = port:read(left > 0 and left or 0)
      self.open_end, look = false, false
      if not bytes then
        if err.kind == "timeout" then return true end
        return nil, err
      end
      self:take_in(bytes)
      self.open_end = false -- its LF was waited for
      now = self.last_rx
      ready = now + self.gap_s
    end
  end
end

local function matches(line, expect)
  local kind = type(expect)
  if kind == "string" then return string_sub(line, 1, #expect) == expect end
  if kind == "function" then return expect(line) end
  for i = 1, #expect do
    local prefix = expect[i]
    if string_sub(line, 1, #prefix) == prefix then return true end
  end
  return false
end

-- The line as it belongs to the reply of a command with these options: without the blanks that some modules put in
-- front, where its beginning is known. Nothing where it belongs to something else.
local function reply_line(line, opts)
  local expect = opts.expect
  if not expect then return not urc.is_known(line) and line or nil end
  if matches(line, expect) then return line end
  if type(expect) == "function" or byte(line) ~= BLANK then return nil end
  line = line:match "^ *(.*)$"
  return matches(line, expect) and line or nil
end

--- Which final result code a line is, numbers under ATV0 included.
-- @tparam string text
-- @tparam[opt] string class as the lexer gives it
-- @treturn string|nil
function Channel:final_class(text, class)
  if class then return class end
  if self.numeric then return numeric_finals[text] end
end

-- The same with those that this command has beside the common ones (false: an OK that is not the end yet, as in
-- QISTAT).
local function class_for(self, text, class, finals)
  if finals then
    local extra = finals(text)
    if extra ~= nil then return extra end
  end
  return class or self.numeric and self:final_class(text) or nil
end

--- Tell the pieces of an echo that did not come to its end.
-- @param echo a `dfota.at.echo`
-- @within Not in a flow
function Channel:give_up(echo)
  for _, piece in ipairs(echo:drop()) do self:unsolicited(piece) end
end

--- Look for an echo in a line. What is none of it is unsolicited.
-- @param echo a `dfota.at.echo`
-- @tparam string line
-- @tparam[opt] string class where the line is a final result code, as the lexer gives it
-- @tparam[opt] int|string code
-- @treturn boolean whether the echo is complete
-- @within Not in a flow
function Channel:take_echo(echo, line, class, code)
  local found, unasked
  if class then self:give_up(echo) else found, unasked = echo:take(line) end
  if found == nil then
    self:unsolicited(line, class, code)
  elseif unasked then
    self:unsolicited(unasked)
  end
  return found or false
end

-- Wait for the echo. Lines before it are late replies or unsolicited.
local function await_echo(self, command, deadline)
  local echo
  while true do
    local kind, text, class, code = event(self, deadline)
    if kind == "line" and text == command then
      if echo then self:give_up(echo) end
      return true
    end
    echo = echo or Echo.new(command)
    if not kind then
      self:give_up(echo)
      return nil, text
    elseif kind == "line" and self:take_echo(echo, text, class, code) then
      return true
    elseif kind == "truncated" then
      self:unsolicited(text)
    end
  end
end

-- The command's own text, where no echo was expected any more: the module echoes all the same, and what came
-- before is none of the reply.
local function note_echo(self, reply)
  if self.echo then return end
  self.echo = true
  for i = 1, #reply do
    self:unsolicited(reply[i])
    reply[i] = nil
  end
end

local function is_text_echo(line, text)
  return text ~= nil and (line == text or line == text .. END_OF_TEXT)
end

-- A line that is no final. What is none of the reply may break the command off, or show that it has succeeded.
local function take_line(self, command, opts, reply, line)
  if line == command then return note_echo(self, reply) end
  if is_text_echo(line, opts.text) then return nil end
  local mine = reply_line(line, opts)
  if mine then
    reply[#reply + 1] = mine
    return nil
  end
  self:unsolicited(line)
  if opts.implied and opts.implied(line) then reply.final = "implied" end
  return errors.broken_off(self.port, command, line)
end

-- The prompt asks for the text that goes with the command; where none does, it is the end of the reply.
local function answer_prompt(self, opts, reply)
  if not opts.text then
    reply.final = "prompt"
    return true
  end
  return self.port:write(opts.text .. END_OF_TEXT, self.write_s)
end

-- Nothing that comes later may be taken for the text: also where the prompt comes late.
local function give_text_up(self, opts)
  if not opts.text then return end
  self.lexer:expect_prompt(false)
  self.may_wait_for_text = true
  self.port:write(NO_TEXT, self.write_s)
end

-- Collect a reply up to its final result code.
local function collect(self, command, opts, deadline)
  local reply, finals = { nil, final = nil, text = nil, code = nil }, opts.finals -- made with room for these
  while true do
    local kind, text, class, code = event(self, deadline)
    if not kind then return nil, text end
    if kind == "prompt" then
      local given, err = answer_prompt(self, opts, reply)
      if not given then return nil, err end
      if reply.final then return reply end
    elseif kind == "truncated" then
      self:unsolicited(text)
    elseif kind == "line" then
      class = class_for(self, text, class, finals)
      if class == "power_down" and not opts.power_down then
        self:unsolicited(text, class)
        return nil, errors.broken_off(self.port, command, text)
      elseif class then
        reply.final, reply.text, reply.code = class, text, code
        return reply
      elseif class == nil then
        local err = take_line(self, command, opts, reply, text)
        if err then return nil, err end
        if reply.final then return reply end
      end
    end
  end
end

local good = {
  ok = true, connect = true, deact_ok = true, prompt = true, implied = true, done = true, power_down = true,
}

--- Does this final result code mean success?
-- @tparam string class
-- @treturn boolean
function Channel.is_success(class) return good[class] or false end

--- Have every command looked at before it goes out.
-- @tparam function fn gets the command and the text that goes with it, and raises where they may not go out
-- @within Not in a flow
function Channel:guard_with(fn) self.guard = fn end

--- Write a command at once. From here on it is pending.
-- @tparam string command without its line end
-- @tparam[opt] string text that is to be given at the command's prompt
-- @treturn boolean|nil true; nil, err
-- @within Not in a flow
function Channel:put(command, text)
  if self.guard then self.guard(command, text) end
  if not self.barrier.pending then
    self.may_wait_for_text = false
    if next(self.told) then self.told = {} end
  end
  redact.expect(self.told, command)
  self.barrier:expect(command)
  local line = (self.may_wait_for_text and NO_TEXT or "") .. command .. "\r"
  return self.port:write(line, self.write_s)
end

--- Write a command once the line has settled. From here on it is pending.
-- @tparam string command without its line end
-- @tparam[opt] string text as of `put`
-- @treturn boolean|nil true; nil, err
-- @within Not in a flow
function Channel:send(command, text)
  local settled, lost = settle(self)
  if not settled then return nil, lost end
  return self:put(command, text)
end

-- One exchange, without looking at what is still pending.
local function exchange(self, command, opts)
  local timeout_s = opts.timeout_s or 5
  local sent, why = self:send(command, opts.text)
  if not sent then return nil, why end
  if opts.text then self.lexer:expect_prompt(true) end
  local deadline = self.port:now() + timeout_s
  local stage = "echo"
  local reply, err
  if self.echo then
    reply, err = await_echo(self, command, deadline)
  end
  if not self.echo or reply then
    stage = "answer"
    reply, err = collect(self, command, opts, deadline)
  end
  if reply then
    self.barrier:clear()
    if good[reply.final] then return reply end
    if opts.text then self.lexer:expect_prompt(false) end
    return nil, errors.refused(self.port, command, reply.final, reply.code, reply.text)
  end
  give_text_up(self, opts)
  if err.kind == "timeout" then return nil, errors.timed_out(self.port, command, timeout_s, stage) end
  if err.kind == "reboot" then self.barrier:clear() end
  return nil, err
end

--- How long the line takes for so many characters: nothing to speak of at 115,200 baud, seconds at 300.
-- @tparam integer characters of ten bits each (8N1)
-- @treturn number seconds; 0 where the port has no number for its rate
function Channel:transfer_s(characters)
  local baud = self.port:baud()
  return baud > 0 and characters * 10 / baud or 0
end

--- Let pass what a pending command may still be answered with.
-- @tparam[opt] number timeout_s `fence_s` where left out
-- @treturn boolean|nil true when none is pending any more; nil, err when the module did not answer
-- @see dfota.at.fence
function Channel:fence(timeout_s) return self.barrier:pass(timeout_s) end

--- The oldest command that may still be answered.
-- @treturn string|nil
function Channel:pending() return self.barrier.pending end

--- Learn how the module answers from now on. What is left out stays as it was.
-- @tparam table how `echo`, `numeric` as booleans
function Channel:learn(how)
  if how.echo ~= nil then self.echo = how.echo end
  if how.numeric ~= nil then self.numeric = how.numeric end
end

--- Find the module: its rate, its echo and its state.
-- @tparam table opts
-- @treturn table|nil what was found; nil, err
-- @see dfota.at.sync
-- @within Not in a flow
function Channel:sync(opts) return sync(self, opts) end

--- Let lines pass as unsolicited until the line has been silent for a while.
-- @tparam number silence_s
-- @tparam[opt=5] number limit_s the longest this may take
-- @treturn boolean|nil true, or nil, err when the port is lost
function Channel:quiet(silence_s, limit_s)
  local limit = self.port:now() + (limit_s or 5)
  while self.port:now() < limit do
    local kind, text, class, code = self:event(math.min(self.port:now() + silence_s, limit))
    if kind == "line" or kind == "truncated" then
      self:unsolicited(text, class, code)
    elseif not kind then
      if text.kind == "timeout" then return true end
      return nil, text
    end
  end
  return true
end

--- Send one command and wait for its reply.
-- @tparam string command without its line end
-- @tparam[opt] table opts
--   `timeout_s` deadline for the whole reply (5);
--   `expect` prefix, list of prefixes or function(line) for the reply's lines: what does not fit is unsolicited;
--   `finals` function(line) → class, for finals of this command alone ("done" counts as success;
--   false: not the end, though it looks like it);
--   `implied` function(line): an unsolicited line that can only follow this command's success;
--   `text` what is given at the command's prompt, as AT+CMGS has one: one line, which the channel ends;
--   `power_down` NORMAL POWER DOWN is this command's success;
--   `fence_s` how long a pending command may still take to be answered
-- @treturn table|nil the reply's lines, with `final`, `code` and `text` of the final result code
-- @treturn dfota.error kinds `refused`, `cme`, `cms`, `timeout`, `power`, `reboot`, and the port's
function Channel:command(command, opts)
  opts = opts or {}
  if opts.text and opts.text:find "%c" then error("a text has no control characters", 2) end
  if self.barrier.pending then
    local fenced, err = self:fence(opts.fence_s)
    if not fenced then return nil, err end
  end
  return exchange(self, command, opts)
end

--- The next unsolicited line that is queued already.
-- @treturn string|nil the line; nil when none is
-- @treturn ?string class where it is a final result code
-- @treturn ?int|string code
function Channel:queued() return self.backlog:pop() end

--- The next unsolicited line: one that is queued, or the next that comes.
-- @tparam number timeout_s
-- @treturn string|nil the line; nil, err (kinds `timeout`, `hangup`, `interrupted`, …)
-- @treturn ?string class where it is a final result code
-- @treturn ?int|string code
function Channel:listen(timeout_s)
  local line, class, code = self:queued()
  if line then return line, class, code end
  local deadline = self.port:now() + timeout_s
  while true do
    local kind
    kind, line, class, code = self:event(deadline)
    if not kind then return nil, line end
    if kind == "line" or kind == "truncated" then
      tell(self, line)
      return line, class, code
    end
  end
end

return Channel
