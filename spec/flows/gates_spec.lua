local Process = require "support.process"
local ledger = require "dfota.ledger.ledger"
local json = require "dkjson"
local run = require "support.run"

local URL = "http://example.com/A2B.pack"

describe("Before anything is changed", function()
  local module

  teardown(run.clean)
  after_each(function()
    if module then module:stop() end
    module = nil
  end)

  local function update(spec, args, options)
    module = run.virtual(spec)
    return run.update(module, args, options)
  end

  local function without_pauses() return run.site { ["retries.lua"] = run.NO_PAUSES } end

  local function gate_of(done, name)
    for _, gate in ipairs(run.only(done, "gate")) do
      if gate.name == name then return gate end
    end
  end

  local function changed_nothing(done)
    local text = table.concat(done.sent, "\n")
    for _, word in ipairs { "QFUPL=", "QFDEL", "QIACT", "QIREGAPP", "QFOTADL=[^?]" } do
      assert.is_nil(text:find(word))
    end
  end

  -- switches, arguments (a package is added), gate, exit code, value, limit, settings, name of a ledger
  for name, case in pairs {
    ["the source revision is another one"] =
      { {}, { "--from", "MC65FAR01A09" }, "revision", 84, run.A, "MC65FAR01A09" },
    ["the supply is low"] = { { vbat_mv = 3400 }, {}, "supply", 84, 3400, 3500 },
    ["the supply is lower than a setting demands"] =
      { { vbat_mv = 3900 }, {}, "supply", 84, 3900, 4000, { min_supply_mv = 4000 } },
    ["the module has no room"] = { { ufs_size = 3000 }, {}, "room", 84, 3000, 4000 },
    ["other files take the room"] = { { ufs_size = 10000, ufs_used = 7000 }, {}, "room", 84, 3000, 4000 },
    ["the module knows no updates"] = { { qfotadl = false }, {}, "dfota", 84, false, true },
    ["the signal is weak"] = { { csq = 7 }, { URL }, "signal", 84, 7, 8 },
    ["the SIM is locked"] = { { sim = "pin" }, { URL }, "sim", 84, "SIM PIN", "READY" },
    ["SIM PUK required"] = { { sim = "puk" }, { URL }, "sim", 84, "SIM PUK", "READY" },
    ["there is no SIM"] = { { sim = "absent" }, { URL }, "sim", 84, "NOT INSERTED", "READY" },
    ["another module is wanted"] =
      { {}, { "--imei", "861234567890135" }, "imei", 84, "861234567890127", "861234567890135" },
    ["the model is of another family"] =
      { { model = "Quectel_BG96" }, {}, "module", 84, "BG96", "MC65, M65, M08-R" },
    ["the model is of another family, which is not asked over the air"] =
      { { model = "Quectel_M66" }, { URL }, "module", 84, "M66", "MC65, M65, M08-R" },
    ["the firmware is another family's"] =
      { { model = "Quectel_X", revision = "MC60R1" }, {}, "module", 84, "X", "MC65, M65, M08-R" },
    ["this ledger saw too many updates"] = { {}, {}, "wear", 83, 0, 0, { max_updates = 0 }, "ledger.db" },
  } do
    it(("it is refused where %s: %d"):format(name, case[4]), function()
      local args = table.move(case[2], 1, #case[2], 1, {})
      if args[#args] ~= URL then args[#args + 1] = run.package() end
      local done = update(case[1], args, { set = case[7], ledger = case[8] and run.path(case[8]) })
      assert.same({ case[4], "not_started", false }, { done.rc, done.result.outcome, done.result.changed })
      local gate = gate_of(done, case[3])
      assert.same({ false, case[5], case[6] }, { gate.ok, gate.value, gate.limit })
      changed_nothing(done)
    end)
  end

  -- ATI without a revision, or with another one each time.
  local NO_REVISION = { reply = "I:\r\nMC65\r\n\r\nOK\r\n;CGMR:ERROR;GMR:ERROR" }
  local REVISIONS = {}
  for i = 1, 60 do REVISIONS[i] = ("I*1:\r\nMC65\r\nRevision: MC65FAR01A%02d\r\n\r\nOK\r\n"):format(i) end
  local TARGET = { "--to", run.B }

  for name, switches in pairs {
    ["cannot be read"] = NO_REVISION, ["differs each time"] = { reply = table.concat(REVISIONS, ";") },
  } do
    it("the gate revision refuses if the revision " .. name .. ", and can be forced only with --to", function()
      local options = { folder = without_pauses() }
      local done = update(switches, { run.package() }, options)
      assert.same({ 84, false }, { done.rc, gate_of(done, "revision").ok })
      assert.is_truthy(done.result.advice:find("only with --to may this gate be forced", 1, true), done.result.advice)
      changed_nothing(done)
      done = update(switches, { "--force", "revision", run.package() }, options)
      assert.same({ 84, false }, { done.rc, gate_of(done, "revision").ok })
      changed_nothing(done)
      done = update(switches, { TARGET[1], TARGET[2], run.package() }, options)
      assert.equal(84, done.rc)
      assert.is_nil(done.result.advice:find("--force", 1, true), done.result.advice)
      done = update(switches, { "--check", "--force", "revision", TARGET[1], TARGET[2], run.package() }, options)
      assert.same({ 0, "checked" }, { done.rc, done.result.outcome })
      changed_nothing(done)
    end)
  end

  it("an update without a source that is known is judged by its target", function()
    local twelve = table.concat(REVISIONS, ";", 1, 14)
    local done = update({ reply = twelve }, { "--force", "revision", TARGET[1], TARGET[2], run.package() },
      { folder = without_pauses(), set = { verify_tries = 12 } })
    assert.same({ 0, "updated", run.B, json.null }, { done.rc, done.result.outcome, done.result.after,
      done.result.before or json.null })
    assert.equal(1, run.triggers(done))
  end)

  for _, code in ipairs { 3916, 3917, 4008, 4011 } do
    it(("a module that has no room for the upload after all is the gate room, too: %d"):format(code), function()
      local done = update({ reply = "QFUPL:+CME ERROR: " .. code }, { "--force", "room", run.package() })
      assert.same({ 84, "after_fix" }, { done.rc, done.result.retry })
      local gates = {}
      for _, gate in ipairs(run.only(done, "gate")) do
        if gate.name == "room" then gates[#gates + 1] = gate.ok end
      end
      assert.same({ true, false }, gates)
      assert.is_truthy(done.result.advice:find("delete", 1, true))
      assert.is_nil(done.result.advice:find("--force", 1, true))
    end)
  end

  it("a gate that can be forced says by which name, in a command that works when it is pasted", function()
    module = run.module { vbat_mv = 3400 }
    local done = run.update(module, { "--to", run.B, run.package() })
    local command = done.result.advice:match "; to pass it[%l ]*: (.*)$"
    local pasted = Process.start("sh", { "-c", command })
    assert.equal(0, pasted:wait(), pasted.err)
    assert.is_truthy(pasted.out:find('"outcome":"updated"', 1, true), pasted.out)
  end)

  it("a --force name that no gate has is reported, with a suggestion", function()
    local done = update({ vbat_mv = 3000 }, { "--check", "--force", "suply", "--force", "supply", run.package() })
    assert.equal(0, done.rc, done.err)
    local notes = {}
    for _, note in ipairs(run.only(done, "note")) do
      if note.text:find("no gate of that name", 1, true) then notes[#notes + 1] = note.text end
    end
    assert.same({ "--force suply: this run had no gate of that name; did you mean supply?" }, notes)
  end)

  it("signal, registration and SIM matter to a download alone", function()
    local done = update({ csq = 0, sim = "absent", cgreg = 0 }, { run.package() })
    assert.equal(0, done.rc, done.err)
    for _, name in ipairs { "signal", "registration", "sim" } do assert.is_nil(gate_of(done, name)) end
  end)

  it("room matters to a file alone", function()
    local done = update({ ufs_size = 1000 }, { URL })
    assert.equal(0, done.rc, done.err)
    assert.is_nil(gate_of(done, "room"))
  end)

  it("a stale package of the same name takes no room", function()
    local done = update({ ufs_size = 5000, stale_pack = 4500 }, { run.package() })
    assert.equal(0, done.rc, done.err)
    assert.equal(5000, gate_of(done, "room").value)
  end)

  it("one gate can be passed by name, and this is reported", function()
    local done = update({ vbat_mv = 3400 }, { "--force", "supply", run.package() })
    assert.equal(0, done.rc, done.err)
    assert.is_false(gate_of(done, "supply").ok)
    local warned = false
    for _, note in ipairs(run.only(done, "note")) do warned = warned or note.text:find("--force", 1, true) end
    assert.is_truthy(warned)
  end)

  local function warned_of(done, text)
    for _, note in ipairs(run.only(done, "note")) do
      if note.level == "warning" and note.text:find(text, 1, true) then return true end
    end
    return false
  end

  it("what cannot be compared is not called ok, and causes a warning", function()
    local done = update({ model = "Quectel_MC25" }, { run.package() })
    assert.equal(0, done.rc, done.err)
    for _, name in ipairs { "module", "revision", "package" } do
      assert.equal(json.null, gate_of(done, name).ok)
      -- Most packages have no manifest that names a model: nobody is warned of that.
      assert.equal(name ~= "package", warned_of(done, ("gate %s was not checked: "):format(name)))
    end
    assert.is_true(warned_of(done, "MC25, is none of MC65, M65, M08-R"))
  end)

  it("an unknown count is not called ok, and without a ledger causes no warning", function()
    local done = update({}, { run.package() })
    for _, name in ipairs { "wear", "attempts" } do
      assert.same({ json.null, json.null }, { gate_of(done, name).ok, gate_of(done, name).value or json.null })
      assert.is_false(warned_of(done, "gate " .. name))
    end
    done = update({}, { run.package() }, { ledger = run.path "counted.db" })
    for _, name in ipairs { "wear", "attempts" } do assert.is_true(gate_of(done, name).ok) end
  end)

  it("a denied registration is reported as such", function()
    local done = update({ cgreg = 3 }, { URL }, { folder = without_pauses(), set = { register_s = 0.1 } })
    assert.equal(75, done.rc)
    local gate = gate_of(done, "registration")
    assert.same({ false, "denied" }, { gate.ok, gate.value })
  end)

  it("a module of another family is updated only if an engineer says so", function()
    local done = update({ model = "Quectel_M66" }, { "--force", "module", run.package() })
    assert.equal(0, done.rc, done.err)
    assert.is_false(gate_of(done, "module").ok)
  end)

  it("an APN that the network permanently refuses is reported once: 75, after fixing it", function()
    local done = update({ reply = "QIACT:+CME ERROR: 149" }, { "--apn", "net", URL })
    assert.same({ 75, "after_fix" }, { done.rc, done.result.retry })
    local times = 0
    for _, command in ipairs(done.sent) do times = times + (command == "AT+QIACT" and 1 or 0) end
    assert.equal(1, times)
  end)

  it("the rate is asked before anything is changed, and nothing between upload and trigger but a fence", function()
    local done = update({}, { run.package() })
    assert.equal(0, done.rc, done.err)
    local text = table.concat(done.sent, "\n")
    local rate, upload, trigger = text:find("AT+IPR?", 1, true), text:find("AT+QFUPL=", 1, true),
      text:find("AT+QFOTADL=1", 1, true)
    assert.is_true(rate < upload and upload < trigger)
    assert.is_nil(text:sub(upload, trigger):find("IPR", 1, true))
  end)

  it("forcing one gate passes no other", function()
    local done = update({ vbat_mv = 3400, ufs_size = 3000 }, { "--force", "supply", run.package() })
    assert.equal(84, done.rc)
    assert.is_false(gate_of(done, "room").ok)
  end)

  it("a module that falls silent while it is asked does not answer: 69", function()
    local done = update({ mute = "CBC" }, { run.package() }, { folder = without_pauses(), set = { query_s = 0.1 } })
    assert.same({ 69, "not_started" }, { done.rc, done.result.outcome })
    changed_nothing(done)
  end)

  it("every gate is reported with its value and limit", function()
    local done = update({}, { "--from", run.A, "--imei", "861234567890127", URL })
    local seen = {}
    for i, gate in ipairs(run.only(done, "gate")) do
      local unknown = gate.name == "package" or gate.name == "wear" or gate.name == "attempts" -- no manifest, no ledger
      assert.equal(unknown and json.null or true, gate.ok)
      seen[i] = gate.name
    end
    assert.same({ "imei", "module", "revision", "package", "supply", "dfota", "wear", "attempts", "sim", "registration",
      "signal" }, seen)
  end)

  local function ledger_with(triggers)
    local path = run.path "ledger.db"
    local book = assert(ledger.open(path))
    for _ = 1, triggers do
      local id = assert(book:begin { imei = "861234567890127" })
      assert(book:triggered(id))
      assert(book:finish(id, { outcome = "updated" }))
    end
    book:close()
    return path
  end

  for triggers, expected in pairs { [8] = { 0, false }, [9] = { 0, true }, [10] = { 83, true } } do
    it(("the ledger's count is looked at: %d triggers of 10 are %d"):format(triggers, expected[1]), function()
      local options = { ledger = ledger_with(triggers), set = { max_updates = 10 } }
      local done = update({}, { "--check", run.package() }, options)
      local warned = false
      for _, note in ipairs(run.only(done, "note")) do
        warned = warned or note.level == "warning" and note.text:find(triggers .. " of the 10 updates", 1, true) ~= nil
      end
      assert.same(expected, { done.rc, warned })
    end)
  end

  it("a table of retries that never ends is refused", function()
    local scripts = run.site { ["retries.lua"] = "while true do end" }
    local done = update({}, { "--check", run.package() }, { folder = scripts })
    assert.equal(78, done.rc, done.err)
    assert.truthy(done.result.message:find "retries%.lua:1: takes too long")
  end)

  it("what --force passed is in the ledger", function()
    local path = run.path "ledger.db"
    local words = { "--force", "supply", "--force", "room", run.package() }
    local done = update({ vbat_mv = 3300 }, words, { ledger = path })
    assert.equal(0, done.rc, done.err)
    local book = assert(ledger.open(path, { readonly = true }))
    local rows = assert(book:rows {})
    book:close()
    assert.same({ 1, "supply" }, { #rows, rows[1].forced })
  end)
end)
