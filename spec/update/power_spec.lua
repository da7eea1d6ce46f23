local Module = require "dfota.sim.module"
local Power = require "dfota.update.power"
local WholeRun = require "support.whole_run"
local core = require "dfota.core"
local settings = require "dfota.config.settings"

local function set_of(list) return assert(settings.load { set = list }) end

describe("A call with --power-cycle", function()
  local ASKED = { power_cycle = true }

  -- options, settings → what is wrong, kind
  for name, case in pairs {
    ["that says how, by a line"] = { ASKED, { "power_line=dtr" } },
    ["that says how, by another"] = { ASKED, { "power_line=rts" } },
    ["that says how, by a program"] = { ASKED, { "power_command=relay 'a b'" } },
    ["that was not given is not looked at"] = { {}, { "power_line=dtr", "power_command='" } },
    ["that does not say how"] = { ASKED, {}, "--set power_line=dtr (or rts)", "usage" },
    ["that says it twice"] = { ASKED, { "power_line=dtr", "power_command=x" }, "unset one", "usage" },
    ["of a line that controls the flow"] = { ASKED, { "power_line=rts", "rtscts=on" }, "flow control", "usage" },
    ["of a program that cannot be read"] = { ASKED, { "power_command=a 'b" }, "a quote is not closed", "settings" },
    ["under --check"] =
      { { power_cycle = true, check = true }, { "power_line=dtr" }, "--check changes nothing", "usage" },
  } do
    it((case[3] and "is refused before the port is opened: one " or "is accepted: one ") .. name, function()
      local ok, err = Power.check(case[1], set_of(case[2]))
      assert.equal(not case[3] or nil, ok)
      if not case[3] then return end
      assert.equal(case[4], err.kind)
      assert.is_truthy(err.message:find(case[3], 1, true), err.message)
    end)
  end
end)

