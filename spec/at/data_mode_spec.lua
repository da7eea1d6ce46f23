local Channel = require "dfota.at.channel"
local DataMode = require "dfota.at.data_mode"
local ScriptedPort = require "support.scripted_port"
local core = require "dfota.core"
local folder = require "support.folder"

local function is_result(line) return line:find "^%+QFUPL:" ~= nil end

describe("Data mode", function()
  local home, remove

  setup(function() home, remove = folder.new() end)
  teardown(function() remove() end)

  -- A channel in data mode, and an upload of `size` bytes. `heard` collects them and is called each time.
  local function begin(size, ack, heard)
    local path = folder.write(home .. "/package", ("x"):rep(size))
    local port = ScriptedPort.new {}
    port.got = ""
    function port:on_bytes(bytes)
      self.got = self.got .. bytes
      heard(self, bytes)
    end
    return Channel.new(port), assert(core.upload(assert(core.open_file(path)), size, { ack = ack })), port
  end

  local function upload(channel, up, more)
    local opts = { idle_s = 5, result_s = 5, is_result = is_result }
    for name, value in pairs(more or {}) do opts[name] = value end
    return DataMode.new(channel):upload(up, opts)
  end

  -- True if all was sent and nothing more was received.
  local function send(channel, up, more)
    more = more or {}
    more.result_s = more.result_s or 0
    local line, err = upload(channel, up, more)
    if line == nil and err.message:find("no upload result", 1, true) then return true end
    return line, err
  end

  it("sends exactly the bytes of the file, and reports its progress", function()
    local channel, up, port = begin(5000, false, function() end)
    local seen
    assert.is_true(send(channel, up, { progress = function(sent, size) seen = { sent, size } end }))
    assert.equal(5000, #port.got)
    assert.same({ 5000, 5000 }, seen)
  end)

  it("passes on an overlong line, before the last byte and after it", function()
    local long = ("y"):rep(3000)
    local channel, up = begin(5000, false, function(port) port:say_lines(0, long) end)
    local told = {}
    channel:subscribe(function(line) told[#told + 1] = line end)
    assert(send(channel, up, { result_s = 1 }))
    assert.same({ long:sub(1, 1024), long:sub(1, 1024) }, told)
  end)

  it("waits for an acknowledgement after each 1024 bytes, however it is framed", function()
    for _, frame in ipairs { "A", "\r\nA\r\n" } do
      local ahead = 0
      local channel, up, port = begin(3000, true, function(self)
        local due = #self.got // 1024
        ahead = math.max(ahead, #self.got - (self.acks or 0) * 1024)
        if due > (self.acks or 0) then
          self.acks = due
          self:say(0.5, frame)
        end
      end)
      assert.is_true(send(channel, up))
      assert.equal(3000, #port.got)
      assert.is_true(ahead <= 1024)
      assert.is_true(port:now() >= 1)
    end
  end)

  for line, want in pairs {
    ["ERROR"] = { "refused" }, ["+CME ERROR: 4008"] = { "cme", 4008 }, ["NORMAL POWER DOWN"] = { "power" },
    ["UNDER_VOLTAGE WARNING "] = { "power" }, ["RDY"] = { "reboot" },
  } do
    it("ends at once with " .. line, function()
      local channel, up, port = begin(1 << 20, true, function(self)
        if not self.said then
          self.said = true
          self:say_lines(0.1, line)
        end
      end)
      local done, err = send(channel, up)
      assert.is_nil(done)
      assert.same(want, { err.kind, err.code })
      assert.equal(1024, #port.got)
    end)
  end

  it("passes on unsolicited lines and continues", function()
    local channel, up = begin(100, false, function(self) self:say_lines(0, { "+CREG: 1", "RING" }) end)
    assert.is_true(send(channel, up))
    assert.equal("+CREG: 1", channel:listen(0))
    assert.equal("RING", channel:listen(0))
  end)

  it("ends with the module's own result if it comes before the last byte", function()
    local channel, up = begin(3000, true, function(self)
      if #self.got == 1024 then self:say_lines(0.1, { "+QFUPL: 17,0", "OK" }) end
    end)
    assert.equal("+QFUPL: 17,0", send(channel, up))
    assert.equal("OK", channel:listen(0))
    channel.port:say_lines(0, "AB")
    assert.equal("AB", channel:listen(1)) -- it is no acknowledgement and a rest any more
  end)

  it("ends after two waits if the module never acknowledges", function()
    local channel, up, port = begin(5000, true, function() end)
    local done, err = send(channel, up, { ack_s = 2 })
    assert.is_nil(done)
    assert.equal("no_ack", err.kind)
    assert.equal(2048, #port.got)
    assert.is_true(port:now() >= 4 and port:now() < 5)
  end)

  it("ends if acknowledgements stop for too long", function()
    local channel, up, port = begin(1 << 20, true, function(self)
      if #self.got <= 2048 then self:say(0.1, "A") end
    end)
    local done, err = send(channel, up, { idle_s = 10, ack_s = 2 })
    assert.is_nil(done)
    assert.equal("stalled", err.kind)
    assert.is_truthy(err.message:find("10 s", 1, true))
    assert.is_true(port:now() >= 10 and port:now() < 13)
  end)

  -- A port that accepts no data, while the module keeps sending lines.
  it("ends if no data is accepted for too long, whatever is received meanwhile", function()
    local channel, up, port = begin(3000, false, function() end)
    function port:exchange()
      self.t = self.t + 1
      return 0, "\r\n+CREG: 1\r\n"
    end
    local done, err = send(channel, up)
    assert.is_nil(done)
    assert.equal("no_ack", err.kind)
    assert.equal(5, port:now())
  end)

  -- What precedes each acknowledgement, and how long the upload of three blocks may take.
  local noise = {
    ["a byte that is not a letter"] = { "\x80A", 1 }, ["a letter"] = { "zA", 1 },
    ["a burst"] = { ("\xFFx?"):rep(20) .. "A", 1 }, ["noise in a frame"] = { "\r\n\x81A\r\n", 0.1 },
    ["noise after it"] = { "A\xFF", 1 },
  }
  for name, case in pairs(noise) do
    it("finds an acknowledgement with " .. name, function()
      local channel, up, port = begin(3500, true, function(self)
        if #self.got % 1024 == 0 then self:say(0, case[1]) end
      end)
      assert.is_true(send(channel, up))
      assert.equal(3500, #port.got)
      assert.is_true(port:now() <= case[2])
    end)
  end

  it("waits no longer than necessary for an acknowledgement, and for the end of noise only if there is some", function()
    for noisy, longest in pairs { ["\x80A"] = 0.2, A = 0 } do
      local channel, up, port = begin(20500, true, function(self)
        if #self.got % 1024 == 0 then self:say(0, #self.got == 2048 and noisy or "A") end
      end)
      assert.is_true(send(channel, up))
      assert.is_true(port:now() <= longest, port:now())
    end
  end)

  it("does not take the end of a partial line for an acknowledgement", function()
    local channel, up, port = begin(1500, true, function(self)
      if #self.got ~= 1024 then return end
      self:say(0.01, "\r\n+CREG: A")
      self:say(0.05, "BC\r\n")
      self:say(1, "A")
    end)
    assert.is_true(send(channel, up))
    assert.is_true(port:now() >= 1)
    assert.equal("+CREG: ABC", channel:listen(0))
  end)

  it("continues after a lost acknowledgement, and does not take a late one for the next", function()
    for _, late in ipairs { false, 2.05 } do
      local sent_ahead = 0
      local channel, up, port = begin(5 * 1024 + 10, true, function(self)
        local block = #self.got // 1024
        sent_ahead = math.max(sent_ahead, block - (self.done or 0))
        if #self.got % 1024 ~= 0 then return end
        self.done = block
        if block ~= 2 then self:say(0.2, "A") elseif late then self:say(late, "A") end
      end)
      assert.is_true(send(channel, up, { ack_s = 2 }))
      assert.equal(5 * 1024 + 10, #port.got)
      assert.is_true(port:now() < 4)
      assert.is_true(sent_ahead <= 1)
    end
  end)

  it("waits for a port that accepts no data as long as the upload may idle, counted from the last byte", function()
    local channel, up, port = begin(3000, false, function() end)
    port.t = 100
    local waits = {}
    function port:exchange(_, _, timeout_s)
      waits[#waits + 1] = timeout_s
      self.t = self.t + 3
      return #waits < 3 and 10 or 0, ""
    end
    assert.equal("no_ack", select(2, send(channel, up)).kind)
    assert.same({ 5, 5, 5, 2 }, waits)
  end)

  it("does not take an acknowledgement before any was due as a sign that the module acknowledges", function()
    for _, early in ipairs { "A", "\r\nA\r\n", "\r\nxA\r\n" } do
      local channel, up = begin(5000, true, function() end)
      local told = {}
      channel:subscribe(function(line) told[#told + 1] = line end)
      channel:expect_acks(true)
      channel:take_in(early)
      assert.equal("no_ack", select(2, send(channel, up, { ack_s = 2 })).kind)
      assert.same(early:find "x" and { "xA" } or {}, told)
    end
  end)

  it("ends if a signal arrives while waiting for an acknowledgement", function()
    local channel, up, port = begin(3000, true, function() end)
    local exchange = port.exchange
    function port:exchange(bytes, ...)
      if not bytes then return nil, core.error("interrupted", "a signal") end
      return exchange(self, bytes, ...)
    end
    assert.equal("interrupted", select(2, send(channel, up)).kind)
    assert.equal(1024, #port.got)
  end)

  it("tells the trace where the data begins and ends", function()
    local told = {}
    local channel, up = begin(100, false, function(_, bytes) told[#told + 1] = #bytes end)
    channel.trace = {
      begin_data = function() told[#told + 1] = "begin" end, end_data = function() told[#told + 1] = "end" end,
    }
    assert.is_true(send(channel, up))
    assert.same({ "begin", 100, "end" }, told)
  end)

  it("gives a partial line the time it needs at a low rate", function()
    local channel, up, port = begin(1500, true, function(self)
      if #self.got ~= 1024 then return end
      self:say(0.01, "\r\n+CREG: A")
      self:say(0.15, "BC\r\n")
      self:say(1, "A")
    end)
    port.rate = 300
    assert.is_true(send(channel, up))
    assert.equal("+CREG: ABC", channel:listen(0))
  end)

  it("counts no more acknowledgements than are due", function()
    local channel, up = begin(3500, true, function(self)
      if #self.got % 1024 == 0 then self:say(0.1, "AAA") end
    end)
    assert.is_true(send(channel, up, { ack_s = 2 }))
  end)

  it("reports every byte sent exactly once", function()
    local channel, up, port = begin(5000, false, function() end)
    local told = {}
    function port:exchange(bytes, first)
      local n = math.min(#bytes - first + 1, 700)
      self.got = self.got .. bytes:sub(first, first + n - 1)
      return n, ""
    end
    assert.is_true(send(channel, up, { sent = function(bytes) told[#told + 1] = bytes end }))
    assert.equal(port.got, table.concat(told))
    assert.equal(5000, #port.got)
  end)

  it("fails if the file becomes shorter, as a package that changed", function()
    local channel, up = begin(100000, false, function() folder.write(home .. "/package", "x") end)
    assert.equal("package", select(2, send(channel, up)).kind)
  end)

  it("passes on a hang-up", function()
    local channel, up = begin(3000, true, function(self) self:unplug() end)
    assert.equal("hangup", select(2, send(channel, up)).kind)
  end)

  -- An upload of 100 bytes; the module sends these lines once it has them all.
  local function answered(ack, lines, more)
    local channel, up, port = begin(100, ack, function(self)
      self:say_lines(0.1, lines)
      if more then self:say(0.05, more) end
    end)
    local result, err = upload(channel, up)
    return channel, result, err, port
  end

  it("ends with the result line and its OK, whatever comes in between", function()
    local channel, result = answered(true, { "+CREG: 1", "+QFUPL: 100,0", "RING", "OK" }, "\r\nA\r\n")
    assert.equal("+QFUPL: 100,0", result)
    assert.equal("+CREG: 1", channel:listen(0))
    assert.equal("RING", channel:listen(0))
    assert.is_nil((channel:listen(0)))
  end)

  it("without a result line returns that only the OK came", function()
    local channel, result, _, port = answered(false, { "OK" })
    assert.is_false(result)
    port:say_lines(0, "AB")
    assert.equal("AB", channel:listen(1)) -- data mode is over
  end)

  it("without any result times out; with a bad one it fails at once", function()
    for line, want in pairs {
      [""] = { "stalled" }, ["+CME ERROR: 4009"] = { "cme", 4009 }, ["RDY"] = { "reboot" },
    } do
      local _, result, err, port = answered(false, line ~= "" and { line } or {})
      assert.is_nil(result)
      assert.same(want, { err.kind, err.code })
      assert.is_true(port:now() <= 5)
    end
  end)

  it("is known to be active after CONNECT, after a lost one, and after an aborted upload", function()
    local function after(answer, ending)
      local path = folder.write(home .. "/package", ("x"):rep(100))
      local port = ScriptedPort.new(function(self)
        self:say_lines(0, answer)
        if answer == "CONNECT" then self.on_bytes = function() self:say_lines(0, ending) end end
      end)
      local data_mode = DataMode.new(Channel.new(port))
      if data_mode:begin("AT+QFUPL", { timeout_s = 1 }) and ending then
        local up = assert(core.upload(assert(core.open_file(path)), 100, {}))
        data_mode:upload(up, { idle_s = 5, result_s = 5, is_result = is_result })
      end
      return data_mode.active
    end
    assert.is_true(after "CONNECT")
    assert.is_true(after {})
    assert.is_false(after "OK")
    assert.is_false(after "+CME ERROR: 4008")
    assert.is_false(after("CONNECT", { "+QFUPL: 100,0", "OK" }))
    assert.is_false(after("CONNECT", "ERROR"))
    assert.is_true(after("CONNECT", {}))
    assert.is_true(after("CONNECT", "UNDER_VOLTAGE WARNING"))
  end)
end)

-- Answers AT and the queries of a fence.
local function answer(port, command)
  for query in command:gmatch("%+(%u+)%?") do port:say_lines(0, ("+%s: 1"):format(query)) end
  port:say_lines(0, "OK")
end

describe("Looking once more for a silent module", function()
  it("recovers one that a killed upload left in data mode", function()
    local port = ScriptedPort.new(answer)
    local data = ""
    function port:on_bytes(bytes)
      data = data .. bytes
      if bytes ~= "+++" then return end
      self.on_bytes = nil
      self:say_lines(0, { "+QFUPL: 6,0000", "OK" })
    end
    local channel = Channel.new(port)
    assert.equal("no_answer", select(2, channel:sync { timeout_s = 1 }).kind)
    assert.is_true(assert(DataMode.call_back(channel, { baud = 115200, guard_s = 1.1, resync_timeout_s = 1 })).answered)
    assert.equal("+++", data:sub(-3))
    assert.equal("AT", port.sent[#port.sent])
  end)

  it("reports no answer if there is none", function()
    local port = ScriptedPort.new {}
    local _, err = DataMode.call_back(Channel.new(port), { baud = 115200, guard_s = 1.1, resync_timeout_s = 1 })
    assert.equal("no_answer", err.kind)
  end)
end)

describe("Leaving data mode", function()
  local OPTS = { guard_s = 1.1, resync_timeout_s = 2, module_timeout_s = 20 }

  -- A module in data mode. `ends` says whether these bytes, so long after the previous ones, end it.
  local function module_in_data_mode(ends)
    local port = ScriptedPort.new(function(self, command)
      self.answered = self.answered or self:now()
      answer(self, command)
    end)
    port.heard = {}
    local last = 0
    function port:on_bytes(bytes)
      self.heard[#self.heard + 1] = { t = self:now(), bytes = bytes }
      local silence = self:now() - last
      last = self:now()
      if not ends(bytes, silence) then return end
      self.on_bytes = nil
      if bytes == "+++" then return self:say_lines(0.01, { "+QFUPL: 6,0000", "OK" }) end
      self:write(bytes)
    end
    return Channel.new(port), port
  end

  it("is silence, +++ and silence", function()
    local channel, port = module_in_data_mode(function(bytes) return bytes == "+++" end)
    assert.is_true(DataMode.new(channel):leave(OPTS))
    assert.same({ "+++" }, { port.heard[1].bytes, port.heard[2] })
    assert.is_true(port.heard[1].t >= 1.1)
    assert.is_true(port.answered >= port.heard[1].t + 1.1)
  end)

  it("shows nobody the rest of what was broken off, but what the module reports of itself", function()
    local channel, port = module_in_data_mode(function(bytes) return bytes == "+++" end)
    local told, write = {}, port.write
    channel:subscribe(function(line) told[#told + 1] = line end)
    local function rest() port:say_lines(0.01, { "\0\0rest of a file", '+QIND: "SMS DONE"', "OK" }) end
    function port.write(self, bytes, ...)
      if bytes == "+++" then rest() end
      return write(self, bytes, ...)
    end
    assert.is_true(DataMode.new(channel):leave(OPTS))
    assert.same({ '+QIND: "SMS DONE"' }, told)
    port:say_lines(0.01, { "+XYZ: 1" })
    channel:quiet(0.1)
    assert.equal("+XYZ: 1", told[2])
  end)

  it("fails if the escape sequence cannot be sent, without looking for an answer", function()
    local channel, port = module_in_data_mode(function() return false end)
    local asked = false
    function port.write(_, bytes)
      asked = asked or bytes ~= "+++"
      return nil, core.error("timeout", "the port accepts no more data")
    end
    local left, err = DataMode.new(channel):leave(OPTS)
    assert.same({ nil, "the port accepts no more data", false }, { left, err.message, asked })
    left, err = DataMode.call_back(channel, { baud = 115200, guard_s = 1.1, resync_timeout_s = 1 })
    assert.same({ nil, "the port accepts no more data", false }, { left, err.message, asked })
  end)

  it("waits for the module's own time-out if it does not know +++", function()
    local channel, port = module_in_data_mode(function(_, silence) return silence >= 20 end)
    assert.is_true(DataMode.new(channel):leave(OPTS))
    assert.is_true(port:now() > 21 and port:now() < 30, port:now())
  end)

  it("reports that the module does not answer, or that the port is lost", function()
    local channel, port = module_in_data_mode(function() return false end)
    local left, err = DataMode.new(channel):leave(OPTS)
    assert.same({ nil, "no_answer" }, { left, err.kind })
    assert.is_true(port:now() < 30)
    port:unplug()
    assert.equal("hangup", select(2, DataMode.new(channel):leave(OPTS)).kind)
    local _, lost = DataMode.call_back(channel, { baud = 9600, guard_s = 1.1, resync_timeout_s = 1 })
    assert.equal("hangup", lost.kind)
  end)

  it("discards what was half read", function()
    local channel, port = module_in_data_mode(function(bytes) return bytes == "+++" end)
    channel.lexer:data_mode(true)
    channel.lexer:feed "half"
    channel.lexer:next()
    port:say(0.5, "+CREG: 1\r\n")
    local told = {}
    channel:subscribe(function(line) told[#told + 1] = line end)
    assert.is_true(DataMode.new(channel):leave(OPTS))
    assert.same({ "+CREG: 1" }, told)
  end)

  it("does not look for a module at a rate that the port refuses", function()
    local channel, port = module_in_data_mode(function() return true end)
    port.set_baud = function() return nil, core.error("io", "no such rate") end
    assert.equal("io", select(2, DataMode.call_back(channel, { baud = 1, guard_s = 1, resync_timeout_s = 1 })).kind)
    assert.same({}, port.heard)
  end)
end)
