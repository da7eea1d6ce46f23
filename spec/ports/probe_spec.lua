local Module = require "dfota.sim.module"
local SimPort = require "dfota.sim.virtual_port"
local probe = require "dfota.ports.probe"
local rates = require "dfota.at.rates"
local settings = require "dfota.config.settings"

describe("Asking a port", function()
  -- What it tells, the module, and the seconds that it took.
  local function ask(spec, opts)
    local m = assert(Module.new(spec, 1))
    local port = SimPort.new(m)
    local all = { bauds = rates.standard, settings = assert(settings.load()) }
    for name, value in pairs(opts or {}) do all[name] = value end
    if opts and opts.fault then port.fault = opts.fault end
    local facts, err = probe(port, all)
    return facts, err or m, port:now()
  end

  it("tells who the module is and the rate it answers at", function()
    for _, baud in ipairs { 115200, 9600, 300 } do
      local facts, _, took_s = ask { ipr = baud, revision = "MC65FAR01A01" }
      assert.same({ state = "module", baud = baud, model = "MC65", revision = "MC65FAR01A01", imei = "861234567890127",
        family = "ours" }, facts)
      assert.is_true(took_s < 8, took_s)
    end
  end)

  it("sends queries only: AT, ATI and the IMEI; what the module can do only if that is asked for", function()
    local sent = {}
    local function note(direction, bytes)
      if direction == "tx" then sent[bytes] = true end
      return bytes
    end
    local facts = ask({}, { fault = { filter = note } })
    assert.same({ ["AT\r"] = true, ["ATI\r"] = true, ["AT+GSN\r"] = true }, sent)
    assert.same({}, { facts.dfota, facts.free_bytes, facts.total_bytes })
    facts = ask({}, { deep = true, fault = { filter = note } })
    assert.same({ ["AT\r"] = true, ["ATI\r"] = true, ["AT+GSN\r"] = true, ["AT+QFOTADL=?\r"] = true,
      ['AT+QFLDS="UFS"\r'] = true }, sent)
    assert.same({ true, 417792, 417792 }, { facts.dfota, facts.free_bytes, facts.total_bytes })
  end)

  it("tries the given rate alone", function()
    local facts = ask({ ipr = 9600 }, { bauds = { 115200 } })
    assert.same({ "silent" }, { facts.state })
    assert.equal("module", ask({ ipr = 9600 }, { bauds = { 9600 } }).state)
  end)

  it("where no module is takes seconds", function()
    local facts, _, took_s = ask { state = "off" }
    assert.same({ state = "silent", heard = false, message = "no module answers" }, facts)
    assert.is_true(took_s < 4, took_s)
  end)

  it("keeps what is known when the rest is not told", function()
    local facts = ask({}, { fault = { filter = function(direction, bytes)
      return direction == "rx" and bytes:gsub("86%d+\r", "lost\r") or bytes
    end } })
    assert.same({ "module", "MC65", nil, "string" }, { facts.state, facts.model, facts.imei, type(facts.message) })
    assert.equal("ours", facts.family)
  end)

  it("ends when the port is lost or a signal arrives", function()
    for _, case in ipairs { { "hangup", "hangup" }, { "interrupt", "interrupted" } } do
      for step = 1, 6 do
        local facts, err = ask({}, { fault = { { step = step, action = case[1] } } })
        assert.same({ nil, case[2] }, { facts, err.kind })
      end
    end
  end)

  it("notices a module that is updating itself", function()
    local m = assert(Module.new({ ipr = 115200 }, 1))
    local port = SimPort.new(m)
    local said = false
    port.fault = { filter = function(direction, bytes)
      if direction == "tx" then return "" end
      return bytes
    end }
    -- Its line comes in answer to nothing.
    function port.read(_, timeout_s)
      if not said then
        said = true
        return '\r\n+QIND: "FOTA","UPDATING",5\r\n'
      end
      return SimPort.read(port, timeout_s)
    end
    local facts = probe(port, { bauds = rates.standard, settings = assert(settings.load()) })
    assert.same({ "updating", 115200 }, { facts.state, facts.baud })
  end)
end)
