--- What can be typed as the value of an option: the same for every shell.
local Options = require "dfota.sim.options"
local settings = require "dfota.config.settings"

local values = {}

local function argname_of(option)
  local name = option.argname or option[1]
  return type(name) == "table" and name[#name] or name
end

--- What an option's or an argument's value is.
-- @tparam table option
-- @treturn string|nil "file", "directory", "port", "setting", "gate" or "switches"; nil: only its words
-- @treturn {string,...} words to suggest
function values.of(option)
  local words = option.choices or option.words or {}
  if option.complete or option.choices then return option.complete, words end
  local name = argname_of(option)
  return name:find "FILE" and "file" or (name:find "DIR" or name:find "FOLDER") and "directory" or nil, words
end

local function default_or_choices(setting)
  return setting.choices or { tostring(setting.default) }
end

--- Every setting with the values to suggest.
-- @treturn {table,...} `name`, `doc`, `words`
function values.settings()
  local list = {}
  for i, setting in ipairs(settings.list) do
    list[i] = { name = setting.name, doc = setting.doc, words = default_or_choices(setting) }
  end
  return list
end

--- The switches of the simulated module, each with its "=".
-- @treturn {string,...}
function values.switches()
  local list = {}
  for i, switch in ipairs(Options.list) do list[i] = switch.name .. "=" end
  return list
end

--- Where ports are found on Linux, as patterns for a shell; by-path and by-id first, since they stay the same.
values.PORTS = {
  "/dev/serial/by-path/*", "/dev/serial/by-id/*", "/dev/dfota-*", "/dev/ttyUSB*", "/dev/ttyACM*", "/dev/ttyAMA*",
  "/dev/ttyS0", "/dev/ttyS1", "/dev/ttyS2", "/dev/ttyS3",
}

return values
