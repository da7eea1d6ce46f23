--- Masks what must not appear in a trace: APN users and passwords, PINs, numbers of the SIM (IMSI, ICCID, its own phone
-- number), phone numbers of others, and the text of messages (SMS, USSD).
-- Every masked byte becomes "*", which keeps the length. Nothing is held back: whether a byte is masked depends only on
-- what came before it, so a secret split over several reads is masked as well.
-- @module dfota.at.redact

local redact = {}

local find = string.find -- called for every command and every line

-- What we send is undamaged: only the secret fields of a command are masked, from this one on (3GPP TS 27.007 and
-- 27.005; GSM TCPIP application note for the contexts).
local SENT = {
  ["QICSGP="] = 3, ["QIREGAPP="] = 2, ["CPIN="] = 1, ["CPIN2="] = 1, ["CPWD="] = 2, ["CLCK="] = 3, ["CMGS="] = 1,
  ["CMGW="] = 1, ["CSCA="] = 1, ["CUSD="] = 2, ["CPBW="] = 2, ["CSIM="] = 2,
}

-- What is received may be damaged by noise: everything after one of these is masked, up to the end of the line.
local RECEIVED = {
  "QICSGP=", "QICSGP:", "QIREGAPP=", "QIREGAPP:", "CPIN=", "CPIN2=", "CPWD=", "CLCK=", "CIMI:", "CCID:", "CNUM:",
  "CLIP:", "COLP:", "CCWA:", "CLCC:", "CUSD:", "CUSD=", "CSCA:", "CSCA=", "CMT:", "CDS:", "CMGR:", "CMGL:", "CMGS=",
  "CMGW=", "CPBR:", "CPBF:", "CPBW=", "CSIM:", "CSIM=",
}

-- A SIM's file is masked as well, but for this one: EF_AD, the length of the network code (3GPP TS 31.102, 4.2.18).
local SIM_FILE, PUBLIC_FILE = "CRSM:", "CRSM=176,28589,"

-- The line after one of these is a message: its text, or a PDU with the sender's number in it (3GPP TS 27.005).
local BEFORE_TEXT = { "CMT:", "CDS:", "CMGR:", "CMGL:" }

-- After these a text follows on the module's prompt, up to Ctrl-Z or ESC.
local PROMPTED = { "CMGS=", "CMGW=" }
local TEXT_END = "[\26\27]"

-- These query numbers of the SIM; the answer may have no prefix.
local NUMBERS = { "+CIMI", "+CCID", "+QCCID" }

-- Longer than any line of a module; binary data without line ends must not pile up.
local MAX_LINE = 2048

-- Every word above ends like this, so one search settles nearly all lines.
local ENDING = "[:=]"

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

-- A number that is dialled: only what may be part of one is masked.
local function mask_dialled(line)
  return (line:gsub("^([Aa][Tt][Dd])([^;]*)", function(head, number) return head .. stars(number) end))
end

local function mask_sent(line)
  if line:find "^[Aa][Tt][Dd]" then return mask_dialled(line) end
  if not line:find(ENDING) then return line end
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

-- Where in a line the first secret begins.
local function secret_from(line, state)
  if not line:find(ENDING) then return nil end
  local upper, first = line:upper(), nil
  for _, word in ipairs(RECEIVED) do
    local _, last = find(upper, word, 1, true)
    if last and not (first and first <= last) then first = last + 1 end
  end
  local _, last = find(upper, SIM_FILE, 1, true)
  if last and not state.public_file and not (first and first <= last) then first = last + 1 end
  return first
end

-- What may come where the text of a message is due; each byte is shown as long as it may still be one of these.
local NO_TEXT = { "OK", "ERROR", "+CMGL:", "+CMGR:", "+CME ERROR:", "+CMS ERROR:", "+QIND:" }

local function common_length(a, b)
  local n = 0
  while n < #a and n < #b and a:byte(n + 1) == b:byte(n + 1) do n = n + 1 end
  return n
end

-- The whole line where it is no text; else how much of it is shown.
local function mask_text_line(line)
  local shown = 0
  for _, word in ipairs(NO_TEXT) do
    local n = common_length(line, word)
    if n == #word and (n == #line or word:sub(-1) == ":") then return nil end
    shown = math.max(shown, n)
  end
  return mask_from(line, shown + 1)
end

local function mask_received(line, state)
  local text = state.text and mask_text_line(line)
  if text then return text end
  if state.prompted and find(line, "^>") then return mask_from(line, 3) end
  local first = secret_from(line, state)
  if first then return mask_from(line, first) end
  if find(line, "^[Aa][Tt][Dd]") then return mask_dialled(line) end
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

