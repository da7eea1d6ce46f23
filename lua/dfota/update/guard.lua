--- What may be sent in a run: the trigger only by the job itself, and in a run that only checks nothing but queries.
--
-- Every command of the channel passes through it, so no edit of a flow can get around it.
-- @module dfota.update.guard
local blame = require "dfota.update.blame"
local queries = require "dfota.update.queries"

local Guard = {}
Guard.__index = Guard

--- @tparam table opts `only_queries`: nothing may be changed; `on_change` function(command), called before a command
--   that may change something is sent; `on_refused` function(fault), called before it is raised
-- @treturn Guard
function Guard.new(opts)
  return setmetatable({
    only_queries = opts.only_queries, on_change = opts.on_change, on_refused = opts.on_refused, declared = {},
  }, Guard)
end

-- As a module parses it: any case, blanks anywhere. Only the test and the read form do not trigger.
local function holds_trigger(command)
  local text = command:upper():gsub("[%s%c]+", "")
  local rest = text:gsub("%+QFOTADL=?%?%f[;\0]", "")
  return rest:find("QFOTADL", 1, true) ~= nil
end

-- `A/` repeats the last command, a backspace deletes a character of this one, and a CR starts another one.
local function is_disguise(command) return command:find "^%s*[Aa]/" ~= nil or command:find "[%c]" ~= nil end

local function refuse(self, message)
  local fault = blame.fault(message)
  self.refused = self.refused or fault
  if self.on_refused then self.on_refused(fault) end
  error(fault, 0)
end

-- Only the command's name is shown: the parameters may hold a password.
local function shown(command) return (command:match "^[^=?;]+[=?]?%??" or command):gsub("%c", "?") end

local function check_is_command(self, command)
  if type(command) == "string" and command:find "^%s*[Aa][Tt]" then return end
  refuse(self, ("a command must be a string that starts with AT, not %s; nothing was sent"):format(
    type(command) == "string" and "'" .. shown(command) .. "'" or type(command)))
end

--- Declare a command to be a query, one that changes nothing in the module.
-- @tparam string command
function Guard:declare(command)
  check_is_command(self, command)
  if holds_trigger(command) or is_disguise(command) then
    refuse(self, "AT+QFOTADL is not a query: job:trigger() sends it, once per run")
  end
  self.declared[queries.normal(command)] = true
end

--- Let this one command pass, once: the job's own trigger. Raises if it was armed before.
-- @tparam string command
function Guard:arm(command)
  if self.was_armed then refuse(self, "AT+QFOTADL is sent once per run; nothing was sent") end
  self.was_armed, self.armed = true, command
end

--- Call a subscriber with a line. It only listens: it cannot send, wait or end what it listens to, and its errors are
-- returned.
-- @tparam function fn
-- @tparam string line
-- @treturn boolean
-- @return what it raised
function Guard:listen(fn, line)
  local thread = coroutine.create(fn)
  self.listening = true
  local ok, raised = coroutine.resume(thread, line)
  self.listening = false
  if ok and coroutine.status(thread) ~= "dead" then return false, "it yielded" end
  return ok, raised
end

-- Without its text the module would take the next command for it.
local function check_text(self, command, text)
  if text and holds_trigger(text) then
    refuse(self, "AT+QFOTADL must not be part of a text; nothing was sent")
  elseif not text and command:upper():find "%+CMG[SW]%s*=%s*[^?]" then
    refuse(self, shown(command) .. " prompts for a text: use job.modem:sms(number, text); nothing was sent")
  end
end

-- Only a whole command can be declared, and its parameters are not shown.
local function refuse_change(self, command)
  local how = "job:query(…) with the whole command"
  if command == shown(command) then how = ("job:query \"%s\""):format(command) end
  refuse(self, ("%s may change something, and --check sends queries only; nothing was sent: "
    .. "put it inside if not job:checking(), or, if it is a query, declare it with %s"):format(shown(command), how))
end

--- A command is about to be sent: raises a fault that names the script's line if it is not allowed.
-- @tparam string command
-- @tparam[opt] string text to send at its prompt
function Guard:pass(command, text)
  if type(command) ~= "string" then check_is_command(self, command) end
  if self.listening then
    error(blame.fault(("a subscriber only listens: %s was not sent"):format(shown(command))), 0)
  end
  if holds_trigger(command) then
    local own = command == self.armed
    self.armed = nil
    if own then return end
    refuse(self, "AT+QFOTADL is sent by job:trigger() only, once per run; nothing was sent")
  end
  if is_disguise(command) then
    refuse(self, "A/ and control characters in a command are not allowed; nothing was sent")
  end
  check_is_command(self, command)
  check_text(self, command, text)
  if queries.is_query(command) or self.declared[queries.normal(command)] then return end
  if self.only_queries then refuse_change(self, command) end
  if self.on_change then self.on_change(command) end
end

return Guard
