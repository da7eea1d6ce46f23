--- A look at a script's arguments before they are parsed.
-- @module dfota.config.arguments

local arguments = {}

--- Is a flag among them? So that an error in the others is reported in the requested form.
-- @tparam {string,...} args
-- @tparam string flag such as "--json"
-- @treturn boolean
function arguments.has(args, flag)
  for _, word in ipairs(args) do
    if word == "--" then return false end
    if word == flag then return true end
  end
  return false
end

-- By name, those that have a value; "-3" itself may be an option.
local function with_value(options)
  local takes, names = {}, {}
  for _, option in ipairs(options) do
    for name in option[1]:gmatch "%S+" do
      names[name] = true
      local count = option.args or 1
      takes[name] = not option.flag and (count == 1 or count == "?")
    end
  end
  return takes, names
end

--- Joins a value that begins with a minus and a digit to its option, so that it is the option's value that is wrong,
-- and is told so: `--since -1d` would otherwise be an unknown option -1.
-- @tparam {string,...} args
-- @tparam {table,...} options as of `dfota.config.option_list`
-- @treturn {string,...}
function arguments.joined(args, options)
  local takes, names = with_value(options)
  local list, i = {}, 1
  while i <= #args do
    local word, value = args[i], args[i + 1]
    if word == "--" then return table.move(args, i, #args, #list + 1, list) end
    if value and takes[word] and value:find "^%-%d" and not names[value:sub(1, 2)] then
      word, i = word .. (word:find "^%-%-" and "=" or "") .. value, i + 1
    end
    list[#list + 1], i = word, i + 1
  end
  return list
end

return arguments
