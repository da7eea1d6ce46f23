-- A chain from its arguments to its exit code, in this process: the flow of scripts/update.lua, a simulated module on
-- the virtual clock, packages with manifests in a folder.
local Package = require "dfota.sim.package"
local VirtualHost = require "support.virtual_host"
local VirtualPort = require "dfota.sim.virtual_port"
local app = require "dfota.app"
local folder = require "support.folder"
local json = require "dkjson"
local ledger = require "dfota.ledger.ledger"
local sink = require "support.sink"
local uv = require "luv"

local A, B, C = "MC65FAR01A01", "MC65FAR01A02", "MC65FAR01A03"
local TRIGGER = "AT+QFOTADL=1"

local without_arg = setmetatable({}, { __index = function(_, name) return name ~= "arg" and _G[name] or nil end })
local update = assert(loadfile("scripts/update.lua", "t", without_arg))()

describe("A chain of updates", function()
  local home, remove, host, out, err

  local function pack(name, from, to, manifest, really)
    folder.write(("%s/%s"):format(home, name), assert(Package.make(really or from, to, 2000)))
    folder.write(("%s/%s.json"):format(home, name), manifest or ('{"from":"%s","to":"%s"}'):format(from, to))
  end

  before_each(function()
    home, remove = folder.new()
    host = VirtualHost.new { revision = A }
    out, err = sink.new(), sink.new()
    pack("A2B.pack", A, B)
    pack("B2C.pack", B, C)
  end)
  after_each(function() remove() end)

  -- Exit code, result, and the events by name.
  local function chain(args, flow, script, to)
    local all = { "--json", "--no-preflight", "--port", VirtualHost.PORT, "--to", to or C, table.unpack(args) }
    if not table.concat(args, " "):find "%-%-ledger" then table.move({ "--ledger", "none" }, 1, 2, #all + 1, all) end
    all[#all + 1] = home
    local takes = { name = "update", args = all, scripts = "scripts", flow = flow or update, out = out, err = err,
      host = host }
    for key, value in pairs(script or {}) do takes[key] = value end
    local rc, events, last = app.main(takes), {}, nil
    for _, line in ipairs(out:lines()) do
      last = assert(json.decode(line, 1, json.null))
      events[last.event] = events[last.event] or {}
      table.insert(events[last.event], last)
    end
    assert.same({ "result", 1, rc }, { last.event, #events.result, last.rc }, err:text())
    return rc, last, events
  end

  it("has nothing to do where the target runs already, though no package leads there", function()
    for revision, case in pairs { [A] = { 0, "already_current" }, [B] = { 65, "not_started" } } do
      host, out, err = VirtualHost.new { revision = revision }, sink.new(), sink.new()
      local rc, result = chain({}, nil, nil, A)
      assert.same({ case[1], case[2], 0 }, { rc, result.outcome, host:count(TRIGGER) }, result.message)
      assert.equal(case[1] == 65, result.message:find("no package leads to " .. A, 1, true) ~= nil)
    end
  end)

  local function only_queries()
    for _, sent in ipairs(host.sent) do
      for _, word in ipairs { "QFUPL=", "QFDEL", "QIACT", "QFOTADL=[^?]", "CMEE=", "ATE0" } do
        assert.is_nil(sent:find(word), sent)
      end
    end
    assert.equal(0, host:count(TRIGGER))
  end

  describe("that goes well", function()
    it("is one run a hop, each with its trigger and its verdict, and has one result", function()
      local rc, result, events = chain { "--yes" }
      assert.same({ 0, "updated", true, A, C, "the module now runs " .. C .. ", after 2 updates" },
        { rc, result.outcome, result.changed, result.before, result.after, result.message })
      assert.same({ 2, C, 1 }, { host:count(TRIGGER), host.m.revision, #host.opened })
      local hops = {}
      for i, hop in ipairs(events.hop) do
        hops[i] = table.concat({ hop.number, hop.of, hop.from, hop.to, tostring(hop.rc), tostring(hop.after) }, " ")
      end
      local null = tostring(json.null)
      assert.same({
        ("1 2 %s %s %s %s"):format(A, B, null, null), ("1 2 %s %s 0 %s"):format(A, B, B),
        ("2 2 %s %s %s %s"):format(B, C, null, null), ("2 2 %s %s 0 %s"):format(B, C, C),
      }, hops)
      local plan = events.plan[1]
      assert.same({ A, C, 2, 4000, json.null, 800 },
        { plan.from, plan.to, plan.writes, plan.bytes, plan.updates_seen, plan.max_updates })
    end)

    it("has a row of the ledger for each hop, and takes its time from there the next time", function()
      local path = home .. "/ledger.db"
      assert.equal(0, (chain { "--yes", "--ledger", path }))
      local book <close> = assert(ledger.open(path, { readonly = true }))
      local rows = assert(book:rows {})
      assert.same({ 2, B, C, A, B }, { #rows, rows[1].from, rows[1].after, rows[2].from, rows[2].after })
      host, out = VirtualHost.new { revision = A, imei = "490154203237518" }, sink.new()
      local _, _, events = chain { "--check", "--ledger", path }
      assert.is_true(events.plan[1].total_s > events.plan[1].sending_s)
    end)

    it("searches no rate twice: the next hop begins with the one that the module has", function()
      host = VirtualHost.new { revision = A, ipr = 9600 }
      local rates, set_baud = {}, VirtualPort.set_baud
      finally(function() VirtualPort.set_baud = set_baud end)
      VirtualPort.set_baud = function(port, rate)
        rates[#rates + 1] = ("%d after %d"):format(rate, host:count(TRIGGER))
        return set_baud(port, rate)
      end
      assert.equal(0, (chain { "--yes" }))
      assert.same({ "9600 after 0", "115200 after 1" }, { rates[1], rates[2] }) -- new firmware may start at 115200
    end)

    it("downloads what has no file, at its URL", function()
      local url = "http://updates.example/B2C.pack"
      assert(uv.fs_unlink(home .. "/B2C.pack"))
      folder.write(home .. "/B2C.pack.json", ('{"from":"%s","to":"%s","url":"%s"}'):format(B, C, url))
      host = VirtualHost.new { revision = A, http_to = C, http_size = 1000 }
      local rc, result, events = chain { "--yes" }
      assert.same({ 0, C, 1, 1 }, { rc, result.after, host:count(TRIGGER), host:count('AT+QFOTADL="' .. url .. '"') })
      assert.equal(json.null, events.plan[1].hops[2].size or json.null)
    end)
  end)

  describe("goes on where the module stands:", function()
    for name, case in pairs {
      ["a hop that is done is skipped"] = { B, 1 }, ["at the target nothing is done"] = { C, 0 },
    } do
      it(name, function()
        host = VirtualHost.new { revision = case[1] }
        local rc, result, events = chain { "--yes" }
        assert.same({ 0, case[2] == 1 and "updated" or "already_current", case[1], C, case[2] },
          { rc, result.outcome, result.before, result.after, host:count(TRIGGER) })
        if case[2] == 0 then only_queries() else assert.same({ 2, 1 }, { #events.hop, events.hop[1].of }) end
      end)
    end

    it("one that updates itself is followed, and the chain goes on from what it runs then", function()
      for _, from in ipairs { { "--from", A }, {} } do
        host, out = VirtualHost.new { revision = A, state = "update", http_to = B, boot_s = 3 }, sink.new()
        local rc, result, events = chain { "--yes", table.unpack(from) }
        assert.same({ 0, B, C, 1, 1 }, { rc, result.before, result.after, host:count(TRIGGER), events.hop[1].of })
      end
    end)

    it("one that updates itself to something else ends it, with what came of that", function()
      host = VirtualHost.new { revision = A, state = "update", http_to = "X", boot_s = 3 }
      local rc, result = chain { "--yes" }
      assert.same({ 80, "X", 0 }, { rc, result.after, host:count(TRIGGER) })
    end)

    it("--from does not stop a module that is on the way from there, but any other", function()
      host = VirtualHost.new { revision = B }
      assert.equal(0, (chain { "--yes", "--from", A }))
      host, out = VirtualHost.new { revision = "X" }, sink.new()
      local rc, result = chain { "--yes", "--from", A }
      assert.same({ 84, "not_started" }, { rc, result.outcome })
      only_queries()
    end)
  end)

  describe("ends with the hop that fails:", function()
    it("the result tells of the whole chain, the exit code is the hop's", function()
      pack("B2C.pack", B, C, nil, "OTHER") -- the module refuses it: it is for another source
      local rc, result, events = chain { "--yes" }
      assert.same({ 81, "failed_on_source", true, A, B, 2 },
        { rc, result.outcome, result.changed, result.before, result.after, host:count(TRIGGER) })
      assert.matches("^hop 1 of 2 is done; hop 2 of 2, " .. B .. " %-> " .. C .. ": ", result.message)
      assert.same({ 0, 81 }, { events.hop[2].rc, events.hop[4].rc })
      assert.is_number(result.code)
    end)

    it("the first one leaves the others alone", function()
      host = VirtualHost.new { revision = A, fail = "end:6508" }
      local rc, result = chain { "--yes" }
      assert.same({ 81, false, A, A, 6508, 1 },
        { rc, result.changed, result.before, result.after, result.code, host:count(TRIGGER) })
    end)

    it("a gate of the flow holds for each", function()
      local function guarded(job)
        job:connect()
        job:gate { "mine", ok = job:revision() ~= B, message = "not from B" }
        update(job)
      end
      local rc, result = chain({ "--yes" }, guarded)
      assert.same({ 84, "wrong_revision", true, A, B, 1 },
        { rc, result.outcome, result.changed, result.before, result.after, host:count(TRIGGER) })
    end)

    it("no answer any more is 80, and no next hop", function()
      host = VirtualHost.new { revision = A, power_cut = "update:40", power_back_s = "never" }
      local rc, result = chain { "--yes" }
      assert.same({ 80, "unknown", json.null, "never", 1 },
        { rc, result.outcome, result.changed, result.retry, host:count(TRIGGER) })
    end)

    -- Faults of this program, outside of any flow: at the n-th report of a job (the survey's is the first), or where
    -- the end of a hop is told.
    local HopReport = require "dfota.report.hop"
    local TELLS_END = { "hop", 2 } -- the first hop's, since its beginning is told as well

    for name, where in pairs { ["before the second hop"] = 3, ["as the first hop's end is told"] = TELLS_END } do
      it("a fault in this program " .. name .. " does not say that nothing was changed", function()
        local of, count, counted = HopReport.new, 0, 0
        finally(function() HopReport.new = of end)
        function HopReport.new(report)
          count = count + 1
          assert(count ~= where, "a bug")
          if type(where) == "table" and not report.is_watched then
            local event = report.event
            report.is_watched, report.event = true, function(self, name_of, fields)
              if name_of == where[1] then counted = counted + 1 end
              assert(name_of ~= where[1] or counted ~= where[2], "a bug")
              return event(self, name_of, fields)
            end
          end
          return of(report)
        end
        local rc, result = chain { "--yes" }
        assert.same({ 1, "wrong_revision", true, A, B, 1 },
          { rc, result.outcome, result.changed, result.before, result.after, host:count(TRIGGER) })
        assert.matches("^hop 1 of 2 is done: the module runs " .. B .. "; .*a bug", result.message)
      end)
    end

    it("a fault in the flow is told, and nothing is sent", function()
      local rc, result = chain({ "--yes" }, function(job) job:conect() end)
      assert.same({ 1, "not_started" }, { rc, result.outcome })
      only_queries()
    end)
  end)

  describe("that is interrupted", function()
    -- 130 would promise that nothing was changed.
    local function interrupted_behind_the_first(rc, result, words)
      assert.same({ 82, "wrong_revision", "safe", true, A, B, 1 },
        { rc, result.outcome, result.retry, result.changed, result.before, result.after, host:count(TRIGGER) })
      assert.equal(("hop 1 of 2 is done: the module runs %s; %s"):format(B, words), result.message)
      assert.equal("the same call goes on from there", result.advice)
    end

    it("between two hops says which one was reached", function()
      local rc, result = chain({ "--yes" }, function(job)
        job:after(function() host:signal "INT" end)
        update(job)
      end)
      interrupted_behind_the_first(rc, result, "interrupted before hop 2")
    end)

    it("in its second hop before the trigger says that the first is done", function()
      local rc, result = chain({ "--yes" }, function(job)
        job:connect()
        if host:count(TRIGGER) == 1 then host:signal "INT" end
        update(job)
      end)
      assert.matches("; hop 2 of 2, ", result.message)
      interrupted_behind_the_first(rc, result, result.message:match "; (hop 2 of 2.*)$")
    end)

    it("while it follows an earlier update says what that came to", function()
      host = VirtualHost.new { revision = A, state = "update", http_to = B, boot_s = 3 }
      local rc, result = chain({ "--yes", "--from", A }, function(job)
        job:after(function() host:signal "INT" end)
        update(job)
      end)
      assert.same({ 82, true, A, B, 0 }, { rc, result.changed, result.before, result.after, host:count(TRIGGER) })
    end)

    it("can be gone on with by the line that is shown", function()
      local args = { "--no-preflight", "--ledger", "none", "--port", VirtualHost.PORT, "--yes", "--to", C, home,
        [0] = "scripts/update.lua", [-1] = "lua5.4" }
      local rc = app.main { name = "update", args = args, scripts = "scripts", out = out, err = err, host = host,
        flow = function(job)
          job:after(function() host:signal "INT" end)
          update(job)
        end }
      assert.equal(82, rc)
      assert.matches("result   stopped on the way: " .. A .. " ran before: hop 1 of 2 is done: the module runs " .. B,
        err:text(), 1, true)
      local line = err:text():match "advice   The same call goes on from there:\n +(%C+)"
      local again = {}
      for word in line:gmatch "%S+" do again[#again + 1] = word end
      assert.same({ "lua5.4", "scripts/update.lua" }, { table.unpack(again, 1, 2) })
      assert.equal(0, app.main { name = "update", args = { table.unpack(again, 3) }, scripts = "scripts", out = out,
        err = err, host = host, flow = update })
      assert.same({ C, 2 }, { host.m.revision, host:count(TRIGGER) })
    end)

    it("while a module updates itself ends after that hop, which is said at once", function()
      local rc, result, events = chain({ "--yes" }, function(job)
        job.channel:subscribe(function(line)
          if line:find('"UPDATING",50', 1, true) then host:signal "INT" end
        end)
        update(job)
      end)
      interrupted_behind_the_first(rc, result, "interrupted before hop 2")
      local told = 0
      for _, note in ipairs(events.note) do
        if note.text == "interrupted: the chain ends after this update, at " .. B then told = told + 1 end
      end
      assert.equal(1, told)
    end)

    it("during its last hop is done, as that was", function()
      host = VirtualHost.new { revision = B }
      assert.equal(0, (chain({ "--yes" }, function(job)
        job:after(function() host:signal "INT" end)
        update(job)
      end)))
    end)

    it("before its first trigger changed nothing", function()
      local rc, result = chain({ "--yes" }, function(job)
        job:connect()
        host:signal "TERM"
        update(job)
      end)
      assert.same({ 130, "not_started", false, A }, { rc, result.outcome, result.changed, host.m.revision })
      assert.equal(0, host:count(TRIGGER))
    end)
  end)

  describe("is planned first:", function()
    it("--check shows the plan and whether the first hop could begin, with queries only", function()
      local rc, result, events = chain { "--check" }
      assert.same({ 0, "checked", 1, A }, { rc, result.outcome, #events.plan, result.after })
      only_queries()
      host, out = VirtualHost.new { revision = A, vbat_mv = 3000 }, sink.new()
      rc, result, events = chain { "--check" }
      assert.same({ 84, 1, "not_started" }, { rc, #events.plan, result.outcome })
      only_queries()
    end)

    it("its module is power-cycled once, before the first update, and never between two", function()
      host = VirtualHost.new { revision = A, dtr = "pwrkey", state = "off" }
      local move, presses = host.m.dtr, {}
      function host.m.dtr(m, on, t)
        if on then presses[#presses + 1] = host:count(TRIGGER) end
        return move(m, on, t)
      end
      local rc = chain { "--yes", "--power-cycle", "--set", "power_line=dtr" }
      assert.same({ 0, C, { 0 } }, { rc, host.m.revision, presses })
    end)

    it("without a terminal it is carried out only with --yes", function()
      local rc, result, events = chain {}
      assert.same({ 2, "not_started", 1 }, { rc, result.outcome, #events.plan })
      assert.matches("--yes", result.advice, 1, true)
      only_queries()
    end)

    local function ask(typed, wait)
      local pipe = assert(uv.pipe())
      if typed then assert(uv.fs_write(pipe.write, typed)) end
      uv.fs_close(pipe.write)
      local guess = uv.guess_handle
      uv.guess_handle = function() return "tty" end
      local answer = table.pack(pcall(chain, {}, nil, { input = { fd = pipe.read,
        wait = wait or require("dfota.core").wait, is_terminal = function() return true end } }))
      uv.guess_handle = guess
      uv.fs_close(pipe.read)
      assert(answer[1], answer[2])
      return table.unpack(answer, 2, answer.n)
    end

    it("at a terminal it is carried out after a yes", function()
      assert.same({ 0 }, { (ask "y\n") })
      assert.is_truthy(err:text():find("Carry out these updates? [y/N] ", 1, true))
    end)

    it("a no, or no answer, is 130, and nothing was changed", function()
      for _, typed in ipairs { "n\n", "\n", "" } do
        out = sink.new()
        local rc, result = ask(typed)
        assert.same({ 130, "not_started", false, "not confirmed; nothing was changed" },
          { rc, result.outcome, result.changed, result.message })
      end
      only_queries()
    end)

    it("Ctrl-C at the question is 130", function()
      local core = require "dfota.core"
      local rc, result = ask(nil, function() return nil, core.error("interrupted", "interrupted by a signal") end)
      assert.same({ 130, "interrupted by a signal; nothing was changed" }, { rc, result.message })
      only_queries()
    end)

    it("no way is 84 before anything is sent, a target that no package has 65 before the port is opened", function()
      host = VirtualHost.new { revision = "X" }
      local rc, result = chain { "--yes" }
      assert.same({ 84, "X" }, { rc, result.before })
      assert.matches("there is no way from X", result.message)
      only_queries()
      host, out = VirtualHost.new { revision = A }, sink.new()
      rc, result = chain { "--yes", "--to", "Z" }
      assert.same({ 65, 0 }, { rc, #host.opened })
      assert.matches("no package leads to Z", result.message)
    end)

    it("what its manifests contradict is found before the first package is sent", function()
      pack("B2C.pack", B, C, ('{"from":"%s","to":"%s","sha256":"%s"}'):format(B, C, ("0"):rep(64)))
      local rc, result = chain { "--yes" }
      assert.equal(65, rc)
      assert.matches("B2C.pack.json: sha256 does not match", result.message)
      only_queries()
      out = sink.new()
      rc = chain { "--yes", "--from", A }
      assert.same({ 65, 1 }, { rc, #host.opened }, "with --from before the port is opened")
    end)

    for name, case in pairs {
      ["altered"] =
        { 65, ('{"from":"%s","to":"%s","sha256":"%s"}'):format(A, B, ("0"):rep(64)), "sha256 does not match" },
      ["of another size than its manifest says"] =
        { 65, ('{"from":"%s","to":"%s","size":7}'):format(A, B), "size says 7" },
      ["whose manifest is not JSON"] = { 65, "{", "A2B.pack.json: is not JSON" },
      ["that is missing"] = { 66, nil, "A2B.pack.json: there is no package beside it" },
    } do
      it(("a package %s is named where there is no way without it, and else gone round"):format(name), function()
        pack("A2B.pack", A, B, case[2])
        if case[1] == 66 then assert(uv.fs_unlink(home .. "/A2B.pack")) end
        local rc, result = chain { "--yes" }
        assert.same({ case[1], "not_started" }, { rc, result.outcome }, result.message)
        assert.is_truthy(result.message:find(case[3], 1, true), result.message)
        only_queries()
        pack("a2b.pack", A, B)
        out = sink.new()
        local events
        rc, result, events = chain { "--yes" }
        assert.same({ 0, C }, { rc, result.after }, result.message)
        local told = false
        for _, note in ipairs(events.note) do
          told = told or note.level == "warning" and note.text:find(case[3], 1, true)
        end
        assert.is_truthy(told)
      end)
    end

    -- Between two hops somebody does that to the next package.
    local function between(change)
      return chain({ "--yes" }, function(job)
        job:after(function() change(home .. "/B2C.pack") end)
        update(job)
      end)
    end

    local OTHER = Package.make(B, "MC65FAR01A09", 2000)

    it("what was read when the plan was made is sent, though another file has its name by then", function()
      local rc, result = between(function(path) assert(uv.fs_rename(folder.write(home .. "/new", OTHER), path)) end)
      assert.same({ 0, C, C }, { rc, result.after, host.m.revision }, result.message)
    end)

    for name, content in pairs { ["other content"] = OTHER, ["less content"] = OTHER:sub(1, -2) } do
      it("a package that gets " .. name .. " between two hops is not installed, and not left in the module", function()
        local rc, result = between(function(path) folder.write(path, content) end)
        assert.same({ 65, B, 1, B }, { rc, result.after, host:count(TRIGGER), host.m.revision }, result.message)
        assert.is_nil(host.m.files["fota.pack"])
        assert.matches("hop 1 of 2 is done: .*B2C.pack: .*; make sure that it is complete, and run it again$",
          result.message)
      end)
    end

    it("a manifest that names another package by the time that the plan is made is none", function()
      local open = require("dfota.config.catalog").open
      finally(function() require("dfota.config.catalog").open = open end)
      require("dfota.config.catalog").open = function(entry, how)
        pack("A2B.pack", A, B, ('{"from":"%s","to":"%s"}'):format(A, B), B)
        return open(entry, how)
      end
      local sha256 = assert(require("dfota.config.package").measure(home .. "/A2B.pack")).sha256
      pack("A2B.pack", A, B, ('{"from":"%s","to":"%s","sha256":"%s"}'):format(A, B, sha256))
      local rc, result = chain { "--yes" }
      assert.same({ 65, 0 }, { rc, host:count(TRIGGER) }, result.message)
      assert.matches("A2B.pack.json: was changed meanwhile", result.message)
    end)

    it("a manifest that cannot be used is told, and the others are", function()
      pack("bad.pack", A, C, "{")
      local rc, _, events = chain { "--yes" }
      assert.equal(0, rc)
      assert.matches("bad.pack.json: is not JSON.*: not used", events.note[1].text)
    end)

    it("a package that failed on this module before is avoided, and not tried again without --force", function()
      local ledger_path = home .. "/ledger.db"
      pack("A2C.pack", A, C, nil, "OTHER") -- the module refuses it
      local _, made = chain { "--check" }
      assert.equal("checked", made.outcome)
      local sha = assert(require("dfota.config.package").measure(home .. "/A2C.pack")).sha256
      folder.write(home .. "/A2C.pack.json", ('{"from":"%s","to":"%s","sha256":"%s"}'):format(A, C, sha))
      out = sink.new()
      assert.equal(81, (chain { "--yes", "--ledger", ledger_path }))
      out = sink.new()
      local rc, result, events = chain { "--yes", "--ledger", ledger_path }
      assert.same({ 0, C, 2 }, { rc, result.after, events.plan[1].writes })
      host.m.revision, out = A, sink.new()
      rc, result, events = chain { "--check", "--force", "attempts", "--ledger", ledger_path }
      assert.same({ 0, 1 }, { rc, events.plan[1].writes }, result.message)
    end)

    it("packages for another model are not used", function()
      pack("A2C.pack", A, C, ('{"from":"%s","to":"%s","model":"M65"}'):format(A, C))
      local _, _, events = chain { "--check" }
      assert.equal(2, events.plan[1].writes)
    end)

    it("unsigned packages are none where signatures are required", function()
      local rc, result = chain { "--yes", "--set", "require_signature=on" }
      assert.same({ 65, 0 }, { rc, #host.opened })
      assert.matches("B2C.pack.json: is not signed; .*; no other package leads to " .. C, result.message)
    end)
  end)
end)
