--- State of the radio side: registration and the PDP context.
local Transmitter = require "dfota.sim.transmitter"

local pdp_state = {}

--- The current registration: searching (2) until reg_s after boot, idle (0) without radio or SIM.
-- @string which "creg" or "cgreg"
function pdp_state.registration(m, which)
  if m.session.cfun ~= 1 or m.sim ~= "ready" then return 0 end
  if m.t < m.ready_at + m.spec.reg_s then return 2 end
  return m.spec[which]
end

--- Can a context be activated?
function pdp_state.registered(m)
  local stat = pdp_state.registration(m, "cgreg")
  return stat == 1 or stat == 5
end

--- Is the context active?
function pdp_state.active(m)
  local state = m.pdp.state
  return state == "IP GPRSACT" or state == "IP STATUS"
end

--- The network deactivates the context, which is reported by a URC.
function pdp_state.drop(m)
  if not pdp_state.active(m) then return end
  m.pdp.state = "PDP DEACT"
  Transmitter.urc(m, "+PDP DEACT", "deact")
  if m.downloading then m.downloading.lost() end
end

return pdp_state
