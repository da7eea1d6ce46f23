--- Unsolicited lines: kept until they are read, and passed to subscribers.
--
-- A damaged or late echo is unsolicited too, and may contain a password: the secrets of pending commands are masked
-- for subscribers.
-- @module dfota.at.unsolicited
local Backlog = require "dfota.at.backlog"
local redact = require "dfota.at.redact"

local Unsolicited = {}
Unsolicited.__index = Unsolicited

local next, pairs = next, pairs

--- @tparam[opt] function warn gets a text, once: lines are dropped
-- @treturn Unsolicited
function Unsolicited.new(warn)
  return setmetatable({ warn = warn, backlog = Backlog.new(), listeners = {}, secrets = {} }, Unsolicited)
end

--- A command is sent: its secrets are masked from now on.
-- @tparam string command
-- @tparam boolean alone no other is pending any more, whose secrets may still be echoed
function Unsolicited:hide(command, alone)
  if alone and next(self.secrets) then self.secrets = {} end
  redact.expect(self.secrets, command)
end

--- Call a function for every line as it arrives.
-- @tparam function fn called with the line
-- @treturn function call it to unsubscribe
function Unsolicited:subscribe(fn)
  self.listeners[fn] = true
  return function() self.listeners[fn] = nil end
end

--- Notify the subscribers.
-- @tparam string line
function Unsolicited:tell(line)
  local shown = redact.hide(self.secrets, line)
  for fn in pairs(self.listeners) do fn(shown) end
end

local function tell_dropped(self)
  if self.warn and self.backlog.dropped == 1 then
    self.warn(("more than %d unsolicited lines are unread: the oldest are dropped"):format(Backlog.MOST))
  end
end

--- Let only some lines pass: the rest of a transfer that was broken off is nobody's line.
-- @tparam function|nil passes function(line) → boolean; nil lets all pass again
function Unsolicited:only(passes) self.passes = passes end

--- Keep a line, and notify the subscribers.
-- @tparam string line
-- @tparam[opt] string class if it is a final result code
-- @tparam[opt] int|string code
function Unsolicited:take(line, class, code)
  if self.passes and not self.passes(line) then return end
  if self.backlog:push(line, class, code) then tell_dropped(self) end
  self:tell(line)
end

--- Remove the oldest line.
-- @treturn string|nil the line; nil if there is none
-- @treturn ?string class if it is a final result code
-- @treturn ?int|string code
function Unsolicited:pop() return self.backlog:pop() end

return Unsolicited
