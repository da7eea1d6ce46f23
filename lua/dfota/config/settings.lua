--- Settings: every timing, limit and gate, with its default, and how to change it.
-- `--set NAME=VALUE` wins over the file of --config, that over the user's settings.lua, that over the defaults.
-- The list itself is in `dfota.config.settings_list`.
-- @module dfota.config.settings

local core = require "dfota.core"
local suggest = require "dfota.base.suggest"
local table_file = require "dfota.config.table_file"
local text = require "dfota.base.text"

local settings = {}

--- All settings in order; each is a table with name, default, unit, kind
-- ("number", "integer", "text" or "enum"), min and max (of a text: of its length) or choices, doc, source and group,
-- its heading.
settings.list = require "dfota.config.settings_list"

local by_name, names = {}, {}
for i, setting in ipairs(settings.list) do
  by_name[setting.name] = setting
  names[i] = setting.name
end

-- Former names of settings: refused, with the current name.
local RENAMED = { answer_s = "sync_timeout_s", again_s = "resync_timeout_s", ask_every_s = "poll_interval_s" }

-- Anything longer is not a table of settings.
local MAX_CONFIG_BYTES = 64 * 1024

local function wanted(setting)
  if setting.choices then return "one of " .. table.concat(setting.choices, ", ") end
  if setting.kind == "text" then return ("a line of at most %d characters"):format(setting.max) end
  local what = setting.kind == "integer" and "a whole number" or "a number"
  local unit = setting.unit ~= "" and " (" .. setting.unit .. ")" or ""
  return ("%s from %s to %s%s"):format(what, text.number(setting.min), text.number(setting.max), unit)
end

-- NaN fails both comparisons, infinity the second.
local function checked_number(setting, value)
  if not (value >= setting.min and value <= setting.max) then return nil end
  if setting.kind == "integer" then return math.tointeger(value) end
  return value
end

local function checked(setting, value)
  if setting.choices then
    for _, choice in ipairs(setting.choices) do
      if value == choice then return value end
    end
    return nil
  end
  if setting.kind == "text" then
    return type(value) == "string" and #value <= setting.max and text.printable(value) == value and value or nil
  end
  return math.type(value) and checked_number(setting, value)
end

-- In a config file "5" is a string; from --set it has already been converted.
local function shown(value)
  local what = text.brief(tostring(value))
  return type(value) == "string" and tonumber(value) and "the string " .. what or what
end

local function no_setting(name)
  local now = RENAMED[name]
  local hint = now and ("; it is now called %s"):format(now) or suggest.hint(name, names)
  return ("there is no setting %s%s"):format(text.brief(name), hint)
end

-- true and the value, or nil and the reason.
local function accept(name, value)
  local setting = by_name[name]
  if not setting then return nil, no_setting(name) end
  local good = checked(setting, value)
  if good == nil then
    return nil, ("%s cannot be %s; it must be %s"):format(name, shown(value), wanted(setting))
  end
  return true, good
end

local function from_text(name, value)
  local setting = by_name[name]
  if setting and not setting.choices and setting.kind ~= "text" then return tonumber(value) or value end
  return value
end

local function apply_assignment(values, origins, assignment)
  local name, value = assignment:match("^%s*([^=]-)%s*=%s*(.-)%s*$")
  if not name or name == "" then
    return nil, core.error("usage", ("--set %s: write it as --set NAME=VALUE"):format(text.brief(assignment)))
  end
  local ok, good = accept(name, from_text(name, value))
  if not ok then return nil, core.error("usage", "--set: " .. good) end
  values[name], origins[name] = good, "--set"
  return true
end

local function refuse(path, reason, line)
  local place = text.printable(path) .. (line and ":" .. line or "")
  return nil, core.error("settings", ("config file %s: %s"):format(place, text.printable(reason)))
end

local function line_of(source, name)
  if type(name) ~= "string" then return nil end
  local number = 0
  for line in (source .. "\n"):gmatch("(.-)\n") do
    number = number + 1
    if (" " .. line .. " "):find("[^%w_]" .. name:gsub("%W", "%%%0") .. "[^%w_]") then return number end
  end
end

local function apply_config(values, origins, path)
  local result, source, line = table_file.read(path, MAX_CONFIG_BYTES)
  if not result then return refuse(path, source, line) end
  for name, value in next, result do
    local good, what = accept(name, value)
    if not good then return refuse(path, what, line_of(source, name)) end
    values[name], origins[name] = what, path
  end
  return true
end

-- The later one wins.
local function apply_files(values, origins, first, second)
  for _, path in ipairs { first or second or nil, first and second or nil } do
    local ok, err = apply_config(values, origins, path)
    if not ok then return nil, err end
  end
  return true
end

local strict = {
  __index = function(_, name)
    error(("there is no setting named %s%s"):format(tostring(name), suggest.hint(name, names)), 2)
  end,
}

--- Loads the settings.
-- @tparam[opt] table options `config`: path of a Lua file that returns a table of settings; `user`: path of the user's
--   settings.lua (`dfota.config.user_files`), or false;
--   `set`: list of "NAME=VALUE" as given with --set; the last one for a name counts.
-- @treturn[1] table every setting by its name; an unknown name raises
-- @treturn[1] table where each comes from: "default", the config file's path, "--set"
-- @treturn[2] nil
-- @treturn[2] err kind "usage" for `set`, "settings" for a file
function settings.load(options)
  options = options or {}
  local values, origins = {}, {}
  for _, setting in ipairs(settings.list) do
    values[setting.name], origins[setting.name] = setting.default, "default"
  end
  local ok, err = apply_files(values, origins, options.user, options.config)
  if not ok then return nil, err end
  for _, assignment in ipairs(options.set or {}) do
    ok, err = apply_assignment(values, origins, assignment)
    if not ok then return nil, err end
  end
  return setmetatable(values, strict), origins
end

--- The settings as the fields of a `facts` event, in the list's order.
-- @tparam table values from `settings.load`
-- @treturn table by name, and `names`
function settings.facts(values)
  local facts = { names = names }
  for _, name in ipairs(names) do facts[name] = values[name] end
  return facts
end

return settings
