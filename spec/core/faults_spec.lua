-- How the core reports failures of system calls that normally never fail (spec/support/fault_shim.c).
local core = require "dfota.core"
local child = require "support.child"

local SHIM = "build/fault_shim.so"
assert(os.execute("make -s " .. SHIM))

local pty
before_each(function() pty = assert(core.pty()) end)
after_each(function() pty:close() end)

-- A process with the shim. Its code has the `port`, unless opening it fails, and these:
local PREAMBLE = [[
  local uv = require "luv"
  local name = ...
  local function fault(text) uv.os_setenv("DFOTA_FAULT", text) end
  local function told(value, err) say(tostring(value), err and err.kind, err and err.message) end
  local function send(signal) uv.kill(uv.os_getpid(), "sig" .. signal:lower()) end
  local port = core.open(name, { backend = "tty" })
]]

local function with_shim(code, env)
  local as = ("env LD_PRELOAD=%s%s %s"):format(SHIM, os.getenv "LD_PRELOAD" and ":" .. os.getenv "LD_PRELOAD" or "",
    env or "")
  return child.run(PREAMBLE .. code, { as = as }, pty:name())
end

-- Compares line by line with the expected output; NAME is the port.
local function assert_says(expected, code, env)
  assert.equal((table.concat(expected, "\n"):gsub("NAME", pty:name())), with_shim(code, env))
end

describe("A signal while the output drains", function()
  it("interrupts it, as everywhere: a drain and a change of rate", function()
    assert_says({ "nil interrupted NAME: interrupted by a signal", "nil interrupted NAME: interrupted by a signal" }, [[
      core.catch_signals()
      fault("tcdrain=4*1") send("INT") told(port:drain(5))
      fault("tcdrain=4*1,x=1") send("INT") told(port:set_baud(9600))
    ]])
  end)

  it("is not noticed while signals are held: the drain is repeated", function()
    assert_says({ "true", "1" }, [[
      core.catch_signals()
      core.hold_signals(true)
      fault("tcdrain=4*3") send("INT") told(port:set_baud(9600))
      say(core.signals_taken().INT)
    ]])
  end)

  it("does not end it unless it is one of those caught", function()
    assert_says({ "true" }, [[ fault("tcdrain=4*3") told(port:drain(5)) ]])
  end)

  it("does not extend a drain beyond its timeout by arriving repeatedly", function()
    assert_says({ "nil timeout NAME: timed out: signals keep arriving" },
      [[ fault("tcdrain=4") told(port:drain(0.05)) ]])
  end)

  it("interrupts a break before it has begun", function()
    assert_says({ "nil interrupted NAME: interrupted by a signal", "true" }, [[
      core.catch_signals()
      fault("TIOCSBRK=4*1") send("TERM") told(port:send_break(0.01))
      fault("TIOCSBRK=4*2") told(port:send_break(0.01))
    ]])
  end)
end)

describe("An output queue that does not move", function()
  local log
  before_each(function() log = os.tmpname() end)
  after_each(function() os.remove(log) end)

  it("is polled every 50 ms at most, until the drain times out", function()
    assert_says({
      "nil timeout NAME: timed out: 7 bytes still to be sent (is the other side stopping us by CTS?)", "true",
    }, [[
      fault("TIOCOUTQ=-7")
      local began = core.now()
      told(port:drain(0.5))
      say(tostring(core.now() - began < 3))
    ]], "DFOTA_FAULT_LOG=" .. log)
    local looks = 0
    for _ in io.lines(log) do looks = looks + 1 end
    assert.is_true(looks >= 5 and looks <= 25, looks)
  end)

  it("does not delay a break without limit", function()
    assert_says({ "nil timeout" }, [[
      fault("TIOCOUTQ=-7")
      local _, err = port:send_break(0.01)
      say("nil", err.kind)
    ]])
  end)

  it("is not waited for in the chip if CTS stops it", function()
    assert_says({ "true" }, [[
      assert(port:set_rtscts(true))
      fault("TIOCMGET=-1,tcdrain=5")
      told(port:drain(1))
    ]])
  end)
end)

