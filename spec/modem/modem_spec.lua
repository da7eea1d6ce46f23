local Transport = require "dfota.config.transport"
local core = require "dfota.core"
local scripted = require("support.scripted").modem
local virtual = require "support.virtual"

local FILE = { transport = Transport.file() }

describe("A module's identity", function()
  it("is its model, its revision and its IMEI", function()
    assert.same({ model = "MC65", revision = "MC65FAR01A01", imei = "861234567890127" }, virtual.modem():identity())
  end)

  it("has a model also where it has no revision", function()
    local modem = scripted { ATI = { "Quectel_Ltd", "Quectel_M65", "OK" } }
    assert.equal("M65", modem:model())
    local port
    modem, port = scripted {}
    port:unplug()
    local model, err = modem:model()
    assert.same({ nil, "hangup" }, { model, err.kind })
  end)

  it("is found without the space after Revision:, as an older note prints it", function()
    assert.equal("MC65FAR01A01", assert(virtual.modem({ ati_blank = false }):identity()).revision)
    assert.equal("MC65FAR01A01", virtual.modem({ ati_blank = false }):revision())
  end)

  it("is found among unsolicited lines", function()
    local modem = scripted {
      ATI = { "Quectel_Ltd", "+CREG: 1", "Quectel_M65", "Call Ready", "Revision: M65X_SST", "OK" },
      ["AT+GSN"] = { "DST: 1", "861234567890127", "OK" },
    }
    assert.same({ model = "M65", revision = "M65X_SST", imei = "861234567890127" }, modem:identity())
  end)

  local ATI = { "Quectel_Ltd", "Quectel_M65", "Revision: X", "OK" }

  it("may lack the IMEI, but never the revision", function()
    local modem = scripted { ATI = ATI, ["AT+GSN"] = "ERROR", ["AT+CGSN"] = "ERROR" }
    assert.is_nil(assert(modem:identity()).imei)
    for _, line in ipairs { "Quectel_M65", "Revision:", "Revision: a\255b" } do
      local answers = { ATI = { line, "OK" }, ["AT+CGMR"] = "ERROR", ["AT+GMR"] = "ERROR" }
      local who, err = scripted(answers):identity()
      assert.is_nil(who)
      assert.equal("refused", err.kind)
      assert.equal("refused", select(2, scripted(answers):revision()).kind)
    end
  end)

  it("has the IMEI from CGSN if GSN does not report it", function()
    for _, answer in ipairs { "ERROR", "+CME ERROR: 58", "OK", { "8612", "OK" } } do
      local modem = scripted { ATI = ATI, ["AT+GSN"] = answer, ["AT+CGSN"] = { "861234567890127", "OK" } }
      assert.equal("861234567890127", assert(modem:identity()).imei)
    end
  end)

  it("has the IMEI from CGSN if GSN is not answered at all", function()
    local modem = scripted(function(self, command)
      if command == "AT+CGSN" then return self:say_lines(0, { "861234567890127", "OK" }) end
      if command == "AT+GSN" then return end
      local lines = command == "ATI" and { table.unpack(ATI, 1, 3) } or {}
      for name in command:gmatch "%+(%u+)%?" do lines[#lines + 1] = "+" .. name .. ": 1" end -- a fence
      lines[#lines + 1] = "OK"
      self:say_lines(0, lines)
    end)
    assert.equal("861234567890127", assert(modem:identity()).imei)
  end)

  it("has the revision from CGMR, then from GMR, if ATI has none; GMI is never sent", function()
    local bare = { "Quectel", "MC65", "OK" }
    local modem, port = scripted { ATI = bare, ["AT+CGMR"] = { "Revision: V2 a-b_c", "OK" }, ["AT+GSN"] = "ERROR",
      ["AT+CGSN"] = "ERROR" }
    assert.same({ model = "MC65", revision = "V2 a-b_c" }, modem:identity())
    assert.same({ "ATI", "AT+CGMR", "AT+GSN", "AT+CGSN" }, port.sent)
    modem, port = scripted { ATI = bare, ["AT+CGMR"] = "ERROR", ["AT+GMR"] = { "V02.02.20190915R", "OK" } }
    assert.equal("V02.02.20190915R", modem:revision())
    assert.same({ "ATI", "AT+CGMR", "AT+GMR" }, port.sent)
  end)

  it("does not change its source because of one lost line", function()
    local damaged = false
    local modem, port = scripted {
      ATI = function(self) self:say_lines(0, damaged and { "Quectel_M65", "OK" } or ATI) end,
      ["AT+CGMR"] = { "another spelling 1", "OK" },
    }
    assert.equal("X", modem:revision())
    damaged = true
    local none, err = modem:revision()
    assert.same({ nil, "refused", true }, { none, err.kind, err.transient })
    assert.same({ "ATI", "ATI" }, port.sent)
    assert.equal("another spelling 1", modem:revision())
  end)

  it("is not an unrelated line, nor the command itself", function()
    local modem = scripted {
      ATI = { "ATI", "^CINIT: 8, 1", "+CIEV: roam, 0", " Quectel_Ltd", "DST: 1", "MC65", " Revision: X", "OK" },
      ["AT+GSN"] = { "861234567890127", "OK" },
    }
    assert.same({ model = "MC65", revision = "X", imei = "861234567890127" }, modem:identity())
  end)
end)

describe("The supply", function()
  it("is the third field of CBC, in millivolts", function()
    assert.equal(3456, virtual.modem({ vbat_mv = 3456 }):supply_mv())
  end)

  it("is not known if CBC has no third field or is refused", function()
    assert.is_nil((scripted({ ["AT+CBC"] = { "+CBC: 0,0", "OK" } }):supply_mv()))
    assert.equal("refused", select(2, scripted({ ["AT+CBC"] = "ERROR" }):supply_mv()).kind)
    assert.equal("refused", select(2, scripted({ ["AT+CBC"] = "OK" }):supply_mv()).kind)
  end)
end)

describe("The signal", function()
  it("is reported as CSQ and in dBm", function()
    for csq, dbm in pairs { [0] = -113, [1] = -111, [2] = -109, [8] = -97, [30] = -53, [31] = -51 } do
      assert.same({ csq, dbm }, { virtual.modem({ csq = csq }):signal() })
    end
  end)

  it("is not known at 99", function() assert.is_nil((virtual.modem({ csq = 99 }):signal())) end)
end)

describe("The SIM", function()
  it("is reported in the module's words, or by the corresponding error", function()
    for sim, state in pairs {
      ready = "READY", pin = "SIM PIN", puk = "SIM PUK", absent = "NOT INSERTED", failure = "FAILURE",
    } do
      assert.equal(state, virtual.modem({ sim = sim }):sim_state())
      assert.equal(state, virtual.modem({ sim = sim, cpin_blank = false }):sim_state())
    end
    assert.equal("NOT INSERTED", virtual.modem({ sim = "absent", cmee = 2 }):sim_state())
  end)

  it("has a state for each corresponding error, and is unknown for any other", function()
    for error_text, state in pairs {
      ["+CME ERROR: 10"] = "NOT INSERTED", ["+CME ERROR: 11"] = "SIM PIN", ["+CME ERROR: 12"] = "SIM PUK",
      ["+CME ERROR: 13"] = "FAILURE", ["+CME ERROR: 14"] = "BUSY", ["+CME ERROR: SIM not inserted"] = "NOT INSERTED",
      ["+CME ERROR: SIM PIN required"] = "SIM PIN", ["+CME ERROR: SIM PUK required"] = "SIM PUK",
      ["+CME ERROR: SIM failure"] = "FAILURE", ["+CME ERROR: sim busy"] = "BUSY", ERROR = "unknown",
      ["+CME ERROR: 100"] = "unknown", ["+CME ERROR: phone failure"] = "unknown", OK = "unknown",
    } do
      assert.equal(state, (scripted({ ["AT+CPIN?"] = error_text }):sim_state()), error_text)
    end
    for _, said in ipairs { "+CME ERROR: 3517", {} } do
      local state, err = scripted({ ["AT+CPIN?"] = said }):sim_state()
      assert.is_nil(state)
      assert.is_truthy(err.transient or err.kind == "timeout")
    end
  end)

  it("is believed to be in an unlisted state only if reported twice", function()
    local function told(...)
      local states, asked = { ... }, 0
      local modem = scripted { ["AT+CPIN?"] = function(self)
        asked = asked + 1
        self:say_lines(0, { "+CPIN: " .. states[math.min(asked, #states)], "OK" })
      end }
      local state, err = modem:sim_state()
      return state or err.transient
    end
    assert.equal("READY", told("RE\xc1DY", "READY"))
    assert.equal("SIM PIN", told("SIM QIN", "SIM PIN"))
    assert.equal("eSIM", told("eSIM", "eSIM"))
    assert.equal(true, told("REA", "DY"))
    local n = 0
    local modem = scripted { ["AT+CPIN?"] = function(self)
      n = n + 1
      self:say_lines(0, { "+CPIN: " .. (n < 4 and "R" .. n or "READY"), "OK" })
    end }
    assert.equal("READY", modem:wait_sim(10))
  end)

  it("is waited for while it is starting", function()
    local asked = 0
    local modem, port = scripted { ["AT+CPIN?"] = function(self)
      asked = asked + 1
      self:say_lines(0, asked < 4 and "+CME ERROR: 14" or { "+CPIN: READY", "OK" })
    end }
    assert.equal("READY", modem:wait_sim(10))
    assert.is_true(port:now() >= 3 and port:now() < 5)
  end)

  it("is waited for no longer than allowed", function()
    local modem, port = scripted { ["AT+CPIN?"] = "+CME ERROR: 14" }
    assert.equal("BUSY", modem:wait_sim(10))
    assert.is_true(port:now() >= 10 and port:now() < 12)
  end)

  it("is not waited for on a port that is gone", function()
    local modem, port = scripted { ["AT+CPIN?"] = "+CME ERROR: 14" }
    local pause = modem.commands.pause
    function modem.commands:pause(seconds)
      port:unplug()
      return pause(self, seconds)
    end
    local state, err = modem:wait_sim(10)
    assert.same({ nil, "hangup", 1 }, { state, err.kind, #port.sent })
  end)

  it("is waited for while it says itself that it is not ready", function()
    local asked = 0
    local modem = scripted { ["AT+CPIN?"] = function(self)
      asked = asked + 1
      self:say_lines(0, { asked < 4 and "+CPIN: NOT READY" or "+CPIN: READY", "OK" })
    end }
    assert.same({ "READY", 4 }, { modem:wait_sim(10), asked })
  end)

  it("is queried for some seconds, but not all of the time, if the module answers only ERROR", function()
    local function waited(refusals)
      local asked = 0
      local modem, port = scripted { ["AT+CPIN?"] = function(self)
        asked = asked + 1
        self:say_lines(0, asked <= refusals and "ERROR" or { "+CPIN: READY", "OK" })
      end }
      return modem:wait_sim(60), asked, port:now()
    end
    assert.equal("READY", (waited(4)))
    local state, asked, took_s = waited(math.huge)
    assert.same({ "unknown", 5 }, { state, asked })
    assert.is_true(took_s >= 4 and took_s < 6)
  end)

  it("that is locked or missing is not waited for", function()
    for _, sim in ipairs { "pin", "puk", "absent", "failure" } do
      local modem, _, port = virtual.modem { sim = sim }
      modem:wait_sim(10)
      assert.is_true(port:now() < 1)
    end
  end)

  it("provides its IMSI if unlocked", function()
    assert.equal("001010123456789", virtual.modem():imsi())
    assert.equal("cme", select(2, virtual.modem({ sim = "pin" }):imsi()).kind)
  end)

  it("provides its card number, by whichever command the firmware supports", function()
    assert.equal("89001012345678901234", virtual.modem():ccid())
    for _, reply in ipairs { "QCCID:ERROR", "QCCID:+QCCID: 89001012345678901234\nOK" } do
      assert.equal("89001012345678901234", virtual.modem({ reply = reply }):ccid())
    end
    assert.equal("8949012345678901234F", virtual.modem({ iccid = "8949012345678901234F" }):ccid())
    assert.equal("cme", select(2, virtual.modem({ sim = "absent" }):ccid()).kind)
    assert.equal("refused", select(2, virtual.modem({ iccid = "none" }):ccid()).kind)
  end)
end)

describe("Registration", function()
  it("is reported as a number and a word, with or without a space", function()
    for stat, word in pairs { [0] = "not searching", "home", "searching", "denied", "unknown", "roaming" } do
      assert.same({ stat, word }, { virtual.modem({ cgreg = stat, creg_blank = true }):registration() })
    end
  end)

  it("is found with location fields and with URCs of the same name in between", function()
    local modem = scripted { ["AT+CGREG?"] = { '+CGREG: 2,1,"00C3","1A2B"', "OK" } }
    assert.same({ 1, "home" }, { modem:registration() })
  end)

  it("is waited for", function()
    local modem, _, port = virtual.modem { state = "boot", boot_s = 1, reg_s = 20 }
    assert(modem.channel:sync { timeout_s = 10 })
    local waited = {}
    assert.equal("home", modem:wait_registered(60, function(word) waited[#waited + 1] = word end))
    assert.equal("searching", waited[1])
    assert.is_true(port:now() >= 20 and port:now() < 25)
  end)

  it("is waited for until it is at home or roaming, and no other state will do", function()
    assert.equal("roaming", virtual.modem({ cgreg = 5 }):wait_registered(10))
    for _, stat in ipairs { 0, 2, 3, 4 } do assert.is_nil((virtual.modem({ cgreg = stat }):wait_registered(1))) end
  end)

  it("is not queried again if the module refuses to report it", function()
    local modem, port = scripted { ["AT+CGREG?"] = "ERROR" }
    local word, err = modem:wait_registered(60)
    assert.is_nil(word)
    assert.equal("refused", err.kind)
    assert.equal(1, #port.sent)
  end)

  it("that does not come in time is an error that says what to check", function()
    local modem, _, port = virtual.modem { cgreg = 3 }
    local word, err = modem:wait_registered(30)
    assert.is_nil(word)
    assert.equal("network", err.kind)
    assert.is_truthy(err.message:find("within 30 s (denied): check the SIM", 1, true))
    assert.equal("denied", err.state)
    assert.is_true(port:now() >= 30 and port:now() < 33)
  end)

  it("is queried every two seconds and at the end, to the second", function()
    local modem, port = scripted { ["AT+CGREG?"] = { "+CGREG: 0,2", "OK" } }
    port.t = 100
    assert.equal("searching", select(2, modem:wait_registered(5)).state)
    assert.same({ 105, 4 }, { port.t, #port.sent })
  end)

  it("has no state if the module was never ready to report it", function()
    local modem, port = scripted { ["AT+CGREG?"] = "+CME ERROR: 3517" }
    local waited = {}
    local _, err = modem:wait_registered(3, function(word) waited[#waited + 1] = word end)
    assert.same({ "network", nil, 3 }, { err.kind, err.state, port.t })
    assert.is_truthy(err.message:find("(script: AT+CGREG? was answered with +CME ERROR: 3517): check", 1, true))
    assert.equal("string", type(waited[1]))
  end)
end)

describe("Updates", function()
  it("are supported by a module that answers the test command", function()
    assert.is_true(virtual.modem():knows_dfota())
    assert.is_false(virtual.modem({ qfotadl = false }):knows_dfota())
  end)

  it("are triggered with the one command, and the answer is returned", function()
    local package = require("dfota.sim.package").make("MC65FAR01A01", "B", 1000)
    local modem, m = virtual.modem()
    m.files["fota.pack"] = package
    assert.same({ taken = true }, modem:trigger(FILE))
    assert.equal(1, m.triggers)
  end)

  it("may be refused, with a code", function()
    local answer = virtual.modem({ fail = "command:6507" }):trigger(FILE)
    assert.is_true(answer.refused)
    assert.equal(6507, answer.code)
    assert.is_true(scripted({ ["AT+QFOTADL=1"] = "ERROR" }):trigger(FILE).refused)
  end)

  it("are accepted if a line arrives that can only follow the lost OK", function()
    assert.same({ taken = true }, scripted({ ["AT+QFOTADL=1"] = '+QIND: "FOTA","START"' }):trigger(FILE))
  end)

  it("may have begun without any answer: neither accepted nor refused, and sent once", function()
    local modem, port = scripted {}
    local answer = modem:trigger { transport = Transport.url "http://h/a" }
    assert.is_nil(answer.taken)
    assert.is_nil(answer.refused)
    assert.equal("timeout", answer.lost.kind)
    assert.same({ 'AT+QFOTADL="http://h/a"' }, port.sent)
  end)
end)

describe("Support for updates", function()
  it("is denied only by the module's own refusal, not by a busy or silent one", function()
    for answer, knows in pairs { OK = true, ERROR = false, ["+CME ERROR: 100"] = false } do
      assert.equal(knows, (scripted({ ["AT+QFOTADL=?"] = answer }):knows_dfota()), answer)
    end
    for _, answer in ipairs { "+CME ERROR: 14", "COMMAND NO RESPONSE!", "CONNECT", {} } do
      local knows, err = scripted({ ["AT+QFOTADL=?"] = answer }):knows_dfota()
      assert.same({ nil, true }, { knows, core.is_error(err) })
    end
  end)
end)

describe("ATI", function()
  it("that a module refuses is final, and one that it is not ready for is not", function()
    local others = { ["AT+CGMR"] = { "MC65X", "OK" }, ["AT+GMR"] = "ERROR" }
    for answer, revision in pairs { ERROR = "MC65X", ["+CME ERROR: 4"] = "MC65X", ["+CME ERROR: 14"] = false } do
      others.ATI = answer
      local found, err = scripted(others):revision()
      assert.equal(revision or nil, found, answer)
      assert.equal(not revision, err ~= nil and err.transient == true)
    end
    others.ATI = {}
    assert.equal("timeout", select(2, scripted(others):revision()).kind)
  end)
end)

describe("A module's rate", function()
  it("is the one that it is set to", function()
    local modem = virtual.modem { ipr = 9600 }
    assert(modem.channel:sync { bauds = { 9600 }, timeout_s = 2 })
    assert.equal(9600, modem:ipr())
  end)
end)

describe("A signal that is not known yet", function()
  local function module_at(known_after_s)
    return scripted { ["AT+CSQ"] = function(self)
      self:say_lines(0, { self.t < known_after_s and "+CSQ: 99,99" or "+CSQ: 20,0", "OK" })
    end }
  end

  it("is queried until it is", function()
    local modem, port = module_at(25)
    assert.same({ 20, -73 }, { modem:wait_signal(60) })
    assert.is_true(port.t < 30)
  end)

  it("is queried no longer than that", function()
    local modem, port = module_at(math.huge)
    port.t = 10
    assert.is_nil((modem:wait_signal(5)))
    assert.same({ 15, 4 }, { port.t, #port.sent })
    modem, port = module_at(math.huge)
    assert.is_nil((modem:wait_signal(0)))
    assert.equal(1, #port.sent)
  end)

  it("is waited for if the module is not ready to report it, but not if it refuses", function()
    local modem = scripted { ["AT+CSQ"] = function(self)
      self:say_lines(0, self.t < 6 and "+CME ERROR: 3517" or { "+CSQ: 20,0", "OK" })
    end }
    assert.equal(20, modem:wait_signal(60))
    local port
    modem, port = scripted { ["AT+CSQ"] = "ERROR" }
    assert.equal("refused", select(2, modem:wait_signal(60)).kind)
    assert.equal(1, #port.sent)
  end)
end)

describe("The IMEI", function()
  it("counts when two readings agree", function()
    local answers = { "861234567890127", "861234567890128", "861234567890127", "861234567890127" }
    local modem, port = scripted(function(self) self:say_lines(0, { table.remove(answers, 1), "OK" }) end)
    assert.equal("861234567890127", modem:imei())
    assert.same({ "AT+GSN", "AT+GSN", "AT+CGSN", "AT+CGSN" }, port.sent)
  end)

  it("is queried again if they never do", function()
    local digit = 0
    local modem = scripted(function(self)
      digit = digit + 1
      self:say_lines(0, { "86123456789012" .. digit % 10, "OK" })
    end)
    local imei, err = modem:imei()
    assert.same({ nil, "refused", true }, { imei, err.kind, err.transient })
  end)
end)

describe("A signal to this program", function()
  it("ends every wait for the module at once, and is not taken for an answer", function()
    local answers = { ["AT+CPIN?"] = "+CME ERROR: 14", ["AT+CGREG?"] = { "+CGREG: 0,2", "OK" },
      ["AT+CSQ"] = { "+CSQ: 99,0", "OK" } }
    for _, wait in ipairs { "wait_sim", "wait_registered", "wait_signal" } do
      local modem, port = scripted(answers)
      local pauses = 0
      function modem.commands.pause()
        pauses = pauses + 1
        port.t = port.t + 1
        if pauses == 1 then return nil, core.error("interrupted", "a signal") end
        return true
      end
      local found, err = modem[wait](modem, 3)
      assert.same({ nil, "interrupted", 1 }, { found, core.is_error(err) and err.kind, #port.sent }, wait)
    end
  end)
end)

describe("The rate a module is set to", function()
  it("is a number, 0 for adaptive mode, and anything else is unreadable", function()
    for line, rate in pairs { ["+IPR: 9600"] = 9600, ["+IPR: 0"] = 0 } do
      assert.equal(rate, (scripted { ["AT+IPR?"] = { line, "OK" } }):ipr())
    end
    for _, line in ipairs { "+IPR: 96\xFF0", "+IPR: ", '+IPR: "auto"' } do
      local rate, err = (scripted { ["AT+IPR?"] = { line, "OK" } }):ipr()
      assert.is_nil(rate)
      assert.is_truthy(err.message:find("a number", 1, true), err.message)
    end
  end)
end)
