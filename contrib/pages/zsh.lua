--- Completions of a command for zsh.
local command = require "dfota.config.command"
local help = require "dfota.config.help"
local values = require "pages.values"

local function quoted(s) return "'" .. s:gsub("'", "'\\''") .. "'" end

-- In a spec of _arguments a colon and brackets end a part.
local function part(s) return (s:gsub("[%[%]:\\]", "\\%0")) end

local SETTINGS = [=[
_FN_settings() {
  if compset -P '*='; then
    case ${IPREFIX#--set=} in
CASES    esac
  else
    local -a names
    names=(
NAMES    )
    _describe -t settings setting names -S =
  fi
}

]=]

local PORTS = [[
_FN_ports() {
  local -a ports
  ports=(PATTERNS)
  _describe -t ports port ports || _files -W /dev
}

]]

-- A file, or one of these words, after which more may follow.
local EITHER = [[
_FN_either() {
  _files
  compadd -S '' -- "$@"
}

]]

local function ports()
  local patterns = {}
  for i, pattern in ipairs(values.PORTS) do patterns[i] = pattern .. "(N)" end
  return (PORTS:gsub("PATTERNS", function() return table.concat(patterns, " ") end))
end

local function settings()
  local cases, names = {}, {}
  for i, setting in ipairs(values.settings()) do
    cases[i] = ("    %s=) compadd -- %s ;;\n"):format(setting.name, table.concat(setting.words, " "))
    names[i] = ("      %s\n"):format(quoted(part(setting.name) .. ":" .. setting.doc))
  end
  return (SETTINGS:gsub("%u+%f[%U]", { CASES = table.concat(cases), NAMES = table.concat(names) }))
end

local function words_action(words)
  local list = {}
  for i, word in ipairs(words) do list[i] = part(word):gsub("[%s()|]", "\\%0") end
  return "(" .. table.concat(list, " ") .. ")"
end

local ACTIONS = { file = "_files", directory = "_files -/", port = "_FN_ports", setting = "_FN_settings" }

local function action_of(option, more)
  local kind, words = values.of(option)
  if kind == "gate" then return words_action(more.gates) end
  if kind == "switches" then return words_action(values.switches()) end
  if kind == "file" and #words > 0 then return " _FN_either " .. part(table.concat(words, " ")) end
  if kind then return ACTIONS[kind] end
  return #words > 0 and words_action(words) or " "
end

-- How many values: one after the other in the same spec.
local function value_part(option, more)
  if option.optional then return ("::%s:%s"):format(option.optional, action_of(option, more)) end
  if option.flag then return "" end
  local count = math.tointeger(tonumber(option.args)) or 1
  local label = part(type(option.argname) == "table" and option.argname[1] or help.value(option))
  return ((option.args == "?" and "::" or ":") .. label .. ":" .. action_of(option, more)):rep(count)
end

local function option_specs(option, more)
  local names, specs = command.names(option), {}
  local many = option.count and "*" or ""
  local others = option.count and "" or names[2] and "(" .. table.concat(names, " ") .. ")" or ""
  for i, name in ipairs(names) do
    local join = option.optional and "=-" or not option.flag and name:find "^%-%-" and "=" or ""
    specs[i] = quoted(("%s%s%s%s[%s]%s"):format(others, many, name, join, part(help.about(option)),
      value_part(option, more)))
  end
  return specs
end

local function argument_specs(arguments, more)
  local specs = {}
  for i, argument in ipairs(arguments) do
    local args = tostring(argument.args or 1)
    local where = (args == "*" or args == "+") and "*:" or args == "?" and ("%d::"):format(i) or ("%d:"):format(i)
    specs[i] = quoted(where .. part(argument[1]) .. ":" .. action_of(argument, more))
  end
  return specs
end

local function specs_of(options, arguments, more)
  local specs = {}
  for _, option in ipairs(options) do
    for _, spec in ipairs(option_specs(option, more)) do specs[#specs + 1] = spec end
  end
  return table.move(arguments, 1, #arguments, #specs + 1, specs)
end

local function call(specs, indent) return indent .. "_arguments -s -S \\\n" .. indent .. "  "
  .. table.concat(specs, " \\\n" .. indent .. "  ") end


local function with_commands(line, more)
  local names, cases = {}, {}
  for i, sub in ipairs(line.commands) do
    names[i] = ("    %s"):format(quoted(sub.name .. ":" .. sub.about))
    local options = table.move(line.options, 1, #line.options, 1, {})
    for _, option in ipairs(sub.options) do
      if command.target(option) ~= "help" then options[#options + 1] = option end
    end
    cases[i] = ("  %s)\n%s\n    ;;"):format(sub.name,
      call(specs_of(options, argument_specs(sub.arguments, more), more), "    "))
  end
  local first = specs_of(line.options, { quoted "1:command:->command", quoted "*::argument:->argument" }, more)
  return "  local state line\n  local -a commands\n  commands=(\n" .. table.concat(names, "\n") .. "\n  )\n"
    .. call(first, "  ") .. " && return\n  case $state in\n  command) _describe command commands ;;\n"
    .. "  argument)\n  case $line[1] in\n" .. table.concat(cases, "\n") .. "\n  esac\n  ;;\n  esac"
end

--- The completions.
-- @tparam table line from `command.of`
-- @tparam table more `gates`
-- @treturn string source
return function(line, more)
  local body = line.commands[1] and with_commands(line, more)
    or call(specs_of(line.options, argument_specs(line.arguments, more), more), "  ")
  local helpers = line.program and "" or ports() .. settings()
  if body:find("_FN_either", 1, true) then helpers = EITHER .. helpers end
  local head = ("#compdef dfota-%s\n# Made from its option table: do not edit it.\n\n"):format(line.name)
  local text = ("%s_FN() {\n%s\n}\n\n_FN \"$@\"\n"):format(helpers, body)
  return head .. text:gsub("_FN", "_dfota_" .. line.name:gsub("%W", "_"))
end
