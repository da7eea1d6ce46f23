--- The plan of a chain: which packages of a folder get a module from the revision that it runs to the target. Made once
-- the module is known, with queries only, and held against its wear.
-- @module dfota.update.plan
local estimate = require "dfota.update.estimate"
local route = require "dfota.config.route"

local plan = {}

local ROWS = 200 -- of the ledger, for the estimate

-- The whole way from --from; a module that is past its first packages skips them.
local function check_start(job, edges, revision)
  local from, to = job.request.from, job.target
  if not from then return end
  local whole = route.find(edges, from, to)
  if not whole then
    return job:gate { "revision", value = revision, equals = from,
      message = ("the module runs {value}, and there is no way from {limit} to %s in %s"):format(to,
        job.catalog.folder) }
  end
  job:gate { "revision", ok = route.passes(whole, revision), value = revision, limit = from,
    message = ("the module runs {value}, which is not on the way from {limit} to %s"):format(to) }
end

local function no_way(job, edges, who)
  local near = route.targets(edges, who.revision)
  local all = #job.catalog.entries
  local others = all > #edges and ("; %d of the %d packages there are for another model than %s"):format(
    all - #edges, all, who.model) or ""
  return ("there is no way from {value} to {limit} in %s: %s%s%s"):format(job.catalog.folder,
    near[1] and "its packages lead only to " .. job.catalog.list(near) or "no package there is for {value}", others,
    job.catalog:unusable())
end

-- A package that failed on this module for good is avoided where there is another way: the gate `attempts` would
-- refuse it.
local function doubt(job)
  return function(edge)
    return job:failed_with(edge) and edge.name .. " failed on this module before" or nil
  end
end

-- A package that is not what its manifest says, or whose manifest is refused, is none; if there is no way without it,
-- that is what is wrong.
local function find(job, revision, model)
  local edges = route.fitting(job.catalog:all(), model)
  check_start(job, edges, revision)
  local way, round = route.search(edges, revision, job.target, function(edge) return job:refusal(edge) end, doubt(job))
  if not way and round[1] then job.decision:end_with(job.catalog:prevention(round, revision, job.target)) end
  for _, one in ipairs(round) do job:note("warning", tostring(one.why) .. ": going another way") end
  return way
end

local function check_wear(job, writes)
  local limit, seen, why = job.settings.max_updates, job:updates_seen()
  job:gate { "wear", value = seen, at_most = math.max(limit - writes, 0), kind = "wear", unknown = why,
    message = ("this ledger counts {value} updates, a lower bound, and this way needs %d more: the flash is rated "
      .. "for %d"):format(writes, limit) }
  return seen
end

local function rows_of(job)
  local rows, err = job.ledger:rows { limit = ROWS, steps = true }
  if not rows then job.decision:raise(err) end
  return rows
end

local function bytes_of(way)
  local sum = 0
  for _, edge in ipairs(way) do sum = sum and edge.size and sum + edge.size end
  return sum
end

--- Make the plan, of packages that were read. Gates `revision`, `route` and `wear`.
-- @tparam table job `gate`, `note`, `updates_seen` as a flow has them; `failed_with` function(self, entry) → boolean;
--   `refusal` function(self, entry) → err if the package cannot be used; `request`, `settings`, `ledger`, `decision`;
--   `target` revision; `catalog` a `dfota.config.catalog`; `baud` of the line
-- @tparam table who `revision` and `model` of the module
-- @treturn table `from`, `to`, `hops` (entries of the catalog), `seen` updates in the ledger, nil if unknown, `limit`,
--   `bytes` (nil if unknown), `time` from `dfota.update.estimate`
function plan.make(job, who)
  local way = find(job, who.revision, who.model)
  job:gate { "route", ok = way ~= nil, value = who.revision, limit = job.target, may_force = false,
    kind = job.catalog.unreadable[1] and "package" or nil, -- which may have been about this way
    message = no_way(job, route.fitting(job.catalog.entries, who.model), who),
    advice = route.ADVICE }
  local seen = check_wear(job, #way)
  return {
    from = who.revision, to = job.target, hops = way, seen = seen, limit = job.settings.max_updates,
    bytes = bytes_of(way), time = estimate.of(way, job.baud, rows_of(job)),
  }
end

--- The plan as the fields of a `plan` event.
-- @tparam table made from `make`
-- @treturn table
function plan.fields(made)
  local hops = {}
  for i, hop in ipairs(made.hops) do
    hops[i] = { from = hop.from, to = hop.to, package = hop.file or hop.url, size = hop.size,
      signed = hop.signed_by ~= nil }
  end
  return {
    from = made.from, to = made.to, hops = hops, writes = #hops, updates_seen = made.seen, max_updates = made.limit,
    bytes = made.bytes, sending_s = made.time.sending_s, updates_s = made.time.updates_s, total_s = made.time.total_s,
    time = estimate.words(made.time),
  }
end

return plan
