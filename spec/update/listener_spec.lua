local Progress = require "dfota.update.progress"
local Listener = require "dfota.update.listener"
local core = require "dfota.core"

local SET = { follow_s = 1000, recover_s = 100, rate_change_s = 10 }

-- An ear on a line of which nothing is real. `lines`: { seconds, line }, or { seconds, error }; `half`: what was half
-- read; `reopen` function(n) for the n-th attempt, a second apart.
local function ear_on(opts)
  opts = opts or {}
  local t, rate, lines, tries = opts.t or 0, opts.rate or 115200, opts.lines or {}, 0
  local seen = { waits = {}, ages = {}, events = {}, rates = {}, listened = {}, replaced = {} }
  local channel = { port = { baud = function() return rate end } }
  function channel.listen(_, seconds)
    seen.listened[#seen.listened + 1] = seconds
    local due = lines[1]
    if due and due[1] <= t + seconds then
      t = math.max(t, due[1])
      table.remove(lines, 1)
      if core.is_error(due[2]) then return nil, due[2] end
      return due[2]
    end
    t = t + seconds
    return nil, core.error("timeout", "nothing came")
  end
  local queued = opts.queued or {}
  function channel.queued() return table.remove(queued, 1) end
  function channel.half_read() return opts.half or "" end
  function channel.set_baud(_, baud)
    rate = baud
    seen.rates[#seen.rates + 1] = baud
  end
  function channel.replace_port(_, port) seen.replaced[#seen.replaced + 1] = port end
  local progress = Progress.new "file"
  for _, line in ipairs(opts.before or {}) do progress:feed(line) end
  local set = {}
  for name, value in pairs(SET) do set[name] = value end
  for name, value in pairs(opts.set or {}) do set[name] = value end
  local ear = Listener.new {
    channel = channel, progress = progress, set = set, adaptive = opts.adaptive, tick_s = opts.tick_s,
    clock = function() return t end, on_wait = function(text) seen.waits[#seen.waits + 1] = text end,
    on_tick = function(age_s) seen.ages[#seen.ages + 1] = age_s end,
    on_event = function(event) seen.events[#seen.events + 1] = event.name or event.percent end,
    leave = function() return opts.leaves or false end,
    reopen = function()
      tries = tries + 1
      t = t + 1
      return opts.reopen(tries)
    end,
  }
  return ear, seen, function() return t end, function() return tries end
end

describe("Listening to a module that updates itself", function()
  it("passes its lines on, and counts only the update's own, boot and power lines as activity", function()
    for line, is_word in pairs {
      ['+QIND: "FOTA","START"'] = true, RDY = true, ["Call Ready"] = true, ["UNDER_VOLTAGE WARNING"] = true,
      ["NORMAL POWER DOWN"] = true, ["+CREG: 1"] = false, RING = false, ["+CMTI: 1"] = false, OK = false,
    } do
      local ear = ear_on { lines = { { 5, line } } }
      local reason, heard = ear:listen(20)
      assert.same({ nil, line, is_word and 5 or 0 }, { reason, heard, ear.last_word_s }, line)
    end
    local ear, seen = ear_on { lines = { { 1, '+QIND: "FOTA","UPDATING",20%' } } }
    ear:listen(5)
    assert.same({ "update", 20 }, seen.events)
  end)

  it("says what it is waiting for, once per silence", function()
    local ear, seen = ear_on { lines = { { 5, "RING" }, { 6, "RDY" } } }
    ear:explain "a"
    ear:explain "b"
    ear:listen(10)
    ear:explain "c"
    ear:listen(10)
    ear:explain "d"
    assert.same({ "a", "d" }, seen.waits)
  end)

  it("shows the time since the last activity with each tick, and keeps its deadline", function()
    local ear, seen, now = ear_on { tick_s = 2, lines = { { 1, "RDY" } } }
    for _ = 1, 4 do ear:listen(5) end
    assert.same({ { 2, 2, 2, 2 }, { 2, 4, 6 }, 7 }, { seen.listened, seen.ages, now() })
    ear, seen = ear_on()
    ear:listen(5)
    assert.same({ { 5 }, {} }, { seen.listened, seen.ages })
    ear, seen = ear_on { set = { follow_s = 3 } }
    ear:listen(1)
    assert.is_false(ear:over())
    ear:listen(5)
    assert.is_true(ear:over())
    ear:listen(5) -- what comes behind is bounded by whoever asks
    ear:listen(-1)
    assert.same({ 1, 2, 5, 0 }, seen.listened)
  end)

  describe("whose rate may change", function()
    local QUIET = { adaptive = true, rate = 9600 }

    local function with(more)
      local all = {}
      for name, value in pairs(QUIET) do all[name] = value end
      for name, value in pairs(more) do all[name] = value end
      return ear_on(all)
    end

    local function pass(ear, now, till)
      while now() < till do ear:listen(till - now()) end
    end

    it("switches to 115200 after a silence, and no further", function()
      local ear, seen, now = with {}
      pass(ear, now, 9.9)
      assert.same({}, seen.rates)
      pass(ear, now, 30)
      assert.same({ 115200 }, seen.rates)
    end)

    it("counts the silence from the last line of any kind", function()
      local ear, seen, now = with { lines = { { 8, "RING" } } }
      pass(ear, now, 17.9)
      assert.same({}, seen.rates)
      pass(ear, now, 18.2)
      assert.same({ 115200 }, seen.rates)
    end)

    it("inspects partial input every 100 ms until then, because another rate gives no whole line", function()
      local ear, seen = with {}
      ear:listen(5)
      assert.same({ 0.1 }, seen.listened)
      ear, seen = with { rate = 115200 }
      ear:listen(5)
      assert.same({ 5 }, seen.listened)
    end)

    it("changes the rate on noise, back and forth", function()
      for noise, changes in pairs {
        ["\x80"] = true, ["\x80abc"] = true, ["\x80abcd"] = false, ["\x80\x81abcdef"] = true, ["abc"] = false,
        ["\x80\x81abcdefg"] = false, ["a\tb\r\n c~"] = false, ["\127abc"] = true, ["\31abc"] = true,
      } do
        local ear, seen = with { lines = { { 0.05, noise } } }
        ear:listen(0.1)
        assert.same(changes and { 115200 } or {}, seen.rates, noise)
      end
      local ear, seen = with { half = "\x80\x80" }
      for _ = 1, 3 do ear:listen(0.1) end
      assert.same({ 115200, 9600, 115200 }, seen.rates)
    end)

    it("has its full time again after each change", function()
      local ear, seen, now = with { lines = { { 11, "\x80\x80" } } }
      pass(ear, now, 20.9)
      assert.same({ 115200, 9600 }, seen.rates)
      pass(ear, now, 21.2)
      assert.same({ 115200, 9600, 115200 }, seen.rates)
    end)

    it("keeps its rate in a download, except on noise", function()
      local DOWNLOAD = { '+QIND: "FOTA","DOWNLOADING",20%' }
      local ear, seen, now = with { before = DOWNLOAD }
      pass(ear, now, 30)
      assert.same({ {}, 30 }, { seen.rates, seen.listened[1] })
    end)

    it("keeps its rate if it is fixed, or 115200 was detected", function()
      for _, opts in ipairs { { rate = 9600 }, { rate = 115200, adaptive = true } } do
        opts.half = "\x80\x80"
        local ear, seen, now = ear_on(opts)
        pass(ear, now, 30)
        assert.same({}, seen.rates)
      end
    end)

    it("is never set to 0, which a lost port returns", function()
      local ear, seen = ear_on()
      ear:listen_at(0)
      ear:listen_at(9600)
      assert.same({ 9600 }, seen.rates)
    end)
  end)

  describe("after the port is lost", function()
    local LOST = core.error("hangup", "the port is gone")
    local function never() return nil, core.error("port_missing", "no such port") end

    it("waits for it, says so, and listens at the module's last rate", function()
      local PORT = {}
      local ear, seen, now, tries = ear_on { rate = 9600, lines = { { 1, "RDY" }, { 2, LOST } },
        reopen = function(n)
          if n >= 4 then return PORT end
          return never()
        end }
      ear:found_at(57600)
      ear:listen(10)
      assert.is_nil(ear.reopened)
      ear:listen(10)
      assert.same({ 4, { PORT }, { 9600 }, true, 6 }, { tries(), seen.replaced, seen.rates, ear.reopened, now() })
      assert.equal(6, ear.last_word_s)
      assert.same({ "the port is gone; waiting up to 100 s for the port to come back. Keep the module powered: "
        .. "the update continues" }, seen.waits)
      ear:found_at(57600)
      assert.is_nil(ear:trouble(LOST))
      assert.equal(57600, seen.rates[2])
    end)

    it("gives up after recover_s or follow_s, showing the time since the last activity", function()
      for _, case in ipairs { { 100, {} }, { 30, { follow_s = 30 } } } do
        local ear, seen, now = ear_on { set = case[2], reopen = never, tick_s = 1 }
        assert.same({ "lost", case[1] }, { ear:trouble(LOST), now() })
        assert.equal(case[1], #seen.ages)
        assert.equal(case[1], seen.ages[#seen.ages])
      end
    end)

    it("continues after a signal unless the user stops, and ends if the port is gone for good", function()
      local function interrupted() return nil, core.error("interrupted", "a signal") end
      assert.equal("left", (ear_on { reopen = interrupted, leaves = true }):trouble(LOST))
      assert.equal("lost", (ear_on { reopen = interrupted, leaves = false }):trouble(LOST))
      assert.equal("lost", (ear_on { reopen = never, leaves = true }):trouble(LOST))
      local ear, seen, now = ear_on { reopen = function() return nil, core.error("pty_gone", "it ended") end }
      assert.same({ "gone", 1, "it ended" }, { ear:trouble(LOST), now(), seen.waits[2] })
    end)
  end)

  it("continues after errors that are not the port's, and after a signal unless the user stops", function()
    for _, kind in ipairs { "timeout", "no_answer", "refused", "cme", "cms", "reboot", "power" } do
      assert.is_nil((ear_on { leaves = true }):trouble(core.error(kind, "no")))
    end
    assert.equal("left", (ear_on { leaves = true }):trouble(core.error("interrupted", "a signal")))
    assert.is_nil((ear_on { leaves = false }):trouble(core.error("interrupted", "a signal")))
    local ear = ear_on { leaves = true, lines = { { 1, core.error("interrupted", "a signal") } } }
    assert.equal("left", ear:listen(5))
  end)

  it("takes the lines received with a reply: boot lines only if they replaced the reply", function()
    for running, booted in pairs { [true] = false, [false] = true } do
      local ear = ear_on { queued = { "RDY", "+CREG: 1", '+QIND: "FOTA","UPDATING",20%', "Call Ready" } }
      ear:take_queued(running)
      assert.same({ booted, 20 }, { ear.progress.booted or false, ear.progress.percent })
    end
  end)

  it("pauses, but notices an update that continues", function()
    local ear, _, now = ear_on { lines = { { 1, "RING" }, { 2, "RDY" } } }
    assert.is_nil(ear:pause(5))
    assert.equal(5, now())
    ear, _, now = ear_on { before = { '+QIND: "FOTA","END",0' },
      lines = { { 1, '+QIND: "FOTA","END",0' }, { 3, '+QIND: "FOTA","START"' } } }
    assert.same({ "updating", 3 }, { ear:pause(5), now() })
    ear = ear_on { leaves = true, lines = { { 1, core.error("interrupted", "a signal") } } }
    assert.equal("left", ear:pause(5))
  end)
end)
