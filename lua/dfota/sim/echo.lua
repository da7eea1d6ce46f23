--- The echo of a command line, and what can come before it or inside it.
-- Source: noise before the first echo after power-on is in public logs (ModularSensors#228); the RDA8955 SDK echoes
-- what it polled in one piece, so an unsolicited line can come between two pieces.
local Transmitter = require "dfota.sim.transmitter"

local Echo = {}

local function named(m, piece)
  local only = m.echo_urc_in
  if not next(only) then return true end
  return only[piece:upper():match("^AT%+?(%w+)") or ""]
end

-- After how many characters of the echo an unsolicited line comes in between, or nil.
local function place_inside(m, piece)
  if m.random:chance(m.spec.echo_chatter) and #piece > 2 then return m.random:integer(1, #piece - 2), "+CREG: 1" end
  local spec, done = m.spec, m.line_text
  local at = spec.echo_urc_at - #done
  if spec.echo_urc == "" or at < 1 or at >= #piece or not named(m, done .. piece) then return end
  if spec.echo_urc_times > 0 and m.echo_urcs >= spec.echo_urc_times then return end
  m.echo_urcs = m.echo_urcs + 1
  return at, spec.echo_urc
end

local function noise(m, piece)
  if m.line_text ~= "" or piece == "\r" then return end
  m.echoes = m.echoes + 1
  if m.echo_noise[tostring(m.echoes)] then Transmitter.send(m, m.random:bytes(m.spec.echo_noise_bytes)) end
end

--- Echoes a piece of a command line.
-- @tparam Module m
-- @string piece up to the CR
function Echo.send(m, piece)
  noise(m, piece)
  local at, urc = place_inside(m, piece)
  if not at then return Transmitter.send(m, piece) end
  Transmitter.send(m, piece:sub(1, at))
  Transmitter.line(m, urc)
  Transmitter.send(m, piece:sub(at + 1))
end

return Echo
