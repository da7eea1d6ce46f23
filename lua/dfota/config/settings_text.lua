--- The list of settings for people: each with its value, bounds, meaning and source, and which files count.
-- 80 columns; what differs from the default is marked, with where it comes from.
-- @module dfota.config.settings_text

local environment = require "dfota.config.environment"
local settings = require "dfota.config.settings"
local text = require "dfota.base.text"
local user_files = require "dfota.config.user_files"
local wrap = require "dfota.base.wrap"

local settings_text = {}

local WIDTH, COLUMN = 79, 4

local function add(lines, more) table.move(more, 1, #more, #lines + 1, lines) end

local function indented(s) return wrap.beside("", s, COLUMN, WIDTH) end

--- A value with its unit.
-- @param value
-- @tparam table setting from `settings.list`
-- @treturn string
function settings_text.value(value, setting)
  if value == "" then return "none" end
  return text.number(value) .. (setting.unit ~= "" and " " .. setting.unit or "")
end

--- The values that a setting can have.
-- @tparam table setting from `settings.list`
-- @treturn string
function settings_text.bounds(setting)
  if setting.choices then return table.concat(setting.choices, ", ") end
  if setting.kind == "text" then return ("up to %d characters"):format(setting.max) end
  return ("%s to %s"):format(text.number(setting.min), text.number(setting.max))
end

--- Where a default comes from.
-- @tparam table setting from `settings.list`
-- @treturn string
function settings_text.source(setting)
  return (setting.source:gsub("^ours", "our choice"):gsub(", ours$", ", our choice"))
end

-- Name, value, default, bounds.
local ROW = "%s %-18s %-14s %-14s %s"

local function sentence(s) return s:find "^%l+%.lua" and s or (s:gsub("^%l", string.upper)) end

local function setting_lines(setting, value, origin)
  local changed = origin ~= "default"
  local lines = { ROW:format(changed and "*" or " ", setting.name, settings_text.value(value, setting),
    settings_text.value(setting.default, setting), settings_text.bounds(setting)) }
  if changed then add(lines, indented("From " .. text.printable(origin))) end
  add(lines, indented(("%s [%s]"):format(sentence(setting.doc), settings_text.source(setting))))
  return lines
end

local function file_lines(call)
  local lines = { "", "Files that count:" }
  for _, name in ipairs(user_files.names) do
    add(lines, wrap.beside("  " .. name, text.printable(call.files[name] or "none"), 18, WIDTH))
  end
  if call.config then add(lines, wrap.beside("  --config", text.printable(call.config), 18, WIDTH)) end
  return lines
end

-- What is set in the environment, and no secret of it.
local function environment_lines(getenv)
  local lines = {}
  for _, variable in ipairs(environment.list) do
    local value = getenv(variable.name)
    if value and value ~= "" then
      local shown = variable.secret and "(not shown)" or text.printable(text.without_credentials(value))
      add(lines, wrap.beside("  " .. variable.name, shown, 18, WIDTH))
    end
  end
  return lines[1] and { "", "Set in the environment:", table.unpack(lines) } or lines
end

local HINT = "* marks what a file or this call has changed; in brackets, where the default comes from. Change a "
  .. "setting for one run with --set NAME=VALUE, for good in settings.lua: return { boot_s = 90 }"

--- The settings as lines.
-- @tparam table values from `settings.load`
-- @tparam table origins from `settings.load`
-- @tparam table call `files` name → path from `user_files.all`; `config` the file of --config; `getenv`
-- @treturn {string,...}
function settings_text.lines(values, origins, call)
  local lines, group = { ROW:format(" ", "Setting", "Value", "Default", "Bounds") }, nil
  for _, setting in ipairs(settings.list) do
    if setting.group ~= group then add(lines, { "", setting.group .. ":" }) end
    group = setting.group
    add(lines, setting_lines(setting, values[setting.name], origins[setting.name]))
  end
  add(lines, { "", table.unpack(wrap.lines(HINT, WIDTH)) })
  add(lines, file_lines(call))
  add(lines, environment_lines(call.getenv))
  return lines
end

--- What programs get besides the settings.
-- @tparam table origins from `settings.load`
-- @tparam table call as of `lines`
-- @treturn table `origins` of those that are not defaults, nil if all are, and `files`
function settings_text.facts(origins, call)
  local from, files = {}, { config = call.config }
  for name, origin in pairs(origins) do
    if origin ~= "default" then from[name] = origin end
  end
  for name, path in pairs(call.files) do files[name:gsub("%.lua$", "")] = path or nil end
  return { origins = next(from) and from, files = files }
end

return settings_text
