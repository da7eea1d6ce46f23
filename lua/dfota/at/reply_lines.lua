--- Which lines belong to the reply of a command. Pure.
-- @module dfota.at.reply_lines
local urc = require "dfota.at.urc"

local reply_lines = {}

-- Called for every line of every reply.
local byte, string_sub, type = string.byte, string.sub, type

local BLANK = byte " "

local function matches(line, expect)
  local kind = type(expect)
  if kind == "string" then return string_sub(line, 1, #expect) == expect end
  if kind == "function" then return expect(line) end
  for i = 1, #expect do
    local prefix = expect[i]
    if string_sub(line, 1, #prefix) == prefix then return true end
  end
  return false
end

--- The line if it belongs to the reply, without the leading spaces that some modules send if its prefix is known.
-- @tparam string line
-- @tparam[opt] string|{string,...}|function expect prefix, list of prefixes or function(line); default: everything
--   but known URCs
-- @treturn string|nil nil if it does not belong to the reply
function reply_lines.take(line, expect)
  if not expect then return not urc.is_known(line) and line or nil end
  if matches(line, expect) then return line end
  if type(expect) == "function" or byte(line) ~= BLANK then return nil end
  line = line:match "^ *(.*)$"
  return matches(line, expect) and line or nil
end

return reply_lines
