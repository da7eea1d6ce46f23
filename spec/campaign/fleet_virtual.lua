--- Nights of accidents with fleets, on a clock of their own: lua5.4 spec/campaign/fleet_virtual.lua [NIGHTS] [SEED]
--
-- 64 modules each; see spec/support/fleet_accidents.lua. Ends with 1 if a promise was broken, and says in which night.
package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath

local accidents = require "support.fleet_accidents"

local MODULES = 64
local WAYS = {
  { jobs = 8, tries = 3 }, { jobs = 64, tries = 3 }, { jobs = 4, tries = 3, canary = 3 },
  { jobs = 16, tries = 2, max_fail = { percent = 20, least = 10 } }, { jobs = 8, tries = 3, stop_at_s = 2000 },
}

local nights, first = math.tointeger(tonumber(arg[1] or 1000)), math.tointeger(tonumber(arg[2] or 1))
local totals, wrong = {}, 0
for seed = first, first + nights - 1 do
  local ok, counts = pcall(accidents.play, seed, MODULES, WAYS[seed % #WAYS + 1])
  if not ok then
    wrong = wrong + 1
    print(("WRONG %d: %s"):format(seed, counts))
  else
    for state, number in pairs(counts) do totals[state] = (totals[state] or 0) + number end
  end
end
local parts = {}
for _, state in ipairs { "done", "failed", "unknown", "safe", "interrupted", "waiting" } do
  parts[#parts + 1] = ("%d %s"):format(totals[state] or 0, state)
end
print(("%d nights with %d modules each: %s; %d wrong"):format(nights, MODULES, table.concat(parts, ", "), wrong))
os.exit(wrong == 0 and 0 or 1)
