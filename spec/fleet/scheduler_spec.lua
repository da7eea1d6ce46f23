local limits = require "dfota.fleet.limits"
local scheduler = require "dfota.fleet.scheduler"

local OK, SAFE = { rc = 0, retry = "none" }, { rc = 75, retry = "safe" }
local FAILED, UNKNOWN = { rc = 81, retry = "after_fix" }, { rc = 80, retry = "never" }
local INTERRUPTED = { rc = 130, retry = "safe" }
local NOBODY = { rc = 69, retry = "after_fix", outcome = "not_started" }

local devices, one

-- A fleet of so many, named 1, 2, …; what is known of some of them by number.
local function fleet(count, options, known)
  devices = {}
  for i = 1, count do
    devices[i] = { name = i }
    for key, value in pairs(known and known[i] or {}) do devices[i][key] = value end
  end
  one = scheduler.new(devices, options)
  return one
end

-- The actions as words, such as "update 1".
local function step(now, second_of_day)
  local actions, wake = one:step(now or 0, second_of_day or 0)
  local words = {}
  for i, action in ipairs(actions) do words[i] = action.what .. " " .. action.device.name end
  return table.concat(words, ", "), wake
end

local function ended(number, result, now) one:ended(devices[number], result, now or 0) end

describe("A fleet", function()
  it("is updated in the order of its plan, as many at a time as are allowed", function()
    fleet(5, { jobs = 2 })
    assert.equal("update 1, update 2", step())
    assert.same({ "", nil }, { step() })
    ended(2, OK)
    assert.equal("update 3", step())
    ended(1, OK)
    ended(3, OK)
    assert.equal("update 4, update 5", step())
    assert.is_false(one:is_finished())
    ended(4, OK)
    ended(5, OK)
    assert.is_true(one:is_finished())
    assert.equal(0, one:rc())
    assert.equal(5, one:counts().done)
  end)

  it("of nobody is finished, and at its target", function()
    fleet(0)
    assert.same({ "", nil }, { step() })
    assert.is_true(one:is_finished())
    assert.equal(0, one:rc())
  end)

  it("begins one update after another if there is to be time between them", function()
    fleet(3, { jobs = 3, gap_s = 10 })
    local words, wake = step(100)
    assert.same({ "update 1", 110 }, { words, wake })
    assert.same({ "", 110 }, { step(109.9) })
    assert.same({ "update 2", 120 }, { step(110) })
    assert.same({ "update 3", nil }, { step(125) })
  end)

  it("is told when to be looked at only if time alone can change anything", function()
    fleet(2, { jobs = 1, gap_s = 10 })
    assert.same({ "update 1", nil }, { step(0) }) -- its one job is taken
    ended(1, OK, 3)
    assert.same({ "", 10 }, { step(3) })
  end)

  it("watches at any time: that is no start of an update", function()
    fleet(3, { jobs = 3, gap_s = 10 }, { { state = "unknown" } })
    assert.same({ "watch 1, update 2", 10 }, { step(0) })
  end)

  it("begins later what could not be begun, also where that failed before", function()
    fleet(1, { again = true }, { { state = "failed" } })
    assert.equal("update 1", step())
    one:not_begun(devices[1])
    assert.same({ "waiting", "update 1" }, { devices[1].state, step() })
  end)

  it("refuses an end of what was not begun", function()
    fleet(1)
    assert.error_matches(function() ended(1, OK) end, "no job of this device is active")
  end)
end)

