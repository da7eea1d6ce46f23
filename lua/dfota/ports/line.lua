--- The command of this call once more, with a port in it: a line to paste into a shell. Pure.
-- @module dfota.ports.line
local text = require "dfota.base.text"

local line = {}

local function quoted(word)
  if word:find "^[%w_@%%+=:,./-]+$" then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- It appears on screens and in logs: a password is left out, but for the name of a file that has it.
local function without_password(args)
  local list, hides = {}, false
  for _, word in ipairs(args) do
    local given = word:match "^%-%-password=(.*)$"
    if hides and word:sub(1, 1) ~= "@" then word = "***" end
    if given and given:sub(1, 1) ~= "@" then word = "--password=***" end
    list[#list + 1], hides = word, word == "--password"
  end
  return list
end

--- @tparam string called how the script was started, such as "dfota-info"
-- @tparam {string,...} args its arguments, without a port
-- @tparam string port
-- @treturn string
function line.with_port(called, args, port)
  local list = { called, "--port", quoted(port) }
  for _, word in ipairs(without_password(args)) do list[#list + 1] = quoted(word) end
  return text.printable(table.concat(list, " "))
end

return line
