local core = require "dfota.core"
local disk = require "dfota.fleet.disk"
local folder = require "support.folder"
local job = require "dfota.fleet.job"
local run_folder = require "dfota.fleet.run_folder"
local supervisor = require "dfota.fleet.supervisor"
local uv = require "luv"

local function said(event) return ("echo '%s';"):format(event) end

local TRIGGER = said '{"event":"phase","name":"trigger"}'
local function result(rc, retry)
  return said(('{"event":"result","rc":%d,"retry":"%s"}'):format(rc, retry or "none"))
end

describe("A fleet's run", function()
  local dir, cleanup, opened, scripts, calls, repeated, warned, rc

  before_each(function()
    dir, cleanup = folder.new()
    opened = assert(run_folder.create(dir, "night", {}))
    scripts, calls, repeated, warned, rc = {}, {}, {}, {}, nil
  end)
  after_each(function()
    uv.run "nowait"
    cleanup()
  end)

  local function devices()
    local list = {}
    for number = 1, #scripts do list[number] = { number = number, port = "/dev/" .. number } end
    return list
  end

  -- What a module's tries say, each a script of the shell: { update 1, update 2, watch = … }.
  local function script_of(device, what)
    local own = scripts[device.number]
    if what == "watch" then return own.watch end
    return own[device.try] or own[#own]
  end

  local function begin(schedule, list, settled, central, pins)
    local run
    run = supervisor.new {
      central = central, pins = pins, warn = function(words) warned[#warned + 1] = words end,
      folder = opened, devices = list or devices(), schedule = schedule or {}, second_of_day = function() return 0 end,
      words = function(device, what)
        calls[#calls + 1] = what .. " " .. device.number
        return { "/bin/sh", "-c", script_of(device, what) }
      end,
      settled = settled,
      on_event = function(_, event, is_old)
        if is_old then repeated[#repeated + 1] = event.name end
      end,
      on_change = function(device, is_found)
        if is_found then repeated[#repeated + 1] = "found " .. device.number end
      end,
      on_end = function(code) rc = code end,
    }
    run:begin()
    return run
  end

  local function await(what)
    local late, over = uv.new_timer(), false
    uv.update_time()
    late:start(20000, 0, function() over = true end)
    while not what() and not over do uv.run "once" end
    late:stop()
    late:close()
    assert.is_false(over, "it never came")
  end

  local function is_over() return rc ~= nil end

  it("is over when every module is, and ends with the worst of what became of them", function()
    scripts = { { result(0) }, { result(81, "after_fix") }, { result(0) } }
    local run = begin { jobs = 2 }
    await(is_over)
    assert.equal(81, rc)
    assert.same({ "update 1", "update 2", "update 3" }, calls)
    assert.same({ "done", "failed", "done" },
      { run.devices[1].state, run.devices[2].state, run.devices[3].state })
  end)

  it("knows the time of day, and of each module what it said last", function()
    assert.equal(3723, supervisor.second_of_day { hour = 1, min = 2, sec = 3 })
    scripts = { {
      said '{"event":"identity","model":"MC65","revision":"A","imei":"1"}'
        .. said '{"event":"identity","model":"M65","revision":"B"}' .. result(0),
    } }
    local run = begin()
    await(is_over)
    local device = run.devices[1]
    assert.same({ "M65", "B", "1" }, { device.model, device.revision, device.imei })
  end)

  it("tries again what is safe, and watches what is unknown", function()
    scripts = { { result(75, "safe"), result(0) }, { TRIGGER .. result(80, "never"), watch = result(0) } }
    begin { jobs = 1, backoff_s = 0.01 }
    await(is_over)
    assert.equal(0, rc)
    table.sort(calls)
    assert.same({ "update 1", "update 1", "update 2", "watch 2" }, calls)
  end)

  it("watches after a job that died behind its trigger, and tries again one that died before it", function()
    scripts = {
      { TRIGGER .. "kill -9 $$", watch = result(0) }, { said '{"event":"identity"}' .. "kill -9 $$", result(0) },
    }
    begin { backoff_s = 0.01 }
    await(is_over)
    table.sort(calls)
    assert.same({ "update 1", "update 2", "update 2", "watch 1" }, calls)
    assert.equal(0, rc)
  end)

  it("begins nothing more, not even beside it, once what cannot be begun has stopped it", function()
    -- Somebody else's file is where the words of the first one were to go.
    scripts = { setmetatable({}, { __index = function()
      folder.write(opened.path .. "/001-1.json", "")
      return result(0)
    end }), { result(0) } }
    local run = begin { jobs = 2, max_fail = { count = 0 } }
    await(is_over)
    assert.same({ "failed", "waiting" }, { run.devices[1].state, run.devices[2].state })
    assert.is_nil(uv.fs_stat(opened.path .. "/002-1.json"))
  end)

  it("hears what it is told between two starts, however long each of them takes", function()
    local start = job.start
    local slow = stub(job, "start", function(...)
      local began = core.now()
      while core.now() - began < 0.005 do end
      return start(...)
    end)
    finally(function() slow:revert() end)
    for number = 1, 10 do scripts[number] = { result(0) } end
    local run = begin { jobs = 10, gap_s = 0.001 }
    local told = assert(uv.pipe())
    uv.fs_write(told.write, "x")
    local ear = uv.new_pipe(false)
    ear:open(told.read)
    ear:read_start(function()
      ear:close()
      run:stop "user"
    end)
    await(is_over)
    uv.fs_close(told.write)
    assert.is_true(#calls < 5, #calls)
  end)

  it("begins nothing on a full disk, says so, and tries again what is not begun", function()
    local room = stub(disk, "has_room")
    finally(function() room:revert() end)
    room.returns(false)
    scripts = { { result(0) }, { watch = result(0) } }
    local list = devices()
    list[2].state = "unknown"
    local run = begin({ backoff_s = 0.01, max_fail = { count = 1 } }, list)
    local words = "no space is left for what a job says in " .. opened.path
    for number, device in ipairs(run.devices) do
      assert.same({ "waiting", 74, words }, { device.state, device.rc, device.message }, number)
    end
    assert.is_nil(uv.fs_stat(opened.path .. "/001-1.json"))
    room.returns(true)
    await(is_over)
    assert.same({ 0, "done", "done" }, { rc, run.devices[1].state, run.devices[2].state })
  end)

  it("takes a job that said nothing for one that never began, and passes on its complaint", function()
    scripts = { { "echo 'no such script' >&2; exit 78" } }
    local run = begin()
    await(is_over)
    assert.same({ 81, { "update 1" }, "no such script" }, { rc, calls, run.devices[1].message })
  end)

  it("says of a job that has a result what that says, whatever it wrote beside it", function()
    scripts = { { said '{"event":"result","rc":81,"retry":"after_fix","message":"it failed"}' .. "echo noise >&2" } }
    local run = begin()
    await(is_over)
    assert.same({ 81, "it failed" }, { rc, run.devices[1].message })
  end)

  it("knows which gate refused a module, also when another supervisor goes on, until it is tried again", function()
    local refused = said '{"event":"gate","name":"imei","ok":true}'
      .. said '{"event":"gate","name":"attempts","ok":false}'
    scripts = { { refused .. result(84, "after_fix"), result(0) } }
    begin()
    await(is_over)
    rc = nil
    assert.equal("attempts", begin().devices[1].refused_by)
    local run = begin { again = true }
    await(function() return run.finished end)
    assert.same({ "done" }, { run.devices[1].state, run.devices[1].refused_by })
  end)

  it("goes on where an earlier supervisor left it: what is done is not done again", function()
    scripts = {
      { result(0) }, { result(84, "after_fix") }, { TRIGGER .. result(80, "never"), watch = result(80, "never") },
    }
    begin { tries = 1 }
    await(is_over)
    assert.equal(80, rc)
    calls, rc = {}, nil
    scripts[3].watch = result(0)
    scripts[4] = { result(0) } -- had no try yet
    local run = begin()
    await(is_over)
    table.sort(calls)
    assert.same({ "update 4", "watch 3" }, calls)
    assert.same({ 81, "done", "failed", "done", "done" }, {
      rc, run.devices[1].state, run.devices[2].state, run.devices[3].state, run.devices[4].state,
    })
    calls, rc = {}, nil
    scripts[2] = { result(0) }
    begin { again = true }
    await(is_over)
    assert.same({ 0, { "update 2" } }, { rc, calls })
  end)

  local function identity(imei) return said(('{"event":"identity","revision":"R","imei":"%s"}'):format(imei)) end
  local REFUSED = said '{"event":"gate","name":"imei","ok":false}'
    .. said '{"event":"result","rc":84,"retry":"after_fix","outcome":"not_started"}'

  it("never takes a module that is plugged in later for the one that it triggered, whoever goes on", function()
    scripts = { { identity "1" .. TRIGGER .. result(80, "never"), watch = identity "2" .. REFUSED } }
    begin { tries = 1 }
    await(is_over)
    assert.equal(80, rc)
    for _ = 1, 2 do
      rc = nil
      local run = begin { tries = 1, again = true }
      await(is_over)
      assert.same({ "unknown", "1", 80 }, { run.devices[1].state, run.devices[1].imei, rc })
    end
    assert.same({ "update 1", "watch 1", "watch 1", "watch 1" }, calls)
  end)

  it("asks for the module that the plan names, whichever another answered before", function()
    scripts = { { identity "2" .. REFUSED, result(0) } }
    local function plan() return { { number = 1, port = "/dev/1", imei = "1" } } end
    begin({}, plan())
    await(is_over)
    rc = nil
    local run = begin({ again = true }, plan())
    assert.same({ "1", "1" }, { run.devices[1].imei, run.devices[1].named_imei })
    await(is_over)
  end)

  it("updates the one that is there where the module is gone on which somebody else triggered an update", function()
    scripts = { { identity "2" .. result(0), watch = identity "2" .. REFUSED } }
    local run = begin({ backoff_s = 0.01 }, { { number = 1, port = "/dev/1", state = "unknown", open_imei = "1" } })
    await(is_over)
    assert.same({ { "watch 1", "update 1" }, "done", "2", 0 }, { calls, run.devices[1].state, run.devices[1].imei, rc })
  end)

  it("follows a job that an earlier supervisor began, and begins it no second time", function()
    local gate = dir .. "/gate"
    assert(os.execute("mkfifo " .. gate))
    scripts = { { TRIGGER .. ("read x <%s;"):format(gate) .. result(0) } }
    local first = begin()
    await(function() return first.devices[1].triggered end)
    assert.same({}, repeated)
    local second = begin({}, devices())
    assert.same({ "trigger", "found 1" }, repeated)
    assert.equal("triggered", second.devices[1].state)
    folder.write(gate, "\n")
    await(function() return first.finished and second.finished end)
    assert.same({ 0, { "update 1" } }, { rc, calls })
  end)

  it("interrupts before the trigger when it is stopped, follows what is triggered, and begins nothing more", function()
    local gate = dir .. "/gate"
    assert(os.execute("mkfifo " .. gate))
    scripts = {
      { TRIGGER .. ("read x <%s;"):format(gate) .. result(0) },
      { ("trap %q INT;"):format(result(130, "safe"):sub(1, -2) .. "; exit 130") .. said '{"event":"identity"}'
        .. "while :; do sleep 0.02; done" },
      { result(0) },
    }
    local run = begin { jobs = 2 }
    await(function() return run.devices[1].triggered and run.devices[2].heard end)
    assert(opened:tell "stop")
    await(function() return run.devices[2].state == "interrupted" end)
    assert.is_nil(rc)
    folder.write(gate, "\n")
    await(is_over)
    assert.same({ 130, "done", "waiting" }, { rc, run.devices[1].state, run.devices[3].state })
    assert.same({ "update 1", "update 2" }, calls)
  end)

  it("keeps the time between two starts when an earlier supervisor was killed just after one", function()
    scripts = { { "" }, { "" } }
    local stem, seconds = opened.path .. "/001-1", uv.gettimeofday()
    folder.write(stem .. ".json", '{"event":"result","rc":0,"retry":"none"}\n')
    assert(uv.fs_utime(folder.write(stem .. ".pid", ""), seconds - 10, seconds - 10))
    local now = core.now()
    local run = begin { gap_s = 60, rate = 1 }
    local why, at = run.scheduler:waits_for(core.now(), 0)
    assert.same({ {}, "rate" }, { calls, why })
    assert.is_true(at > now + 48 and at <= core.now() + 50)
    run:stop "user"
    assert.equal(130, rc)
  end)

  it("begins nothing if it was told to stop as soon as anybody could address it", function()
    scripts = { { result(0) } }
    assert(opened:claim())
    assert(opened:tell "stop")
    local run = begin()
    await(is_over)
    assert.same({ 130, {}, "waiting" }, { rc, calls, run.devices[1].state })
    uv.fs_close(opened.claimed)
  end)

  it("waits when it goes on for a job that was told to end before, and begins it again", function()
    local gate = dir .. "/gate"
    assert(os.execute("mkfifo " .. gate))
    scripts = { {
      ("trap %q INT;"):format(("read x <%s;"):format(gate) .. result(130, "safe"):sub(1, -2) .. "; exit 130")
        .. said '{"event":"identity"}' .. "while :; do sleep 0.02; done", result(0),
    } }
    local first = begin()
    await(function() return first.devices[1].heard end)
    first:stop "user"
    assert.is_true(opened:was_told "stop") -- also for whoever goes on after a kill
    assert(opened:claim())
    local second = begin({}, devices())
    assert.equal("running", second.devices[1].state)
    folder.write(gate, "\n")
    await(function() return second.finished end)
    assert.same({ 0, "done", { "update 1", "update 1" } }, { rc, second.devices[1].state, calls })
    await(function() return first.finished end)
    uv.fs_close(opened.claimed)
  end)

  it("does not watch what was killed before its trigger when it goes on: that is begun again", function()
    scripts = { { said '{"event":"identity"}' .. "kill -9 $$" } }
    begin { tries = 1 }
    await(is_over)
    calls, rc, scripts = {}, nil, { { result(0) } }
    begin()
    await(is_over)
    assert.same({ "update 1" }, calls)
  end)

  it("asks others before it watches a module again when it goes on: somebody may have seen the end", function()
    scripts = {}
    for number = 1, 3 do scripts[number] = { TRIGGER .. result(80, "never"), watch = result(80, "never") } end
    begin { tries = 1 }
    await(is_over)
    calls, rc = {}, nil
    local known, row = { "done", "failed" }, { rc = 81, code = 6508, outcome = "failed_on_source" }
    local run = begin({ tries = 1 }, nil, function(device)
      return known[device.number], device.number == 2 and row or nil
    end)
    await(is_over)
    assert.same({ { "watch 3" }, 80 }, { calls, rc })
    assert.same({ row, 81, 6508 }, { run.devices[2].result, run.devices[2].rc, run.devices[2].code })
  end)

  it("asks others of what failed as well when it goes on: another run may have held the port", function()
    scripts = { { result(74, "after_fix") }, { result(81, "after_fix") } }
    begin { jobs = 1 }
    await(is_over)
    local asked = {}
    calls, rc = {}, nil
    begin({}, nil, function(device, since)
      asked[device.number] = math.abs(since - os.time()) < 60
      return device.number == 1 and "done" or nil
    end)
    await(is_over)
    assert.same({ { true, true }, {}, 81 }, { asked, calls, rc })
  end)

  it("goes on with a chain whose middle was watched, and is at its end only at the target", function()
    local HOP = said '{"event":"hop","number":1,"of":2,"from":"A","to":"B"}'
    local at_b = said '{"event":"result","rc":0,"retry":"none","after":"B"}'
    scripts = { { HOP .. TRIGGER .. result(80, "never"), said '{"event":"result","rc":0,"after":"C"}', watch = at_b } }
    local list = devices()
    list[1].target = "C"
    begin({ backoff_s = 0.01 }, list)
    await(is_over)
    assert.same({ 0, { "update 1", "watch 1", "update 1" } }, { rc, calls })
    assert.same({ number = 1, of = 2, from = "A", to = "B" }, list[1].hop)
  end)

  it("tries a chain again that was killed between two updates: nothing is under way then", function()
    scripts = { {
      TRIGGER .. said '{"event":"hop","number":1,"of":2,"ok":true}' .. "kill -9 $$", result(0),
    } }
    begin { backoff_s = 0.01 }
    await(is_over)
    assert.same({ 0, { "update 1", "update 1" } }, { rc, calls })
  end)

  it("looks at the clock again every minute while its hours have not come: summer time may begin meanwhile", function()
    scripts = { { result(0) } }
    local run = begin { window = { from = 3600, to = 7200 } } -- it is midnight
    local due_ms = run.timer:get_due_in()
    assert.is_true(due_ms > 0 and due_ms <= 61000, due_ms)
    run:stop "user"
    assert.same({ 130, {} }, { rc, calls })
  end)

  it("waits after those that go first until it is told to go on", function()
    scripts = { { result(0) }, { result(0) } }
    local list = devices()
    list[1].goes_first = true
    local run = begin({ pause = true }, list)
    run:go() -- too early: nothing waits for it
    assert.is_false(opened:was_told "passed")
    await(function() return run.scheduler:why_not() == "canary" end)
    assert.same({ nil, true }, { rc, opened:was_told "paused" })
    assert(opened:tell "go")
    await(is_over)
    assert.same({ 0, false, false, true },
      { rc, opened:was_told "go", opened:was_told "paused", opened:was_told "passed" })
  end)

  -- A centre that answers when the spec lets it.
  local function centre()
    local questions = {}
    return { ask = function(_, on_answer) questions[#questions + 1] = on_answer end }, questions
  end

  it("begins nothing before the centre has answered, and everything where it does not", function()
    scripts = { { result(0) }, { result(0) } }
    local asked, questions = centre()
    begin({ jobs = 2 }, nil, nil, asked)
    await(function() return #questions == 2 end)
    assert.same({}, calls)
    questions[1] { stop = false }
    questions[2](nil)
    await(is_over)
    assert.same({ 0, { "update 1", "update 2" } }, { rc, calls })
  end)

  it("begins nothing more once the centre stops it, neither what waits for the answer nor the rest", function()
    for reason, why in pairs { stop = "brake", ["max_fail 1: 2 of 2 failed"] = "max_fail" } do
      opened, calls, rc = assert(run_folder.create(dir, why, {})), {}, nil
      scripts = { { result(0) }, { result(0) }, { result(0) } }
      local asked, questions = centre()
      local run = begin({ jobs = 2 }, nil, nil, asked)
      await(function() return #questions == 2 end)
      questions[1] { stop = true, reason = reason }
      questions[2] { stop = true, reason = reason }
      await(is_over)
      assert.same({ 130, {}, why, "waiting", "waiting", "waiting" }, { rc, calls, run.scheduler:why_not(),
        run.devices[1].state, run.devices[2].state, run.devices[3].state })
    end
  end)

  it("is stopped by what the centre says to one of its jobs right before the trigger", function()
    local told = said '{"event":"brake","stop":true,"reason":"stop"}'
    scripts = { { told .. result(130, "safe") }, { result(0) } }
    local run = begin { jobs = 1 }
    await(is_over)
    assert.same({ 130, { "update 1" }, "brake", "interrupted", "waiting" }, { rc, calls, run.scheduler:why_not(),
      run.devices[1].state, run.devices[2].state })
  end)

  it("hears during a pause that the centre stops it", function()
    scripts = { { result(0) }, { result(0) } }
    local list = devices()
    list[1].state, list[1].goes_first = "done", true
    local asked, questions = centre()
    local run = begin({ pause = true }, list, nil, asked)
    await(function() return #questions == 1 end)
    questions[1] { stop = true, reason = "stop" }
    assert.same({ 130, {}, "brake" }, { rc, calls, (run.scheduler:why_not()) })
  end)

  it("that is stopped here waits for no answer of the centre", function()
    scripts = { { result(0) } }
    local asked, questions = centre()
    local run = begin({}, nil, nil, asked)
    await(function() return #questions == 1 end)
    run:stop "user"
    await(is_over)
    questions[1] { stop = false }
    assert.same({ 130, {} }, { rc, calls })
  end)

  it("starts no update with another package than it was begun with, says so once, and lets go on what is under way",
    function()
      local gate, words = dir .. "/gate", nil
      assert(os.execute("mkfifo " .. gate))
      scripts = { { said '{"event":"identity"}' .. ("read x <%s;"):format(gate) .. result(0) }, { result(0) },
        { result(0) }, { result(0) } }
      local run = begin({ jobs = 3, gap_s = 0.01 }, nil, nil, nil, { changed = function()
        local before = words
        words = "/srv/A2B.pack has other content"
        return before
      end })
      await(function() return run.devices[1].heard and run.scheduler:why_not() == "package" end)
      folder.write(gate, "\n")
      await(is_over)
      assert.same({ 65, "done", "waiting", "waiting", "waiting" }, { rc, run.devices[1].state, run.devices[2].state,
        run.devices[3].state, run.devices[4].state })
      assert.same({ "update 1" }, calls)
      assert.same({ "the run was begun with other files: /srv/A2B.pack has other content; no other update is started: "
        .. "put back what was there and go on with --resume, or begin a new run" }, warned)
    end)

  it("says once that its package is another, also to what waited for the centre meanwhile", function()
    scripts = { { result(0) }, { result(0) } }
    local asked, questions = centre()
    begin({ jobs = 2 }, nil, nil, asked, { changed = function() return "/srv/A2B.pack is gone" end })
    await(function() return #questions == 2 end)
    for _, question in ipairs(questions) do question { stop = false } end
    await(is_over)
    assert.same({ 65, {}, 1 }, { rc, calls, #warned })
  end)

  it("says that it pauses where others cannot be told", function()
    assert(uv.fs_mkdir(opened.path .. "/paused", tonumber("700", 8)))
    scripts = { { result(0) }, { result(0) } }
    local list = devices()
    list[1].state, list[1].goes_first = "done", true
    local run = begin({ pause = true }, list)
    assert.same({ 1, {} }, { #warned, calls })
    assert.truthy(warned[1]:find("^run .*/night: "), warned[1])
    run:stop "user"
    await(is_over)
  end)

  it("ends with 65 where a job finds the package gone that was still there when it began", function()
    for _, refused in ipairs { 65, 66 } do
      opened, rc, warned = assert(run_folder.create(dir, "gone" .. refused, {})), nil, {}
      scripts = { { result(refused, "after_fix") }, { result(0) } }
      local looked = 0
      begin({ jobs = 1, max_fail = { count = 0 } }, nil, nil, nil, { changed = function()
        looked = looked + 1
        return looked > 1 and "/srv/A2B.pack is gone" or nil
      end })
      await(is_over)
      assert.same({ 65, 1 }, { rc, #warned })
    end
  end)

  it("ends with 81 where a job refuses the package for which its run was begun", function()
    scripts = { { result(65, "after_fix") } }
    begin({}, nil, nil, nil, { changed = function() return nil end })
    await(is_over)
    assert.equal(81, rc)
  end)

  it("goes on with the tries of a module, and their pauses, where an earlier supervisor left it", function()
    scripts = { { said '{"event":"result","t":1,"rc":75,"retry":"safe"}' } }
    local first = begin { backoff_s = 60 }
    await(function() return #calls == 1 and first.devices[1].state == "waiting" end)
    first:leave()
    assert.equal(130, rc)
    rc = nil
    local list, now = devices(), core.now()
    local second = begin({ backoff_s = 60 }, list)
    assert.same({ 1, {} }, { list[1].tries_before, { table.unpack(calls, 2) } })
    local why, at = second.scheduler:waits_for(now, 0)
    assert.equal("backoff", why)
    assert.is_true(at > now + 40 and at <= now + 61)
    second:leave()
    rc, calls = nil, {}
    scripts = { { result(0) } }
    begin { tries = 1 } -- it had them all: somebody wants more
    await(is_over)
    assert.same({ 0, { "update 1" } }, { rc, calls })
  end)

  it("leaves what is under way to itself, and whoever goes on finds it", function()
    local gate = dir .. "/gate"
    assert(os.execute("mkfifo " .. gate))
    scripts = { { TRIGGER .. ("read x <%s;"):format(gate) .. result(0) }, { result(0) }, { result(0) } }
    local asked, questions = centre()
    local first = begin({ jobs = 2 }, nil, nil, asked)
    questions[1](nil)
    await(function() return first.devices[1].state == "triggered" end)
    first:leave()
    first:leave()
    questions[2](nil) -- too late
    assert.same({ 80, "waiting", { "update 1" } }, { rc, first.devices[2].state, calls })
    rc = nil
    local second = begin { jobs = 2 }
    folder.write(gate, "\n")
    await(is_over)
    assert.same({ 0, { "found 1", "trigger" } }, { rc, { repeated[#repeated], repeated[1] } })
    assert.same({ "update 1", "update 2", "update 3" }, calls)
    assert.equal("done", second.devices[1].state)
  end)

  it("watches what is unknown whatever became of its package", function()
    scripts = { { TRIGGER .. result(80, "never"), watch = result(80, "never") } }
    begin { tries = 1 }
    await(is_over)
    calls, rc, scripts[1].watch = {}, nil, result(0)
    begin({}, nil, nil, nil, { changed = function() return "/srv/A2B.pack is gone" end })
    await(is_over)
    assert.same({ 0, { "watch 1" }, {} }, { rc, calls, warned })
  end)
end)