describe("A call that fails", function()
  local cases = {
    { "tcdrain=5", "port:drain(1)", "hangup", "draining failed: Input/output error" },
    { "TIOCOUTQ=19", "port:drain(1)", "hangup", "looking at the output queue failed: No such device" },
    { "tcflush=5", "port:discard()", "hangup", "discarding the input failed: Input/output error" },
    { "tcgetattr=5", "port:set_baud(9600)", "hangup", "reading the line's settings failed: Input/output error" },
    { "tcsetattr=5", "port:set_baud(9600)", "hangup", "setting the line failed: Input/output error" },
    { "tcsetattr=4", "port:set_baud(9600)", "interrupted", "setting the line failed: Interrupted system call" },
    { "tcsetattr=22", "port:set_baud(9600)", "unsupported", "unsupported rate: 9600 baud" },
    { "tcgetattr=5", "port:set_rtscts(true)", "hangup", "switching RTS/CTS failed: Input/output error" },
    { "TIOCMBIS=5", "port:lines { dtr = true }", "hangup", "setting the modem lines failed: Input/output error" },
    { "TIOCMBIC=71", "port:lines { rts = false }", "unsupported", "this port has no modem lines" },
    { "TIOCMGET=5", "port:signals()", "hangup", "reading the modem lines failed: Input/output error" },
    { "TIOCMGET=71", "port:signals()", "unsupported", "this port has no modem lines" },
    { "TIOCSBRK=25", "port:send_break(0)", "unsupported", "this port cannot send a break" },
    { "TIOCSBRK=5", "port:send_break(0)", "hangup", "sending a break failed: Input/output error" },
    { "TIOCCBRK=5", "port:send_break(0)", "hangup", "ending a break failed: Input/output error" },
    { "ppoll=12", "port:read(1)", "io", "waiting failed: Cannot allocate memory" },
    { "ppoll=12", "port:send_break(0)", "io", "waiting failed: Cannot allocate memory" },
    { "write=28", "port:write('AT')", "io", "writing failed: No space left on device" },
    { "write=19", "port:write('AT')", "hangup", "the port is gone (hang-up): check cable, adapter and power" },
    { "write=28", "port:exchange('AT', 1, 1)", "io", "reading or writing failed: No space left on device" },
  }

  it("is reported with the port, the action and the reason", function()
    local expected, code = {}, {}
    for i, case in ipairs(cases) do
      expected[i] = ("%s nil %s NAME: %s"):format(case[1], case[3], case[4])
      code[i] = ([[ fault("") port:lines {} fault("%s") io.write("%s ") told(%s) ]]):format(case[1], case[1], case[2])
    end
    assert_says(expected, table.concat(code, "\n"))
  end)

  it("is reported for a read, too", function()
    assert(pty:write("OK", 1))
    assert_says({ "nil io NAME: reading or writing failed: Permission denied" },
      [[ fault("read=13") told(port:read(1)) ]])
  end)

  it("is reported for a wait without a port", function()
    assert_says({ "nil io waiting failed: Cannot allocate memory" }, [[ fault("ppoll=12") told(core.wait(0.01)) ]])
  end)

  it("does not extend a read or write beyond its timeout, even if the port seems ready repeatedly", function()
    assert(pty:write("OK", 1))
    assert_says({
      "nil timeout NAME: timed out: nothing was received", "nil timeout NAME: timed out: the port accepts no more data",
      "true",
    }, [[
      local began = core.now()
      fault("read=11") told(port:read(0.05))
      fault("write=11") told(port:write("AT", 0.05))
      say(tostring(core.now() - began < 3))
    ]])
  end)

  it("is reported when catching signals", function()
    assert_says({ "nil io signals cannot be caught: Too many open files" },
      [[ fault("pipe2=24") told(core.catch_signals()) ]])
  end)

  it("is reported when opening a pty", function()
    local expected, code = {}, {}
    for i, name in ipairs { "posix_openpt", "unlockpt", "ptsname_r", "open", "tcgetattr", "tcsetattr" } do
      expected[i] = "nil io cannot open a pty: Too many open files"
      code[i] = ([[ fault("%s=24") told(core.pty()) ]]):format(name)
    end
    assert_says(expected, table.concat(code, "\n"))
  end)
end)

