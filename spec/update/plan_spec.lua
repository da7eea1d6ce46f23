local Catalog = require "dfota.config.catalog"
local core = require "dfota.core"
local gate = require "dfota.update.gate"
local plan = require "dfota.update.plan"

local function entry(from, to, fields)
  local made = { from = from, to = to, name = from .. to, size = 10, file = from .. to }
  for key, value in pairs(fields or {}) do made[key] = value end
  return made
end

local ABC = { entry("A", "B"), entry("B", "C") }

-- A job that judges gates as a run does, and is told of them.
local function job_of(entries, fields)
  local job = { told = {}, notes = {} }
  function job.gate(_, spec)
    local found = gate.judge(spec)
    job.told[#job.told + 1] = found
    if found.ok == false then error(core.error(found.kind, found.message), 0) end
  end
  function job.note(_, _, words) job.notes[#job.notes + 1] = words end
  function job.updates_seen() return fields and fields.seen end
  function job.failed_with(_, hop) return fields and fields.failed == hop.name end
  job.request, job.settings, job.target = { from = fields and fields.from }, { max_updates = 800 }, "C"
  job.ledger = { rows = function(_, want)
    assert(want.steps, "without their steps nobody knows which of them saw their end")
    return fields and fields.rows or {}
  end }
  job.catalog = setmetatable({ folder = "packs", entries = entries, problems = {},
    refused = fields and fields.refused or {}, unreadable = fields and fields.unreadable or {} }, Catalog)
  job.decision = { end_with = function(_, err) error(err, 0) end }
  function job.refusal(_, hop)
    local which = fields and fields.altered
    local altered = which == hop.name or type(which) == "table" and which[hop.name]
    return hop.refusal or altered and core.error("package", hop.name .. ": altered") or nil
  end
  job.baud = 115200
  return job
end

local function names(made)
  local list = {}
  for i, hop in ipairs(made.hops) do list[i] = hop.name end
  return table.concat(list, " ")
end

local function refused(kind, reason, job, who)
  local ok, err = pcall(plan.make, job, who)
  assert.is_false(ok)
  assert.same({ kind, true }, { err.kind, err.message:find(reason, 1, true) ~= nil }, err.message)
end

describe("A plan", function()
  it("leads from what runs to the target, with what it costs", function()
    local made = plan.make(job_of(ABC, { seen = 5 }), { revision = "A", model = "M" })
    assert.same({ "A", "C", "AB BC", 5, 800, 20 },
      { made.from, made.to, names(made), made.seen, made.limit, made.bytes })
    assert.is_true(made.time.sending_s > 0)
  end)

  it("skips the packages that a module is past", function()
    assert.equal("BC", names(plan.make(job_of(ABC), { revision = "B" })))
    assert.equal("BC", names(plan.make(job_of(ABC, { from = "A" }), { revision = "B" })))
  end)

  it("holds --from: the module must be on the way from there", function()
    refused("gate", "runs X, which is not on the way from A to C", job_of(ABC, { from = "A" }), { revision = "X" })
    refused("gate", "no way from Z to C in packs", job_of(ABC, { from = "Z" }), { revision = "A" })
  end)

  it("says why there is no way", function()
    refused("gate", "no way from X to C in packs: no package there is for X", job_of(ABC), { revision = "X" })
    refused("gate", "no way from A to C in packs: its packages lead only to B", job_of({ ABC[1] }), { revision = "A" })
    refused("gate", "1 of the 1 packages there are for another model than MC65",
      job_of { entry("A", "C", { model = "M65" }) }, { revision = "A", model = "MC65" })
  end)

  it("uses no package of another model, and any that names none", function()
    local all = { entry("A", "C", { model = "M65" }), ABC[1], ABC[2] }
    assert.equal("AB BC", names(plan.make(job_of(all), { revision = "A", model = "MC65" })))
    assert.equal("AC", names(plan.make(job_of(all), { revision = "A", model = "M65" })))
  end)

  it("is refused if the flash would be written more often than it is rated for", function()
    assert.equal(2, #plan.make(job_of(ABC, { seen = 798 }), { revision = "A" }).hops)
    refused("wear", "799 updates, a lower bound, and this way needs 2 more: the flash is rated for 800",
      job_of(ABC, { seen = 799 }), { revision = "A" })
  end)

  it("avoids a package that failed on this module, where there is another way", function()
    local all = { entry("A", "C"), ABC[1], ABC[2] }
    local job = job_of(all, { failed = "AC" })
    assert.equal("AB BC", names(plan.make(job, { revision = "A" })))
    assert.matches("AC failed on this module before: going another way", job.notes[1])
    assert.equal("AB BC", names(plan.make(job_of(ABC, { failed = "AB" }), { revision = "A" })))
  end)

  it("goes round a package that is not what its manifest says, and says so", function()
    local all = { entry("A", "C"), ABC[1], ABC[2] }
    local job = job_of(all, { altered = "AC" })
    assert.equal("AB BC", names(plan.make(job, { revision = "A" })))
    assert.same({ "AC: altered: going another way" }, job.notes)
  end)

  it("is not the gate's refusal where only a refused package would lead there, but that package's", function()
    refused("package", "AB: altered; without it there is no way from A to C in packs", job_of(ABC, { altered = "AB" }),
      { revision = "A" })
    refused("package", "AB: altered; BC: altered; without them there is no way from A to C in packs",
      job_of(ABC, { altered = { AB = true, BC = true } }), { revision = "A" })
    local gone = entry("A", "B", { refusal = core.error("package_missing", "AB.json: no package") })
    refused("package_missing", "AB.json: no package; without it there is no way from A to C in packs",
      job_of({ ABC[2] }, { refused = { gone } }), { revision = "A" })
    refused("gate", "no way from X to C", job_of({ ABC[2] }, { refused = { gone } }), { revision = "X" })
  end)

  it("is refused for a manifest that says nothing, which may have been about the way that is missing", function()
    refused("package", "no way from X to C in packs", job_of(ABC, { unreadable = { "x.json: is not JSON" } }),
      { revision = "X" })
  end)

  it("uses a package that failed on this module rather than one that was altered", function()
    local all = { entry("A", "C"), ABC[1], ABC[2] }
    local job = job_of(all, { altered = "AC", failed = "AB" })
    assert.equal("AB BC", names(plan.make(job, { revision = "A" })))
    assert.same({ "AC: altered: going another way" }, job.notes)
  end)

  it("ends the run if the ledger cannot be read", function()
    local job = job_of(ABC)
    job.ledger.rows = function() return nil, core.error("ledger", "broken") end
    job.decision = { raise = function(_, err) error(err, 0) end }
    refused("ledger", "broken", job, { revision = "A" })
  end)

  it("is told to programs with its hops", function()
    local all = { entry("A", "B", { signed_by = "key" }), entry("B", "C", { file = false, url = "http://h.net/b",
      size = false }) }
    all[2].file, all[2].size = nil, nil
    local fields = plan.fields(plan.make(job_of(all), { revision = "A" }))
    assert.same({ { from = "A", to = "B", package = "AB", size = 10, signed = true },
      { from = "B", to = "C", package = "http://h.net/b", signed = false } }, fields.hops)
    assert.same({ 2, nil, 800, nil }, { fields.writes, fields.updates_seen, fields.max_updates, fields.bytes })
  end)
end)
