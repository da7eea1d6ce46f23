--- What a SIM says of itself: its home network, and how many digits of the IMSI name it. Pure.
-- @module dfota.modem.sim_card
local core = require "dfota.core"

local sim_card = {}

--- Reads EF_AD (administrative data, file 6FAD) of the SIM: READ BINARY, four bytes (3GPP TS 27.007 +CRSM; TS 51.011
-- 10.3.18, TS 31.102 4.2.18).
sim_card.READ_EF_AD = "AT+CRSM=176,28589,0,0,4"

-- Status words of success: 90 00, and 91 xx, after which the SIM has a command for the module (TS 51.011 9.4.1).
local DONE = { [0x90] = true, [0x91] = true }

local DIGITS = { [2] = true, [3] = true }

--- How many digits the MNC in the IMSI has: the low half of EF_AD's fourth byte.
-- @tparam string line `+CRSM: <sw1>,<sw2>[,<data>]`, the data in quotes or not
-- @treturn integer|nil 2 or 3
-- @treturn ?string why it is not known
function sim_card.mnc_digits(line)
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

--- The error for a length that is not known.
-- @tparam string port its name
-- @tparam string why
-- @treturn dfota.error kind `refused`
function sim_card.unknown(port, why) return core.error("refused", ("%s: %s"):format(port, why)) end

return sim_card
