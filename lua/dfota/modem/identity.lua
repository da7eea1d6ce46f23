--- A module's identity, parsed from the lines it prints. Pure.
--
-- Formats seen on sibling modules (protocol, chapters 3.1 and 8): `Quectel_Ltd`, `Quectel_M66`,
-- `Revision: M66FAR01A01`; the model without `Quectel_`; leading spaces; the revision without the space after the
-- colon, or not in ATI at all; and unsolicited lines in between.
-- @module dfota.modem.identity
local identity = {}

local function trimmed(line) return line:match("^%s*(.-)%s*$") end

local MAX_NAME = 64 -- bytes

-- Printable ASCII throughout: anything else was damaged on the line.
local function is_text(name)
  return #name > 0 and #name <= MAX_NAME and not name:find("[^ -~]")
end

local function is_unsolicited(line) return line:find("^[+^*]") ~= nil or line:find(":", 1, true) ~= nil end

--- The revision in one line.
-- @tparam string line
-- @treturn string|nil what follows `Revision:`; it may contain spaces, `-`, `_` and lower case
function identity.revision(line)
  local name = trimmed(line):match("^Revision:%s*(.*)$")
  return name and is_text(name) and name or nil
end

--- The revision in the reply to ATI, where only a line labelled `Revision:` counts.
-- @tparam {string,...} lines
-- @treturn string|nil
function identity.labelled_revision(lines)
  for _, line in ipairs(lines) do
    local found = identity.revision(line)
    if found then return found end
  end
end

-- Every revision seen has a digit; a stray line such as "Call Ready" has none.
local function bare_revision(line)
  local name = trimmed(line)
  name = name:match("^%+C?GMR:%s*(.*)$") or name
  local is_one = is_text(name) and name:find("%d") and not is_unsolicited(name) and not name:find("^[Qq]uectel")
  return is_one and name or nil
end

--- The revision in the reply to AT+CGMR or AT+GMR: labelled, or a line of its own.
-- @tparam {string,...} lines
-- @treturn string|nil
function identity.any_revision(lines)
  local found = identity.labelled_revision(lines)
  if found then return found end
  for _, line in ipairs(lines) do
    found = bare_revision(line)
    if found then return found end
  end
end

local function is_model(name) return name:find("^%w[%w_ -]*$") ~= nil and #name <= MAX_NAME end

-- "Quectel_MC65" → "MC65"; "Quectel_Ltd" and "Quectel" → the maker alone.
local function after_maker(line)
  local maker, rest = line:match("^(%a+)[_ ]*(.-)$")
  if not maker or maker:lower() ~= "quectel" then return nil end
  if rest == "" or rest:lower():find("^ltd") then return "" end
  return is_model(rest) and rest or nil
end

--- The model in the reply to ATI: after `Quectel_`, or the line between the maker and the revision.
-- @tparam {string,...} lines
-- @treturn string|nil such as "MC65"
function identity.model(lines)
  local maker, between
  for _, line in ipairs(lines) do
    line = trimmed(line)
    local name = after_maker(line)
    if name and name ~= "" then return name end
    if line:find("^Revision") then
      maker = nil
    elseif name == "" then
      maker = true
    elseif maker and not between and is_model(line) and not is_unsolicited(line) then
      between = line
    end
  end
  return between
end

--- The IMEI in one line: fifteen digits, alone or after the command's name.
-- @tparam string line
-- @treturn string|nil
function identity.imei(line)
  local digits = trimmed(line):match('^(%d+)$') or trimmed(line):match('^%+C?GSN:%s*"?(%d+)"?$')
  return digits and #digits == 15 and digits or nil
end

return identity
