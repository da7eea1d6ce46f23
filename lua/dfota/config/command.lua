--- The whole command line of a script, as data: what its kind has and what it adds itself.
-- @module dfota.config.command

local core = require "dfota.core"
local option_list = require "dfota.config.option_list"

local command = {}

--- The names that an option is given by: "-p --port" is { "-p", "--port" }.
-- @tparam table option
-- @treturn {string,...}
function command.names(option)
  local names = {}
  for name in option[1]:gmatch "%S+" do names[#names + 1] = name end
  return names
end

--- The name of an option's or an argument's value in the parsed options.
-- @tparam table option
-- @treturn string
function command.target(option)
  local long = option[1]:match "%-%-([%w-]+)$" or option[1]:match "^%-(%w)$" or option[1]:lower()
  return option.target or (long:gsub("-", "_"))
end

local function wrong(what) error(core.error("settings", what), 0) end

local function is_option(own)
  local names = type(own) == "table" and own[1]
  return type(names) == "string" and type(own[2]) == "string"
    and (names:find "^%-%-%l[%w-]*$" or names:find "^%-%a %-%-%l[%w-]*$")
end

-- An option of the script's own must not hide one of dfota's.
local function check_own(own, taken)
  if not is_option(own) then
    wrong "an option of a script is { \"--name\", \"what it is for\", … }, or { \"-n --name\", … }"
  end
  for _, name in ipairs(command.names(own)) do
    if taken[name] then wrong(("the script's option %s already exists in dfota"):format(name)) end
    taken[name] = true
  end
end

local function check_argument(own)
  if type(own) == "table" and type(own[1]) == "string" and own[1]:find "^%u[%w_-]*$" and type(own[2]) == "string" then
    return
  end
  wrong "an argument of a script is { \"NAME\", \"what it is\", … }"
end

-- Options without a heading get one.
local function add_all(list, more, group)
  for _, option in ipairs(more) do
    list[#list + 1] = option.group and option or setmetatable({ group = group }, { __index = option })
  end
  return list
end

local function taken_by(options)
  local taken = {}
  for _, option in ipairs(options) do
    for _, name in ipairs(command.names(option)) do taken[name] = true end
  end
  return taken
end

local function check(own, taken)
  for _, option in ipairs(own.options or {}) do check_own(option, taken) end
  for _, argument in ipairs(own.arguments or {}) do check_argument(argument) end
end

-- A command has its own options; those of the whole script count before and after its name.
local function subcommand(own, options)
  if type(own) ~= "table" or not tostring(own[1]):find "^%l[%w-]*$" or type(own[2]) ~= "string" then
    wrong "a command of a script is { \"name\", \"what it does\", … }"
  end
  check(own, taken_by(options))
  return {
    name = own[1], about = own[2], arguments = own.arguments or {}, examples = own.examples or {},
    options = add_all({ option_list.standard[1] }, own.options or {}, "Options of this command"),
  }
end

-- Those of its kind come first, and what it adds itself next.
local function options_of(script, kind)
  local options, own = {}, script.options or {}
  add_all(options, kind.options)
  if script.program then
    local taken = taken_by(own)
    add_all(options, own, "Options")
    add_all(options, option_list[script.also] or {})
    add_all(options, option_list.standard)
    for _, option in ipairs(option_list.program) do
      if not taken[command.names(option)[1]] then add_all(options, { option }) end
    end
    return options
  end
  add_all(options, own, "Options of this script")
  return add_all(add_all(options, option_list.module), option_list.standard)
end

local function others_of(kind, script)
  local all = add_all({}, kind.options)
  add_all(all, script.program and (option_list[script.also] or {}) or option_list.module)
  return add_all(all, option_list.standard)
end

local PROGRAM = { options = {}, arguments = {}, examples = {}, done = "done", exit_codes = {} }

local function kind_of(script)
  if script.program then return PROGRAM end
  return option_list.kinds[script.like or script.name] or option_list.kinds.update
end

local function exit_codes_of(script, kind)
  local all = {}
  for _, codes in ipairs { kind.exit_codes or {}, script.exit_codes or {} } do
    table.move(codes, 1, #codes, #all + 1, all)
  end
  return all
end

--- Everything that a script takes.
-- @tparam table script what its last line gives to start.lua: `name`; `like` which of update, watch and info it is
--   like (by its name, or else update), or `program = true`; `about`, `options`, `arguments`, `commands` and `examples`
--   of its own, in the form of `dfota.config.option_list`; `done`, what exit code 0 means; `exit_codes`,
--   the others that it can have besides 1, 2 and 78, and those of its kind; `also` a list of
--   `dfota.config.option_list` that a program takes besides
-- @treturn table `name`, `about`, `options`, `arguments`, `commands`, `examples`, `program`, `done`, `exit_codes`,
--   `has_all_codes`: those are besides all others;
--   raises an err of kind `settings` if something of the script's own is wrong
function command.of(script)
  local kind = kind_of(script)
  check(script, taken_by(others_of(kind, script)))
  local line = {
    name = script.name, about = script.about or kind.about, program = script.program, done = script.done or kind.done,
    exit_codes = exit_codes_of(script, kind), has_all_codes = kind.exit_codes == nil,
    examples = script.examples or kind.examples, options = options_of(script, kind),
    arguments = add_all(add_all({}, kind.arguments, ""), script.arguments or {}, ""), commands = {},
  }
  for i, own in ipairs(script.commands or {}) do line.commands[i] = subcommand(own, line.options) end
  return line
end

--- The names of the values that a script adds to those of its kind.
-- @tparam table script
-- @treturn {string,...} "command" among them if it has commands
function command.own_names(script)
  local names = { script.commands and "command" }
  local function add(own)
    for _, option in ipairs(own.options or {}) do names[#names + 1] = command.target(option) end
    for _, argument in ipairs(own.arguments or {}) do names[#names + 1] = command.target(argument) end
  end
  add(script)
  for _, own in ipairs(script.commands or {}) do add(own) end
  return names
end

return command
