--- Sending an SMS in text mode (3GPP TS 27.005; GSM AT manuals: CMGF, CMGS).
-- @module dfota.modem.sms
local MAX_CHARACTERS = 160

-- Anything but the characters with the same code in ASCII and the GSM alphabet, whichever AT+CSCS selects.
local OTHERS = "[^%w !\"#%%&'()*+,./:;<=>?-]"

local function check(number, text)
  if type(number) ~= "string" or not number:find "^%+?%d+$" or #number > 21 then
    error("the number of an SMS must be digits, with a leading + if international", 3)
  end
  if type(text) ~= "string" or text == "" or #text > MAX_CHARACTERS then
    error(("the text of an SMS must have 1 to %d characters"):format(MAX_CHARACTERS), 3)
  end
  local other = text:match(OTHERS)
  if other then error(("the text of an SMS cannot contain %q: not every alphabet has it"):format(other), 3) end
end

local function in_text_mode(commands, send)
  local mode, err = commands:fields("AT+CMGF?", "+CMGF:")
  if not mode then return nil, err end
  if mode[1] == 1 then return send() end
  local set, why = commands:query "AT+CMGF=1"
  if not set then return nil, why end
  local sent, failed = send()
  commands:query "AT+CMGF=0"
  return sent, failed
end

--- Send an SMS. It costs money and may have been sent even without an answer: it is never repeated.
-- @param commands a `dfota.modem.commands`
-- @tparam string number digits, with or without a +
-- @tparam string text one line of up to 160 characters that are in both ASCII and the GSM alphabet
-- @treturn boolean|nil true
-- @treturn dfota.error kind `cms` if the network or the module refuses it
return function(commands, number, text)
  check(number, text)
  return in_text_mode(commands, function()
    local reply, err = commands:query(('AT+CMGS="%s"'):format(number), {
      text = text, timeout_s = commands.set.sms_s, expect = "+CMGS:",
    })
    if not reply then return nil, err end
    return true
  end)
end
