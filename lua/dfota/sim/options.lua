--- The switches as a table of values: defaults, parsing of "name=value,name,…", and errors.
local core = require "dfota.core"
local groups = require "dfota.sim.options_list"
local profiles = require "dfota.sim.profiles"

local Options = {}

--- Every switch in order: {name=, default=, unit=, doc=, source=, group=}.
Options.list = {}
local by_name = {}

for _, group in ipairs(groups) do
  for _, row in ipairs(group.rows) do
    local switch = { name = row[1], default = row[2], unit = row[3], doc = row[4], source = row[5] }
    switch.group = group.title
    Options.list[#Options.list + 1] = switch
    by_name[switch.name] = switch
  end
end

local TRUTH = {
  ["1"] = true, yes = true, on = true, ["true"] = true,
  ["0"] = false, no = false, off = false, ["false"] = false,
}

--- Kinds of place whose value is a number.
Options.COUNTED = { upload = true, read = true, download = true, update = true, line = true, time = true }
local NAMED = { command = true, reply = true }
local PERCENT = { download = true, update = true }

local function set_of(names)
  local set = {}
  for name in names:gmatch "[^,]+" do set[name] = true end
  return set
end

-- Lines that are printed unasked; those of an update, and its OK, may be lost or twice, or have other words.
local UPDATE_LINES = set_of "ok,httpstart,downloading,httpend,deact,start,updating,end"
local UNASKED = setmetatable(set_of "rdy,cfun,cpin,call ready,sms ready", { __index = UPDATE_LINES })

local function complain(...)
  return nil, core.error("usage", (...):format(select(2, ...)))
end

local function to_number(text)
  local number = tonumber(text)
  if not number or number ~= number or number < 0 or number == math.huge then return nil end
  return math.tointeger(number) or number
end

local function is_place(text)
  local kind, value = text:match("^(%l+):(.+)$")
  if not kind then return UNASKED[text:lower()] ~= nil end
  if kind == "urc" then return UNASKED[value:lower()] ~= nil end
  local number = Options.COUNTED[kind] and to_number(value)
  return NAMED[kind] or number and not (PERCENT[kind] and number > 100)
end

-- How list items are checked, by their documented unit.
local ITEMS = {
  ["PLACE+…"] = is_place,
  ["PLACE:CODE"] = function(text)
    local place = text:match("^(%l+):%d+$")
    return place == "command" or place == "httpend" or place == "end"
  end,
  ["COMMAND:s+…"] = function(text) return to_number(text:match("^%w+:(.+)$")) ~= nil end,
  ["COMMAND:text;…"] = function(text) return text:find("^[^:]+:") ~= nil end,
  ["NAME+…"] = function(text) return UPDATE_LINES[text] end,
  ["NAME:WORD+…"] = function(text) return UPDATE_LINES[text:match("^(%l+):.")] end,
  ["n+… or all"] = function(text) return text == "all" or to_number(text) ~= nil end,
  ["baud or none"] = to_number,
  ["hex or none"] = function(text) return text == "none" or #text % 2 == 0 and not text:find "%X" end,
  ["n+…"] = to_number,
  ["byte+…"] = to_number,
  ["%"] = to_number,
}

-- Texts may contain plus signs.
local SEPARATOR = { ["COMMAND:text;…"] = ";" }

-- Units whose values are sent on the line: escapes allow what a list of switches cannot contain.
local TEXT = { text = true, ["COMMAND:text;…"] = true }
local ESCAPES = { r = "\r", n = "\n", t = "\t" }

local function unescaped(text)
  return (text:gsub("\\x(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
    :gsub("\\([rnt])", ESCAPES))
end

local function is_choice(unit, value)
  for choice in unit:gmatch("[^|]+") do
    if choice == value or (choice == "rate" or choice == "s" or choice == "n") and to_number(value) then return true end
  end
  return false
end

local function fits(switch, value)
  if switch.unit:find("|", 1, true) then return is_choice(switch.unit, value) end
  local check = ITEMS[switch.unit]
  if not check then return true end
  for item in value:gmatch("[^" .. (SEPARATOR[switch.unit] or "+") .. "]+") do
    if not check(item) then return false end
  end
  return true
end

-- What a unit stands for, where its name does not say it.
local MEANING = {
  ["PLACE+…"] = "a PLACE of docs/simulator.md such as update:40, urc:rdy or end",
  ["NAME+…"] = "one or more of ok, httpstart, downloading, httpend, deact, start, updating, end, joined by +",
  ["NAME:WORD+…"] = "NAME:WORD with a NAME such as httpstart, start or end",
}

local function wanted(switch, kind)
  if MEANING[switch.unit] then return MEANING[switch.unit] end
  if kind == "boolean" then return "0 or 1" end
  if switch.unit:find("|", 1, true) then return switch.unit:gsub("|", " or ") .. "" end
  if kind == "number" then return switch.unit == "" and "a number" or "a number (" .. switch.unit .. ")" end
  return switch.unit == "" and "a value" or switch.unit
end

local function value_of(switch, given)
  local kind, text = type(switch.default), tostring(given)
  local value = text
  if kind == "boolean" then
    value = TRUTH[text]
  elseif kind == "number" then
    value = to_number(text)
  end
  local wrong = value == nil or given == true and kind ~= "boolean"
  if wrong or kind ~= "boolean" and not fits(switch, text) then
    return complain("simulator switch %s must be %s, not '%s'", switch.name, wanted(switch, kind), text)
  end
  return TEXT[switch.unit] and unescaped(value) or value
end

--- A full set of values from a few.
-- @tparam ?table some name → value; the rest have their defaults
-- @treturn ?table name → value, or nil and an error of kind "usage"
function Options.new(some)
  local spec = {}
  local profile = profiles[some and some.profile or "default"] or {}
  for _, switch in ipairs(Options.list) do
    spec[switch.name] = switch.default
    if profile[switch.name] ~= nil then spec[switch.name] = profile[switch.name] end
  end
  for name, given in pairs(some or {}) do
    local switch = by_name[name]
    if not switch then return complain("unknown simulator switch '%s'; scripts/sim.lua --list shows them all", name) end
    local value, err = value_of(switch, given)
    if value == nil then return nil, err end
    spec[name] = value
  end
  return spec
end

--- Reads "name=value,name,…"; a name alone turns a switch on.
-- @tparam ?string text
-- @treturn ?table name → value as given, or nil and an error of kind "usage"
function Options.read(text)
  local some = {}
  for item in (text or ""):gmatch("[^,]+") do
    local name, value = item:match("^%s*([%w_]+)%s*=%s*(.-)%s*$")
    name = name or item:match("^%s*([%w_]+)%s*$")
    if not name then return complain("'%s' is not name=value (a simulator switch)", item) end
    some[name] = value or true
  end
  return some
end

--- The same with all the others.
-- @tparam ?string text
-- @treturn ?table name → value, or nil and an error of kind "usage"
function Options.parse(text)
  local some, err = Options.read(text)
  if not some then return nil, err end
  return Options.new(some)
end

--- A value that is a list, as a set: "a+b" gives {a=true, b=true}.
function Options.set(value)
  local set = {}
  for item in value:gmatch("[^+]+") do set[item] = true end
  return set
end

return Options
