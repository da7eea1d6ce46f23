local module_verdicts = require "dfota.fleet.module_verdicts"

local function said_of(device)
  device.number, device.port = 1, "/dev/x"
  local said = module_verdicts.of({ device })[1]
  return { said.state, said.rc, said.outcome, said.code, said.before, said.after, said.retry, said.message }
end

local FAILED = { rc = 81, outcome = "failed_on_source", code = 6508, before = "A", after = "A", retry = "after_fix",
  message = "it failed" }
local UPDATED = { rc = 0, outcome = "updated", before = "A", after = "B", retry = "none", message = "it runs B" }
local GONE = { rc = 74, outcome = "not_started", retry = "after_fix", message = "no such port" }

-- A device as the supervisor leaves it.
local function after(state, result, more)
  local device = { state = state, result = result, rc = result.rc, code = result.code, outcome = result.outcome,
    message = result.message }
  for name, value in pairs(more or {}) do device[name] = value end
  return device
end

describe("What a run says of a module", function()
  local before = { { result = FAILED } }
  for what, case in pairs {
    ["is its last result"] = { after("done", UPDATED), { "done", 0, "updated", nil, "A", "B", "none", "it runs B" } },
    ["is that of its failure, with its code"] =
      { after("failed", FAILED), { "failed", 81, "failed_on_source", 6508, "A", "A", "after_fix", "it failed" } },
    ["is that failure also where another try was refused, in the words of that"] = {
      after("failed", { rc = 84, outcome = "not_started", message = "it failed before" },
        { tries = before, refused_by = "attempts" }),
      { "failed", 81, "failed_on_source", 6508, "A", "A", "after_fix", "it failed before" } },
    ["is that failure also where nobody answered to another try"] = { after("failed", GONE, { tries = before }),
      { "failed", 81, "failed_on_source", 6508, "A", "A", "after_fix", "it failed" } },
    ["is what kept it from its first try"] =
      { after("failed", GONE), { "failed", 74, "not_started", [7] = "after_fix", [8] = "no such port" } },
    ["is unknown, whatever a watch found that met nobody"] =
      { after("unknown", GONE), { "unknown", 80, "unknown", nil, nil, nil, "never", "no such port" } },
    ["is unknown without a word of its own"] = { after("unknown", {}), { "unknown", 80, "unknown", [7] = "never" } },
    ["is well where somebody else has updated it since"] = {
      after("done", FAILED, { revision = "B", message = "the ledger says that it runs B" }),
      { "done", 0, "already_current", nil, nil, "B", "none", "the ledger says that it runs B" } },
    ["is unknown, from the revision that its update began with"] = {
      after("unknown", GONE, { tries = { { result = { outcome = "unknown", before = "A", message = "m" } } } }),
      { "unknown", 80, "unknown", nil, "A", nil, "never", "m" } },
    ["is a failure of which the exit code alone is left"] =
      { { state = "failed", rc = 81 }, { "failed", 81, "failed_on_source", nil, nil, nil, "after_fix" } },
    ["is of an exit code alone where its words were lost"] =
      { { state = "failed", rc = 82 }, { "failed", 82, "wrong_revision", nil, nil, nil, "after_fix" } },
    ["is what its last try left where that may be repeated"] = {
      after("safe", { rc = 75, outcome = "failed_on_source", before = "A", after = "A", retry = "safe", code = 6503 }),
      { "safe", 75, "failed_on_source", 6503, "A", "A", "safe" } },
    ["is that it was interrupted"] = { { state = "interrupted", rc = 130, message = "m" },
      { "interrupted", 130, "not_started", nil, nil, nil, "safe", "m" } },
    ["is that nothing was begun"] = { after("waiting", {}), { "waiting", nil, "not_started" } },
  } do
    it(what, function() assert.same(case[2], said_of(case[1])) end)
  end

  it("names it as the plan does, with the IMEI that is known", function()
    local said = module_verdicts.of { { number = 7, port = "/dev/x", name = "bus", imei = "1", state = "waiting" } }
    assert.same({ {
      device = 7, port = "/dev/x", name = "bus", imei = "1", state = "waiting", outcome = "not_started",
    } }, said)
  end)
end)
