--- What a SIM says of itself: its state, its number, its home network, and how many digits of the IMSI name it.
-- @module dfota.modem.sim_card
local core = require "dfota.core"
local errors = require "dfota.at.errors"

local sim_card = {}

-- Reads EF_AD (administrative data, file 6FAD) of the SIM: READ BINARY, four bytes (3GPP TS 27.007 +CRSM; TS 51.011
-- 10.3.18, TS 31.102 4.2.18).
local READ_EF_AD = "AT+CRSM=176,28589,0,0,4"

-- Status words of success: 90 00, and 91 xx, after which the SIM has a command for the module (TS 51.011 9.4.1).
local DONE = { [0x90] = true, [0x91] = true }

local DIGITS = { [2] = true, [3] = true }

--- How many digits the MNC in the IMSI has: the low half of EF_AD's fourth byte. Pure.
-- @tparam string line `+CRSM: <sw1>,<sw2>[,<data>]`, the data in quotes or not
-- @treturn integer|nil 2 or 3
-- @treturn ?string why it is not known
function sim_card.digits_in(line)
  local sw1, sw2, rest = line:match "^%+CRSM:%s*(%d+)%s*,%s*(%d+)(.*)$"
  if not sw1 then return nil, "the answer cannot be read" end
  if not DONE[tonumber(sw1)] then
    return nil, ("the SIM does not give its EF_AD (status words %02X %02X)"):format(
      tonumber(sw1) & 0xFF, tonumber(sw2) & 0xFF)
  end
  local data = rest:match '^%s*,%s*"?(%x+)"?%s*$' or ""
  if #data < 8 then return nil, "the SIM's EF_AD has no fourth byte: the card is older than that" end
  local digits = tonumber(data:sub(8, 8), 16)
  if DIGITS[digits] then return digits end
  return nil, ("the SIM's EF_AD says %d, which is neither 2 nor 3"):format(digits)
end

--- The IMSI with all but the network masked: it names the subscriber.
-- @tparam string imsi
-- @tparam[opt=2] integer mnc_digits
-- @treturn string of the same length
function sim_card.masked(imsi, mnc_digits)
  local shown = 3 + (mnc_digits or 2)
  return imsi:sub(1, shown) .. ("*"):rep(#imsi - shown)
end

-- Errors that stand for a SIM state, as numbers and as text (CMEE=2).
local SIM_ERRORS = {
  [10] = "NOT INSERTED", [11] = "SIM PIN", [12] = "SIM PUK", [13] = "FAILURE", [14] = "BUSY",
  ["sim not inserted"] = "NOT INSERTED", ["sim pin required"] = "SIM PIN", ["sim puk required"] = "SIM PUK",
  ["sim failure"] = "FAILURE", ["sim busy"] = "BUSY",
}

local function sim_error(err)
  if err.kind ~= "cme" then return nil end
  return SIM_ERRORS[err.code] or err.text and SIM_ERRORS[err.text:lower()]
end

-- 3GPP TS 27.007, +CPIN.
local SIM_STATES = {}
for _, state in ipairs {
  "READY", "NOT READY", "NOT INSERTED", "SIM PIN", "SIM PUK", "SIM PIN2", "SIM PUK2", "PH-SIM PIN", "PH-SIM PUK",
  "PH-FSIM PIN", "PH-FSIM PUK", "PH-NET PIN", "PH-NET PUK", "PH-NETSUB PIN", "PH-NETSUB PUK", "PH-SP PIN", "PH-SP PUK",
  "PH-CORP PIN", "PH-CORP PUK",
} do SIM_STATES[state] = true end

-- A state that is in no manual is queried again before it is believed: one damaged character is enough for that.
local function ask(commands, unlisted)
  local reply, err = commands:query("AT+CPIN?", { expect = "+CPIN:" })
  if not reply then return nil, err end
  local state = reply[1] and reply[1]:match("^%+CPIN:%s*(.-)%s*$"):match(".+")
  if not state or SIM_STATES[state] or state == unlisted then return state or "unknown" end
  if not unlisted then return ask(commands, state) end
  return nil, commands:unreadable("AT+CPIN?", "the same state twice")
end

--- Its state in words.
-- @param commands a `dfota.modem.commands`
-- @treturn string|nil as of `Modem:sim_state`; nil, err
function sim_card.state(commands)
  local reported, err = ask(commands)
  if reported then return reported end
  local state = sim_error(err)
  if state then return state end
  -- A plain ERROR (CMEE 0) hides the code; whatever it was, the SIM is not ready.
  if errors.is_no(err) and not err.transient then return "unknown" end
  return nil, err
end

local STARTING = { BUSY = true, ["NOT READY"] = true, unknown = true }

-- With CMEE 0 a busy SIM answers a plain ERROR, as does a missing one, or a firmware without this query: this many in
-- a row, a second apart, and it is not a SIM that is starting.
local UNKNOWN_TRIES = 5

--- Wait for one that is still starting.
-- @param commands a `dfota.modem.commands`
-- @tparam number ready_s how long
-- @treturn string|nil as of `state`; nil, err
function sim_card.wait(commands, ready_s)
  local clock = commands.channel.port
  local deadline, refusals = clock:now() + ready_s, 0
  while true do
    local state, err = sim_card.state(commands)
    if not state and not err.transient then return nil, err end
    refusals = state == "unknown" and refusals + 1 or 0
    state = state or "unknown"
    if not STARTING[state] or refusals >= UNKNOWN_TRIES or clock:now() >= deadline then return state end
    local _, lost = commands:pause(1)
    if lost then return nil, lost end
  end
end

--- Its IMSI.
-- @param commands a `dfota.modem.commands`
-- @treturn string|nil digits; nil, err
function sim_card.imsi(commands)
  return commands:line("AT+CIMI", function(line) return line:match("^%s*(%d%d%d%d%d%d+)%s*$") end, "an IMSI")
end

--- How many digits the MNC in the IMSI has, as the SIM itself says.
-- @param commands a `dfota.modem.commands`
-- @treturn integer|nil 2 or 3
-- @treturn dfota.error kind `refused` if the SIM does not say
function sim_card.mnc_digits(commands)
  local reply, err = commands:query(READ_EF_AD, { expect = "+CRSM:" })
  if not reply then return nil, err end
  if not reply[1] then return nil, commands:unreadable(READ_EF_AD, "a +CRSM line") end
  local digits, why = sim_card.digits_in(reply[1])
  if digits then return digits end
  return nil, core.error("refused", ("%s: %s"):format(commands.channel.port:name(), why))
end

local function card_number(line)
  local number = line:match('^%+Q?CCID:%s*"?(%x+)"?%s*$') or line:match "^%s*(%x+)%s*$"
  return number and #number >= 18 and number:find "^%d" and number or nil
end

--- The card's number.
-- @param commands a `dfota.modem.commands`
-- @treturn string|nil as of `Modem:ccid`
-- @treturn dfota.error
function sim_card.number(commands)
  local number, err = commands:line("AT+QCCID", card_number, "a card's number")
  if number or not errors.is_no(err) or err.transient then return number, err end
  return commands:line("AT+CCID", card_number, "a card's number")
end

return sim_card
