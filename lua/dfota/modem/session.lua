--- The session with a module: its echo, result codes and flow control, and restoring them.
-- Nothing is saved in the module's profile.
-- @module dfota.modem.session
local errors = require "dfota.at.errors"

local Session = {}
Session.__index = Session

--- @param commands a `dfota.modem.commands`
-- @treturn Session
function Session.new(commands)
  return setmetatable({ commands = commands, undo = {} }, Session)
end

local function remember(self, undo) table.insert(self.undo, 1, undo) end

-- Change a setting for this session, and remember how to restore it: also if the answer was lost, since the setting
-- may have changed.
local function change(self, command, undo)
  local reply, err = self.commands:query(command)
  local may_be_changed = reply or not errors.is_no(err)
  if may_be_changed and undo and self.undo[1] ~= undo then remember(self, undo) end
  return reply, err
end

-- After ATV0 this is still answered with a number, which the channel expects in no other mode.
local function is_done(line) return line == "0" and "ok" or nil end

local function set_text_results(self)
  local channel = self.commands.channel
  if not channel.numeric then return true end
  local reply, err = self.commands:ask("ATV1", { finals = is_done })
  if not reply then return nil, err end
  channel:learn { numeric = false }
  remember(self, "ATV0")
  return true
end

local function set_echo(self)
  local channel = self.commands.channel
  if channel.echo then return true end
  local reply, err = change(self, "ATE1", "ATE0")
  if not reply then return nil, err end
  return channel:sync { timeout_s = self.commands.set.resync_timeout_s } -- does it really echo now?
end

-- The flow control is queried first, so that it can be restored; if the module does not report it, it is reset to
-- none, the default in most manuals.
local function set_flow_control(self)
  if self.commands.set.rtscts ~= "on" then return true end
  local was, err = self.commands:fields("AT+IFC?", "+IFC:")
  if not was and not errors.is_no(err) then return nil, err end
  local known = was and math.type(was[1]) == "integer" and math.type(was[2]) == "integer"
  if known and was[1] == 2 and was[2] == 2 then return true end
  return change(self, "AT+IFC=2,2", known and ("AT+IFC=%d,%d"):format(was[1], was[2]) or "AT+IFC=0,0")
end

-- 65xx are documented as numbers only (note, chapter 5). A module that refuses this is updated anyway.
local function set_numeric_errors(self)
  local mode, why = self.commands:fields("AT+CMEE?", "+CMEE:")
  if not mode and not errors.is_no(why) then return nil, why end
  if mode and mode[1] == 1 then return true end
  local undo = mode and math.type(mode[1]) == "integer" and ("AT+CMEE=%d"):format(mode[1]) or nil
  local reply, err = change(self, "AT+CMEE=1", undo)
  if not reply and not errors.is_no(err) then return nil, err end
  return true
end

--- Set up the session: text results, echo on, numeric errors (GSM AT manuals: ATV1, ATE1, CMEE).
-- What is already set is not set again, so this may be repeated on a lossy line.
-- @treturn boolean|nil true; nil, err
function Session:prepare()
  for _, set in ipairs { set_text_results, set_echo, set_flow_control, set_numeric_errors } do
    local done, err = set(self)
    if not done then return nil, err end
  end
  return true
end

-- What the channel must learn once a setting is restored.
local RESTORED = { ATE0 = { echo = false }, ATV0 = { numeric = true } }

--- Restore what `prepare` changed, in reverse order.
-- @treturn boolean|nil true; nil, err
function Session:restore()
  while self.undo[1] do
    local command = table.remove(self.undo, 1)
    local reply, err = self.commands:ask(command, { timeout_s = 2, finals = is_done })
    if not reply then return nil, err end
    if RESTORED[command] then self.commands.channel:learn(RESTORED[command]) end
  end
  return true
end

return Session
