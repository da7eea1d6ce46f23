--- The man page of a command, dfota-NAME(1).
local command = require "dfota.config.command"
local environment = require "dfota.config.environment"
local help = require "dfota.config.help"
local roff = require "pages.roff"

local man = {}

local function capital(s) return (s:gsub("^%l", string.upper)) end

local function add(lines, more) table.move(more, 1, #more, #lines + 1, lines) end

--- The beginning of a page.
-- @tparam string name
-- @tparam integer section
-- @tparam string about one line, without its full stop
-- @tparam table build `version`, `date`
-- @treturn {string,...}
function man.head(name, section, about, build)
  local lines = {
    '.\\" Made from the option tables: do not edit it.',
    (".TH %s %d %s \"dfota %s\" \"dfota\""):format(roff.typed(name):upper(), section, build.date, build.version),
    ".SH NAME", roff.typed(name) .. " \\-",
  }
  add(lines, roff.lines(about))
  return lines
end

local function first_sentence(about)
  local sentence = about:match "^(.-)%.%s" or about:gsub("%.$", "")
  return (sentence:gsub("^%u%l", string.lower))
end

local function label_of(option)
  local names = {}
  for i, name in ipairs(command.names(option)) do names[i] = roff.bold(name) end
  if option.optional then return ("%s[=%s]"):format(table.concat(names, ", "), roff.italic(option.optional)) end
  local value = help.value(option)
  return table.concat(names, ", ") .. (value ~= "" and " " .. roff.italic(value) or "")
end

local function add_options(lines, options)
  for _, group in ipairs(help.groups(options)) do
    lines[#lines + 1] = ".SS " .. roff.text(group.title)
    for _, option in ipairs(group) do add(lines, roff.item(label_of(option), help.about(option))) end
  end
end

local function add_arguments(lines, arguments)
  for _, argument in ipairs(arguments) do add(lines, roff.item(roff.italic(argument[1]), help.about(argument))) end
end

local function synopsis(name, line)
  local words = {}
  for word in help.usage(name, line):sub(#name + 2):gmatch "%S+" do
    words[#words + 1] = (roff.typed(word):gsub("[%a_]+", "\\fI%0\\fR"))
  end
  return roff.bold(name) .. " " .. table.concat(words, " ")
end

local function add_synopsis(lines, name, line)
  lines[#lines + 1] = ".SH SYNOPSIS"
  if not line.commands[1] then
    lines[#lines + 1] = synopsis(name, line)
    return
  end
  for i, sub in ipairs(line.commands) do
    if i > 1 then lines[#lines + 1] = ".br" end
    lines[#lines + 1] = synopsis(name .. " " .. sub.name, sub)
  end
end

local function add_commands(lines, line)
  if not line.commands[1] then return end
  lines[#lines + 1] = ".SH COMMANDS"
  for _, sub in ipairs(line.commands) do
    lines[#lines + 1] = ".SS " .. roff.typed(sub.name)
    add(lines, roff.lines(sub.about))
    add_arguments(lines, sub.arguments)
    for _, option in ipairs(sub.options) do
      if command.target(option) ~= "help" then add(lines, roff.item(label_of(option), help.about(option))) end
    end
  end
end

--- The exit codes, each with whether and when to run it again.
-- @tparam {table,...} codes of `dfota.base.exit_codes`
-- @treturn {string,...}
function man.exit_codes(codes)
  local lines = { ".SH EXIT STATUS" }
  for _, code in ipairs(codes) do
    local again = code.again and (" (run it again? %s)"):format(code.again) or ""
    add(lines, roff.item(roff.bold(tostring(code.code)), code.meaning .. again))
  end
  return lines
end

--- Some variables of the environment.
-- @tparam function wanted of a variable
-- @treturn {string,...}
function man.environment(wanted)
  local lines = { ".SH ENVIRONMENT" }
  for _, variable in ipairs(environment.list) do
    if wanted(variable) then add(lines, roff.item(roff.bold(variable.name), capital(variable.about) .. ".")) end
  end
  return #lines > 1 and lines or {}
end

local function add_environment(lines, line)
  local takes = {}
  for _, option in ipairs(line.options) do takes[command.target(option)] = true end
  add(lines, man.environment(function(variable)
    return not line.program or variable.option and takes[variable.option]
  end))
end

local function add_examples(lines, name, line)
  local examples = table.move(line.examples, 1, #line.examples, 1, {})
  for _, sub in ipairs(line.commands) do add(examples, sub.examples) end
  if #examples == 0 then return end
  lines[#lines + 1] = ".SH EXAMPLES"
  for _, example in ipairs(examples) do
    add(lines, roff.item(roff.bold(help.example(example, name)), capital(example[2]) .. "."))
  end
end

local function see_also(line, all)
  local names = { "\\fBdfota\\fR(7)" }
  for _, other in ipairs(all) do
    if other.name ~= line.name then names[#names + 1] = roff.bold("dfota-" .. other.name) .. "(1)" end
  end
  return { ".SH SEE ALSO", table.concat(names, ",\n") }
end

--- A page.
-- @tparam table line from `command.of`
-- @tparam {table,...} all lines, for "see also"
-- @tparam table build `version`, `date`
-- @treturn string roff source
function man.page(line, all, build)
  local name = "dfota-" .. line.name
  local lines = man.head(name, 1, first_sentence(line.about), build)
  add_synopsis(lines, name, line)
  lines[#lines + 1] = ".SH DESCRIPTION"
  add(lines, roff.lines(line.about))
  add_arguments(lines, line.arguments)
  lines[#lines + 1] = ".SH OPTIONS"
  add_options(lines, line.options)
  add_commands(lines, line)
  add(lines, man.exit_codes(help.exit_codes(line)))
  add_environment(lines, line)
  add_examples(lines, name, line)
  add(lines, see_also(line, all))
  return table.concat(lines, "\n") .. "\n"
end

man.add, man.capital = add, capital

return man
