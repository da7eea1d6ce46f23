local Module = require "dfota.sim.module"
local Transmitter = require "dfota.sim.transmitter"

describe("The simulated module's output", function()
  local m

  local function new(spec, seed)
    m = assert(Module.new(spec or {}, seed))
    return m
  end

  before_each(function() new() end)

  local function said() return m:output() end

  -- All of it, however late.
  local function said_till(t)
    m:advance(t)
    return m:output()
  end

  it("is sent as it is if already formatted", function()
    Transmitter.send(m, "a\0b")
    assert.equal("a\0b", said())
  end)

  it("is a framed line, without the leading line end after ATV0", function()
    Transmitter.line(m, "+CSQ: 25,0")
    assert.equal("\r\n+CSQ: 25,0\r\n", said())
    m.session.verbose = false
    Transmitter.line(m, "+CSQ: 25,0")
    assert.equal("+CSQ: 25,0\r\n", said())
  end)

  it("is a textual result, or a digit after ATV0 if it has one", function()
    for text, digits in pairs {
      OK = "0\r", CONNECT = "1\r", RING = "2\r", ERROR = "4\r", ["+CME ERROR: 10"] = "+CME ERROR: 10\r\n",
      ["DEACT OK"] = "DEACT OK\r\n", ["COMMAND NO RESPONSE!"] = "COMMAND NO RESPONSE!\r\n",
    } do
      m.session.verbose = true
      Transmitter.result(m, text)
      assert.equal("\r\n" .. text .. "\r\n", said())
      m.session.verbose = false
      Transmitter.result(m, text)
      assert.equal(digits, said())
    end
  end)

  it("from a canned text is framed line by line, or sent as it is if it contains a CR", function()
    Transmitter.as_written(m, "a\nb")
    assert.equal("\r\na\r\n\r\nb\r\n", said())
    Transmitter.as_written(m, "a\r\nb")
    assert.equal("a\r\nb", said())
    Transmitter.as_written(m, "")
    assert.equal("", said())
  end)

  it("is logged line by line and result by result", function()
    Transmitter.line(m, "a")
    m.session.verbose = false
    Transmitter.result(m, "OK")
    local log = {}
    for _, entry in ipairs(m.log) do
      if entry.what == "line" then log[#log + 1] = entry.detail end
    end
    assert.same({ "a", "0" }, log)
  end)

  describe("is suppressed", function()
    for name, silence in pairs {
      ["while it is muted"] = function() m.muted = true end,
      ["before its rate is learnt"] = function() m.rate = nil end,
      ["without power"] = function() m.state = "off" end,
      ["from an ended life"] = function() m.acting = m.life - 1 end,
    } do
      it(name, function()
        silence()
        Transmitter.send(m, "a")
        Transmitter.line(m, "b")
        Transmitter.result(m, "OK")
        m.session.verbose = false
        Transmitter.result(m, "OK")
        Transmitter.urc(m, "RING")
        m.acting, m.state, m.muted, m.rate = m.life, "ready", false, 115200
        assert.equal("", said())
      end)
    end
  end)

  it("is different bytes, as many as its receiver samples, at a wrong rate", function()
    for client, count in pairs { [115200] = 40, [57600] = 20, [230400] = 80, [921600] = 160, [300] = 1 } do
      new()
      m:line(client)
      Transmitter.send(m, ("U"):rep(40))
      local bytes = said()
      assert.equal(count, #bytes, client)
      assert.equal(client == 115200, bytes == ("U"):rep(40))
    end
  end)

  describe("of URCs", function()
    it("comes at once if no command is running, and else after the final result code, in order", function()
      Transmitter.urc(m, "RING")
      assert.equal("\r\nRING\r\n", said())
      m.busy = {}
      Transmitter.urc(m, "a")
      Transmitter.urc(m, "b")
      assert.equal("", said())
      m.busy = nil
      Transmitter.flush(m)
      assert.equal("\r\na\r\n\r\nb\r\n", said())
      Transmitter.flush(m)
      assert.equal("", said())
    end)

    it("is held again if the next command is already running", function()
      m.busy = {}
      Transmitter.urc(m, "a")
      Transmitter.flush(m)
      assert.equal("", said())
      assert.equal(1, #m.held)
    end)

    it("is a place for faults, by its name, when it comes", function()
      new { hang = "urc:deact" }
      m.busy = {}
      Transmitter.urc(m, "+PDP DEACT", "deact")
      assert.equal("ready", m.state)
      m.busy = nil
      Transmitter.flush(m)
      assert.equal("hung", m.state)
    end)
  end)

  describe("of an error", function()
    for _, case in ipairs {
      { 0, true, "ERROR" }, { 1, true, "+CME ERROR: 10" }, { 1, false, "+CME ERROR:10" },
      { 2, true, "+CME ERROR: SIM not inserted" }, { 2, false, "+CME ERROR:SIM not inserted" },
    } do
      it(("is %s, by AT+CMEE=%d"):format(case[3], case[1]), function()
        new { cme_blank = case[2] }
        m.session.cmee = case[1]
        assert.equal(case[3], Transmitter.cme(m, 10))
      end)
    end

    it("has its code if there is no text for it", function()
      m.session.cmee = 2
      assert.equal("+CME ERROR: 6508", Transmitter.cme(m, 6508))
    end)
  end)

  describe("may have faults:", function()
    local FRAME = "\r\nRING\r\n"

    it("it is lost", function()
      new { drop_at = "1" }
      Transmitter.line(m, "RING")
      Transmitter.line(m, "RDY")
      assert.equal("\r\nRDY\r\n", said())
    end)

    it("it comes twice", function()
      new { double_at = "1" }
      Transmitter.line(m, "RING")
      assert.equal(FRAME .. FRAME, said())
    end)

    it("it comes late, and so does everything after it", function()
      new { delay_at = "1", delay_s = 2 }
      Transmitter.line(m, "RING")
      Transmitter.line(m, "RDY")
      assert.equal("", said_till(1.9))
      assert.equal(FRAME .. "\r\nRDY\r\n", said_till(2))
    end)

    it("it comes in two pieces, with silence between them", function()
      for seed = 1, 20 do
        new({ split_at = "1", split_s = 0.5 }, seed)
        Transmitter.line(m, "RING")
        local first = said()
        assert.is_true(#first >= 1 and #first < #FRAME)
        assert.equal("", said_till(0.49))
        assert.equal(FRAME, first .. said_till(0.5))
      end
    end)

    it("it has noise before it", function()
      for seed = 1, 20 do
        new({ noise_at = "1" }, seed)
        Transmitter.line(m, "RING")
        local bytes = said()
        assert.equal(FRAME, bytes:sub(-#FRAME))
        assert.is_true(#bytes > #FRAME and #bytes <= #FRAME + 12)
      end
    end)

    it("it is corrupted", function()
      new { garble_at = "1" }
      Transmitter.line(m, "RING")
      local bytes = said()
      assert.not_equal(FRAME, bytes)
      Transmitter.line(m, "RING")
      assert.equal(FRAME, said())
    end)

    it("it is the last line before a fault", function()
      new { hang = "line:2" }
      Transmitter.line(m, "RING")
      assert.equal("ready", m.state)
      Transmitter.line(m, "RING")
      assert.equal("hung", m.state)
    end)
  end)
end)
