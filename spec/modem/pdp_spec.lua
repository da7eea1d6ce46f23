local modem_of = require("support.scripted").modem
local virtual = require "support.virtual"

local function scripted(changes)
  local answers = {
    ["AT+QISTAT"] = { "OK", "STATE: IP INITIAL" }, ["AT+QIFGCNT=0"] = "OK", ['AT+QICSGP=1,"a"'] = "OK",
    ["AT+QIREGAPP"] = "OK", ["AT+QIACT"] = "OK", ["AT+QILOCIP"] = { "10.0.0.1" }, ["AT+QIDEACT"] = "DEACT OK",
    ["AT+QICSGP=1"] = "OK", ["AT+QIFGCNT?"] = { "+QIFGCNT: 0,0", "OK" },
  }
  for command, answer in pairs(changes) do answers[command] = answer end
  return modem_of(answers)
end

describe("The PDP context", function()
  it("is activated with the note's commands, in the note's order", function()
    local modem, m = virtual.modem()
    assert.equal("10.61.2.17", modem.pdp:activate { apn = "CMNET" })
    assert.same({ "+QIFGCNT?", "+QIFGCNT=0", "+QISTAT", '+QICSGP=1,"CMNET"', "+QIREGAPP", "+QIACT", "+QILOCIP" },
      virtual.commands(m))
  end)

  it("includes a user or a password only if there is one, and then both", function()
    for expected, apn in pairs {
      ['+QICSGP=1,"net"'] = { apn = "net", user = "", password = "" },
      ['+QICSGP=1,"net","u",""'] = { apn = "net", user = "u" },
      ['+QICSGP=1,"net","","p"'] = { apn = "net", password = "p" },
      ["+QICSGP=1"] = { user = "u", password = "p" },
    } do
      local modem, m = virtual.modem()
      modem.pdp:activate(apn)
      assert.equal(expected, virtual.commands(m)[4])
    end
  end)

  it("has APN, user and password", function()
    local spec = { apn = "net", apn_user = "u", apn_password = "p w" }
    assert.is_truthy(virtual.modem(spec).pdp:activate { apn = "net", user = "u", password = "p w" })
    local done, err = virtual.modem(spec).pdp:activate { apn = "net", user = "u", password = "wrong" }
    assert.is_nil(done)
    assert.equal("pdp", err.kind)
    assert.is_truthy(err.message:find("check the APN", 1, true))
  end)

  it("uses what the module has configured if no APN is given", function()
    local modem, m = virtual.modem()
    assert.is_truthy(modem.pdp:activate())
    assert.equal("+QICSGP=1", virtual.commands(m)[4])
  end)

  for _, state in ipairs { "IP START", "IP CONFIG", "IP IND", "IP GPRSACT", "IP STATUS", "IP CLOSE", "PDP DEACT" } do
    it("that is in " .. state .. " is deactivated first", function()
      local modem, m = virtual.modem()
      m.pdp.state = state
      assert.is_truthy(modem.pdp:activate { apn = "a" })
      assert.equal("+QIDEACT", virtual.commands(m)[4])
    end)
  end

  it("reports its state, which the module sends after its OK", function()
    local modem = virtual.modem()
    assert.equal("IP INITIAL", modem.pdp:state())
    modem.pdp:activate()
    assert.equal("IP STATUS", modem.pdp:state())
  end)

  it("is deactivated after a failed activation, so that the next attempt can begin", function()
    local modem, m = virtual.modem { qiact_fails = 1 }
    local done, err = modem.pdp:activate { apn = "a" }
    assert.is_nil(done)
    assert.equal("pdp", err.kind)
    assert.equal("IP INITIAL", m.pdp.state)
    assert.is_truthy(modem.pdp:activate { apn = "a" })
  end)

  it("may take as long to activate as the manual allows", function()
    local modem, _, port = virtual.modem { qiact_s = 149 }
    assert.is_truthy(modem.pdp:activate { apn = "a" })
    assert.is_true(port:now() > 149)
  end)

  it("that is not activated in time is an error, not an endless wait", function()
    local modem, _, port = virtual.modem { qiact = "silent" }
    local done, err = modem.pdp:activate { apn = "a" }
    assert.is_nil(done)
    assert.equal("pdp", err.kind)
    assert.is_truthy(err.message:find("AT+QIACT within 150 s", 1, true))
    assert.is_true(port:now() < 150 + 45)
  end)

  it("is deactivated if its activation was interrupted, as soon as that has ended", function()
    local modem, m, port = virtual.modem { qiact_s = 20 }
    port.fault = { { at = 5, action = "interrupt" } }
    assert.equal("interrupted", select(2, modem.pdp:activate { apn = "a" }).kind)
    assert.is_true(modem.pdp:deactivate())
    assert.equal("IP INITIAL", m.pdp.state)
  end)

  it("without an address is not active", function()
    for _, answer in ipairs { "ERROR", "0.0.0.0", "OK", "+CME ERROR: 3" } do
      local modem, port = scripted { ["AT+QILOCIP"] = answer }
      local address, err = modem.pdp:activate { apn = "a" }
      assert.same({ nil, "pdp" }, { address, err.kind })
      assert.equal("AT+QIDEACT", port.sent[#port.sent])
    end
    assert.equal("10.0.0.1", scripted({}).pdp:activate { apn = "a" })
  end)

  it("is queried, configured and deactivated only if ours is in the foreground", function()
    for _, state in ipairs { "IP INITIAL", "IP STATUS" } do
      local modem, port = scripted { ["AT+QISTAT"] = { "OK", "STATE: " .. state } }
      assert(modem.pdp:activate { apn = "a" })
      assert.same({ "AT+QIFGCNT?", "AT+QIFGCNT=0" }, { port.sent[1], port.sent[2] })
    end
    local modem, port = scripted { ["AT+QIFGCNT=0"] = "ERROR" }
    assert.equal("pdp", select(2, modem.pdp:activate { apn = "a" }).kind)
    assert.same({ "AT+QIFGCNT?", "AT+QIFGCNT=0" }, port.sent)
    modem, port = scripted { ["AT+QIFGCNT=1"] = "OK" }
    modem.set.pdp_context = 1
    assert(modem.pdp:activate { apn = "a" })
    assert.equal("AT+QIFGCNT=1", port.sent[2])
  end)

  it("is deactivated only once ours is known to be in the foreground", function()
    for _, answer in ipairs { "ERROR", "+CME ERROR: 3", {}, "OK then" } do
      local modem, port = scripted { ["AT+QIFGCNT=0"] = answer, ["AT+QISTAT"] = { "OK", "STATE: IP STATUS" } }
      assert.is_nil(modem.pdp:activate { apn = "a" })
      assert.equal("refused", select(2, modem.pdp:deactivate()).kind)
      modem.pdp:release()
      for _, command in ipairs(port.sent) do assert.is_nil(command:find("QIDEACT", 1, true), command) end
    end
    local modem, port = scripted {}
    assert.is_nil(modem.pdp:deactivate())
    assert.same({}, port.sent)
  end)

  describe("is released", function()
    -- What is sent to release it, depending on the answer to QIFGCNT?.
    local function released(told, changes)
      local answers = { ["AT+QIFGCNT?"] = told, ["AT+QIFGCNT=1"] = "OK" }
      for command, answer in pairs(changes or {}) do answers[command] = answer end
      local modem, port = scripted(answers)
      modem.pdp:activate { apn = "a" }
      answers = #port.sent
      local done, err = modem.pdp:release()
      return table.move(port.sent, answers + 1, #port.sent, 1, {}), done, err
    end

    local UP = { ["AT+QISTAT"] = { "OK", "STATE: IP STATUS" } }

    it("and the previous foreground context restored", function()
      for _, told in ipairs {
        { "+QIFGCNT: 1,0", "OK" }, { "+QIFGCNT: 1,255", "OK" }, { "+QIFGCNT: 0,255", "+QIFGCNT: 1,2", "OK" },
      } do
        local sent, done = released(told, UP)
        assert.same({ "AT+QIFGCNT=0", "AT+QISTAT", "AT+QIDEACT", "AT+QIFGCNT=1" }, sent)
        assert.is_true(done)
      end
    end)

    it("and no other restored if it was ours, or is not reported", function()
      for _, told in ipairs { { "+QIFGCNT: 0,0", "OK" }, "ERROR", { "+QIFGCNT: x", "OK" }, "OK" } do
        assert.same({ "AT+QIFGCNT=0", "AT+QISTAT", "AT+QIDEACT" }, (released(told, UP)))
      end
    end)

    it("without QIDEACT if it is already deactivated", function()
      assert.same({ "AT+QIFGCNT=0", "AT+QISTAT" }, (released { "+QIFGCNT: 0,0", "OK" }))
    end)

    it("and the other restored if it is not known whether ours was selected", function()
      assert.same({ "AT+QIFGCNT=1" }, (released({ "+QIFGCNT: 1,0", "OK" }, { ["AT+QIFGCNT=0"] = "DEACT OK" })))
      assert.same({}, (released({ "+QIFGCNT: 1,0", "OK" }, { ["AT+QIFGCNT=0"] = "ERROR" })))
    end)

    it("once, and reports what failed", function()
      local sent, done, err = released({ "+QIFGCNT: 1,0", "OK" },
        { ["AT+QISTAT"] = UP["AT+QISTAT"], ["AT+QIDEACT"] = "ERROR" })
      assert.equal("AT+QIFGCNT=1", sent[#sent])
      assert.same({ nil, "refused" }, { done, err.kind })
    end)
  end)

  it("is activated shortly after QIREGAPP, while still receiving", function()
    local at = {}
    local modem, port = scripted {
      ["AT+QIREGAPP"] = function(self)
        at[1] = self.t
        self:say_lines(0, { "OK", 0.05, "RING" })
      end,
      ["AT+QIACT"] = function(self)
        at[2] = self.t
        self:say_lines(0, "OK")
      end,
    }
    assert(modem.pdp:activate { apn = "a" })
    assert.is_true(at[2] - at[1] >= 0.1 and at[2] - at[1] < 0.3)
    assert.equal("RING", modem.channel:listen(0))
    assert.is_truthy(port)
  end)

  it("refused because of its values, or permanently, has another error kind than a transient one", function()
    for _, case in ipairs {
      { ['AT+QICSGP=1,"a"'] = "ERROR", kind = "apn" }, { ['AT+QICSGP=1,"a"'] = "+CME ERROR: 3765", kind = "apn" },
      { ['AT+QICSGP=1,"a"'] = "+CME ERROR: 14", kind = "pdp" }, { ["AT+QIACT"] = "+CME ERROR: 149", kind = "apn" },
      { ["AT+QIACT"] = "+CME ERROR: 133", kind = "apn" }, { ["AT+QIACT"] = "ERROR", kind = "pdp" },
      { ["AT+QIACT"] = "+CME ERROR: 148", kind = "pdp" }, { ["AT+QIREGAPP"] = "ERROR", kind = "pdp" },
    } do
      local err = select(2, scripted(case).pdp:activate { apn = "a" })
      assert.equal(case.kind, err.kind)
    end
    assert.equal("pdp", select(2, scripted({ ["AT+QICSGP=1"] = "ERROR" }).pdp:activate()).kind)
  end)

  it("refused permanently by the network is distinguished from a transient failure, code by code", function()
    local for_good = { 103, 106, 107, 111, 113, 132, 133, 149 }
    local may_pass = { 0, 30, 31, 100, 104, 112, 134, 148, 150 }
    for kind, numbers in pairs { apn = for_good, pdp = may_pass } do
      for _, number in ipairs(numbers) do
        local err = select(2, scripted({ ["AT+QIACT"] = "+CME ERROR: " .. number }).pdp:activate { apn = "a" })
        assert.same({ kind, number }, { err.kind, err.code })
      end
    end
  end)

  it("has no state if the answer contains none", function()
    for _, answer in ipairs { "DEACT OK", "CONNECT", { "OK", "STATE: " }, { "OK", "DEACT OK" }, "ERROR" } do
      local state, err = scripted({ ["AT+QISTAT"] = answer }).pdp:state()
      assert.same({ nil, "refused" }, { state, err.kind })
    end
  end)

  it("is not tried again on a port that is lost", function()
    local modem, _, port = virtual.modem { qiact_s = 20 }
    port.fault = { { at = 5, action = "hangup" } }
    assert.equal("hangup", select(2, modem.pdp:activate { apn = "a" }).kind)
  end)

  it("can be deactivated only if it is active", function()
    local modem = virtual.modem()
    assert.equal("refused", select(2, modem.pdp:deactivate()).kind)
    modem.pdp:activate()
    assert.is_true(modem.pdp:deactivate())
  end)
end)

describe("A try of a PDP context", function()
  it("gives the address, and leaves the context as it was found", function()
    local modem, m = virtual.modem { busy_context = "1" }
    m.contexts[0].apn, m.contexts[0].user, m.contexts[0].password = "own", "u", "p,w"
    assert.same({ "10.61.2.17" }, { modem.pdp:try { apn = "web" } })
    assert.same({ "own", "u", "p,w", "IP INITIAL" },
      { m.contexts[0].apn, m.contexts[0].user, m.contexts[0].password, m.contexts[0].state })
    assert.equal("IP GPRSACT", m.contexts[1].state)
    assert.equal(m.contexts[1], m.pdp)
  end)

  it("of the module's own configuration changes none", function()
    local modem, m = virtual.modem()
    m.pdp.apn = "own"
    assert.equal("10.61.2.17", modem.pdp:try())
    for _, command in ipairs(virtual.commands(m)) do assert.is_nil(command:find("QICSGP=1,", 1, true)) end
  end)

  it("that fails leaves it as it was found, too", function()
    local modem, m = virtual.modem { apn = "right" }
    m.pdp.apn = "own"
    local address, err = modem.pdp:try { apn = "wrong" }
    assert.is_nil(address)
    assert.equal("pdp", err.kind)
    assert.same({ "own", "IP INITIAL" }, { m.pdp.apn, m.pdp.state })
  end)

  it("does not touch a context that is in use", function()
    local modem, m = virtual.modem { busy_context = "0" }
    local address, err = modem.pdp:try { apn = "web" }
    assert.is_nil(address)
    assert.equal("gate", err.kind)
    assert.equal("IP GPRSACT", m.pdp.state)
    assert.same({ "+QIFGCNT?", "+QIFGCNT=0", "+QISTAT" }, virtual.commands(m))

    modem, m = virtual.modem({ busy_context = "1" }, { pdp_context = 1 })
    assert(modem.channel:command "AT+QIFGCNT=0")
    assert.is_nil((modem.pdp:try { apn = "web" }))
    assert.equal("+QIFGCNT=0", virtual.commands(m)[#virtual.commands(m)]) -- the one that was in front
  end)

  it("says beside the address that it could not be put back", function()
    local modem = virtual.modem { reply = "QIDEACT:ERROR" }
    local address, err = modem.pdp:try { apn = "web" }
    assert.equal("10.61.2.17", address)
    assert.equal("refused", err.kind)
  end)

  it("that is interrupted is put back", function()
    local modem, m, port = virtual.modem { qiact_s = 20 }
    port.fault = { { at = 5, action = "interrupt" } }
    local address, err = modem.pdp:try { apn = "web" }
    assert.is_nil(address)
    assert.equal("interrupted", err.kind)
    assert.equal("IP INITIAL", m.pdp.state)
  end)
end)

describe("What a PDP context is configured with", function()
  for line, want in pairs {
    ["+QIREGAPP: CMNET,,"] = { apn = "CMNET", user = "", password = "" },
    ['+QIREGAPP:"a b","u","p,w" '] = { apn = "a b", user = "u", password = "p,w" },
    ["+QIREGAPP: ,,"] = { apn = "", user = "", password = "" },
  } do
    it("is read from " .. line, function()
      assert.same(want, scripted({ ["AT+QIREGAPP?"] = { line, "OK" } }).pdp:configured())
    end)
  end

  it("is not known from a damaged line or none", function()
    for _, answer in ipairs { "OK", { "+QIREGAPP: a", "OK" }, { '+QIREGAPP: a"b,,', "OK" }, "ERROR" } do
      local set, err = scripted({ ["AT+QIREGAPP?"] = answer }).pdp:configured()
      assert.is_nil(set)
      assert.equal("refused", err.kind)
    end
  end)
end)
