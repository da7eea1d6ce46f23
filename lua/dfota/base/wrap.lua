--- Text for a terminal: words in lines that fit.
-- @module dfota.base.wrap

local wrap = {}

--- Breaks text between words.
-- @tparam string s printable, UTF-8
-- @tparam integer width columns; a longer word has a line of its own
-- @treturn {string,...} at least one line
function wrap.lines(s, width)
  local lines, line, length = {}, {}, -1
  for word in s:gmatch "%S+" do
    local size = utf8.len(word)
    if line[1] and length + 1 + size > width then
      lines[#lines + 1] = table.concat(line, " ")
      line, length = {}, -1
    end
    line[#line + 1], length = word, length + 1 + size
  end
  lines[#lines + 1] = table.concat(line, " ")
  return lines
end

--- A label, and text beside it in a column; below it if the label is too long.
-- @tparam string label
-- @tparam string s
-- @tparam integer column where the text begins, from 0
-- @tparam integer width columns in all
-- @treturn {string,...} lines
function wrap.beside(label, s, column, width)
  local lines = wrap.lines(s, width - column)
  for i, line in ipairs(lines) do lines[i] = (" "):rep(column) .. line end
  if utf8.len(label) > column - 2 then
    table.insert(lines, 1, label)
  else
    lines[1] = label .. lines[1]:sub(utf8.len(label) + 1)
  end
  return lines
end

return wrap
