--- The examples in docs/json.md: each fenced block says which line it shows.
--
-- `json progress rate_bps phase=upload`: an event of that name with that key present, and that value.
-- `json ledger`: a row of the ledger.
local json = require "dkjson"

local json_page = {}

local function same(value, wanted)
  if wanted == "null" then return value == json.null end
  return tostring(value) == wanted
end

-- The name, keys that must be present, and one value, the last, which may contain spaces.
local function parse(what)
  local name, rest = what:match "^(%l+) ?(.*)$"
  local conditions = {}
  while rest ~= "" do
    local key, behind = rest:match "^([%l_]+)(.*)$"
    if behind:find "^=" then
      conditions[#conditions + 1] = { key = key, value = behind:sub(2) }
      rest = ""
    else
      conditions[#conditions + 1] = { key = key }
      rest = behind:gsub("^ ", "")
    end
  end
  return name, conditions
end

--- Does an event match a block's description?
function json_page.fits(event, what)
  local name, conditions = parse(what)
  if (event.event or "ledger") ~= name then return false end
  for _, condition in ipairs(conditions) do
    local value = event[condition.key]
    if value == nil or not condition.value and value == json.null then return false end
    if condition.value and not same(value, condition.value) then return false end
  end
  return true
end

-- The settings that make a spec fast, and its folder, mean nothing to a reader.
local function tidied(line)
  return (line:gsub(" %-%-set [%w_]+=[^ \"]+", ""):gsub("/tmp/dfota%-spec%-%w+/%d+%-", ""))
end

-- What is another in each run: times, and where and how fast it ran. Of progress, also how far it was.
local CHANGES = {
  "t", "port", "duration_s", "rate_bps", "eta_s", "repeated", "id", "host", "started", "triggered", "finished", "at",
}
local OF_PROGRESS = { "percent", "bytes" }

local function masked(line)
  line = line:gsub("/dev/pts/%d+", "PORT"):gsub("[^ \"]+ scripts/", "LUA scripts/") -- whichever interpreter it is
  local function mask(keys)
    for _, key in ipairs(keys) do line = line:gsub(('("%s":)[^,}]+'):format(key), "%1*") end
  end
  mask(CHANGES)
  if line:find('"event":"progress"', 1, true) then mask(OF_PROGRESS) end
  return line
end

-- Only what says something else than before is replaced: the page is the same after every run of the same sources.
local function example(what, before, lines)
  local first
  for _, each in ipairs(lines) do
    if json_page.fits(each.event, what) then
      local line = tidied(each.line)
      if masked(line) == masked(before) then return before end
      first = first or line
    end
  end
  return first or error("no run gave the example " .. what)
end

--- The text with each example taken from runs, unless it says the same as before but for its times.
-- @param text of docs/json.md
-- @param lines of `json_runs.play`, events and rows
function json_page.with_examples(text, lines)
  return (text:gsub("(\n```json ([^\n]+)\n)(.-)(\n```\n)", function(head, what, before, tail)
    return head .. example(what, before, lines) .. tail
  end))
end

return json_page
