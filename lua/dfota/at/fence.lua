--- The fence: a query whose answer cannot be confused with an earlier one.
--
-- A command that timed out stays pending: its reply may still come. A module answers in order, so the answer to a
-- fence shows that everything before it has been answered. Each fence has a different answer, so that a late one is
-- not mistaken for it. The queries are joined by `;` as in the note, chapter 4.1.
-- @module dfota.at.fence
local Echo = require "dfota.at.echo"
local errors = require "dfota.at.errors"

local Fence = {}
Fence.__index = Fence

-- Two queries that change nothing; their order spells the fence's number as four bits.
local queries = { ["0"] = "+CMEE?", ["1"] = "+IPR?" }
local bit_of_answer = { ["+CMEE:"] = "0", ["+IPR:"] = "1" }
local CHARACTERS = 130 -- the queries, their echo and their answers
local MAX_REFUSALS = 3

--- The fence of one channel.
-- @param channel a `dfota.at.channel`
-- @tparam number timeout_s how long a fence may take by default
-- @treturn Fence with `pending`, the oldest command that may still be answered
function Fence.new(channel, timeout_s)
  return setmetatable({
    channel = channel, timeout_s = timeout_s,
    pending = nil,
    sent = 0, -- fences so far
    refusals = 0, -- of the last fences in a row
    understood = false, -- has one been answered?
  }, Fence)
end

--- A command is sent: from now on it is pending, unless an older one already is.
-- @tparam string command
function Fence:expect(command) self.pending = self.pending or command end

--- Nothing is pending any more.
function Fence:clear() self.pending = nil end

local function bits(number)
  local text = ""
  for i = 3, 0, -1 do text = text .. (number >> i & 1) end
  return text
end

local function next_number(self)
  self.sent = self.sent + 1
  return bits(self.sent % 16)
end

-- Wait for a final result code right after the answers that spell this fence's number. Anything else is a late reply or
-- unsolicited. On failure the third value says whether a single refusal was all that came.
local function await(self, text, number, deadline)
  local channel, echo = self.channel, Echo.new(text)
  local seen, finals, refused = "", 0, false
  while true do
    local kind, line, class = channel:event(deadline)
    if not kind then
      channel:give_up(echo)
      return nil, line, refused and finals == 1
    end
    local bit = bit_of_answer[line:match("^%+%u+:")]
    class = kind == "line" and channel:final_class(line, class)
    if class then
      if class == "ok" and seen == number then return true end
      finals, refused = finals + 1, not channel.is_success(class)
      seen = ""
      channel:give_up(echo)
    elseif bit then
      seen = seen .. bit
    else
      channel:take_echo(echo, line)
    end
  end
end

-- A module that does not know these queries refuses them every time; after that nothing is pending.
local function is_unknown(self, refused)
  self.refusals = refused and not self.understood and self.refusals + 1 or 0
  return self.refusals >= MAX_REFUSALS
end

--- Let any late reply to a pending command pass; does nothing if none is pending.
-- @tparam[opt] number timeout_s default: the fence's own
-- @treturn boolean|nil true if nothing is pending any more; nil, err if the module did not answer
function Fence:pass(timeout_s)
  local channel, pending = self.channel, self.pending
  if not pending then return true end
  timeout_s = timeout_s or self.timeout_s
  local number = next_number(self)
  local text = "AT" .. number:gsub(".", queries):gsub("%?%+", "?;+")
  local sent, why = channel:send(text)
  if not sent then return nil, why end
  local deadline = channel.port:now() + timeout_s + channel:transfer_s(CHARACTERS)
  local answered, err, refused = await(self, text, number, deadline)
  if answered or is_unknown(self, refused) then
    self.understood = self.understood or answered
    self:clear()
    return true
  end
  if err.kind == "timeout" then err = errors.still_pending(channel.port, pending, timeout_s) end
  return nil, err
end

return Fence
