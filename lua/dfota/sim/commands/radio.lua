--- Signal, registration, SIM, operator and supply.
-- Source: AT command manuals of MC60, M66, M95; note 2.1.3 and 4.1 for CSQ, CGREG and CPIN.
local Transmitter = require "dfota.sim.transmitter"
local pdp_state = require "dfota.sim.pdp_state"

local SIM_ERROR = { absent = 10, failure = 13 }
local SIM_WORDS = { ready = "READY", pin = "SIM PIN", puk = "SIM PUK" }

local function sim_error(m)
  if m.session.cfun == 0 then return "cme", 13 end
  local code = SIM_ERROR[m.sim]
  if code then return "cme", code end
end

-- Commands that need an unlocked SIM.
local function with_sim(fn)
  return function(m, args)
    local kind, code = sim_error(m)
    if kind then return kind, code end
    if m.sim == "pin" then return "cme", 11 end
    if m.sim == "puk" then return "cme", 12 end
    return fn(m, args)
  end
end

local function cpin(m)
  local kind, code = sim_error(m)
  if kind then return kind, code end
  Transmitter.line(m, "+CPIN:" .. (m.spec.cpin_blank and " " or "") .. SIM_WORDS[m.sim])
end

local function unlock(m, args)
  if m.sim ~= "pin" then return "cme", 3 end
  if args[1] ~= m.spec.pin then return "cme", 16 end
  m.sim, m.ready_at = "ready", m.t
  m.busy.after = function() Transmitter.urc(m, "+CPIN: READY") end
end

-- A file of the SIM is read (3GPP TS 27.007, +CRSM; TS 51.011: READ BINARY is 176, EF_AD is 6FAD). Any other file is
-- not there (94 04), and a length that is too great is refused (67 xx).
local READ_BINARY, EF_AD = "176", "28589"

local function read_sim(m, args)
  if m.spec.crsm == "error" then return "error" end
  if args[1] ~= READ_BINARY or args[2] ~= EF_AD or m.spec.ef_ad == "none" then
    return Transmitter.line(m, "+CRSM: 148,4")
  end
  local length, content = tonumber(args[5]), m.spec.ef_ad
  if length and length * 2 > #content then
    return Transmitter.line(m, ("+CRSM: 103,%d"):format(#content // 2))
  end
  local data = content:sub(1, (length or 0) * 2)
  Transmitter.line(m, (m.spec.crsm == "bare" and "+CRSM: 144,0,%s" or '+CRSM: 144,0,"%s"'):format(data))
end

-- Location area and cell, reported in mode 2 if the module is registered.
local function cell(m, key, stat)
  if m.session[key] ~= 2 or stat ~= 1 and stat ~= 5 then return "" end
  return (',"%s","%s"'):format(m.spec.lac, m.spec.ci)
end

local function registration(name)
  local key = name:lower()
  return {
    test = function(m) Transmitter.line(m, ("+%s: (0-2)"):format(name)) end,
    read = function(m)
      local blank = m.spec.creg_blank and " " or ""
      local stat = pdp_state.registration(m, key)
      Transmitter.line(m, ("+%s: %d,%s%d%s"):format(name, m.session[key], blank, stat, cell(m, key, stat)))
    end,
    write = function(m, args)
      local mode = tonumber(args[1])
      if mode ~= 0 and mode ~= 1 and mode ~= 2 then return "parameter" end
      m.session[key] = mode
    end,
  }
end

local function csq(m)
  local seen = pdp_state.registration(m, "creg") ~= 0 and m.session.cfun == 1
  seen = seen and m.t >= m.born + m.spec.csq_s
  Transmitter.line(m, ("+CSQ: %d,%d"):format(seen and m.spec.csq or 99, seen and m.spec.ber or 99))
end

local function operator(m)
  local stat = pdp_state.registration(m, "creg")
  if stat ~= 1 and stat ~= 5 then return Transmitter.line(m, "+COPS: 0") end
  Transmitter.line(m, ('+COPS: 0,0,"%s"'):format(m.spec.operator))
end

local function attached(m)
  local stat = pdp_state.registration(m, "cgreg")
  Transmitter.line(m, "+CGATT: " .. ((stat == 1 or stat == 5) and not m.detached and 1 or 0))
end

local function attach(m, args)
  if args[1] ~= "0" and args[1] ~= "1" then return "parameter" end
  m.detached = args[1] == "0"
  if m.detached then pdp_state.drop(m) end
end

return {
  ["+CSQ"] = { exec = csq, test = function(m) Transmitter.line(m, "+CSQ: (0-31,99),(0-7,99)") end },
  ["+CREG"] = registration "CREG",
  ["+CGREG"] = registration "CGREG",
  ["+CPIN"] = { read = cpin, test = function() end, write = unlock },
  ["+CIMI"] = { exec = with_sim(function(m) Transmitter.line(m, m.spec.imsi) end), test = function() end },
  ["+QCCID"] = { exec = with_sim(function(m) Transmitter.line(m, m.spec.iccid) end) },
  ["+CCID"] = { exec = with_sim(function(m) Transmitter.line(m, ('+CCID: "%s"'):format(m.spec.iccid)) end) },
  ["+CRSM"] = { write = with_sim(read_sim), test = function() end },
  ["+COPS"] = { read = operator, write = function() end },
  ["+CBC"] = {
    exec = function(m)
      if m.spec.cbc == "read" then return "error", 49 end
      Transmitter.line(m, m.spec.cbc == "two" and "+CBC: 1, 100" or ("+CBC: 0,0,%d"):format(m.spec.vbat_mv))
    end,
    read = function(m)
      if m.spec.cbc == "three" then return "error" end
      Transmitter.line(m, "+CBC: 1, 100")
    end,
  },
  ["+CGATT"] = { read = attached, write = attach },
}
