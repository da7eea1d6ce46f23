-- Finding the module: ports.lua, and a script that is told no port, as processes. What is asked, chosen and shown is in
-- spec/ports; here real ports are opened.
local Process = require "support.process"
local Simulator = require "support.simulator"
local core = require "dfota.core"
local folder = require "support.folder"
local json = require "dkjson"
local ledger = require "dfota.ledger.ledger"

describe("Finding the module", function()
  local sim, other

  setup(function()
    sim, other = Simulator.start "ipr=9600,revision=MC65FAR01A01", assert(core.pty())
  end)
  teardown(function()
    sim:stop()
    other:close()
  end)

  -- Exit code, output and error output.
  local function run(program, ...)
    local process = Process.start(program, { ... })
    return process:wait(), process.out, process.err
  end

  local function ports(...)
    return run(Process.lua, "scripts/ports.lua", "--ledger", "none", "--set", "at_s=0.1", ...)
  end

  it("ports.lua shows what answers on the ports that are named", function()
    local rc, out, err = ports("--probe", "--baud", "9600", other:name(), sim.name)
    assert.same({ 0, "" }, { rc, err })
    assert.equal(([[
%s
  module       no module answers

%s
  module       MC65, revision MC65FAR01A01, IMEI 861234567890127
  rate         9600 baud
  DFOTA        yes
  storage      417792 bytes free of 417792

1 module on 2 ports: --port %s
]]):format(other:name(), sim.name, sim.name), out)
  end)

  it("it opens none without --probe, and tells programs the same in JSON Lines, with one result", function()
    local held <close> = assert(core.open(other:name()))
    for _, case in ipairs {
      { 0, true, 0, other:name() }, { 74, false, 0, "/nonexistent" }, { 0, true, 1, sim.name, "--probe", "-b", "9600" },
      { 74, false, 0, other:name(), "--probe" },
    } do
      local rc, out = ports("--json", table.unpack(case, 4))
      local facts, result = out:match "^([^\n]*)\n([^\n]*)\n$"
      facts, result = assert(json.decode(facts)), assert(json.decode(result))
      assert.same({ case[1], "facts", case[4], "result", case[1], case[2], case[3] > 0 and "MC65" or nil },
        { rc, facts.event, facts.port, result.event, result.rc, result.ok, facts.model })
    end
    held:close()
  end)

  it("ports.lua -q prints names alone, for a script, and -v shows what is said, on stderr", function()
    local rc, out, err = ports("--probe", "-q", "-v", "-b", "9600", "-p", other:name(), "-p", sim.name)
    assert.same({ 0, sim.name .. "\n" }, { rc, out })
    assert.is_truthy(err:find(("\n%s < Quectel_MC65\n"):format(sim.name), 1, true), err)
    assert.same({ 0, other:name() .. "\n", "" }, { ports("-q", other:name()) })
  end)

  it("a port where an update may be going on is left alone, with the line that follows it", function()
    local dir, cleanup = folder.new()
    finally(cleanup)
    local path = dir .. "/ledger.db"
    local book <close> = assert(ledger.open(path))
    assert(book:triggered(assert(book:begin { imei = "861234567890127", port = other:name() })))
    local rc, _, err = run(Process.lua, "scripts/ports.lua", "--probe", "--ledger", path, other:name())
    assert.equal(69, rc)
    assert.is_truthy(err:find(("scripts/watch.lua --port %s --ledger %s\n"):format(other:name(), path), 1, true), err)
  end)

  it("no port at all is one error, however it is asked: 74, with what to do", function()
    if not os.execute "unshare -m true 2>/dev/null" then return pending "needs root" end
    for _, more in ipairs { "--json", "--probe", "-q" } do
      local rc, out, err = run("sh", "spec/support/ports_machine.sh", "--", Process.lua, "scripts/ports.lua",
        "--ledger", "none", more)
      assert.same({ 74, "ports: no serial port was found: plug the adapter in" }, { rc, err:match "^[^;\n]*" })
      assert.is_truthy(more ~= "--json" or json.decode(out).advice:find("plug the adapter in", 1, true), out)
    end
  end)

  it("wrong input gets one line that names it", function()
    for named, call in pairs {
      ["--bogus"] = { "--bogus" }, ["/nonexistent"] = { "/nonexistent" }, ["spelt"] = { "--probe", "--set", "spelt=1" },
      ["x"] = { "--baud", "x" }, ["is empty"] = { "--probe", "" },
    } do
      local rc, _, err = ports(table.unpack(call))
      assert.is_true(rc == 2 or rc == 74, rc)
      assert.is_truthy(err:find(named, 1, true), err)
      assert.equal(1, select(2, err:gsub("\n", "")))
    end
  end)

  it("a script that is told no port asks several, and uses the one with the module", function()
    if not os.execute "unshare -m true 2>/dev/null" then return pending "needs root" end
    local rc, out, err = run("sh", "spec/support/ports_machine.sh", "ttyUSB0=" .. other:name(), "ttyUSB1=" .. sim.name,
      "--", Process.lua, "scripts/info.lua", "--ledger", "none", "--baud", "9600", "--set", "at_s=0.1")
    assert.same({ 0, "" }, { rc, err })
    assert.is_truthy(out:find "^note     using /dev/ttyUSB1, the only one of 2 ports that leads to a module: MC65", out)
  end)
end)
