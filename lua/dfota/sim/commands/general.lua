--- Settings and power: the commands that every AT client sends first.
-- Source: AT command manuals of MC60, M66, M95; GSM AT Command application note.
local Transmitter = require "dfota.sim.transmitter"
local Power = require "dfota.sim.power"
local pdp_state = require "dfota.sim.pdp_state"

local function nothing() end

-- A session setting: a basic command with 0 or 1.
local function flag(name)
  return function(m, _, item)
    local number = item.number or 0
    if number > 1 then return "error" end
    m.session[name] = number == 1
  end
end

local error_mode = {
  test = function(m) Transmitter.line(m, "+CMEE: (0-2)") end,
  read = function(m) Transmitter.line(m, "+CMEE: " .. m.session.cmee) end,
  write = function(m, args)
    local mode = math.tointeger(tonumber(args[1]))
    if args.n ~= 1 or not mode or mode < 0 or mode > 2 then return "parameter" end
    m.session.cmee = mode
  end,
}

local RATES = {
  quectel = "75,150,300,600,1200,2400,4800,9600,14400,19200,28800,38400,57600,115200,230400,460800",
  rda = "2400,4800,9600,14400,19200,28800,38400,57600,115200,230400,460800,921600",
}

local function known_rate(m, rate)
  return rate == 0 or rate and ("," .. RATES[m.spec.ipr_rates] .. ","):find("," .. rate .. ",", 1, true)
end

-- The new rate takes effect after the OK, which is still sent at the old one.
local function set_rate(m, args)
  local rate = math.tointeger(tonumber(args[1]))
  if args.n ~= 1 or not known_rate(m, rate) then return "parameter" end
  m.session.ipr = rate
  m.busy.after = function()
    if rate ~= 0 then m:set_rate(rate) end
  end
end

local ipr = {
  test = function(m) Transmitter.line(m, "+IPR: (0),(" .. RATES[m.spec.ipr_rates] .. ")") end,
  read = function(m) Transmitter.line(m, "+IPR: " .. m.session.ipr) end,
  write = set_rate,
}

local ifc = {
  test = function(m) Transmitter.line(m, "+IFC: (0-2),(0-2)") end,
  read = function(m) Transmitter.line(m, "+IFC: " .. m.session.ifc) end,
  write = function(m, args)
    local by_te, by_ta = tonumber(args[1]), tonumber(args[2] or args[1])
    if not by_te or not by_ta or by_te > 2 or by_ta > 2 then return "parameter" end
    m.session.ifc = ("%d,%d"):format(by_te, by_ta)
  end,
}

-- Sleep mode; 1 is controlled by DTR, which a pty does not have.
local sleep = {
  test = function(m) Transmitter.line(m, "+QSCLK: (0-2)") end,
  read = function(m) Transmitter.line(m, "+QSCLK: " .. (m.session.sleep or 0)) end,
  write = function(m, args)
    local mode = math.tointeger(tonumber(args[1]))
    if args.n ~= 1 or not mode or mode < 0 or mode > 2 then return "parameter" end
    m.session.sleep = mode
  end,
}

local function save(m)
  for _, name in ipairs { "echo", "verbose", "cmee", "ipr", "ifc" } do m.profile[name] = m.session[name] end
end

-- ATZ restores the saved profile; neither it nor AT&F changes the rate.
local function recall(m)
  for _, name in ipairs { "echo", "verbose", "cmee", "ifc" } do m.session[name] = m.profile[name] end
end

local function factory(m)
  m.session.echo, m.session.verbose, m.session.cmee, m.session.ifc = true, true, 1, "0,0"
end

local function view(m)
  local s = m.session
  Transmitter.line(m, "ACTIVE PROFILE")
  Transmitter.line(m, ("E: %d V: %d +CMEE: %d"):format(s.echo and 1 or 0, s.verbose and 1 or 0, s.cmee))
  Transmitter.line(m, ("+IPR: %d +IFC: %s"):format(s.ipr, s.ifc))
end

local function power_down(m, args)
  if args[1] == "0" then
    m:after(0, function() Power.off(m) end)
    return
  end
  if args[1] ~= "1" then return "parameter" end
  m:after(m.spec.power_down_s, function() Power.off(m) end)
  return "final", "NORMAL POWER DOWN"
end

local function set_function(m, args)
  local level, restart = tonumber(args[1]), args[2] == "1"
  if level ~= 0 and level ~= 1 and level ~= 4 then return "parameter" end
  if restart then
    m.busy.after = function() Power.reboot(m) end
    return
  end
  if level == m.session.cfun then return end
  if level == 0 then Transmitter.line(m, "+CPIN: NOT READY") end
  m.session.cfun = level
  pdp_state.drop(m)
  if level == 1 then m.ready_at = m.t end
end

local registers = { [0] = 0, [3] = 13, [4] = 10, [5] = 8, [7] = 60, [10] = 15 }

return {
  ["E"] = { exec = flag "echo" },
  ["V"] = { exec = flag "verbose" },
  ["Z"] = { exec = recall },
  ["&F"] = { exec = factory },
  ["&W"] = { exec = save },
  ["&V"] = { exec = view },
  ["Q"] = { exec = nothing },
  ["X"] = { exec = nothing },
  ["H"] = { exec = nothing },
  ["L"] = { exec = nothing },
  ["M"] = { exec = nothing },
  ["&C"] = { exec = nothing },
  ["&D"] = { exec = nothing },
  ["D"] = { exec = function() return "final", "NO CARRIER" end },
  ["S="] = { exec = nothing },
  ["S?"] = { exec = function(m, item) Transmitter.line(m, ("%03d"):format(registers[item.register] or 0)) end },
  ["+GCAP"] = { exec = function(m) Transmitter.line(m, "+GCAP: +CGSM") end },
  ["+CMEE"] = error_mode,
  ["+IPR"] = ipr,
  ["+IFC"] = ifc,
  ["+QSCLK"] = sleep,
  ["+CFUN"] = {
    test = function(m) Transmitter.line(m, "+CFUN: (0,1,4),(0,1)") end,
    read = function(m) Transmitter.line(m, "+CFUN: " .. m.session.cfun) end,
    write = set_function,
  },
  ["+QPOWD"] = { write = power_down },
}
