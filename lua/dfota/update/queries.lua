--- Which commands are queries, that is, change nothing. Pure.
--
-- Under --check nothing else is sent, so a command is listed only if a manual says that it merely reports.
-- @module dfota.update.queries

local queries = {}

-- Queries without `?` or `=?`.
local TELLING = {
  "I", "+CSQ", "+CBC", "+CIMI", "+GSN", "+CGSN", "+GMR", "+CGMR", "+GMI", "+CGMI", "+GMM", "+CGMM", "+CCID",
  "+QCCID", "+QISTAT", "+QILOCIP", "+QFLDS", "+QFLST",
}

-- Those that take a parameter: a file system, a file name.
local TELLING_OF = { "+QFLDS", "+QFLST", "+QFDWL" }

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

local tells, tells_of = set_of(TELLING), set_of(TELLING_OF)

--- A command in the form that is compared: upper case, without blanks. Quoted strings are left as they are.
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

-- The commands of a line, separated by `;` outside quotes.
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
  if part:find "^%+CRSM=176,%d+,%d+,%d+,%d+$" then return true end -- READ BINARY (TS 51.011): reads a file of the SIM
  local name = part:match '^(%+%u+)="[^"]*"$'
  return name ~= nil and tells_of[name] or false
end

--- Does this command line consist of queries only?
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
