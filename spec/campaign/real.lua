--- A share of the campaign in real time: real processes, real signals, a real pty, several cases at a time.
local Process = require "support.process"
local uv = require "luv"

local real = {}

local AT_A_TIME = 3

local function start(seed)
  local process = Process.start(Process.lua, { "spec/campaign/real_case.lua", tostring(seed) })
  return { seed = seed, process = process }
end

local function collect(running, done)
  for i = #running, 1, -1 do
    local case = running[i]
    if case.process.code then
      case.process:wait()
      done(case.process.out:gsub("%s+$", ""), case.process.code == 0, case.process.err)
      table.remove(running, i)
    end
  end
end

--- Plays so many cases.
-- @tparam integer count
-- @tparam integer seed of the first
-- @tparam function done (line, ok, err) called with what each says in its last line
function real.play(count, seed, done)
  local running, next_seed = {}, seed
  while next_seed < seed + count or #running > 0 do
    while #running < AT_A_TIME and next_seed < seed + count do
      running[#running + 1] = start(next_seed)
      next_seed = next_seed + 1
    end
    uv.run("once")
    collect(running, done)
  end
end

return real
