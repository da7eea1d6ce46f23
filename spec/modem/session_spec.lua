local scripted = require("support.scripted").modem
local virtual = require "support.virtual"

describe("A session", function()
  local function session_of(m) return { m.session.echo, m.session.verbose, m.session.cmee, m.session.ifc } end

  for name, spec in pairs {
    ["a normal module"] = {},
    ["one without echo"] = { echo = false },
    ["one with numeric results"] = { verbose = false },
    ["one with textual errors"] = { cmee = 2 },
    ["one without error codes"] = { cmee = 0 },
    ["one with all of it"] = { echo = false, verbose = false, cmee = 0 },
  } do
    it("of " .. name .. " is set up, and restored", function()
      local modem, m = virtual.modem(spec)
      local before = session_of(m)
      assert(modem.channel:sync { timeout_s = 2 })
      assert(modem.session:prepare())
      assert.same({ true, true, 1, "0,0" }, session_of(m))
      assert(modem:identity())
      assert(modem.session:restore())
      assert.same(before, session_of(m))
      assert(modem.channel:command "AT")
    end)
  end

  it("with hardware flow control turns it on in the module, and off again", function()
    local modem, m = virtual.modem({}, { rtscts = "on" })
    assert(modem.session:prepare())
    assert.equal("2,2", m.session.ifc)
    assert(modem.session:restore())
    assert.equal("0,0", m.session.ifc)
  end)

  it("is not saved in the module", function()
    local modem, m = virtual.modem { echo = false, cmee = 0 }
    assert(modem.channel:sync { timeout_s = 2 })
    assert(modem.session:prepare())
    for _, command in ipairs(virtual.commands(m)) do assert.is_nil(command:find("&W", 1, true)) end
    assert.same({ false, 0 }, { m.profile.echo, m.profile.cmee })
  end)

  it("that needs no changes is left alone", function()
    local modem, m = virtual.modem()
    assert(modem.session:prepare())
    assert.same({ "+CMEE?" }, virtual.commands(m))
  end)
end)

describe("A session with a module that answers in numbers and refuses text", function()
  it("is not set up, and says why", function()
    local modem = scripted { ["ATV1"] = "4" }
    modem.channel:learn { numeric = true }
    local done, err = modem.session:prepare()
    assert.is_nil(done)
    assert.equal("refused", err.kind)
    assert.is_true(modem.channel.numeric)
  end)
end)

describe("Flow control", function()
  local function prepared(answer)
    local modem, port = scripted {
      AT = "OK", ["AT+IFC?"] = answer, ["AT+IFC=2,2"] = "OK", ["AT+CMEE?"] = { "+CMEE: 1", "OK" },
      ["AT+IFC=0,0"] = "OK", ["AT+IFC=1,1"] = "OK",
    }
    modem.set.rtscts = "on"
    assert(modem.session:prepare())
    assert(modem.session:restore())
    return table.concat(port.sent, " ")
  end

  it("is queried before it is set, and restored", function()
    assert.equal("AT+IFC? AT+IFC=2,2 AT+CMEE? AT+IFC=1,1", prepared { "+IFC: 1,1", "OK" })
    assert.equal("AT+IFC? AT+IFC=2,2 AT+CMEE? AT+IFC=0,0", prepared { "+IFC: 0,0", "OK" })
  end)

  it("that is already right is left alone", function()
    assert.equal("AT+IFC? AT+CMEE?", prepared { "+IFC: 2,2", "OK" })
  end)

  it("is reset to none if the module does not report what it was", function()
    assert.equal("AT+IFC? AT+IFC=2,2 AT+CMEE? AT+IFC=0,0", prepared "ERROR")
  end)
end)

describe("A session set up on a lossy line", function()
  it("is set up at the second attempt, and restored", function()
    for _, lost in ipairs { "AT+CMEE?", "AT+CMEE=1", "ATE1" } do
      local mode, left, echo = 2, 1, false
      local modem, port = scripted(function(self, command)
        if echo then self:say(0, command .. "\r") end
        if command:find "^ATE" then echo = command == "ATE1" end
        if command:find "CMEE=" then mode = math.tointeger(tonumber(command:sub(-1))) end
        if command == lost and left > 0 then
          left = left - 1
          return
        end
        local lines = {}
        for query in command:gmatch "%+(%u+)%?" do
          lines[#lines + 1] = ("+%s: %d"):format(query, query == "CMEE" and mode or 0)
        end
        lines[#lines + 1] = "OK"
        self:say_lines(0, lines)
      end)
      port.echo, modem.channel.echo = false, false
      assert.equal("timeout", select(2, modem.session:prepare()).kind)
      assert(modem.session:prepare())
      assert.same({ 1, true }, { mode, echo })
      assert(modem.session:restore())
      assert.same({ 2, false }, { mode, echo }, lost)
    end
  end)
end)
