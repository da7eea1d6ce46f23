--- The man page dfota(7): commands, files, settings, environment and exit codes in one place.
local exit_codes = require "dfota.base.exit_codes"
local man = require "pages.man"
local roff = require "pages.roff"
local settings = require "dfota.config.settings"
local settings_text = require "dfota.config.settings_text"

local ABOUT = "firmware updates of Quectel MC65, M65 and M08-R modules"

local DESCRIPTION = {
  "dfota updates the firmware of Quectel MC65, M65 and M08-R GSM modules with a delta package (DFOTA) over a serial "
    .. "line. An update counts as successful only if the module itself reports the new revision after its reboot.",
  "Each command is a script in Lua that can be edited: what is done to a module, in which order, and how often a step "
    .. "is repeated. Whatever an edit does, AT+QFOTADL is sent at most once in a run and never without a record, and "
    .. "--check sends queries only.",
  "With --json every event is a JSON object on a line of its own; the last one is the result.",
}

local FILES = {
  { "settings.lua", "Settings of this user or site, as in: return { update_silence_s = 300, min_csq = 10 }." },
  { "retries.lua", "How often each step is repeated. The one beside the scripts is the model." },
  { "apns.lua", "The APNs of your SIMs, for --apn auto. The one beside the scripts is the model." },
}

local PLACES = "Each file is looked for in $DFOTA_CONFIG, in $XDG_CONFIG_HOME/dfota (by default ~/.config/dfota), in "
  .. "/etc/dfota and beside the scripts; the first one found counts. No install or upgrade writes into the first "
  .. "three. They are Lua files that return a table, and can neither open files nor run programs."

local ORDER = "The last of these that says something counts: the default, settings.lua, the file of --config, --set. "
  .. "The list with the values of a call: dfota-update --settings."

local function commands(all)
  local lines = { ".SH COMMANDS" }
  for _, line in ipairs(all) do
    man.add(lines, roff.item(roff.bold("dfota-" .. line.name) .. "(1)", line.about))
  end
  return lines
end

local function paragraphs(list)
  local lines = {}
  for i, paragraph in ipairs(list) do
    if i > 1 then lines[#lines + 1] = ".PP" end
    man.add(lines, roff.lines(paragraph))
  end
  return lines
end

local function files()
  local lines = { ".SH FILES" }
  man.add(lines, roff.lines(PLACES))
  for _, file in ipairs(FILES) do man.add(lines, roff.item(roff.bold(file[1]), file[2])) end
  return lines
end

local function about_of(setting)
  local doc = setting.doc:find "^%l+%.lua" and setting.doc or man.capital(setting.doc)
  return ("%s; default %s, %s [%s]."):format(doc, settings_text.value(setting.default, setting),
    settings_text.bounds(setting), settings_text.source(setting))
end

local function all_settings()
  local lines, group = { ".SH SETTINGS" }, nil
  man.add(lines, roff.lines(ORDER))
  for _, setting in ipairs(settings.list) do
    if setting.group ~= group then lines[#lines + 1] = ".SS " .. roff.text(setting.group) end
    group = setting.group
    man.add(lines, roff.item(roff.bold(setting.name), about_of(setting)))
  end
  return lines
end

local function see_also(all)
  local names = {}
  for i, line in ipairs(all) do names[i] = roff.bold("dfota-" .. line.name) .. "(1)" end
  return { ".SH SEE ALSO", table.concat(names, ",\n") }
end

--- The page.
-- @tparam {table,...} all lines from `command.of`
-- @tparam table build `version`, `date`
-- @treturn string roff source
return function(all, build)
  local lines = man.head("dfota", 7, ABOUT, build)
  lines[#lines + 1] = ".SH DESCRIPTION"
  for _, part in ipairs {
    paragraphs(DESCRIPTION), commands(all), files(), all_settings(), man.environment(function() return true end),
    man.exit_codes(exit_codes.list), see_also(all),
  } do
    man.add(lines, part)
  end
  return table.concat(lines, "\n") .. "\n"
end
