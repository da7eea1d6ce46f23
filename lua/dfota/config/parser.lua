--- From a command line as data (`dfota.config.command`) to a parser, by argparse.
-- @module dfota.config.parser

local argparse = require "argparse"
local command = require "dfota.config.command"

local parser = {}

local function properties(element, option)
  if option.args then element:args(option.args) end
  if option.count then element:count(option.count) end
  if option.default ~= nil then element:default(option.default) end
  if option.convert then element:convert(option.convert) end
  if option.choices then element:choices(option.choices) end
end

local function add_option(into, option, asked)
  local element = option.flag and into:flag(option[1]) or into:option(option[1])
  local target = command.target(option)
  element:target(target)
  properties(element, option)
  if asked[target] then element:action(asked[target]) end
end

local function add_all(into, line, asked)
  for _, argument in ipairs(line.arguments) do
    local element = into:argument(command.target(argument))
    properties(element, argument)
  end
  for _, option in ipairs(line.options) do add_option(into, option, asked) end
end

--- A parser, whose `pparse` returns true and the options, or false and a message. argparse's own help is not used.
-- @tparam table line from `command.of`
-- @tparam table asked functions to call where `help` or `version` is asked for: `help` gets the subcommand or nil
-- @treturn argparse.Parser
function parser.new(line, asked)
  local made = argparse("dfota-" .. line.name):add_help(false)
  add_all(made, line, { help = function() asked.help() end, version = function() asked.version() end })
  if line.commands[1] then made:command_target "command" end
  for _, sub in ipairs(line.commands) do
    local into = made:command(sub.name):add_help(false)
    add_all(into, sub, { help = function() asked.help(sub) end })
  end
  return made
end

return parser
