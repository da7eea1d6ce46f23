--- Command-line options for all scripts: what a script takes (`dfota.config.command`), parsed and settled.
-- @module dfota.config.cli
local arguments = require "dfota.config.arguments"
local command = require "dfota.config.command"
local core = require "dfota.core"
local credentials = require "dfota.config.credentials"
local environment = require "dfota.config.environment"
local sim_option = require "dfota.config.sim_option"
local text = require "dfota.base.text"

local cli = {}

-- A usage error is one line.
local function usage(message)
  local line = text.printable((message:gsub("%s*\n%s*", "; ")))
  return nil, core.error("usage", line .. " (--help shows the options)")
end

-- As it was started, to be typed again: an installed command by its name, a script by its path.
local function typed(script)
  local args = script.args or {}
  if args.launched then return text.printable(args.launched:match "[^/]*$") end
  if args[0] and args[-1] then return text.printable(("%s %s"):format(args[-1], args[0])) end
  return "dfota-" .. script.name
end

-- What is installed has its pages installed; a script of one's own has none. A program has no flow, and few have
-- settings.
local function read_on(script, line)
  local pages = ("man dfota-%s, man dfota."):format(script.name)
  if not (script.args and script.args.launched) then
    if not line.program then return "Settings: --settings. How to change a flow: README.md and docs/flows.md." end
    pages = "README.md and docs/."
  end
  return (line.program and "" or "Settings: --settings. ") .. "More: " .. pages
end

-- The parser, and a table that gets `words` if only the help or version is asked for.
local function parser_of(line, script)
  local asked = {}
  local function only_say(words)
    asked.words = words
    error("help or version", 0)
  end
  local how = { name = typed(script), more = read_on(script, line) }
  return require("dfota.config.parser").new(line, {
    help = function(sub) only_say(require("dfota.config.help").text(line, sub, how)) end,
    version = function() only_say(("dfota-%s %s"):format(line.name, core.version)) end,
  }), asked
end

-- Listing settings needs no package.
local function without_arguments(line)
  for i, argument in ipairs(line.arguments) do
    line.arguments[i] = setmetatable({ args = "?" }, { __index = argument })
  end
end

local MAY_NOT_BE_EMPTY = { "port", "trace", "output", "transcript" }

local function find_empty(options)
  for _, name in ipairs(MAY_NOT_BE_EMPTY) do
    if options[name] == "" then return nil, ("--%s is empty"):format(name) end
  end
  return true
end

local function check_port(options)
  if options.sim and options.port then return nil, "--sim and --port are mutually exclusive" end
  return true
end

local function settle(line, options, getenv)
  local takes = {}
  for _, option in ipairs(line.options) do takes[command.target(option)] = true end
  local steps = line.program and { find_empty, environment.settle }
    or { find_empty, check_port, environment.settle, credentials.settle }
  for _, step in ipairs(steps) do
    local ok, why = step(options, getenv, takes)
    if not ok then return usage(why) end
  end
  if not line.program then options.baud, options.preflight = options.baud or "auto", not options.no_preflight end
  return options
end

-- argparse says of an option with several values how many it has, not which, nor that nothing may stand between them.
local function which_values(line, message)
  local name = message:match "^option '(%-%-[%w-]+)' requires %d+ arguments"
  for _, option in ipairs(name and line.options or {}) do
    if option[1] == name and type(option.argname) == "table" then
      return ("%s is followed by its values at once: %s %s"):format(name, name, table.concat(option.argname, " "))
    end
  end
  return message
end

-- Those of the commands, too.
local function all_options(line)
  local all = table.move(line.options, 1, #line.options, 1, {})
  for _, sub in ipairs(line.commands) do table.move(sub.options, 1, #sub.options, #all + 1, all) end
  return all
end

local function parsed(line, script, args)
  local made, asked = parser_of(line, script)
  local ran, ok, options = pcall(made.pparse, made, arguments.joined(args, all_options(line)))
  if asked.words then return asked end
  if not ran then error(ok, 0) end
  if not ok then return usage(which_values(line, options)) end
  return options
end

--- Parse a script's arguments.
-- @tparam table script `name`; `like` which of update, watch and info it is like (by its name, or else update), or
--   `program = true`; `about` what it is for; `options`, `arguments`, `commands` and `examples` of its own, in the form
--   of `dfota.config.option_list`
-- @tparam table args
-- @tparam[opt] table host `getenv` (default os.getenv); `is_switches` function(word) → boolean: does a word after
--   `--sim` name switches of the simulated module? Without it, only one with a "=" does
-- @treturn table|nil options by name, `apn` nil for the module's own, `preflight` false if disabled, `command` the
--   subcommand; or `words` alone if the version or help is asked for; nil, err of kind `usage`
function cli.parse(script, args, host)
  host = host or {}
  local built, line = pcall(command.of, script)
  if not built then return nil, core.is_error(line) and line or error(line, 0) end
  local sim
  if not line.program then
    args, sim = sim_option.take(args, host.is_switches or function() return false end)
    if arguments.has(args, "--settings") then without_arguments(line) end
  end
  local options, err = parsed(line, script, args)
  if not options or options.words then return options, err end
  options.sim = sim or options.sim
  return settle(line, options, host.getenv or os.getenv)
end

return cli
