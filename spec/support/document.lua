--- Documents parsed for the specs: sections, tables, blocks.
local folder = require "support.folder"

local document = {}

--- A document's text.
function document.read(path) return folder.read(path) end

--- The section under a heading, up to the next heading of its level or above.
-- @param text
-- @param heading the whole line, such as "## Exit codes"
function document.section(text, heading)
  local level = #heading:match "^#+"
  local _, last = ("\n" .. text):find("\n" .. heading .. "\n", 1, true)
  assert(last, "there is no heading " .. heading)
  local rest = text:sub(last)
  for at, marks in rest:gmatch "()\n(#+) " do
    if #marks <= level then return rest:sub(1, at) end
  end
  return rest
end

--- The rows of the first table: the cells of each, without its header.
function document.rows(text)
  local rows = {}
  for line in text:gmatch "[^\n]+" do
    if line:find "^|" then
      local row = {}
      for cell in line:gmatch "|([^|]*)%f[|]" do row[#row + 1] = cell:match "^%s*(.-)%s*$" end
      rows[#rows + 1] = row
    elseif rows[1] then
      break
    end
  end
  return table.move(rows, 3, #rows, 1, {})
end

--- What is in backticks.
function document.quoted(text)
  local words = {}
  for word in text:gmatch "`([^`]+)`" do words[#words + 1] = word end
  return words
end

--- Fenced blocks: the language, the rest of that line, the content.
function document.blocks(text)
  local blocks = {}
  for language, name, content in text:gmatch "\n```(%w+) ?([^\n]*)\n(.-)\n```" do
    blocks[#blocks + 1] = { language = language, name = name, content = content }
  end
  return blocks
end

return document
