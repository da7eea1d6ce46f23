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
  sh = { { "^#", "\n" }, { "^'", "^" } }, -- in '…' stand awk's programs, whose strings count
}

local function skipped(source, position, rules)
  for _, rule in ipairs(rules) do
    if source:find(rule[1], position) then
      local _, last = source:find(rule[2], position + 1)
      return last and math.max(last, position) or #source
    end
  end
end

local UNQUOTED = { n = " ", t = " ", ['"'] = '"', ["'"] = "'", ["\\"] = "\\" }

-- Every string of a source, without its comments.
local function strings(source, language)
  local found, position = {}, 1
  while true do
    position = source:find("[-\"'%[/#]", position)
    if not position then return found end
    local past = skipped(source, position, SKIP[language])
    if past then
      position = past + 1
    elseif source:find("^[\"']", position) then
      local last, closed = string_end(source, position)
      if closed then
        local text = source:sub(position + 1, last - 1):gsub("\\(.)", UNQUOTED)
        local before = source:sub(math.max(1, position - 60), position - 1)
        found[#found + 1] = { text = text, before = before:match "[^\n]*$" }
      end
      position = last + 1
    else
      position = position + 1
    end
  end
end

-- What makes an error of a text, or passes one on: there two words are a message.
local MAKERS = { "error%(", "raise%(", "fault%(", "fail%(", "usage", "complain%(", "wrong", "nil, ", "warn%(", "hint%(",
  "refuse%(", "bad_key%(", "failure%(", "{ is_%l+, " }

local function makes_an_error(before)
  before = before:gsub('"[%l_]+"', "") -- the kind of the error
  for _, maker in ipairs(MAKERS) do
    if before:find(maker .. "[^\"')]*$") then return true end
  end
  return false
end

local function words_of(text)
  local words = 0
  for _ in text:gmatch "%f[%a]%l%l+%f[%A]" do words = words + 1 end
  return words
end

-- What stands in the place of a value in some message: "an Ed25519 key".
local function is_thing(text) return text:find "^an? " or text:find "^the " end

-- A sentence has three words; names, patterns and formats have not.
local function is_sentence(string)
  local least = (makes_an_error(string.before) or is_thing(string.text)) and 2 or 3
  return words_of(string.text) >= least and string.text:find " " ~= nil
end

local function without_shell_values(text)
  return (text:gsub("%$%b()", "\0"):gsub("%$%b{}", "\0"):gsub("%$[%w_]+", "\0"))
end

local PART_WORDS = 2 -- less, beside a longer one, is looked for by nobody

-- The parts without a place for a value: the longest, and all others that a reader would look for.
local function fixed_parts(text)
  local parts, longest = {}, 1
  for part in (text:gsub("%%[-+0]*%d*%.?%d*l*[%a]", "\0"):gsub("{%l+}", "\0") .. "\0"):gmatch "(%Z*)%z" do
    parts[#parts + 1] = part:gsub("^[%s:;,'+)(]+", ""):gsub("[%s:]+$", ""):gsub("%s+", " "):gsub("%%%%", "%%")
    if #parts[#parts] > #parts[longest] then longest = #parts end
  end
  local found = {}
  for i, part in ipairs(parts) do
    if i == longest or words_of(part) >= PART_WORDS then found[#found + 1] = part end
  end
  return found
end

--- The fixed parts of the sentences in a file, in order.
-- @param path of Lua, C or a shell script
-- @treturn {string,...}
function error_texts.of(path)
  local source = folder.read(path):gsub("\nreturn dofile%(.*$", "\n") -- of a script without its options: --help
  local found = {}
  local language = path:match "%.(%l+)$"
  for _, string in ipairs(strings(source, language)) do
    local text = language == "sh" and without_shell_values(string.text) or string.text
    if is_sentence(string) then
      for _, part in ipairs(fixed_parts(text)) do found[#found + 1] = part end
    end
  end
  return found
end

return error_texts
