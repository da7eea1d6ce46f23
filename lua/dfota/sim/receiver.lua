--- Input: training, echo, and assembling command lines from bytes.
local CommandLine = require "dfota.sim.command_line"
local Echo = require "dfota.sim.echo"

local Receiver = {}

local MIN_AUTOBAUD, MAX_AUTOBAUD = 4800, 115200 -- GSM UART application note

-- Adaptive mode: the rate is learnt from "AT" or "at", and anything before that is lost.
local function train(m, bytes)
  local baud = m.client_baud or MAX_AUTOBAUD
  if baud < MIN_AUTOBAUD or baud > MAX_AUTOBAUD then return "" end
  local seen = m.training .. bytes
  local at = seen:find("AT", 1, true) or seen:find("at", 1, true)
  m.training = seen:sub(-1)
  if not at then return "" end
  m:note("trained", baud)
  m:set_rate(baud)
  return seen:sub(at)
end

local function keep_for_later(m, bytes)
  if m.ignores_input then return end
  m.pending = (m.pending .. bytes):sub(1, m.spec.rx_buffer)
end

local function whole_line(m, text, wait)
  if text:match("^%s*[Aa]/%s*$") then text = m.last_line or "" end
  local at = text:find("[Aa][Tt]")
  if not at then return end
  m.last_line = text
  CommandLine.begin(m, text:sub(at + 2), wait)
end

-- Takes bytes up to the end of a line; returns those after it.
local function command_bytes(m, bytes)
  local cr = bytes:find("\r", 1, true)
  local piece = bytes:sub(1, cr or #bytes):gsub("\n", "")
  if m.session.echo and piece ~= "" then Echo.send(m, piece) end
  if m.acting ~= m.life then return "" end -- it restarted during the echo, and the line is lost
  local text = m.line_text .. (cr and piece:sub(1, -2) or piece)
  while text:find("[^\b]\b") do text = text:gsub("[^\b]\b", "") end
  if #text > m.spec.line_limit and m.spec.line_overflow == "error" then m.line_too_long = true end
  m.line_text = text:sub(1, m.spec.line_limit)
  if not cr then return "" end
  local too_long = m.line_too_long
  text, m.line_text, m.line_too_long = m.line_text, "", false
  local wait = bytes:sub(cr + 1, cr + 1) == "\n" and 0 or m.spec.lf_wait_s
  if too_long then CommandLine.refuse(m) else whole_line(m, text, wait) end
  return bytes:sub(cr + 1)
end

--- Takes decoded bytes: data, a command, or input that has to wait.
function Receiver.feed(m, bytes)
  while bytes ~= "" and m.state == "ready" and m.acting == m.life do
    if m.data then
      bytes = m.data:feed(bytes)
    elseif m.busy then
      return keep_for_later(m, bytes)
    else
      bytes = command_bytes(m, bytes)
    end
  end
end

-- The engine polls its UART, and takes all that was received in one piece.
local function poll(m, bytes)
  local pause = m.spec.poll_s
  if pause <= 0 then return Receiver.feed(m, bytes) end
  m.polled = m.polled .. bytes
  if m.poll_due then return end
  m.poll_due = true
  m:after(pause - m.t % pause, function()
    bytes, m.polled, m.poll_due = m.polled, "", false
    Receiver.feed(m, bytes)
  end)
end

--- Takes bytes from the line. Only a running application receives.
function Receiver.take(m, bytes)
  if m.state ~= "ready" then return end
  if not m.rate then
    bytes = train(m, bytes)
  elseif m:wrong_rate() then
    local n = math.ceil(#bytes * m.rate / m.client_baud)
    bytes = m.random:bytes(math.max(1, math.min(n, 4 * #bytes)))
  end
  poll(m, bytes)
end

return Receiver
