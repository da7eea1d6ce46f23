local Module = require "dfota.sim.module"
local Options = require "dfota.sim.options"

describe("A simulated module", function()
  local function new(spec, seed) return assert(Module.new(spec, seed)) end

  local function ask(m, line, t)
    m:input(line .. "\r", t or m.t)
    m:advance(m.t + 1)
    return m:output()
  end

  it("is created from a few switches, a whole set, or none", function()
    for _, spec in ipairs { {}, { revision = "A" }, Options.parse "revision=B" } do
      assert.equal(spec.revision or "MC65FAR01A01", new(spec).revision)
    end
    local m = new()
    assert.same({ "ready", 0, 0, 0, {} }, { m.state, m.triggers, m.accepted, m.updates, m.files })
  end)

  it("is not created with an unknown switch, or one of the wrong kind", function()
    for _, spec in ipairs { { nonsense = 1 }, { csq = "strong" }, { sim = "lost" }, { echo = 2 } } do
      local m, err = Module.new(spec)
      assert.is_nil(m)
      assert.equal("usage", err.kind)
    end
  end)

  it("is switched by its key when that is let go after a second, by DTR only if it is wired to the key", function()
    for _, case in ipairs {
      { "pwrkey", 1.5, "off" }, { "pwrkey", 0.5, "ready" }, { "free", 1.5, "ready" },
    } do
      local m = new { dtr = case[1], power_down_s = 0 }
      m:dtr(true, 1)
      m:dtr(true, 1 + case[2]) -- still held
      assert.equal("ready", m.state)
      m:dtr(false, 1 + case[2])
      m:advance(60)
      assert.equal(case[3], m.state, case[1] .. case[2])
      m:dtr(false, 61) -- it was not pressed
      assert.equal(case[3], m.state)
    end
  end)

  it("does no I/O and keeps no clock: bytes and time in, bytes and time out", function()
    local m = new { echo = false, reply_s = 2 }
    m:input("AT+CSQ\r", 10)
    assert.same({ "", 12 }, { m:output(), m:next_time() })
    m:advance(11.99)
    assert.equal("", m:output())
    m:advance(12)
    assert.equal("\r\n+CSQ: 25,0\r\n\r\nOK\r\n", m:output())
    assert.is_nil(m:next_time())
  end)

  it("has the time it is given, and never goes back", function()
    local m = new()
    m:advance(5)
    m:advance(3)
    assert.equal(5, m.t)
    m:input("", 7)
    assert.equal(7, m.t)
    m:line(9600, false, 8)
    assert.equal(8, m.t)
    m:power(true, 9)
    assert.equal(9, m.t)
  end)

  it("handles what happens between two calls at its own time, in order", function()
    local m, seen = new(), {}
    for _, t in ipairs { 3, 1, 2 } do m.timers:add(t, function() seen[#seen + 1] = m.t end, "world") end
    m:advance(10)
    assert.same({ 1, 2, 3 }, seen)
    assert.equal(10, m.t)
  end)

  it("calls nothing from an ended life", function()
    local m, called = new(), {}
    m:after(5, function() called[#called + 1] = "old" end)
    m.timers:add(5, function() called[#called + 1] = "world" end, "world")
    m:power(false, 1)
    m:after(5, function() called[#called + 1] = "by what still belongs to the old one" end)
    m:advance(1)
    m:after(5, function() called[#called + 1] = "new" end)
    m:advance(10)
    assert.same({ "world", "new" }, called)
  end)

  it("repeats the same case for the same seed, given separately or among the switches", function()
    local function play(spec_seed, seed)
      local m = new({ chatter = 0.5, garble = 0.2, noise = 0.2, echo = false, seed = spec_seed }, seed)
      local text = ""
      for _ = 1, 30 do text = text .. ask(m, "AT+CSQ") end
      return text
    end
    assert.equal(play(1, 4), play(1, 4))
    assert.not_equal(play(1, 4), play(1, 5))
    assert.equal(play(1, 4), play(4))
  end)

  describe("tells when the next event happens", function()
    it("that it sends something", function()
      local m = new { echo = false, reply_s = 0, link = "9600" }
      m:input("AT\r", 0)
      local arrival = m:next_time() -- the command is still on the line
      assert.is_true(math.abs(arrival - 3 / 960) < 1e-9)
      m:advance(arrival)
      assert.is_true(math.abs(m:next_time() - arrival - 6 / 960) < 1e-9)
    end)

    it("or that nothing does", function() assert.is_nil(new():next_time()) end)

    it("and of two things the earlier", function()
      local m = new { echo = false, reply_s = 5 }
      m:after(7, function() end)
      m:input("AT+CSQ\r", 0)
      assert.equal(5, m:next_time())
      m:after(3, function() end)
      assert.equal(3, m:next_time())
    end)
  end)

  describe("on a line", function()
    it("is at a wrong rate only if both are known and differ", function()
      local m = new { ipr = 9600 }
      assert.is_false(m:wrong_rate())
      for baud, wrong in pairs { [9600] = false, [115200] = true } do
        m:line(baud)
        assert.equal(wrong, m:wrong_rate())
      end
      m.rate = nil
      assert.is_false(m:wrong_rate())
      m = new { ipr = 9600, any_baud = true }
      m:line(115200)
      assert.is_false(m:wrong_rate())
    end)

    it("takes as long as its rate requires, that of the switch or its own", function()
      for link, seconds in pairs { ["4800"] = 100 / 480, baud = 100 / 960, off = 0 } do
        local m = new { ipr = 9600, link = link }
        m.link:send(("x"):rep(100), 0)
        assert.is_true(math.abs(m.link:next_out() - seconds) < 1e-9, link)
      end
    end)

    it("accepts what its line accepts, and nothing while flow control stops it", function()
      local m = new { ifc = "2+2" }
      m:line(115200, true)
      assert.equal(math.maxinteger, m:room())
      m.data = { stalled = true }
      assert.equal(0, m:room())
      m.session.ifc = "0,0"
      assert.equal(math.maxinteger, m:room(), "it was not told to use flow control")
      m.session.ifc, m.client_rtscts = "2,2", false
      assert.equal(math.maxinteger, m:room(), "the client does not look")
    end)

    it("receives nothing without power", function()
      local m = new { state = "off" }
      m:input("AT\r", 0)
      assert.is_nil(m:next_time())
    end)
  end)

  describe("logs", function()
    it("what happened, and when", function()
      local m = new { echo = false }
      ask(m, "AT+CSQ", 3)
      local entry = m.log[1]
      assert.same({ 3, "command", "+CSQ" }, { entry.t, entry.what, entry.detail })
    end)

    it("only the end of a very long run", function()
      local m = new()
      for i = 1, 45000 do m:note("x", i) end
      assert.is_true(#m.log <= 20001)
      assert.equal(45000, m.log[#m.log].detail)
      for i = 2, #m.log do assert.equal(m.log[i - 1].detail + 1, m.log[i].detail) end
    end)
  end)

  it("has a stale package if set", function()
    assert.is_nil(new().files["fota.pack"])
    assert.equal(1, #new({ stale_pack = 1 }).files["fota.pack"])
    assert.equal(100, #new({ stale_pack = 100 }).files["fota.pack"])
  end)

  it("has a fault at its place, but not in an ended life", function()
    local m = new { hang = "command:X" }
    m.acting = 0
    m:fault("command", "X")
    assert.equal("ready", m.state)
    m.acting = m.life
    m:fault("command", "Y")
    assert.equal("ready", m.state)
    m:fault("command", "X")
    assert.equal("hung", m.state)
  end)

  describe("that wants to download a URL", function()
    local function wanting(m)
      local heard = {}
      m.request = { url = "http://h/a", news = function(news) heard[#heard + 1] = news end }
      return m.request, heard
    end

    it("requests it once", function()
      local m = new()
      assert.is_nil(m:take_request())
      local request = wanting(m)
      assert.equal(request, m:take_request())
      assert.is_nil(m:take_request())
    end)

    it("receives its progress, as long as it wants to", function()
      local m = new()
      local request, heard = wanting(m)
      assert.is_true(m:fetched(request, { received = 5 }, 3))
      assert.same({ { { received = 5 } }, 3 }, { heard, m.t })
      m:power(false)
      assert.is_false(m:fetched(request, { received = 6 }, 4))
      assert.equal(1, #heard)
    end)

    it("no longer wants it after the news that ended it", function()
      local m = new()
      local request = wanting(m)
      request.news = function() m.request = nil end
      assert.is_false(m:fetched(request, { body = "x" }, 1))
    end)
  end)

  it("processes held input once, after what is due now", function()
    local m = new { echo = false }
    m.pending = "AT\r"
    m:resume_input()
    assert.equal("", m.pending)
    m:resume_input()
    m:advance(1)
    assert.equal("\r\nOK\r\n", m:output())
  end)
end)
