--- What the environment says where the command line says nothing. An empty variable counts as unset.
-- @module dfota.config.environment

local option_values = require "dfota.config.option_values"

local environment = {}

--- The variables that are read: `name`, `about`; `option` that it stands for, `convert` its value; `with_sim`: with
-- --sim, too; `secret`.
environment.list = {
  { name = "DFOTA_PORT", about = "the port, as --port", option = "port" },
  { name = "DFOTA_BAUD", about = "the baud rate, as --baud", option = "baud", convert = option_values.baud },
  { name = "DFOTA_LEDGER", about = "the ledger, as --ledger", option = "ledger", with_sim = true },
  { name = "DFOTA_CENTRAL", about = "the central ledger, as --central", option = "central" },
  { name = "DFOTA_CONFIG", about = "a folder with settings.lua, retries.lua or apns.lua, which is looked into first; "
    .. "if it is a file, it is the settings.lua" },
  { name = "DFOTA_PASSWORD", about = "the password of the APN that --apn names", secret = true },
  { name = "NO_COLOR", about = "no colours, as --no-color, unless it is empty" },
  { name = "TERM", about = "dumb, or not set: plain lines without colours and escape sequences, as into a pipe" },
  { name = "COLUMNS", about = "how wide trace.lua's page is, before what the terminal says" },
}

local function value_of(name, getenv)
  local value = getenv(name)
  return value ~= "" and value or nil
end

-- Port and rate are those of a real module: a simulated one is on another port. The ledger is whatever the user chose;
-- only where nobody chose one a trial has none.
local function counts(variable, options, takes)
  local name = variable.option
  return name and takes[name] and options[name] == nil and (variable.with_sim or not options.sim)
end

local function fill(options, getenv, takes)
  for _, variable in ipairs(environment.list) do
    local name = variable.option
    local value = counts(variable, options, takes) and value_of(variable.name, getenv)
    if value and variable.convert then
      local good, why = variable.convert(value)
      if not good then return nil, ("%s: %s"):format(variable.name, why) end
      value = good
    end
    if value then options[name], options.from_environment[name] = value, true end
  end
  return true
end

--- Adds what the environment says.
-- @tparam table options parsed; changed, and `from_environment` says which of them
-- @tparam function getenv
-- @tparam table takes option → true for those that the command has
-- @treturn boolean|nil true; nil, message
function environment.settle(options, getenv, takes)
  options.from_environment = {}
  if value_of("NO_COLOR", getenv) then options.no_color = true end
  return fill(options, getenv, takes)
end

return environment
