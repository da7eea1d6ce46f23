local Monitor = require "dfota.update.monitor"
local Progress = require "dfota.update.progress"
local Package = require "dfota.sim.package"
local SimPort = require "dfota.sim.virtual_port"
local Transport = require "dfota.config.transport"
local core = require "dfota.core"
local virtual = require "support.virtual"

local A, B = "MC65FAR01A01", "MC65FAR01A02"

-- A module that has been triggered, and one who follows it.
local function triggered(spec, options)
  options = options or {}
  local modem, m, port = virtual.modem(spec, options.set)
  if options.url then
    assert(modem.pdp:activate())
    assert.is_true(modem:trigger({ transport = Transport.url "http://h/a" }).taken)
  else
    m.files["fota.pack"] = options.package or Package.make(A, B, 1000)
    modem:trigger { transport = Transport.file() }
  end
  port.fault = options.fault or {}
  local seen = { events = {}, waits = {}, ages = {}, began = port:now() }
  port:tap(function(direction, _, t)
    if direction == "tx" then seen.first_tx = seen.first_tx or t end
  end)
  local monitor = Monitor.new {
    channel = modem.channel, modem = modem, set = modem.set, progress = Progress.new(options.url and "url" or "file"),
    bauds = { 115200 }, clock = function() return port.clock.t end,
    on_event = function(event) seen.events[#seen.events + 1] = event.name or event.percent end,
    on_wait = function(text) seen.waits[#seen.waits + 1] = text end,
    on_tick = function(age_s) seen.ages[#seen.ages + 1] = age_s end,
    tick_s = options.tick_s,
    leave = options.leave or function() return false end,
    reopen = options.reopen or function() error "the port was not lost" end,
  }
  return monitor, m, port, seen
end

local function wants(revision)
  return function(found) return found == revision end
end

-- Follows to the verdict's revision, as a job does.
local function to_revision(monitor)
  while true do
    local reason = monitor:until_end()
    if reason == "lost" or reason == "left" then return nil, reason end
    local revision, why = monitor:verify(wants(B))
    if revision then return revision, reason end
    if why ~= "updating" then return nil, why end
    monitor.progress.booted = nil
  end
end

describe("Following an update to the module's own word", function()
  for name, case in pairs {
    ["from a file"] = { {}, {}, "ended" },
    ["from a URL"] = { {}, { url = true }, "ended" },
    ["spelt as in the note's tables"] = { { spelling = "table" }, { url = true }, "ended" },
    ["spelt as a sibling's boot loader does"] = { { spelling = "rda" }, {}, "ended" },
    ["with START before the reboot and END behind the boot"] =
      { { start = "before", ["end"] = "after" }, {}, "booted" },
    ["with a reboot in between"] = { { second_reboot = 50 }, {}, "ended" },
    ["whose END is lost"] = { { lost = "end" }, {}, "booted" },
    ["whose START is lost"] = { { lost = "start" }, {}, "ended" },
    ["of which only END is heard"] = { { lost = "start+updating+httpstart+downloading+httpend+deact" }, {}, "ended" },
    ["of which nothing is heard but the boot"] = { { lost = "start+updating+end" }, {}, "booted" },
    ["of which nothing is heard at all"] = { { lost = "start+updating+end", boot_lines = false }, {}, "answered" },
    ["whose lines come twice"] = { { twice = "start+updating+end" }, {}, "ended" },
    ["with noise from the boot ROM"] = { { boot_noise = true }, {}, "ended" },
    ["with a power cut in the update"] = { { power_cut = "update:50" }, {}, "ended" },
    ["with a power cut at its start"] = { { power_cut = "start" }, {}, "ended" },
    ["with a power cut at its end"] = { { power_cut = "end" }, {}, "ended" },
    ["that begins once more after its end"] = { { power_cut = "end", redo_after_end = true }, {}, "ended" },
    ["with the supply going low"] = { { low_voltage = "update:50" }, {}, "ended" },
    ["that takes an hour"] = { { update_s = 3600 }, {}, "ended" },
    ["that reboots for minutes"] = { { reboot_s = 150, boot_s = 20 }, {}, "ended" },
  } do
    it("works " .. name, function()
      local monitor, m = triggered(case[1], case[2])
      local revision, reason = to_revision(monitor)
      assert.same({ B, case[3] }, { revision, reason })
      assert.equal(1, m.triggers)
    end)
  end

  it("tells what it sees", function()
    local monitor, _, _, seen = triggered { update_step = 50 }
    monitor:until_end()
    assert.same({ "update", 50, 100, "reboot" }, seen.events)
  end)

  it("sends nothing while the module speaks", function()
    local monitor, _, _, seen = triggered { update_s = 600 }
    assert.equal("ended", monitor:until_end())
    assert.is_nil(seen.first_tx)
  end)

  it("does not take the old revision for the last word before the module has rebooted", function()
    local monitor = triggered { end_s = 40, reboot_s = 5 }
    assert.equal("ended", monitor:until_end())
    assert.equal(B, monitor:verify(wants(B)))
  end)

  it("takes the old revision at once after a failure", function()
    local monitor, _, port = triggered { fail = "end:6508" }
    assert.equal("ended", monitor:until_end())
    local ended = port:now()
    assert.equal(A, monitor:verify(wants(B)))
    assert.same({ 6508, "END" }, { monitor.progress:failure() })
    assert.is_true(port:now() - ended < 15)
  end)

  it("takes another revision that stays for the last word", function()
    local monitor, _, port = triggered { result = "C" }
    monitor:until_end()
    local ended = port:now()
    assert.equal("C", monitor:verify(wants(B)))
    assert.is_true(port:now() - ended < 60)
  end)

  it("ends with a failed download", function()
    local monitor = triggered({ fail = "httpend:6503" }, { url = true })
    assert.equal("ended", monitor:until_end())
    assert.same({ 6503, "HTTPEND" }, { monitor.progress:failure() })
  end)
end)

describe("A silence", function()
  local mute = "start+updating+end+httpstart+downloading+httpend+deact"

  it("is borne for its full time before AT is asked", function()
    local monitor, _, port, seen = triggered({ lost = mute, update_s = 500 }, { set = { update_silence_s = 77 } })
    assert.not_equal("lost", monitor:until_end())
    assert.is_true(seen.first_tx >= seen.began + 77 and seen.first_tx < seen.began + 78)
    assert.is_true(port:now() > 500)
    assert.is_truthy(seen.waits[1]:find("no word for 77 s", 1, true))
  end)

  it("is explained once, not with each question", function()
    local monitor, _, _, seen = triggered({ lost = mute, update_s = 500 }, { set = { update_silence_s = 10 } })
    monitor:until_end()
    assert.equal(1, #seen.waits)
  end)

  it("before the first sign of a download has a time of its own", function()
    local monitor, _, _, seen = triggered({ lost = mute, http = "real" }, { url = true, set = { http_start_s = 33 } })
    assert.equal("answered", monitor:until_end())
    assert.is_true(seen.first_tx >= 33 and seen.first_tx < 40)
  end)

  it("in the download has a time of its own", function()
    local spec = { lost = "httpend", fail = "httpend:6503", fail_percent = 50 }
    local monitor, _, port, seen = triggered(spec, { url = true, set = { download_silence_s = 44 } })
    assert.equal("answered", monitor:until_end())
    assert.is_true(seen.first_tx - seen.began >= 44 and port:now() - seen.began < 44 + 600 + 60)
  end)

  it("after the context was lost in the download is borne only for its grace", function()
    local monitor, _, port, seen = triggered({ pdp_drop = "download:30", lost = "httpend" },
      { url = true, set = { deact_grace_s = 15 } })
    assert.equal("answered", monitor:until_end())
    assert.is_true(monitor.progress.context_lost)
    assert.is_true(port:now() - seen.began < 30)
  end)

  it("that never ends is given up after recover_s", function()
    local set = { update_silence_s = 100, recover_s = 200 }
    local monitor, _, port, seen = triggered({ hang = "update:10" }, { set = set })
    assert.equal("lost", monitor:until_end())
    local waited = port:now() - seen.began
    assert.is_true(waited >= 300 and waited < 320, tostring(waited))
  end)

  it("after the end shows the age of the last word as well", function()
    local monitor, _, _, seen = triggered({ reboot_s = 40 }, { tick_s = 1 })
    assert.equal("ended", monitor:until_end())
    seen.ages = {}
    assert.equal(B, monitor:verify(wants(B)))
    assert.is_true(#seen.ages > 5 and math.max(table.unpack(seen.ages)) > 20)
  end)

  it("of a module without power is given up as well", function()
    local monitor = triggered({ power_cut = "update:50", power_back_s = "never" },
      { set = { update_silence_s = 100, recover_s = 200 } })
    assert.same({ nil, "lost" }, { to_revision(monitor) })
  end)
end)

describe("A module in adaptive mode", function()
  it("is heard at 115200 in its update, whatever rate it had learnt", function()
    local modem, m, port = virtual.modem { ipr = 0 }
    assert(port:set_baud(9600))
    assert(modem.channel:sync { timeout_s = 5 })
    m.files["fota.pack"] = Package.make(A, B, 1000)
    modem:trigger { transport = Transport.file() }
    local percents = 0
    local monitor = Monitor.new {
      channel = modem.channel, modem = modem, set = modem.set, progress = Progress.new "file", bauds = { 9600, 115200 },
      adaptive = true, clock = function() return port.clock.t end, on_wait = function() end, leave = function() end,
      on_event = function(event) percents = percents + (event.percent and 1 or 0) end,
    }
    assert.equal(B, (to_revision(monitor)))
    assert.is_true(percents > 0)
  end)
end)

describe("A signal", function()
  it("does not end the following unless the user insists", function()
    local presses = 0
    local monitor = triggered({ update_s = 60 }, {
      fault = { { at = 10, action = "interrupt" }, { at = 20, action = "interrupt" } },
      leave = function()
        presses = presses + 1
        return false
      end,
    })
    assert.equal(B, (to_revision(monitor)))
    assert.equal(2, presses)
  end)

  it("ends it where the user does", function()
    local monitor, _, port = triggered({ update_s = 60 }, {
      fault = { { at = 10, action = "interrupt" } }, leave = function() return true end,
    })
    assert.equal("left", monitor:until_end())
    assert.is_true(port:now() < 11)
  end)
end)

describe("A lost port", function()
  it("is opened again and the update followed to its end", function()
    local m, port
    local tries = 0
    local monitor
    monitor, m, port = triggered({ update_s = 60 }, {
      fault = { { at = 10, action = "hangup", back_s = 5 } },
      reopen = function()
        tries = tries + 1
        port.clock.t = port.clock.t + 1
        return SimPort.new(m, port.clock)
      end,
    })
    local revision = to_revision(monitor)
    assert.equal(B, revision)
    assert.is_true(tries >= 5)
    assert.equal(1, m.triggers)
  end)

  it("that does not come back within recover_s leaves the outcome unknown", function()
    local port
    local monitor, seen, _
    monitor, _, port, seen = triggered({ update_s = 60 }, {
      set = { recover_s = 100 }, fault = { { at = 10, action = "hangup" } }, tick_s = 1,
      reopen = function()
        port.clock.t = port.clock.t + 1
        return nil, core.error("port_missing", "gone")
      end,
    })
    assert.equal("lost", monitor:until_end())
    assert.is_true(port.clock.t >= 110 and port.clock.t < 115)
    assert.is_true(seen.ages[#seen.ages] >= 98, "nobody saw how long it took")
    assert.is_truthy(seen.waits[1]:find("up to 100 s for the port to come back", 1, true))
  end)
end)

describe("The revision after an update", function()
  -- What each question brings: a revision, "-" for silence, "boot" for a boot line and then the next.
  local function verified(says, options)
    options = options or {}
    local monitor, _, port = triggered({}, { set = options.set })
    monitor.progress = Progress.new "file"
    monitor.ear.progress = monitor.progress
    if options.code then monitor.progress:feed(('+QIND: "FOTA","END",%d'):format(options.code)) end
    local asked = 0
    local function word() return says[math.min(asked, #says)] end
    monitor.channel = {
      port = port, queued = function() end,
      sync = function()
        asked = asked + 1
        if word() == "boot" then
          monitor.progress:feed "RDY"
          asked = asked + 1
        end
        if word() == "updating" then return { updating = true } end
        if word() == "-" then return nil, core.error("no_answer", "silence") end
        return { answered = true, baud = 115200 }
      end,
    }
    monitor.ear.channel = {
      port = port, queued = function() end, half_read = function() return "" end,
      listen = function(_, s)
        port.clock.t = port.clock.t + s
        return nil, core.error("timeout", "nothing")
      end,
    }
    monitor.modem = { revision = function() return word() end }
    local revision, why = monitor:verify(wants(B), options.named or { [A] = true, [B] = true })
    return revision or why, asked
  end

  for name, case in pairs {
    ["two readings that prove the update are enough"] = { { B }, code = 0, B, 2 },
    ["one reading is none"] = { { A, B, A, B, B }, code = 0, B, 5 },
    ["the source counts at once after a failure, when read twice"] = { { A }, code = 6508, A, 2 },
    ["a damaged reading after a failure does not count"] = { { "X", A, "X", A, A }, code = 6508, A, 5 },
    ["the source counts after END,0 once the module did not answer"] = { { A, "-", A }, code = 0, A, 12 },
    ["the source counts after END,0 once the module booted"] = { { A, "boot", A }, code = 0, A, 12 },
    ["what was read before the reboot is not counted after it"] =
      { { A, A, A, A, A, A, A, A, A, A, A, A, "-", A, B, B }, code = 0, B, 16 },
    ["the same where it was a boot line"] =
      { { A, A, A, A, A, A, A, A, A, A, A, A, "boot", A, B, B }, code = 0, B, 16 },
    ["the source counts after END,0 when the module had boot_s"] = { { A }, code = 0, A, 61 },
    ["the source counts without END when the update had boot_s to begin"] = { { A }, A, 61 },
    ["a third revision counts like the source"] = { { "C" }, code = 0, "C", 61 },
    ["an END that cannot be read is none that failed"] = { { A }, code = 1, A, 2 },
    ["different readings for ever are none"] = { { A, "X", A, "X" }, code = 0, "lost", nil, forever = true },
  } do
    it(name, function()
      local says = case[1]
      if case.forever then
        for i = 1, 2000 do says[i] = "R" .. i end
      end
      local revision, asked = verified(says, { code = case.code })
      assert.equal(case.forever and "unsure" or case[2], revision)
      if not case.forever then assert.equal(case[3], asked) end
    end)
  end

  it("that nobody named counts at the third reading in a row where two have differed", function()
    local says = { "X", B, B, "X", B, B, B }
    assert.same({ B, 3 }, { verified(says, { code = 0 }) })
    assert.same({ B, 7 }, { verified(says, { code = 0, named = {} }) })
  end)

  it("is not waited for any more when the module has been followed for follow_s, whatever it reports", function()
    assert.equal("updating", (verified({ "updating" }, {})))
    assert.equal("over", (verified({ "updating" }, { set = { follow_s = 0 } })))
  end)

  it("that comes only at the last question is asked for twice", function()
    local says = {}
    for i = 1, 20 do says[i] = "-" end
    says[21], says[22] = B, B
    local set = { boot_s = 10, recover_s = 10, verify_pause_s = 1 }
    assert.same({ B, 22 }, { verified(says, { code = 0, set = set }) })
    says[22] = "-"
    assert.equal("lost", (verified(says, { code = 0, set = set })))
  end)
end)
