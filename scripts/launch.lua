-- The commands dfota-update, dfota-info, … of an installed dfota, and `dfota NAME …` for any script. In a rock it is
-- this file under their names; elsewhere they start launch.lua with their own path before the arguments.
--
-- Runs the script of that name: the user's own copy if there is one in a folder of settings and tables (dfota-edit
-- makes one, and no upgrade ever writes there), else the installed one.
-- Must parse in Lua 5.1, which is what plain `lua` is on some machines.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
local in_rock = not arg[0]:find("launch%.lua$")
local installed = in_rock and here .. "/../scripts" or here

-- LuaRocks puts a small shell script into TREE/bin, which starts the rock's own file.
local tree = here:match("^(.*)/lib/luarocks/rocks[^/]*/dfota/[^/]*/bin$")
local launched = not in_rock and table.remove(arg, 1) or tree and tree .. "/bin/" .. arg[0]:match("[^/]*$") or arg[0]
local name = launched:match("[^/]*$")

local function leave(code, message)
  io.stderr:write(name, ": ", message, "\n")
  os.exit(code)
end

if _VERSION ~= "Lua 5.4" then
  leave(2, "needs Lua 5.4, this is " .. _VERSION .. "; run: lua5.4 " .. arg[0])
end

local ASKED = { ["--version"] = true, ["-h"] = true, ["--help"] = true }

-- What the bare command says of itself.
if name == "dfota" and ASKED[arg[1]] then
  print(arg[1] == "--version" and "dfota " .. require("dfota.core").version
    or "Usage: dfota NAME [options]\n\nRuns the script of that name, such as: dfota update --help\n"
    .. "dfota edit lists the scripts; man dfota has settings and exit codes.")
  os.exit(0, true)
end

local which = name:match("^dfota%-([%w_]+)$")
if not which then
  which = table.remove(arg, 1)
  launched = launched .. "-" .. tostring(which)
end
if not which or not which:find("^[%w_]+$") then
  leave(2, "give the name of a script, such as: dfota update --help (dfota-edit lists them)")
end
name = "dfota-" .. which

-- A script may start another one, as --sim does, which finds the modules through these.
local uv = require "luv"
uv.os_setenv("LUA_PATH_5_4", package.path)
uv.os_setenv("LUA_CPATH_5_4", package.cpath)

local own_scripts, user_files = require "dfota.config.own_scripts", require "dfota.config.user_files"
local own, wrong = own_scripts.find(which .. ".lua")
if wrong then leave(78, wrong) end
if not own and not uv.fs_stat(installed .. "/" .. which .. ".lua") then
  leave(2, "there is no script " .. which .. ": dfota-edit lists them")
end
arg.launched = launched -- by this name people know it
arg[0] = own or installed .. "/" .. which .. ".lua"

for _, edited in ipairs(own_scripts.at_risk(installed, { which .. ".lua", "retries.lua", "apns.lua" })) do
  io.stderr:write(name, ": warning: ", installed, "/", edited, " was edited, and the next upgrade replaces it: ",
    "dfota-edit ", (edited:gsub("%.lua$", "")), " keeps it in ", user_files.new_folder() or "/etc/dfota", "\n")
end

-- A script in a folder of its own starts others, and start.lua, from there: where they are missing the installed ones
-- stand in. The script itself gets start.lua last, which wants to see Lua's own dofile.
local folder, plain_dofile = arg[0]:match("^(.*/)"), dofile
local function dofile_here(path)
  local file = type(path) == "string" and path:sub(1, #folder) == folder and path:sub(#folder + 1)
  if file == "start.lua" and debug.getinfo(2, "S").source == "@" .. arg[0] then dofile = plain_dofile end
  if file and not uv.fs_stat(path) then path = installed .. "/" .. file end
  return plain_dofile(path)
end
dofile = dofile_here

local script, why = loadfile(arg[0])
-- 78: a script or settings file is wrong, for instance after an unfinished edit.
if not script then leave(78, why) end
local ran, fault = pcall(script, table.unpack(arg))
if not ran then leave(78, tostring(fault)) end -- before it started anything: start.lua does not return