describe("The power of a module", function()
  local runs
  setup(function() runs = WholeRun.new() end)
  teardown(function() runs:close() end)

  local ASKED = { power_cycle = true }
  local LINE = { "power_line=dtr" }

  -- A world that notes when DTR is pressed, and whether AT+QFOTADL was sent by then.
  local function world_of(case)
    case.way = case.way or "file"
    case.spec = case.spec or {}
    case.spec.dtr = "pwrkey"
    case.set = case.set or LINE
    local world = runs:world(case)
    world.presses, world.moves = {}, {}
    function world.m.dtr(m, on, t)
      world.moves[#world.moves + 1] = on
      if on then world.presses[#world.presses + 1] = world.tx_triggers end
      return Module.dtr(m, on, t)
    end
    return world
  end

  local function play(case, flow)
    local world = world_of(case)
    return world:run { flow = flow }, world
  end

  it("is switched on by one pulse, and then it is updated", function()
    local run, world = play { spec = { state = "off" }, want = ASKED }
    assert.same({ 0, { 0 }, { false, true, false } }, { run.rc, world.presses, world.moves })
    assert.is_truthy(WholeRun.notes(run, "power-cycling the module: DTR for 1.2 s")[1])
  end)

  it("is cycled by two pulses if it was on: the first switches it off, as it says itself", function()
    local run, world = play { want = ASKED }
    assert.same({ 0, { 0, 0 } }, { run.rc, world.presses })
    assert.equal(1, #WholeRun.notes(run, "waiting 12 s"))
  end)

  it("is left alone if nobody asks for it, however it is set", function()
    local run, world = play {}
    assert.same({ 0, {} }, { run.rc, world.moves })
  end)

  it("is left alone under --check, whoever asks", function()
    local run, world = play { spec = { state = "off" }, want = { power_cycle = true, check = true } }
    assert.same({ 69, {} }, { run.rc, world.moves })
  end)

  it("is kept while it updates itself: then it is followed", function()
    local run, world = play { spec = { state = "update" }, want = ASKED }
    assert.same({ 0, {} }, { run.rc, world.moves })
    assert.equal(1, #WholeRun.notes(run, "it is updating itself"))
  end)

  it("is kept while an earlier run's update may be under way", function()
    local world = world_of { spec = { hang = "update:40" }, want = ASKED }
    assert.equal(80, world:run().rc)
    local before = #world.moves
    local run = world:run()
    assert.same({ 80, before }, { run.rc, #world.moves })
    assert.equal(1, #WholeRun.notes(run, "is not power-cycled: an earlier run"))
  end)

  -- Each tries to have it cycled once more, and after the trigger.
  for name, try in pairs {
    ["a second job:connect()"] = function(job) pcall(job.connect, job) end,
    ["one that is caught"] = function(job) pcall(function() job:connect() end) end,
    ["a line of its own"] = function(job) pcall(function() job.channel.port:lines { dtr = true } end) end,
    ["a step after the verdict"] = function(job) job:after(function() job:connect() end) end,
    ["a subscriber"] = function(job) job.channel:subscribe(function() job:connect() end) end,
    ["job:follow()"] = function(job) pcall(job.follow, job) end,
    ["job:meet()"] = function(job) pcall(job.meet, job) end,
  } do
    it("is cycled at no time after the trigger, whatever a flow tries: " .. name, function()
      local run, world = play({ spec = { state = "off" }, want = ASKED }, function(job)
        job:connect()
        if name == "a subscriber" or name == "a step after the verdict" then try(job) end
        job:retry("upload", function() return job.modem.files:upload("fota.pack", job.package) end)
        job:trigger()
        try(job)
      end)
      assert.same({ 0, { 0 } }, { run.rc, world.presses })
    end)
  end

  -- A Power with parts that note what it does.
  local function power_of(opts)
    local now, seen = 0, { lines = {}, notes = {}, ran = {} }
    local lines = opts.lines or {}
    local power = Power.new {
      settings = set_of(opts.set or LINE), request = opts.request or ASKED, record = opts.record or {},
      finder = { is_heard = function() return opts.heard == true end },
      note = function(_, text) seen.notes[#seen.notes + 1] = text end,
      host = { now = function() return now end },
      run = function(words, seconds)
        seen.ran = { words, seconds }
        return opts.ran == nil or nil, opts.ran
      end,
      channel = {
        port = { lines = function(_, line)
          seen.lines[#seen.lines + 1] = { now, line }
          return true
        end },
        listen = function(_, seconds)
          if lines[1] and lines[1][1] <= now + seconds then
            local line = table.remove(lines, 1)
            now = math.max(now, line[1])
            return line[2], line[2] == nil and line[3] or nil
          end
          now = now + seconds
          return nil, core.error("timeout", "nothing")
        end,
      },
    }
    power.record.open_row = power.record.open_row or function() end
    return power, seen, function() return now end
  end

  for name, case in pairs {
    ["asserted"] = { { "power_line=dtr" }, "dtr", true },
    ["released"] = { { "power_line=rts", "power_active=released" }, "rts", false },
  } do
    it("is switched by the line and its polarity: " .. name, function()
      local power, seen, now = power_of { set = case[1] }
      assert.is_nil(power:cycle())
      local line, on = case[2], case[3]
      assert.same({ { 0, { [line] = not on } }, { 0.1, { [line] = on } }, { 1.3, { [line] = not on } } }, seen.lines)
      assert.equal(1.3 + 3, now())
    end)
  end

  it("leaves the key released if a signal comes while it is pressed", function()
    local interrupted = core.error("interrupted", "a signal")
    local power, seen = power_of { lines = { { 0.5, nil, interrupted } } }
    local ok, raised = pcall(power.cycle, power)
    assert.same({ false, interrupted }, { ok, raised })
    assert.same({ dtr = false }, seen.lines[#seen.lines][2])
  end)

  it("is cycled once in a run, and pressed again once, if no module answers", function()
    local power, seen = power_of {}
    power:cycle()
    power:cycle()
    assert.equal(3, #seen.lines)
    assert.is_true(power:press_again())
    assert.is_false(power:press_again())
    assert.same({ 6, 2 }, { #seen.lines, power.pulses })
  end)

  it("is not pressed again where the module said that it was on", function()
    local power = power_of { lines = { { 2, "NORMAL POWER DOWN" } } }
    power:cycle()
    assert.same({ 2, false }, { power.pulses, power:press_again() })
  end)

  it("is the flow's no more once the module was met", function()
    local power, seen = power_of {}
    power:cycle()
    power:leave()
    power.cycled = false
    power:cycle()
    assert.same({ false, 3 }, { power:press_again(), #seen.lines })
  end)

  it("is cycled by a program, without a second try", function()
    local power, seen, now = power_of { set = { "power_command=relay 'off on' 3", "power_command_s=7" } }
    power:cycle()
    assert.same({ { "relay", "off on", "3" }, 7 }, seen.ran)
    assert.same({ {}, 3, false }, { seen.lines, now(), power:press_again() })
  end)

  for name, case in pairs {
    ["a failure"] = { core.error("settings", "relay ended with 1"), "settings", "power_command: relay ended with 1" },
    ["a signal"] = { core.error("interrupted", "a signal"), "interrupted", "a signal" },
  } do
    it("by a program, tells " .. name, function()
      local power = power_of { set = { "power_command=relay" }, ran = case[1] }
      local ok, raised = pcall(power.cycle, power)
      assert.same({ false, case[2], case[3] }, { ok, raised.kind, raised.message })
    end)
  end

  -- Past its own questions, as no flow can: the last line of defence.
  for name, state in pairs {
    ["after the trigger"] = { record = { committed = true } },
    ["while an update is followed"] = { record = { triggered = true } },
  } do
    it("is refused " .. name .. " even below the flow", function()
      for _, set in ipairs { LINE, { "power_command=relay" } } do
        local power, seen = power_of { record = state.record, set = set }
        local ok, raised = pcall(power.cycle, power)
        assert.is_false(ok)
        assert.is_truthy(raised.fault:find("only before the module is met", 1, true))
        assert.same({ {}, {} }, { seen.lines, seen.ran })
      end
    end)
  end
end)
