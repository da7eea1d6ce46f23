--- The switches as a table of values: defaults, "name=value,name,…", and honest errors.
local core = require "dfota.core"
local groups = require "dfota.sim.switches"

local Spec = {}

--- Every switch in order: {name=, default=, unit=, doc=, source=, group=}.
Spec.list = {}
local by_name = {}

for _, group in ipairs(groups) do
  for _, row in ipairs(group.rows) do
    local switch = { name = row[1], default = row[2], unit = row[3], doc = row[4], source = row[5], group = group.title }
    Spec.list[#Spec.list + 1] = switch
    by_name[switch.name] = switch
  end
end

local BOOLEANS = { ["1"] = true, yes = true, on = true, ["true"] = true, ["0"] = false, no = false, off = false, ["false"] = false }

local function complain(...)
  return nil, core.error("usage", (...):format(select(2, ...)))
end

local function is_choice(switch, value)
  if not switch.unit:find("^%l+|%w") or switch.unit:find(":", 1, true) then return true end
  for choice in switch.unit:gmatch("[^|]+") do
    if choice == value or (choice == "rate" or choice == "s") and tonumber(value) then return true end
  end
  return false
end

local function number_of(switch, value)
  local number = tonumber(value)
  if not number or number ~= number or number < 0 or number == math.huge then
    return complain("simulator switch %s wants a number, not '%s'", switch.name, value)
  end
  return math.tointeger(number) or number
end

local function value_of(switch, value)
  local kind = type(switch.default)
  if type(value) == kind and kind ~= "string" then return value end
  if kind == "boolean" then
    local truth = BOOLEANS[tostring(value)]
    if truth == nil then return complain("simulator switch %s wants 0 or 1, not '%s'", switch.name, value) end
    return truth
  elseif kind == "number" then
    return number_of(switch, value)
  end
  value = tostring(value)
  if not is_choice(switch, value) then
    return complain("simulator switch %s wants %s, not '%s'", switch.name, switch.unit:gsub("|", " or "), value)
  end
  return value
end

--- A full set of values from a few.
-- @tparam ?table some name → value; what is left out takes its default
-- @treturn ?table name → value, or nil and an error of kind "usage"
function Spec.new(some)
  local spec = {}
  for _, switch in ipairs(Spec.list) do spec[switch.name] = switch.default end
  for name, given in pairs(some or {}) do
    local switch = by_name[name]
    if not switch then return complain("no simulator switch '%s'; scripts/sim.lua --list shows them", name) end
    local value, err = value_of(switch, given)
    if value == nil then return nil, err end
    spec[name] = value
  end
  return spec
end

--- Reads "name=value,name,…"; a name alone turns a switch on.
-- @tparam ?string text
-- @treturn ?table name → value, or nil and an error of kind "usage"
function Spec.parse(text)
  local some = {}
  for item in (text or ""):gmatch("[^,]+") do
    local name, value = item:match("^%s*([%w_]+)%s*=%s*(.-)%s*$")
    name = name or item:match("^%s*([%w_]+)%s*$")
    if not name then return complain("'%s' is not name=value (a simulator switch)", item) end
    some[name] = value or true
  end
  return Spec.new(some)
end

--- A value that is a list, as a set: "a+b" gives {a=true, b=true}.
function Spec.set(value)
  local set = {}
  for item in value:gmatch("[^+]+") do set[item] = true end
  return set
end

return Spec