describe("An update that may safely be repeated", function()
  it("is tried again, each time after a longer pause, and left after the last try", function()
    fleet(1, { tries = 4, backoff_s = 60, backoff_cap_s = 100 })
    local now, pauses = 0, {}
    for i = 1, 4 do
      assert.equal("update 1", step(now))
      ended(1, SAFE, now)
      local _, wake = step(now)
      pauses[i] = wake and wake - now or "none"
      now = wake or now
    end
    assert.same({ 60, 100, 100, "none" }, pauses)
    assert.is_true(one:is_finished())
    assert.same({ 75, "safe" }, { one:rc(), devices[1].state })
  end)

  it("has as many tries and pauses when another supervisor goes on, and as many again after all of them", function()
    fleet(2, { tries = 2 }, { { tries_before = 1, tried_at = 100 }, { tries_before = 2, tried_at = 0 } })
    assert.same({ "update 2", 160 }, { step(110) })
    ended(2, SAFE, 120)
    assert.equal("update 1", step(160))
    ended(1, SAFE, 170)
    assert.same({ "safe", "update 2" }, { devices[1].state, step(180) })
    ended(2, SAFE, 190)
    assert.same({ true, 75 }, { one:is_finished(), one:rc() })
  end)

  it("does not hold up the others", function()
    fleet(2, { jobs = 1 })
    step()
    ended(1, SAFE)
    assert.equal("update 2", step())
    ended(2, OK, 5)
    assert.same({ "", 60 }, { step(5) })
    assert.equal("update 1", step(60))
    ended(1, OK, 70)
    assert.equal(0, one:rc())
  end)
end)

describe("An outcome that is unknown", function()
  it("is settled by watching, at once, and never by another update", function()
    fleet(2, { jobs = 1 })
    step()
    one:triggered(devices[1])
    ended(1, UNKNOWN)
    assert.equal("watch 1", step())
    ended(1, OK)
    assert.equal("update 2", step())
    assert.equal("done", devices[1].state)
  end)

  it("is watched, whatever the job that watches says", function()
    fleet(1, {}, { { state = "unknown" } })
    step()
    one:triggered(devices[1])
    assert.equal("watching", devices[1].state)
    one:next_hop(devices[1])
    assert.equal("watching", devices[1].state)
  end)

  it("is that of a job that ended without a word, too", function()
    fleet(1)
    step()
    ended(1, nil)
    assert.equal("watch 1", step())
  end)

  it("stays unknown if watching does not settle it, however often", function()
    fleet(1, { tries = 3, backoff_s = 60 })
    step()
    ended(1, UNKNOWN)
    for i, result in ipairs { INTERRUPTED, NOBODY, UNKNOWN } do
      local now = ({ 0, 60, 180 })[i]
      assert.equal("watch 1", step(now))
      ended(1, result, now)
      assert.equal(i == 3, one:is_finished())
    end
    assert.same({ 80, "unknown" }, { one:rc(), devices[1].state })
  end)

  it("of an earlier run is settled first, whatever holds updates back", function()
    fleet(2, { jobs = 1, window = limits.window "22:00-23:00" }, { [2] = { state = "unknown" } })
    assert.equal("watch 2", step(0, 0))
    ended(2, FAILED)
    assert.equal("failed", devices[2].state)
  end)

  it("that turns out to be the source firmware is tried again as an update", function()
    fleet(1, { backoff_s = 60 }, { { state = "unknown" } })
    step()
    ended(1, SAFE)
    assert.same({ "", 60 }, { step() })
    assert.equal("update 1", step(60))
  end)

  it("keeps others from being forgotten: a run that ends with one says so", function()
    fleet(3, { jobs = 3, tries = 1 })
    step()
    ended(1, UNKNOWN)
    ended(2, FAILED)
    ended(3, OK)
    step()
    ended(1, UNKNOWN)
    assert.is_true(one:is_finished())
    assert.equal(80, one:rc())
  end)
end)

describe("What an earlier run left", function()
  it("is not done again, if it is done or if it failed", function()
    fleet(3, {}, { { state = "done" }, { state = "failed" } })
    assert.equal("update 3", step())
    ended(3, OK)
    assert.is_true(one:is_finished())
    assert.equal(81, one:rc())
  end)

  it("is tried again where it failed, if that is asked for", function()
    fleet(2, { again = true }, { { state = "done" }, { state = "failed" } })
    assert.equal("update 2", step())
  end)
end)

