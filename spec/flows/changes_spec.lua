-- The ten changes of docs/flows.md, taken from there, made in a copy of scripts/, and run on the simulated module.
local Process = require "support.process"
local WholeRun = require "support.whole_run"
local apn = require "dfota.config.apn"
local flows_doc = require "support.flows_doc"
local folder = require "support.folder"
local retry = require "dfota.update.retry"
local run = require "support.run"

local A, B = WholeRun.A, WholeRun.B

local ANOTHER, CCID, HOURS, APNS, RETRIES, SMS, PWRKEY, SLEEP, CHAIN, OWN = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10

describe("A change of docs/flows.md", function()
  local runs

  setup(function() runs = WholeRun.new() end)
  teardown(function()
    runs:close()
    run.clean()
  end)

  local function changed(number)
    local scripts = run.site {}
    flows_doc.apply(number, scripts)
    return scripts
  end

  -- A script without `arg` is loaded by a program; `more` stands in for globals.
  local function load_script(path, more)
    local env = setmetatable(more or {}, { __index = function(_, name) return name ~= "arg" and _G[name] or nil end })
    return assert(loadfile(path, "t", env))()
  end

  -- A run of the changed flow, on the virtual clock.
  local function play(number, case, more)
    local flow = load_script(changed(number) .. "/update.lua", more)
    case = case or {}
    case.way = case.way or "file"
    return runs:play(case, { flow = flow })
  end

  local function commands(done)
    local list = {}
    for _, bytes in ipairs(done.sent) do list[#list + 1] = bytes:match "^(AT[^\r]*)\r$" end
    return list
  end

  local function place(done, command)
    for i, sent in ipairs(commands(done)) do
      if sent == command then return i end
    end
  end

  local CHECK = { want = { check = true } }

  local function changes_nothing_under_check(number)
    local done, world = play(number, CHECK)
    assert.same({ 0, "checked", 0 }, { done.rc, done.result.outcome, world.m.triggers })
    assert.is_nil(world:rows()[1])
  end

  it("sends another AT command before the trigger", function()
    local done = play(ANOTHER)
    assert.same({ 0, "updated" }, { done.rc, done.result.outcome })
    assert.is_true(place(done, "AT+CREG=0") < place(done, "AT+QFOTADL=1"))
    assert.is_true(place(done, "AT+CREG=0") > place(done, 'AT+QFUPL="fota.pack",4000,60,1'))
    changes_nothing_under_check(ANOTHER)
  end)

  it("ends the run if that command is refused, and undoes its changes", function()
    local done, world = play(ANOTHER, { spec = { reply = "CREG=0:ERROR" } })
    assert.same({ 75, 0 }, { done.rc, world.m.triggers })
    assert.is_nil(world.m.files["fota.pack"])
  end)

  it("puts the CCID into the record", function()
    local done, world = play(CCID)
    assert.equal(0, done.rc)
    assert.is_truthy(world:rows()[1].facts:find('"ccid":"89001012345678901234"', 1, true))
    assert.equal(1, #WholeRun.notes(done, "ccid: 89001012345678901234"))
    done = play(CCID, { spec = { reply = "QCCID:ERROR;CCID:ERROR" } })
    assert.equal(0, done.rc)
    assert.equal(1, #WholeRun.notes(done, "the SIM card's number is not known"))
    assert.equal(0, play(CCID, CHECK).rc)
  end)

  it("keeps to the hours of a gate of its own, unless that is forced", function()
    local function at(hour, case)
      return play(HOURS, case, { os = { date = function() return { hour = hour } end } })
    end
    for hour, rc in pairs { [0] = 0, [7] = 0, [8] = 84, [17] = 84, [18] = 0 } do
      local done, world = at(hour)
      assert.same({ rc, rc == 0 and 1 or 0 }, { done.rc, world.m.triggers }, hour)
    end
    assert.is_truthy(at(9).result.message:find("it is 9 o'clock", 1, true))
    assert.equal(0, at(9, { force = { "hours" } }).rc)
  end)

  it("takes the APN from the site's table", function()
    local scripts = changed(APNS)
    local apns = load_script(scripts .. "/apns.lua")
    apn.check_table(apns)
    local before = runs.stage.apns
    runs.stage.apns = apns
    local done = runs:play {
      way = "url", want = { apn = "auto", user = false, password = false },
      spec = { imsi = "262011234567890", apn = "iot.example", apn_user = "meter", apn_password = "word" },
    }
    runs.stage.apns = before
    assert.equal(0, done.rc)
    assert.is_truthy(place(done, 'AT+QICSGP=1,"iot.example","meter","word"'))
  end)

  it("retries as the site's table says", function()
    local retries = load_script(changed(RETRIES) .. "/retries.lua")
    retry.check(retries)
    local before = runs.stage.retries
    local function fails(times)
      return runs:play { way = "url", spec = { qiact_fails = times } }
    end
    assert.equal(75, fails(4).rc)
    runs.stage.retries = retries
    local done = fails(4)
    runs.stage.retries = before
    assert.equal(0, done.rc)
    assert.equal(4, #WholeRun.notes(done, "pdp, try"))
    assert.is_true(done.ended - done.began > 4 * 30)
  end)

  it("sends an SMS after success", function()
    local done, world = play(SMS)
    assert.same({ 0, B }, { done.rc, done.result.after })
    assert.same({ { number = "+491701234567", text = "updated to " .. B } }, world.m.messages)
    done, world = play(SMS, { spec = { fail = "end:6508" } })
    assert.same({ 81, 0 }, { done.rc, #world.m.messages })
    changes_nothing_under_check(SMS)
  end)

  it("that is refused, changes no verdict", function()
    for _, reply in ipairs { "CMGS:+CMS ERROR: 500", "CMGF:ERROR", "CGREG?:+CGREG: 0,3\\nOK" } do
      local done, world = play(SMS, { spec = { reply = reply } })
      assert.same({ 0, "updated", true }, { done.rc, done.result.outcome, done.result.recorded })
      assert.same({}, world.m.messages)
      assert.equal(1, #WholeRun.notes(done, "after the verdict, which stands"))
    end
  end)

  it("switches a module on by a pulse at PWRKEY", function()
    local done, world = play(PWRKEY, { spec = { dtr = "pwrkey", state = "off" } })
    assert.same({ 0, "updated", 1 }, { done.rc, done.result.outcome, world.m.triggers })
    assert.equal(1, #WholeRun.notes(done, "waking it"))
  end)

  it("gives no pulse to a module that runs, that may be updating itself, or under --check", function()
    local done, world = play(PWRKEY, { spec = { dtr = "pwrkey" } })
    assert.same({ 0, 0 }, { done.rc, #WholeRun.notes(done, "waking it") })
    for _, entry in ipairs(world.m.log) do assert.is_nil(tostring(entry.detail):find "NORMAL POWER DOWN") end
    done = play(PWRKEY, { spec = { dtr = "pwrkey", state = "off" }, want = { check = true } })
    assert.same({ 69, 0 }, { done.rc, #WholeRun.notes(done, "waking it") })
    world = runs:world { way = "file", spec = { dtr = "pwrkey", hang = "update:40" } }
    local flow = load_script(changed(PWRKEY) .. "/update.lua")
    assert.equal(80, world:run({ flow = flow }).rc)
    done = world:run { flow = flow } -- the record tells that an update was triggered here
    assert.same({ 80, 0 }, { done.rc, #WholeRun.notes(done, "waking it") })
  end)

  it("keeps the module awake, and lets it sleep again if there was no update", function()
    local done = play(SLEEP)
    assert.equal(0, done.rc)
    assert.is_true(place(done, "AT+QSCLK=0") < place(done, "AT+CBC"))
    local refused, world = play(SLEEP, { spec = { vbat_mv = 3000 } })
    assert.same({ 84, 1 }, { refused.rc, world.m.session.sleep })
    changes_nothing_under_check(SLEEP)
  end)

  local function start(program, args, cwd)
    local process = Process.start(program, args, { cwd = cwd })
    return process:wait(), process.out .. process.err
  end

  local C = "MC65FAR01A03"

  it("goes from A to B to C, in two runs", function()
    local scripts, module = changed(CHAIN), run.module()
    folder.write(scripts .. "/A2B.pack", folder.read(run.package()))
    folder.write(scripts .. "/B2C.pack", folder.read(run.package { from = B, to = C }))
    local words = { "chain.sh", "--port", module.name, "--ledger", "none" }
    for _, set in ipairs { "gap_s=0.002", "at_s=0.06", "verify_pause_s=0.02", "reading_pause_s=0.01" } do
      table.move({ "--set", set }, 1, 2, #words + 1, words)
    end
    local rc, said = start("/bin/sh", words, scripts)
    assert.equal(0, rc, said)
    assert.is_truthy(said:find(("updated: %s -> %s"):format(A, B), 1, true), said)
    assert.is_truthy(said:find(("updated: %s -> %s"):format(B, C), 1, true), said)
    local again, refused = start("/bin/sh", words, scripts) -- at C already
    module:stop()
    assert.equal(84, again, refused)
    assert.is_nil(refused:find("phase    upload", 1, true))
  end)

  it("stops a chain at the first step that is not verified", function()
    local scripts, module = changed(CHAIN), run.module { fail = "end:6508" }
    folder.write(scripts .. "/A2B.pack", folder.read(run.package()))
    folder.write(scripts .. "/B2C.pack", "x")
    local rc, said = start("/bin/sh", { "chain.sh", "--port", module.name, "--ledger", "none" }, scripts)
    module:stop()
    assert.equal(81, rc, said)
    assert.equal(1, select(2, said:gsub("\nresult ", "")))
  end)

  it("is a script of its own with an option of its own", function()
    local path, module = changed(OWN) .. "/site.lua", run.module()
    local words = { "--port", module.name, "--ledger", "none", "--json", "--check", "--from", A, "--site", "north 7" }
    words[#words + 1] = run.package()
    local done = run.script(path, words)
    assert.equal(0, done.rc)
    assert.equal("north 7", run.only(done, "facts")[1].site)
    assert.equal(84, run.script(path, { "--port", module.name, "--ledger", "none", "--check", run.package() }).rc)
    module:stop()
    local help = run.script(path, { "--help" })
    assert.equal(0, help.rc)
    assert.is_truthy(help.out:find("--site NAME", 1, true) and help.out:find("Update a module at a site.", 1, true))
  end)

  it("stands there ten times", function() assert.equal(10, #flows_doc.changes()) end)
end)
