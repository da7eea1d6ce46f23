-- Run inside the guest that spec/qemu/run.sh boots: the guarantees for ports, on a kernel's own drivers.
-- The module behind each port is the same from the first line to the last.
local Monitor = require "qemu.monitor"
local Process = require "support.process"
local core = require "dfota.core"
local folder = require "support.folder"
local run = require "support.run"
local uv = require "luv"

local UART, ADAPTER, NO_HARDWARE = "/dev/ttyS1", "/dev/ttyUSB0", "/dev/ttyS3"
local MODEM, GADGET = "/dev/ttyACM0", "/dev/ttyGS0" -- both ends of one USB cable in this machine
local NEXT = "MC65FAR01A03"
local PATIENCE_S = 20 -- this machine has an emulated processor

local monitor

local function exists(path) return uv.fs_stat(path) ~= nil end

local function plug()
  monitor:plug()
  Monitor.wait_for(ADAPTER .. " to come", function() return exists(ADAPTER) end)
end

local function unplug()
  monitor:unplug()
  Monitor.wait_for("the adapter to go", function() return not exists(ADAPTER) end)
end

local function stty(port, ...)
  local process = Process.start("stty", { "-F", port, ... })
  assert.equal(0, process:wait(), process.err)
  return process.out
end

local function answer(port, command)
  local text, deadline = "", core.now() + PATIENCE_S
  assert(port:write(command .. "\r", PATIENCE_S))
  while core.now() < deadline and not text:find "OK\r\n$" do text = text .. (port:read(0.1) or "") end
  return text
end

local function by_name(ports)
  local found = {}
  for _, port in ipairs(ports) do found[port.name] = port end
  return found
end

lazy_setup(function()
  Monitor.wait_for("the adapter", function() return exists(ADAPTER) end)
  monitor = Monitor.open "/dev/ttyS2"
end)

lazy_teardown(function()
  monitor:close()
  run.clean()
end)

describe("the list of ports", function()
  it("omits the console and the ports without hardware", function()
    local names = {}
    for name in pairs(by_name(assert(core.list()))) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ MODEM, UART, "/dev/ttyS2", ADAPTER }, names)
  end)

  it("contains an adapter's own description", function()
    local adapter = by_name(core.list())[ADAPTER]
    assert.same({ "usb", 0x0403, 0x6001, "FT0001" }, { adapter.transport, adapter.vid, adapter.pid, adapter.serial })
    assert.equal("native", by_name(core.list())[UART].transport)
  end)
end)

for _, name in ipairs { UART, ADAPTER } do
  describe(name, function()
    local port

    before_each(function() port = assert(core.open(name)) end)
    after_each(function() port:close() end)

    it("is opened by libserialport", function() assert.equal("libserialport", port:backend()) end)

    it("carries a command and its reply", function()
      assert.is_truthy(answer(port, "AT+GSN"):find "\r\n86123456789012%d\r\n")
    end)

    for _, baud in ipairs { 300, 9600, 57600, 115200 } do
      it(("can be set to %d baud, visible to other programs too"):format(baud), function()
        assert(port:set_baud(baud))
        assert.equal(baud, port:baud())
        assert.equal(baud, tonumber(stty(name, "speed")))
      end)
    end

    it("reaches a module at its own rate only", function()
      assert.is_truthy(answer(port, "AT+IPR=57600"):find "OK")
      assert(port:set_baud(57600))
      assert.is_truthy(answer(port, "AT+IPR=115200"):find "OK")
      assert(port:write("AT\r", PATIENCE_S))
      assert.is_nil((port:read(0.5) or ""):match "OK")
    end)

    it("is refused to a second process, which is given the holder", function()
      local done = run.script("info", { "--port", name })
      assert.equal(74, done.rc)
      assert.is_truthy(done.err:find(("process %d "):format(uv.os_getpid()), 1, true), done.err)
    end)

    it("is refused if another program reads it without a lock, which is named", function()
      port:close()
      local reader = Process.start("cat", { name })
      local done
      Monitor.wait_for("the reader to be noticed", function()
        done = run.script("info", { "--port", name, "--set", "sync_timeout_s=1" })
        return done.rc == 74
      end)
      reader:kill()
      assert.equal(74, done.rc)
      assert.is_truthy(done.err:find(("%s: in use by process %d (cat)"):format(name, reader.pid), 1, true), done.err)
      port = assert(core.open(name))
    end)

    it("is refused a second time to the same process", function()
      local _, err = core.open(name)
      assert.equal("port_busy", err.kind)
    end)

    it("is available again once it is closed", function()
      port:close()
      port = assert(core.open(name))
    end)

    it("is left so that the next close does not drop DTR", function()
      stty(name, "hupcl")
      port:close()
      port = assert(core.open(name))
      assert.is_truthy(stty(name, "-a"):find("-hupcl", 1, true))
    end)

    it("has modem lines to set and to read", function()
      assert(port:lines { dtr = false, rts = false })
      assert(port:lines { dtr = true, rts = true })
      assert.is_boolean(assert(port:signals()).cts)
    end)

    it("sends a break", function() assert(port:send_break(0.05)) end)
  end)
