local Channel = require "dfota.at.channel"
local Module = require "dfota.sim.module"
local ScriptedPort = require "support.scripted_port"
local SimPort = require "dfota.sim.virtual_port"
local core = require "dfota.core"
local scripted = require "support.scripted"

local open, unasked, lines_of = scripted.channel, scripted.unasked, scripted.lines_of

describe("A line's speed", function()
  it("is ten bits a character, and nothing to be waited for where the port has no number for it", function()
    for baud, seconds in pairs { [300] = 1, [115200] = 30 * 10 / 115200, [0] = 0 } do
      assert.equal(seconds, (open({}, { baud = baud })):transfer_s(30))
    end
  end)
end)

describe("A command", function()
  it("returns the lines of its reply and its final result code", function()
    local channel = open { ["AT+CSQ"] = { "+CSQ: 25,0", "OK" } }
    local reply = assert(channel:command("AT+CSQ", { expect = "+CSQ:" }))
    assert.same({ "+CSQ: 25,0" }, lines_of(reply))
    assert.equal("ok", reply.final)
  end)

  it("returns the same however its reply is split into reads", function()
    local answers = { ["AT+X?"] = { "+CREG: 1", "+X: 1", "+X: 2", "OK" }, ["AT+Y?"] = { "+Y: 3", "OK" } }
    for split = 1, 40 do
      local channel = open(answers, { split = split })
      assert.same({ "+X: 1", "+X: 2" }, lines_of(assert(channel:command("AT+X?", { expect = "+X:" }))))
      assert.same({ "+Y: 3" }, lines_of(assert(channel:command("AT+Y?", { expect = "+Y:" }))))
      assert.same({ "+CREG: 1" }, unasked(channel))
    end
  end)

  for final, class in pairs {
    OK = "ok", CONNECT = "connect", ["CONNECT 1024"] = "connect", ["DEACT OK"] = "deact_ok",
  } do
    it("succeeds with " .. final, function()
      assert.equal(class, assert(open({ AT = final }):command "AT").final)
    end)
  end

  for final, kind in pairs {
    ERROR = "refused", ["+CME ERROR: 10"] = "cme", ["+CME ERROR: SIM not inserted"] = "cme",
    ["+CMS ERROR: 500"] = "cms", ["+CME ERROR:50"] = "cme", ["+CME ERROR:SIM not inserted"] = "cme",
    ["COMMAND NO RESPONSE!"] = "refused", ["NO CARRIER"] = "refused", ["BUSY"] = "refused", ["NO ANSWER"] = "refused",
  } do
    it("fails with " .. final .. ", and the error names port, command and answer", function()
      local reply, err = open({ AT = final }):command "AT"
      assert.is_nil(reply)
      assert.equal(kind, err.kind)
      assert.equal("script: AT was answered with " .. final, err.message)
      assert.equal(tonumber(final:match "%d+"), err.code)
    end)
  end

  it("does not take a line for a final result code because it begins or ends like one", function()
    local lines = { "OKAY", "ERROR.log", "ERROR LOG: none", "CONNECTED PEER", "NOT OK", "+CME ERROR", "SHUT OK" }
    local channel = open { ["AT+LS"] = { lines[1], lines[2], lines[3], lines[4], lines[5], lines[6], lines[7], "OK" } }
    assert.same(lines, lines_of(assert(channel:command "AT+LS")))
  end)

  it("leaves lines without the expected prefix to the listeners", function()
    local channel = open { ["AT+CIMI"] = { "DST: 1", "RING", "001010123456789", "OK" } }
    local reply = assert(channel:command("AT+CIMI", { expect = function(line) return line:find "^%d+$" end }))
    assert.same({ "001010123456789" }, lines_of(reply))
    assert.same({ "DST: 1", "RING" }, unasked(channel))
  end)

  it("without an echo ignores what had arrived before it was sent", function()
    local channel, port = open({ ["AT+CSQ"] = { "+CSQ: 2,0", "OK" } }, { echo = false })
    port:say_lines(0, { "+CSQ: 1,0", "OK" })
    assert.same({ "+CSQ: 2,0" }, lines_of(assert(channel:command("AT+CSQ", { expect = "+CSQ:" }))))
    assert.same({ "+CSQ: 1,0", "OK" }, unasked(channel))
    channel, port = open({ AT = "OK" }, { echo = false })
    assert(channel:command "AT")
    assert.equal(0, port:now()) -- a look, and no wait
  end)

  it("ends at once when the module powers down or reboots", function()
    for line, kind in pairs {
      ["NORMAL POWER DOWN"] = "power", ["UNDER_VOLTAGE POWER DOWN "] = "power", RDY = "reboot",
    } do
      local channel, port = open { ["AT+QIACT"] = line }
      local reply, err = channel:command("AT+QIACT", { timeout_s = 150 })
      assert.is_nil(reply)
      assert.equal(kind, err.kind)
      assert.is_true(port:now() < 1)
      assert.same({ line }, unasked(channel))
    end
  end)

  it("that switches the module off succeeds with NORMAL POWER DOWN", function()
    local channel = open { ["AT+QPOWD=1"] = "NORMAL POWER DOWN" }
    assert.equal("power_down", assert(channel:command("AT+QPOWD=1", { power_down = true })).final)
  end)

  it("still gets its final result code after an overlong line, which listeners get truncated", function()
    local channel = open { ATI = { ("x"):rep(5000), "Revision: X", "OK" } }
    assert.same({ "Revision: X" }, lines_of(assert(channel:command "ATI")))
    assert.equal(1, #unasked(channel))
  end)

  it("passes on the port's own errors", function()
    local channel, port = open {}
    port:unplug()
    assert.equal("hangup", select(2, channel:command "AT").kind)
    channel, port = open { AT = function(self) self:unplug() end }
    assert.equal("hangup", select(2, channel:command "AT").kind)
    assert.same({ "AT" }, port.sent)
  end)
end)

describe("A command without an answer", function()
  it("times out after its own timeout, with an error that names what is missing", function()
    local channel, port = open({}, { echo = false })
    channel.echo = true
    local reply, err = channel:command("AT+CSQ", { timeout_s = 3 })
    assert.is_nil(reply)
    assert.equal("timeout", err.kind)
    assert.equal("script: no echo to AT+CSQ within 3 s", err.message)
    assert.is_true(math.abs(port:now() - 3) < 0.1)
    channel = open {}
    assert.equal("script: no answer to AT+CSQ within 5 s", select(2, channel:command "AT+CSQ").message)
  end)

  it("keeps credentials out of its error", function()
    local channel = open {}
    local _, err = channel:command('AT+QICSGP=1,"apn","user","secret"', { timeout_s = 1 })
    assert.is_nil(err.message:find "secret")
    assert.is_nil(err.message:find "user")
  end)

  it("makes the next one wait until the module has answered a fence", function()
    local channel, port = open(function(self, command)
      if command == "AT+SLOW" then return self:say_lines(2.5, "OK") end
      for query in command:sub(3):gmatch "%+%u+" do
        self:say_lines(0, command == "AT+CSQ" and "+CSQ: 9,0" or query .. ": 1")
      end
      self:say_lines(0, "OK")
    end)
    assert.equal("timeout", select(2, channel:command("AT+SLOW", { timeout_s = 1 })).kind)
    assert.same({ "+CSQ: 9,0" }, lines_of(assert(channel:command("AT+CSQ", { expect = "+CSQ:" }))))
    assert.equal(3, #port.sent)
    assert.is_truthy(port.sent[2]:find("^AT[+;?CMEIPR]+$"))
    assert.is_nil(channel:pending())
  end)

  it("is not followed by a command whose answer would be ambiguous", function()
    local channel, port = open {}
    channel:command("AT+SLOW", { timeout_s = 1 })
    local reply, err = channel:command "AT+QFDEL"
    assert.is_nil(reply)
    assert.equal("timeout", err.kind)
    for _, command in ipairs(port.sent) do assert.not_equal("AT+QFDEL", command) end
  end)

  it("is no longer pending once the module has rebooted", function()
    local channel, port = open { ["AT+QIACT"] = "RDY", AT = "OK" }
    channel:command "AT+QIACT"
    assert(channel:command "AT")
    assert.same({ "AT+QIACT", "AT" }, port.sent)
  end)
end)

describe("Port errors under a channel", function()
  it("are reported while the line settles, and the command stays unsent", function()
    local channel, port = open({ AT = "OK" }, { echo = false })
    function port.read() return nil, core.error("hangup", "it is gone") end
    assert.equal("hangup", select(2, channel:command "AT").kind)
    assert.same({}, port.sent)
  end)

  it("leave a command as long to be written as it was given, or five seconds", function()
    for _, write_s in ipairs { 3, false } do
      local port = ScriptedPort.new {}
      local given
      function port.write(_, _, timeout_s)
        given = timeout_s
        return nil, core.error("timeout", "full")
      end
      local channel = Channel.new(port, { write_s = write_s or nil })
      assert.equal("full", select(2, channel:command "AT").message)
      assert.equal(write_s or 5, given)
    end
  end)

  it("do not include a port without a baud rate, which keeps what was half read", function()
    local channel, port = open {}
    channel:take_in "half"
    channel:next_event()
    local rates = {}
    channel.on_baud = function(baud) rates[#rates + 1] = baud end
    assert.is_true(channel:set_baud(115200))
    assert.equal("half", channel:half_read())
    assert.is_true(channel:set_baud(9600))
    assert.equal("", channel:half_read())
    function port.set_baud() return nil, core.error("unsupported", "no such rate") end
    assert.is_true(channel:set_baud(300))
    function port.set_baud() return nil, core.error("io", "it broke") end
    assert.equal("io", select(2, channel:set_baud(300)).kind)
    assert.same({ 9600, 9600 }, rates) -- what was set, and what was kept
  end)
end)

describe("Waiting for silence", function()
  it("ends at its limit even if lines arrived in between", function()
    local channel, port = open {}
    port:say_lines(50, "RING")
    assert.is_true(channel:quiet(61, 62))
    assert.equal(62, port:now())
  end)
end)

describe("Unsolicited lines", function()
  it("are kept in order for listeners", function()
    local channel, port = open { AT = { "RING", "+CREG: 2", "OK" } }
    channel:command "AT"
    port:say_lines(1, "RDY")
    assert.equal("RING", channel:listen(0))
    assert.equal("+CREG: 2", channel:listen(0))
    assert.equal("timeout", select(2, channel:listen(0.5)).kind)
    assert.equal("RDY", channel:listen(5))
    assert.equal(1, math.floor(port:now()))
  end)

  it("are both counted when two arrive in one read", function()
    local channel, port = open {}
    port:say(0, "\r\nRING\r\n\r\n+CREG: 1\r\n")
    assert.equal("RING", channel:listen(1))
    assert.equal("+CREG: 1", channel:listen(1))
  end)

  it("are read until the line has been silent, and no longer than allowed", function()
    local channel, port = open {}
    for i = 1, 100 do port:say_lines(i * 0.1, "RING") end
    assert.is_true(channel:quiet(0.2, 3))
    assert.is_true(port:now() >= 3 and port:now() < 3.5)
    assert.is_true(channel:quiet(0.2, 100))
    assert.is_true(port:now() >= 10 and port:now() < 10.5)
    assert.equal(100, #unasked(channel))
  end)

  it("have class and code if they are final result codes, whether queued or new", function()
    local channel, port = open(function(self)
      self:say_lines(0, "+CME ERROR: 6503")
      self:say(0, "AT\r")
      self:say_lines(0, "OK")
    end, { echo = false })
    channel.echo = true
    assert(channel:command "AT")
    port:say_lines(1, { "+CMS ERROR: none", "RING" })
    assert.same({ "+CME ERROR: 6503", "cme", 6503 }, { channel:listen(0) })
    assert.same({ "+CMS ERROR: none", "cms", "none" }, { channel:listen(5) })
    assert.same({ "RING" }, { channel:listen(5) })
  end)

  it("are limited to the last thousand, which is reported once", function()
    local told = {}
    local port = ScriptedPort.new {}
    local channel = Channel.new(port, { warn = function(text) told[#told + 1] = text end })
    for i = 1, 1500 do port:say_lines(0, "+CREG: " .. i) end
    assert(channel:quiet(1))
    assert.same({ "script: more than 1000 unsolicited lines are unread: the oldest are dropped" }, told)
    local lines = unasked(channel)
    assert.same({ 1000, "+CREG: 501" }, { #lines, lines[1] })
  end)
end)

describe("A channel to the simulated module", function()
  it("works with every line end and echo that the module has", function()
    for _, spec in ipairs { {}, { echo = false }, { verbose = false }, { echo = false, verbose = false } } do
      local channel = Channel.new(SimPort.new(assert(Module.new(spec, 1))))
      assert(channel:sync { timeout_s = 2 })
      assert.same({ "+CSQ: 25,0" }, lines_of(assert(channel:command("AT+CSQ", { expect = "+CSQ:" }))))
    end
  end)

  it("continues on a new port after the old one was lost", function()
    local m = assert(Module.new({}, 1))
    local clock = { t = 0 }
    local port = SimPort.new(m, clock)
    local channel = Channel.new(port)
    port.fault = { { at = 1, action = "hangup", back_s = 2 } }
    channel:quiet(0.1)
    assert.equal("hangup", select(2, channel:listen(10)).kind)
    clock.t = 5
    channel:replace_port(assert(SimPort.new(m, clock)))
    assert(channel:command "AT")
  end)
end)
