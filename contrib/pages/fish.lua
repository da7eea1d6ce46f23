--- Completions of a command for fish.
local command = require "dfota.config.command"
local help = require "dfota.config.help"
local values = require "pages.values"

local function quoted(s) return "'" .. s:gsub("[\\']", "\\%0") .. "'" end

-- A word and, after a tab, what it means.
local function described(list)
  local words = {}
  for i, one in ipairs(list) do words[i] = one[2] and ("%s\t%s"):format(one[1], one[2]) or one[1] end
  return table.concat(words, "\n")
end

local function setting_words()
  local list = {}
  for _, setting in ipairs(values.settings()) do
    for _, word in ipairs(setting.words) do list[#list + 1] = { setting.name .. "=" .. word, setting.doc } end
  end
  return list
end

local function plain(words)
  local list = {}
  for i, word in ipairs(words) do list[i] = { word } end
  return list
end

local PORTS = ("(for port in %s; test -e $port; and echo $port; end)"):format(table.concat(values.PORTS, " "))

-- What -a takes besides files, as fish evaluates it.
local function suggestions(option, more)
  local kind, words = values.of(option)
  local list = plain(words)
  if kind == "setting" then list = setting_words() end
  if kind == "gate" then list = plain(more.gates) end
  if kind == "switches" then list = plain(values.switches()) end
  if kind == "port" then return PORTS end
  if kind == "directory" then return "(__fish_complete_directories)" end
  return #list > 0 and ("(printf '%%s\\n' %s)"):format(quoted(described(list)):gsub("\n", "' '")) or nil, kind
end

local function condition_of(name, sub)
  if not sub then return "" end
  return (" -n '__fish_seen_subcommand_from %s'"):format(sub.name), name
end

local function about(option) return quoted(help.about(option)) end

local function option_line(name, option, more, sub)
  local parts = { "complete -c " .. name .. (condition_of(name, sub)) }
  for _, flag in ipairs(command.names(option)) do
    parts[#parts + 1] = flag:find "^%-%-" and "-l " .. flag:sub(3) or "-s " .. flag:sub(2)
  end
  if not option.flag then
    local words, kind = suggestions(option, more)
    parts[#parts + 1] = kind == "file" and "-r -F" or "-x"
    if words then parts[#parts + 1] = "-a " .. quoted(words) end
  end
  parts[#parts + 1] = "-d " .. about(option)
  return table.concat(parts, " ")
end

local function takes_files(arguments)
  for _, argument in ipairs(arguments) do
    local kind = values.of(argument)
    if kind == "file" or kind == "directory" then return true end
  end
  return false
end

local function argument_lines(name, arguments, more, sub)
  local lines = {}
  for _, argument in ipairs(arguments) do
    local words, kind = suggestions(argument, more)
    local files = kind == "file" and " -F" or ""
    if words or files ~= "" then
      lines[#lines + 1] = ("complete -c %s%s%s%s -d %s"):format(name, (condition_of(name, sub)), files,
        words and " -a " .. quoted(words) or "", about(argument))
    end
  end
  return lines
end

--- The completions.
-- @tparam table line from `command.of`
-- @tparam table more `gates`
-- @treturn string source
return function(line, more)
  local name = "dfota-" .. line.name
  local lines = { ("# Completions of %s for fish. Made from its option table: do not edit it."):format(name) }
  local function add(list) table.move(list, 1, #list, #lines + 1, lines) end
  if line.commands[1] or not takes_files(line.arguments) then lines[2] = ("complete -c %s -f"):format(name) end
  for _, option in ipairs(line.options) do add { option_line(name, option, more) } end
  add(argument_lines(name, line.arguments, more))
  for _, sub in ipairs(line.commands) do
    add { ("complete -c %s -n __fish_use_subcommand -a %s -d %s"):format(name, sub.name, quoted(sub.about)) }
    for _, option in ipairs(sub.options) do
      if command.target(option) ~= "help" then add { option_line(name, option, more, sub) } end
    end
    add(argument_lines(name, sub.arguments, more, sub))
  end
  return table.concat(lines, "\n") .. "\n"
end
