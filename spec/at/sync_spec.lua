local Channel = require "dfota.at.channel"
local Module = require "dfota.sim.module"
local ScriptedPort = require "support.scripted_port"
local SimPort = require "dfota.sim.virtual_port"
local core = require "dfota.core"
local rates = require "dfota.at.rates"

local BAUDS = { 115200, 9600, 57600, 38400, 19200, 4800 }

local function channel_to(spec)
  local m = assert(Module.new(spec, 7))
  return Channel.new(SimPort.new(m)), m
end

describe("Looking for a module", function()
  it("finds it at any fixed rate it is set to", function()
    for _, baud in ipairs(BAUDS) do
      local channel = channel_to { ipr = baud }
      local found = assert(channel:sync { bauds = BAUDS, timeout_s = 20 })
      assert.is_true(found.answered)
      assert.equal(baud, found.baud)
      assert.equal(baud, channel.port:baud())
      assert(channel:command "AT")
    end
  end)

  it("finds it quickly among all standard rates, since each gets a short try first", function()
    for baud, within_s in pairs { [115200] = 0.1, [9600] = 0.6, [57600] = 1.1, [460800] = 1.6, [300] = 2.6 } do
      local channel = channel_to { ipr = baud }
      assert.equal(baud, assert(channel:sync { bauds = rates.standard, timeout_s = 20 }).baud)
      assert.is_true(channel.port:now() <= within_s, baud .. ": " .. channel.port:now())
    end
  end)

  it("tells each rate before it is tried", function()
    local told = {}
    local channel = channel_to { ipr = 57600 }
    assert(channel:sync { bauds = BAUDS, timeout_s = 20, trying = function(baud) told[#told + 1] = baud end })
    assert.same({ 115200, 9600, 57600 }, told)
  end)

  -- A module in adaptive mode that answers the n-th AT at a rate.
  local function learning(n, baud)
    local asked = 0
    local port = ScriptedPort.new(function(port, command)
      asked = port.rate == baud and asked + 1 or 0
      if asked < n then return end
      port:say(0, command .. "\r")
      for query in command:sub(3):gmatch "%+%u+" do port:say_lines(0, query .. ": 1") end
      port:say_lines(0, "OK")
    end, { echo = false })
    return Channel.new(port)
  end

  it("trains one that needs several ATs no later than long tries would", function()
    for n, within_s in pairs { [2] = 0.3, [3] = 0.6 } do
      local channel = learning(n, 115200)
      assert.equal(115200, assert(channel:sync { bauds = rates.standard, timeout_s = 20 }).baud)
      assert.is_true(channel.port:now() <= within_s, channel.port:now())
    end
  end)

  it("asks once more if text is received, but not if it is noise", function()
    for said, count in pairs {
      ["\r\nERROR\r\n"] = 2, ["\r\nABC\r\n"] = 2, ["\r\nAB\r\n"] = 1, ["\x80\xF8\r\x06\r"] = 1,
      ["\r\nabc\x80def\r\n"] = 1,
    } do
      local asked = 0
      local channel = Channel.new(ScriptedPort.new(function(port)
        if port.rate == 9600 then
          asked = asked + 1
          port:say(0, said)
        end
      end, { echo = false }))
      assert.is_nil((channel:sync { bauds = { 115200, 9600 }, timeout_s = 0, briefly = true }))
      assert.equal(count, asked)
    end
  end)

  it("asks no more often at the rates after one where text was received", function()
    local asked = {}
    local channel = Channel.new(ScriptedPort.new(function(port)
      asked[port.rate] = (asked[port.rate] or 0) + 1
      if port.rate == 9600 then port:say(0, "\r\nERROR\r\n") end
    end, { echo = false }))
    assert.is_nil((channel:sync { bauds = { 115200, 9600, 57600 }, timeout_s = 0, briefly = true }))
    assert.same({ [115200] = 3, [9600] = 2, [57600] = 1 }, asked)
    asked = {}
    assert.is_nil((channel:sync { bauds = { 9600, 57600 }, timeout_s = 0, briefly = true }))
    assert.same({ [9600] = 3, [57600] = 1 }, asked)
  end)

  it("asks as often at each rate as requested, without a short try, and by default three times", function()
    for _, case in ipairs { { { bauds = { 115200, 9600 }, tries = 2 }, 2, 2 }, { { bauds = { 115200 } }, 3 } } do
      local asked = {}
      local channel = Channel.new(ScriptedPort.new(function(port)
        asked[port.rate] = (asked[port.rate] or 0) + 1
      end, { echo = false }))
      case[1].timeout_s = 0
      channel:sync(case[1])
      assert.same({ [115200] = case[2], [9600] = case[3] }, asked)
    end
  end)

  it("cycles through the rates while there is time, and may end in the middle of a cycle", function()
    local channel = channel_to { state = "off" }
    channel:sync { bauds = BAUDS, timeout_s = 7 }
    assert.is_true(channel.port:now() >= 7 and channel.port:now() < 8, channel.port:now())
    assert.equal(4800, assert(learning(3, 4800):sync { bauds = BAUDS, timeout_s = 1 }).baud)
  end)

  it("may be limited to a short try at each rate", function()
    local channel = channel_to { state = "off" }
    local _, err = channel:sync { bauds = BAUDS, timeout_s = 0, briefly = true }
    assert.equal("no_answer", err.kind)
    assert.is_true(channel.port:now() < 1.2, channel.port:now())
    assert.equal(115200, channel.port:baud())
  end)

  it("gives a slow line the time its characters take", function()
    for _, baud in ipairs { 300, 600, 1200 } do
      local channel = channel_to { ipr = baud, link = "baud" }
      assert.equal(baud, assert(channel:sync { bauds = { 115200, 300, 600, 1200 }, timeout_s = 20 }).baud)
      assert(channel:command("ATI", { timeout_s = 5 }))
    end
  end)

  it("asks at every rate, however short the time, before it reports no answer", function()
    local channel = channel_to { ipr = 4800 }
    assert.equal(4800, assert(channel:sync { bauds = BAUDS, timeout_s = 1 }).baud)
  end)

  it("trains one in adaptive mode at the first rate", function()
    local channel = channel_to { ipr = 0 }
    assert.equal(115200, assert(channel:sync { bauds = BAUDS, timeout_s = 5 }).baud)
  end)

  it("waits for one that is still booting", function()
    local channel = channel_to { state = "boot", boot_s = 4 }
    assert(channel:sync { bauds = BAUDS, timeout_s = 20 })
    assert(channel:command "ATI")
  end)

  it("learns whether it echoes and whether its result codes are numeric", function()
    for _, echo in ipairs { true, false } do
      for _, verbose in ipairs { true, false } do
        local channel = channel_to { echo = echo, verbose = verbose }
        assert(channel:sync { timeout_s = 2 })
        assert.equal(echo, channel.echo)
        assert.equal(not verbose, channel.numeric)
        assert(channel:command "ATI")
      end
    end
  end)

  it("asks once more where the first echo is hidden by noise", function()
    local asked = 0
    local port = ScriptedPort.new(function(port, command)
      asked = asked + 1
      port:say(0, (asked == 1 and ("~"):rep(20) or "") .. command .. "\r")
      port:say_lines(0, "OK")
    end, { echo = false })
    local channel = Channel.new(port)
    assert.is_true(assert(channel:sync { timeout_s = 5 }).answered)
    assert.is_true(channel.echo)
    assert.equal(2, asked)
  end)

  it("is not misled about the echo by the late answer to an earlier command", function()
    local channel = channel_to { slow = "GSN:3" }
    channel:command("AT+GSN", { timeout_s = 0.5 })
    assert(channel:sync { timeout_s = 10 })
    assert.is_true(channel.echo)
    assert.is_nil(channel:pending())
  end)

  it("is not misled about the echo by one that answers each AT late", function()
    local channel = Channel.new(ScriptedPort.new(function(port, command)
      port:say(0, command .. "\r")
      if command ~= "AT" then port:say_lines(0.4, command == "ATI" and "X" or {}) end
      for query in command:sub(3):gmatch "%+%u+" do port:say_lines(0.4, query .. ": 1") end
      port:say_lines(0.4, "OK")
    end, { echo = false }))
    assert(channel:sync { timeout_s = 10, wait_s = 0.3 })
    assert.is_true(channel.echo)
    assert.equal("X", assert(channel:command "ATI")[1])
  end)

  it("stops at once if the module reports that it is updating", function()
    local channel, m = channel_to { state = "update", boot_s = 0, http_to = "B", update_s = 30 }
    local found = assert(channel:sync { bauds = BAUDS, timeout_s = 20 })
    assert.is_true(found.updating)
    assert.is_nil(found.answered)
    assert.equal(0, m.triggers)
    assert.is_truthy(channel:listen(1):find('"FOTA"', 1, true))
  end)

  it("notices an update even if its lines are far apart and several rates are tried", function()
    for _, seed in ipairs { 1, 2, 3 } do
      local m = assert(Module.new({ state = "update", boot_s = seed, http_to = "B", update_s = 300 }, seed))
      local channel = Channel.new(SimPort.new(m))
      local found = assert(channel:sync { bauds = BAUDS, timeout_s = 10 })
      assert.is_true(found.updating)
      assert.equal(115200, channel.port:baud())
    end
  end)

  it("leaves the port at the first rate if it finds nothing", function()
    local channel = channel_to { state = "off" }
    assert.is_nil((channel:sync { bauds = { 57600, 9600 }, timeout_s = 1 }))
    assert.equal(57600, channel.port:baud())
  end)

  it("gives up in time, and reports which rates were not answered", function()
    local channel = channel_to { state = "off" }
    local found, err = channel:sync { bauds = { 115200, 9600 }, timeout_s = 3 }
    assert.is_nil(found)
    assert.equal("no_answer", err.kind)
    assert.is_truthy(err.message:find("no module answers at 115200, 9600 baud: check power", 1, true))
    assert.is_true(channel.port:now() >= 3 and channel.port:now() < 5)
  end)

  it("reports if it receives something but no answer", function()
    local channel = channel_to { ipr = 4800 }
    local _, err = channel:sync { bauds = { 115200, 57600 }, timeout_s = 3 }
    assert.is_truthy(err.message:find("something was received", 1, true))
  end)

  it("returns whether anything was received at all", function()
    for said, heard in pairs { ["\r\nERROR\r\n"] = true, ["half a line"] = true, [""] = false } do
      local port = ScriptedPort.new(function(port)
        if said ~= "" then port:say(0, said) end
      end, { echo = false })
      local _, err, was_heard = Channel.new(port):sync { timeout_s = 1 }
      assert.same({ "no_answer", heard }, { err.kind, was_heard }, said)
    end
  end)

  it("passes on the port's own errors", function()
    local port = ScriptedPort.new {}
    port:unplug()
    assert.equal("hangup", select(2, Channel.new(port):sync { timeout_s = 1 }).kind)
  end)

  it("ends at once if the port cannot be written to, read from or set back to its rate", function()
    for _, broken in ipairs { "write", "read", "set_baud" } do
      local port = ScriptedPort.new({ AT = {} }, { echo = false })
      port[broken] = function(self, baud)
        if broken == "set_baud" and baud ~= 115200 then
          self.rate = baud
          return true
        end
        return nil, core.error("io", broken .. " failed")
      end
      local _, err, heard = Channel.new(port):sync { bauds = { 115200, 9600 }, timeout_s = 1 }
      assert.same({ "io", broken .. " failed", nil }, { err.kind, err.message, heard })
      assert.is_true(broken == "set_baud" or port:now() == 0)
    end
  end)

  it("ends at once if the port is lost between two rates", function()
    local port = ScriptedPort.new({ AT = {} }, { echo = false })
    port.set_baud = function(_, baud)
      assert(baud == 9600, "it went on")
      return nil, core.error("hangup", "it is gone")
    end
    assert.equal("hangup", select(2, Channel.new(port):sync { bauds = { 115200, 9600, 4800 }, timeout_s = 1 }).kind)
  end)

  it("ends if the port is lost while waiting for a late answer", function()
    local asked = 0
    local port = ScriptedPort.new(function(port, command)
      if command ~= "AT" then return end
      asked = asked + 1
      port:say_lines(0, "OK")
      function port.write() return nil, core.error("hangup", "it is gone") end
    end)
    local channel = Channel.new(port)
    channel.barrier:expect "AT+GSN"
    assert.equal("hangup", select(2, channel:sync { timeout_s = 1 }).kind)
    assert.equal(1, asked)
  end)

  it("reports that something was received if a late answer never passes, and asks there once more", function()
    local asked = 0
    local port = ScriptedPort.new(function(port, command)
      if command ~= "AT" or port.rate ~= 9600 then return end
      asked = asked + 1
      port:say_lines(0, "OK")
    end, { echo = false })
    local channel = Channel.new(port)
    channel.barrier:expect "AT+GSN"
    local _, err, heard = channel:sync { bauds = { 115200, 9600 }, timeout_s = 0, briefly = true }
    assert.same({ "no_answer", true, 2 }, { err.kind, heard, asked })
  end)

  it("takes nothing received earlier for an answer, nor for part of one", function()
    local channel = Channel.new(ScriptedPort.new {})
    channel:take_in "\r\nOK\r\n"
    assert.equal("no_answer", select(2, channel:sync { timeout_s = 1 }).kind)
    local port = ScriptedPort.new { AT = "OK" }
    channel = Channel.new(port)
    channel:expect_acks(true)
    channel:take_in "half a line"
    assert.is_true(assert(channel:sync { timeout_s = 1 }).echo)
    assert.same({ "AT" }, port.sent)
  end)

  it("passes on what was received earlier, except a prompt", function()
    local channel = Channel.new(ScriptedPort.new { AT = "OK" })
    local told = {}
    channel:subscribe(function(line) told[#told + 1] = line end)
    channel:take_in(("x"):rep(2000) .. "\r\n> ")
    assert(channel:sync { timeout_s = 1 })
    assert.same({ ("x"):rep(1024) }, told)
  end)

  it("passes on the pieces of an echo that was never completed", function()
    for _, answer in ipairs { "", "\r\nOK\r\n" } do
      local port = ScriptedPort.new(function(port) port:say(0, "A\r" .. answer) end, { echo = false })
      local channel, told = Channel.new(port), {}
      channel:subscribe(function(line) told[#told + 1] = line end)
      channel:sync { timeout_s = 0, tries = 1 }
      assert.equal("A", told[1], answer)
    end
  end)

  it("loses no line received earlier", function()
    local port = ScriptedPort.new { AT = "OK" }
    local channel = Channel.new(port)
    port:say(0, "\r\nRING\r\n\r\n+CREG: 1\r\n\r\n+PDP DEACT\r\n")
    assert.equal("RING", channel:listen(1))
    assert(channel:sync { timeout_s = 1 })
    assert.equal("+CREG: 1", channel:listen(0))
    assert.equal("+PDP DEACT", channel:listen(0))
  end)
end)
