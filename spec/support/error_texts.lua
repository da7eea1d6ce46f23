--- What the sources say to people: the fixed part of each of their texts, found in the code itself.
local folder = require "support.folder"

local error_texts = {}

-- Position behind a string that begins at `first`, whose quote is there.
local function string_end(source, first)
  local quote, position = source:sub(first, first), first + 1
  repeat
    local found = source:find('["\'\\\n]', position) or #source
    local c = source:sub(found, found)
    if c == quote or c == "\n" or found == #source then return found, c == quote end
    position = found + (c == "\\" and 2 or 1)
  until false
end

local SKIP = { -- what begins with these characters, and where it ends
  lua = { { "^%-%-%[%[", "%]%]" }, { "^%-%-", "\n" }, { "^%[%[", "%]%]" } },
  c = { { "^/%*", "%*/" }, { "^//", "\n" } },
}

local function skipped(source, position, rules)
  for _, rule in ipairs(rules) do
    if source:find(rule[1], position) then
      local _, last = source:find(rule[2], position + 2)
      return last or #source
    end
  end
end

local UNQUOTED = { n = " ", t = " ", ['"'] = '"', ["'"] = "'", ["\\"] = "\\" }

-- Every string of a source, without its comments.
local function strings(source, language)
  local found, position = {}, 1
  while true do
    position = source:find("[-\"'%[/]", position)
    if not position then return found end
    local past = skipped(source, position, SKIP[language])
    if past then
      position = past + 1
    elseif source:find("^[\"']", position) then
      local last, closed = string_end(source, position)
      if closed then found[#found + 1] = source:sub(position + 1, last - 1):gsub("\\(.)", UNQUOTED) end
      position = last + 1
    else
      position = position + 1
    end
  end
end

-- A sentence has three words; names, patterns and formats have not.
local function is_sentence(text)
  local words = 0
  for _ in text:gmatch "%f[%a]%l%l+%f[%A]" do words = words + 1 end
  return words >= 3 and text:find " " ~= nil
end

-- The longest part without a place for a value.
local function fixed_part(text)
  local longest = ""
  for part in (text:gsub("%%[-+0]*%d*%.?%d*l*[%a]", "\0"):gsub("{%l+}", "\0") .. "\0"):gmatch "(%Z*)%z" do
    part = part:gsub("^[%s:;,'+)(]+", ""):gsub("%s+$", "")
    if #part > #longest then longest = part end
  end
  return (longest:gsub("%s+", " "):gsub("%%%%", "%%"))
end

--- The fixed parts of the sentences in a file, in order.
-- @param path of Lua or C
-- @treturn {string,...}
function error_texts.of(path)
  local source = folder.read(path):gsub("\nreturn dofile%(.*$", "\n") -- of a script without its options: --help
  local found = {}
  for _, text in ipairs(strings(source, path:find "%.c$" and "c" or "lua")) do
    if is_sentence(text) then found[#found + 1] = fixed_part(text) end
  end
  return found
end

return error_texts
