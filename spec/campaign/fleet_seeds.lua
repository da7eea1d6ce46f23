--- Nights of accidents one after the other: lua5.4 spec/campaign/fleet_seeds.lua [FIRST [LAST [MODULES]]]
--
-- A line for each night as spec/campaign/fleet_case.lua ends with it, and one in the end. Ends with 1 if a promise was
-- broken in any night, or a night had no end.
package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath

local Process = require "support.process"
local core = require "dfota.core"

local LONGEST_S = 1800 -- six runs of four minutes, and what lies between them
local CASE = "spec/campaign/fleet_case.lua"

local function number(word, default) return word and math.tointeger(tonumber(word)) or default end

local first = number(arg[1], 1)
local last, modules = number(arg[2], first), number(arg[3], 16)

-- Its last line, and whether all was well.
local function play(seed)
  local began = core.now()
  local case = Process.start(Process.lua, { CASE, tostring(seed), tostring(modules) }, { patience_s = LONGEST_S })
  local has_ended, code = pcall(case.wait, case)
  if not has_ended then case:kill() end
  local words = case.out:match "([^\n]+)\n*$"
  if not has_ended then words = ("WRONG %d: no end within %d s"):format(seed, LONGEST_S) end
  local is_well = has_ended and code == 0
  return is_well, words or ("WRONG %d: %s"):format(seed, case.err), core.now() - began
end

local wrong, total_s, longest_s = {}, 0, 0
for seed = first, last do
  local is_well, words, took_s = play(seed)
  if not is_well then wrong[#wrong + 1] = ("%d"):format(seed) end
  total_s, longest_s = total_s + took_s, math.max(longest_s, took_s)
  print(("%s (%.0f s)"):format(words, took_s))
  io.stdout:flush()
end
print(("%d nights with %d modules each: %d wrong%s; %.0f s each, the longest %.0f s"):format(
  last - first + 1, modules, #wrong, #wrong > 0 and " (" .. table.concat(wrong, ", ") .. ")" or "",
  total_s / math.max(1, last - first + 1), longest_s))
os.exit(#wrong == 0 and 0 or 1)
