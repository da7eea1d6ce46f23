--- The PDP context commands with their state machine. They fail with plain ERROR.
-- Source: AT command manuals of MC60, M66, M95; GSM TCPIP application note.
local Transmitter = require "dfota.sim.transmitter"
local pdp_state = require "dfota.sim.pdp_state"

-- Limits from the M66 OpenCPU SDK (ql_gprs.h): APN 100, user name and password 32 characters.
local function set_context(m, apn, user, password)
  if #apn > 100 or #user > 32 or #password > 32 then return "error" end
  m.pdp.apn, m.pdp.user, m.pdp.password = apn, user, password
end

local function select_context(m, args)
  if args[1] ~= "0" and args[1] ~= "1" then return "error" end
  m.pdp = m.contexts[tonumber(args[1])]
end

local function configure(m, args)
  if args[1] ~= "1" or args.n > 4 then return "error" end
  return set_context(m, args[2] or "CMNET", args[3] or "", args[4] or "")
end

local function start_task(m)
  if m.pdp.state ~= "IP INITIAL" then return "error" end
  m.pdp.state = "IP START"
end

local function start_task_with(m, args)
  if m.pdp.state ~= "IP INITIAL" then return "error" end
  local bad = set_context(m, args[1], args[2] or "", args[3] or "")
  if bad then return bad end
  m.pdp.state = "IP START"
end

local function accepted(m)
  local spec, pdp = m.spec, m.pdp
  if spec.apn == "" then return true end
  return pdp.apn == spec.apn and pdp.user == spec.apn_user and pdp.password == spec.apn_password
end

local function activate(m)
  if m.pdp.state ~= "IP START" then return "error" end
  if m.spec.qiact == "silent" then return "wait" end
  if m.qiact_failures > 0 then
    m.qiact_failures = m.qiact_failures - 1
    return "error"
  end
  if m.spec.qiact == "error" or m.detached or not pdp_state.registered(m) or not accepted(m) then
    m.pdp.state = "PDP DEACT"
    return "error"
  end
  m.pdp.state = "IP GPRSACT"
end

-- The address is the whole reply: no OK follows.
local function address(m)
  if not pdp_state.active(m) then return "error" end
  m.pdp.state = "IP STATUS"
  return "final", m.spec.ip
end

-- Here OK comes first, then the state.
local function status(m)
  m.busy.after = function() Transmitter.line(m, "STATE: " .. m.pdp.state) end
end

local function deactivate(m)
  if m.pdp.state == "IP INITIAL" then return "error" end
  m.pdp.state = "IP INITIAL"
  if m.downloading then m.downloading.lost() end
  return "final", "DEACT OK"
end

return {
  ["+QIFGCNT"] = {
    test = function(m) Transmitter.line(m, "+QIFGCNT: (0,1)") end,
    read = function(m)
      Transmitter.line(m, ("+QIFGCNT: 0,%d"):format(m.pdp.context == 0 and 0 or 255))
      Transmitter.line(m, ("+QIFGCNT: 1,%d"):format(m.pdp.context == 1 and 0 or 255))
    end,
    write = select_context,
  },
  ["+QICSGP"] = {
    test = function(m)
      Transmitter.line(m, '+QICSGP: 0-CSD,DIALNUMBER,USER NAME,PASSWORD,RATE(0,3)')
      Transmitter.line(m, "+QICSGP: 1-GPRS,APN,USER NAME,PASSWORD")
    end,
    read = function(m) Transmitter.line(m, "+QICSGP: 1") end,
    write = configure,
  },
  ["+QIREGAPP"] = {
    read = function(m)
      Transmitter.line(m, ("+QIREGAPP: %s,%s,%s"):format(m.pdp.apn or "CMNET", m.pdp.user or "", m.pdp.password or ""))
    end,
    exec = start_task,
    write = start_task_with,
  },
  ["+QIACT"] = { exec = activate, test = function() end, takes = { exec = "qiact_s" } },
  ["+QILOCIP"] = { exec = address, test = function() end },
  ["+QISTAT"] = { exec = status, test = function() end },
  ["+QIDEACT"] = { exec = deactivate, test = function() end, takes = { exec = "qideact_s" } },
}