-- Commands with secrets have parameters or dial, and those that query a number of the SIM contain an I.
local function arm(state, line)
  if state.text == "list" then state.text = nil end -- its end was lost
  if not find(line, "[=IiDd]") then return end
  local upper = line:upper()
  if find(upper, "^ATD") then state.credentials = true end
  for word in pairs(SENT) do
    if find(upper, word, 1, true) then state.credentials = true end
  end
  for _, word in ipairs(PROMPTED) do
    if find(upper, word, 1, true) then state.prompted = true end
  end
  for _, word in ipairs(NUMBERS) do
    if find(upper, word, 1, true) then state.numbers, state.seen = true, false end
  end
  if find(upper, "CRSM=", 1, true) then state.public_file = find(upper, PUBLIC_FILE, 1, true) ~= nil end
end

-- A message is one line behind its own, and a list of them goes on up to its OK. A report without a PDU is one line.
local function follow_text(state, line)
  if line == "" then return end
  if state.text ~= "list" or line == "OK" then state.text = nil end
  if not find(line, ":", 1, true) then return end
  local upper = line:upper()
  for _, word in ipairs(BEFORE_TEXT) do
    local _, last = find(upper, word, 1, true)
    if last and (word ~= "CDS:" or find(line, "^%s*%d+%s*$", last + 1)) then
      state.text = find(word, "^CMG") and "list" or "one"
    end
  end
end

-- An OK may belong to an earlier command: it counts once the number has been received.
local function disarm(state, line)
  local failed = line == "ERROR" or line:find("^%+CM[ES] ERROR:")
  if failed then state.text = nil else follow_text(state, line) end
  if line == "OK" or failed then state.credentials, state.prompted = false, false end
  if failed or line == "OK" and state.seen then state.numbers = false end
  if line:find("^[^%a+]*%d") then state.seen = true end
end

local function mask_line(direction, line, state)
  if direction == "rx" then return mask_received(line, state) end
  if state.giving then return stars(line) end
  arm(state, line)
  return mask_sent(line)
end

-- What is sent after the command with the prompt is its text, however many lines it has.
local function begin_text(state, line)
  if not state.prompted or state.giving then return end
  local upper = line:upper()
  for _, word in ipairs(PROMPTED) do
    if find(upper, word, 1, true) then state.giving = true end
  end
end

-- `piece` continues the line so far; it has no line end except perhaps at its own end.
local function mask_piece(direction, piece, state, lines)
  local line = lines[direction] .. piece
  local masked = mask_line(direction, line, state):sub(-#piece)
  lines[direction] = #line < MAX_LINE and line or ""
  return masked
end

local function end_line(direction, state, lines)
  if direction == "rx" then disarm(state, lines.rx) else begin_text(state, lines.tx) end
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
function redact.hide(state, line)
  local shown = mask_received(line, state)
  follow_text(state, line)
  return shown
end

local function mask_bytes(direction, bytes, state, lines)
  local out = {}
  for piece, ending in bytes:gmatch("([^\r\n]*)([\r\n]*)") do
    if piece ~= "" then out[#out + 1] = mask_piece(direction, piece, state, lines) end
    if ending ~= "" then end_line(direction, state, lines) end
    out[#out + 1] = ending
  end
  return table.concat(out)
end

-- Ctrl-Z and ESC end the text that was asked for: what follows is a command.
local function mask_text(bytes, state, lines)
  local at = find(bytes, TEXT_END)
  if not at then return mask_bytes("tx", bytes, state, lines) end
  local text = mask_bytes("tx", bytes:sub(1, at - 1), state, lines)
  state.giving, lines.tx = false, ""
  return text .. bytes:sub(at, at) .. mask_bytes("tx", bytes:sub(at + 1), state, lines)
end

--- A mask for one conversation.
-- @treturn function of direction, "tx" or "rx", and bytes: returns as many bytes, masked
function redact.new()
  local state, lines = {}, { tx = "", rx = "" }
  return function(direction, bytes)
    if direction == "tx" and state.giving then return mask_text(bytes, state, lines) end
    return mask_bytes(direction, bytes, state, lines)
  end
end

--- Has a command secret fields, so that a trace shows it masked?
-- @tparam string command
-- @treturn boolean
function redact.is_masked(command)
  local upper = command:upper()
  if find(upper, "^ATD") then return true end
  for word in pairs(SENT) do
    if find(upper, word, 1, true) then return true end
  end
  return false
end

return redact
