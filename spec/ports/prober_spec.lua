-- Real processes on pseudo-terminals, a few: what is asked there is in spec/ports/probe_spec.lua.
local core = require "dfota.core"
local prober = require "dfota.ports.prober"
local settings = require "dfota.config.settings"
local Simulator = require "support.simulator"
local uv = require "luv"

describe("Asking ports side by side", function()
  local set, ptys

  before_each(function() set, ptys = assert(settings.load()), {} end)
  after_each(function()
    uv.run "nowait" -- what was closed is gone
    for _, pty in ipairs(ptys) do pty:close() end
  end)

  local function silent_port()
    ptys[#ptys + 1] = assert(core.pty())
    return ptys[#ptys]:name()
  end

  local function states(answers)
    local list = {}
    for i, facts in ipairs(answers) do list[i] = facts.state end
    return list
  end

  it("has every answer in its place, in less time than one port after the other would take", function()
    local first, second = Simulator.start "ipr=9600", Simulator.start "ipr=9600"
    local names, expected = { first.name, "/nonexistent", second.name, "/tmp" }, {}
    for i, state in ipairs { "module", "missing", "module", "not_a_port" } do expected[i] = state end
    for i = #names + 1, 20 do names[i], expected[i] = silent_port(), "silent" end
    local requests, came = {}, {}
    for i, name in ipairs(names) do requests[i] = { name = name, bauds = { 9600 } } end
    local began = core.now()
    local answers = assert(prober(requests, { settings = set, on_answer = function(i, facts) came[i] = facts end }))
    local took_s = core.now() - began
    first:stop()
    second:stop()
    assert.same(expected, states(answers))
    assert.same({ 9600, "MC65", "861234567890127" }, { answers[3].baud, answers[3].model, answers[3].imei })
    assert.same(answers, came)
    assert.is_true(took_s < 16 * 3 * set.at_s, took_s) -- each of the silent ones is asked three times
  end)

  it("leaves each port as it was: closed, and with the same settings of its line", function()
    local name = silent_port()
    set.at_s = 0.02
    os.execute("stty 4800 icanon <" .. name)
    local function line() return assert(io.popen("stty -a <" .. name)):read "a" end
    local before = line()
    assert.same({ "silent" }, states(assert(prober({ { name = name, bauds = { 9600 } } }, { settings = set }))))
    assert.equal((before:gsub(" hupcl", " -hupcl")), (line():gsub(" hupcl", " -hupcl")))
    assert.is_nil(core.holder(name))
  end)

  it("says that a port is busy, and which process holds it", function()
    local name = silent_port()
    local held <close> = assert(core.open(name))
    local answer = assert(prober({ { name = name, bauds = { 9600 } } }, { settings = set }))[1]
    assert.equal("busy", answer.state)
    assert.is_truthy(answer.message:find(("in use by process %d"):format(uv.os_getpid()), 1, true), answer.message)
    held:close()
  end)

  it("gives each port a limited time", function()
    set.probe_s, set.at_s = 0.3, 60
    local began = core.now()
    local answer = assert(prober({ { name = silent_port(), bauds = { 9600 } } }, { settings = set }))[1]
    assert.same({ "failed", "asking it took more than 0.3 s" }, { answer.state, answer.message })
    assert.is_true(core.now() - began < 10)
    assert.is_nil(core.holder(ptys[1]:name()))
  end)

  it("of none is done at once", function() assert.same({}, (prober({}, { settings = set }))) end)

  it("ends after a signal, and so do its processes", function()
    assert(core.catch_signals())
    finally(core.release_signals)
    set.at_s = 60
    local names = { silent_port(), silent_port() }
    local timer = uv.new_timer()
    timer:start(300, 0, function() uv.kill(uv.os_getpid(), "sigint") end)
    local answers, err = prober({ { name = names[1], bauds = { 9600 } }, { name = names[2], bauds = { 9600 } } },
      { settings = set })
    timer:close()
    assert.same({ nil, "interrupted" }, { answers, err.kind })
    core.signals_taken()
    for _, name in ipairs(names) do assert.is_nil(core.holder(name)) end
  end)
end)
