--- What happens to the host and to the line, armed on the virtual port.
--
-- An accident is a small table, so that it can be printed, mixed and repeated: `kind`, its place (`step`, `at`, `rx`
-- or `tx`: see `dfota.sim.virtual_port`), and by kind:
--
-- - `signal`: `name` INT, TERM or HUP; `times`; `apart` steps between them (0: all at once)
-- - `kill`: the host's process is gone, as by kill -9
-- - `hangup`: the device is gone for `back_s` seconds (nil: for good); `other`: another module is plugged in then
-- - `exchange`: behind an adapter that stays another module is there from now on, and no port is lost; it `runs` the
--   "source" or the "target", and never answers the commands that are `mute`
-- - `power`: the module has no power for `for_s` seconds
-- - `clock`: the wall's clock is set by `jump_s`
-- - `ledger`: the `n`-th statement of the run and those behind it, `times` in all, fail as `how` says (`campaign.book`)
-- - `command`, `echo`, `chunk`: the `n`-th command line sent, echo, or piece received, and `how` it is spoilt
--   (`has`: only those with this text in them are counted)
local Power = require "dfota.sim.power"

local accidents = {}

local function at_place(accident, step)
  return { at = accident.at, step = step or accident.step, rx = accident.rx, tx = accident.tx }
end

local function arm_signal(world, accident)
  local name, times, apart = accident.name, accident.times or 1, accident.apart or 0
  local function signal(n)
    return function()
      local job = world.run_now.job
      local triggered = world.host.held or job and job.entry.triggered -- held: the point of no return is passed
      world.signalled[#world.signalled + 1] = { name = name, times = n, t = world.clock.t, triggered = triggered,
        triggers = world.tx_triggers, held = world.host.held }
      world.host:signal(name, n)
    end
  end
  if apart == 0 or not accident.step then
    local due = at_place(accident)
    due.action = signal(times)
    return table.insert(world.fault, due)
  end
  for i = 0, times - 1 do
    local due = at_place(accident, accident.step + i * apart)
    due.action = signal(1)
    table.insert(world.fault, due)
  end
end

-- Nothing of the run is cleaned up or told: its coroutine is left where it stands.
local function arm_kill(world, accident)
  local due = at_place(accident)
  due.action = function() coroutine.yield("killed") end
  table.insert(world.fault, due)
end

local function arm_hangup(world, accident)
  local due = at_place(accident)
  due.back_s = accident.back_s
  due.action = function(port)
    port.gone = true
    world.clock.gone_until = world.clock.t + (accident.back_s or math.huge)
    if accident.other then world:plug_in_another() end
  end
  table.insert(world.fault, due)
end

local function arm_exchange(world, accident)
  local due = at_place(accident)
  due.action = function(port)
    world:plug_in_another(accident.runs, accident.mute)
    port.m = world.other
    world.other:advance(world.clock.t)
    world.other:line(port.rate, port.rtscts)
  end
  table.insert(world.fault, due)
end

local function arm_clock(world, accident)
  local due = at_place(accident)
  due.action = function() world.wall = world.wall + accident.jump_s end
  table.insert(world.fault, due)
end

-- The module loses its power for a while, wherever it is.
local function arm_power(world, accident)
  local due = at_place(accident)
  due.action = function()
    Power.off(world.m)
    world.m.timers:add(world.m.t + accident.for_s, function() world.m:power(true) end, "world")
  end
  table.insert(world.fault, due)
end

local function arm_ledger(world, accident) world.book_fault = accident end

local spoil = {}

function spoil.drop() return "" end

function spoil.double(text) return text .. text end

-- One byte becomes another that is printable: the nastiest kind.
function spoil.garble(text)
  local i = (#text + 1) // 2
  return text:sub(1, i - 1) .. string.char(text:byte(i) ~ 1) .. text:sub(i + 1)
end

function spoil.cut(text) return text:sub(1, #text // 2) end

-- The second half comes later, and with it all that follows.
function spoil.split(text, world)
  local half = #text // 2
  if half == 0 then return text end
  local link, t = world.m.link, world.clock.t
  link:stall(t + 0.3)
  link:send(text:sub(half + 1), t)
  return text:sub(1, half)
end

-- What of a piece is meant: a whole command line, an echo at its head, or all of it.
local part = {
  command = function(direction, bytes)
    if direction == "tx" and bytes:find("^[Aa][Tt][^\r]*\r$") then return bytes, "" end
  end,
  echo = function(direction, bytes)
    if direction == "rx" then return bytes:match("^([Aa][Tt][^\r]*\r)(.*)$") end
  end,
  chunk = function(direction, bytes)
    if direction == "rx" then return bytes, "" end
  end,
}

local function arm_spoiler(world, accident)
  local seen, before = 0, world.fault.filter
  world.fault.filter = function(direction, bytes, t)
    if before then bytes = before(direction, bytes, t) end
    local meant, rest = part[accident.kind](direction, bytes)
    if not meant or meant == "" or accident.has and not meant:find(accident.has, 1, true) then return bytes end
    seen = seen + 1
    if seen ~= accident.n then return bytes end
    return spoil[accident.how](meant, world) .. rest
  end
end

local function arm_split(world, accident) world.fault.split = accident.bytes end

local arm = {
  signal = arm_signal, kill = arm_kill, hangup = arm_hangup, split = arm_split, clock = arm_clock, ledger = arm_ledger,
  power = arm_power, exchange = arm_exchange,
  command = arm_spoiler, echo = arm_spoiler, chunk = arm_spoiler,
}

--- Arms all accidents of a case.
-- @tparam table world its `fault` is the list the virtual port looks at
-- @tparam table list of accidents
function accidents.arm(world, list)
  for _, accident in ipairs(list or {}) do arm[accident.kind](world, accident) end
end

return accidents
