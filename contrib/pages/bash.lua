--- Completions of a command for bash: self-contained, since bash-completion loads the file of a command by its name.
local command = require "dfota.config.command"
local values = require "pages.values"

local PORTS = ([[
_FN_ports() {
  local pattern
  for pattern in PATTERNS; do compgen -G "$pattern"; done
}
]]):gsub("PATTERNS", function()
  local quoted = {}
  for i, pattern in ipairs(values.PORTS) do quoted[i] = "'" .. pattern .. "'" end
  return table.concat(quoted, " ")
end)

-- bash splits words at = and : as well.
local BODY = [[
# Completions of NAME for bash. Made from its option table: do not edit it.
_FN_files() {
  local line
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$1" -- "$cur")
}

_FN_words() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$1" -- "$cur")
}

HELPERS_FN_value() {
  case $1 in
VALUES  *) return 1 ;;
  esac
}

_FN() {
  local cur=${COMP_WORDS[COMP_CWORD]} i word at=$((COMP_CWORD - 1)) prev joined='' sub='' after=''
  COMPREPLY=()
  if [ "$cur" = = ]; then
    cur='' joined=1
  elif [ "${COMP_WORDS[at]}" = = ]; then
    joined=1 at=$((at - 1))
  fi
  prev=${COMP_WORDS[at]}
SETTINGS  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
    --) after=1 ;;
SUBS    esac
  done
  if [ -z "$after" ]; then
    _FN_value "$prev" && return
    case $cur in
    -*)
      case $sub in
OPTIONS      esac
      return
      ;;
    esac
  fi
  case $sub in
ARGUMENTS  esac
}

complete -F _FN NAME
]]

-- NAME=VALUE arrives as three words.
local SETTINGS = [[
  if [ "$joined" ] && [ "$at" -gt 1 ] && [ "${COMP_WORDS[at - 1]}" = --set ]; then
    _FN_setting "$prev"
    return
  fi
]]

local function quoted(words) return '"' .. table.concat(words, " "):gsub('[\\"$`]', "\\%0") .. '"' end

local function names_of(options)
  local names = {}
  for _, option in ipairs(options) do
    for _, name in ipairs(command.names(option)) do names[#names + 1] = name end
  end
  return names
end

-- The lines that complete a value.
local ACTIONS = {
  file = "_FN_files -f", directory = "_FN_files -d", port = '_FN_words "$(_FN_ports)"',
  setting = "compopt -o nospace 2>/dev/null; _FN_words SETTING_NAMES", gate = "_FN_words GATES",
  switches = "compopt -o nospace 2>/dev/null; _FN_words SWITCHES",
}

local function action_of(option)
  local kind, words = values.of(option)
  local actions = {}
  if #words > 0 then actions[1] = "_FN_words " .. quoted(words) end
  if kind then actions[#actions + 1] = ACTIONS[kind] end
  return #actions > 0 and table.concat(actions, "; ") or ":"
end

local function all_options(line)
  local all = table.move(line.options, 1, #line.options, 1, {})
  for _, sub in ipairs(line.commands) do table.move(sub.options, 1, #sub.options, #all + 1, all) end
  return all
end

local function value_cases(line)
  local cases, seen = {}, {}
  for _, option in ipairs(all_options(line)) do
    local pattern = table.concat(command.names(option), " | ")
    if not seen[pattern] and (not option.flag or option.complete) then
      seen[pattern] = true
      -- A value that may be left out only belongs to the option if it is joined to it.
      local only_joined = option.flag and '[ "$joined" ] || return 1; ' or ""
      cases[#cases + 1] = ("  %s) %s%s ;;\n"):format(pattern, only_joined, action_of(option))
    end
  end
  return table.concat(cases)
end

local function setting_cases()
  local cases = {}
  for _, setting in ipairs(values.settings()) do
    cases[#cases + 1] = ("  %s) _FN_words %s ;;\n"):format(setting.name, quoted(setting.words))
  end
  return "_FN_setting() {\n  case $1 in\n" .. table.concat(cases) .. "  esac\n}\n\n"
end

local function option_cases(line)
  local cases, own = {}, names_of(line.options)
  for _, sub in ipairs(line.commands) do
    local names = table.move(own, 1, #own, 1, {})
    for _, name in ipairs(names_of(sub.options)) do
      if name ~= "-h" and name ~= "--help" then names[#names + 1] = name end
    end
    cases[#cases + 1] = ("      %s) _FN_words %s ;;\n"):format(sub.name, quoted(names))
  end
  return table.concat(cases) .. ("      *) _FN_words %s ;;\n"):format(quoted(own))
end

local function arguments_action(arguments)
  local actions = {}
  for _, argument in ipairs(arguments) do
    local action = action_of(argument)
    if action ~= ":" then actions[#actions + 1] = action end
  end
  return #actions > 0 and table.concat(actions, "; ") or ":"
end

local function argument_cases(line)
  local cases, names = {}, {}
  for i, sub in ipairs(line.commands) do
    names[i] = sub.name
    cases[#cases + 1] = ("  %s) %s ;;\n"):format(sub.name, arguments_action(sub.arguments))
  end
  local first = names[1] and "_FN_words " .. quoted(names) or arguments_action(line.arguments)
  return table.concat(cases) .. ("  *) %s ;;\n"):format(first)
end

local function sub_cases(line)
  local names = {}
  for i, sub in ipairs(line.commands) do names[i] = sub.name end
  if #names == 0 then return "" end
  return ("    %s) if [ -z \"$sub\" ]; then sub=$word; fi ;;\n"):format(table.concat(names, " | "))
end

local function has(line, kind)
  for _, option in ipairs(all_options(line)) do
    if option.complete == kind then return true end
  end
  return false
end

local function setting_names()
  local names = {}
  for i, setting in ipairs(values.settings()) do names[i] = setting.name .. "=" end
  return names
end

--- The completions.
-- @tparam table line from `command.of`
-- @tparam table more `gates`
-- @treturn string source
return function(line, more)
  local sets = has(line, "setting")
  local parts = {
    VALUES = value_cases(line), OPTIONS = option_cases(line), ARGUMENTS = argument_cases(line), SUBS = sub_cases(line),
    SETTINGS = sets and SETTINGS or "", HELPERS = (has(line, "port") and PORTS .. "\n" or "")
      .. (sets and setting_cases() or ""),
  }
  local text = BODY:gsub("%f[%u]%u+%f[%U]", parts)
  text = text:gsub("HELPERS_FN", function() return parts.HELPERS .. "_FN" end)
  local words = {
    SETTING_NAMES = quoted(setting_names()), GATES = quoted(more.gates), SWITCHES = quoted(values.switches()),
  }
  text = text:gsub("%f[%u_][%u_]+%f[^%u_]", words)
  return (text:gsub("_FN", "_dfota_" .. line.name:gsub("%W", "_")):gsub("NAME", "dfota-" .. line.name))
end
