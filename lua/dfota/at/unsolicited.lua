--- Lines that nobody asked for: kept for those who listen, told to those who subscribed.
--
-- A damaged or late echo is unsolicited too, and may hold a password: what the pending commands hold of secrets is
-- masked in what subscribers are told.
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

--- A command goes out: what it holds of secrets is masked from here on.
-- @tparam string command
-- @tparam boolean alone no other is pending any more, whose secrets may still come
function Unsolicited:hide(command, alone)
  if alone and next(self.secrets) then self.secrets = {} end
  redact.expect(self.secrets, command)
end

--- Call a function for every line, as it comes.
-- @tparam function fn gets the line
-- @treturn function call it to stop
function Unsolicited:subscribe(fn)
  self.listeners[fn] = true
  return function() self.listeners[fn] = nil end
end

--- Tell those who subscribed.
-- @tparam string line
function Unsolicited:tell(line)
  local shown = redact.hide(self.secrets, line)
  for fn in pairs(self.listeners) do fn(shown) end
end

local function tell_dropped(self)
  if self.warn and self.backlog.dropped == 1 then
    self.warn(("more than %d unsolicited lines wait to be listened to: the oldest are dropped"):format(Backlog.MOST))
  end
end

--- Keep a line, and tell it.
-- @tparam string line
-- @tparam[opt] string class where it is a final result code
-- @tparam[opt] int|string code
function Unsolicited:take(line, class, code)
  if self.backlog:push(line, class, code) then tell_dropped(self) end
  self:tell(line)
end

--- The oldest line that is kept; it is kept no longer.
-- @treturn string|nil the line; nil when there is none
-- @treturn ?string class where it is a final result code
-- @treturn ?int|string code
function Unsolicited:pop() return self.backlog:pop() end

return Unsolicited
