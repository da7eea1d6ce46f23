#!/usr/bin/env lua5.4
-- The simulated module: prints the pty to connect to, and behaves like an MC65 until it is stopped.
if _VERSION ~= "Lua 5.4" then
  io.stderr:write("sim.lua: needs Lua 5.4, this is " .. _VERSION .. "; run: lua5.4 " .. arg[0] .. "\n")
  os.exit(2)
end
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../lua/?.lua;" .. here .. "/../lua/?/init.lua;" .. package.path
package.cpath = here .. "/../lua/?.so;" .. package.cpath
os.exit(require("dfota.sim.cli")(arg, io.stdout, io.stderr))
