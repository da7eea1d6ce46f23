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

local QUOTED = { ["'"] = "^'([^']*)'", ['"'] = '^"([^"]*)"' }

-- The piece of a word that begins here, and where it ends; nil if its quote is not closed.
local function piece_at(line, at)
  local quote = QUOTED[line:sub(at, at)]
  if not quote then
    local piece = line:match("^[^%s'\"]+", at)
    return piece, at + #piece
  end
  local piece = line:match(quote, at)
  if piece then return piece, at + #piece + 2 end
end

--- The words of a command line: separated by blanks, or quoted. Nothing else means anything: no shell reads them.
-- @tparam string line
-- @treturn {string,...}|nil
-- @treturn[2] string what is wrong
function shell.words(line)
  local words, at = {}, line:match "^%s*()"
  while at <= #line do
    local word = ""
    repeat
      local piece
      piece, at = piece_at(line, at)
      if not piece then return nil, "a quote is not closed" end
      word = word .. piece
    until at > #line or line:find("^%s", at)
    words[#words + 1] = word
    at = line:match("^%s*()", at)
  end
  if #words == 0 or words[1] == "" then return nil, "it names no program" end
  return words
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
