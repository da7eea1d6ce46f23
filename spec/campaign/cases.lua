--- Every case there is: each accident at each step of a good run, one by one, and mixtures of them by seed.
--
-- A case is a table: `id`, `class`, `way` ("file" or "url"), `spec` (switches of the simulated module), `seed`, `set`
-- (settings), `accidents`, `again_s` (after a kill: seconds until the next run; `jump_s` by which the wall's
-- clock is set meanwhile, `other_boot` the host is started anew), `rc` (the exit codes that may be; nil:
-- the truth alone judges), `final` (the exit codes of the last run, when all is repaired; {0} if left out), `same` (the
-- module's own fault stays, so the last run must end like the first), `honest` (any exit code that is no lie).
local Random = require "dfota.sim.random"
local World = require "campaign.world"
local behind = require "campaign.behind"

local cases = {}

local WAYS = { "file", "url" }
local SIZE = 4000

local QUICK = { update_step = 10 } -- few lines where the percentage does not matter

local function merged(...)
  local all = {}
  for _, some in ipairs { ... } do
    for name, value in pairs(some) do all[name] = value end
  end
  return all
end

local function list_of(builders, facts)
  local list, seen = {}, {}
  local function add(class, name, way, case)
    case.class, case.way = class, way
    case.id = ("%s/%s/%s"):format(class, name, way)
    assert(not seen[case.id], case.id)
    seen[case.id] = true
    list[#list + 1] = case
  end
  for _, build in ipairs(builders) do build(add, facts) end
  return list
end

--- How many steps, lines, commands and pieces a good run of each way has.
local function measure(stage)
  local facts = {}
  for i, way in ipairs(WAYS) do
    local world = World.new({ id = "measure", way = way, spec = QUICK, size = SIZE }, stage, 999990 + i)
    local chunks, commands = 0, 0
    world.watched = function(direction, bytes)
      if direction == "rx" then chunks = chunks + 1 end
      if direction == "tx" and bytes:find("^AT") then commands = commands + 1 end
    end
    local run = world:run()
    assert(run.rc == 0, run.fault)
    facts[way] = { steps = run.steps, lines = world.m.faults.lines, commands = commands, chunks = chunks,
      statements = world.statements }
  end
  facts.behind = behind.measure(function(case) return World.new(case, stage, 999988):run() end, QUICK)
  local world = World.new({ id = "measure", way = "file", chain = true, spec = QUICK }, stage, 999989)
  local run = world:run()
  assert(run.rc == 0, run.fault or run.result.message)
  facts.chain = { steps = run.steps, statements = world.statements }
  return facts
end

local function each_way(fn)
  for _, way in ipairs(WAYS) do fn(way) end
end

local singles = {
  require "campaign.power", require "campaign.line", require "campaign.host_accidents",
  require "campaign.module_ways", require "campaign.readings", require "campaign.unasked",
  require "campaign.families", require "campaign.records", (require "campaign.chains"),
  behind.cases,
}

--- All single faults.
-- @tparam Stage stage for the runs that measure
-- @treturn {table,...}
function cases.singles(stage)
  local ways = measure(stage)
  return list_of(singles, {
    ways = ways, behind = ways.behind, each_way = each_way, quick = QUICK, merged = merged, size = SIZE,
  })
end

--- So many of them, drawn evenly by seed: cases of one kind stand side by side in the list, so each kind has its share.
-- @tparam {table,...} list
-- @tparam integer count
-- @tparam integer seed
-- @treturn {table,...} all of them where there are no more
function cases.sample(list, count, seed)
  if count >= #list then return list end
  local drawn, random = {}, Random.new(seed)
  for i = 1, count do
    local first, last = (i - 1) * #list // count + 1, i * #list // count
    drawn[i] = list[random:integer(first, last)]
  end
  return drawn
end

-- Switches that are lists of places are joined; of others the last one counts.
local JOINED = { power_cut = true, crash = true, hang = true, low_voltage = true, under_voltage = true, pdp_drop = true,
  power_down = true, drop_at = true, garble_at = true, double_at = true, delay_at = true, noise_at = true, lost = true,
  twice = true, upload_flip = true }

local INHERITED = {
  "set", "again_s", "jump_s", "other_boot", "bauds", "force", "want", "real_report", "trace", "flow",
}

local function mix_spec(into, spec)
  for name, value in pairs(spec or {}) do
    local joined = JOINED[name] and into[name]
    into[name] = joined and ("%s+%s"):format(into[name], value) or value
  end
end

local function mix(parts, id)
  local case = { id = id, class = "mixture", way = parts[1].way, spec = {}, accidents = {}, parts = {}, size = SIZE }
  for i, part in ipairs(parts) do
    case.parts[i] = part.id
    mix_spec(case.spec, part.spec)
    table.move(part.accidents or {}, 1, #(part.accidents or {}), #case.accidents + 1, case.accidents)
    for _, name in ipairs(INHERITED) do
      case[name] = part[name] or case[name]
    end
    case.honest = case.honest or part.honest
    case.same = case.same or part.same or part.final and true
  end
  return case
end

-- After a kill the rest may befall the next run.
local function put_off(case, random)
  local first, later = {}, {}
  for _, accident in ipairs(case.accidents) do
    local now = accident.kind == "kill" or random:chance(0.5)
    table.insert(now and first or later, accident)
  end
  if case.again_s then case.accidents, case.later = first, later end
end

local function may_mix(case) return not case.alone end

--- A mixture of two or three single faults; the same seed and number give the same case.
-- @tparam table pools way → list of singles
-- @tparam integer seed
-- @tparam integer number
function cases.mixture(pools, seed, number)
  local random = Random.new(seed * 1000003 + number)
  local pool = pools[WAYS[random:integer(1, 2)]]
  local parts = {}
  for i = 1, random:integer(2, 3) do parts[i] = pool[random:integer(1, #pool)] end
  local case = mix(parts, ("mixture/%d/%d"):format(seed, number))
  case.seed = seed * 1000003 + number
  put_off(case, random)
  return case
end

--- Singles by way, for mixtures.
function cases.pools(list)
  local pools = {}
  each_way(function(way) pools[way] = {} end)
  for _, case in ipairs(list) do
    if may_mix(case) then table.insert(pools[case.way], case) end
  end
  return pools
end

return cases
