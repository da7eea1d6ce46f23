-- The commands dfota-update, dfota-info, … of an installed rock: this file under their names. Each
-- runs the script of that name from the rock's own scripts/, so that the flows and tables edited
-- there are the ones that run.
-- Must parse in Lua 5.1, which is what plain `lua` is on some machines.
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
if not which then leave(2, "this file must be called as dfota-SCRIPT, such as dfota-update") end

-- A script may start another one, as --sim does, which finds the rock's modules through these.
local uv = require "luv"
uv.os_setenv("LUA_PATH_5_4", package.path)
uv.os_setenv("LUA_CPATH_5_4", package.cpath)

arg.launched = arg[0] -- by this name people know it
arg[0] = here .. "/../scripts/" .. which .. ".lua"
local script, why = loadfile(arg[0])
-- 78: a script or settings file is wrong, for instance after an unfinished edit.
if not script then leave(78, why) end
script(table.unpack(arg))
