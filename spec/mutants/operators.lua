--- What may be wrong with a source file, one small change at a time: every mutant that its tokens allow.
--
-- Text is left alone: what a message says is judged by those who read it. So are the words of tables that carry no
-- decision. A mutant is `operator`, `from` and `to` (bytes), `text` that takes their place, and `line`.
local tokens = require "mutants.tokens"

local operators = {}

local SWAPS = {
  lua = {
    ["<"] = "<=", ["<="] = "<", [">"] = ">=", [">="] = ">", ["=="] = "~=", ["~="] = "==", ["and"] = "or",
    ["or"] = "and", ["true"] = "false", ["false"] = "true", ["+"] = "-", ["-"] = "+",
  },
  c = {
    ["<"] = "<=", ["<="] = "<", [">"] = ">=", [">="] = ">", ["=="] = "!=", ["!="] = "==", ["&&"] = "||",
    ["||"] = "&&", ["true"] = "false", ["false"] = "true", ["+"] = "-", ["+="] = "-=", ["-="] = "+=",
  },
}

local NAMES = {
  ["<"] = "comparison", ["<="] = "comparison", [">"] = "comparison", [">="] = "comparison", ["=="] = "comparison",
  ["~="] = "comparison", ["!="] = "comparison", ["and"] = "connective", ["or"] = "connective",
  ["&&"] = "connective", ["||"] = "connective", ["true"] = "truth", ["false"] = "truth",
}

local function add(list, operator, first, last, text)
  list[#list + 1] = { operator = operator, from = first.from, to = last.to, line = first.line, text = text }
end

-- `-1` and `<const>` are no operations.
local function is_operation(before, token)
  if token.text ~= "+" and token.text ~= "-" then return true end
  if not before or before.text == "return" or before.text == "case" then return false end
  return before.kind == "number" or before.kind == "word" or before.text == ")" or before.text == "]"
end

local function swaps(list, all, language)
  local table_of = SWAPS[language]
  for i, token in ipairs(all) do
    local other = token.kind ~= "string" and table_of[token.text]
    local attribute = token.text == "<" and all[i + 1].text:find("^c[lo][on]s[te]$")
      or token.text == ">" and all[i - 1].text:find("^c[lo][on]s[te]$")
    if other and not attribute and is_operation(all[i - 1], token) then
      add(list, NAMES[token.text] or "arithmetic", token, token, other)
    end
  end
end

local function numbers(list, all)
  for _, token in ipairs(all) do
    local n = token.kind == "number" and math.tointeger(tonumber((token.text:gsub("[uUlL]+$", ""))))
    if n then
      add(list, "number", token, token, tostring(n + 1))
      if n > 0 then add(list, "number", token, token, tostring(n - 1)) end
    end
  end
end

local function negations(list, all, language)
  local sign = language == "c" and "!" or "not"
  for _, token in ipairs(all) do
    if token.text == sign and token.kind ~= "string" then add(list, "negation", token, token, "") end
  end
end

local DEEPER = { ["("] = 1, ["["] = 1, ["{"] = 1, [")"] = -1, ["]"] = -1, ["}"] = -1 }

-- The token that closes what begins behind `i`, on the same line.
local function closing(all, i, is_end)
  local depth, line = 0, all[i].line
  for k = i + 1, #all do
    local token = all[k]
    if token.line ~= line then return nil end
    if depth == 0 and is_end(token) then return k end
    depth = depth + (token.kind == "sign" and DEEPER[token.text] or 0)
    if depth < 0 or token.text == "function" then return nil end
  end
end

local function lua_conditions(list, all)
  for i, token in ipairs(all) do
    if token.text == "if" or token.text == "elseif" then
      local k = closing(all, i, function(t) return t.text == "then" end)
      if k then
        add(list, "condition", all[i + 1], all[k - 1], "false")
        add(list, "condition", all[i + 1], all[k - 1], "true")
      end
    end
  end
end

local function c_conditions(list, all)
  for i, token in ipairs(all) do
    local is_if = token.text == "if" and all[i + 1].text == "("
    local k = is_if and closing(all, i + 1, function(t) return t.text == ")" end)
    if k then
      add(list, "condition", all[i + 2], all[k - 1], "0")
      add(list, "condition", all[i + 2], all[k - 1], "1")
    end
  end
end

local ENDS = { ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true }

-- `return …` in the middle of a file gives nothing.
local function returns(list, all)
  for i, token in ipairs(all) do
    local following = all[i + 1]
    if token.text == "return" and following and following.line == token.line and not ENDS[following.text] then
      local k = closing(all, i, function(t) return ENDS[t.text] end)
      local last = k or i
      while not k and all[last + 1] and all[last + 1].line == token.line do last = last + 1 end
      if k then last = k - 1 end
      if all[i + 1].text ~= "nil" and all[last + 1] then add(list, "return", all[i + 1], all[last], "nil") end
    end
  end
end

local function trimmed(line) return line:match("^%s*(.-)%s*$") end

local function is_statement(line, language)
  if language == "c" then
    return line:find("^[%a_][%w_]*%(.*%);$") or line:find("^%*?[%a_][%w_%.%->%[%]]* [+%-|&]?= .*;$")
  end
  return line:find("^[%a_][%w_%.:]*%(.*%)$") or line:find("^[%a_][%w_%.]*%.[%w_]+ = .*[^,{(]$")
end

-- A statement that stands on a line of its own is not done.
local function statements(list, text, language)
  local at, number = 1, 1
  for line in text:gmatch("([^\n]*)\n") do
    local inner = trimmed(line)
    if is_statement(inner, language) and line:find("^%s") then
      local from = at + #line:match("^%s*")
      list[#list + 1] = { operator = "statement", from = from, to = at + #line - 1, line = number,
        text = language == "c" and ";" or "" }
    end
    at, number = at + #line + 1, number + 1
  end
end

--- All mutants of a file, in the order of operators, then of lines.
-- @tparam string text
-- @tparam string language "lua" or "c"
-- @treturn {table,...}
function operators.mutants(text, language)
  local list, all = {}, tokens.of(text, language)
  swaps(list, all, language)
  numbers(list, all)
  negations(list, all, language)
  if language == "c" then c_conditions(list, all) else
    lua_conditions(list, all)
    returns(list, all)
  end
  statements(list, text, language)
  return list
end

--- The file with the mutant in it.
function operators.apply(text, mutant)
  return text:sub(1, mutant.from - 1) .. mutant.text .. text:sub(mutant.to + 1)
end

--- The n-th line of a text without the blanks around it.
function operators.line(text, n)
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    n = n - 1
    if n == 0 then return trimmed(line) end
  end
end

return operators
