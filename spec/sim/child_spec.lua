local Simulator = require "dfota.sim.child"
local core = require "dfota.core"
local folder = require "support.folder"

describe("The simulated module of --sim", function()
  it("is a port that answers, and is gone once stopped", function()
    local sim = assert(Simulator.start("scripts/sim.lua", "csq=7"))
    local port = assert(core.open(sim.name, { backend = "tty", baud = 115200 }))
    assert(port:write("AT+CSQ\r", 5))
    local heard = ""
    while not heard:find("OK", 1, true) do heard = heard .. assert(port:read(15)) end
    assert.truthy(heard:find("+CSQ: 7,0", 1, true))
    assert.is_true(sim:alive())
    sim:stop()
    assert.is_false(sim:alive())
    repeat local bytes, err = port:read(15) until not bytes and assert.equal("hangup", err.kind)
    port:close()
  end)

  it("reports that it is dead", function()
    local sim = assert(Simulator.start("scripts/sim.lua", ""))
    sim.process:kill("sigkill")
    local deadline = core.now() + 15
    while sim:alive() and core.now() < deadline do end
    assert.is_false(sim:alive())
    sim:stop()
  end)

  it("is refused with a wrong switch before anything starts, and fails if it does not start", function()
    local sim, err = Simulator.start("scripts/sim.lua", "csq=x")
    assert.is_nil(sim)
    assert.equal("usage", err.kind)
    assert.truthy(err.message:find("--sim: simulator switch csq must be", 1, true))
    local home, remove = folder.new()
    sim, err = Simulator.start(folder.write(home .. "/silent.lua", "os.exit(0)"), "")
    assert.is_nil(sim)
    assert.truthy(err.message:find("did not start", 1, true))
    remove()
  end)
end)
