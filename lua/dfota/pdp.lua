--- The PDP context: what the note's chapter 2.1.4 does before a download.
-- @module dfota.pdp
local core = require "dfota.core"
local failure = require "dfota.failure"

local Modem = {}

--- State of the context, as `AT+QISTAT` tells it: OK first, then `STATE: …` (QIMUX=0).
-- @treturn string|nil state such as "IP INITIAL"; nil, err
function Modem:pdp_state()
  local state
  local reply, err = self:ask("AT+QISTAT", {
    expect = "STATE:",
    bare_ok = true,
    finals = function(line)
      state = line:match("^STATE:%s*(.-)%s*$")
      if state then return "done" end
      if line == "OK" then return false end
    end,
  })
  if not reply then return nil, err end
  return state
end

--- Put the context down. `DEACT OK` is its final; in IP INITIAL it is an ERROR.
-- An activation that was interrupted or timed out is first let come to its end.
-- @treturn boolean|nil true; nil, err
function Modem:detach()
  local reply, err = self:ask("AT+QIDEACT", { timeout_s = self.set.qideact_s, fence_s = self.set.qideact_s })
  self.attached = false
  if reply then return true end
  return nil, err
end

-- From wherever the context is to IP INITIAL: only there QIREGAPP is allowed.
local function begin_anew(self)
  local state, err = self:pdp_state()
  if state == "IP INITIAL" then return true end
  if not state and not failure.is_no(err) and err.kind ~= "timeout" then return nil, err end
  local _, why = self:detach()
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

local function step(self, command, timeout_s)
  local reply, err = self:ask(command, { timeout_s = timeout_s })
  if reply then return true end
  if failure.is_no(err) or err.kind == "timeout" then
    err = core.error("pdp", err.message .. ": check the APN, the SIM's data service and the coverage", err.code)
  end
  return nil, err
end

--- Configure and activate the PDP context: QIFGCNT, QICSGP, QIREGAPP, QIACT, QILOCIP.
-- A context that is not in IP INITIAL is put down first, as is one that failed.
-- @tparam[opt] table apn `apn`, `user`, `password`; the module's own where left out
-- @treturn string|boolean|nil the address the module got (true where it does not tell)
-- @treturn dfota.error kind `pdp`, or the port's
function Modem:attach(apn)
  local set = self.set
  local ready, err = begin_anew(self)
  if not ready then return nil, err end
  self.attached = true
  for _, one in ipairs {
    { "AT+QIFGCNT=0" }, { bearer(apn) }, { "AT+QIREGAPP" }, { "AT+QIACT", set.qiact_s },
  } do
    local done
    done, err = step(self, one[1], one[2])
    if not done then
      if err.kind == "pdp" then self:detach() end
      return nil, err
    end
  end
  return self:address() or true
end

--- The module's IP address: a bare line, without OK.
-- @treturn string|nil address; nil, err
function Modem:address()
  local address
  local reply, err = self:ask("AT+QILOCIP", { finals = function(line)
    if core.is_address(line) then
      address = line
      return "done"
    end
  end })
  if not reply then return nil, err end
  return address
end

return Modem
