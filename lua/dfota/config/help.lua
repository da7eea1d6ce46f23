--- The text of the option help: usage, options in their groups, exit codes, examples; 80 columns.
-- @module dfota.config.help

local command = require "dfota.config.command"
local exit_codes = require "dfota.base.exit_codes"
local wrap = require "dfota.base.wrap"

local help = {}

local WIDTH, COLUMN = 79, 24

local function add(lines, more) table.move(more, 1, #more, #lines + 1, lines) end

local function heading(lines, title) add(lines, { "", title .. ":" }) end

local function entry(lines, label, what) add(lines, wrap.beside(label, what, COLUMN, WIDTH)) end

local function argument_words(argument)
  local name, args = argument[1], tostring(argument.args or 1)
  if args == "?" then return "[" .. name .. "]" end
  if args == "*" then return "[" .. name .. "]..." end
  return args == "+" and name .. "..." or name
end

--- How a command is called, in one line.
-- @tparam string name as typed
-- @tparam table line from `command.of`, or one of its commands
-- @treturn string
function help.usage(name, line)
  local words = { name, "[options]" }
  for _, argument in ipairs(line.arguments) do words[#words + 1] = argument_words(argument) end
  if line.commands and line.commands[1] then words[#words + 1] = "COMMAND ..." end
  return table.concat(words, " ")
end

--- An option's value as it is shown, such as "DEV"; "" for a flag.
-- @tparam table option
-- @treturn string
function help.value(option)
  if option.flag then return "" end
  if option.argname then
    return type(option.argname) == "table" and table.concat(option.argname, " ") or option.argname
  end
  return option.choices and table.concat(option.choices, "|") or "VALUE"
end

--- What follows an option's name: " DEV", "[=SPEC]" for a value that may be left out, "" for a flag.
-- @tparam table option
-- @treturn string
function help.after_name(option)
  if option.optional then return ("[=%s]"):format(option.optional) end
  return option.flag and "" or " " .. help.value(option)
end

--- What an option is for, with its default and the values it can have.
-- @tparam table option or argument
-- @treturn string
function help.about(option)
  local default = option.shown_default or option.default
  local more = default ~= nil and (" (default: %s)"):format(default) or ""
  if option.choices and option.argname then
    more = (" One of %s."):format(table.concat(option.choices, ", ")) .. more
  end
  return option[2] .. more
end

local function label(option)
  local names = command.names(option)
  local shown = names[2] and table.concat(names, ", ") or (names[1]:find "^%-%-" and "    " or "") .. names[1]
  return "  " .. shown .. help.after_name(option)
end

--- The options by their groups.
-- @tparam {table,...} options
-- @treturn {table,...} in the order in which they first appear: `title`, and options
function help.groups(options)
  local groups = {}
  for _, option in ipairs(options) do
    if not groups[option.group] then
      groups[option.group] = { title = option.group }
      groups[#groups + 1] = groups[option.group]
    end
    table.insert(groups[option.group], option)
  end
  return groups
end

local function add_options(lines, options)
  for _, group in ipairs(help.groups(options)) do
    heading(lines, group.title)
    for _, option in ipairs(group) do entry(lines, label(option), help.about(option)) end
  end
end

local FILES = "settings.lua, retries.lua and apns.lua are looked for in $DFOTA_CONFIG, ~/.config/dfota, /etc/dfota and "
  .. "beside the scripts; the first one found counts. No upgrade writes into the first three."

local function add_files(lines)
  heading(lines, "Files")
  for _, line in ipairs(wrap.lines(FILES, WIDTH - 2)) do lines[#lines + 1] = "  " .. line end
end

local function add_named(lines, title, list, name_of, about_of)
  if #list == 0 then return end
  heading(lines, title)
  for _, one in ipairs(list) do entry(lines, "  " .. name_of(one), about_of(one)) end
end

local function again(code)
  return code.again and (" (again: %s)"):format(code.again) or ""
end

local function add_exit_codes(lines, codes)
  heading(lines, "Exit codes")
  for _, code in ipairs(codes) do
    add(lines, wrap.beside(("  %3d"):format(code.code), code.meaning .. again(code), 7, WIDTH))
  end
end

--- An example as it is typed.
-- @tparam table example its command, with NAME for the program, and what it does
-- @tparam string name as typed
-- @treturn string
function help.example(example, name)
  return (example[1]:gsub("NAME", (name:gsub("%%", "%%%%"))))
end

local function add_examples(lines, examples, name)
  if #examples == 0 then return end
  heading(lines, "Examples")
  for _, example in ipairs(examples) do
    add(lines, { "  " .. help.example(example, name) })
    for _, line in ipairs(wrap.lines(example[2], WIDTH - 6)) do lines[#lines + 1] = "      " .. line end
  end
end

local OF_ALL = { [0] = true, [1] = true, [2] = true, [78] = true }

-- What a command says of its own codes, by number: an entry, or true where it means what it means everywhere.
local function own_codes(line)
  local own = { [0] = line.done and { code = 0, meaning = line.done } or nil }
  for _, code in ipairs(line.exit_codes or {}) do
    if type(code) == "table" then
      own[code[1]] = { code = code[1], meaning = code[2], again = code[3] }
    else
      own[code] = true
    end
  end
  return own
end

--- The exit codes that a command can have.
-- @tparam table line from `command.of`
-- @treturn {table,...} of `dfota.base.exit_codes`; those that mean something else with this command, and those of its
--   own, as it says
function help.exit_codes(line)
  local own, list = own_codes(line), {}
  for _, code in ipairs(exit_codes.list) do
    local wanted = line.has_all_codes or own[code.code] or OF_ALL[code.code]
    if wanted and type(own[code.code]) ~= "table" then list[#list + 1] = code end
  end
  for _, code in pairs(own) do
    if type(code) == "table" then list[#list + 1] = code end
  end
  table.sort(list, function(a, b) return a.code < b.code end)
  return list
end

local function first(list) return list[1] end

--- The whole text.
-- @tparam table line from `command.of`
-- @tparam[opt] table sub one of its commands, if the help for that one is asked for
-- @tparam table how `name` as typed; `more` where to read on
-- @treturn string without its last line end
function help.text(line, sub, how)
  local name, of = how.name .. (sub and " " .. sub.name or ""), sub or line
  local lines = { "Usage: " .. help.usage(name, of) }
  if of.about then add(lines, { "", table.unpack(wrap.lines(of.about, WIDTH)) }) end
  add_named(lines, "Arguments", of.arguments, first, help.about)
  add_named(lines, "Commands (each has its --help)", of.commands or {}, function(one) return one.name end,
    function(one) return one.about end)
  add_options(lines, of.options)
  if not sub then
    if not line.program then add_files(lines) end
    add_exit_codes(lines, help.exit_codes(line))
  end
  add_examples(lines, of.examples, how.name)
  local more = sub and ("Options of every command, and exit codes: %s --help."):format(how.name) or how.more
  if more then add(lines, { "", table.unpack(wrap.lines(more, WIDTH)) }) end
  return table.concat(lines, "\n")
end

return help
