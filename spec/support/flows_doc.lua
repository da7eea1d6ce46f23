--- docs/flows.md parsed for the specs: its tables of words, and the changes that it suggests.
--
--     local files = flows_doc.apply(6, folder_with_the_scripts)
local folder = require "support.folder"

local flows_doc = {}

local PATH = "docs/flows.md"

local function lines_of(text)
  local lines = {}
  for line in (text:gsub("\n?$", "\n")):gmatch "(.-)\n" do lines[#lines + 1] = line end
  return lines
end

-- The indented code after line `at`.
local function block_after(lines, at)
  local code = {}
  for i = at + 1, #lines do
    local line = lines[i]
    if line ~= "" and line:sub(1, 4) ~= "    " then break end
    if line ~= "" or #code > 0 then code[#code + 1] = line:sub(5) end
  end
  while code[#code] == "" do code[#code] = nil end
  assert(#code > 0, "no code after: " .. lines[at])
  return code
end

local function instruction(line)
  for _, how in ipairs { "before", "after", "in place of" } do
    local file, anchor = line:match("^In `([^`]+)`, " .. how .. " `(.+)`:$")
    if file then return { file = file, how = how, anchor = anchor } end
  end
  local file = line:match "As `([^`]+)`:$"
  return file and { file = file, how = "new" }
end

--- The changes in their order.
-- @treturn {table,...} each a list of instructions (`file`, `how`, `anchor`, `code`), and `title`
function flows_doc.changes()
  local lines, changes = lines_of(folder.read(PATH)), {}
  for i, line in ipairs(lines) do
    local title = line:match "^### %d+%. (.+)$"
    if title then changes[#changes + 1] = { title = title } end
    local found = changes[1] and instruction(line)
    if found then
      found.code = block_after(lines, i)
      table.insert(changes[#changes], found)
    end
  end
  return changes
end

local function place_of(lines, anchor)
  local place
  for i, line in ipairs(lines) do
    if line:match("^%s*(.*)$"):sub(1, #anchor) == anchor then
      assert(not place, "more than one line begins with: " .. anchor)
      place = i
    end
  end
  return assert(place, "no line begins with: " .. anchor)
end

local function carry_out(step, path)
  if step.how == "new" then return folder.write(path, table.concat(step.code, "\n") .. "\n") end
  local lines = lines_of(folder.read(path))
  local at = place_of(lines, step.anchor)
  if step.how == "in place of" then table.remove(lines, at) end
  if step.how == "after" then at = at + 1 end
  for i, line in ipairs(step.code) do table.insert(lines, at + i - 1, line) end
  folder.write(path, table.concat(lines, "\n") .. "\n")
end

--- Applies a change, as a reader would.
-- @tparam integer number
-- @tparam string scripts directory of the scripts
function flows_doc.apply(number, scripts)
  local change = assert(flows_doc.changes()[number], "no such change")
  assert(change[1], "nothing to paste: " .. change.title)
  for _, step in ipairs(change) do carry_out(step, scripts .. "/" .. step.file) end
end

--- The words in the tables.
-- @treturn table owner such as "job.modem" → set of names
function flows_doc.words()
  local words = {}
  for cell in folder.read(PATH):gmatch "\n| ([^|]+) |" do
    for word in cell:gmatch "`([^`]+)`" do
      local owner, name = word:match "^([%a.]+)[.:]([%w_]+)"
      if owner then
        owner = owner:find "^job" and owner or "job." .. owner
        words[owner] = words[owner] or {}
        words[owner][name] = true
      end
    end
  end
  return words
end

return flows_doc
