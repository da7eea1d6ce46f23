-- Ports are ptys here. Run twice: with DFOTA_TEST_BACKEND=tty, and with =libserialport and the shim.
local core = require "dfota.core"
local backend = require "support.backend"
local child = require "support.child"
local folder = require "support.folder"
local uv = require "luv"

local WAIT_S = 5 -- far more than anything here takes
local pty

local function open(options)
  options = options or {}
  options.backend = options.backend or backend
  return core.open(pty:name(), options)
end

local function opened(options)
  return assert(open(options))
end

local function kind_of(_, err)
  return err and err.kind
end

--- Reads until `count` bytes have been received.
local function read_all(stream, count)
  local pieces, size = {}, 0
  while size < count do
    local piece = assert(stream:read(WAIT_S))
    pieces[#pieces + 1], size = piece, size + #piece
  end
  return table.concat(pieces)
end

before_each(function() pty = assert(core.pty()) end)
after_each(function() pty:close() end)

describe("Opening a port", function()
  it("uses the requested backend", function()
    local port <close> = opened()
    assert.equal(backend, port:backend())
  end)

  it("falls back to the tty backend if libserialport does not support the port", function()
    local port <close> = assert(core.open(pty:name()))
    assert.equal(backend == "libserialport" and "libserialport" or "tty", port:backend())
  end)

  it("sets the line to raw 8N1 at 115200 baud without flow control", function()
    local port <close> = opened()
    assert.same({ baud = 115200, raw = true, parity = "none", rtscts = false, xonxoff = false },
      pty:line())
    assert.equal(115200, port:baud())
  end)

  it("resets the settings left by another program", function()
    assert(os.execute("stty cstopb crtscts ixon ixoff icanon echo opost <" .. pty:name()))
    local port <close> = opened()
    local settings = assert(io.popen("stty -a <" .. port:name())):read("a")
    for _, off in ipairs { "cstopb", "crtscts", "ixon", "ixoff", "icanon", "echo", "opost", "hupcl" } do
      assert.truthy(settings:find("-" .. off, 1, true), off)
    end
    assert.truthy(settings:find("cs8", 1, true))
  end)

  it("sets a usual rate by its name, so that programs that know no other way can read it", function()
    for _, baud in ipairs { 300, 9600, 57600, 115200, 460800 } do
      local port <close> = opened { baud = baud }
      assert.equal(baud, assert(io.popen("stty speed <" .. port:name())):read("n"))
    end
  end)

  it("accepts every usual rate and unusual ones, and the other side sees it", function()
    for _, baud in ipairs { 300, 1200, 9600, 19200, 38400, 57600, 230400, 460800, 921600, 3000000, 12345 } do
      local port <close> = opened { baud = baud }
      assert.same({ baud, baud }, { port:baud(), pty:line().baud })
    end
  end)

  it("turns on RTS/CTS on request", function()
    local port <close> = opened { rtscts = true }
    assert.is_true(pty:line().rtscts)
    assert.is_true(port:set_rtscts(false))
    assert.is_false(pty:line().rtscts)
  end)

  it("leaves DTR alone on close", function()
    opened():close()
    local settings = assert(io.popen("stty -a <" .. pty:name())):read("a")
    assert.truthy(settings:find("-hupcl", 1, true))
  end)

  it("follows links such as those of udev", function()
    local link = os.tmpname()
    os.remove(link)
    assert(os.execute(("ln -s %s %s"):format(pty:name(), link)))
    local port <close> = assert(core.open(link, { backend = backend }))
    assert.equal(link, port:name())
    os.remove(link)
  end)

  it("accepts any name, and its message stays one line", function()
    local _, err = core.open("/dev/no\nsuch\27port")
    assert.equal("port_missing", err.kind)
    assert.equal("/dev/no?such?port: no such port (No such file or directory): check the name, "
      .. "the cable and the power", err.message)
  end)

  it("reports a missing port, with a name of any length", function()
    for _, name in ipairs { "/dev/ttyNONE", "ttyNONE", "/etc/passwd/x", ("x"):rep(300), ("/x"):rep(4000) } do
      assert.equal("port_missing", kind_of(core.open(name, { backend = backend })))
    end
  end)

  it("reports what is not a port, and what it is instead", function()
    local what = {
      ["/"] = "a directory",
      ["/etc/passwd"] = "a regular file",
      ["/dev/null"] = "not a terminal device",
      ["/dev/ptmx"] = "a pty's master",
    }
    for name, is in pairs(what) do
      local _, err = core.open(name, { backend = backend })
      assert.equal("not_a_port", err.kind)
      assert.equal(name .. ": is " .. is .. ", not a serial port: name a device such as /dev/ttyUSB0",
        err.message)
    end
  end)

  it("reports a named pipe, a socket and a block device without blocking", function()
    local home, remove = folder.new()
    local pipe, socket = home .. "/pipe", home .. "/socket"
    assert(os.execute("mkfifo " .. pipe))
    local server = uv.new_pipe(false)
    assert(server:bind(socket))
    local is = { [pipe] = "a named pipe", [socket] = "a socket" }
    if os.execute(("mknod %s/disk b 7 200 2>/dev/null"):format(home)) then is[home .. "/disk"] = "a block device" end
    for name, what in pairs(is) do
      local _, err = core.open(name, { backend = backend })
      assert.equal("not_a_port", err.kind)
      assert.equal(("%s: is %s, not a serial port: name a device such as /dev/ttyUSB0"):format(name, what), err.message)
    end
    server:close()
    uv.run()
    remove()
  end)

  it("refuses the terminal it runs in, and leaves it as it is", function()
    local said = child.run([[
      local tty = io.popen("tty"):read("l")
      local before = io.popen("stty -g"):read("l")
      local _, err = core.open(tty, { backend = ... })
      say(err.kind, (tostring(err):gsub("^/dev/pts/%d+", "TTY")))
      say(tostring(before == io.popen("stty -g"):read("l") and #before > 20))
    ]], { terminal = true }, backend):gsub("\r", "")
    assert.equal("not_a_port TTY: is the terminal this program runs in, not a serial port: name a device such as "
      .. "/dev/ttyUSB0\ntrue", said)
  end)

  it("reports that too many files are open, and what to do", function()
    local said = child.run([[
      local held = {}
      repeat held[#held + 1] = io.open("/dev/null") until #held > 100 or not io.open("/dev/null")
      say(select(2, core.open((...))).message)
    ]], { as = "prlimit --nofile=20" }, pty:name())
    assert.equal(pty:name() .. ": cannot be opened: too many files are open: raise the limit (ulimit -n), or close "
      .. "other programs", said)
  end)

  it("reports an empty name", function()
    local _, err = core.open("")
    assert.equal("not_a_port", err.kind)
    assert.equal("the port's name is empty: name a device such as /dev/ttyUSB0", tostring(err))
  end)

  describe("without permission", function()
    local NOBODY = "setpriv --reuid=65534 --clear-groups --inh-caps=-all"
    local i_am_root = io.popen("id -u"):read("n") == 0

    local function said_to_nobody()
      return child.run([[
        local _, err = core.open((...))
        say(err.kind, err.code, err.message)
      ]], { as = i_am_root and NOBODY or nil }, pty:name())
    end

    it("reports the missing permission, and how to get it", function()
      assert(os.execute("chmod 000 " .. pty:name()))
      local said = said_to_nobody()
      if said == "" then return pending("another user cannot read this checkout") end
      assert.truthy(said:find("^port_permission 13 " .. pty:name() .. ": permission denied: add yourself"
        .. " to the group %w+ %(sudo usermod %-aG %w+ USER, then log in again%), or use sudo$"), said)
    end)

    it("names the group that owns it, but never suggests joining root's", function()
      if not i_am_root then return pending("only root gives a port to a group") end
      for group, named in pairs { tty = "tty", root = "dialout" } do
        assert(os.execute(("chgrp %s %s && chmod 000 %s"):format(group, pty:name(), pty:name())))
        local said = said_to_nobody()
        if said ~= "" then assert.truthy(said:find(("-aG %s USER"):format(named), 1, true), said) end
      end
    end)
  end)

  it("raises on invalid options", function()
    for _, options in ipairs {
      { baud = 0 }, { baud = -1 }, { baud = 0x80000000 }, { baud = "fast" }, { backend = "serial" },
    } do
      assert.has_error(function() core.open(pty:name(), options) end)
    end
    assert.has_error(function() core.open("/dev/tty\0x") end)
    assert.has_error(function() core.open() end)
  end)
end)

describe("A port in use", function()
  local HOLD = [[
    local name, backend = ...
    local port = assert(core.open(name, { backend = backend }))
    say(require("support.child").pid())
    port:read(30)
  ]]

  it("is refused to a second process, which is given the holder's id", function()
    local holder = child.start(HOLD, nil, pty:name(), backend)
    local pid = holder:read("n")
    local _, err = open()
    assert.equal("port_busy", err.kind)
    assert.truthy(err.message:find(("%s: in use by process %d ("):format(pty:name(), pid), 1, true),
      err.message)
    assert(pty:write("go", WAIT_S))
    holder:close()
  end)

  it("keeps its settings while a second process is refused", function()
    local port <close> = opened { baud = 9600 }
    assert.equal("port_busy", child.run([[
      local name, backend = ...
      say(select(2, core.open(name, { backend = backend })).kind)
    ]], nil, pty:name(), backend))
    assert.equal(9600, port:baud())
  end)

  it("is free again after its holder was killed", function()
    local holder = child.start(HOLD, nil, pty:name(), backend)
    assert(os.execute("kill -9 " .. holder:read("n")))
    holder:close()
    opened():close()
  end)

  it("is refused to the same process as well", function()
    local port <close> = opened()
    local _, err = open()
    assert.equal("port_busy", err.kind)
    assert.equal(port:name() .. ": already open in this process", err.message)
  end)

  it("is reported if another program reads it without a lock", function()
    local port <close> = opened()
    assert.is_true(port:is_pty())
    assert.is_nil(port:other_user()) -- the pty's own other end is no rival
    local reader = assert(io.popen(("echo $$; exec cat %s"):format(pty:name())))
    local pid = reader:read("n")
    local deadline = core.now() + WAIT_S
    local found, name
    repeat found, name = port:other_user() until found and name == "cat" or core.now() > deadline
    assert(os.execute("kill " .. pid))
    reader:close()
    assert.same({ pid, "cat" }, { found, name })
    assert.is_nil(port:other_user())
  end)

  it("is reported also if that program holds the other end of another pty", function()
    local port <close> = opened()
    local reader = child.start([[
      local other, file = assert(core.pty()), assert(io.open((...), "rb"))
      say(io.open("/proc/self/stat"):read("n"))
      core.wait(60)
      file:close()
      other:close()
    ]], nil, pty:name())
    local pid = reader:read("n")
    local found = port:other_user()
    assert(os.execute("kill " .. pid))
    reader:close()
    assert.equal(pid, found)
  end)

  it("is not attributed to a process that took its lock and has exited", function()
    local shell = "exec 9<>%s; flock 9; echo; exec sleep 60 & exec 9>&-; echo $!"
    local holder = assert(io.popen(shell:format(pty:name())))
    holder:read("l")
    local pid = holder:read("n")
    local _, err = open()
    assert(os.execute("kill " .. pid))
    holder:close()
    assert.equal("port_busy", err.kind)
    assert.truthy(err.message:find(("in use by process %d ("):format(pid), 1, true), err.message)
  end)

  it("is free again after it was closed", function()
    for _ = 1, 3 do opened():close() end
  end)

  describe("by a lock file", function()
    local lock
    before_each(function() lock = "/var/lock/LCK.." .. pty:name():match("[^/]+$") end)

    local function write_lock(pid)
      local file = io.open(lock, "w")
      if not file then return pending("no lock files can be written here") end
      file:write(type(pid) == "string" and pid or ("%10d\n"):format(pid))
      return file:close()
    end

    it("of any format is parsed", function()
      local living = { ("%10d\n"):format(1), "1", "1 minicom root\n", string.pack("=i4", 1) }
      local nobody = {
        "", "\n", "garbage\n", "0\n", "-1\n", "4294967297\n", "99999999999999999999999\n", "1x\n", ("1"):rep(70),
        ("%d\n"):format(child.pid()), string.pack("=i4", 0), string.pack("=i4", -1), "\1\0\0",
      }
      for _, text in ipairs(living) do
        if not write_lock(text) then return end
        local _, err = open()
        assert.equal("port_busy", err and err.kind, text)
        local file = "/LCK.." .. pty:name():match("[^/]+$")
        assert.truthy(err.message:find(file, 1, true), err.message)
        assert.truthy(err.message:find("remove that file if it was left behind", 1, true), err.message)
      end
      for _, text in ipairs(nobody) do
        write_lock(text)
        local port, err = open()
        os.remove(lock)
        assert.is_truthy(port, ("%q: %s"):format(text, tostring(err)))
        port:close()
      end
    end)

    it("of a live process is refused", function()
      if not write_lock(1) then return end
      local _, err = open()
      os.remove(lock)
      assert.equal("port_busy", err.kind)
      assert.truthy(err.message:find("process 1 ", 1, true))
    end)

    it("of a live process that does not have it open says so, and what to do", function()
      local process <close> = setmetatable({ child = require("support.process").start("sleep", { "60" }) },
        { __close = function(self) self.child:kill() end })
      if not write_lock(process.child.pid) then return end
      local _, err = open()
      os.remove(lock)
      assert.equal("port_busy", err.kind)
      local told = (": locked for process %d (sleep) by %s, and that process does not have it open: remove that file")
        :format(process.child.pid, lock)
      assert.truthy(err.message:find(told, 1, true), err.message)
    end)

    it("of a dead process is ignored, and the file is left alone", function()
      if not write_lock(2 ^ 31 // 1 - 1) then return end
      opened():close()
      local file = assert(io.open(lock))
      assert.equal("2147483647\n", file:read("a"))
      file:close()
      os.remove(lock)
    end)
  end)
end)

describe("Bytes", function()
  it("arrive as sent, all 256 values, in both directions", function()
    local port <close> = opened()
    local bytes = {}
    for i = 0, 255 do bytes[i + 1] = string.char(i) end
    local all = table.concat(bytes)
    assert(port:write(all, WAIT_S))
    assert.equal(all, read_all(pty, #all))
    assert(pty:write(all, WAIT_S))
    assert.equal(all, read_all(port, #all))
  end)

  it("are not waited for with a timeout of 0", function()
    local port <close> = opened()
    local started = core.now()
    assert.equal("timeout", kind_of(port:read(0)))
    assert.equal("timeout", kind_of(port:read(-1)))
    assert.is_true(core.now() - started < 1)
  end)

  it("that do not arrive cause a time-out, after exactly that time", function()
    local port <close> = opened()
    local started = core.now()
    local bytes, err = port:read(0.05)
    local took = core.now() - started
    assert.is_nil(bytes)
    assert.equal("timeout", err.kind)
    assert.equal(port:name() .. ": timed out: nothing was received", err.message)
    assert.is_true(took >= 0.05 and took < 2, took)
  end)

  it("end with a hang-up at once if the other side is gone, whatever the timeout", function()
    local port <close> = opened()
    pty:close()
    local started = core.now()
    assert.equal("hangup", kind_of(port:read(30)))
    assert.equal("hangup", kind_of(port:read()))
    assert.equal("hangup", kind_of(port:write("AT", 30)))
    assert.equal("hangup", kind_of(port:exchange("AT", 1, 30)))
    assert.is_true(core.now() - started < 5)
  end)

  it("end with a hang-up for a blocked reader when the other side closes", function()
    local reader = child.start([[
      local name, backend = ...
      local port = assert(core.open(name, { backend = backend }))
      say(require("support.child").pid())
      local bytes, err = port:read(30)
      say(tostring(bytes), err.kind)
    ]], nil, pty:name(), backend)
    child.await_sleep(reader:read("n", "l"))
    pty:close()
    assert.equal("nil hangup", reader:read("l"))
    reader:close()
  end)

  it("that do not fit are written later, and none is lost or duplicated", function()
    local port <close> = opened()
    local bytes = {}
    for i = 1, 20000 do bytes[i] = ("%05d"):format(i) end
    local all, sent, got = table.concat(bytes), 0, ""
    while sent < #all do
      local n = port:exchange(all, sent + 1, 0)
      if n then
        sent = sent + n
      else -- full
        assert.is_true(sent < #all)
        got = got .. assert(pty:read(WAIT_S))
      end
    end
    got = got .. read_all(pty, #all - #got)
    assert.is_true(all == got)
  end)

  it("that nobody reads make a write time out", function()
    local port <close> = opened()
    local _, err = port:write(("x"):rep(100000), 0.05)
    assert.equal("timeout", err.kind)
    assert.equal(port:name() .. ": timed out: the port accepts no more data", err.message)
  end)

  it("are read and written by one exchange", function()
    local port <close> = opened()
    assert(pty:write("OK\r\n", WAIT_S))
    assert.equal("OK\r\n", (select(2, port:exchange(nil, 1, WAIT_S))))
    assert(pty:write("RING", WAIT_S))
    local n, received = 0, ""
    while n < 3 or received == "" do
      local more, bytes = assert(port:exchange("xxAT\r", 3 + n, WAIT_S))
      n, received = n + more, received .. bytes
    end
    assert.same({ 3, "RING", "AT\r" }, { n, received, pty:read(WAIT_S) })
  end)

  it("outside of the string cannot be sent by an exchange", function()
    local port <close> = opened()
    assert.has_error(function() port:exchange("AT", 4, 0) end)
    assert.has_error(function() port:exchange("AT", 0, 0) end)
    assert.has_error(function() port:exchange(nil, 2, 0) end)
    assert.equal("timeout", kind_of(port:exchange("AT", 3, 0)))
  end)

  it("that were not read yet can be discarded", function()
    local port <close> = opened()
    assert(pty:write("old", WAIT_S))
    assert.equal("timeout", kind_of(pty:read(0)))
    assert.is_true(port:discard())
    assert(pty:write("new", WAIT_S))
    assert.equal("new", port:read(WAIT_S))
  end)

  it("are all seen by the tap, with direction and time", function()
    local port <close> = opened()
    local seen = {}
    local started = core.now()
    port:tap(function(direction, bytes, t)
      assert.is_true(t >= started and t <= core.now())
      seen[#seen + 1] = direction .. " " .. bytes
    end)
    assert(port:write("AT\r", WAIT_S))
    assert(pty:write("OK", WAIT_S))
    assert(port:read(WAIT_S))
    assert(port:exchange("ATI", 2, WAIT_S))
    port:tap(nil)
    assert(port:write("unseen", WAIT_S))
    assert.same({ "tx AT\r", "rx OK", "tx TI" }, seen)
  end)

  it("that were written before a write failed are seen by the tap as well", function()
    local port <close> = opened()
    local size = 0
    port:tap(function(_, bytes) size = size + #bytes end)
    assert.equal("timeout", kind_of(port:write(("x"):rep(100000), 0)))
    assert.equal(size, #read_all(pty, size))
    assert.equal("timeout", kind_of(pty:read(0)))
  end)
end)

describe("The line", function()
  it("changes its rate while open, and the other side sees it", function()
    local port <close> = opened { baud = 9600, rtscts = true }
    assert.is_true(port:set_baud(460800))
    assert.same({ 460800, 460800, true }, { port:baud(), pty:line().baud, pty:line().rtscts })
  end)

  it("never accepts a rate of 0, which would hang up", function()
    local port <close> = opened()
    for _, baud in ipairs { 0, -1, 0x80000000 } do
      assert.error_matches(function() port:set_baud(baud) end, "not a baud rate")
    end
    assert.equal(115200, pty:line().baud)
  end)

  it("drains at once if nothing is queued", function()
    local port <close> = opened()
    assert(port:write("AT\r", WAIT_S))
    assert.is_true(port:drain(WAIT_S))
  end)

  it("takes its modem lines by name, and nothing else", function()
    local port <close> = opened()
    for _, wrong in ipairs { "dtr", 1, true } do
      assert.error_matches(function() port:lines(wrong) end, "table expected")
    end
    assert.error_matches(function() port:lines() end, "table expected")
  end)

  it("sends a break", function()
    local port <close> = opened()
    local started = core.now()
    assert.is_true(port:send_break(0.02))
    assert.is_true(core.now() - started >= 0.02)
    for _, seconds in ipairs { -0.1, 60.1, 0 / 0 } do
      assert.error_matches(function() port:send_break(seconds) end, "outside of 0 to 60 seconds")
    end
  end)

  it("without modem lines reports it once, and is not tried again", function()
    if backend ~= "tty" then return end -- the shim gives it lines
    local port <close> = opened()
    local _, err = port:lines { dtr = true }
    assert.equal("unsupported", err.kind)
    assert.equal(port:name() .. ": this port has no modem lines", err.message)
    assert.is_true(port:lines { dtr = true })
    assert.equal("unsupported", kind_of(port:signals()))
  end)

  it("with modem lines sets those it is given, and reads the others", function()
    if backend == "tty" then return end -- a bare pty has none
    local port <close> = opened()
    assert.is_true(port:lines { dtr = true, rts = false })
    assert.same({ cts = false, dsr = true, dcd = true, ri = false }, port:signals())
    assert.is_true(port:lines { rts = true })
    assert.same({ cts = true, dsr = true, dcd = true, ri = false }, port:signals())
    assert.is_true(port:lines { dtr = false })
    assert.is_false(port:signals().dsr)
    assert.is_true(port:lines {})
  end)

  it("keeps DTR on from open to close", function()
    if backend == "tty" then return end
    local log = os.tmpname()
    child.run([[
      local name = ...
      local port = assert(core.open(name, { backend = "libserialport" }))
      assert(port:set_baud(9600))
      port:close()
    ]], { as = "env DFOTA_SHIM_LOG=" .. log }, pty:name())
    local count = 0
    for line in io.lines(log) do
      count = count + 1
      assert.equal("dtr=1 rts=1", line)
    end
    os.remove(log)
    assert.is_true(count > 0)
  end)
end)

describe("A handle", function()
  it("that is closed leaks no descriptor", function()
    local function descriptors()
      local count, scan = 0, uv.fs_scandir(("/proc/%d/fd"):format(child.pid()))
      while uv.fs_scandir_next(scan) do count = count + 1 end
      return count
    end
    local before = descriptors()
    for _ = 1, 3 do opened():close() end
    assert.equal(before, descriptors())
  end)

  it("may be closed more than once, and shows that it is closed", function()
    local port = opened()
    assert.equal("dfota.port (" .. pty:name() .. ")", tostring(port))
    port:close()
    port:close()
    assert.equal("dfota.port (closed)", tostring(port))
  end)

  it("that is closed raises when used", function()
    local port = opened()
    port:close()
    for _, name in ipairs { "read", "write", "exchange", "baud", "set_baud", "set_rtscts", "lines", "now",
      "signals", "send_break", "drain", "discard", "tap", "name", "backend", "pollfd", "events",
      "timeout" } do
      assert.error_matches(function() port[name](port, "x") end, "attempt to use a closed dfota.port")
    end
  end)

  it("is closed at the end of its block, and when garbage-collected", function()
    do
      local _ <close> = opened()
    end
    opened()
    collectgarbage()
    collectgarbage()
    opened():close()
  end)

  it("does not accept another type as a port", function()
    local port <close> = opened()
    assert.has_error(function() port.read(pty, 0) end)
    assert.has_error(function() port.read(io.stdout, 0) end)
    assert.has_error(function() port:read("soon") end)
    assert.has_error(function() port:read(0 / 0) end)
  end)

  it("is not inherited by child processes", function()
    local port <close> = opened()
    assert(core.catch_signals())
    local list <close> = assert(io.popen("ls -l /proc/self/fd"))
    local text = list:read("a")
    core.release_signals()
    assert.truthy(text:find("/proc/", 1, true))
    assert.falsy(text:find(port:name() .. "\n", 1, true), text)
  end)

  it("works with cqueues", function()
    local found, cqueues = pcall(require, "cqueues")
    if not found then return pending("cqueues is not installed") end
    local port <close> = opened()
    local loop, got = cqueues.new(), nil
    loop:wrap(function()
      cqueues.poll(port, WAIT_S)
      got = port:read(0)
    end)
    loop:wrap(function()
      assert.is_nil(got)
      assert(pty:write("woken", WAIT_S))
    end)
    assert(loop:loop())
    assert.equal("woken", got)
  end)

  it("works with luv", function()
    local port <close> = opened()
    local poll, got = assert(uv.new_poll(port:pollfd())), nil
    assert(poll:start(port:events(), function()
      got = port:read(0)
      poll:close()
    end))
    assert(pty:write("woken", WAIT_S))
    uv.run()
    assert.equal("woken", got)
  end)
end)

describe("The list of ports", function()
  it("names each port, and how it is connected", function()
    for _, port in ipairs(assert(core.list())) do
      assert.truthy(port.name:find("^/dev/"))
      assert.truthy(({ usb = true, bluetooth = true, native = true })[port.transport])
    end
  end)

  -- A simulated /sys and /dev; a port's device is /dev/null.
  local function machine()
    local root, remove = folder.new()
    local function sh(...) assert(os.execute(("cd %s && "):format(root) .. (...):format(select(2, ...)))) end
    local function make_folder(path)
      local above = path:match "^(.*)/"
      if above then make_folder(above) end
      uv.fs_mkdir(root .. "/" .. path, 493)
    end
    local function file(path, text)
      make_folder(path:match "^(.*)/")
      folder.write(root .. "/" .. path, text)
    end
    local function tty(name, device, no_node)
      local at = ("sys/devices/%s/tty/%s"):format(device, name)
      for _, path in ipairs { at, "sys/class/tty", "dev" } do make_folder(path) end
      assert(uv.fs_symlink("../../../" .. at, ("%s/sys/class/tty/%s"):format(root, name)))
      if not no_node then assert(uv.fs_symlink("/dev/null", ("%s/dev/%s"):format(root, name))) end
      return at
    end
    return { root = root, remove = remove, sh = sh, file = file, tty = tty }
  end

  local function names(list)
    local found = {}
    for i, port in ipairs(list) do found[i] = port.name:match("/dev/([^/]+)$") end
    return table.concat(found, " ")
  end

  it("omits ports without hardware, without a device, or used as console, and is sorted by number", function()
    local m = machine()
    for _, port in ipairs { { "ttyS10", "4" }, { "ttyS2", "4" }, { "ttyS1", "0" }, { "ttyS0", "4" } } do
      m.file(m.tty(port[1], "pnp0/00:0" .. port[1]) .. "/type", port[2] .. "\n")
    end
    m.tty("ttyAMA0", "platform/uart")
    m.tty("tty1", "virtual")
    m.tty("rfcomm0", "pci0/usb1/1-1/bluetooth/hci0/hci0:1")
    m.tty("ttyACM7", "pci0/usb1/1-2/1-2:1.0", true) -- unplugged: no device any more
    m.sh("ln -s ../../devices/gone sys/class/tty/ttyUSB9") -- and one that vanishes while it is looked at
    m.file("proc/consoles", "ttyS0                -W- (EC  p a)    4:64\n")
    local list = assert(core.list(m.root))
    assert.equal("rfcomm0 ttyAMA0 ttyS2 ttyS10", names(list))
    assert.equal("bluetooth", list[1].transport)
    assert.same({ name = m.root .. "/dev/ttyS2", description = "ttyS2", transport = "native" }, list[3])
    m.remove()
  end)

  it("contains a USB adapter's own description, whatever bytes it has", function()
    local m = machine()
    m.tty("ttyUSB0", "pci0/usb1/1-2/1-2:1.0/ttyUSB0")
    for name, text in pairs {
      idVendor = "0403", idProduct = "6001", manufacturer = "FTDI", serial = "",
      product = "UART\27[31m " .. ("x"):rep(300), ["1-2:1.0/interface"] = "Modem",
    } do
      m.file("sys/devices/pci0/usb1/1-2/" .. name, text .. "\n")
    end
    local port = assert(core.list(m.root))[1]
    local product = ("UART?[31m " .. ("x"):rep(300)):sub(1, 255)
    assert.same({
      name = m.root .. "/dev/ttyUSB0", transport = "usb", vid = 0x0403, pid = 0x6001, manufacturer = "FTDI",
      product = product, description = product .. " - Modem",
    }, port)
    m.remove()
  end)

  it("names the driver of the hardware, not the serial core's own two in between", function()
    local m = machine()
    local function bind(device, driver)
      m.sh("mkdir -p sys/devices/%s && ln -s ../../../../bus/%s sys/devices/%s/driver", device, driver, device)
    end
    m.tty("ttyS1", "pnp0/00:05/00:05:0/00:05:0.0")
    bind("pnp0/00:05/00:05:0/00:05:0.0", "serial-base/drivers/port")
    bind("pnp0/00:05/00:05:0", "serial-base/drivers/ctrl")
    bind("pnp0/00:05", "pnp/drivers/serial")
    m.tty("ttyUSB0", "pci0/usb1/1-2/1-2:1.0/ttyUSB0")
    bind("pci0/usb1/1-2/1-2:1.0/ttyUSB0", "usb-serial/drivers/ftdi_sio")
    bind("pci0/usb1/1-2/1-2:1.0", "usb/drivers/usbserial")
    m.tty("ttyAMA0", "platform/uart")
    local found = {}
    for _, port in ipairs(assert(core.list(m.root))) do
      found[port.name:match "[^/]+$"] = port.driver or "unknown"
    end
    assert.same({ ttyS1 = "serial", ttyUSB0 = "ftdi_sio", ttyAMA0 = "unknown" }, found)
    m.remove()
  end)

  -- One USB adapter with these files; its entry without name and transport.
  local function usb(files, device)
    local m = machine()
    m.tty("ttyUSB0", device or "pci0/usb1/1-2/1-2:1.0/ttyUSB0")
    for name, text in pairs(files) do m.file("sys/devices/pci0/usb1/" .. name, text) end
    local port = assert(core.list(m.root))[1]
    m.remove()
    port.name = nil
    return port
  end

  it("identifies a USB device by two valid ids, in the directory above its port that has them", function()
    for text, vid in pairs { ["0403"] = 0x403, ["0"] = 0, ffff = 0xffff, ["1\n"] = 1, ["12d1 \nx"] = 0x12d1 } do
      assert.same({ transport = "usb", vid = vid, pid = vid, description = "ttyUSB0" },
        usb { ["1-2/idVendor"] = text, ["1-2/idProduct"] = text }, text)
    end
    for _, text in ipairs { "", "\n", "x", "-1", "10000", "fffffffff" } do
      assert.same({ transport = "native", description = "ttyUSB0" }, usb { ["1-2/idVendor"] = text }, text)
      assert.same({ transport = "usb", vid = 1, description = "ttyUSB0" },
        usb { ["1-2/idVendor"] = "1", ["1-2/idProduct"] = text }, text)
    end
    assert.equal(2, usb({ ["1-2/idVendor"] = "2", idVendor = "3" }).vid)
    assert.equal(3, usb({ idVendor = "3" }).vid)
  end)

  it("describes a USB device by its product and the interface next to the port", function()
    for product, files in pairs {
      ["Modem"] = {}, ["Modem - AT"] = { ["1-2/1-2:1.0/interface"] = "AT" },
      ["Modem - near"] = { ["1-2/1-2:1.0/interface"] = "near\nmore", ["1-2/interface"] = "far" },
      ["Modem - far"] = { ["1-2/1-2:1.0/interface"] = "\n", ["1-2/interface"] = "far" },
    } do
      files["1-2/idVendor"], files["1-2/product"], files["1-2/serial"] = "1", "Modem\n", "S1\n"
      assert.same({ transport = "usb", vid = 1, description = product, product = "Modem", serial = "S1" }, usb(files))
    end
    assert.same({ transport = "usb", vid = 1, description = "ttyUSB0" },
      usb { ["1-2/idVendor"] = "1", ["1-2/1-2:1.0/interface"] = "AT" })
  end)

  it("shows no control characters from a device's description", function()
    assert.equal("a?b?c ~\xC3\xA9", usb({ ["1-2/idVendor"] = "1", ["1-2/product"] = "a\31b\127c ~\xC3\xA9\n" }).product)
  end)

  it("omits every console, a node that is not a device, and a missing chip", function()
    local m = machine()
    for _, name in ipairs { "ttyS0", "ttyS1", "ttyS2", "ttyS3", "ttyS11" } do m.tty(name, "pnp0/" .. name) end
    m.file("proc/consoles", "tty0 -WU (EC p) 4:1\nttyS0 -W- (E p a) 4:64\nttyS11\n")
    m.sh("rm dev/ttyS2 && touch dev/ttyS2 && mkdir -p sys/class/tty/.hidden")
    m.file("sys/devices/pnp0/ttyS3/tty/ttyS3/type", "00\n") -- not 0: a number of its own
    assert.equal("ttyS1 ttyS3", names(assert(core.list(m.root))))
    m.remove()
  end)

  it("leaks no descriptor", function()
    local m = machine()
    m.file(m.tty("ttyS0", "pnp0/00:0") .. "/type", "4\n")
    m.file("proc/consoles", "tty0 -WU (EC p) 4:1\n")
    local function descriptors()
      local pipe = assert(io.popen(("ls /proc/%d/fd | wc -l"):format(child.pid())))
      local count = pipe:read "n"
      pipe:close()
      return count
    end
    local before = descriptors()
    for _ = 1, 5 do assert.equal("ttyS0", names(assert(core.list(m.root)))) end
    assert.equal(before, descriptors())
    m.remove()
  end)

  it("contains nothing from the adapter of a Bluetooth port", function()
    local m = machine()
    m.tty("rfcomm0", "pci0/usb1/1-1/bluetooth/hci0/hci0:1")
    m.file("sys/devices/pci0/usb1/1-1/idVendor", "0a12\n")
    assert.same({ { name = m.root .. "/dev/rfcomm0", transport = "bluetooth", description = "rfcomm0" } },
      core.list(m.root))
    m.remove()
  end)

  it("is empty if there are none, and an error if it cannot be read", function()
    local m = machine()
    m.sh("mkdir -p sys/class/tty")
    assert.same({}, core.list(m.root))
    local _, err = core.list(m.root .. "/none")
    assert.same({ "io", ("the serial ports cannot be listed: %s/none/sys/class/tty: No such file or directory")
      :format(m.root) }, { err.kind, err.message })
    local _, long = core.list(("/x"):rep(4000))
    assert.same({ "io", true }, { long.kind, long.message:find(": File name too long$") ~= nil })
    m.remove()
  end)

  it("opens no port", function()
    local log = os.tmpname()
    local traced = ("env LSAN_OPTIONS=detect_leaks=0 strace -f -e trace=open,openat -o %s"):format(log)
    child.run("core.list()", { as = traced })
    local seen = false
    for line in io.lines(log) do
      seen = seen or line:find("/sys/class/tty", 1, true) ~= nil
      assert.falsy(line:find('"/dev/tty', 1, true), line)
    end
    os.remove(log)
    assert.is_true(seen)
  end)
end)

describe("The core as a library", function()
  it("exports one symbol only, so that a host program cannot replace any of its own", function()
    local file = io.open("lua/dfota/core.so")
    if not file then return pending("the core is built into the interpreter") end
    file:close()
    local shown = assert(io.popen("nm -D --defined-only lua/dfota/core.so")):read("a")
    assert.equal("luaopen_dfota_core", shown:match("^%x+ T (%S+)\n$"), shown)
  end)
end)
