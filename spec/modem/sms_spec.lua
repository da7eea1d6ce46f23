local virtual = require "support.virtual"

describe("An SMS", function()
  it("is sent once, and the module's SMS mode is restored", function()
    local modem, m = virtual.modem()
    assert.is_true(modem:sms("+491701234567", "updated to MC65FAR01A02"))
    assert.same({ { number = "+491701234567", text = "updated to MC65FAR01A02" } }, m.messages)
    assert.same({ "+CMGF?", "+CMGF=1", '+CMGS="+491701234567"', "+CMGF=0" }, virtual.commands(m))
  end)

  it("is sent as it is if the module is in text mode already, which it keeps", function()
    local modem, m = virtual.modem()
    assert(modem.channel:command "AT+CMGF=1")
    assert.is_true(modem:sms("0170", "x"))
    assert.same({ "+CMGF=1", "+CMGF?", '+CMGS="0170"' }, virtual.commands(m))
    assert.equal("x", m.messages[1].text)
  end)

  it("is sent even if the module does not echo", function()
    local modem, m = virtual.modem { echo = false }
    modem.channel:learn { echo = false }
    assert.is_true(modem:sms("0170", "a b c"))
    assert.equal("a b c", m.messages[1].text)
  end)

  it("is not reported as an unsolicited line, though the module echoes it", function()
    local modem, heard = virtual.modem(), {}
    modem.channel:subscribe(function(line) heard[#heard + 1] = line end)
    assert.is_true(modem:sms("0170", "secret"))
    assert.same({}, heard)
  end)

  it("that the network or the module refuses is an error, and the line is as before", function()
    for _, case in ipairs { { { creg = 2 }, 331 }, { { sim = "absent" }, 310 } } do
      local modem, m = virtual.modem(case[1])
      local sent, err = modem:sms("0170", "x")
      assert.same({ nil, "cms", case[2] }, { sent, err.kind, err.code })
      assert.same({}, m.messages)
      assert.equal("OK", modem.channel:command("AT").text)
    end
  end)

  it("whose prompt never comes, or comes too late, is aborted, and takes no later command for its text", function()
    for _, slow in ipairs { "CMGS:200", "CMGS:130" } do
      local modem, m = virtual.modem { slow = slow }
      local sent, err = modem:sms("0170", "x")
      assert.same({ nil, "timeout" }, { sent, err.kind })
      modem:pause(100)
      assert.is_true((modem:revision() or modem:revision()) ~= nil)
      assert.same({}, m.messages)
    end
  end)

  it("is refused before anything is sent if it cannot be put into a command", function()
    local modem, m = virtual.modem()
    for _, case in ipairs {
      { "0170\r", "x" }, { '0"1', "x" }, { "", "x" }, { 170, "x" }, { ("1"):rep(30), "x" }, { "0170", "" },
      { "0170", "a\rb" }, { "0170", "a\26b" }, { "0170", "10 \u{20AC}" }, { "0170", "a@b" }, { "0170", ("x"):rep(161) },
      { "0170", nil },
    } do
      assert.is_false((pcall(modem.sms, modem, case[1], case[2])))
    end
    assert.same({}, virtual.commands(m))
  end)
end)
