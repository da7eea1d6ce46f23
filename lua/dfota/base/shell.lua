--- Words as a shell takes them, so that a command that is shown can be pasted. Pure.
-- @module dfota.base.shell
local text = require "dfota.base.text"

local shell = {}

--- One word, quoted if it needs to be.
-- @tparam string word
-- @treturn string
function shell.quoted(word)
  if word:find "^[%w_@%%+=:,./-]+$" then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- A command line.
-- @tparam {string,...} words
-- @treturn string|nil nil if a word holds what cannot be shown in one line, such as a line end
function shell.line(words)
  local quoted = {}
  for i, word in ipairs(words) do
    if text.printable(word) ~= word then return nil end
    quoted[i] = shell.quoted(word)
  end
  return table.concat(quoted, " ")
end

return shell
