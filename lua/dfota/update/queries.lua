--- Which commands ask and change nothing. Pure.
--
-- Under --check nothing else goes out, so a command stands here only where a manual says that it merely tells.
-- @module dfota.update.queries

local queries = {}

-- Commands that tell something although they have neither `?` nor `=?`.
local TELLING = {
  "I", "+CSQ", "+CBC", "+CIMI", "+GSN", "+CGSN", "+GMR", "+CGMR", "+GMI", "+CGMI", "+GMM", "+CGMM", "+CCID",
  "+QCCID", "+QISTAT", "+QILOCIP", "+QFLDS", "+QFLST",
}

-- And those of them whose parameter says of what: a file system, a file's name.
local TELLING_OF = { "+QFLDS", "+QFLST" }

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

local tells, tells_of = set_of(TELLING), set_of(TELLING_OF)

--- A command as it is compared: capitals, without blanks. What stands in quotes stays as it is.
-- @tparam string command
-- @treturn string
function queries.normal(command)
  local parts, quoted = {}, false
  for part, quote in command:gmatch('([^"]*)("?)') do
    parts[#parts + 1] = (quoted and part or part:upper():gsub("%s+", "")) .. quote
    if quote ~= "" then quoted = not quoted end
  end
  return table.concat(parts)
end

-- The commands of a line that `;` joins; one in quotes joins nothing.
local function split(body)
  local list, from, quoted = {}, 1, false
  for at, char in body:gmatch '()([";])' do
    if char == '"' then
      quoted = not quoted
    elseif not quoted then
      list[#list + 1], from = body:sub(from, at - 1), at + 1
    end
  end
  list[#list + 1] = body:sub(from)
  return list
end

local function tells_only(part)
  if part == "" or tells[part] or part:find "^%+%u[%u%d]*=?%?$" then return true end
  local name = part:match '^(%+%u+)="[^"]*"$'
  return name ~= nil and tells_of[name] or false
end

--- Does this command line only ask?
-- @tparam string command such as "AT+CMEE?;+IPR?"
-- @treturn boolean
function queries.is_query(command)
  if command:find "%c" then return false end
  local body = queries.normal(command):match "^AT(.*)$"
  if not body then return false end
  for i, part in ipairs(split(body)) do
    if i > 1 and part == "" or not tells_only(part) then return false end
  end
  return true
end

return queries