describe("The modem lines", function()
  it("are each read by their own bit", function()
    local expected, code = {}, {}
    for i, line in ipairs { "cts", "dcd", "ri", "dsr" } do
      local bit = ({ cts = 0x20, dcd = 0x40, ri = 0x80, dsr = 0x100 })[line]
      expected[i] = line
      code[i] = ([[
        fault("TIOCMGET=-%d")
        for name, on in pairs(assert(port:signals())) do if on then say(name) end end
      ]]):format(bit)
    end
    expected[5] = "none"
    code[5] = [[
      fault("TIOCMGET=-65536")
      local any = "none"
      for name, on in pairs(assert(port:signals())) do if on then any = name end end
      say(any)
    ]]
    assert_says(expected, table.concat(code, "\n"))
  end)

  it("are set one by one, and those not named are left alone", function()
    assert_says({ "true", "true", "true", "nil hangup NAME: setting the modem lines failed: Input/output error" }, [[
      fault("TIOCMBIS=-1,TIOCMBIC=-1") told(port:lines { dtr = true, rts = false })
      fault("TIOCMBIS=-1,TIOCMBIC=5") told(port:lines { dtr = true })
      fault("TIOCMBIS=5,TIOCMBIC=-1") told(port:lines { rts = false })
      fault("TIOCMBIS=-1,TIOCMBIC=5") told(port:lines { dtr = true, rts = false })
    ]])
  end)
end)

describe("Opening a port that the system refuses", function()
  local cases = {
    { "open=13", "port_permission", "permission denied" }, { "open=1", "port_permission", "permission denied" },
    { "open=16", "port_busy", "in use by" }, { "open=2", "port_missing", "no such port" },
    { "open=6", "port_missing", "no hardware behind this port" }, { "open=19", "port_missing", "no hardware" },
    { "open=24", "io", "cannot be opened: too many files are open" }, { "isatty=5", "port_missing", "no hardware" },
    { "isatty=25", "not_a_port", "is not a terminal device" }, { "flock=11", "port_busy", "in use by another process" },
    { "flock=37", "io", "cannot be opened: No locks available" },
    { "tcgetattr=5", "hangup", "setting the line failed" },
    { "tcsetattr=22", "unsupported", "unsupported rate" },
    { "", "unsupported", "libserialport cannot open such a port", backend = "libserialport" },
  }

  it("reports the reason, and leaks no descriptor", function()
    local code = { [[
      port:close()
      collectgarbage("stop")
      local function descriptors()
        local count, scan = 0, uv.fs_scandir("/proc/self/fd")
        while uv.fs_scandir_next(scan) do count = count + 1 end
        return count
      end
      local before = descriptors()
    ]] }
    for _, case in ipairs(cases) do
      code[#code + 1] = ([[
        fault("%s")
        local port, err = core.open(name, { backend = "%s" })
        fault("")
        say(tostring(port), err.kind, descriptors() - before, err.message)
      ]]):format(case[1], case.backend or "tty")
    end
    local i = 0
    for line in with_shim(table.concat(code, "\n")):gmatch("[^\n]+") do
      i = i + 1
      local expected = ("nil %s 0 %s: %s"):format(cases[i][2], pty:name(), cases[i][3])
      assert.equal(expected, line:sub(1, #expected), cases[i][1])
    end
    assert.equal(#cases, i)
  end)
end)

describe("A port that the system says is busy", function()
  it("is attributed to whoever has it open", function()
    local port <close> = assert(core.open(pty:name()))
    local said = with_shim [[ fault("open=16") told(core.open(name)) ]]
    local busy = ("nil port_busy %s: in use by process %d ("):format(pty:name(), child.pid())
    assert.truthy(said:find(busy, 1, true), said)
    port:close()
  end)
end)

describe("If /proc cannot be read, a port in use", function()
  it("is not attributed to whoever locked another one", function()
    local other <close> = assert(core.open(pty:name()))
    local second = assert(core.pty())
    local said = with_shim(("fault('opendir=13,flock=11') told(core.open('%s'))"):format(second:name()))
    assert.truthy(said:find(second:name() .. ": in use by another process: find it", 1, true), said)
    second:close()
    other:close()
  end)

  it("is still refused, without a name", function()
    local port <close> = assert(core.open(pty:name()))
    assert_says({ "nil port_busy NAME: in use by another process: find it with 'sudo fuser -v NAME'" },
      [[ fault("opendir=13,fopen=13") told(core.open(name)) ]])
    port:close()
  end)

  it("is attributed to whoever locked it, even if another user's open files are hidden", function()
    local port <close> = assert(core.open(pty:name()))
    local said = with_shim [[ fault("opendir=13") told(core.open(name)) ]]
    local busy = ("nil port_busy %s: in use by process %d ("):format(pty:name(), child.pid())
    assert.truthy(said:find(busy, 1, true), said)
    port:close()
  end)

  it("is opened if nobody is visible who has it open", function()
    assert_says({ "nil" }, [[ fault("opendir=13,fopen=13") say(tostring(port:other_user())) ]])
  end)
end)
