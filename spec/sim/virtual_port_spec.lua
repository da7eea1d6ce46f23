local Module = require "dfota.sim.module"
local Package = require "dfota.sim.package"
local VirtualPort = require "dfota.sim.virtual_port"
local core = require "dfota.core"

local function open(spec, options)
  local m = assert(Module.new(spec))
  return assert(VirtualPort.new(m, nil, options)), m
end

-- Reads until the text was received. @return everything received | nil, err
local function read_until(port, text, timeout_s)
  local all = ""
  while not all:find(text, 1, true) do
    local bytes, err = port:read(timeout_s or 60)
    if not bytes then return nil, err end
    all = all .. bytes
  end
  return all
end

local function ask(port, line)
  assert(port:write(line .. "\r", 5))
  return read_until(port, "OK\r\n", 5)
end

describe("The virtual port", function()
  it("says in a message what it is, open or closed", function()
    local port = open()
    assert.equal("dfota.sim.virtual_port", tostring(port))
    port:close()
    assert.equal("dfota.sim.virtual_port (closed)", tostring(port))
  end)

  it("carries out a complete update, in the module's time and none of ours", function()
    local port, m = open()
    local package = Package.make(m.revision, "B", 1500)
    port:write(('AT+QFUPL="fota.pack",%d,5,0\r'):format(#package), 5)
    assert(read_until(port, "CONNECT\r\n"))
    port:write(package, 5)
    assert(read_until(port, "OK\r\n"))
    port:write("AT+QFOTADL=1\r", 5)
    assert(read_until(port, '"END",0\r\n'))
    assert(read_until(port, "Call Ready\r\n"))
    assert.truthy(ask(port, "ATI"):find("Revision: B\r\n", 1, true))
    assert.truthy(port:now() > 8 and port:now() < 15, port:now())
  end)

  it("times out as the core does, after exactly that time", function()
    local port = open()
    local bytes, err = port:read(2.5)
    assert.is_nil(bytes)
    assert.truthy(core.is_error(err))
    assert.equal("timeout", err.kind)
    assert.equal(2.5, port:now())
  end)

  it("exchanges in one step: writes what fits, returns what is there", function()
    local port = open({ reply_s = 0 })
    local written, received = port:exchange("xxAT\r", 3, 1)
    assert.equal(3, written)
    assert.equal("AT\r\r\nOK\r\n", received)
  end)

  it("takes a throttled line's time, in both directions", function()
    local port = open({ link = "115200", connect_s = 0, flash_s = 0, reply_s = 0 })
    port:write('AT+QFUPL="a.bin",156104\r', 5)
    read_until(port, "CONNECT\r\n")
    local begin = port:now()
    port:write(("x"):rep(156104), 60)
    read_until(port, "OK\r\n")
    local least = 156104 / 11520
    assert.truthy(port:now() - begin > least and port:now() - begin < least * 1.005)
  end)

  it("gives the module its rate, and changes it while open", function()
    local port, m = open(nil, { baud = 9600 })
    assert.is_nil((ask(port, "AT")))
    port:set_baud(115200)
    assert.equal(115200, port:baud())
    assert.equal(115200, m.client_baud)
    port:discard()
    port:write("\r", 1) -- ends the line of garbage
    assert(ask(port, "AT"))
  end)

  it("shows every byte to the tap, with its time", function()
    local port = open()
    local seen = { rx = "", tx = "" }
    port:tap(function(direction, bytes, t)
      seen[direction] = seen[direction] .. bytes
      assert.is_number(t)
    end)
    local answer = ask(port, "AT")
    assert.same({ tx = "AT\r", rx = answer }, seen)
  end)

  it("hangs up when told to, and can be reopened when it is back", function()
    local port, m = open()
    port.fault = { { rx = "+CSQ", action = "hangup", back_s = 5 } }
    port:write("AT+CSQ\r", 1)
    local bytes, err = read_until(port, "never")
    assert.is_nil(bytes)
    assert.equal("hangup", err.kind)
    local again, missing = VirtualPort.new(m, port.clock)
    assert.is_nil(again)
    assert.equal("port_missing", missing.kind)
    port.clock.t = port.clock.t + 5
    again = assert(VirtualPort.new(m, port.clock))
    assert(ask(again, "AT"))
  end)

  it("is interrupted once by a signal", function()
    local port = open()
    port.fault = { { at = 1, action = "interrupt" } }
    local _, err = port:read(3)
    assert.equal("interrupted", err.kind)
    assert.equal(1, port:now())
    assert(ask(port, "AT"))
  end)

  it("can kill its host at any step, and cut the module's power", function()
    local port, m = open()
    port.fault = { { step = 2, action = "kill" } }
    local good, why = pcall(ask, port, "AT")
    assert.is_false(good)
    assert.equal(VirtualPort.KILLED, why)
    port.fault = { { tx = "AT+CSQ", action = "power" } }
    ask(port, "AT+CSQ")
    assert.equal("off", m.state)
  end)

  it("reads and writes in pieces, and lets a filter change what passes", function()
    local port = open({ echo = false })
    port.fault = { split = 3, write_max = 2, filter = function(direction, bytes)
      return direction == "tx" and bytes:gsub("Q", "S") or bytes
    end }
    port:write("AT+CGQN\r", 5)
    assert.equal("\r\n8", port:read(1))
    assert.equal("612", port:read(1))
  end)

  it("holds PWRKEY low by DTR if so wired, and one second of it switches on or off", function()
    local port, m = open { dtr = "pwrkey", state = "off" }
    local function press(seconds)
      port:lines { dtr = true }
      port:pass(seconds)
      port:lines { dtr = false }
    end
    press(0.5)
    port:pass(5)
    assert.equal("off", m.state)
    press(1.1)
    port:pass(5)
    assert.equal("ready", m.state)
    press(1.1)
    port:pass(5)
    assert.equal("off", m.state)
    port, m = open { state = "off" }
    press(1.1)
    port:pass(5)
    assert.equal("off", m.state)
  end)

  it("does not wait forever", function()
    local port = open()
    assert.has_error(function() port:read() end)
  end)

  it("refuses to work once it is closed", function()
    local port = open()
    port:close()
    port:close()
    assert.has_error(function() port:read(1) end, "the port is closed")
  end)
end)