describe("The first modules", function()
  local FIRST = { goes_first = true }

  it("are updated before the others", function()
    fleet(4, {}, { FIRST, [3] = FIRST })
    assert.equal("update 1, update 3", step())
    ended(1, OK)
    assert.equal("", step())
    ended(3, OK)
    assert.equal("update 2, update 4", step())
  end)

  it("stop the run if one of them fails: the others are interrupted or never begun", function()
    fleet(4, {}, { FIRST, FIRST, FIRST })
    step()
    one:triggered(devices[2])
    ended(1, FAILED)
    assert.equal("interrupt 3", step())
    ended(3, INTERRUPTED)
    assert.is_false(one:is_finished())
    ended(2, OK)
    assert.is_true(one:is_finished())
    assert.same({ "canary", true }, { one:why_not() })
    assert.same({ 81, 1 }, { one:rc(), one:counts().waiting })
  end)

  it("stop the run as interrupted, not as failed, if somebody ends the job of one before its trigger", function()
    fleet(3, {}, { FIRST, FIRST })
    step()
    one:triggered(devices[2])
    ended(1, INTERRUPTED)
    assert.same({ "", { "interrupted", true } }, { step(), { one:why_not() } })
    ended(2, OK)
    assert.same({ true, 130, 0, 1 },
      { one:is_finished(), one:rc(), one:counts().failed, one:counts().waiting })
    fleet(3, {}, { FIRST, { goes_first = true, state = "done" } }) -- and whoever goes on begins it again
    assert.equal("update 1", step())
    ended(1, OK)
    assert.equal("update 3", step())
  end)

  it("are waited for until they can be judged, with as many tries as others", function()
    fleet(2, { backoff_s = 60 }, { FIRST })
    step()
    ended(1, SAFE)
    assert.same({ "", 60 }, { step() })
    assert.equal("update 1", step(60))
    ended(1, UNKNOWN, 70)
    assert.equal("watch 1", step(70))
    ended(1, OK, 80)
    assert.equal("update 2", step(80))
  end)

  it("are followed by a pause if that is asked for, until the run is resumed", function()
    fleet(2, { pause = true }, { FIRST })
    step()
    ended(1, OK)
    assert.same({ "", nil }, { step() })
    assert.same({ "canary", false }, { one:why_not() })
    assert.is_false(one:is_finished())
    one:resume()
    assert.equal("update 2", step())
  end)

  it("may be all there are: then nothing is paused for", function()
    fleet(1, { pause = true }, { FIRST })
    step()
    ended(1, OK)
    assert.is_true(one:is_finished())
    assert.equal(0, one:rc())
  end)

  -- What an earlier supervisor left of the first of three modules → what the next one begins before that is at its
  -- target, and how the end of that is taken.
  for state, case in pairs {
    running = { "", OK, "update 2, update 3" }, triggered = { "", OK, "update 2, update 3" },
    watching = { "", OK, "update 2, update 3" }, unknown = { "watch 1", OK, "update 2, update 3" },
    nothing = { "update 1", OK, "update 2, update 3" }, ["triggered then"] = { "", FAILED, "", "canary" },
    ["unknown then"] = { "watch 1", FAILED, "", "canary" },
  } do
    it(("hold the others back when a run goes on that left one %s"):format(state), function()
      fleet(3, {}, { { goes_first = true, state = state ~= "nothing" and state:match "%a+" or nil } })
      assert.equal(case[1], step())
      ended(1, case[2])
      assert.same({ case[3], case[4] }, { step(), (one:why_not()) })
    end)
  end

  it("that failed stop the run whenever it goes on, once what is unknown was watched", function()
    fleet(2, {}, { { goes_first = true, state = "failed" } })
    assert.same({ "", true, "canary", 81 }, { step(), one:is_finished(), one:why_not(), one:rc() })
    fleet(3, {}, { { goes_first = true, state = "failed" }, { goes_first = true, state = "unknown" }, FIRST })
    assert.equal("watch 2", step())
    ended(2, SAFE)
    assert.same({ "", true, "canary" }, { step(100), one:is_finished(), (one:why_not()) })
  end)

  it("that failed are tried again before the others, if that is asked for and nothing bars it", function()
    fleet(2, { again = true }, { { goes_first = true, state = "failed" } })
    assert.equal("update 1", step())
    fleet(2, { again = true }, { { goes_first = true, state = "failed", barred = true } })
    assert.same({ "", "canary" }, { step(), (one:why_not()) })
  end)

  it("hold back another that was watched, and is to be updated again", function()
    fleet(2, { tries = 9, backoff_s = 1 }, { { goes_first = true, state = "triggered" }, { state = "unknown" } })
    assert.equal("watch 2", step())
    ended(2, SAFE)
    assert.equal("", step(100))
    ended(1, OK, 100)
    assert.equal("update 2", step(100))
  end)

  it("are followed by the pause also when all of them ended before the run goes on", function()
    fleet(2, { pause = true }, { { goes_first = true, state = "done" } })
    assert.same({ "", "canary" }, { step(), (one:why_not()) })
    one:resume()
    assert.equal("update 2", step())
  end)
end)

