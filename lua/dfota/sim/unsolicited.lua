--- A line that nobody asked for, again and again: text messages, registration, rings.
local Transmitter = require "dfota.sim.transmitter"

local Unsolicited = {}

local function may_fall(m)
  return m.state == "ready" or m.spec.drip_always and m.state ~= "off"
end

--- Begins to drip where the switches say so; power and reboots do not end it.
-- @tparam Module m
function Unsolicited.begin(m)
  local pause = m.spec.drip_s
  if pause <= 0 then return end
  local function fall()
    if may_fall(m) then Transmitter.urc(m, m.spec.drip) end
    m.timers:add(m.t + pause, fall, "world")
  end
  m.timers:add(pause, fall, "world")
end

return Unsolicited
