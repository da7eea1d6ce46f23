local judgement = require "dfota.fleet.judgement"
local states = require "dfota.fleet.states"

local OK, SAFE = { rc = 0, retry = "none" }, { rc = 75, retry = "safe" }
local FAILED, UNKNOWN = { rc = 81, retry = "after_fix" }, { rc = 80, retry = "never" }
local NOBODY = { rc = 69, retry = "after_fix", outcome = "not_started" }

local function device(what, more)
  local of = { what = what }
  for key, value in pairs(more or {}) do of[key] = value end
  return of
end

describe("The end of a job", function()
  it("is what it says of itself", function()
    for _, result in ipairs { OK, SAFE, FAILED, UNKNOWN } do
      assert.equal(result, judgement.of(device("update", { triggered = true }), result))
    end
  end)

  it("without a word of its own is unknown behind the trigger, and safe to repeat before it", function()
    assert.is_nil(judgement.of(device("update", { heard = true, triggered = true })))
    assert.is_nil(judgement.of(device "watch"))
    assert.same({ 75, "safe" }, { judgement.of(device("update", { heard = true })).rc,
      judgement.of(device("update", { heard = true })).retry })
    assert.equal(74, judgement.of(device "update").rc)
  end)

  it("without a word that was interrupted before its trigger is an interruption, and behind it unknown", function()
    local interrupted = judgement.of(device("update", { interrupted = true }))
    assert.same({ 130, "not_started" }, { interrupted.rc, interrupted.outcome })
    assert.is_nil(judgement.of(device("update", { interrupted = true, triggered = true })))
  end)

  it("of which words were lost, as on a full disk, is its exit code's, and unknown where that says nothing", function()
    local function of(what, rc, more) return judgement.of(device(what, more), nil, { is_lost = true, rc = rc }) end
    for rc, retry in pairs { [0] = "none", [81] = "after_fix", [82] = "after_fix" } do
      for _, what in ipairs { "update", "watch" } do assert.same({ rc = rc, retry = retry }, of(what, rc)) end
    end
    for _, rc in ipairs { 2, 65, 66, 69, 74, 75, 77, 78, 83, 84, 130 } do
      assert.same({ rc = rc, retry = "safe", outcome = "not_started" }, of("update", rc))
      assert.is_nil(of("watch", rc)) -- or it would be updated, whatever it does
      if rc ~= 75 then assert.is_nil(of("update", rc, { triggered = true })) end
    end
    for _, rc in ipairs { 1, 80, 3, 127 } do assert.is_nil(of("update", rc)) end
    assert.is_nil(of("update", nil))
    assert.equal("unknown", judgement.state_after(device "update", nil, { is_lost = true }))
    assert.is_nil(judgement.state_after(device "update", nil, { is_lost = true, rc = 78 }))
  end)

  it("bars another try where the package failed and the ledger does not know it", function()
    for _, rc in ipairs { 81, 82 } do
      assert.is_true(judgement.bars_another_try(device "update", { rc = rc, recorded = false }))
      assert.is_true(judgement.bars_another_try(device "update", { rc = rc })) -- there is no ledger
      assert.is_false(judgement.bars_another_try(device "update", { rc = rc, recorded = true }))
    end
    assert.is_false(judgement.bars_another_try(device "update", { rc = 84, recorded = false }))
    assert.is_false(judgement.bars_another_try(device "update"))
  end)

  it("bars another try where its words were lost, as on a full disk, and it failed or may have", function()
    local triggered = device("update", { triggered = true })
    local function bars(of, rc) return judgement.bars_another_try(of, nil, { rc = rc, is_lost = true }) end
    for _, rc in ipairs { 80, 81, 82 } do
      for _, of in ipairs { triggered, device "update", device "watch" } do assert.is_true(bars(of, rc), rc) end
    end
    assert.same({ true, false }, { bars(triggered, nil), bars(device "update", nil) })
    assert.same({ true, false }, { judgement.bars_another_try(triggered), judgement.bars_another_try(device "update") })
    for _, rc in ipairs { 0, 2, 65, 74, 75, 84, 130 } do assert.is_false(bars(triggered, rc), rc) end
  end)

  it("of a chain's update that was only watched is the end of the chain at the target alone", function()
    local on_the_way = { rc = 0, after = "B" }
    assert.equal("safe", judgement.of(device("watch", { target = "C" }), on_the_way).retry)
    assert.equal(on_the_way, judgement.of(device("watch", { target = "B" }), on_the_way))
    assert.equal(on_the_way, judgement.of(device "watch", on_the_way))
    assert.equal(on_the_way, judgement.of(device("update", { target = "C" }), on_the_way))
  end)

  it("that was to watch a module which is gone is none of the one that is there now: that is to be updated", function()
    local refused = { rc = 84, retry = "after_fix", outcome = "not_started" }
    local free = device("watch", { refused_by = "imei", open_imei = "1", try = 1, stranger_in = 1 })
    assert.same({ 75, "safe", "not_started" }, { judgement.of(free, refused).rc, judgement.of(free, refused).retry,
      judgement.of(free, refused).outcome })
    assert.is_nil(judgement.state_after(free, refused))
    local ours = device("watch", { refused_by = "imei", open_imei = "1", imei = "1", try = 1, stranger_in = 1 })
    assert.equal(refused, judgement.of(ours, refused))
    assert.equal("unknown", judgement.state_after(ours, refused))
  end)

  for _, case in ipairs {
    { "update", OK, "done" }, { "update", FAILED, "failed" }, { "update", UNKNOWN, "unknown" }, { "update", SAFE, nil },
    { "update", { rc = 130, retry = "safe" }, nil }, { "update", nil, nil }, { "watch", nil, "unknown" },
    { "watch", OK, "done" }, { "watch", FAILED, "failed" }, { "watch", NOBODY, "unknown" },
    { "watch", { rc = 130, retry = "safe", outcome = "not_started" }, "unknown" }, { "watch", SAFE, nil },
    { "update", NOBODY, "failed" }, { "update", { rc = 65, retry = "after_fix" }, nil },
    { "update", { rc = 66, retry = "after_fix" }, nil },
  } do
    it(("leaves a module %s to the next supervisor: %s, exit code %s"):format(case[3] or "to be begun", case[1],
      case[2] and case[2].rc), function()
      assert.equal(case[3], judgement.state_after(device(case[1]), case[2]))
    end)
  end

  it("saw nothing where nobody was listened to, or it was interrupted, and saw where a chain goes on", function()
    assert.is_true(judgement.saw_nothing(NOBODY))
    assert.is_true(judgement.saw_nothing { rc = 130, retry = "safe", outcome = "not_started" })
    for _, result in ipairs { OK, SAFE, FAILED, { rc = 75, retry = "safe", outcome = "not_started" } } do
      assert.is_false(judgement.saw_nothing(result))
    end
  end)

  it("makes the exit code of its run with all others: what is worst counts", function()
    local function rc(names, stopped)
      local all, devices = states.new(), { {}, {} }
      for _, name in ipairs(names) do devices[#devices + 1] = { rc = tonumber(name:match " (%d+)$") } end
      for i, one in ipairs(devices) do all:move(one, i < 3 and "done" or names[i - 2]:match "%a+") end
      return judgement.of_run(all.count, stopped, devices)
    end
    for _, case in ipairs {
      { 0, {} }, { 0, { "done" } }, { 75, { "safe" } }, { 130, { "waiting" }, "max_fail" }, { 0, {}, "user" },
      { 65, { "waiting" }, "package" },
      { 130, { "interrupted", "safe" } }, { 130, { "waiting" }, "user" }, { 130, { "waiting" }, "brake" },
      { 130, { "interrupted", "waiting" }, "interrupted" }, { 81, { "failed", "interrupted" }, "user" },
      { 80, { "unknown", "failed", "interrupted" } },
      { 130, { "waiting", "running" }, "hangup" }, { 80, { "failed", "triggered" }, "hangup" },
      { 80, { "watching" }, "hangup" }, { 65, { "failed 65", "failed 66", "waiting" }, "package" },
      { 81, { "failed 65", "failed 81" }, "package" }, { 81, { "failed 65" } }, { 81, { "failed 66" }, "user" },
    } do
      assert.equal(case[1], rc(case[2], case[3]))
    end
  end)

  it("that was triggered and killed leaves an unknown one", function()
    assert.equal("unknown", judgement.state_after(device("update", { triggered = true, heard = true })))
  end)
end)
