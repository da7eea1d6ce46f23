--- A repeated unsolicited line: SMS, registration, rings.
local Transmitter = require "dfota.sim.transmitter"

local Unsolicited = {}

local function may_send(m)
  return m.state == "ready" or m.spec.drip_always and m.state ~= "off"
end

--- Starts the repetition if switched on; power and reboots do not end it.
-- @tparam Module m
function Unsolicited.begin(m)
  local pause = m.spec.drip_s
  if pause <= 0 then return end
  local function send()
    if may_send(m) then Transmitter.urc(m, m.spec.drip) end
    m.timers:add(m.t + pause, send, "world")
  end
  m.timers:add(pause, send, "world")
end

return Unsolicited
