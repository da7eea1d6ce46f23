--- Which line of a script is running: where an engineer has to look when something below the flow refuses.
-- @module dfota.update.blame
local core = require "dfota.core"

local blame = {}

-- Where these modules are installed: a line in there does not belong to a script, nor does one of start.lua.
local HOME = debug.getinfo(1, "S").source:match "^(@.*/)update/" or "@"

local function is_script(info)
  local source = info.source
  return source:find "^@" and source:sub(1, #HOME) ~= HOME and not source:find "/start%.lua$" and info.currentline > 0
end

--- Does a level of the stack run code that is not ours: of a script, or of something that a script has loaded?
-- @tparam integer level as of `debug.getinfo` in the caller
-- @treturn boolean
function blame.is_script_at(level)
  local info = debug.getinfo(level + 1, "S")
  return info ~= nil and info.what ~= "C" and info.source:sub(1, #HOME) ~= HOME and not info.source:find "/start%.lua$"
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

--- A mistake in a script, as an error to raise: one line that starts with the script's file and line.
-- @tparam string message
-- @treturn table with `fault` and `traceback`
function blame.fault(message)
  local place = blame.place()
  return { fault = place and place .. ": " .. message or message, traceback = debug.traceback("", 2) }
end

-- Puts the script's line in front: the call that failed further down was made there.
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
  return err == nil and "an error without a message was raised" or ("a %s was raised as an error"):format(type(err))
end

-- An error that has its message already, or the marker that ends a decided run.
local function is_told(err)
  return core.is_error(err) or type(err) == "table" and (rawget(err, "fault") ~= nil or getmetatable(err) == false)
end

--- Message handler for `xpcall`: leaves a field failure and the marker of a decided run as they are, and turns a bug
-- into one line with its traceback.
-- @param err
-- @treturn dfota.error|table a table with `fault` and `traceback` for a fault
function blame.raised(err)
  if is_told(err) then return err end
  return { fault = placed(text_of(err)), traceback = debug.traceback("", 2) }
end

return blame
