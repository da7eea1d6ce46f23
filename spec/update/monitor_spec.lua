local Monitor = require "dfota.update.monitor"
local Progress = require "dfota.update.progress"
local Package = require "dfota.sim.package"
local SimPort = require "dfota.sim.virtual_port"
local Transport = require "dfota.config.transport"
local core = require "dfota.core"
local rates = require "dfota.at.rates"
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
  local seen = { events = {}, waits = {}, ages = {}, limits = {}, began = port:now() }
  port:tap(function(direction, _, t)
    if direction == "tx" then seen.first_tx = seen.first_tx or t end
  end)
  local monitor = Monitor.new {
    channel = modem.channel, modem = modem, set = modem.set, progress = Progress.new(options.url and "url" or "file"),
    bauds = { 115200 }, clock = function() return port.clock.t end,
    on_event = function(event) seen.events[#seen.events + 1] = event.name or event.percent end,
    on_wait = function(text) seen.waits[#seen.waits + 1] = text end,
    on_tick = function(age_s, wait)
      seen.ages[#seen.ages + 1] = age_s
      seen.limits[("%s at %.0f s"):format(wait.what, wait.at_s)] = age_s
    end,
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

describe("Following an update until the module reports its revision", function()
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

  it("reports what it sees", function()
    local monitor, _, _, seen = triggered { update_step = 50 }
    monitor:until_end()
    assert.same({ "update", 50, 100, "reboot" }, seen.events)
  end)

  it("sends nothing while the module reports progress", function()
    local monitor, _, _, seen = triggered { update_s = 600 }
    assert.equal("ended", monitor:until_end())
    assert.is_nil(seen.first_tx)
  end)

  it("does not accept the old revision as final before the module has rebooted", function()
    local monitor = triggered { end_s = 40, reboot_s = 5 }
    assert.equal("ended", monitor:until_end())
    assert.equal(B, monitor:verify(wants(B)))
  end)

  it("accepts the old revision at once after a failure", function()
    local monitor, _, port = triggered { fail = "end:6508" }
    assert.equal("ended", monitor:until_end())
    local ended = port:now()
    assert.equal(A, monitor:verify(wants(B)))
    assert.same({ 6508, "END" }, { monitor.progress:failure() })
    assert.is_true(port:now() - ended < 15)
  end)

  it("accepts another stable revision as final", function()
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

  it("is waited for its full time before AT is sent", function()
    local monitor, _, port, seen = triggered({ lost = mute, update_s = 500 }, { set = { update_silence_s = 77 } })
    assert.not_equal("lost", monitor:until_end())
    assert.is_true(seen.first_tx >= seen.began + 77 and seen.first_tx < seen.began + 78)
    assert.is_true(port:now() > 500)
    assert.is_truthy(seen.waits[1]:find("nothing received for 77 s", 1, true))
  end)

  it("is explained once, not with each AT", function()
    local monitor, _, _, seen = triggered({ lost = mute, update_s = 500 }, { set = { update_silence_s = 10 } })
    monitor:until_end()
    assert.equal(1, #seen.waits)
  end)

  it("before the first line of a download has a time of its own", function()
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

  it("after the context was lost in the download lasts only deact_grace_s", function()
    local monitor, _, port, seen = triggered({ pdp_drop = "download:30", lost = "httpend" },
      { url = true, set = { deact_grace_s = 15 } })
    assert.equal("answered", monitor:until_end())
    assert.is_true(monitor.progress.context_lost)
    assert.is_true(port:now() - seen.began < 30)
  end)

  it("that never ends makes the run give up after recover_s", function()
    local set = { update_silence_s = 100, recover_s = 200 }
    local monitor, _, port, seen = triggered({ hang = "update:10" }, { set = set })
    assert.equal("lost", monitor:until_end())
    local waited = port:now() - seen.began
    assert.is_true(waited >= 300 and waited < 320, tostring(waited))
  end)

  it("after the end shows the time since the last activity as well", function()
    local monitor, _, _, seen = triggered({ reboot_s = 40 }, { tick_s = 1 })
    assert.equal("ended", monitor:until_end())
    seen.ages = {}
    assert.equal(B, monitor:verify(wants(B)))
    assert.is_true(#seen.ages > 5 and math.max(table.unpack(seen.ages)) > 20)
  end)

  it("counts against what it waits for: first until the module is asked, then until it is given up", function()
    local set = { update_silence_s = 100, recover_s = 200 }
    local monitor, _, _, seen = triggered({ hang = "update:10" }, { set = set, tick_s = 1 })
    assert.equal("lost", monitor:until_end())
    assert.same({ true, true }, { seen.limits["asks at 100 s"] < 101, seen.limits["gives up at 300 s"] < 320 })
    assert.is_true(seen.limits["gives up at 300 s"] > 250)
  end)

  it("of a module without power makes it give up as well", function()
    local monitor = triggered({ power_cut = "update:50", power_back_s = "never" },
      { set = { update_silence_s = 100, recover_s = 200 } })
    assert.same({ nil, "lost" }, { to_revision(monitor) })
  end)
end)

describe("A module in adaptive mode", function()
  it("is followed at 115200 in its update, whatever rate it had detected", function()
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
  it("does not stop the run unless the user insists", function()
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

  it("stops it if the user does", function()
    local monitor, _, port = triggered({ update_s = 60 }, {
      fault = { { at = 10, action = "interrupt" } }, leave = function() return true end,
    })
    assert.equal("left", monitor:until_end())
    assert.is_true(port:now() < 11)
  end)
end)

describe("A lost port", function()
  it("is reopened and the update followed to its end", function()
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

  it("that is neither source nor target counts at the third consecutive reading if two have differed", function()
    local says = { "X", B, B, "X", B, B, B }
    assert.same({ B, 3 }, { verified(says, { code = 0 }) })
    assert.same({ B, 7 }, { verified(says, { code = 0, named = {} }) })
  end)

  it("is no longer waited for after follow_s, whatever the module reports", function()
    assert.equal("updating", (verified({ "updating" }, {})))
    assert.equal("over", (verified({ "updating" }, { set = { follow_s = 0 } })))
  end)

  it("that is read only at the last attempt is read twice", function()
    local says = {}
    for i = 1, 20 do says[i] = "-" end
    says[21], says[22] = B, B
    local set = { boot_s = 10, recover_s = 10, verify_pause_s = 1 }
    assert.same({ B, 22 }, { verified(says, { code = 0, set = set }) })
    says[22] = "-"
    assert.equal("lost", (verified(says, { code = 0, set = set })))
  end)
end)

describe("Sending AT to a module that fell silent", function()
  local SET = { update_silence_s = 100, poll_interval_s = 10, recover_s = 200, resync_timeout_s = 2, follow_s = 10000,
    boot_s = 30, verify_tries = 3, verify_pause_s = 1, http_start_s = 50, download_silence_s = 60, deact_grace_s = 5,
    rate_change_s = 10 }
  local SILENCE = core.error("no_answer", "no module answers")

  -- One who follows a module of which nothing is real. `lines`: { seconds, line }; `sync` function(n) → what the n-th
  -- question finds, after `sync_s`; `states` what the PDP context is said to be, one after the other.
  local function following(opts)
    local t, rate, asked, waits, events = 0, opts.rate or 115200, {}, {}, {}
    local progress = Progress.new(opts.way or "file")
    for _, line in ipairs(opts.before or {}) do progress:feed(line) end
    local lines, states, queue = opts.lines or {}, opts.states or {}, {}
    local channel = { port = { baud = function() return rate end, close = function() end } }
    function channel.listen(_, seconds)
      local due = lines[1]
      if due and due[1] <= t + seconds then
        t = math.max(t, due[1])
        table.remove(lines, 1)
        return due[2]
      end
      t = t + seconds
      return nil, core.error("timeout", "nothing came")
    end
    function channel.queued() return table.remove(queue, 1) end
    function channel.half_read() return "" end
    function channel.set_baud(_, baud) rate = baud end
    function channel.sync(_, how)
      asked[#asked + 1] = { t = t, bauds = how.bauds, timeout_s = how.timeout_s, tries = how.tries }
      t = t + (opts.sync_s or 2)
      local found, err, heard
      if opts.sync then found, err, heard = opts.sync(#asked, queue) else err = SILENCE end
      if found and found ~= true and found.baud then rate = found.baud end
      return found or nil, err, heard
    end
    local pdp = { ours = opts.ours ~= false }
    function pdp.state()
      local state = states[#states > 1 and 1 or #states]
      if #states > 1 then table.remove(states, 1) end
      if type(state) == "string" then return state end
      return nil, state or core.error("refused", "AT+QISTAT was refused")
    end
    function pdp.deactivate() return opts.deactivate and opts.deactivate() or nil, core.error("refused", "no") end
    if opts.deactivate then pdp.deactivate = opts.deactivate end
    local set = {}
    for name, value in pairs(SET) do set[name] = value end
    for name, value in pairs(opts.set or {}) do set[name] = value end
    local monitor = Monitor.new {
      channel = channel, modem = { pdp = pdp, revision = function() return opts.revision(queue) end }, set = set,
      progress = progress,
      bauds = opts.bauds or { 115200 }, adaptive = opts.adaptive, imei = opts.imei,
      is_unnamed = opts.is_unnamed, clock = function() return t end,
      on_event = function(event) events[#events + 1] = { event.event, event.name, t } end,
      on_wait = function(text) waits[#waits + 1] = text end, on_tick = function() end,
      leave = function() return opts.leaves end,
      reopen = function() return nil, core.error("pty_gone", "it is gone for good") end,
    }
    monitor.readings = require("dfota.update.readings").new()
    return monitor, asked, function() return t end, waits, events
  end

  local function times_of(asked)
    local list = {}
    for i, question in ipairs(asked) do list[i] = question.t end
    return list
  end

  it("starts when the silence has lasted its time, repeats now and then, and ends with one last AT", function()
    local monitor, asked, now, waits = following { set = { recover_s = 25 },
      lines = { { 10, '+QIND: "FOTA","START"' } } }
    assert.equal("lost", monitor:until_end())
    assert.same({ 110, 122, 134, 136 }, times_of(asked))
    assert.equal(138, now())
    assert.same({ "nothing received for 100 s while waiting for the update: sending AT now and then, for up to 25 s "
      .. "more. Keep the module powered; interrupting now would leave the outcome unknown" }, waits)
    for _, question in ipairs(asked) do assert.same({ 2, 2 }, { question.timeout_s, question.tries }) end
  end)

  it("mostly tries likely rates, now and then and at the end all rates", function()
    local monitor, asked = following { rate = 9600, bauds = { 9600, 57600 }, set = { recover_s = 400 }, sync_s = 0 }
    assert.equal("lost", monitor:until_end())
    local counts = {}
    for i, question in ipairs(asked) do counts[i] = #question.bauds end
    local near, likely, all, last = 2, #rates.likely, #rates.standard, #rates.standard + #rates.slowest
    local want = {}
    for i = 1, #asked do
      want[i] = i == #asked and last or i % 16 == 0 and all or i % 4 == 0 and likely or near
    end
    assert.same({ want, 41 }, { counts, #asked })
    assert.same({ 9600, 57600 }, asked[1].bauds)
  end)

  it("counts anew once the module answered, and first tries the rate of that answer", function()
    local monitor, asked = following { way = "url", states = { "IP STATUS" }, sync_s = 0, set = { recover_s = 100 },
      sync = function(n)
        if n == 3 then return { answered = true, baud = 57600 } end
        return nil, SILENCE
      end }
    monitor:until_end()
    assert.same({ 1, 1, 1, 2, 2, 2, #rates.likely }, { #asked[1].bauds, #asked[2].bauds, #asked[3].bauds,
      #asked[4].bauds, #asked[5].bauds, #asked[6].bauds, #asked[7].bauds })
    assert.same({ 57600, 115200 }, asked[4].bauds)
  end)

  it("first tries the detected rate of a module in adaptive mode, whatever rate it listens at", function()
    local monitor, asked = following { adaptive = true, rate = 9600, sync = function() return { answered = true } end }
    assert.equal("answered", monitor:until_end())
    assert.same({ 9600, 115200 }, asked[1].bauds)
    monitor, asked = following { rate = 9600, sync = function() return { answered = true } end }
    monitor:until_end()
    assert.same({ 9600, 115200 }, asked[1].bauds)
  end)

  it("listens again if it notices that the update continues: a new silence starts", function()
    local monitor, asked = following { sync = function(n)
      if n == 1 then return { updating = true } end
      return { answered = true }
    end }
    assert.equal("answered", monitor:until_end())
    assert.same({ 100, 202 }, times_of(asked))
    monitor = following { set = { recover_s = 0 }, sync = function(n)
      if n == 1 then return { updating = true } end -- at the very last question
      return { answered = true }
    end }
    assert.equal("answered", monitor:until_end())
  end)

  it("waits for a time that depends on the phase", function()
    for _, case in ipairs {
      { 100, {} }, { 50, { way = "url" } }, { 60, { way = "url", before = { '+QIND: "FOTA","HTTPSTART"' } } },
      { 60, { way = "url", before = { '+QIND: "FOTA","SOMETHING"' } } },
      { 5, { way = "url", before = { '+QIND: "FOTA","DOWNLOADING",20%', "+PDP DEACT" } } },
      { 100, { way = "url", before = { '+QIND: "FOTA","HTTPEND",0' } } }, { 100, { way = "watch" } },
    } do
      local monitor, asked = following(case[2])
      monitor:until_end()
      assert.equal(case[1], asked[1].t)
    end
  end)

  it("ends if the user stops, or the port is gone for good", function()
    for kind, reason in pairs { interrupted = "left", hangup = "gone" } do
      local monitor = following { leaves = true, sync = function() return nil, core.error(kind, "no") end }
      assert.same({ reason, kind }, { monitor:until_end(), kind })
    end
    local monitor, asked = following { leaves = false, sync = function(n)
      if n == 1 then return nil, core.error("interrupted", "a signal") end
      return { answered = true }
    end }
    assert.same({ "answered", 2 }, { monitor:until_end(), #asked })
    monitor = following { leaves = false, set = { recover_s = 0 }, sync = function(n)
      if n == 1 then return nil, core.error("interrupted", "a signal") end -- at the very last question
      return { answered = true }
    end }
    assert.equal("answered", monitor:until_end())
  end)

  it("ends after follow_s", function()
    local monitor, asked, now = following { set = { follow_s = 50 }, lines = { { 40, '+QIND: "FOTA","START"' } } }
    assert.same({ "over", 0, 50 }, { monitor:until_end(), #asked, now() })
  end)

  -- A module that was `known` before and `says` who it is after the trigger, at the `port` that was reopened or not.
  local function asked_again(port, known, says)
    local closed, asked = false, 0
    local monitor, _, now, waits = following { imei = known, sync = function() return { answered = true } end,
      revision = function() return B end }
    monitor.ear.reopened = port == "reopened"
    monitor.modem.imei = function()
      asked = asked + 1
      if type(says) == "table" then return says[asked] end
      return says
    end
    monitor.channel.port.close = function() closed = true end
    local revision, why = monitor:verify(wants(B))
    local found = { revision = revision, why = why, stranger = monitor.same.stranger, closed = closed, said = waits[1] }
    return found, asked, now()
  end

  local REFUSED = "another module answers on the port now: IMEI 2, not 1"
  local BOOT_S = SET.boot_s

  it("asks once more who it is before a revision counts, whether the port was lost or not", function()
    for port, times in pairs { reopened = 2, kept = 1 } do
      local ours, asked = asked_again(port, "1", "1")
      assert.same({ { revision = B, closed = false }, times }, { ours, asked })
      assert.same({ why = "stranger", stranger = "2", closed = true, said = REFUSED }, (asked_again(port, "1", "2")))
      ours, asked = asked_again(port, nil, "2")
      assert.same({ { revision = B, closed = false }, 0 }, { ours, asked })
    end
  end)

  it("says that a module reports its IMEI now that did not before: it may be another one", function()
    for imei, count in pairs { ["2"] = 1, [false] = 0 } do
      local monitor, _, _, waits = following { is_unnamed = true, sync = function() return { answered = true } end,
        revision = function() return B end }
      monitor.modem.imei = function() return imei or nil end
      assert.same({ B, count }, { (monitor:verify(wants(B))), #waits })
    end
  end)

  it("believes no module that does not say who it is, and asks it again as long as one may take to boot", function()
    for _, port in ipairs { "reopened", "kept" } do
      local unnamed, asked, took_s = asked_again(port, "1", nil)
      assert.same({ why = "unnamed", closed = false }, { why = unnamed.why, closed = unnamed.closed })
      assert.is_true(asked > 1 and took_s >= BOOT_S and took_s < 2 * BOOT_S, took_s)
      assert.equal(B, asked_again(port, "1", { [3] = "1", [4] = "1", [5] = "1" }).revision)
      assert.equal("stranger", asked_again(port, "1", { [3] = "2" }).why)
    end
  end)

  it("counts only how long it has not said who it is without a break", function()
    local readings, questions = 0, 0
    local monitor = following { imei = "1", sync = function() return { answered = true } end, revision = function()
      readings = readings + 1
      return readings < 38 and "X" .. readings or B -- until then no two agree
    end }
    monitor.ear.reopened = true
    monitor.modem.imei = function()
      questions = questions + 1
      return questions % 39 ~= 1 and "1" or nil
    end
    assert.equal(B, (monitor:verify(wants(B))))
    assert.is_true(questions >= 40, questions)
  end)

  it("hears a signal while it asks who it is", function()
    for _, reopened in ipairs { false, true } do
      local monitor = following { imei = "1", sync = function() return { answered = true } end, leaves = true,
        revision = function() return B end }
      monitor.ear.reopened = reopened
      monitor.modem.imei = function() return nil, core.error("interrupted", "a signal") end
      assert.same({ n = 2, [2] = "left" }, table.pack(monitor:verify(wants(B))))
    end
  end)

  local DOWNLOAD = { '+QIND: "FOTA","DOWNLOADING",20%' }
  local function here() return { answered = true } end

  describe("in its download", function()
    it("treats an answer as its end only if the context is down", function()
      for _, case in ipairs {
        { { "IP INITIAL" }, 1 }, { { "PDP DEACT" }, 1 }, { { "IP STATUS", "IP GPRSACT", "PDP DEACT" }, 3 },
        { { "CONNECT OK", "IP INITIAL" }, 2 },
      } do
        local monitor, asked = following { way = "url", before = DOWNLOAD, states = case[1], sync = here }
        assert.same({ "answered", case[2] }, { monitor:until_end(), #asked })
        assert.is_false(monitor.download_stuck)
      end
    end)

    it("stops it by deactivating the context before the verdict, and says so if dfota activated it", function()
      local ended = 0
      local function deactivate()
        ended = ended + 1
        return true
      end
      local monitor, asked, _, waits = following { way = "url", before = DOWNLOAD, states = { "IP STATUS" },
        sync = here,
        deactivate = deactivate, set = { recover_s = 20 }, lines = { { 10, '+QIND: "FOTA","DOWNLOADING",30%' } } }
      assert.same({ "answered", 1 }, { monitor:until_end(), ended })
      assert.same({ 70, 82, 90 }, times_of(asked))
      assert.equal("the download has stalled for 82 s: deactivating the PDP context to stop it", waits[2])
      assert.is_false(monitor.download_stuck)
      monitor, _, _, waits = following { way = "url", before = DOWNLOAD, states = { "IP STATUS" }, sync = here,
        deactivate = deactivate, set = { recover_s = 20 }, ours = false }
      assert.same({ "answered", 1 }, { monitor:until_end(), #waits })
    end)

    it("knows if it could not be stopped, and if it ended anyway", function()
      for state, stuck in pairs { ["IP STATUS"] = true, ["IP INITIAL"] = false, [SILENCE] = true } do
        local states = { "IP STATUS", state }
        local monitor = following { way = "url", before = DOWNLOAD, states = states, sync = here,
          set = { recover_s = 0 } }
        assert.same({ "answered", stuck }, { monitor:until_end(), monitor.download_stuck })
      end
    end)

    it("ends if the user stops while it is being stopped, or the port is lost then", function()
      for kind, reason in pairs { interrupted = "left", hangup = "gone", timeout = "answered" } do
        local monitor = following { way = "url", before = DOWNLOAD, states = { "IP STATUS" }, sync = here,
          leaves = true,
          set = { recover_s = 0 }, deactivate = function() return nil, core.error(kind, "no") end }
        assert.same({ reason, kind }, { monitor:until_end(), kind })
      end
    end)

    it("ends if the user stops while the context is queried, or the port is lost then", function()
      for kind, reason in pairs { interrupted = "left", hangup = "gone" } do
        local monitor = following { way = "url", before = DOWNLOAD, states = { core.error(kind, "no") }, sync = here,
          leaves = true }
        assert.same({ reason, kind }, { monitor:until_end(), kind })
      end
    end)

    local BOOTED = { '+QIND: "FOTA","DOWNLOADING",20%', "RDY" }
    local LATE = { '+QIND: "FOTA","DOWNLOADING",20%', "Call Ready" }

    it("treats boot lines as its end if the module is silent or the context is down", function()
      for _, case in ipairs {
        { "booted", BOOTED, {}, function() return nil, SILENCE end }, { "booted", BOOTED, { "IP INITIAL" }, here },
        { "booted", LATE, { "IP INITIAL" }, here }, { "booted", BOOTED, {}, here },
      } do
        local monitor, asked = following { way = "url", before = case[2], states = case[3], sync = case[4] }
        assert.same({ case[1], 1 }, { monitor:until_end(), #asked })
      end
    end)

    it("does not treat them as its end if it continues", function()
      for _, case in ipairs {
        { BOOTED, { "IP STATUS", "IP INITIAL" }, here }, { LATE, { core.error("refused", "no"), "IP INITIAL" }, here },
        { BOOTED, { "IP INITIAL" }, function(n) return { updating = n == 1, answered = n > 1 } end },
      } do
        local monitor, asked = following { way = "url", before = case[1], states = case[2], sync = case[3] }
        assert.equal("answered", monitor:until_end())
        assert.is_true(#asked > 1)
      end
    end)

    it("ends with boot lines if the user stops, or the port is lost, while AT is sent", function()
      for kind, reason in pairs { interrupted = "left", hangup = "gone" } do
        local err = core.error(kind, "no")
        local monitor = following { way = "url", before = BOOTED, leaves = true, sync = function() return nil, err end }
        assert.same({ reason, kind }, { monitor:until_end(), kind })
        monitor = following { way = "url", before = BOOTED, leaves = true, sync = here, states = { err } }
        assert.same({ reason, kind }, { monitor:until_end(), kind })
      end
    end)
  end)

  it("treats boot lines in the update as its end at once", function()
    local monitor, asked = following { before = { '+QIND: "FOTA","UPDATING",20%', "RDY" } }
    assert.same({ "booted", 0 }, { monitor:until_end(), #asked })
  end)

  describe("while its revision is read", function()
    -- What comes of these answers, and how long it takes. "-" is silence, "~" a silence in which noise was heard.
    local function verify(opts)
      local answers, n = opts.answers, 0
      opts.sync = function(_, queue)
        n = n + 1
        local word = answers[math.min(n, #answers)]
        if word == "-" or word == "~" then return nil, SILENCE, word == "~" end
        if word == "boot" then
          table.insert(queue, opts.queued or "RDY")
          n = n + 1
        end
        return { answered = true }
      end
      opts.revision = function(queue)
        local word = answers[math.min(n, #answers)]
        if word == A and n == opts.inside_at then table.insert(queue, "RDY") end -- it is not lost with the answer
        if type(word) == "table" then return nil, word end
        return word
      end
      opts.sync_s = opts.sync_s or 0
      local monitor, asked, now, waits, events = following(opts)
      local revision, why = monitor:verify(wants(B))
      return revision or why, #asked, now(), waits, events
    end

    local END = { '+QIND: "FOTA","END",0' }

    it("counts the time until the module answers again as that of the reboot", function()
      local _, _, _, _, events = verify { before = END, answers = { "-", "~", "-", A, B, B } }
      assert.same({ { "phase", "verify", 3 } }, events)
      _, _, _, _, events = verify { before = END, answers = { "-" }, set = { recover_s = 20 } }
      assert.same({}, events)
    end)

    it("does not treat noise as a reboot: the old application may still answer", function()
      local _, _, t = verify { before = END, answers = { A, A, A, "~", A } }
      assert.is_true(t >= 30, t)
      _, _, t = verify { before = END, answers = { A, A, A, "-", A } }
      assert.is_true(t < 10, t)
    end)

    it("treats boot lines as a reboot only if they replaced the reply", function()
      for _, case in ipairs {
        { core.error("reboot", "RDY came"), true }, { core.error("power", "NORMAL POWER DOWN came"), true },
        { core.error("timeout", "no answer"), false },
      } do
        local revision, _, t = verify { before = END, answers = { A, A, A, case[1], A } }
        assert.same({ A, case[2] }, { revision, t < 10 })
      end
      local revision, _, t = verify { before = END, answers = { A, A, A, "boot", A, A }, queued = "Call Ready" }
      assert.same({ A, true }, { revision, t >= 30 })
      revision, _, t = verify { before = END, answers = { A, A, A, "boot", A, A } } -- received before the query
      assert.same({ A, true }, { revision, t < 10 })
      revision, _, t = verify { before = END, answers = { A }, inside_at = 4 }
      assert.same({ A, true }, { revision, t >= 30 })
    end)

    it("explains itself only after the module had its time to boot", function()
      local _, _, _, waits = verify { before = END, answers = { "-" }, set = { recover_s = 20 } }
      assert.equal(1, #waits)
      assert.is_truthy(waits[1]:find("nothing received for 31 s while waiting for the reboot", 1, true), waits[1])
      _, _, _, waits = verify { before = END, answers = { "-", "-", "-", A, A, A } }
      assert.same({}, waits)
    end)

    it("gives up in time, and says whether there was no answer or no two readings agreed", function()
      local why, _, t = verify { before = END, answers = { "-" }, set = { recover_s = 20 } }
      assert.same({ "lost", 50 }, { why, t })
      local different = {}
      for i = 1, 1000 do different[i] = "R" .. i end
      why, _, t = verify { before = END, answers = different, set = { recover_s = 20 } }
      assert.same({ "unsure", 80 }, { why, t })
      why, _, t = verify { before = END, answers = { "-" }, set = { recover_s = 20, follow_s = 10 } }
      assert.same({ "over", 10 }, { why, t })
    end)

    it("ends if the user stops, or the port is lost", function()
      for kind, reason in pairs { interrupted = "left", hangup = "gone" } do
        local why = verify { before = END, answers = { core.error(kind, "no") }, leaves = true }
        assert.same({ reason, kind }, { why, kind })
      end
    end)

    it("listens again if the update continues in a pause", function()
      local why, asked = verify { before = { "RDY" }, answers = { A }, lines = { { 0.5, '+QIND: "FOTA","START"' } } }
      assert.same({ "updating", 1 }, { why, asked })
    end)

    it("does not count while a download goes on or has stalled", function()
      for stuck, reason in pairs { [true] = "stuck", [false] = "updating" } do
        local states = { "IP STATUS" }
        local opts = { way = "url", before = DOWNLOAD, answers = { A }, states = states, sync_s = 0 }
        opts.sync = here
        opts.revision = function() return A end
        local monitor = following(opts)
        monitor.download_stuck = stuck
        assert.same({ n = 2, [2] = reason }, table.pack(monitor:verify(wants(B))))
        local n = 0
        function monitor.modem.revision()
          n = n + 1
          return "R" .. n
        end
        assert.same({ n = 2, [2] = "unsure" }, table.pack(monitor:verify(wants(B))))
        function monitor.modem.revision() return A end
        monitor.download_over = true
        assert.equal(A, monitor:verify(wants(B)))
      end
    end)
  end)
end)
