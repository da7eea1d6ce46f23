local Job = require "dfota.update.job"
local Package = require "dfota.sim.package"
local app = require "dfota.app"
local core = require "dfota.core"
local folder = require "support.folder"
local ledger = require "dfota.ledger.ledger"
local rates = require "dfota.at.rates"
local report = require "dfota.report.report"

local A, B = "MC65FAR01A01", "MC65FAR01A02"

describe("A script's call", function()
  local dir, cleanup, package
  local open, list, catch, new_job, new_report = core.open, core.list, core.catch_signals, Job.new, report.new

  setup(function()
    dir, cleanup = folder.new()
    package = folder.write(dir .. "/a.pack", assert(Package.make(A, B, 2000)))
    for _, name in ipairs { "retries.lua", "apns.lua" } do
      folder.write(dir .. "/" .. name, folder.read("scripts/" .. name))
    end
  end)
  teardown(function() cleanup() end)
  after_each(function()
    core.open, core.list, core.catch_signals, Job.new, report.new = open, list, catch, new_job, new_report
  end)

  -- Plays a call; `run` stands for the job's run. What was told and done, and what the job was made of.
  local function call(args, more)
    more = more or {}
    local told = { notes = {}, opened = {}, closed = {}, released = 0 }
    local port = {
      name = function() return "p" end, tap = function(_, fn) told.tap = fn end,
      is_pty = function() return false end, close = function() told.closed[#told.closed + 1] = "port" end,
      other_user = function()
        if more.reader then return 7, "cat" end
      end,
    }
    core.open = function(name, how)
      told.opened[#told.opened + 1] = { name, how.baud, how.rtscts }
      if more.refused then return nil, core.error("port_busy", "in use") end
      return port
    end
    core.list = function() return more.ports or {} end
    core.catch_signals = function()
      if more.no_signals then return nil, core.error("io", "no pipe") end
      return true
    end
    report.new = function(options)
      told.options, told.clock = options, options.clock
      return {
        event = function(_, name, fields)
          told.notes[#told.notes + 1] = name == "note" and fields.level .. ": " .. fields.text or name
        end,
        result = function(_, result) told.result = result end, set_port = function(_, name) told.port = name end,
        list = function(_, lines, facts, result) told.listed, told.facts, told.result = lines, facts, result end,
        tick_s = function() return 3 end, settle = function(_, rc) return rc + 100 end,
      }
    end
    Job.new = function(opts)
      told.job = opts
      if more.no_job then error("boom", 0) end
      return { run = function(_, flow)
        told.flow = flow
        if more.run then return more.run(opts) end
        return 42
      end, entry = { before = "A", triggered = more.triggered } }
    end
    told.rc = app.main {
      name = more.name or "update", args = args, scripts = more.scripts or dir, flow = "the flow", path = more.path,
      clock = function() return 5 end, options = more.options,
    }
    return told
  end

  local function update(...)
    local args = { "--port", "p", "--ledger", "none", ... }
    args[#args + 1] = package
    return call(args)
  end

  it("that is right becomes a job, whose exit code it ends with", function()
    local told = update()
    assert.same({ 142, "the flow", "p", {} }, { told.rc, told.flow, told.port, told.notes })
    assert.same({ { "p", 115200, false } }, told.opened)
    assert.same({ "port" }, told.closed)
    local job = told.job
    assert.same({ "p", 3, {}, 2000, false, nil, nil }, { job.port_name, job.tick_s, job.force, job.package.size,
      job.lenient or false, job.looks, job.baud })
    assert.is_true(math.abs(job.wall_clock() - os.time()) < 3)
    assert.equal("string", type(job.boot))
    assert.is_nil(job.apns)
    assert.equal("closed file", io.type(job.package.file))
  end)

  it("says what the job is to ask for; a package's manifest counts where it says nothing", function()
    local request = update("--from", A, "--to", B, "--imei", "861234567890127", "--run", "r", "--check").job.request
    assert.same({ A, B, "861234567890127", "r", true, true, rates.standard },
      { request.from, request.to, request.imei, request.run, request.check, request.preflight, request.bauds })
    request = update().job.request
    assert.same({ nil, nil, nil, nil }, { request.from, request.to, request.check, request.run })
    folder.write(package .. ".json", ('{"from":"%s","to":"%s"}'):format(A, B))
    finally(function() os.remove(package .. ".json") end)
    request = update("--to", "C").job.request
    assert.same({ A, "C" }, { request.from, request.to })
  end)

  it("with a rate opens the port at it, and looks nowhere else", function()
    local told = update("--baud", "9600", "--set", "rtscts=on")
    assert.same({ { { "p", 9600, true } }, { 9600 }, 9600 }, { told.opened, told.job.request.bauds, told.job.baud })
  end)

  it("passes gates by their names", function()
    assert.same({ supply = true, room = true }, update("--force", "supply", "--force", "room").job.force)
  end)

  it("with a URL has the table of APNs, and no question to the server where it says so", function()
    local told = call { "--port", "p", "--ledger", "none", "--apn", "auto", "http://h.example/a.pack" }
    assert.equal("table", type(told.job.apns))
    assert.same({ "auto", true, true },
      { told.job.request.apn, told.job.request.preflight, told.job.package.transport.downloads })
    told = call { "--port", "p", "--ledger", "none", "--no-preflight", "http://h.example/a.pack" }
    assert.is_false(told.job.request.preflight)
  end)

  it("of a script with options of its own hands their values on", function()
    local told = call({ "--port", "p", "--ledger", "none", "--site", "north", package },
      { name = "mine", options = { { "--site", "Where it stands." } } })
    assert.same({ "north", { "site" } }, { told.job.request.site, told.job.request.own })
  end)

  it("takes the only port that there is, and else says which there are", function()
    local one = { { name = "/dev/ttyS4", description = "ttyS4" } }
    local told = call({ "--ledger", "none", package }, { ports = one })
    assert.same({ 142, "/dev/ttyS4", "/dev/ttyS4" }, { told.rc, told.port, told.opened[1][1] })
    told = call { "--ledger", "none", package }
    assert.same({ 102, "no serial port was found: plug the adapter in, or name one with --port" },
      { told.rc, told.result.message })
    one[2] = { name = "/dev/ttyUSB0" }
    told = call({ "--ledger", "none", package }, { ports = one })
    assert.same({ 102, "several serial ports were found, name one with --port: /dev/ttyS4 (ttyS4), /dev/ttyUSB0" },
      { told.rc, told.result.message })
    assert.same({}, told.opened)
  end)

  it("that is wrong ends before anything is opened", function()
    for _, case in ipairs {
      { 2, { "--frobnicate" } }, { 102, { "--port", "p", "--set", "boot_s=x", package } },
      { 102, { "--port", "p", "--apn", 'a"b', "http://h.example/a" } },
      { 166, { "--port", "p", dir .. "/none.pack" } }, { 178, { "--port", "p", "--ledger", dir, package } },
      { 165, { "--port", "p", "ftp://h.example/a" } },
    } do
      local told = call(case[2])
      assert.same({ case[1], {}, nil }, { told.rc, told.opened, told.job }, table.concat(case[2], " "))
      assert.equal("string", type(told.result.message))
    end
    local told = call({ "--port", "p", "--ledger", "none", package }, { no_signals = true })
    assert.same({ nil, "no pipe" }, { told.flow, told.result.message })
    assert.equal("number", type(told.rc))
  end)

  it("without the tables of its scripts is told which is missing, or wrong", function()
    local other, remove = folder.new()
    finally(remove)
    local args = { "--port", "p", "--ledger", "none", package }
    local told = call(args, { scripts = other })
    assert.same({ 178, true }, { told.rc, told.result.message:find(other .. "/retries.lua", 1, true) ~= nil })
    folder.write(other .. "/retries.lua", "\nreturn {")
    told = call(args, { scripts = other })
    assert.is_truthy(told.result.message:find(other .. "/retries.lua:2: ", 1, true), told.result.message)
    folder.write(other .. "/retries.lua", "return {}")
    told = call(args, { scripts = other })
    assert.equal(142, told.rc)
    assert.is_truthy(told.notes[1]:find("^warning: scripts/retries.lua has no row for .*sync.*: tried once"))
    args[#args] = "http://h.example/a"
    assert.equal(178, call(args, { scripts = other }).rc)
  end)

  it("whose script asks for a step that no table has is told before anything is opened", function()
    local path = folder.write(dir .. "/flow.lua", 'job:retry("uplod", fn)\n')
    local told = call({ "--port", "p", "--ledger", "none", package }, { path = path })
    assert.same({ 178, {} }, { told.rc, told.opened })
    assert.is_truthy(told.result.message:find("uplod", 1, true))
    assert.equal(142, call({ "--port", "p", "--ledger", "none", package }, { path = dir .. "/none.lua" }).rc)
  end)

  it("on a port that somebody else reads says who, and on one in use ends", function()
    local told = call({ "--port", "p", "--ledger", "none", package }, { reader = true })
    assert.same({ "warning: p: process 7 (cat) has this port open too: what it reads is lost here" }, told.notes)
    told = call({ "--port", "p", "--ledger", "none", package }, { refused = true })
    assert.same({ 174, {}, "in use" }, { told.rc, told.closed, told.result.message })
  end)

  it("with an odd package says so", function()
    local odd = folder.write(dir .. "/odd.pack", ("no package of ours "):rep(100))
    local told = call { "--port", "p", "--ledger", "none", odd }
    assert.is_truthy(told.notes[1]:find("^warning: .*odd.pack"))
  end)

  it("without a ledger that can be used goes on where it only looks or follows", function()
    for _, name in ipairs { "watch", "info" } do
      local told = call({ "--port", "p", "--ledger", dir }, { name = name })
      assert.same({ 142, true, true }, { told.rc, told.job.lenient, core.is_error(told.job.ledger_missing) })
      assert.is_truthy(told.notes[1]:find("^warning: ledger .*; going on without it$"))
      assert.equal(name == "info", told.job.looks ~= nil)
    end
  end)

  it("with a password in the ledger's URL warns of it", function()
    local open_ledger = ledger.open
    finally(function() ledger.open = open_ledger end)
    local opened
    ledger.open = function(where, how)
      opened = { where, how.readonly, how.answer_s, how.busy_s, how.last_s }
      return ledger.none()
    end
    local told = call { "--port", "p", "--ledger", "postgres://me:secret@h/d", package }
    assert.same({ "postgres://me:secret@h/d", nil, 10, 60, 1.5 }, opened)
    assert.is_truthy(told.notes[1]:find("^warning: ledger postgres://%*%*%*@h/d: a password in a URL"))
    call { "--port", "p", "--ledger", "postgres://h/d", "--set", "ledger_s=1", "--set", "ledger_busy_s=2", "--set",
      "ledger_last_s=3", "--check", package }
    assert.same({ "postgres://h/d", true, 1, 2, 3 }, opened)
  end)

  it("keeps its ledger in the file that it names, and makes none where it only looks", function()
    local path = dir .. "/ledger.db"
    assert.equal(142, call({ "--port", "p", "--ledger", path, "--check", package }).rc)
    assert.is_nil(io.open(path))
    local told = call({ "--port", "p", "--ledger", path, package }, { run = function(job)
      assert(job.ledger:begin { imei = "1" })
      return 0
    end })
    assert.equal(100, told.rc)
    assert.is_true(told.job.ledger.closed)
    assert(io.open(path)):close()
  end)

  it("writes its trace, and says what became of it", function()
    local path = dir .. "/t.trace"
    local told = call({ "--port", "p", "--ledger", "none", "--trace", path, package }, { run = function(job)
      job.on_traceback "one\ntwo"
      job.before_result()
      return 0
    end })
    assert.same({ path, "function", {} }, { told.job.trace_path, type(told.tap), told.notes })
    assert.is_truthy(folder.read(path):find("one\n", 1, true))
    told = call({ "--port", "p", "--ledger", "none", "-v", package }, { run = function(job)
      job.on_traceback "one\ntwo"
      job.before_result()
      return 0
    end })
    assert.same({ "error: one", "error: two" }, told.notes)
  end)

  it("whose run has a fault ends with 1, and knows whether it had triggered", function()
    for _, triggered in ipairs { false, true } do
      local told = call({ "--port", "p", "--ledger", "none", "-v", package }, {
        triggered = triggered, run = function() error("boom", 0) end,
      })
      assert.same({ 101, triggered and "unknown" or "not_started" }, { told.rc, told.result.outcome })
      assert.is_truthy(told.result.message:find("boom", 1, true))
      assert.is_truthy(table.concat(told.notes):find("stack traceback", 1, true))
      assert.same({ "port" }, told.closed)
    end
    local told = call({ "--port", "p", "--ledger", "none", package }, { no_job = true })
    assert.same({ 101, {}, { "port" } }, { told.rc, told.notes, told.closed })
    assert.is_truthy(told.result.message:find("boom", 1, true))
    assert.equal(5, told.clock())
  end)

  it("for the settings lists them as they would count, and runs nothing", function()
    local told = call { "--settings", "--set", "boot_s=70" }
    assert.same({ 100, 70, "checked", {} }, { told.rc, told.facts.boot_s or told.facts[1], told.result.outcome,
      told.opened })
    assert.is_truthy(table.concat(told.listed, "\n"):find("boot_s +70 s"))
    told = call { "--settings", "--set", "boot_s=x" }
    assert.same({ 2, nil }, { told.rc, told.listed })
  end)

  it("for the help writes it where it was told to, and ends with 0 only where that was possible", function()
    local function help(broken)
      local written = {}
      local out = {
        write = function(_, ...)
          written[#written + 1] = table.concat { ... }
          if broken ~= "write" then return true end
          return nil, "it is full"
        end,
        flush = function()
          if broken ~= "flush" then return true end
          return nil, "it is full"
        end,
      }
      local err = { write = function(_, ...) written.err = table.concat { ... } end }
      return app.main { name = "update", args = { "--help" }, out = out, err = err }, written
    end
    local rc, written = help()
    assert.same({ 0, nil }, { rc, written.err })
    assert.matches("^Usage: dfota%-update", written[1])
    for _, broken in ipairs { "write", "flush" } do
      rc, written = help(broken)
      assert.same({ 1, "the output was lost: it is full\n" }, { rc, written.err })
    end
  end)
end)
