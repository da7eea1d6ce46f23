--- Splits a command line: `AT+CSQ;+CGREG?;I` gives three commands. Commas and semicolons in quotes are text.
local command_parser = {}

-- Where the extended command that starts at `from` ends: before a ';' outside quotes.
local function end_of_extended(text, from)
  local quoted = false
  for i = from, #text do
    local c = text:byte(i)
    if c == 34 then
      quoted = not quoted
    elseif c == 59 and not quoted then
      return i - 1
    end
  end
  return #text
end

--- Splits the text after '='.
-- @treturn table the fields as strings without quotes; `quoted[i]` is true if field i had them; `n`; `rest` is any
--   unexpected text after a closing quote
function command_parser.arguments(text)
  local args, i = { quoted = {}, n = 0 }, 1
  repeat
    args.n = args.n + 1
    local _, to, value = text:find('^%s*"([^"]*)"%s*', i)
    args.quoted[args.n] = to ~= nil
    if not to then
      _, to, value = text:find("^([^,]*)", i)
      value = value:match("^%s*(.-)%s*$")
    end
    args[args.n] = value
    i = to + 2
  until text:sub(to + 1, to + 1) ~= ","
  args.rest = i <= #text + 1 and text:sub(i - 1) or ""
  return args
end

local function extended(text)
  local name, rest = text:match("^(%+%a[%w]*)(.*)$")
  if not name then return { name = text, form = "unknown" } end
  name = name:upper()
  rest = rest:match("^%s*(.-)%s*$")
  if rest == "" then return { name = name, form = "exec" } end
  if rest == "?" then return { name = name, form = "read" } end
  if rest == "=?" then return { name = name, form = "test" } end
  if rest:sub(1, 1) ~= "=" then return { name = name, form = "unknown" } end
  return { name = name, form = "write", text = rest:sub(2), args = command_parser.arguments(rest:sub(2)) }
end

local function basic(text, from)
  local _, to, register, value = text:find("^[sS](%d+)=(%d*)", from)
  if to then return { name = "S=", form = "exec", number = tonumber(value), register = tonumber(register) }, to end
  _, to, register = text:find("^[sS](%d+)%?", from)
  if to then return { name = "S?", form = "exec", register = tonumber(register) }, to end
  local name, number
  _, to, name, number = text:find("^(&?%a)(%d*)", from)
  if not to then return { name = text:sub(from), form = "unknown" }, #text end
  if name:upper() == "D" then to = #text end
  return { name = name:upper(), form = "exec", number = tonumber(number) }, to
end

--- Splits what follows AT.
-- @string text
-- @treturn table list of {name=, form="exec"|"read"|"test"|"write"|"unknown", args=, number=}
function command_parser.line(text)
  local list, i = {}, 1
  while i <= #text do
    local c = text:sub(i, i)
    if c == "+" then
      local last = end_of_extended(text, i)
      list[#list + 1] = extended(text:sub(i, last))
      i = last + 2
    elseif c == ";" or c == " " then
      i = i + 1
    else
      local last
      list[#list + 1], last = basic(text, i)
      i = last + 1
    end
  end
  return list
end

return command_parser
