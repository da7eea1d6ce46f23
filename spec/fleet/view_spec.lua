local json = require "dkjson"
local view = require "dfota.fleet.view"

local function scheduler(counts, why, for_good, rc)
  local all = {}
  for _, state in ipairs {
    "waiting", "running", "triggered", "watching", "done", "failed", "unknown", "safe", "interrupted",
  } do
    all[state] = counts[state] or 0
  end
  return {
    counts = function() return all end, why_not = function() return why, for_good end, rc = function() return rc end,
  }
end

describe("A fleet's run", function()
  local said, now, run, device

  before_each(function()
    said, now = {}, 100
    device = { number = 1, port = "/dev/x", state = "running", imei = "861234567890127" }
    run = {
      devices = { device }, began_at = 90, now = function() return now end, scheduler = scheduler { running = 1 },
    }
  end)

  local function new(options)
    options.write = function(bytes) said[#said + 1] = bytes end
    options.size = function() return 80, 24 end
    options.run_id, options.go = "night", "dfota-fleet --go night"
    return view.new(options)
  end

  it("was stopped for a reason that is told as what it is, and a pause is none", function()
    local function why(...) return view.why_stopped(scheduler({}, ...)) end
    assert.equal("stopped: one that goes first was interrupted, and nothing was changed on it",
      why("interrupted", true))
    assert.equal("stopped: one that goes first did not reach its target", why("canary", true))
    assert.is_nil(why("canary", false))
  end)

  describe("in a pipe", function()
    it("is one line for each change and each phase", function()
      local lines = new {}
      lines:change(device)
      lines:event(device, { event = "phase", name = "upload" })
      lines:event(device, { event = "progress", percent = 3 })
      lines:event(device, { event = "brake", reached = true })
      device.state, device.message = "failed", "6508: update failed"
      lines:change(device)
      lines:over(run, {})
      assert.same({
        "/dev/x, IMEI 861234567890127: update started\n", "/dev/x, IMEI 861234567890127: upload\n",
        "/dev/x, IMEI 861234567890127: failed: 6508: update failed\n", "0 of 1 done, 1 active, 10 s\n",
      }, said)
    end)

    it("says of a run that goes on what is under way, and nothing of what was said before", function()
      local lines = new {}
      for _, name in ipairs { "upload", "trigger" } do
        lines:event(device, { event = "phase", name = name }, true)
        device.phase = name
      end
      lines:change(device, true)
      lines:event(device, { event = "phase", name = "update" })
      device.state = "watching"
      lines:change(device, true)
      assert.same({
        "/dev/x, IMEI 861234567890127: found under way: trigger\n", "/dev/x, IMEI 861234567890127: update\n",
        "/dev/x, IMEI 861234567890127: found under way: watched\n",
      }, said)
    end)

    it("says of a check that it only checks", function()
      local lines = new { checks = true }
      lines:change(device)
      device.state, device.message = "done", "all gates passed"
      lines:change(device)
      run.scheduler = scheduler { done = 1 }
      lines:over(run, {})
      assert.same({
        "/dev/x, IMEI 861234567890127: check started\n", "/dev/x, IMEI 861234567890127: checked: all gates passed\n",
        "1 of 1 checked, 10 s\n",
      }, said)
    end)

    it("says once what holds it, and when that is over", function()
      local lines = new {}
      lines:tick(run)
      run.scheduler = scheduler({ waiting = 1 }, "canary", false)
      lines:tick(run)
      lines:tick(run)
      run.scheduler = scheduler { running = 1 }
      lines:tick(run)
      run.scheduler = scheduler({ running = 1 }, "max_fail", true)
      lines:tick(run)
      assert.same({ "paused; to go on: dfota-fleet --go night\n", "going on\n", "stopped: too many failed\n" }, said)
    end)
  end)

  local WINDOW = { why = "window", at = 1795860000, words = "window opens at 22:00" }
  local RATE = { why = "rate", at = 1795860000, words = "no more than 1 start a minute: the next at 10:00:00" }
  local BACKOFF = { why = "backoff", at = 1795860000, words = "next try at 10:00:00" }

  it("that waits for a time says so: in a pipe and to programs once each time, and on a screen all the time", function()
    local lines, events, live = new {}, new { json = true }, new { tty = true }
    for _, waits in ipairs { WINDOW, WINDOW, false, RATE, false, RATE, BACKOFF, false } do
      run.waits = waits or nil
      lines:tick(run)
    end
    assert.same({
      "window opens at 22:00\n", "going on\n", RATE.words .. "\n", "next try at 10:00:00\n",
    }, said)
    said = {}
    for _, waits in ipairs { WINDOW, WINDOW, false, RATE, false, RATE } do
      run.waits = waits or nil
      events:tick(run)
    end
    run.scheduler = scheduler({ waiting = 1 }, "canary", false)
    events:tick(run)
    run.scheduler = scheduler({ waiting = 1 }, "brake", true)
    events:over(run)
    assert.equal("fleet", json.decode(table.remove(said)).event)
    for i, line in ipairs(said) do said[i] = json.decode(line, 1, "null") end
    local function waiting(why, over)
      return { v = 1, event = "waiting", run = "night", why = why, ["until"] = over }
    end
    assert.same({
      waiting("window", WINDOW.at), waiting("null", "null"), waiting("rate", RATE.at), waiting("pause", "null"),
      { v = 1, event = "stopping", run = "night", why = "brake" },
    }, said)
    run.scheduler, run.waits = scheduler { waiting = 1 }, WINDOW
    live:tick(run)
    assert.truthy(said[#said]:find("window opens at 22:00", 1, true))
  end)

  describe("on a terminal", function()
    it("is drawn where it was, with nothing of the last time left behind", function()
      local live = new { tty = true }
      live:tick(run)
      live:change(device)
      live:tick(run)
      assert.equal(2, #said)
      assert.is_nil(said[1]:find "\27%[%d+A")
      assert.equal("\27[2A\r", said[2]:match "^\27%[%d+A\r")
      for _, frame in ipairs(said) do
        assert.equal("\27[J", frame:sub(-3))
        assert.equal(2, select(2, frame:gsub("\27%[K\n", "")))
      end
    end)

    it("is drawn when something changed, and else once a second", function()
      local live = new { tty = true }
      live:tick(run)
      live:tick(run)
      assert.equal(1, #said)
      live:event(device, { event = "progress" })
      live:tick(run)
      assert.equal(2, #said)
      now = now + 1
      live:tick(run)
      assert.equal(3, #said)
    end)

    it("stays where it is when somebody's Enter moved the cursor", function()
      local live = new { tty = true, has_key = true }
      live:moved(1) -- nothing is drawn yet
      live:tick(run)
      live:moved(1)
      live:change(device)
      live:tick(run)
      assert.equal("\27[3A\r", said[2]:match "^\27%[%d+A\r")
    end)

    it("says what goes on after a pause: the key, where there is one", function()
      for words, has_key in pairs {
        ["paused: Enter goes on"] = true, ["paused; to go on: dfota-fleet --go night"] = false,
      } do
        run.scheduler = scheduler({ waiting = 1 }, "canary", false)
        new({ tty = true, has_key = has_key }):tick(run)
        assert.truthy(said[#said]:find(words, 1, true), words)
      end
    end)

    it("counts the updates of a chain that have ended when it says how long the rest takes", function()
      device.job, device.hop, now = {}, { number = 2, of = 2 }, 190
      new({ tty = true }):tick(run)
      assert.truthy(said[1]:find("about 1 min 40 s left", 1, true), said[1]) -- one of two after 100 s
    end)

    it("counts for the time that is left only what this supervisor did, and what it still may do", function()
      for i = 2, 12 do run.devices[i] = { number = i, port = "/dev/x" .. i, state = "waiting" } end
      run.scheduler, now = scheduler { done = 10, waiting = 2 }, 100
      local live = new { tty = true }
      live:tick(run)
      assert.is_nil(said[1]:find(" left", 1, true))
      run.scheduler, now = scheduler { done = 11, waiting = 1 }, 110
      live:tick(run)
      assert.truthy(said[2]:find("20 s, about 20 s left", 1, true), said[2])
      run.scheduler, now = scheduler({ done = 11, waiting = 1 }, "user", true), 120
      live:tick(run)
      assert.truthy(said[3]:find("30 s, stopped", 1, true), said[3])
    end)

    it("ends with what is said below it, and with its top in sight", function()
      for i = 2, 64 do run.devices[i] = { number = i, port = "/dev/x" .. i, state = "done" } end
      run.scheduler = scheduler { failed = 1, done = 63 }
      device.state = "failed"
      new({ tty = true }):over(run, { "page: /x", ("y"):rep(100) }, { "page:" })
      local frame = table.concat(said)
      assert.truthy(frame:find("page: /x\n" .. ("y"):rep(100) .. "\n", 1, true))
      -- Of 24 lines one has the prompt, and three what is said below.
      assert.equal(20, select(2, frame:gsub("\27%[K\n", "")))
    end)

    it("breaks what is said below it between words", function()
      new({ tty = true }):over(run, { ("word "):rep(20) .. "end" }, {})
      assert.truthy(table.concat(said):find("word\n" .. ("word "):rep(4) .. "end\n", 1, true))
    end)

    it("has colours only where they are wanted", function()
      device.state = "failed"
      new({ tty = true, color = true }):tick(run)
      new({ tty = true, color = false }):tick(run)
      assert.truthy(said[1]:find("\27[31m", 1, true))
      assert.is_nil(said[2]:find("\27[31m", 1, true))
    end)
  end)

  describe("for programs", function()
    it("is the events of all jobs, with the run and the module they are of, and one at the end", function()
      local lines = new { json = true }
      device.try = 2
      lines:event(device, { v = 1, event = "phase", name = "upload", port = "/dev/x" })
      lines:event(device, { v = 1, event = "result" }, true)
      assert.same({ nil, true }, { json.decode(said[1]).earlier, json.decode(table.remove(said)).earlier })
      lines:change(device)
      lines:tick(run)
      run.scheduler = scheduler({ done = 1 }, nil, false, 0)
      lines:over(run, {})
      assert.equal(2, #said)
      assert.same({ v = 1, event = "phase", name = "upload", port = "/dev/x", run = "night", device = 1, try = 2 },
        json.decode(said[1]))
      local last = json.decode(said[2])
      assert.same({ "fleet", "night", 0, 1, 10 }, { last.event, last.run, last.rc, last.counts.done, last.duration_s })
    end)
  end)
end)
