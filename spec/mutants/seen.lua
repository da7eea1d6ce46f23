-- Loaded by every interpreter that a spec starts (LUA_INIT), the spec's own and those of scripts alike: notes which
-- functions of the sources run, and writes them to a file of its own in $DFOTA_SEEN when the process ends.
local folder = os.getenv "DFOTA_SEEN"
if not folder or _VERSION ~= "Lua 5.4" then return end

local getinfo, sethook, gethook, exit, open = debug.getinfo, debug.sethook, debug.gethook, os.exit, io.open
local create, wrap = coroutine.create, coroutine.wrap
local seen = {}
local known = setmetatable({}, { __mode = "k" }) -- functions that were noted

local function note()
  local fn = getinfo(3, "f").func
  if known[fn] then return end
  known[fn] = true
  local info = getinfo(fn, "S")
  local lines = seen[info.source]
  if not lines then
    lines = {}
    seen[info.source] = lines
  end
  lines[info.linedefined] = info.lastlinedefined
end

local function hook() note() end

-- luacheck: push ignore 122
-- Whoever sets a hook of its own has it, beside ours.
function debug.sethook(...)
  local thread, fn, mask, count = ...
  if type(thread) ~= "thread" then thread, fn, mask, count = coroutine.running(), ... end
  if not fn then return sethook(thread, hook, "c") end
  local theirs = mask or ""
  sethook(thread, function(event, line)
    if event == "call" or event == "tail call" then
      note()
      if not theirs:find "c" then return end
    end
    return fn(event, line)
  end, theirs:find "c" and theirs or theirs .. "c", count)
end

function coroutine.create(fn)
  local thread = create(fn)
  if not gethook(thread) then sethook(thread, hook, "c") end
  return thread
end

function coroutine.wrap(fn)
  return wrap(function(...)
    sethook(hook, "c")
    return fn(...)
  end)
end

local function write()
  local file = open(("%s/%s"):format(folder, tostring(seen):gsub("%W", "")), "a")
  if not file then return end
  for source, lines in pairs(seen) do
    local path = source:match "^@.-(lua/dfota/[%w_/]+%.lua)$" or source:match "^@.-(scripts/[%w_]+%.lua)$"
    if path then
      for first, last in pairs(lines) do file:write(("%s %d %d\n"):format(path, first, last)) end
    end
  end
  file:close()
end

function os.exit(...)
  write()
  return exit(...)
end
-- luacheck: pop

_G["seen by the mutants"] = setmetatable({}, { __gc = write })
sethook(hook, "c")
