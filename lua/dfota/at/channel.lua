--- One conversation with a module: a command, its reply, and the lines nobody asked for.
--
-- One command is in flight. Its exact echo is the fence: what follows the echo
-- is its reply, what came before is a late reply or unsolicited. A command that
-- was not answered in time stays pending, and the line is fenced anew before the
-- next one (`dfota.at.fence`), so that a late answer never becomes another's.
-- @module dfota.at.channel
local Fence = require "dfota.at.fence"
local Prompt = require "dfota.at.prompt"
local Reader = require "dfota.at.reader"
local Replies = require "dfota.at.replies"
local Unsolicited = require "dfota.at.unsolicited"
local core = require "dfota.core"
local errors = require "dfota.at.errors"
local sync = require "dfota.at.sync"

local Channel = {}
Channel.__index = Channel

-- What is called for every command is not looked up anew each time: a round trip costs little more than its two waits.
local settle, await_echo, collect = Reader.settle, Replies.await_echo, Replies.collect
local hide, line_of, expect, clear = Unsolicited.hide, Prompt.line_of, Fence.expect, Fence.clear

local function warner(self, warn)
  return warn and function(text) warn(("%s: %s"):format(self.port:name(), text)) end
end

--- A channel over an open port.
-- @param port a port of `dfota.core`, or the simulated module's virtual one
-- @tparam[opt] table opts `gap_s` least silence between a reply and the next command;
--   `write_s` how long a command may take to be written; `at_s` how long one AT may take while the module
--   is looked for; `fence_s` how long the line may take to be fenced anew; `trace` a `dfota.at.trace` that is told
--   when data begins and ends; `on_baud` function(baud), told each rate that is set;
--   `warn` function(text), told once when unsolicited lines are dropped; `secrets` a `dfota.at.secrets` that learns
--   the passwords that are sent
-- @treturn Channel with `port`; `trace`; `echo`: the module echoes, as far as is known; `numeric`: it answers in
--   numbers (ATV0)
-- @within Not in a flow
function Channel.new(port, opts)
  opts = opts or {}
  local self = setmetatable({
    port = port,
    lexer = core.lexer(),
    trace = opts.trace,
    secrets = opts.secrets,
    on_baud = opts.on_baud,
    write_s = opts.write_s or 5,
    at_s = opts.at_s or 0.3,
    echo = true,
    numeric = false,
  }, Channel)
  self.unasked = Unsolicited.new(warner(self, opts.warn))
  self.reader = Reader.new(port, self.lexer, self.unasked, opts.gap_s or 0.005)
  self.prompt = Prompt.new(self.lexer)
  self.replies = Replies.new(self.reader, self.unasked, self.write_s)
  self.barrier = Fence.new(self, opts.fence_s or 1)
  return self
end

--- Go on over another port, the old one having been lost. What was half read is gone with it.
-- @param port an open port
-- @within Not in a flow
function Channel:replace_port(port)
  self.port = port
  self.reader:replace_port(port)
end

--- Talk at another rate from now on. What was half read at the old one is forgotten.
-- @tparam integer baud in bits a second
-- @treturn boolean|nil true, also where the port has no such rate and keeps the one it has; nil, err
function Channel:set_baud(baud)
  if self.port:baud() == baud then return true end
  local set, err = self.port:set_baud(baud)
  if not set and err.kind ~= "unsupported" then return nil, err end
  if self.on_baud then self.on_baud(self.port:baud()) end
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

--- Expect a file, right after the line that announced it: the next bytes are told as they are, in "data" events.
-- @tparam integer size in bytes; 0 ends it early
-- @within Not in a flow
function Channel:expect_data(size) self.lexer:expect_data(size, true) end

--- Call a function for every unsolicited line, as it comes, with secrets masked.
-- @tparam function fn gets the line
-- @treturn function call it to stop
function Channel:subscribe(fn) return self.unasked:subscribe(fn) end

--- Take in bytes that were read from the port.
-- @tparam string bytes
-- @within Not in a flow
function Channel:take_in(bytes) self.reader:take_in(bytes) end