end

describe("an 8250 port", function()
  -- The driver's report of its lines: "1: uart:16550A port:000002F8 irq:3 tx:0 rx:0 RTS|DTR".
  local function line(letters)
    local row = folder.read("/proc/tty/driver/serial"):match "\n1: ([^\n]*)"
    return row:find(letters, 1, true) ~= nil
  end

  it("has DTR and RTS set and cleared one by one", function()
    local port <close> = assert(core.open(UART))
    assert(port:lines { dtr = false })
    assert.same({ false, true }, { line "DTR", line "RTS" })
    assert(port:lines { dtr = true, rts = false })
    assert.same({ true, false }, { line "DTR", line "RTS" })
  end)

  it("keeps DTR on close", function()
    stty(UART, "hupcl")
    assert.is_false(line "DTR") -- the close after HUPCL was set has dropped it: the look is a true one
    local port = assert(core.open(UART))
    assert.is_true(line "DTR")
    port:close()
    assert.is_true(line "DTR")
  end)

  it("is not opened at an unsupported rate, and says so", function()
    local port, err = core.open(UART, { baud = 460800 })
    assert.is_nil(port)
    assert.equal("unsupported", err.kind)
    assert.is_truthy(err.message:find("460800", 1, true), err.message)
  end)

  it("stays usable after a change to such a rate was refused", function()
    local port <close> = assert(core.open(UART))
    local done, err = port:set_baud(460800)
    assert.is_nil(done)
    assert.equal("unsupported", err.kind)
    assert(port:set_baud(115200))
    assert.is_truthy(answer(port, "AT"):find "OK")
  end)

  it("without hardware is distinguished from a missing one", function()
    local _, err = core.open(NO_HARDWARE)
    assert.equal("port_missing", err.kind)
    assert.is_truthy(err.message:find("no hardware", 1, true), err.message)
    local done = run.script("info", { "--port", NO_HARDWARE })
    assert.equal(74, done.rc)
  end)
end)

describe("an adapter", function()
  it("is opened by its name in /dev/serial/by-id", function()
    local link = "/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_FT0001-if00-port0"
    uv.fs_mkdir("/dev/serial", 493)
    uv.fs_mkdir("/dev/serial/by-id", 493)
    assert(uv.fs_symlink("../../ttyUSB0", link))
    local port <close> = assert(core.open(link))
    assert.same({ "libserialport", link }, { port:backend(), port:name() })
  end)

  it("that is unplugged ends a blocked read", function()
    local port = assert(core.open(ADAPTER))
    monitor:unplug()
    local began = core.now()
    local bytes, err = port:read(PATIENCE_S)
    while bytes do bytes, err = port:read(PATIENCE_S) end
    assert.equal("hangup", err.kind)
    assert.is_true(core.now() - began < 5)
    assert.equal("hangup", select(2, port:write("AT\r", 1)).kind)
    port:close()
    assert.equal("port_missing", select(2, core.open(ADAPTER)).kind)
  end)

  it("comes back under its name after the port was closed", function()
    plug()
    local port <close> = assert(core.open(ADAPTER))
    assert.is_truthy(answer(port, "AT"):find "OK")
  end)
end)

