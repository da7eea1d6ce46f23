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

  local OWN_FILE = [[(function()
    local own = os.tmpname()
    local file = io.open(own, "w+b")
    file:write "another package"
    file:seek "set"
    os.remove(own)
    return { path = own, file = file, size = 15 }
  end)()]]

  for name, case in pairs {
    ["none"] = { "--", "was not uploaded as fota.pack in this run" },
    ["one of another name"] = { 'job.modem.files:upload("x.pack", job.package)', "was not uploaded as fota.pack" },
    ["one that is deleted again"] = { 'upload_package(job) job.modem.files:delete "fota.pack"', "was not uploaded" },
    ["one of another file"] = { 'job.modem.files:upload("fota.pack", ' .. OWN_FILE .. ")",
      "what was uploaded as fota.pack is not" },
    ["another file behind it"] = { 'upload_package(job) job.modem.files:upload("fota.pack", ' .. OWN_FILE .. ")",
      "what was uploaded as fota.pack is not" },
  } do
    it("nothing is triggered but what the record names, whatever was uploaded: " .. name, function()
      local run, world = play(edited { "else upload_package(job) end", "else " .. case[1] .. "\nend" },
        { spec = { stale_pack = 4000 } }) -- an earlier run left it there
      assert.same({ 1, 0, A }, { run.rc, run.tx_triggers, world.m.revision }, run.result.message)
      assert.is_truthy(run.result.message:find "^scripts/update%.lua:%d+: ", run.result.message)
      assert.is_truthy(run.result.message:find(case[2], 1, true), run.result.message)
      assert.is_truthy(run.result.message:find("nothing was triggered: files:upload(", 1, true), run.result.message)
    end)
  end

  it("what is in the module already is triggered once it was compared with the package", function()
    local content = folder.read(runs.stage:package(4000).path)
    for _, there in ipairs { content, content:sub(1, -2) .. "?" } do
      local world = runs:world { way = "file" }
      world.m.files["fota.pack"] = there
      local run = world:run { flow = function(job)
        job:connect()
        assert(job.modem.files:compare("fota.pack", job.package.path))
        job:trigger()
      end }
      local same = there == content
      assert.same({ same and 0 or 1, same and 1 or 0 }, { run.rc, run.tx_triggers }, run.result.message)
    end
  end)

  it("a second trigger is one clear line, and the verdict stands", function()
    local run = play(edited { "job:trigger() --", "job:trigger() job:trigger() --" })
    assert.same({ 0, 1, "updated" }, { run.rc, run.tx_triggers, run.result.outcome })
    local told = notes(run, "works once per run; the verdict stands")
    assert.equal(1, #told)
    assert.is_truthy(told[1]:find "^scripts/update%.lua:%d+: ")
  end)

  it("nor is there a second one if the flow swallows the error", function()
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

  it("nor by the modem's own function, nor by writing to the port", function()
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

  local function in_update(fn)
    return function(job)
      job:connect()
      upload(job)
      local heard = false
      job.channel:subscribe(function(line)
        if heard or not line:find("UPDATING", 1, true) then return end
        heard = true
        fn(job)
      end)
      job:trigger()
    end
  end

  for name, fn in pairs {
    ["triggers again"] = function(job) job:trigger() end,
    ["triggers again, and swallows the refusal"] = function(job) pcall(job.trigger, job) end,
    ["sends a command"] = function(job) job.channel:command "AT+CFUN=1,1" end,
    ["deletes a file"] = function(job) job.modem.files:delete "fota.pack" end,
    ["has a mistake in it"] = function() error "a slip" end,
    ["yields"] = function() coroutine.yield() end,
  } do
    it("a subscriber that " .. name .. " in mid-update only listens, and the update is followed to its end", function()
      local run, world = play(in_update(fn))
      assert.same({ 0, 1, B }, { run.rc, run.tx_triggers, world.m.revision }, run.result.message)
      assert.is_nil(sent(run):find("CFUN", 1, true))
      if not name:find "swallows" then
        assert.equal(1, #notes(run, "a subscriber failed and was removed: "))
      end
      assert.equal("updated", world:rows()[1].outcome)
    end)
  end

  it("no trigger comes from what undoes changes: nothing would know of it", function()
    for _, ends in ipairs { function() end, function() error "x" end } do
      local run, world = play(function(job)
        job:connect()
        upload(job)
        job:on_failure(function() job:trigger() end)
        ends()
      end)
      assert.same({ 0, A }, { run.tx_triggers, world.m.revision })
      assert.is_truthy(run.rc == 78 or run.rc == 1, run.rc)
    end
  end)

  it("what would undo changes is not done after an update, even if it is registered after the trigger", function()
    local run = play(function(job)
      job:connect()
      upload(job)
      job:trigger()
      job:on_failure(function() return job.channel:command "AT+CFUN=0" end)
    end)
    assert.equal(0, run.rc)
    assert.is_nil(sent(run):find("CFUN", 1, true))
  end)

  it("a command that --check refuses while changes are undone is 1, too", function()
    local run = play(function(job)
      job:connect()
      job:on_failure(function() return job.channel:command "AT+CFUN=0" end)
    end, { want = { check = true } })
    assert.equal(1, run.rc)
    assert.is_nil(sent(run):find("CFUN", 1, true))
  end)

  it("no parameter with a line end in it becomes a second command", function()
    for _, slip in ipairs {
      function(job) job.modem.pdp:activate { apn = "x\r\nAT+CFUN=0" } end,
      function(job) job.modem.files:delete 'x"\r\nAT+CFUN=0' end,
      function(job) job.channel:command "AT\rA/" end,
    } do
      local run = play(function(job)
        job:connect()
        slip(job)
      end)
      assert.equal(1, run.rc)
      assert.is_nil(sent(run):find("CFUN", 1, true))
      assert.is_nil(sent(run):find("A/", 1, true))
    end
  end)

  it("a fact of a flow's own does not pass for another event", function()
    local run = play(function(job)
      job:connect()
      job:facts { event = "result", ok = true, rc = 0 }
    end)
    assert.equal(1, run.rc)
    assert.is_truthy(run.result.message:find("event is a field that every event has", 1, true))
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

  it("and whatever it raises after the trigger: a verdict stands", function()
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

  it("a flow that ends without a trigger says so: 78, and its changes are undone", function()
    local run, world = play(edited { "job:trigger() --", "--" })
    assert.same({ 78, "not_started", false }, { run.rc, run.result.outcome, run.result.changed })
    assert.is_truthy(run.result.message:find("without a trigger", 1, true))
    assert.is_nil(world.m.files["fota.pack"])
    run = play(function() end)
    assert.equal(78, run.rc)
    run = play(function() end, { want = { check = true } })
    assert.equal(78, run.rc)
  end)

  it("nothing is triggered on a module that was not identified", function()
    for _, flow in ipairs {
      function(job) job:trigger() end, upload, edited { "local module = job:connect()", "local module = {}" },
    } do
      local run, world = play(flow)
      assert.is_true(run.rc == 1 or run.rc == 84, run.rc)
      changed_nothing(run, world)
    end
  end)

  it("nothing is changed on a module that was not identified, as the record could not name it", function()
    local run, world = play(function(job)
      job.channel:command "AT+QSCLK=0"
      job:connect()
    end)
    assert.equal(1, run.rc)
    assert.is_truthy(run.result.message:find("needs job:connect() before it", 1, true))
    assert.is_nil(sent(run):find("QSCLK", 1, true))
    assert.is_nil(world:rows()[1])
  end)

  it("what ended the run ends it again if the flow swallows it", function()
    local case = { spec = { revision = B } }
    local run = play(edited { "local module = job:connect()", "pcall(job.connect, job) local module = {}" }, case)
    assert.same({ 0, "already_current", 0 }, { run.rc, run.result.outcome, run.tx_triggers })
    run = play(edited { "job:gate { \"supply\"",
      "pcall(function() job:gate { 'supply', ok = false } end) job:gate { \"supply\"" })
    assert.same({ 84, 0 }, { run.rc, run.tx_triggers })
  end)

  it("a signal that the flow swallows still ends it: 130", function()
    local flow = edited { "job:retry(\"upload\", function() return files:upload(\"fota.pack\", package, progress) end)",
      "local function fn() return files:upload('fota.pack', package) end\n"
        .. "for _ = 1, 3 do pcall(job.retry, job, 'upload', fn) end" }
    local run = play(flow, { accidents = { { kind = "signal", name = "INT", tx = "AT+QFUPL" } } })
    assert.same({ 130, 0 }, { run.rc, run.tx_triggers })
  end)

  describe("a step after the verdict", function()
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
        function() return nil, "no SMS" end,
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

    it("does not stop the ones after it, but an interruption does", function()
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

    it("is skipped if there is no verdict", function()
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

  it("a flow whose run is decided ends silently", function()
    for _, flow in ipairs { runs.stage.watch, runs.stage.update } do
      local run = play(flow, { spec = { revision = B } })
      assert.same({ 0, B }, { run.rc, run.result.after })
      assert.same({}, notes(run, "verdict"))
    end
  end)

  it("a step whose name is computed is reported with the script's line if it has no row: 78", function()
    local run, world = play(edited { HERE, "job:retry('up' .. 'laod', print)" .. GO_ON })
    assert.equal(78, run.rc)
    assert.is_truthy(run.result.message:find
      "^scripts/update%.lua:%d+: the step uplaod has no row in retries%.lua; did you mean upload%?$")
    changed_nothing(run, world)
  end)

  for slip, words in pairs {
    ["job.gate { 'supply' }"] = "call job:gate(…) with a colon",
    ["job:gat { 'supply' }"] = "job has no gat; did you mean gate?",
    ["job.modem.supply_mv()"] = "call job.modem:supply_mv(…) with a colon",
    ["job.modem:suply_mv()"] = "job.modem has no suply_mv; did you mean supply_mv?",
    ["job.modem.files:uplod()"] = "job.modem.files has no uplod; did you mean upload?",
    ["print(job.settings.min_suply_mv)"] = "job.settings has no min_suply_mv; did you mean min_supply_mv?",
    ["print(job.request.form)"] = "job.request has no form; did you mean from?",
    ["job:commit()"] = "job:commit is not available to flows: use job:trigger()",
    ["print(job.want.to)"] = "read job.request",
    ["print(job.package.sise)"] = "job.package has no sise; did you mean size?",
    ["job.settings.boot_s = 5"] = "job.settings.boot_s cannot be set by a flow: use --set or --config",
    ["job:retry('pdp', job.modem:supply_mv())"] = "a function is missing: write job:retry(",
    ["job:retry('query', function() end)"] = "the step query returned nothing: is the return missing",
    ["job:ask('supply', job.modem:supply_mv())"] = "a function is missing: write job:ask(",
    ["job:on_failure(job.modem.pdp:state())"] = "a function is missing: write job:on_failure(",
    ["job:phase 'uplaod'"] = "there is no phase uplaod; did you mean upload?",
    ["job:progress 'uplaod'"] = "there is no phase uplaod; did you mean upload?",
    ["job:note('warn', 'x')"] = "is \"info\", \"warning\" or \"error\"",
    ["job:note 'hello'"] = "job:note(level, text)",
    ["error { text = 'x' }"] = "a table was raised",
    ["error()"] = "an error without a message was raised",
    ["job:facts 'x'"] = "takes a table",
    ["job.channel:command('AT', { timeout = 1 })"] = "there is no option timeout; did you mean timeout_s?",
    ["job.modem:pause()"] = "attempt to perform arithmetic on a nil value (local 'seconds') (",
    ["job.channel:command()"] = "a command must be a string that starts with AT, not nil",
    ["job.channel:command '+CSQ'"] = "a command must be a string that starts with AT, not '+CSQ'",
    ["job.channel:command 'AT+QFOTADL=1'"] = "AT+QFOTADL is sent by job:trigger() only",
    ["job:query()"] = "a command must be a string that starts with AT, not nil",
    ["job.channel.port:write 'AT'"] = "use job.channel:command(…)",
    ["job.modem = nil"] = "job.modem cannot be set by a flow",
    ["local x = nil + 1"] = "attempt to perform arithmetic on a nil value",
    ["job:record(5, 5)"] = "the name must be a word",
    ["job:record('ccid', {})"] = "the value must be a number",
    ["job:after()"] = "a function is missing: write job:after(",
    ["job:gate 'supply'"] = "a gate must be a table",
    ["job.modem:wait_sim 'x'"] = "scripts/update.lua:", -- raised below, with the line that called
  } do
    it("a mistake is reported in one line with the script's line: " .. slip, function()
      local run, world = play(edited { HERE, slip .. GO_ON })
      assert.equal(1, run.rc)
      assert.is_truthy(run.result.message:find(words, 1, true), run.result.message)
      assert.is_truthy(run.result.message:find "^scripts/update%.lua:%d+: ", run.result.message)
      assert.is_nil(run.result.message:find "\n")
      changed_nothing(run, world)
    end)
  end
end)

describe("A run to its one result", function()
  local Job = require "dfota.update.job"

  -- Runs a flow on a job of which nothing is real; `more` are fields of it. What was told and done, in order.
  local function run(flow, more, prepare)
    local told, tracebacks = {}, {}
    local opts = {
      report = {
        event = function(_, name, fields) told[#told + 1] = name == "note" and fields.text or name end,
        status = function() end,
        result = function(_, result)
          told[#told + 1] = "result"
          told.result = result
        end,
      },
      on_traceback = function(text) tracebacks[#tracebacks + 1] = text end,
      before_result = function() told[#told + 1] = "before the result" end,
      host = { now = core.now, hold_signals = function(on) told[#told + 1] = "hold " .. tostring(on) end },
    }
    for key, value in pairs(more or {}) do opts[key] = value end
    local job = Job.new(opts)
    if prepare then prepare(job) end
    told.rc = job:run(function(faced) return flow(faced, job) end)
    return told, tracebacks, job
  end

  local function index_of(list, word)
    for i, item in ipairs(list) do
      if item:find(word, 1, true) then return i end
    end
  end

  it("is told although what should complete it fails", function()
    local told = run(function(job)
      job:connect()
    end, { before_result = function() error("the port is closed", 0) end })
    assert.is_not_nil(told.result)
    assert.equal(told.result.rc, told.rc)
    assert.is_truthy(index_of(told, "after the verdict, which stands: the port is closed"))
  end)

  it("releases the signals before anything is undone, and is reported last", function()
    local told = run(function(job)
      job:on_failure(function() return nil, core.error("io", "it is stuck") end)
    end)
    assert.same({ "hold false", "cleaning up: it is stuck", "before the result", "result", rc = 78,
      result = told.result }, told)
  end)

  describe("restores the module for its use", function()
    local DOWNLOADS = { transport = { downloads = true } }

    -- What is taken back of a run with this result.
    local function taken_back(committed, result, package)
      local done = {}
      local function note(name)
        return function()
          done[#done + 1] = name
          return true
        end
      end
      local modem = { session = { restore = note "session" }, pdp = { release = note "context" } }
      run(function(_, job) job.modem = modem end, { package = package }, function(job)
        job.entry.committed = committed
        job.entry.finish = function() end
        job.decision:settle(result)
      end)
      return done
    end

    local source = { outcome = "failed_on_source", ok = false, rc = 81, before = "A", after = "A", message = "m" }
    local updated = { outcome = "updated", ok = true, rc = 0, before = "A", after = "B", message = "m" }
    local current = { outcome = "already_current", ok = true, rc = 0, before = "A", after = "A", message = "m" }
    local unknown = { outcome = "unknown", ok = false, rc = 80, before = "A", message = "m" }

    it("if it was triggered and still runs what it ran before", function()
      assert.same({ "context", "session" }, taken_back(true, source, DOWNLOADS))
      assert.same({ "session" }, taken_back(true, source, { transport = {} }))
    end)

    it("and leaves one alone that runs another revision, an unknown one, or was not triggered", function()
      for _, result in ipairs { updated, current, unknown } do
        assert.same({}, taken_back(true, result, DOWNLOADS), result.outcome)
      end
      for _, result in ipairs { source, updated, current, unknown } do
        assert.same({}, taken_back(false, result, DOWNLOADS), result.outcome)
      end
    end)
  end)

  it("shows the traceback of a mistake with -v, and none for a field failure", function()
    local told, tracebacks = run(function() error "boom" end)
    assert.same({ 1, 1 }, { told.rc, #tracebacks })
    assert.is_truthy(tracebacks[1]:find("boom", 1, true) and tracebacks[1]:find("stack traceback", 1, true))
    for _, raised in ipairs { core.error("timeout", "no answer"), core.error("gate", "low") } do
      _, tracebacks = run(function() error(raised, 0) end)
      assert.same({}, tracebacks)
    end
    told = run(function() error "boom" end, { on_traceback = false })
    assert.equal(1, told.rc)
  end)

  it("reports a mistake after the verdict, with its traceback, but not the end of a decided run", function()
    local decided = { outcome = "updated", ok = true, rc = 0, message = "m" }
    local told, tracebacks = run(function(_, job)
      pcall(job.decision.decide, job.decision, decided)
      error "boom"
    end)
    assert.same({ 0, 1 }, { told.rc, #tracebacks })
    assert.is_truthy(index_of(told, "after the verdict, which stands: "))
    told, tracebacks = run(function(_, job) job.decision:decide(decided) end)
    assert.same({ 0, 0 }, { told.rc, #tracebacks })
    assert.is_nil(index_of(told, "after the verdict"))
  end)

  it("reports missing room if the module was full before the trigger, and not after it", function()
    local full = core.error("room", "the file system is full")
    local function flow() error(full, 0) end
    local told = run(flow, { package = { size = 4000 } })
    assert.equal(1, index_of(told, "gate"))
    told = run(flow, { package = { size = 4000 } }, function(job) job.entry.triggered = true end)
    assert.is_nil(index_of(told, "gate"))
  end)

  it("says that its record is missing, and why, as often as it is", function()
    local function flow(job) job:after(function() return true end) end
    local function fail(name)
      return function(job)
        job.decision:settle { outcome = "updated", rc = 0, message = "m" }
        job.entry[name] = function() return core.error("ledger", "the disk is full") end
      end
    end
    local told = run(flow, nil, fail "finish")
    assert.is_truthy(index_of(told, "the verdict could not be recorded: the disk is full"))
    told = run(flow, nil, fail "finish_facts")
    assert.is_truthy(index_of(told, "the facts could not be recorded: the disk is full"))
  end)

  it("is recorded if it may have changed something: not under --check, nor without a package", function()
    for _, case in ipairs {
      { false, { transport = {} }, {} }, { true, { transport = {} }, { check = true } }, { true, {}, {} },
    } do
      local looks
      run(function() end, { package = case[2], request = case[3] }, function(job)
        job.entry.finish = function(_, _, only_looked) looks = only_looked end
      end)
      assert.equal(case[1], looks and true)
    end
  end)

  describe("that meets silence", function()
    local ROW = { id = "x", from = "A" }

    -- Whether it follows the module instead.
    local function follows(kind, case)
      local asked
      local told = run(function() error(core.error(kind, "no answer"), 0) end, {
        package = case.package or { transport = {} }, request = { check = case.check }, port_name = "p",
        ledger = case.ledger ~= false and { open_on = function(_, port, imei)
          asked = { port, imei }
          return case.row
        end, begin = function() return "id" end, conclude = function() return true end } or nil,
      }, function(job)
        job.meeting.watches, job.entry.triggered, job.entry.imei = case.watches, case.triggered, "1"
        job.watch = function()
          if case.fails then error(core.error("timeout", "still nothing"), 0) end
          return { rc = 0, outcome = "updated", message = "m" }
        end
      end)
      return index_of(told, "no answer: it may have started to update itself") ~= nil, told, asked
    end

    it("follows a module that an earlier run triggered, whatever the silence is called", function()
      for _, kind in ipairs { "timeout", "no_answer", "reboot", "power" } do
        local followed, told, asked = follows(kind, { row = ROW })
        assert.same({ true, 0, { "p", "1" } }, { followed, told.rc, asked }, kind)
      end
      assert.is_true((follows("timeout", { row = ROW, package = {}, watches = true })))
      assert.is_true((follows("timeout", { package = {}, watches = true }))) -- by a run of another ledger
    end)

    it("does not if it is no silence, no earlier run triggered, or following is not allowed", function()
      for _, kind in ipairs { "refused", "hangup", "gate", "interrupted" } do
        assert.is_false((follows(kind, { row = ROW })), kind)
      end
      for _, case in ipairs {
        {}, { ledger = false }, { row = ROW, check = true }, { row = ROW, triggered = true },
        { row = ROW, package = {} },
      } do
        assert.is_false((follows("timeout", case)))
      end
    end)

    it("ends with what following it failed with", function()
      local _, told = follows("timeout", { row = ROW, fails = true })
      assert.is_truthy(told.result.message:find("still nothing", 1, true))
    end)
  end)

  describe("with steps after the verdict", function()
    it("plays none if it only found out what is to be done", function()
      local played = false
      local job = Job.new { report = { event = function() end, result = function() end } }
      job.meeting.connect = function()
        job.decision:decide { outcome = "checked", rc = 0, ok = true, planned = true }
      end
      assert.equal(0, job:run(function(flow)
        flow:after(function() played = true end)
        flow:connect()
      end))
      assert.is_false(played)
    end)

    local function behind(result, ...)
      local steps = { ... }
      return run(function(job)
        for _, step in ipairs(steps) do job:after(step) end
      end, nil, function(job)
        job.decision:settle { outcome = "updated", rc = 0, message = "m", left = result.left }
      end)
    end

    it("does them all, each with a result of its own", function()
      local seen = {}
      local function step(result)
        seen[#seen + 1] = result.outcome
        result.outcome = "spoilt"
      end
      behind({}, step, step)
      assert.same({ "updated", "updated" }, seen)
    end)

    it("asks nothing of one step because of what another met", function()
      local asked
      run(function(job)
        job:after(function() job:gate { "late", ok = false } end)
        job:after(function() asked = job:checking() end)
      end, nil, function(job) job.decision:settle { outcome = "updated", rc = 0, message = "m" } end)
      assert.is_false(asked)
    end)

    it("does none if the user stopped the run, who does not want to wait", function()
      local done = false
      behind({ left = true }, function() done = true end)
      assert.is_false(done)
    end)

    it("takes for a failure what is raised, and nil with an error, and nothing else", function()
      local failed = "after the verdict, which stands: no SMS"
      local err = core.error("cms", "no SMS")
      for _, case in ipairs {
        { true, function() error(err, 0) end }, { true, function() return nil, err end },
        { false, function() return nil, "text" end }, { false, function() return false, err end },
        { false, function() return 1, err end }, { false, function() end },
      } do
        assert.equal(case[1], index_of(behind({}, case[2]), failed) ~= nil)
      end
      local _, tracebacks = behind({}, function() error(err, 0) end, function() error "boom" end)
      assert.equal(1, #tracebacks)
    end)
  end)
end)
