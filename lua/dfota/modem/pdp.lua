--- The PDP context: what the note's chapter 2.1.4 does before a download.
-- @module dfota.modem.pdp
local codes = require "dfota.modem.codes"
local core = require "dfota.core"
local errors = require "dfota.at.errors"

local Pdp = {}
Pdp.__index = Pdp

--- @param commands a `dfota.modem.commands`
-- @treturn Pdp
function Pdp.new(commands) return setmetatable({ commands = commands, ours = false }, Pdp) end

--- State of the context, as reported by `AT+QISTAT`: OK first, then `STATE: …` (QIMUX=0).
-- @treturn string|nil state such as "IP INITIAL"; nil, err
function Pdp:state()
  local state
  local reply, err = self.commands:ask("AT+QISTAT", {
    expect = "STATE:",
    finals = function(line)
      state = line:match("^STATE:%s*(.-)%s*$")
      if state then return "done" end
      if line == "OK" then return false end
    end,
  })
  if not reply then return nil, err end
  if (state or "") == "" then return nil, self.commands:unreadable("AT+QISTAT", "a state") end
  return state
end

-- The foreground context: the only line, or of several the one with a channel (255: none).
local function foreground(self)
  local reply, err = self.commands:query("AT+QIFGCNT?", { expect = "+QIFGCNT:" })
  if not reply then return nil, err end
  for _, line in ipairs(reply) do
    local fields = core.fields(line)
    local found = math.type(fields[1]) == "integer" and (#reply == 1 or fields[2] ~= 255)
    if found then return fields[1] end
  end
  return nil, self.commands:unreadable("AT+QIFGCNT?", "a context")
end

-- The previous foreground context is queried once, so that it can be restored.
local function remember_foreground(self)
  if self.was then return true end
  local was, err = foreground(self)
  if not was and not (errors.is_no(err) or err.kind == "timeout") then return nil, err end
  self.was = was
  return true
end

-- All commands here act on the foreground context, which may be in use by another application: it is ours only after
-- the OK to this command. If the answer was lost, the foreground may have changed anyway.
local function choose(self, opts)
  local id = self.commands.set.pdp_context
  self.ours = false
  local chosen, err = self.commands:query(("AT+QIFGCNT=%d"):format(id), opts)
  self.ours = chosen ~= nil
  local may_be_changed = chosen or err.transient or not errors.is_no(err)
  if may_be_changed and self.was and self.was ~= id then self.undo = ("AT+QIFGCNT=%d"):format(self.was) end
  return chosen, err
end

--- Deactivate our context. Its final result code is `DEACT OK`, or ERROR in IP INITIAL.
-- An activation that was interrupted or timed out is first allowed to end.
-- @treturn boolean|nil true; nil, err: kind `refused`, without sending, if the foreground context is not known to be
--   ours
function Pdp:deactivate()
  if not self.ours then
    return nil, core.error("refused", self.commands.channel.port:name()
      .. ": AT+QIDEACT was not sent: the foreground PDP context may be in use by another application")
  end
  local patience_s = self.commands.set.qideact_s
  local reply, err = self.commands:ask("AT+QIDEACT", { timeout_s = patience_s, fence_s = patience_s })
  if reply and (reply.final == "deact_ok" or reply.final == "ok") then return true end
  return nil, err or self.commands:unreadable("AT+QIDEACT", "DEACT OK")
end

-- Ours is selected once more, since the module may have rebooted.
local function deactivate_ours(self)
  if not self.ours then return true end
  local chosen, err = choose(self, { fence_s = self.commands.set.qideact_s })
  if not chosen then return nil, err end
  if self:state() == "IP INITIAL" then return true end -- already deactivated
  return self:deactivate()
end

local function restore_foreground(self)
  if not self.undo then return true end
  local back, err = self.commands:query(self.undo)
  if not back then return nil, err end
  self.ours, self.undo = false, nil
  return true
end

--- Deactivate our context, and restore the previous foreground context.
-- @treturn boolean|nil true; nil, err
function Pdp:release()
  local down, err = deactivate_ours(self)
  local back, why = restore_foreground(self)
  if not down then return nil, err end
  return back, why
end

-- Bring our context to IP INITIAL, the only state in which QIREGAPP is allowed.
local function reset_context(self)
  local asked, lost = remember_foreground(self)
  if not asked then return nil, lost end
  local chosen, failed = choose(self)
  if not chosen then return nil, failed end
  local state, err = self:state()
  if state == "IP INITIAL" then return true end
  if not state and not errors.is_no(err) and err.kind ~= "timeout" then return nil, err end
  local _, why = self:deactivate()
  if why and (why.kind == "hangup" or why.kind == "interrupted") then return nil, why end
  return true
end

local function bearer(apn)
  if not apn or not apn.apn then return "AT+QICSGP=1" end
  if (apn.user or "") == "" and (apn.password or "") == "" then
    return ('AT+QICSGP=1,"%s"'):format(apn.apn)
  end
  return ('AT+QICSGP=1,"%s","%s","%s"'):format(apn.apn, apn.user or "", apn.password or "")
end

-- These are about the APN, its user or the SIM, so another attempt fails the same way.
local PERMANENT = { [103] = true, [106] = true, [107] = true, [111] = true, [113] = true, [132] = true, [133] = true,
  [149] = true }

local ADVICE = ": check the APN, the SIM's data service and the coverage"

-- A configuration is refused because of its values, an activation because of the network.
local function pdp_error(err, configures)
  if not (errors.is_no(err) or err.kind == "timeout") then return err end
  local permanent = configures and errors.is_no(err) and not err.transient or err.kind == "cme" and PERMANENT[err.code]
  local about = codes.cme(err.code)
  local why = about and (" (%s)"):format(about.meaning) or ""
  return core.error(permanent and "apn" or "pdp", err.message .. why .. ADVICE, err.code)
end

local function step(self, command, opts, configures)
  local reply, err = self.commands:query(command, opts)
  if reply then return true end
  return nil, pdp_error(err, configures)
end

local function get_address(self, apn)
  local set = self.commands.set
  local done, err = step(self, bearer(apn), nil, apn ~= nil)
  if not done then return nil, err end
  done, err = step(self, "AT+QIREGAPP")
  if not done then return nil, err end
  done, err = self.commands:pause(set.regapp_pause_s)
  if not done then return nil, err end
  done, err = step(self, "AT+QIACT", { timeout_s = set.qiact_s })
  if not done then return nil, err end
  local address, none = self:address()
  if address then return address end
  return nil, pdp_error(none)
end

--- Configure and activate the PDP context: QIFGCNT, QICSGP, QIREGAPP, QIACT, QILOCIP.
-- A context that is not in IP INITIAL is deactivated first, as is one that failed.
-- @tparam[opt] table apn `apn`, `user`, `password`; default: the module's own
-- @treturn string|nil the address assigned to the module
-- @treturn dfota.error kind `pdp`, `apn` if another attempt is pointless, or the port's
function Pdp:activate(apn)
  local ready, err = reset_context(self)
  if not ready then return nil, pdp_error(err) end
  local address
  address, err = get_address(self, apn)
  if address then return address end
  if err.kind == "pdp" or err.kind == "apn" then self:deactivate() end
  return nil, err
end

-- Fields without quotes, as the manuals print them, or with.
local function unquoted(field) return (field:match '^"(.*)"$' or field) end

--- What the foreground context is configured with (AT+QIREGAPP?).
-- @treturn table|nil `apn`, `user`, `password`, each "" if none; nil, err
function Pdp:configured()
  local reply, err = self.commands:query("AT+QIREGAPP?", { expect = "+QIREGAPP:" })
  if not reply then return nil, err end
  local apn, user, password = (reply[1] or ""):match "^%+QIREGAPP:%s*([^,]*),([^,]*),(.-)%s*$"
  if not apn or (unquoted(apn) .. unquoted(user) .. unquoted(password)):find '["%c]' then
    return nil, self.commands:unreadable("AT+QIREGAPP?", "an APN")
  end
  return { apn = unquoted(apn), user = unquoted(user), password = unquoted(password) }
end

-- In these an application of the module's owner uses the context (GSM TCPIP application note, states).
local IN_USE = {
  ["IP GPRSACT"] = true, ["IP STATUS"] = true, ["IP PROCESSING"] = true, ["TCP CONNECTING"] = true,
  ["UDP CONNECTING"] = true, ["TCP/UDP CONNECTING"] = true, ["CONNECT OK"] = true, ["IP CLOSE"] = true,
}

-- Our context, if nobody uses it, and what it is configured with: nil if the module does not say.
local function take_free(self)
  local asked, lost = remember_foreground(self)
  if not asked then return nil, lost end
  local chosen, failed = choose(self)
  if not chosen then return nil, failed end
  local state = self:state()
  if IN_USE[state] then
    self.ours = false
    local err = core.error("gate", ("%s: the PDP context is in use (%s), and a try would put it down"):format(
      self.commands.channel.port:name(), state))
    err.advice = "end what uses it, or deactivate it (AT+QIDEACT)"
    return nil, err
  end
  local was, err = self:configured()
  if not was and not (errors.is_no(err) or err.kind == "timeout") then return nil, err end
  return true, was
end

-- The context as it was found: down, and with its own configuration.
local function put_back(self, was, changed)
  local down, err = deactivate_ours(self)
  local told, why = true, nil
  if was and changed then told, why = step(self, bearer(was)) end
  local back, failed = restore_foreground(self)
  return down and told and back, err or why or failed
end

--- Try a context: activate it, read the module's address, and put it down again, with the APN, user and password that
-- it had before. A context that is in use is not touched.
-- @tparam[opt] table apn `apn`, `user`, `password`; default: the module's own
-- @treturn string|nil the address
-- @treturn dfota.error kinds `pdp`, `apn`, `gate` (in use), or the port's; beside an address: why the context could not
--   be put back as it was
function Pdp:try(apn)
  local free, was = take_free(self)
  if not free then
    restore_foreground(self)
    return nil, was
  end
  local address, err = self:activate(apn)
  if not address and err.kind == "hangup" then return nil, err end
  local back, why = put_back(self, was, apn ~= nil)
  if address then return address, not back and why or nil end
  return nil, err
end

--- The module's IP address: a line without prefix, and no OK. `0.0.0.0` means none.
-- @treturn string|nil address; nil, err
function Pdp:address()
  local address
  local reply, err = self.commands:ask("AT+QILOCIP", { finals = function(line)
    if core.is_address(line) then
      address = line:match("%S+")
      return "done"
    end
  end })
  if not reply then return nil, err end
  if not address or address:find("^[0.%s]+$") then return nil, self.commands:unreadable("AT+QILOCIP", "an address") end
  return address
end

return Pdp
