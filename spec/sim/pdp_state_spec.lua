local Module = require "dfota.sim.module"
local pdp_state = require "dfota.sim.pdp_state"

describe("The radio side of the simulated module", function()
  local m

  local function new(spec) m = assert(Module.new(spec or {}, 1)) end

  local function registration() return pdp_state.registration(m, "creg") end

  before_each(function() new() end)

  it("is registered as set by the switch, in each network separately", function()
    for stat = 0, 5 do
      new { creg = stat, cgreg = 5 - stat }
      assert.same({ stat, 5 - stat }, { registration(), pdp_state.registration(m, "cgreg") })
    end
  end)

  it("searches for reg_s after boot", function()
    new { reg_s = 3 }
    m.ready_at = 10
    for t, stat in pairs { [10] = 2, [12.9] = 2, [13] = 1, [100] = 1 } do
      m.t = t
      assert.equal(stat, registration())
    end
  end)

  it("does not search without radio or SIM", function()
    for _, cfun in ipairs { 0, 4 } do
      m.session.cfun = cfun
      assert.equal(0, registration())
    end
    m.session.cfun = 1
    for _, sim in ipairs { "pin", "puk", "absent", "failure" } do
      m.sim = sim
      assert.equal(0, registration())
    end
  end)

  it("can have a context at home and roaming only", function()
    for stat, can in pairs { [0] = false, false, false, false, false, true } do
      new { cgreg = stat }
      assert.equal(can or stat == 1, pdp_state.registered(m), stat)
      new { creg = stat }
      assert.is_true(pdp_state.registered(m), "only the packet network counts")
    end
  end)

  it("has an active context once it was activated, whether or not its address is known", function()
    for state, active in pairs {
      ["IP INITIAL"] = false, ["IP START"] = false, ["IP GPRSACT"] = true, ["IP STATUS"] = true, ["PDP DEACT"] = false,
    } do
      m.pdp.state = state
      assert.equal(active, pdp_state.active(m), state)
    end
  end)

  it("drops an active context, and reports it once, to a download too", function()
    local lost = 0
    m.downloading = { lost = function() lost = lost + 1 end }
    m.pdp.state = "IP STATUS"
    for _ = 1, 2 do pdp_state.drop(m) end
    assert.same({ "\r\n+PDP DEACT\r\n", "PDP DEACT", 1 }, { m:output(), m.pdp.state, lost })
  end)

  it("drops no inactive context", function()
    for _, state in ipairs { "IP INITIAL", "IP START", "PDP DEACT" } do
      m.pdp.state = state
      pdp_state.drop(m)
      assert.same({ "", state }, { m:output(), m.pdp.state })
    end
  end)

  it("reports it after the running command", function()
    m.pdp.state, m.busy = "IP GPRSACT", {}
    pdp_state.drop(m)
    assert.same({ "", "PDP DEACT", 1 }, { m:output(), m.pdp.state, #m.held })
  end)
end)
