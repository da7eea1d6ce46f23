--- What may be sent in a run: the trigger only by the job itself, and nothing but queries in a run that only looks.
--
-- It stands in front of every command of a channel, so that no edit of a flow can get past it.
-- @module dfota.update.guard
local blame = require "dfota.update.blame"
local queries = require "dfota.update.queries"

local Guard = {}
Guard.__index = Guard

--- @tparam table opts `only_queries`: nothing may be changed; `on_change` function(command), called before a command
--   that may change something goes out; `on_refused` function(fault), told before it is raised
-- @treturn Guard
function Guard.new(opts)
  return setmetatable({
    only_queries = opts.only_queries, on_change = opts.on_change, on_refused = opts.on_refused, declared = {},
  }, Guard)
end

-- As a module reads it: any case, blanks anywhere. Only the test and the read form are none.
local function holds_trigger(command)
  local text = command:upper():gsub("[%s%c]+", "")
  local rest = text:gsub("%+QFOTADL=?%?%f[;\0]", "")
  return rest:find("QFOTADL", 1, true) ~= nil
end

-- `A/` says the last command again, and a backspace takes a character out of what was written.
local function is_disguise(command) return command:find "^%s*[Aa]/" ~= nil or command:find "[\b\127]" ~= nil end

local function refuse(self, message)
  local fault = blame.fault(message)
  if self.on_refused then self.on_refused(fault) end
  error(fault, 0)
end

-- The name of a command says enough; behind its "=" a password may stand.
local function shown(command) return (command:match "^[^=?;]+[=?]?%??" or command):gsub("%c", "?") end

local function check_is_command(self, command)
  if type(command) == "string" and command:find "^%s*[Aa][Tt]" then return end
  refuse(self, ("a command is a text that begins with AT, not %s; nothing was sent"):format(
    type(command) == "string" and "'" .. shown(command) .. "'" or type(command)))
end

--- Declare a command to be a query: it changes nothing in the module.
-- @tparam string command
function Guard:declare(command)
  check_is_command(self, command)
  if holds_trigger(command) or is_disguise(command) then
    refuse(self, "AT+QFOTADL is no query: job:trigger() sends it, once in a run")
  end
  self.declared[queries.normal(command)] = true
end

--- Let this one command pass, once: the job's own trigger.
-- @tparam string command
function Guard:arm(command) self.armed = command end

-- Without its text the module would take whatever comes next for it.
local function check_text(self, command, text)
  if text and holds_trigger(text) then
    refuse(self, "AT+QFOTADL is no part of a text; nothing was sent")
  elseif not text and command:upper():find "%+CMG[SW]%s*=%s*[^?]" then
    refuse(self, shown(command) .. " waits for a text: job.modem:sms(number, text) sends one; nothing was sent")
  end
end

-- Only the whole command can be declared, and what stands behind a "=" is not shown.
local function refuse_change(self, command)
  local how = "job:query(…) with the whole command"
  if command == shown(command) then how = ("job:query \"%s\""):format(command) end
  refuse(self, ("%s may change something, and --check sends queries only; nothing was sent: "
    .. "put it behind if not job:checking(), or, where it only asks, declare it by %s"):format(shown(command), how))
end

--- A command is about to go out: raises a fault that names the script's line unless it may.
-- @tparam string command
-- @tparam[opt] string text that is to be given at its prompt
function Guard:pass(command, text)
  if type(command) ~= "string" then check_is_command(self, command) end
  if holds_trigger(command) then
    local own = command == self.armed
    self.armed = nil
    if own then return end
    refuse(self, "AT+QFOTADL is sent by job:trigger() alone, once in a run; nothing was sent")
  end
  if is_disguise(command) then refuse(self, "a command that repeats or edits another one is not sent") end
  check_is_command(self, command)
  check_text(self, command, text)
  if queries.is_query(command) or self.declared[queries.normal(command)] then return end
  if self.only_queries then refuse_change(self, command) end
  if self.on_change then self.on_change(command) end
end

return Guard
