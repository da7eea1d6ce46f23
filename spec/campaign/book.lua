--- A ledger that fails where it is told to: the n-th statement of a run is refused, is locked by others, is not
-- answered within its deadline, or is done and not answered. Everything else goes to the real one.
local core = require "dfota.core"

local Book = {}

-- What a run waits for; reading for people is not among it.
local STATEMENTS = {
  begin = true, triggered = true, finish = true, conclude = true, record = true, open_on = true, triggers = true,
  failed_with = true, updated_with = true,
}

-- Deadlines: those of `dfota.ledger.ledger`.
local ANSWER_S, BUSY_S, LAST_S = 10, 60, 1.5

local function nothing_done(kind, seconds, last_s)
  return function(world, name)
    world.clock.t = world.clock.t + (name == "conclude" and last_s or seconds)
    return nil, core.error(kind, "ledger: it failed by accident at " .. name)
  end
end

local how = {
  fail = nothing_done("ledger", 0, 0),
  lock = nothing_done("ledger_locked", BUSY_S, LAST_S),
  freeze = nothing_done("ledger", ANSWER_S, LAST_S),
}

-- It is on disk, and nobody says so.
function how.unsaid(world, name, ledger, ...)
  ledger[name](ledger, ...)
  return how.freeze(world, name)
end

local function call(world, ledger, name, ...)
  world.statements = world.statements + 1
  local run = world.run_now
  if name == "conclude" then run.decided_at = run.decided_at or world.port.steps end
  local accident = world.book_fault
  local due = accident and world.statements >= accident.n and world.statements < accident.n + (accident.times or 1)
  if not due then return ledger[name](ledger, ...) end
  run.book_failed = true
  return how[accident.how](world, name, ledger, ...)
end

--- @tparam table ledger the real one
-- @tparam table world its `book_fault` is the accident: `n`, `times`, `how`
-- @treturn table with the methods of a ledger; `decided_at` of the run is the step by which its verdict is recorded
function Book.new(ledger, world)
  world.statements = 0
  return setmetatable({}, { __index = function(_, name)
    local value = ledger[name]
    if type(value) ~= "function" then return value end
    if not STATEMENTS[name] then return function(_, ...) return value(ledger, ...) end end
    return function(_, ...) return call(world, ledger, name, ...) end
  end })
end

return Book
