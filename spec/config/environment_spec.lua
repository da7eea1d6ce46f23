local environment = require "dfota.config.environment"

local ALL = { port = true, baud = true, ledger = true }

local function settle(options, env, takes)
  local ok, why = environment.settle(options, function(name) return env[name] end, takes or ALL)
  local set = options.from_environment
  options.from_environment = nil
  return ok and options, why, set
end

local ENV = { DFOTA_PORT = "/dev/a", DFOTA_BAUD = "9600", DFOTA_LEDGER = "l.db" }

describe("The environment", function()
  it("says port, rate and ledger where the call does not", function()
    local options, _, set = settle({}, ENV)
    assert.same({ port = "/dev/a", baud = 9600, ledger = "l.db" }, options)
    assert.same(ALL, set)
    local given = { port = "/dev/b", baud = "auto", ledger = "none" }
    options, _, set = settle(given, ENV)
    assert.same({ { port = "/dev/b", baud = "auto", ledger = "none" }, {} }, { options, set })
  end)

  it("says nothing where it is empty, or the command has no such option", function()
    assert.same({}, (settle({}, { DFOTA_PORT = "", DFOTA_BAUD = "", DFOTA_LEDGER = "" })))
    assert.same({ ledger = "l.db" }, (settle({}, ENV, { ledger = true })))
  end)

  it("says of a simulated module only the ledger, which its user chose: it is on another port", function()
    local options, _, set = settle({ sim = "" }, ENV)
    assert.same({ { sim = "", ledger = "l.db" }, { ledger = true } }, { options, set })
    assert.same({ sim = "", ledger = "none" }, (settle({ sim = "", ledger = "none" }, ENV)))
  end)

  it("with a wrong rate names the variable", function()
    local ok, why = settle({}, { DFOTA_BAUD = "fast" })
    assert.is_falsy(ok)
    assert.matches("^DFOTA_BAUD: 'fast' is not a baud rate", why)
  end)

  it("turns colours off with NO_COLOR, for a simulated module too", function()
    assert.is_true((settle({ sim = "" }, { NO_COLOR = "1" })).no_color)
    assert.is_nil(settle({}, { NO_COLOR = "" }).no_color)
  end)
end)
