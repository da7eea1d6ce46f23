--- Which line of a script is at work: what an engineer has to look at when something below his flow refuses.
-- @module dfota.update.blame
local core = require "dfota.core"

local blame = {}

-- Where these modules lie: a line there is none of a script's, nor is one of what starts the scripts.
local HOME = debug.getinfo(1, "S").source:match "^(@.*/)update/" or "@"

local function is_script(info)
  local source = info.source
  return source:find "^@" and source:sub(1, #HOME) ~= HOME and not source:find "/start%.lua$" and info.currentline > 0
end

--- The innermost line that does not belong to dfota.
-- @treturn string|nil "scripts/update.lua:40"
function blame.place()
  local level = 2
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then return nil end
    if is_script(info) then return ("%s:%d"):format(info.short_src, info.currentline) end
    level = level + 1
  end
end

--- A slip in a script as something to raise: one line that begins with the script's.
-- @tparam string message
-- @treturn table with `fault` and `traceback`
function blame.fault(message)
  local place = blame.place()
  return { fault = place and place .. ": " .. message or message, traceback = debug.traceback("", 2) }
end

-- Begins with the script's line: what went wrong below it was asked for there.
local function placed(message)
  local place = blame.place()
  if not place or message:find(place, 1, true) then return message end
  local where, what = message:match "^([^%s:]+%.lua:%d+): (.*)$"
  if not where then return place .. ": " .. message end
  return ("%s: %s (%s)"):format(place, what, where)
end

-- A flow may raise anything.
local function text_of(err)
  if type(err) == "string" or getmetatable(err) then return tostring(err) end
  if type(err) == "table" and type(err.message) == "string" then return err.message end
  return err == nil and "an error without a text was raised" or ("a %s was raised as an error"):format(type(err))
end

-- A slip that was told already, or what a run was decided by.
local function is_told(err)
  return core.is_error(err) or type(err) == "table" and (rawget(err, "fault") ~= nil or getmetatable(err) == false)
end

--- What `xpcall` keeps of what was raised: a field failure and what is decided as they are, a fault of the program in
-- one line, with its traceback.
-- @param err
-- @treturn dfota.error|table a table with `fault` and `traceback` for a fault
function blame.raised(err)
  if is_told(err) then return err end
  return { fault = placed(text_of(err)), traceback = debug.traceback("", 2) }
end

return blame