describe("Failures", function()
  it("stop the run once they are more than may be", function()
    fleet(4, { jobs = 1, max_fail = { count = 1 } })
    for i = 1, 2 do
      assert.equal("update " .. i, step())
      ended(i, FAILED)
    end
    assert.same({ "", nil }, { step() })
    assert.same({ "max_fail", true }, { one:why_not() })
    assert.is_true(one:is_finished())
    assert.same({ 81, 2 }, { one:rc(), one:counts().waiting })
  end)

  it("of a percentage count once enough have ended", function()
    fleet(10, { jobs = 1, max_fail = { percent = 50, least = 3 } })
    for i, result in ipairs { FAILED, FAILED, OK } do
      assert.equal("update " .. i, step())
      ended(i, result)
    end
    assert.equal("max_fail", one:why_not())
  end)

  it("are unknown outcomes as well, for as long as they are unknown", function()
    fleet(3, { jobs = 1, max_fail = { count = 1 } })
    step()
    ended(1, UNKNOWN)
    assert.equal("watch 1", step())
    ended(1, OK)
    assert.equal("update 2", step())
    ended(2, FAILED)
    assert.is_nil(one:why_not())
    assert.equal("update 3", step())
    ended(3, UNKNOWN)
    assert.equal("max_fail", one:why_not())
    assert.same({ 80, true }, { one:rc(), one:is_finished() })
  end)

  it("that an earlier supervisor saw count on, known or not: killing it makes no room for more", function()
    for _, state in ipairs { "failed", "unknown" } do
      fleet(4, { jobs = 1, tries = 1, max_fail = { count = 1 } }, { { state = state }, { state = "done" } })
      if step() == "watch 1" then
        ended(1, UNKNOWN)
        step()
      end
      assert.is_nil(one:why_not())
      ended(3, FAILED)
      assert.equal("max_fail", one:why_not())
    end
  end)

  it("that nobody knows of yet count while they are watched", function()
    fleet(3, { jobs = 2, max_fail = { count = 1 } }, { { state = "unknown" } })
    assert.equal("watch 1, update 2", step())
    ended(2, FAILED)
    assert.equal("max_fail", one:why_not())
  end)

  it("for which a run stopped are forgiven when it goes on, and tries that may be repeated never count", function()
    fleet(3, { jobs = 1, tries = 1, max_fail = { count = 0 } }, { { state = "failed" } })
    step()
    ended(2, SAFE)
    assert.equal("update 3", step())
  end)
end)

describe("A window", function()
  it("holds back what would begin outside of it, and nothing else", function()
    fleet(2, { jobs = 1, window = limits.window "22:00-05:00" })
    assert.same({ "", 1100 }, { step(100, 22 * 3600 - 1000) })
    assert.equal("update 1", step(1100, 22 * 3600))
    one:triggered(devices[1])
    ended(1, OK, 9000)
    assert.same({ "", 9000 + 17 * 3600 }, { step(9000, 5 * 3600) })
    assert.is_false(one:is_finished())
  end)
end)

