-- Follow a module that is updating itself, and say how it ended: lua scripts/watch.lua [options]
--
-- Triggers nothing, changes nothing. Takes up the record of a run that was killed.
if _VERSION ~= "Lua 5.4" then
  io.stderr:write("watch.lua: needs Lua 5.4, this is ", _VERSION, "; run: lua5.4 scripts/watch.lua\n")
  os.exit(2)
end

local function watch(job)
  job:phase "update"
  if job:look() == "answers" then return job:judge_now() end
  return job:watch()
end

if not arg then return watch end

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../lua/?.lua;" .. here .. "/../lua/?/init.lua;" .. package.path
package.cpath = here .. "/../lua/?.so;" .. package.cpath
os.exit(require("dfota.app").main("watch", arg, here .. "/../scripts", watch))
