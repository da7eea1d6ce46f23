--- Lua and C cut into tokens: enough of both to see what is code and what is a string or a comment.
local tokens = {}

-- Tried in this order. A kind of false is passed over.
local LUA = {
  { false, "^%s+" }, { false, "^%-%-%[%[.-%]%]" }, { false, "^%-%-[^\n]*" },
  { "string", '^"[^"\\\n]*"' }, { "string", "^'[^'\\\n]*'" }, { "string", "^%[%[.-%]%]" },
  { "number", "^0[xX]%x+" }, { "number", "^%d+%.?%d*[eE]?%d*" }, { "word", "^[%a_][%w_]*" },
  { "sign", "^%.%.%." }, { "sign", "^%.%." }, { "sign", "^[<>=~]=" }, { "sign", "^//" }, { "sign", "^<<" },
  { "sign", "^>>" }, { "sign", "^::" }, { "sign", "^." },
}

local C = {
  { false, "^%s+" }, { false, "^/%*.-%*/" }, { false, "^//[^\n]*" }, { false, "^#[^\n]*" },
  { "string", '^"[^"\\\n]*"' }, { "string", "^'\\?[^\n]'" },
  { "number", "^0[xX]%x+[uUlL]*" }, { "number", "^%d+%.?%d*[uUlL]*" }, { "word", "^[%a_][%w_]*" },
  { "sign", "^%->" }, { "sign", "^%+%+" }, { "sign", "^%-%-" }, { "sign", "^[<>=!+%-*/|&^]=" }, { "sign", "^&&" },
  { "sign", "^||" }, { "sign", "^<<" }, { "sign", "^>>" }, { "sign", "^." },
}

-- A string with escapes in it ends at the first quote that is not one of them.
local function escaped_string(text, at)
  local quote = text:sub(at, at)
  if quote ~= '"' and quote ~= "'" then return nil end
  local i = at + 1
  while i <= #text do
    local char = text:sub(i, i)
    if char == quote then return i end
    i = i + (char == "\\" and 2 or 1)
  end
end

local function next_token(rules, text, at)
  for _, rule in ipairs(rules) do
    local _, last = text:find(rule[2], at)
    if last and not (rule[1] == "sign" and text:find("^[\"']", at)) then return rule[1], last end
  end
  return "string", escaped_string(text, at) or #text
end

--- Cuts a source file.
-- @tparam string text
-- @tparam string language "lua" or "c"
-- @treturn {table,...} each with `kind` (string, number, word, sign), `text`, `from`, `to`, `line`
function tokens.of(text, language)
  local rules, list, at, line = language == "c" and C or LUA, {}, 1, 1
  while at <= #text do
    local kind, last = next_token(rules, text, at)
    local piece = text:sub(at, last)
    if kind then list[#list + 1] = { kind = kind, text = piece, from = at, to = last, line = line } end
    line = line + select(2, piece:gsub("\n", ""))
    at = last + 1
  end
  return list
end

return tokens
