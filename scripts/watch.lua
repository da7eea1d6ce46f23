-- Follow a module that is updating itself, and report the outcome: lua scripts/watch.lua [options]
--
-- Triggers nothing, changes nothing. Completes the record of a run that was killed.
local function watch(job) job:follow() end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(watch, arg, { like = "watch" })
