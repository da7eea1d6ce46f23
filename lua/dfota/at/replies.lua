--- The replies of a channel's commands: echo, lines and final result code. What belongs to none of them is unsolicited.
-- @module dfota.at.replies
local Echo = require "dfota.at.echo"
local Prompt = require "dfota.at.prompt"
local Reader = require "dfota.at.reader"
local errors = require "dfota.at.errors"
local reply_lines = require "dfota.at.reply_lines"

local Replies = {}
Replies.__index = Replies

-- Numeric result codes of ATV0 (GSM AT manuals).
local numeric_finals = { ["0"] = "ok", ["3"] = "no_carrier", ["4"] = "error" }

-- Called for every line, so looked up once: a round trip costs little more than its two waits.
local event, reply_line = Reader.event, reply_lines.take

--- @param reader a `dfota.at.reader`
-- @param unasked a `dfota.at.unsolicited`
-- @tparam number write_s how long a text may take to be written
-- @treturn Replies with `has_echoed`: the echo of the last command was seen
function Replies.new(reader, unasked, write_s)
  return setmetatable({ reader = reader, unasked = unasked, write_s = write_s, has_echoed = false }, Replies)
end

--- The result code for a number, as sent after ATV0.
-- @tparam string text
-- @treturn string|nil its class
function Replies.of_number(text) return numeric_finals[text] end

--- Pass on the pieces of an echo that was never completed, as unsolicited lines.
-- @param echo a `dfota.at.echo`
function Replies:give_up(echo)
  for _, piece in ipairs(echo:drop()) do self.unasked:take(piece) end
end

--- Look for an echo in a line. Anything else is unsolicited.
-- @param echo a `dfota.at.echo`
-- @tparam string line
-- @tparam[opt] string class if the line is a final result code, from the lexer
-- @tparam[opt] int|string code
-- @treturn boolean whether the echo is complete
function Replies:take_echo(echo, line, class, code)
  local found, unasked
  if class then self:give_up(echo) else found, unasked = echo:take(line) end
  if found == nil then
    self.unasked:take(line, class, code)
  elseif unasked then
    self.unasked:take(unasked)
  end
  return found or false
end

--- Wait for the echo. Lines before it are late replies or unsolicited.
-- @tparam string command
-- @tparam number deadline on the port's clock, seconds
-- @treturn boolean|nil true; nil, err
function Replies:await_echo(command, deadline)
  local reader, echo = self.reader, nil
  while true do
    local kind, text, class, code = event(reader, deadline)
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
      self.unasked:take(text)
    end
  end
end

-- The class of a line as a final result code: those specific to this command come first (false: an OK that is not the
-- end yet, as in QISTAT).
local function class_for(text, class, finals, numeric)
  if finals then
    local extra = finals(text)
    if extra ~= nil then return extra end
  end
  return class or numeric and numeric_finals[text] or nil
end

-- The command's own text, after its echo or when none was expected any more: the module echoes, and what came before
-- is not part of the reply.
local function note_echo(self, reply)
  if self.has_echoed then return end
  self.has_echoed = true
  for i = 1, #reply do
    self.unasked:take(reply[i])
    reply[i] = nil
  end
end

-- A line that is not a final result code. If it is not part of the reply, it may end the command, or show that it has
-- succeeded.
local function take_line(self, command, opts, reply, line)
  if line == command then return note_echo(self, reply) end
  if opts.text and Prompt.is_echo(line, opts.text) then return nil end
  local mine = reply_line(line, opts.expect)
  if mine then
    reply[#reply + 1] = mine
    return nil
  end
  self.unasked:take(line)
  if opts.implied and opts.implied(line) then reply.final = "implied" end
  return errors.broken_off(self.reader.port, command, line)
end

-- The prompt asks for the command's text; if there is none, it is the end of the reply.
local function answer_prompt(self, opts, reply)
  if not opts.text then
    reply.final = "prompt"
    return true
  end
  return self.reader.port:write(Prompt.given(opts.text), self.write_s)
end

--- Collect a reply up to its final result code.
-- @tparam string command
-- @tparam table opts as of `Channel:command`
-- @tparam number deadline on the port's clock, seconds
-- @tparam boolean echo the command's echo was seen
-- @tparam boolean numeric the module sends numeric result codes
-- @treturn table|nil the reply's lines, with `final`, `text` and `code`, whether success or failure; nil, err
function Replies:collect(command, opts, deadline, echo, numeric)
  local reader = self.reader
  self.has_echoed = echo
  local reply, finals = { nil, final = nil, text = nil, code = nil }, opts.finals -- made with room for these
  while true do
    local kind, text, class, code = event(reader, deadline)
    if not kind then return nil, text end
    if kind == "prompt" then
      local given, err = answer_prompt(self, opts, reply)
      if not given then return nil, err end
      if reply.final then return reply end
    elseif kind == "truncated" then
      self.unasked:take(text)
    elseif kind == "line" then
      class = class_for(text, class, finals, numeric)
      if class == "power_down" and not opts.power_down then
        self.unasked:take(text, class)
        return nil, errors.broken_off(reader.port, command, text)
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

return Replies