describe("a USB modem's port and the gadget's behind it", function()
  local modem, gadget

  -- The gadget's driver has no rates: it always reports 9600, and any other is refused.
  before_each(function() modem, gadget = assert(core.open(MODEM)), assert(core.open(GADGET, { baud = 9600 })) end)
  after_each(function()
    modem:close()
    gadget:close()
  end)

  it("are opened by the backend that supports them", function()
    assert.same({ "libserialport", "tty" }, { modem:backend(), gadget:backend() })
  end)

  it("carry every byte in both directions", function()
    local all = {}
    for byte = 0, 255 do all[#all + 1] = string.char(byte) end
    all = table.concat(all)
    for from, to in pairs { [modem] = gadget, [gadget] = modem } do
      local got = ""
      assert(from:write(all, PATIENCE_S))
      while #got < #all do got = got .. assert(to:read(PATIENCE_S)) end
      assert.equal(all, got)
    end
  end)

  it("have modem lines, or report once that there are none", function()
    assert(modem:lines { dtr = true, rts = true })
    assert.equal("unsupported", select(2, gadget:lines { dtr = true }).kind)
    assert.is_true(gadget:lines { dtr = true })
  end)

  it("do not claim to run at a rate that the driver does not have", function()
    local _, err = gadget:set_baud(115200)
    assert.equal("unsupported", err.kind)
    assert.is_truthy(err.message:find("it is at 9600 now", 1, true), err.message)
  end)

  it("are refused to a second one", function()
    assert.equal("port_busy", select(2, core.open(MODEM)).kind)
    assert.equal("port_busy", select(2, core.open(GADGET)).kind)
  end)

  it("close quickly even if the other end does not read: the kernel would wait half a minute", function()
    gadget:close() -- and so nobody reads
    while modem:write(("x"):rep(4096), 0.5) do end
    assert.equal("timeout", select(2, modem:drain(0.2)).kind)
    local began = core.now()
    modem:close()
    assert.is_true(core.now() - began < 10, core.now() - began)
    modem, gadget = assert(core.open(MODEM)), assert(core.open(GADGET, { baud = 9600 }))
  end)
end)

describe("a job", function()
  local ledger, A2B, B2C
  local slow = { at_s = 1, gap_s = 0.02, verify_pause_s = 1, recover_s = 30 }

  lazy_setup(function()
    ledger = run.path "ledger.db"
    A2B = run.package { size = 30000 }
    B2C = run.package { from = run.B, to = NEXT, size = 30000 }
  end)

  local function update(port, args, meanwhile, set)
    for name, value in pairs(slow) do set = set or {}; set[name] = set[name] or value end
    return run.update({ name = port }, args, { ledger = ledger, set = set, meanwhile = meanwhile })
  end

  local function at(phase)
    return function(process)
      process:await("out", '"phase":"' .. phase .. '"')
    end
  end

  it("updates a module on an 8250 port", function()
    local done = update(UART, { "--from", run.A, "--to", run.B, A2B })
    assert.same({ 0, "updated" }, { done.rc, done.result.outcome }, done.err)
  end)

  it("finds the rate of a module on an adapter", function()
    local port = assert(core.open(ADAPTER))
    assert.is_truthy(answer(port, "AT+IPR=57600"):find "OK")
    port:close()
    local done = update(ADAPTER, { "--check", A2B })
    assert.same({ 0, "checked" }, { done.rc, done.result.outcome }, done.err)
    port = assert(core.open(ADAPTER, { baud = 57600 }))
    assert.is_truthy(answer(port, "AT+IPR=115200"):find "OK")
    port:close()
  end)

  it("reports that an 8250 port cannot run at a rate", function()
    local done = update(UART, { "--baud", "460800", "--check", B2C })
    assert.is_not.equal(0, done.rc)
    assert.is_truthy(done.result.message:find("460800", 1, true), done.result.message)
  end)

  it("is 74 if its adapter is unplugged in the upload, and triggers nothing", function()
    local done = update(ADAPTER, { A2B }, function(process)
      at "upload" (process)
      unplug()
    end)
    assert.same({ 74, "not_started", 0 }, { done.rc, done.result.outcome, run.triggers(done) }, done.err)
  end)

  it("continues when its adapter is unplugged and replugged during the update", function()
    plug()
    local done = update(ADAPTER, { "--to", run.B, A2B }, function(process)
      at "update" (process)
      unplug()
      plug()
    end)
    assert.same({ 0, "updated", 1 }, { done.rc, done.result.outcome, run.triggers(done) }, done.err)
  end)

  it("is 80 if its adapter stays away", function()
    local done = update(ADAPTER, { "--to", NEXT, B2C }, function(process)
      at "update" (process)
      unplug()
    end, { recover_s = 3 })
    assert.same({ 80, "unknown", 1 }, { done.rc, done.result.outcome, run.triggers(done) }, done.err)
  end)

  it("that ended so is resolved by watch.lua once the adapter is back", function()
    plug()
    local done = run.watch({ name = ADAPTER }, {}, { ledger = ledger, set = slow })
    assert.same({ 0, NEXT }, { done.rc, done.result.after }, done.err)
  end)
end)