--- The next lexer event of what was read already.
-- @return kind, text, class, code; nothing where all of it is told
function Channel:next_event() return self.lexer:next() end

--- Hand on a line that nobody asked for.
-- @tparam string line
-- @tparam[opt] string class where it is a final result code
-- @tparam[opt] int|string code
-- @within Not in a flow
function Channel:unsolicited(line, class, code) self.unasked:take(line, class, code) end

--- Drop unsolicited lines other than these.
-- @tparam function|nil passes function(line) → boolean; nil lets all pass again
-- @within Not in a flow
function Channel:only_unsolicited(passes) self.unasked:only(passes) end

--- The next lexer event, reading more when there is none. What is there when the deadline is over is still read, but
-- a line on which bytes pour in without a pause does not push it away.
-- @tparam number deadline on the port's clock, seconds
-- @return kind, text, class, code | nil, err
function Channel:event(deadline) return self.reader:event(deadline) end

--- Which final result code a line is, numbers under ATV0 included.
-- @tparam string text
-- @tparam[opt] string class as the lexer gives it
-- @treturn string|nil
function Channel:final_class(text, class) return class or self.numeric and Replies.of_number(text) or nil end

--- Tell the pieces of an echo that did not come to its end.
-- @param echo a `dfota.at.echo`
-- @within Not in a flow
function Channel:give_up(echo) self.replies:give_up(echo) end

--- Look for an echo in a line. What is none of it is unsolicited.
-- @param echo a `dfota.at.echo`
-- @tparam string line
-- @tparam[opt] string class where the line is a final result code, as the lexer gives it
-- @tparam[opt] int|string code
-- @treturn boolean whether the echo is complete
-- @within Not in a flow
function Channel:take_echo(echo, line, class, code) return self.replies:take_echo(echo, line, class, code) end

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
  local barrier = self.barrier
  local alone = not barrier.pending
  if self.secrets then self.secrets:learn(command) end
  hide(self.unasked, command, alone)
  expect(barrier, command)
  return self.port:write(line_of(self.prompt, command, alone), self.write_s)
end

--- Write a command once the line has settled. From here on it is pending.
-- @tparam string command without its line end
-- @tparam[opt] string text as of `put`
-- @treturn boolean|nil true; nil, err
-- @within Not in a flow
function Channel:send(command, text)
  -- Without an echo only what is there already tells old lines from the reply, so the port is looked at.
  local settled, lost = settle(self.reader, not self.echo)
  if not settled then return nil, lost end
  return self:put(command, text)
end

-- One exchange, without looking at what is still pending.
local function exchange(self, command, opts)
  local replies, timeout_s = self.replies, opts.timeout_s or 5
  local sent, why = self:send(command, opts.text)
  if not sent then return nil, why end
  if opts.text then self.prompt:expect() end
  local deadline = self.port:now() + timeout_s
  local stage, reply, err = "echo", nil, nil
  if self.echo then
    reply, err = await_echo(replies, command, deadline)
  end
  if reply or not self.echo then
    stage = "answer"
    reply, err = collect(replies, command, opts, deadline, self.echo, self.numeric)
    if replies.has_echoed then self.echo = true end
  end
  if reply then
    clear(self.barrier)
    if good[reply.final] then return reply end
    if opts.text then self.prompt:forget() end
    return nil, errors.refused(self.port, command, reply.final, reply.code, reply.text)
  end
  if opts.text then self.port:write(self.prompt:give_up(), self.write_s) end
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
function Channel:queued() return self.unasked:pop() end

--- The next unsolicited line: one that is queued, or the next that comes.
-- @tparam number timeout_s
-- @treturn string|nil the line; nil, err (kinds `timeout`, `hangup`, `interrupted`, …)
-- @treturn ?string class where it is a final result code
-- @treturn ?int|string code
function Channel:listen(timeout_s)
  local line, class, code = self:queued()
  if line then return line, class, code end
  local kind -- a line: only a command that was sent may be waiting for a prompt
  kind, line, class, code = self:event(self.port:now() + timeout_s)
  if not kind then return nil, line end
  self.unasked:tell(line)
  return line, class, code
end

return Channel
