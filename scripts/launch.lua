-- What the commands dfota-update, dfota-info, … of an installed rock start: this file under their
-- names. Each runs the script of its name from the rock's own scripts/, so that the flows and tables
-- an engineer edits there are the ones that run.
-- Parsable by Lua 5.1, which is what plain `lua` means on some machines.
local name = arg[0]:match("([^/]*)$")

local function leave(code, message)
  io.stderr:write(name, ": ", message, "\n")
  os.exit(code)
end

if _VERSION ~= "Lua 5.4" then
  leave(2, "needs Lua 5.4, this is " .. _VERSION .. "; run: lua5.4 " .. arg[0])
end

local here = arg[0]:match("^(.*)/[^/]*$") or "."
local which = name:match("^dfota%-([%w_]+)$")
if not which then leave(2, "runs scripts under the name dfota-SCRIPT, such as dfota-update") end

-- A script may start another one, as --sim does: it finds the rock's modules by these.
local uv = require "luv"
uv.os_setenv("LUA_PATH_5_4", package.path)
uv.os_setenv("LUA_CPATH_5_4", package.cpath)

arg[0] = here .. "/../scripts/" .. which .. ".lua"
local script, why = loadfile(arg[0])
-- 78: a script or settings file is wrong, as when an edit left it unfinished.
if not script then leave(78, why) end
script(table.unpack(arg))
