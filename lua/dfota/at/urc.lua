--- Unsolicited result codes (URCs).
--
-- They would otherwise be taken for the reply to a command without a prefix
-- (ATI, AT+GSN). Spaces vary between firmwares, so the patterns allow them
-- (protocol: GSM AT manuals, URC tables against their own examples).
-- @module dfota.at.urc
local urc = {}

local known = {
  "^RDY%s*$", "^%+CFUN:", "^%+CPIN:", "^Call Ready%s*$", "^SMS Ready%s*$",
  "^%+QIND:", "^%+PDP DEACT", "^%+CREG:", "^%+CGREG:", "^RING%s*$", "^%+CRING:",
  "^%+CMTI:", "^%+CMT:", "^%+CUSD:", "^%+QNITZ:", "^%+CTZV:", "^%+CLIP:",
  "^UNDER_VOLTAGE", "^OVER_VOLTAGE", "^NORMAL POWER DOWN",
  -- of the RDA family (RDA8955 SDK W17.44, public logs of A6 and A9G)
  "^Init%.%.%.%s*$", "^%^CINIT:", "^%^STN:", "^%+CIEV:", "^DST:",
}

--- Is this line a known URC?
-- @tparam string line
-- @treturn boolean
function urc.is_known(line)
  for i = 1, #known do
    if line:find(known[i]) then return true end
  end
  return false
end

--- Does this line mean that the module's application has just booted?
-- `RDY` comes first at a fixed rate; the others follow (GSM AT manuals, boot order). `Init...` and `^CINIT` are
-- the RDA family's (public logs of A6 and A9G).
-- @tparam string line
-- @treturn boolean
function urc.is_boot(line)
  return line:find("^RDY%s*$") ~= nil
    or line:find("^Call Ready%s*$") ~= nil
    or line:find("^SMS Ready%s*$") ~= nil
    or line:find("^%+CFUN:%s*1%s*$") ~= nil
    or line:find("^Init%.%.%.%s*$") ~= nil
    or line:find("^%^CINIT:") ~= nil
end

--- Is this the first line of a boot, the only proof of one? The others may also come much later (a SIM that was
-- found late), and those of the RDA family at any time (protocol, chapter 8).
-- @tparam string line
-- @treturn boolean
function urc.is_boot_start(line) return line:find("^RDY%s*$") ~= nil end

--- Does this line report that the supply is failing or off?
-- @tparam string line
-- @treturn boolean
function urc.is_power(line)
  return line:find("^UNDER_VOLTAGE") ~= nil
    or line:find("^OVER_VOLTAGE POWER DOWN") ~= nil
    or line:find("^NORMAL POWER DOWN") ~= nil
end

--- Is this line about a firmware update (`+QIND: "FOTA",…`)?
-- @tparam string line
-- @treturn boolean
function urc.is_fota(line)
  return line:find('^%+QIND:%s*"FOTA"') ~= nil
end

return urc
