--- Which line of a script is at work: what an engineer has to look at when something below his flow refuses.
-- @module dfota.blame

local blame = {}

-- Where these modules lie: a line there is none of a script's.
local HOME = debug.getinfo(1, "S").source:match "^(@.*/)" or "@"

local function is_script(info)
  return info.source:find "^@" and info.source:sub(1, #HOME) ~= HOME and info.currentline > 0
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

return blame
