--- Completions of the command `dfota NAME …`: the names, then what dfota-NAME completes.
local launcher = {}

-- The file of dfota-NAME lies beside this one.
local BASH = [[
# Completions of dfota for bash. Made from the scripts: do not edit it.
_dfota() {
  local command=dfota-${COMP_WORDS[1]} name
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    for name in NAMES; do
      case $name in "${COMP_WORDS[1]}"*) COMPREPLY+=("$name") ;; esac
    done
    return
  fi
  [ -e "$_dfota_folder/$command" ] || return
  . "$_dfota_folder/$command"
  COMP_WORDS=("$command" "${COMP_WORDS[@]:2}") COMP_CWORD=$((COMP_CWORD - 1))
  "_${command//-/_}"
}

_dfota_folder=${BASH_SOURCE[0]%/*}
complete -F _dfota dfota
]]

local ZSH = [[
#compdef dfota
# Made from the scripts: do not edit it.

_dfota() {
  local state
  _arguments '1:command:(NAMES)' '*::argument:->argument' && return
  if [ "$state" = argument ]; then
    words[1]=dfota-$words[1]
    _call_function ret "_$words[1]"
  fi
}

_dfota "$@"
]]

local FISH = [[
# Completions of dfota for fish. Made from the scripts: do not edit it.
function __dfota_rest
  complete -C (commandline -cp | string replace -r '^\S+\s+' dfota-)
end

complete -c dfota -f
complete -c dfota -n __fish_use_subcommand -a 'NAMES'
complete -c dfota -n 'not __fish_use_subcommand' -a '(__dfota_rest)'
]]

local function made(template)
  return function(lines)
    local names = {}
    for i, line in ipairs(lines) do names[i] = line.name end
    return (template:gsub("NAMES", table.concat(names, " ")))
  end
end

launcher.bash, launcher.zsh, launcher.fish = made(BASH), made(ZSH), made(FISH)

return launcher
