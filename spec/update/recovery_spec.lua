local tables = require "dfota.base.tables"
local Bootloader = require "dfota.sim.bootloader"
local WholeRun = require "support.whole_run"

local A, B = WholeRun.A, WholeRun.B
local notes, sent = WholeRun.notes, WholeRun.sent

local KILLED_IN_UPDATE = { { kind = "kill", rx = '"UPDATING",20%' } }

describe("A run after one that was killed", function()
  local runs

  setup(function() runs = WholeRun.new() end)
  teardown(function() runs:close() end)

  -- A run that is killed, a pause, and the next one.
  local function two_runs(case, opts)
    opts = opts or {}
    case.way = case.way or "file"
    local world = runs:world(case)
    assert.is_true(world:run({ accidents = case.accidents }).killed)
    world:pass(opts.pause_s or 0)
    local run = world:run { flow = opts.watch and world.stage.watch, accidents = opts.accidents }
    assert(not run.fault, run.fault)
    return run, world
  end

  it("listens before it sends anything if the record says that the module may be updating", function()
    for _, watch in ipairs { false, true } do
      local run = two_runs({ accidents = KILLED_IN_UPDATE, spec = { update_s = 20 } }, { watch = watch })
      assert.same({ 0, A, B, 0 }, { run.rc, run.result.before, run.result.after, run.tx_triggers })
      assert.equal(0, #notes(run, "the module is silent"))
      assert.equal(1, #notes(run, "an update is under way"))
    end
  end)

  it("says under --check that the end of an earlier one was not seen, queries as usual, and records nothing", function()
    for _, to in ipairs { B, false } do
      local world = runs:world { way = "file", accidents = KILLED_IN_UPDATE }
      assert.is_true(world:run({ accidents = world.case.accidents }).killed)
      world:pass(500)
      world.case.want = { check = true, from = false, to = to }
      local run = world:run()
      assert.same({ 0, 0 }, { run.rc, run.tx_triggers })
      assert.equal(1, #notes(run, "an earlier run triggered an update"))
      assert.is_nil(world:rows()[1].finished)
      world.case.want = { from = false }
      assert.equal(0, world:run().rc)
      world.case.want = { check = true, from = false }
      assert.equal(0, #notes(world:run(), "an earlier run"))
    end
  end)

  it("sends nothing to a module as long as lines of its update are received", function()
    local case = { way = "file", accidents = KILLED_IN_UPDATE, spec = { update_s = 40, reboot_s = 5 } }
    local world = runs:world(case)
    world:run { accidents = case.accidents }
    local heard_end, early = false, 0
    world.watched = function(direction, bytes)
      if direction == "rx" and bytes:find('"END"', 1, true) then heard_end = true end
      if direction == "tx" and not heard_end then early = early + 1 end
    end
    assert.equal(0, world:run().rc)
    assert.is_true(heard_end)
    assert.equal(0, early)
  end)

  it("tries every rate once without a record, then listens, and follows an update", function()
    local world = runs:world { way = "file", spec = { state = "update", update_s = 60 } }
    local asked, heard = 0, false
    world.watched = function(direction, bytes)
      if direction == "rx" and bytes:find("FOTA", 1, true) then heard = true end
      if direction == "tx" and not heard and bytes == "AT\r" then asked = asked + 1 end
    end
    local run = world:run { flow = world.stage.watch }
    assert.equal(0, run.rc)
    assert.is_true(asked <= 3 + #world.bauds - 1, asked)
  end)

  it("finds a module that answers at its first AT without listening", function()
    local run = runs:play { way = "file" }
    assert.equal(0, run.rc)
    local world = runs:world { way = "file", want = { check = true } }
    run = world:run()
    assert.is_true(run.ended - run.began < 2)
  end)

  -- A run that is killed at its trigger, which the module never hears.
  local function world_after_lost_trigger(case)
    case.way = "file"
    local world = runs:world(case)
    world.watched = function(direction, bytes)
      if direction == "tx" and bytes == "AT+QFOTADL=1\r" then coroutine.yield("killed") end
    end
    assert.is_true(world:run().killed)
    world.watched = nil
    return world
  end

  it("follows a module that answered, fell silent, and has an open record", function()
    for _, watch in ipairs { false, true } do
      local world = world_after_lost_trigger { spec = { update_s = 60 } }
      world.watched = function(direction, bytes)
        if direction ~= "tx" or bytes ~= "AT+GSN\r" then return end
        world.watched = nil
        world.m:after(0, function() Bootloader.leave(world.m, { from = A, to = B }) end)
      end
      local run = world:run { flow = watch and world.stage.watch }
      assert.same({ 0, B, 0 }, { run.rc, run.result.after, run.tx_triggers })
      assert.equal(1, #notes(run, "it may have started to update itself"))
    end
  end)

  it("reads the revision twice if the update has not started after all", function()
    for n = 3, 4 do
      local world = world_after_lost_trigger { want = { to = false } }
      world.m.wrong_readings = { [tostring(world.m.readings + n)] = true }
      world:run { flow = world.stage.watch }
      local first = world:rows()[#world:rows()]
      assert.same({ A, true }, { first.after, first.triggered ~= nil }, n)
    end
  end)

  it("does not follow a module that fell silent without a record: it was not triggered", function()
    local run = runs:play { way = "file", spec = { hang = "reply:GSN" } }
    assert.same({ 69, "not_started", 0 }, { run.rc, run.result.outcome, run.tx_triggers })
    assert.equal(0, #notes(run, "it may have started to update itself"))
  end)

  it("aborts a killed upload with +++ and continues", function()
    local accidents = { { kind = "kill", tx = "AT+QFUPL" } }
    local run, world = two_runs { accidents = accidents, size = 20000, spec = { link = "9600" } }
    assert.same({ 0, B, 1 }, { run.rc, run.result.after, run.tx_triggers })
    assert.is_true(sent(run, "+++") >= 1)
    assert.is_nil(world.m.data)
  end)

  it("sends no +++ if it must not change anything", function()
    for _, watch in ipairs { false, true } do
      local case = { way = "file", accidents = { { kind = "kill", tx = "AT+QFUPL" } }, size = 20000,
        spec = { link = "9600" } }
      local world = runs:world(case)
      assert.is_true(world:run({ accidents = case.accidents }).killed)
      case.want = { check = true }
      local run = world:run { flow = watch and world.stage.watch }
      assert.equal(0, sent(run, "+++"))
    end
  end)

  it("judges the killed one by two readings that agree, whichever reading is damaged", function()
    for n = 1, 4 do
      for _, watch in ipairs { false, true } do
        -- The update failed, so one damaged reading would be another revision than the source.
        local case = { way = "file", accidents = KILLED_IN_UPDATE, spec = { update_s = 5, fail = "end:6508" },
          want = { to = false, from = false } }
        local world = runs:world(case)
        world:run { accidents = case.accidents }
        world:pass(300)
        world.m.wrong_readings = { [tostring(world.m.readings + n)] = true }
        world.m.spec.fail = ""
        local run = world:run { flow = watch and world.stage.watch }
        local row = world:rows()[watch and 1 or 2]
        assert.equal(A, row.after, n)
        assert.not_equal("updated", row.outcome)
        assert.is_nil(run.fault)
      end
    end
  end)

  it("judges no module for the one that was killed that does not say its IMEI, unless that gate is forced", function()
    local case = { way = "file", accidents = KILLED_IN_UPDATE }
    local world = runs:world(case)
    assert.is_true(world:run({ accidents = case.accidents }).killed)
    world:pass(600)
    world.m.spec.gsn, world.m.spec.cgsn = false, false
    for _, watch in ipairs { true, false } do
      local run = world:run { flow = watch and world.stage.watch }
      assert.same({ 84, 0 }, { run.rc, run.tx_triggers })
      assert.truthy(run.result.message:find(", and this one does not say its IMEI", 1, true),
        run.result.message)
    end
    local function triggered()
      for _, row in ipairs(world:rows()) do
        if row.triggered then return row end
      end
    end
    assert.is_nil(triggered().finished)
    assert.same({ 0, "updated" }, { world:run({ force = { "imei" } }).rc, triggered().outcome })
  end)

  it("tries no package again on a module without an IMEI on which it failed, unless that is forced", function()
    local world = runs:world { way = "file", spec = { gsn = false, cgsn = false, fail = "end:6508" } }
    local first, again = world:run(), world:run()
    assert.same({ 81, 84, 0 }, { first.rc, again.rc, again.tx_triggers })
    assert.truthy(again.result.message:find("^this package failed on this module before"), again.result.message)
    assert.same({ 81, 1 }, { world:run({ force = { "attempts" } }).rc, world.run_now.tx_triggers })
  end)

  -- A run that is killed in its update, which then ends as it may; and the next runs.
  local function world_after_kill(spec, want)
    local world = runs:world { way = "file", accidents = KILLED_IN_UPDATE, spec = spec, want = want }
    assert.is_true(world:run({ accidents = KILLED_IN_UPDATE }).killed)
    world:pass(600)
    return world
  end

  local function outcomes(world)
    local list = {}
    for i, row in ipairs(world:rows()) do list[i] = ("%s %s"):format(row.outcome, row.after) end
    return list
  end

  it("ends with the update of the killed one if that was its own goal, and triggers nothing", function()
    for _, case in ipairs { { B, "already_current" }, { false, "updated" } } do
      local world = world_after_kill({ update_s = 5 }, { to = case[1], from = false })
      local run = world:run()
      assert.same({ 0, case[2], B, 0 }, { run.rc, run.result.outcome, run.result.after, run.tx_triggers })
      assert.is_true(notes(run, "an earlier run triggered an update")[1]:find(B, 1, true) ~= nil)
      local list = outcomes(world)
      assert.equal("updated " .. B, list[#list])
    end
  end)

  it("takes up a killed one only once: its record is completed then", function()
    local world = world_after_kill { update_s = 5 }
    world:run()
    local run = world:run()
    assert.same({ 0, "already_current", 0 }, { run.rc, run.result.outcome, run.tx_triggers })
    assert.same({}, notes(run, "an earlier run"))
  end)

  it("tries again if the module still runs the source: that update was not seen to fail", function()
    local world = world_after_kill { update_s = 5, fail = "end:6508" }
    world.m.spec.fail = ""
    local run = world:run()
    assert.same({ 0, B, 1 }, { run.rc, run.result.after, run.tx_triggers })
    local list = outcomes(world)
    assert.same({ "updated " .. B, "failed_on_source " .. A }, list)
  end)

  it("is refused the same package by gate attempts if that led to another revision, unless forced", function()
    local C = "MC65FAR01A03"
    local world = world_after_kill({ update_s = 5, result = C }, { from = false })
    local run = world:run()
    assert.same({ 84, "not_started", 0 }, { run.rc, run.result.outcome, run.tx_triggers })
    assert.is_truthy(run.result.message:find("this package failed on this module before", 1, true), run.result.message)
    assert.equal("wrong_revision " .. C, outcomes(world)[#outcomes(world)])
    run = world:run { force = { "attempts" } }
    assert.equal(1, run.tx_triggers)
  end)

  it("under --check leaves the record as it is: the next run that may change something takes it up", function()
    local world = world_after_kill { update_s = 5 }
    world.case.want = { check = true, to = false }
    local run = world:run()
    assert.same({ 84, 0 }, { run.rc, run.tx_triggers }) -- --from is another revision by now
    assert.same({ "nil nil" }, outcomes(world))
    world.case.want = nil
    assert.equal(0, world:run().rc)
    assert.equal("updated " .. B, outcomes(world)[#outcomes(world)])
  end)

  it("that saw an unknown stage: no later run triggers, however much later, until watch.lua has settled it", function()
    local world = runs:world { way = "url", spec = { extra = "httpstart:PREPARE", fail = "httpend:6503" } }
    local run = world:run()
    assert.same({ 80, "never", 1 }, { run.rc, run.result.retry, run.tx_triggers })
    for _ = 1, 2 do
      world:pass(3600)
      run = world:run()
      assert.same({ 80, "unknown", "never", A, 0 },
        { run.rc, run.result.outcome, run.result.retry, run.result.after, run.tx_triggers })
    end
    run = world:run { flow = world.stage.watch }
    assert.same({ 82, A, 0 }, { run.rc, run.result.after, run.tx_triggers })
    world.m.spec.fail, world.m.spec.extra = "", ""
    run = world:run()
    assert.same({ 0, B, 1 }, { run.rc, run.result.after, run.tx_triggers })
  end)

  it("is judged by what that module runs, not by what another one runs on the same port", function()
    local world = world_after_kill { update_s = 5, fail = "end:6508" }
    world:plug_in_another()
    local run = world:run()
    assert.equal(0, run.tx_triggers)
    assert.is_nil(world:rows()[1].outcome)
  end)
end)

describe("The record of an earlier run", function()
  local Recovery = require "dfota.update.recovery"
  local Transport = require "dfota.config.transport"

  local SILENCE_S = 180

  -- Takes up what these rows tell of, on a module that runs `runs`. `heard`: its update is heard while it is listened
  -- to; `later` is what it runs behind that. What was done, and what came of it.
  local function recovery(opts)
    local rows, done = opts.rows, { closed = {}, warnings = {} }
    local record = { before = opts.runs or A, imei = not opts.unnamed and "1" or nil }
    function record.open_row() return rows[1] end
    function record.open_of_another() return opts.another end
    function record.found_after() return opts.found end
    function record.age_of(_, row) return row.age_s end
    function record.runs(_, revision) record.before = revision end
    function record.close_row(_, row, result)
      assert(table.remove(rows, 1) == row)
      done.closed[#done.closed + 1] = result.outcome .. " " .. record.before
      done.message = result.message
    end
    return Recovery.new {
      record = record, settings = { update_silence_s = SILENCE_S }, request = opts.request or {},
      transport = opts.transport,
      finder = { hear_update = function(_, seconds)
        done.listened_s = seconds
        return opts.heard or false
      end },
      gate = function(spec) error(spec, 0) end,
      warn = function(text) done.warnings[#done.warnings + 1] = text end,
      read_revision = function() return opts.later or record.before end,
      follow = function() return "followed" end,
    }, done
  end

  local function take_up(opts)
    local it, done = recovery(opts)
    return it:take_up(), done
  end

  it("is ignored if there is none", function()
    local came, done = take_up { rows = {} }
    assert.is_nil(came)
    assert.same({ closed = {}, warnings = {} }, done)
  end)

  it("is not ended by a module without a name if it is of one that has one, whatever else is open", function()
    local named, other = { from = A, to = B, imei = "2", age_s = 6000 }, { from = A, to = B, age_s = 5000 }
    for closed, rows in pairs { [0] = { named }, [1] = { other, named } } do
      local it, done = recovery { rows = rows, runs = B, unnamed = true }
      local ok, gate = pcall(it.take_up, it)
      assert.same({ false, "imei", "2", closed }, { ok, gate[1], gate.limit, #done.closed })
    end
    local _, done = take_up { rows = { other }, runs = B, unnamed = true }
    assert.equal(1, #done.closed)
  end)

  it("of a module that still runs the source makes the run listen until its silence is over", function()
    for _, case in ipairs { { 50, 130 }, { nil, 180 }, { 0, 180 }, { 179, 1 }, { 180 }, { 5000 } } do
      for _, from in ipairs { A, false } do
        local came, done = take_up { rows = { { from = from or nil, to = B, age_s = case[1] } } }
        assert.same({ came, case[2] }, { nil, done.listened_s }, case[1])
        assert.equal(1, #done.closed)
      end
    end
  end)

  it("says how long ago that was, if a clock can tell, and how long it listens", function()
    local _, done = take_up { rows = { { from = A, to = B, age_s = 50 } } }
    assert.equal("an earlier run triggered an update 50 s ago whose end was not seen: listening for it for 130 s",
      done.warnings[1])
    _, done = take_up { rows = { { from = A, to = B } } }
    assert.equal("an earlier run triggered an update whose end was not seen: listening for it for 180 s",
      done.warnings[1])
    assert.equal(("an earlier run triggered an update of %s here and did not see its end; the module now runs %s")
      :format(A, A), done.warnings[2])
  end)

  it("does not make it listen if the module already runs something else", function()
    local _, done = take_up { rows = { { from = A, to = B } }, runs = B }
    assert.same({ "updated " .. B }, done.closed)
    assert.same({ 1, nil }, { #done.warnings, done.listened_s })
  end)

  it("leads to following if the update reports anything, and nothing is judged before", function()
    local came, done = take_up { rows = { { from = A, to = B } }, heard = true }
    assert.same({ "followed", {} }, { came, done.closed })
  end)

  it("is judged by what the module runs after listening", function()
    local _, done = take_up { rows = { { from = A, to = B } }, later = B }
    assert.same({ "updated " .. B }, done.closed)
  end)

  it("is completed, and so are all other open ones", function()
    local rows = { { from = A, to = B, age_s = 999 }, { from = A, to = "C", age_s = 999 }, { to = B, age_s = 999 } }
    local _, done = take_up { rows = rows, runs = B }
    assert.same({ "updated " .. B, "wrong_revision " .. B, "updated " .. B }, done.closed)
  end)

  it("is judged by what the next run found on the module, where that changed it since", function()
    for found, outcome in pairs { [B] = "updated", [A] = "failed_on_source", X = "wrong_revision" } do
      local it_is, done = recovery { rows = { { from = A, to = B, age_s = 999 } }, runs = "C", found = found }
      assert.same({ "checked", "C", "no update is under way" }, (function(result)
        return { result.outcome, result.after, result.message }
      end)(it_is:judge_now()))
      assert.same({ outcome .. " C" }, done.closed)
      assert.equal("its end was not seen; the next run found the module at " .. found, done.message)
      local words = ("the next one found it at %s; the module now runs C"):format(found)
      assert.truthy(done.warnings[1]:find(words, 1, true))
    end
  end)

  it("of another module on the port is told by whoever updates this one, or checks", function()
    local it_is, done = recovery { rows = {}, another = { imei = "2" } }
    assert.is_nil(it_is:take_up())
    it_is:tell()
    assert.equal(2, #done.warnings)
    assert.equal("an update whose end was not seen was triggered here on another module, IMEI 2, and that one is not "
      .. "judged: this is about IMEI 1; watch.lua --imei of the other one completes its record", done.warnings[1])
  end)

  it("is this run's result only if that update used the same package and no target is given", function()
    local ours, other = Transport.file("a.pack", "hash"), Transport.file("b.pack", "other")
    for _, case in ipairs {
      { true, ours, {} }, { false, ours, { to = B } }, { false, other, {} }, { false, nil, {} },
    } do
      local row = { from = A, to = B, hash = "hash" }
      local came = take_up { rows = { row }, runs = B, transport = case[2], request = case[3] }
      assert.equal(case[1], came ~= nil)
    end
    assert.is_nil((take_up { rows = { { from = A, to = B, hash = "hash", age_s = 999 } }, transport = ours }))
    local came = take_up { runs = B, transport = ours,
      rows = { { from = A, to = B, hash = "hash" }, { from = A, to = "C", hash = "hash" } } }
    assert.equal("updated", came.outcome)
  end)

  -- However long ago that was: no clock says how long an unknown stage takes.
  it("that saw an unknown stage ends an update without a trigger, unless the revision has changed", function()
    local ours = Transport.file("a.pack", "hash")
    for _, age_s in ipairs { 50, 999999 } do
      local row = { from = A, to = B, age_s = age_s, doubt = "unknown_stage" }
      local came, done = take_up { rows = { row }, transport = ours, request = { to = B } }
      assert.same({ 80, "unknown", "never", A, A }, { came.rc, came.outcome, came.retry, came.before, came.after })
      assert.is_truthy(came.advice:find("watch.lua", 1, true))
      assert.same({}, done.closed)
      came, done = take_up { rows = { row }, transport = ours, runs = B, request = { to = B } }
      assert.same({ { "updated " .. B } }, { done.closed, came })
    end
    local rows = { { from = B, to = A, age_s = 999 }, { from = A, to = B, age_s = 999, doubt = "unknown_stage" } }
    local came, done = take_up { rows = rows, transport = ours, request = { to = B } }
    assert.same({ 80, { "updated " .. A } }, { came.rc, done.closed })
  end)

  it("that saw an unknown stage is settled by watch.lua, which listens for the whole silence first", function()
    local row = { from = A, to = B, age_s = 999999, doubt = "unknown_stage" }
    local it_is, done = recovery { rows = { row } }
    assert.equal("wrong_revision", it_is:judge_now().outcome)
    assert.same({ SILENCE_S, { "failed_on_source " .. A } }, { done.listened_s, done.closed })
    it_is, done = recovery { rows = { tables.with(row, { way = "file" }) } }
    assert.equal(82, it_is:judge_now().rc)
    assert.same({ "wrong_revision " .. A }, done.closed)
    it_is, done = recovery { rows = { row }, heard = true }
    assert.equal("followed", it_is:judge_now())
    assert.same({}, done.closed)
  end)

  it("judges a module that answers watch.lua", function()
    local function judge(opts)
      local it, done = recovery(opts)
      return it:judge_now(), done
    end
    assert.equal("followed", (judge { rows = { { from = A, to = B } }, heard = true }))
    for _, case in ipairs {
      { "updated", B, {}, B }, { "wrong_revision", A, {}, B }, { "updated", "C", { to = "C" }, B },
      { "wrong_revision", B, { to = "C" }, B },
    } do
      local rows = { { from = A, to = case[4], age_s = 999 } }
      local result, done = judge { rows = rows, runs = case[2], request = case[3] }
      assert.same({ case[1], 1 }, { result.outcome, #done.closed })
    end
    local result, done = judge { rows = {}, another = { imei = "2" } }
    assert.same({ "checked", 1 }, { result.outcome, #done.warnings })
    assert.truthy(done.warnings[1]:find("on another module, IMEI 2, and that one is not judged: this is about IMEI 1",
      1, true))
    result, done = judge { rows = {}, another = { imei = "2" }, request = { imei = "1" } }
    assert.same({ "checked", {} }, { result.outcome, done.warnings })
    for _, case in ipairs {
      { "checked", {} }, { "already_current", { to = A } }, { "wrong_revision", { to = B } },
      { "wrong_revision", { from = A } },
    } do
      result = judge { rows = {}, request = case[2] }
      assert.equal(case[1], result.outcome)
    end
  end)
end)
