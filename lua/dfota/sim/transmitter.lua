--- The module's output: framed lines, final result codes, URCs, and the faults they suffer.
local cme_text = require "dfota.sim.cme_text"

local Transmitter = {}

local NUMERIC = { OK = "0", CONNECT = "1", RING = "2", ["NO CARRIER"] = "3", ERROR = "4" }

-- A receiver at another rate samples the same bits more or less often: different bytes, a different count.
local function at_wrong_rate(m, bytes)
  local n = math.ceil(#bytes * m.client_baud / m.rate)
  return m.random:bytes(math.max(1, math.min(n, 4 * #bytes)))
end

--- Sends bytes as they are. An untrained module and one without power are silent.
function Transmitter.send(m, bytes)
  if m.acting ~= m.life or m.muted or not m.rate or m.state == "off" then return end
  if m:wrong_rate() then bytes = at_wrong_rate(m, bytes) end
  m.link:send(bytes, m.t)
end

local function framed(m, text)
  return (m.session.verbose and "\r\n" or "") .. text .. "\r\n"
end

local function in_two_pieces(m, frame)
  local cut = m.random:integer(1, #frame - 1)
  Transmitter.send(m, frame:sub(1, cut))
  m.link:stall(m.t + m.spec.split_s)
  Transmitter.send(m, frame:sub(cut + 1))
end

local function send_with_faults(m, frame)
  local faults, number = m.faults:next_line()
  if faults.noise then Transmitter.send(m, m.random:bytes(m.random:integer(1, 12))) end
  if faults.delay then m.link:stall(m.t + m.spec.delay_s) end
  if faults.garble then frame = m.faults:garbled(frame) end
  frame = m.faults:sprinkled(frame, m.busy and m.busy.name)
  if faults.split then
    in_two_pieces(m, frame)
  elseif not faults.drop then
    Transmitter.send(m, frame)
  end
  if faults.double then Transmitter.send(m, frame) end
  m:fault("line", number)
end

--- Prints a line of information.
function Transmitter.line(m, text)
  if m.acting ~= m.life then return end
  m:note("line", text)
  send_with_faults(m, framed(m, text))
end

--- Prints a canned text: framed line by line, or as it is if it contains a CR.
function Transmitter.as_written(m, text)
  if text:find("\r", 1, true) then return Transmitter.send(m, text) end
  for line in text:gmatch("[^\n]+") do Transmitter.line(m, line) end
end

--- Prints a result code, as text or (ATV0) as a number.
function Transmitter.result(m, text)
  local number = NUMERIC[text:match("^%u+")]
  if m.session.verbose or not number then return Transmitter.line(m, text) end
  if m.acting ~= m.life then return end
  m:note("line", number)
  send_with_faults(m, number .. "\r")
end

--- Prints a URC: at once, or after the final result code of the running command.
-- @tparam ?string name the place `urc:NAME` for faults
function Transmitter.urc(m, text, name)
  if m.acting ~= m.life then return end
  if m.busy then
    table.insert(m.held, { text, name })
    return
  end
  Transmitter.line(m, text)
  if name then m:fault("urc", name) end
end

--- Prints the held URCs.
function Transmitter.flush(m)
  local held = m.held
  m.held = {}
  for _, urc in ipairs(held) do Transmitter.urc(m, urc[1], urc[2]) end
end

--- The final result code of a failed command, as set by AT+CMEE.
function Transmitter.cme(m, code)
  local mode = m.session.cmee
  if mode == 0 then return "ERROR" end
  return "+CME ERROR:" .. (m.spec.cme_blank and " " or "") .. (mode == 2 and cme_text[code] or code)
end

return Transmitter
