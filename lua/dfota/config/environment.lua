--- What the environment says where the command line says nothing. An empty variable counts as unset.
-- @module dfota.config.environment

local option_values = require "dfota.config.option_values"

local environment = {}

--- The variables that stand for an option.
environment.list = {
  { name = "DFOTA_PORT", option = "port" },
  { name = "DFOTA_BAUD", option = "baud", convert = option_values.baud },
  { name = "DFOTA_LEDGER", option = "ledger" },
}

local function value_of(name, getenv)
  local value = getenv(name)
  return value ~= "" and value or nil
end

-- These say what a real module is on and where its updates are recorded: a simulated one is on another port, and a
-- trial is no update.
local function fill(options, getenv, takes)
  for _, variable in ipairs(environment.list) do
    local value = takes[variable.option] and options[variable.option] == nil and value_of(variable.name, getenv)
    if value and variable.convert then
      local good, why = variable.convert(value)
      if not good then return nil, ("%s: %s"):format(variable.name, why) end
      value = good
    end
    if value then options[variable.option] = value end
  end
  return true
end

--- Adds what the environment says.
-- @tparam table options parsed; changed
-- @tparam function getenv
-- @tparam table takes option → true for those that the command has
-- @treturn boolean|nil true; nil, message
function environment.settle(options, getenv, takes)
  if value_of("NO_COLOR", getenv) then options.no_color = true end
  if options.sim then return true end
  return fill(options, getenv, takes)
end

return environment
