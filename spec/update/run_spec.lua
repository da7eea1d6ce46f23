local WholeRun = require "support.whole_run"
local core = require "dfota.core"
local folder = require "support.folder"

local A, B = WholeRun.A, WholeRun.B
local notes = WholeRun.notes

local SOURCE = folder.read "scripts/update.lua"
local without_arg = setmetatable({}, { __index = function(_, name) return name ~= "arg" and _G[name] or nil end })

-- The flow of update.lua, edited. Each edit is a piece of it and what stands there instead.
local function edited(...)
  local text = SOURCE
  for _, edit in ipairs { ... } do
    local from, to = text:find(edit[1], 1, true)
    assert(from, edit[1])
    text = text:sub(1, from - 1) .. edit[2] .. text:sub(to + 1)
  end
  return assert(load(text, "@scripts/update.lua", "t", without_arg))()
end

-- Behind the gates of the module.
local HERE, GO_ON = "check_history(job)\n  if", "\n  if"

describe("What no edit of a flow can break:", function()
  local runs

  setup(function() runs = WholeRun.new() end)
  teardown(function() runs:close() end)

  local function play(flow, case)
    case = case or {}
    case.way = case.way or "file"
    return runs:play(case, { flow = flow })
  end

  local function sent(run) return table.concat(run.sent, "\n") end

  local function changed_nothing(run, world)
    assert.equal(0, run.tx_triggers)
    assert.is_nil(sent(run):find("QFUPL=", 1, true))
    assert.is_nil(sent(run):find("QIACT", 1, true))
    assert.equal(A, world.m.revision)
  end

  local function upload(job)
    job:retry("upload", function() return job.modem.files:upload("fota.pack", job.package) end)
  end

  it("the record is on disk before the trigger, though nothing but the trigger asks for it", function()
    local run, world = play(function(job)
      job:connect()
      upload(job)
      job:trigger()
    end)
    assert.same({ 0, 1 }, { run.rc, run.tx_triggers })
    local row = world:rows()[1]
    assert.is_truthy(row.triggered)
    assert.equal("updated", row.outcome)
  end)

  it("a second trigger is one clear line, and the verdict stands", function()
    local run = play(edited { "job:trigger() --", "job:trigger() job:trigger() --" })
    assert.same({ 0, 1, "updated" }, { run.rc, run.tx_triggers, run.result.outcome })
    local told = notes(run, "once in a run; the verdict stands")
    assert.equal(1, #told)
    assert.is_truthy(told[1]:find "^scripts/update%.lua:%d+: ")
  end)

  it("nor is there a second one where the flow swallows what is raised", function()
    for _, spec in ipairs { {}, { fail = "end:6508" }, { fail = "command:6502" } } do
      local flow = edited { "job:trigger() --", "for _ = 1, 3 do pcall(job.trigger, job) end --" }
      local run = play(flow, { spec = spec })
      assert.equal(1, run.tx_triggers)
      assert.equal(spec.fail and 81 or 0, run.rc)
    end
  end)

  it("nobody else sends AT+QFOTADL", function()
    for _, command in ipairs {
      "AT+QFOTADL=1", "at+qfotadl=1", "AT +QFOTADL = 1", "AT+CMEE?;+QFOTADL=1", 'AT+QFOTADL="http://h/a"', "A/",
    } do
      local run, world = play(function(job)
        job:connect()
        job:retry("upload", function() return job.modem.files:upload("fota.pack", job.package) end)
        pcall(function() job.channel:command(command) end)
        job:trigger()
      end)
      assert.same({ 1, 0, 0 }, { run.rc, run.tx_triggers, world.m.triggers }, command)
      assert.is_truthy(run.result.message:find "^%.?/?spec/update/run_spec%.lua:%d+: ", run.result.message)
      assert.is_nil(run.result.message:find "\n")
    end
  end)

  it("nor by the module's own function, nor by the bytes of the port", function()
    for _, slip in ipairs {
      function(job) job.modem:trigger(job.package) end,
      function(job) job.channel.port:write "AT+QFOTADL=1\r" end,
      function(job) job.channel.port:exchange("AT+QFOTADL=1\r", 1, 0) end,
      function(job) job.channel:put "AT+QFOTADL=1" end,
      function(job) job.modem.channel:send "AT+QFOTADL=1" end,
    } do
      local run, world = play(function(job)
        job:connect()
        slip(job)
      end)
      assert.same({ 1, 0 }, { run.rc, world.m.triggers })
    end
  end)

  for name, edit in pairs {
    ["a forgotten return under --check"] = { "if job:checking() then return end", "job:checking()" },
    ["the line of --check left out"] = { "if job:checking() then return end", "" },
    ["an early upload"] = { HERE, "upload_package(job)" .. GO_ON },
    ["an early trigger"] = { HERE, "job:trigger()" .. GO_ON },
    ["a command that is no query"] = { HERE, 'job.channel:command "AT+QSCLK=0"' .. GO_ON },
    ["one that is swallowed"] = { HERE, 'pcall(function() job.channel:command "AT+QSCLK=0" end)' .. GO_ON },
    ["a file that is deleted"] = { HERE, 'job.modem.files:delete "fota.pack"' .. GO_ON },
    ["modem lines that are moved"] = { HERE, "job.channel.port:lines { dtr = false }" .. GO_ON },
  } do
    it(("nothing is changed under --check by %s: 1, and the line"):format(name), function()
      for _, way in ipairs { "file", "url" } do
        local run, world = play(edited(edit), { way = way, want = { check = true } })
        assert.equal(1, run.rc, run.result.message)
        assert.is_truthy(run.result.message:find "^scripts/update%.lua:%d+: ", run.result.message)
        assert.is_nil(run.result.message:find "\n")
        changed_nothing(run, world)
        assert.is_nil(sent(run):find("QSCLK", 1, true))
        assert.is_nil(sent(run):find("QFDEL", 1, true))
      end
    end)
  end

  it("a query of an engineer's own passes --check once it is declared", function()
    local flow = edited { HERE,
      'job:query "AT+QTEMP" job:ask("temperature", function() return job.channel:command "AT+QTEMP" end)' .. GO_ON }
    local run, world = play(flow, { want = { check = true } })
    assert.equal(0, run.rc, run.result.message)
    assert.is_truthy(sent(run):find("AT+QTEMP", 1, true))
    changed_nothing(run, world)
  end)

  it("a run has its one result whatever its flow returns", function()
    for _, value in ipairs { "nil", "5", "'ok'", "{}", "{ rc = 82 }", "false" } do
      local run = play(edited { "job:trigger() --", "job:trigger() do return " .. value .. " end --" })
      assert.same({ 0, B }, { run.rc, run.result.after }, value)
    end
  end)

  it("and whatever it raises behind the trigger: what was verified stays verified", function()
    for _, slip in ipairs {
      "error 'boom'", "local x = nil + 1", "error({ rc = 0 })", "assert(job.channel:command 'AT+CMGS=1')",
      "job:gate { 'late', ok = false }", "job.modem:sms()", "job:connect()", "job:retry('nothing', print)",
      "error(nil)",
    } do
      local run = play(edited { "job:trigger() --", "job:trigger() " .. slip .. " --" })
      assert.same({ 0, B, 1 }, { run.rc, run.result.after, run.tx_triggers }, slip)
      local flow = edited { "job:trigger() --", "job:trigger() " .. slip .. " --" }
      local failed = play(flow, { spec = { fail = "end:6508" } })
      assert.same({ 81, 6508 }, { failed.rc, failed.result.code }, slip)
    end
  end)

  it("a verdict that the flow writes to stays as it was", function()
    local run = play(edited { "job:trigger() --", "job:trigger().rc = 80 --" })
    assert.equal(0, run.rc)
  end)

  it("a flow that ends without a trigger says so: 78, and what it did is taken back", function()
    local run, world = play(edited { "job:trigger() --", "--" })
    assert.same({ 78, "not_started", false }, { run.rc, run.result.outcome, run.result.changed })
    assert.is_truthy(run.result.message:find("without a trigger", 1, true))
    assert.is_nil(world.m.files["fota.pack"])
    run = play(function() end)
    assert.equal(78, run.rc)
    run = play(function() end, { want = { check = true } })
    assert.equal(78, run.rc)
  end)

  it("nothing is triggered on a module that nobody has looked at", function()
    for _, flow in ipairs {
      function(job) job:trigger() end, upload, edited { "local module = job:connect()", "local module = {}" },
    } do
      local run, world = play(flow)
      assert.is_true(run.rc == 1 or run.rc == 84, run.rc)
      changed_nothing(run, world)
    end
  end)

  it("what ended the run ends it again where the flow swallows it", function()
    local case = { spec = { revision = B } }
    local run = play(edited { "local module = job:connect()", "pcall(job.connect, job) local module = {}" }, case)
    assert.same({ 0, "already_current", 0 }, { run.rc, run.result.outcome, run.tx_triggers })
    run = play(edited { "job:gate { \"supply\"",
      "pcall(function() job:gate { 'supply', ok = false } end) job:gate { \"supply\"" })
    assert.same({ 84, 0 }, { run.rc, run.tx_triggers })
  end)

  it("a signal that the flow swallows ends it all the same: 130", function()
    local flow = edited { "job:retry(\"upload\", function() return files:upload(\"fota.pack\", package, progress) end)",
      "local function fn() return files:upload('fota.pack', package) end\n"
        .. "for _ = 1, 3 do pcall(job.retry, job, 'upload', fn) end" }
    local run = play(flow, { accidents = { { kind = "signal", name = "INT", tx = "AT+QFUPL" } } })
    assert.same({ 130, 0 }, { run.rc, run.tx_triggers })
  end)

  describe("a step behind the verdict", function()
    local function with(fn, case)
      return play(function(job)
        job:after(function(result) return fn(job, result) end)
        job:connect()
        upload(job)
        job:trigger()
      end, case)
    end

    it("gets the result, and may talk to the module", function()
      local seen, csq
      local run = with(function(job, result)
        seen, csq = result.outcome, job:ask("signal", function() return job.modem:signal() end)
      end)
      assert.same({ 0, "updated", 25 }, { run.rc, seen, csq })
    end)

    it("may fail as it likes: a warning, and no other exit code", function()
      for _, fn in ipairs {
        function() error "boom" end,
        function() return nil, core.error("cms", "no SMS") end,
        function(job) assert(job.channel:command "AT+CMGS=1") end,
        function(job) job.channel:command "AT+QFOTADL=1" end,
        function(job) job:trigger() end,
        function(job) job:gate { "late", ok = false } end,
        function(job) job:connect() end,
        function(_, result) result.rc = 80 error "x" end,
      } do
        local run = with(fn)
        assert.same({ 0, "updated", 1, true }, { run.rc, run.result.outcome, run.tx_triggers, run.result.recorded })
        assert.is_true(#notes(run, "verdict") >= 1)
        assert.equal("the module now runs " .. B, run.result.message)
      end
    end)

    it("does not stop the ones behind it, but an interruption does", function()
      local done = {}
      local function three(second)
        return play(function(job)
          job:connect()
          upload(job)
          job:trigger()
          job:after(function() done[#done + 1] = 1 end)
          job:after(second)
          job:after(function() done[#done + 1] = 3 end)
        end)
      end
      assert.equal(0, three(function() error "boom" end).rc)
      assert.same({ 1, 3 }, done)
      done = {}
      assert.equal(0, three(function() error(core.error("interrupted", "a signal"), 0) end).rc)
      assert.same({ 1 }, done)
    end)

    it("is left out where there is no verdict", function()
      local done = false
      local run = with(function() done = true end, { spec = { vbat_mv = 3900, model = "Quectel_M66" } })
      assert.same({ 84, false }, { run.rc, done })
    end)
  end)

  it("an engineer's own facts are in the record, the events and the text", function()
    local run, world = play(edited { "job:trigger() --",
      "job:record('ccid', '8949') job:trigger() job:record('site', 7) --" })
    assert.equal(0, run.rc)
    local told = {}
    for _, event in ipairs(run.report.events) do
      if event.event == "facts" then
        told.ccid, told.site = told.ccid or event.ccid, told.site or event.site
      end
    end
    assert.same({ ccid = "8949", site = 7 }, told)
    assert.same({ 1, 1 }, { #notes(run, "ccid: 8949"), #notes(run, "site: 7") })
    local facts = world:rows()[1].facts
    assert.is_truthy(facts:find('"ccid":"8949"', 1, true) and facts:find('"site":7', 1, true))
  end)

  for slip, words in pairs {
    ["job.gate { 'supply' }"] = "write job:gate(…), with a colon",
    ["job:gat { 'supply' }"] = "job has no gat; did you mean gate?",
    ["job.modem.supply_mv()"] = "write job.modem:supply_mv(…), with a colon",
    ["job.modem:suply_mv()"] = "job.modem has no suply_mv; did you mean supply_mv?",
    ["job.modem.files:uplod()"] = "job.modem.files has no uplod; did you mean upload?",
    ["print(job.settings.min_suply_mv)"] = "there is no setting named min_suply_mv; did you mean min_supply_mv?",
    ["print(job.request.form)"] = "job.request has no form; did you mean from?",
    ["job:commit()"] = "job:commit is not for flows: job:trigger() does it",
    ["print(job.want.to)"] = "write job.request",
    ["job.modem = nil"] = "job.modem is not set by flows",
    ["local x = nil + 1"] = "attempt to perform arithmetic on a nil value",
    ["job:record(5, 5)"] = "a name is a word",
    ["job:record('ccid', {})"] = "a value is a number",
    ["job:after()"] = "takes a function",
    ["job:gate 'supply'"] = "a gate is a table",
    ["job.modem:wait_sim 'x'"] = "scripts/update.lua:", -- raised below, with the line that called
  } do
    it("a slip is told in one line with the script's: " .. slip, function()
      local run, world = play(edited { HERE, slip .. GO_ON })
      assert.equal(1, run.rc)
      assert.is_truthy(run.result.message:find(words, 1, true), run.result.message)
      assert.is_truthy(run.result.message:find "scripts/update%.lua:%d+", run.result.message)
      assert.is_nil(run.result.message:find "\n")
      changed_nothing(run, world)
    end)
  end
end)
