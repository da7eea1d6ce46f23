--- Facts that a flow may record: names and values that fit into the ledger, events and text. Pure.
-- @module dfota.update.facts

local facts = {}

local MAX_CHARACTERS, MAX_COUNT = 200, 20
local TYPES = { string = true, number = true, boolean = true }
local OURS = { v = true, t = true, port = true, event = true, names = true } -- fields of every event

local function is_name(name)
  return type(name) == "string" and name:find "^%a[%w_]*$" ~= nil and #name <= 64 and not OURS[name]
end

local function count(known)
  local n = 0
  for _ in pairs(known) do n = n + 1 end
  return n
end

--- May these be reported as one event?
-- @tparam table told by name; `names` lists those that are reported even if unknown
-- @treturn string|nil what is wrong
function facts.check_event(told)
  if type(told) ~= "table" then return "job:facts { … } takes a table; job:record(name, value) one fact" end
  for name in pairs(told) do
    if OURS[name] and name ~= "names" then
      return ("job:facts { … }: %s is a field that every event has; use another name"):format(name)
    end
  end
end

--- May this be recorded?
-- @tparam table known facts so far, by name
-- @param name
-- @param value
-- @treturn string|nil what is wrong
function facts.check(known, name, value)
  if not is_name(name) then return "job:record(name, value): the name must be a word such as \"ccid\"" end
  if not TYPES[type(value)] or #tostring(value) > MAX_CHARACTERS then
    return ("job:record(%q, value): the value must be a number, a boolean, or at most %d characters"):format(
      name, MAX_CHARACTERS)
  end
  if known[name] == nil and count(known) >= MAX_COUNT then
    return ("job:record(%q, value): at most %d facts can be recorded"):format(name, MAX_COUNT)
  end
end

return facts