describe("What a fleet waits for", function()
  local NIGHT = limits.window "22:00-05:00"

  local function waits(now, second_of_day) return { one:waits_for(now or 0, second_of_day or 0) } end

  it("is its hours, also while others are followed to their end", function()
    fleet(2, { window = NIGHT }, { { state = "triggered" } })
    assert.same({ "window", 5 + 10 * 3600 }, waits(5, 12 * 3600))
    assert.same({}, waits(5, 23 * 3600))
  end)

  it("is somebody's word in a pause, and nothing of what comes after it", function()
    fleet(2, { window = NIGHT, pause = true }, { { goes_first = true, state = "done" } })
    assert.same({ "pause" }, waits(5, 12 * 3600))
  end)

  it("is the next start where those are spread, if that was asked for", function()
    for rate, expected in pairs { [1] = { "rate", 60 }, [false] = {} } do
      fleet(2, { gap_s = 60, rate = rate or nil })
      step(0)
      assert.same(expected, waits(10))
      assert.same({}, waits(60))
    end
  end)

  it("is the next try where nothing else is done meanwhile, of an update or of watching", function()
    fleet(2, { jobs = 2, backoff_s = 60 })
    step()
    ended(1, SAFE)
    assert.same({}, waits(5))
    ended(2, UNKNOWN)
    step()
    ended(2, UNKNOWN, 10)
    assert.same({ "backoff", 60 }, waits(11))
    fleet(1, { backoff_s = 60 }, { { state = "unknown" } })
    step()
    ended(1, UNKNOWN, 10)
    assert.same({ "backoff", 70 }, waits(11))
  end)

  it("is nothing of its own where others must end first, all is done, or it was stopped", function()
    fleet(2, { jobs = 1, window = NIGHT }, { { state = "running" } })
    assert.same({}, waits(0, 12 * 3600))
    fleet(2, {}, { { goes_first = true } })
    step()
    assert.same({}, waits())
    fleet(1, { window = NIGHT }, { { state = "done" } })
    assert.same({}, waits(0, 12 * 3600))
    fleet(1, { window = NIGHT })
    one:stop "user"
    assert.same({}, waits(0, 12 * 3600))
  end)
end)

