-- Starts every script in this folder; the last line of each is:
--
--     return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(update, arg)
--
-- It takes the flow, the arguments and, for a script of your own, its options (docs/flows.md, change 10).
-- A script that another program loads does not start anything: it returns its flow and what it takes. Must parse in any
-- Lua, so that it can name the right version.
local here = debug.getinfo(1, "S").source:match "^@(.*/)" or "./"

-- The file that loads this one: behind dofile, which launch.lua may have lent it.
local function calling_file()
  local level = 4
  while true do
    local info = debug.getinfo(level, "S")
    if not info or info.what == "main" then return info end
    level = level + 1
  end
end

local caller = calling_file()
local script = caller and caller.source:match "^@(.*)$"

local FUNCTIONS = {
  "assert", "collectgarbage", "dofile", "error", "getmetatable", "ipairs", "load", "loadfile", "next", "pairs", "pcall",
  "print", "rawequal", "rawget", "rawlen", "rawset", "require", "select", "setmetatable", "tonumber", "tostring",
  "type", "warn", "xpcall",
}
local LIBRARIES = { "coroutine", "debug", "io", "math", "os", "package", "string", "table", "utf8" }

-- A script that defines a function of its own without `local` may replace what everything here is built on: with an
-- `error` that does not raise, no refusal would hold.
local function replaced()
  for _, name in ipairs(FUNCTIONS) do
    if type(_G[name]) ~= "function" or debug.getinfo(_G[name], "S").what ~= "C" then return name end
  end
  for _, name in ipairs(LIBRARIES) do
    if _G[name] ~= package.loaded[name] then return name end
  end
end

-- The same while the flow runs.
local function keep_globals()
  local standard = {}
  for _, list in ipairs { FUNCTIONS, LIBRARIES } do
    for _, name in ipairs(list) do standard[name] = _G[name] end
  end
  for name in pairs(standard) do _G[name] = nil end
  standard.setmetatable(_G, { __index = standard, __newindex = function(globals, name, value)
    if standard[name] == nil then return standard.rawset(globals, name, value) end
    standard.error(("the global %s must not be replaced: write local before it"):format(name), 2)
  end })
end

return function(flow, args, takes)
  takes = takes or {}
  if not (args and script and args[0] == script) then return flow, takes end
  local name = script:match "([^/]*)%.lua$" or script
  if _VERSION ~= "Lua 5.4" then
    io.stderr:write(name, ": needs Lua 5.4, this is ", _VERSION, "; run: lua5.4 ", script, "\n")
    os.exit(2)
  end
  local gone = replaced()
  if gone then
    io.stderr:write(name, ": ", script, " replaces the global ", gone, ": write local before it\n")
    os.exit(78)
  end
  package.path = here .. "../lua/?.lua;" .. here .. "../lua/?/init.lua;" .. package.path
  local compiled = os.getenv "DFOTA_COMPILED" -- by a fleet for its jobs (dfota.fleet.compiled)
  if compiled then package.path = compiled .. "/?.lua;" .. package.path end
  package.cpath = here .. "../lua/?.so;" .. package.cpath
  require("dfota.core").fill_standard_handles() -- before anything is opened
  takes.name, takes.args, takes.flow, takes.scripts, takes.path = name, args, flow, here:gsub("/$", ""), script
  takes.out, takes.err, takes.owns_output = io.stdout, io.stderr, true
  require("dfota.core").defer_signals() -- a Ctrl-C while the rest is loaded counts once that is done
  if takes.program then
    require("dfota.core").allow_failed_writes() -- whoever reads the output may go, and a disk may be full
    takes.owns_signals = true
    os.exit(require("dfota.program").main(takes), true)
  end
  takes.input = require("dfota.report.question").standard_input(require("dfota.core").wait)
  keep_globals()
  os.exit(require("dfota.app").main(takes))
end
