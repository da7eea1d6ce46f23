--- The PDP context: what the note's chapter 2.1.4 does before a download.
-- @module dfota.pdp
local codes = require "dfota.codes"
local core = require "dfota.core"
local failure = require "dfota.failure"

local Pdp = {}
Pdp.__index = Pdp

--- @param commands a `dfota.commands`
-- @treturn Pdp
function Pdp.new(commands) return setmetatable({ commands = commands }, Pdp) end

--- State of the context, as `AT+QISTAT` tells it: OK first, then `STATE: …` (QIMUX=0).
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

--- Deactivate the context. `DEACT OK` is its final; in IP INITIAL it is an ERROR.
-- An activation that was interrupted or timed out is first let come to its end.
-- @treturn boolean|nil true; nil, err
function Pdp:deactivate()
  local patience_s = self.commands.set.qideact_s
  local reply, err = self.commands:ask("AT+QIDEACT", { timeout_s = patience_s, fence_s = patience_s })
  if reply and (reply.final == "deact_ok" or reply.final == "ok") then return true end
  return nil, err or self.commands:unreadable("AT+QIDEACT", "DEACT OK")
end

-- From wherever our context is to IP INITIAL: only there QIREGAPP is allowed. All of these commands act on the
-- foreground context, so that is chosen before anything else: another one may be somebody else's.
local function begin_anew(self)
  local chosen, unheard = self.commands:query(("AT+QIFGCNT=%d"):format(self.commands.set.pdp_context))
  if not chosen then return nil, unheard end
  local state, err = self:state()
  if state == "IP INITIAL" then return true end
  if not state and not failure.is_no(err) and err.kind ~= "timeout" then return nil, err end
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

-- Said of the APN, its user or the SIM itself, so that the next try is told the same.
local FOR_GOOD = { [103] = true, [106] = true, [107] = true, [111] = true, [113] = true, [132] = true, [133] = true,
  [149] = true }

local ADVICE = ": check the APN, the SIM's data service and the coverage"

-- The configuration is refused for what stands in it, the activation for what the network says of it.
local function pdp_error(err, configures)
  if not (failure.is_no(err) or err.kind == "timeout") then return err end
  local for_good = configures and failure.is_no(err) and not err.transient or err.kind == "cme" and FOR_GOOD[err.code]
  local about = codes.cme(err.code)
  local why = about and (" (%s)"):format(about.meaning) or ""
  return core.error(for_good and "apn" or "pdp", err.message .. why .. ADVICE, err.code)
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
-- @tparam[opt] table apn `apn`, `user`, `password`; the module's own where left out
-- @treturn string|nil the address that the module got
-- @treturn dfota.error kind `pdp`, `apn` where trying again is of no use, or the port's
function Pdp:activate(apn)
  local ready, err = begin_anew(self)
  if not ready then return nil, pdp_error(err) end
  local address
  address, err = get_address(self, apn)
  if address then return address end
  if err.kind == "pdp" or err.kind == "apn" then self:deactivate() end
  return nil, err
end

--- The module's IP address: a bare line, without OK. `0.0.0.0` is none.
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