describe("Stopping", function()
  it("interrupts what is not triggered, follows what is, and starts nothing more", function()
    fleet(4, { jobs = 3 }, { [3] = { state = "unknown" } })
    assert.equal("watch 3, update 1, update 2", step())
    one:triggered(devices[1])
    one:stop "user"
    assert.same({ "interrupt 2", nil }, { step() })
    assert.equal("", step())
    ended(2, INTERRUPTED)
    ended(3, UNKNOWN)
    ended(1, OK)
    assert.is_true(one:is_finished())
    assert.same({ 80, "unknown", "interrupted", "waiting" },
      { one:rc(), devices[3].state, devices[2].state, devices[4].state })
  end)

  it("leaves what was to be tried again as it was, if its turn does not come any more", function()
    fleet(3, { again = true, jobs = 1 }, { { state = "failed" }, { state = "failed" }, { state = "unknown" } })
    assert.equal("watch 3", step())
    one:stop "brake"
    ended(3, UNKNOWN)
    assert.same({ true, 80, "failed", "failed", "unknown" },
      { one:is_finished(), one:rc(), devices[1].state, devices[2].state, devices[3].state })
    fleet(2, { again = true, jobs = 1 }, { { state = "failed" } })
    assert.equal("update 1", step())
    one:stop "max_fail"
    one:not_begun(devices[1]) -- somebody else forbade it
    step()
    assert.same({ true, 81, "failed", "waiting" }, { one:is_finished(), one:rc(), devices[1].state, devices[2].state })
  end)

  it("is the run's exit code if nothing else went wrong", function()
    fleet(2, { jobs = 1 })
    step()
    one:stop "user"
    step()
    ended(1, INTERRUPTED)
    assert.equal(130, one:rc())
  end)

  it("at the centre alone, before this run has heard of it, is an interruption too", function()
    fleet(1)
    step()
    ended(1, INTERRUPTED)
    assert.same({ nil, 130 }, { one:why_not(), one:rc() })
  end)

  it("before which a job was told to end is over where the run goes on: it begins again, unless that is stopped, too",
    function()
      fleet(2, { jobs = 1 }, { { state = "running", was_told = true }, { state = "done" } })
      assert.equal("", step()) -- it is waited for
      ended(1, INTERRUPTED)
      assert.equal("update 1", step())
      devices[1].was_told = nil -- of another try
      ended(1, INTERRUPTED)
      assert.same({ "", "interrupted", 130 }, { step(), devices[1].state, one:rc() })
      fleet(1, {}, { { state = "running", was_told = true } })
      one:stop "user"
      step()
      ended(1, INTERRUPTED)
      assert.same({ "interrupted", true }, { devices[1].state, one:is_finished() })
    end)

  it("leaves an outcome unknown that was still to be settled", function()
    fleet(1, { backoff_s = 60 })
    step()
    ended(1, UNKNOWN)
    one:stop "brake"
    assert.same({ true, 80 }, { one:is_finished(), one:rc() })
  end)

  it("tries nothing again", function()
    fleet(1)
    step()
    one:stop "brake"
    ended(1, SAFE)
    step()
    assert.same({ true, 130 }, { one:is_finished(), one:rc() })
  end)

  it("because there is only another package interrupts nothing, until it is stopped for another reason", function()
    fleet(3, { jobs = 2 })
    step()
    one:not_begun(devices[2])
    one:stop "package"
    assert.same({ "", "running", "waiting" }, { (step()), devices[1].state, devices[2].state })
    one:stop "package"
    one:stop "user"
    assert.equal("interrupt 1", (step()))
    ended(1, INTERRUPTED)
    assert.same({ "user", 130 }, { (one:why_not()), one:rc() })
    fleet(2, { jobs = 1 })
    step()
    one:stop "package"
    ended(1, OK)
    assert.same({ true, 65 }, { one:is_finished(), one:rc() })
  end)

  it("because there is only another package is no failure of the modules whose jobs were refused for it", function()
    for _, options in ipairs { { jobs = 1, max_fail = { count = 0 } }, { jobs = 1 } } do
      fleet(2, options, { { goes_first = true } })
      step()
      one:stop "package"
      devices[1].rc = 66
      ended(1, { rc = 66, retry = "after_fix", outcome = "not_started" })
      assert.same({ 65, "package", "failed" }, { one:rc(), (one:why_not()), devices[1].state })
    end
  end)

  it("because nobody follows any more interrupts nothing, and tells what is not known", function()
    fleet(3, { jobs = 2 })
    step()
    one:stop "hangup"
    assert.equal("", step())
    assert.same({ 130, "hangup" }, { one:rc(), (one:why_not()) })
    one:triggered(devices[1])
    assert.equal(80, one:rc())
  end)

  it("for the first reason counts", function()
    fleet(1)
    one:stop "brake"
    one:stop "user"
    assert.equal("brake", one:why_not())
  end)
end)

describe("A job of several updates", function()
  it("is before a trigger again when its next one begins, and interrupted there", function()
    fleet(1)
    step()
    one:triggered(devices[1])
    one:next_hop(devices[1])
    assert.equal("running", devices[1].state)
    one:stop "user"
    assert.equal("interrupt 1", step())
    ended(1, INTERRUPTED)
    assert.same({ "interrupted", 130 }, { devices[1].state, one:rc() })
  end)

  it("is told of a stop behind its trigger if more would follow, and left alone if none would", function()
    fleet(2, nil, { { more_hops = true }, { more_hops = false } })
    step()
    one:triggered(devices[1])
    one:triggered(devices[2])
    one:stop "user"
    assert.equal("interrupt 1", step())
    ended(1, INTERRUPTED)
    ended(2, OK)
    assert.same({ "interrupted", "done" }, { devices[1].state, devices[2].state })
  end)
end)
