local Channel = require "dfota.channel"
local Modem = require "dfota.modem"
local ScriptedPort = require "support.scripted_port"
local settings = require "dfota.settings"
local virtual = require "support.virtual"

describe("The PDP context", function()
  it("is put up with the note's commands, in the note's order", function()
    local modem, m = virtual.modem()
    assert.equal("10.61.2.17", modem:attach { apn = "CMNET" })
    assert.same({ "+QISTAT", "+QIFGCNT=0", '+QICSGP=1,"CMNET"', "+QIREGAPP", "+QIACT", "+QILOCIP" },
      virtual.commands(m))
  end)

  it("carries APN, user and password", function()
    local spec = { apn = "net", apn_user = "u", apn_password = "p w" }
    assert.is_truthy(virtual.modem(spec):attach { apn = "net", user = "u", password = "p w" })
    local done, err = virtual.modem(spec):attach { apn = "net", user = "u", password = "wrong" }
    assert.is_nil(done)
    assert.equal("pdp", err.kind)
    assert.is_truthy(err.message:find("check the APN", 1, true))
  end)

  it("uses what the module has configured where no APN is named", function()
    local modem, m = virtual.modem()
    assert.is_truthy(modem:attach())
    assert.equal("+QICSGP=1", virtual.commands(m)[3])
  end)

  for _, state in ipairs { "IP START", "IP CONFIG", "IP IND", "IP GPRSACT", "IP STATUS", "IP CLOSE", "PDP DEACT" } do
    it("that is in " .. state .. " is put down first", function()
      local modem, m = virtual.modem()
      m.pdp.state = state
      assert.is_truthy(modem:attach { apn = "a" })
      assert.equal("+QIDEACT", virtual.commands(m)[2])
    end)
  end

  it("tells its state, which the module says behind its OK", function()
    local modem = virtual.modem()
    assert.equal("IP INITIAL", modem:pdp_state())
    modem:attach()
    assert.equal("IP STATUS", modem:pdp_state())
  end)

  it("is put down after a failed activation, so that the next try can begin", function()
    local modem, m = virtual.modem { qiact_fails = 1 }
    local done, err = modem:attach { apn = "a" }
    assert.is_nil(done)
    assert.equal("pdp", err.kind)
    assert.equal("IP INITIAL", m.pdp.state)
    assert.is_truthy(modem:attach { apn = "a" })
  end)

  it("may take as long to activate as the manual allows", function()
    local modem, _, port = virtual.modem { qiact_s = 149 }
    assert.is_truthy(modem:attach { apn = "a" })
    assert.is_true(port:now() > 149)
  end)

  it("that is not activated in time is an error, not a wait without end", function()
    local modem, _, port = virtual.modem { qiact = "silent" }
    local done, err = modem:attach { apn = "a" }
    assert.is_nil(done)
    assert.equal("pdp", err.kind)
    assert.is_truthy(err.message:find("AT+QIACT within 150 s", 1, true))
    assert.is_true(port:now() < 150 + 45)
  end)

  it("is put down when its activation was interrupted, as soon as that has come to its end", function()
    local modem, m, port = virtual.modem { qiact_s = 20 }
    port.fault = { { at = 5, action = "interrupt" } }
    assert.equal("interrupted", select(2, modem:attach { apn = "a" }).kind)
    assert.is_true(modem:detach())
    assert.equal("IP INITIAL", m.pdp.state)
  end)

  it("needs no address to be told", function()
    local port = ScriptedPort.new {
      ["AT+QISTAT"] = { "OK", "STATE: IP INITIAL" }, ["AT+QIFGCNT=0"] = "OK", ['AT+QICSGP=1,"a"'] = "OK",
      ["AT+QIREGAPP"] = "OK", ["AT+QIACT"] = "OK", ["AT+QILOCIP"] = "ERROR",
    }
    assert.is_true(Modem.new(Channel.new(port), assert(settings.load())):attach { apn = "a" })
  end)

  it("is not tried again on a port that is lost", function()
    local modem, _, port = virtual.modem { qiact_s = 20 }
    port.fault = { { at = 5, action = "hangup" } }
    assert.equal("hangup", select(2, modem:attach { apn = "a" }).kind)
  end)

  it("can be put down only where it is up", function()
    local modem = virtual.modem()
    assert.equal("refused", select(2, modem:detach()).kind)
    modem:attach()
    assert.is_true(modem:detach())
  end)
end)
