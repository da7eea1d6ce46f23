--- Masks what must not appear in a trace: APN users and passwords, PINs, IMSI and ICCID.
-- Every masked byte becomes "*", which keeps the length. Nothing is held back: whether a byte is masked depends only on
-- what came before it, so a secret split over several reads is masked as well.
-- @module dfota.at.redact

local redact = {}

local find = string.find -- called for every command and every line

-- What we send is undamaged: only the secret fields of a command are masked.
local SENT = { ["QICSGP="] = 3, ["QIREGAPP="] = 2, ["CPIN="] = 1 }

-- What is received may be damaged by noise: everything after one of these is masked, up to the end of the line.
local RECEIVED = { "QICSGP=", "QIREGAPP=", "QIREGAPP:", "CPIN=", "CIMI:", "CCID:" }

-- These query numbers of the SIM; the answer may have no prefix.
local NUMBERS = { "+CIMI", "+CCID", "+QCCID" }

-- Longer than any line of a module; binary data without line ends must not pile up.
local MAX_LINE = 2048

-- Every word above begins like this, so one search settles nearly all lines.
local BEGINNING = "[QqCc][IiCcPp][CcIiMmRr]"

local function stars(s) return ("*"):rep(#s) end

-- Masks from field number `first` on (a ";" outside quotes ends the command), leaving quotes and commas.
local function mask_fields(line, from, first)
  local out, field, quoted = {}, 1, false
  for i = from, #line do
    local c = line:sub(i, i)
    if c == '"' then quoted = not quoted
    elseif c == "," and not quoted then field = field + 1
    elseif c == ";" and not quoted then return line:sub(1, from - 1) .. table.concat(out) .. line:sub(i)
    elseif field >= first then c = "*" end
    out[#out + 1] = c
  end
  return line:sub(1, from - 1) .. table.concat(out)
end

local function mask_sent(line)
  if not line:find(BEGINNING) then return line end
  local upper = line:upper()
  for word, first in pairs(SENT) do
    local _, last = upper:find(word, 1, true)
    while last do
      line = mask_fields(line, last + 1, first)
      _, last = upper:find(word, last + 1, true)
    end
  end
  return line
end

local function mask_from(line, from)
  return line:sub(1, from - 1) .. stars(line:sub(from))
end

-- `state.credentials`: an echo with credentials is due, and its name may be damaged.
-- `state.numbers`: a SIM number without a prefix is due.
-- What a module may say while an echo with credentials is due. Anything else may be a piece of that echo, which an
-- unsolicited line cuts in two on RDA modules.
local SHOWN = {
  "AT", "OK", "ERROR", "RDY", "RING", "Call Ready", "SMS Ready", "NORMAL POWER DOWN", "UNDER_VOLTAGE", "OVER_VOLTAGE",
  "CONNECT", "NO CARRIER", "BUSY", "DEACT OK", "Init...", "DST:", "STATE:",
}

local function may_be_shown(line)
  if line:find "^%s*[%+%^%*]" or line:find "^%s*%d*%s*$" then return true end
  for _, word in ipairs(SHOWN) do
    local length = math.min(#word, #line)
    if line:sub(1, length) == word:sub(1, length) then return true end
  end
  return false
end

local function mask_received(line, state)
  if line:find(BEGINNING) then
    local upper = line:upper()
    for _, word in ipairs(RECEIVED) do
      local _, last = upper:find(word, 1, true)
      if last then return mask_from(line, last + 1) end
    end
  end
  if state.credentials then
    if not may_be_shown(line) then return stars(line) end
    local from = line:find('["=]')
    if from then return mask_from(line, from + 1) end
  end
  if state.numbers then
    return (line:gsub("^[^%a+]+", function(head) return (head:gsub("%d", "*")) end))
  end
  return line
end

-- Commands with secrets have parameters, and those that query a number of the SIM contain an I.
local function arm(state, line)
  if not find(line, "[=Ii]") then return end
  local upper = line:upper()
  for word in pairs(SENT) do
    if upper:find(word, 1, true) then state.credentials = true end
  end
  for _, word in ipairs(NUMBERS) do
    if upper:find(word, 1, true) then state.numbers, state.seen = true, false end
  end
end

-- An OK may belong to an earlier command: it counts once the number has been received.
local function disarm(state, line)
  local failed = line == "ERROR" or line:find("^%+CM[ES] ERROR:")
  if line == "OK" or failed then state.credentials = false end
  if failed or line == "OK" and state.seen then state.numbers = false end
  if line:find("^[^%a+]*%d") then state.seen = true end
end

local function mask_line(direction, line, state)
  if direction == "rx" then return mask_received(line, state) end
  arm(state, line)
  return mask_sent(line)
end

-- `piece` continues the line so far; it has no line end except perhaps at its own end.
local function mask_piece(direction, piece, state, lines)
  local line = lines[direction] .. piece
  local masked = mask_line(direction, line, state):sub(-#piece)
  lines[direction] = #line < MAX_LINE and line or ""
  return masked
end

local function end_line(direction, state, lines)
  if direction == "rx" then disarm(state, lines.rx) end
  lines[direction] = ""
end

--- A command is sent: remember which secrets may come back.
-- @tparam table state {} if no earlier command is pending
-- @tparam string command
redact.expect = arm

--- A received line, with its secrets masked.
-- @tparam table state see `expect`
-- @tparam string line
-- @treturn string
function redact.hide(state, line) return mask_received(line, state) end

--- A mask for one conversation.
-- @treturn function of direction, "tx" or "rx", and bytes: returns as many bytes, masked
function redact.new()
  local state, lines = {}, { tx = "", rx = "" }
  return function(direction, bytes)
    local out = {}
    for piece, ending in bytes:gmatch("([^\r\n]*)([\r\n]*)") do
      if piece ~= "" then out[#out + 1] = mask_piece(direction, piece, state, lines) end
      if ending ~= "" then end_line(direction, state, lines) end
      out[#out + 1] = ending
    end
    return table.concat(out)
  end
end

return redact
