-- Starts every script in this folder; the last line of each is:
--
--     return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(update, arg)
--
-- It takes the flow, the arguments and, for a script of your own, its options (docs/flows.md, change 10).
-- A script that another program loads does not start anything: it returns its flow. Must parse in any Lua, so that it
-- can name the right version.
local here = debug.getinfo(1, "S").source:match "^@(.*/)" or "./"
local caller = debug.getinfo(3, "S") -- behind dofile
local script = caller and caller.source:match "^@(.*)$"

return function(flow, args, takes)
  if not (args and script and args[0] == script) then return flow end
  local name = script:match "([^/]*)%.lua$" or script
  if _VERSION ~= "Lua 5.4" then
    io.stderr:write(name, ": needs Lua 5.4, this is ", _VERSION, "; run: lua5.4 ", script, "\n")
    os.exit(2)
  end
  package.path = here .. "../lua/?.lua;" .. here .. "../lua/?/init.lua;" .. package.path
  package.cpath = here .. "../lua/?.so;" .. package.cpath
  require("dfota.core").fill_standard_handles() -- before anything is opened
  takes = takes or {}
  if takes.program then os.exit(flow(args), true) end
  takes.name, takes.args, takes.flow, takes.scripts, takes.path = name, args, flow, here:gsub("/$", ""), script
  takes.out, takes.err = io.stdout, io.stderr
  os.exit(require("dfota.app").main(takes))
end
