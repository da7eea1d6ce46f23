--- Power, boot, reboot, and the faults that cause them.
-- A life lasts from power-on to the next reboot or power cut; timers and output of an earlier life are discarded.
local Transmitter = require "dfota.sim.transmitter"
local pdp_state = require "dfota.sim.pdp_state"

local Power = {}

-- Everything a module forgets at each start.
local function fresh(m)
  local profile = m.profile
  m.session = { creg = 0, cgreg = 0, cfun = 1 }
  for name, value in pairs(profile) do m.session[name] = value end
  m.busy, m.data, m.muted, m.ignores_input, m.request = nil, nil, false, false, nil
  m.held, m.pending, m.line_text, m.line_too_long, m.training = {}, "", "", false, ""
  m.contexts = { [0] = { state = "IP INITIAL", context = 0 }, { state = "IP INITIAL", context = 1 } }
  m.pdp = m.contexts[0]
  m.ram = {}
  m.polled, m.poll_due, m.echoes, m.born = "", false, 0, m.t
  m.sim = m.spec.sim
  m.downloading, m.detached = false, false
  m:set_rate(m.session.ipr ~= 0 and m.session.ipr or nil)
end

local function new_life(m, state)
  if m.data and m.data.power_lost then m.data:power_lost() end
  m.life = m.life + 1
  m.timers:keep("world")
  m.state = state
  m:note("state", state)
  fresh(m)
end

-- Timers of the new life may be set by code that still belongs to the old one.
local function in_new_life(m, seconds, fn)
  m.timers:add(m.t + seconds, fn, m.life)
end

-- The SDK's own boot text; the timing of its lines is invented.
local function say_rda_lines(m)
  local lines = {
    "Init...", '+CIEV: "Charging",100%', "^CINIT: 1, 0, 0", "+CIEV: service,  1", "+CIEV: roam, 0",
    "^CINIT: 8, 2048, 1", "^STN: 37", "DST: 1", "+CTZV: 20/07/08,12:00:00,+08",
  }
  for i, line in ipairs(lines) do
    m:after((i - 1) * m.spec.call_ready_s / #lines, function() Transmitter.urc(m, line, i == 1 and "rdy" or nil) end)
  end
end

local function ready(m)
  m.state, m.ready_at = "ready", m.t
  m:note("state", "ready")
  local text = m.spec.boot_lines and m.spec.boot_text or "none"
  if text == "rda" or text == "both" then say_rda_lines(m) end
  local say = (text == "rdy" or text == "both") and Transmitter.urc or function() end
  say(m, "RDY", "rdy")
  if m.end_owed then m.end_owed() end
  say(m, "+CFUN: 1", "cfun")
  local sim = { ready = "READY", pin = "SIM PIN", puk = "SIM PUK", absent = "NOT INSERTED", failure = "NOT READY" }
  m:after(m.spec.cpin_s, function() say(m, "+CPIN: " .. sim[m.sim], "cpin") end)
  m:after(m.spec.call_ready_s, function()
    if m.sim == "ready" then say(m, "Call Ready", "call ready") end
    if m.spec.sms_ready then say(m, "SMS Ready", "sms ready") end
  end)
end

local function boot(m)
  if m.forced then return m:begin_update() end
  m:after(m.spec.boot_s, function() ready(m) end)
end

local function boot_noise(m)
  if m.spec.boot_noise then Transmitter.send(m, "^boot.rom'v'!\n\0" .. m.random:bytes(8)) end
end

--- Restarts: everything unsaved is lost, silence for reboot_s, then `next` (or a boot).
-- @tparam[opt] function next
function Power.reboot(m, next)
  new_life(m, "boot")
  in_new_life(m, m.spec.reboot_s, function()
    boot_noise(m);
    (next or boot)(m)
  end)
end

--- Power on.
function Power.on(m)
  new_life(m, "boot")
  in_new_life(m, 0, function()
    boot_noise(m)
    boot(m)
  end)
end

--- Power off; what had not been transmitted is lost.
function Power.off(m)
  m.end_owed = nil
  new_life(m, "off")
  m.link:cut(m.t)
end

--- PWRKEY was held: the module deregisters and switches off.
function Power.switch_off(m)
  Transmitter.line(m, "NORMAL POWER DOWN")
  in_new_life(m, m.spec.power_down_s, function() Power.off(m) end)
end

--- The state when the simulation begins.
function Power.begin(m)
  fresh(m)
  local at_time = m.faults:next_place("time")
  while at_time do
    local due = at_time
    m.timers:add(due, function() m:fault("time", due) end, "world")
    at_time = m.faults:next_place("time", due)
  end
  local busy = tonumber(m.spec.busy_context)
  if busy then
    m.pdp = m.contexts[busy]
    m.pdp.state = "IP GPRSACT"
  end
  if m.spec.active_ipr > 0 then
    m.session.ipr = m.spec.active_ipr
    m:set_rate(m.spec.active_ipr)
  end
  if m.spec.state == "off" then
    m.state = "off"
  elseif m.spec.state == "ready" then
    m.state, m.ready_at = "ready", -m.spec.reg_s
  else
    if m.spec.state == "update" then m.forced = { from = m.spec.revision, to = m.spec.http_to } end
    Power.on(m)
  end
end

--- Fault: power fails and comes back after power_back_s, or never.
function Power.power_cut(m)
  Power.off(m)
  local back = tonumber(m.spec.power_back_s)
  if back then
    m.timers:add(m.t + back, function() m:power(true) end, "world")
  end
end

--- Fault: a spontaneous reboot.
function Power.crash(m) Power.reboot(m) end

--- Fault: silence until power is cycled.
function Power.hang(m)
  new_life(m, "hung")
end

--- Fault: a warning (these four lines end with a space on real modules).
function Power.low_voltage(m)
  Transmitter.urc(m, "UNDER_VOLTAGE WARNING ")
end

local function say_at_once(m, text)
  m.busy = nil
  Transmitter.line(m, text)
end

--- Fault: the module switches itself off due to low voltage.
function Power.under_voltage(m)
  say_at_once(m, "UNDER_VOLTAGE POWER DOWN ")
  Power.power_cut(m)
end

--- Fault: the module is switched off by PWRKEY.
function Power.power_down(m)
  say_at_once(m, "NORMAL POWER DOWN")
  Power.power_cut(m)
end

--- Fault: the network drops the PDP context.
function Power.pdp_drop(m)
  pdp_state.drop(m)
end

return Power
