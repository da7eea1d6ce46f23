-- A script from its arguments to its exit code, in this process: the port is a simulated module's, the clock jumps.
local Job = require "dfota.update.job"
local Package = require "dfota.sim.package"
local VirtualHost = require "support.virtual_host"
local app = require "dfota.app"
local book = require "dfota.ledger.book"
local core = require "dfota.core"
local environment = require "dfota.config.environment"
local folder = require "support.folder"
local json = require "dkjson"
local ledger = require "dfota.ledger.ledger"
local rates = require "dfota.at.rates"
local report = require "dfota.report.report"
local sink = require "support.sink"
local uv = require "luv"

local A, B = "MC65FAR01A01", "MC65FAR01A02"
local URL = "http://updates.example/A2B.pack"
local TRIGGER = "AT+QFOTADL=1"

local function contains(list, word)
  for _, one in ipairs(list) do
    if one == word then return true end
  end
  return false
end

-- The least that an update is.
local function update(job)
  job:connect()
  job:gate { "supply", value = job.modem:supply_mv(), at_least = job.settings.min_supply_mv, unit = "mV" }
  if job:checking() then return end
  job:retry("upload", function() return job.modem.files:upload("fota.pack", job.package) end)
  job:trigger()
end

local saved = {}

-- What whoever runs the specs has set is none of theirs.
setup(function()
  saved.XDG_CONFIG_HOME = os.getenv "XDG_CONFIG_HOME"
  for _, variable in ipairs(environment.list) do
    saved[variable.name] = os.getenv(variable.name)
    uv.os_unsetenv(variable.name)
  end
  uv.os_setenv("XDG_CONFIG_HOME", "/nonexistent")
  uv.os_setenv("TERM", "xterm")
end)
teardown(function()
  for _, name in ipairs { "XDG_CONFIG_HOME", "TERM" } do uv.os_unsetenv(name) end
  for name, value in pairs(saved) do uv.os_setenv(name, value) end
end)

describe("A script's run", function()
  local home, remove, host, out, err, good

  local function path(name) return home .. "/" .. name end
  local function file(name, content) return folder.write(path(name), content) end

  before_each(function()
    home, remove = folder.new()
    host = VirtualHost.new { revision = A }
    out, err = sink.new(), sink.new()
    good = file("A2B.pack", assert(Package.make(A, B, 3000)))
  end)
  after_each(function() remove() end)

  -- A folder of scripts with tables of its own.
  local function site(tables)
    for _, name in ipairs { "retries.lua", "apns.lua" } do
      if tables[name] ~= false then file(name, tables[name] or folder.read("scripts/" .. name)) end
    end
    return home
  end

  -- Exit code, and the events with --json.
  local function main(args, script)
    local all = { "--no-preflight", table.unpack(args) }
    if not contains(args, "--port") then table.move({ "--port", VirtualHost.PORT }, 1, 2, #all + 1, all) end
    if not contains(args, "--ledger") then table.move({ "--ledger", "none" }, 1, 2, #all + 1, all) end
    local takes = { name = "update", args = all, scripts = "scripts", flow = update, out = out, err = err, host = host }
    for key, value in pairs(script or {}) do takes[key] = value end
    local rc = app.main(takes)
    local events = {}
    for i, line in ipairs(contains(args, "--json") and out:lines() or {}) do
      events[i] = assert(json.decode(line, 1, json.null))
    end
    return rc, events[#events], events
  end

  -- The same where the script is no update: those take no package and ask no server.
  local function look(flow, args, script)
    local all = { "--port", VirtualHost.PORT, "--ledger", "none", table.unpack(args or {}) }
    local takes = { name = "info", args = all, scripts = "scripts", flow = flow, out = out, err = err, host = host }
    for key, value in pairs(script or {}) do takes[key] = value end
    return app.main(takes)
  end

  local function notes(events, level)
    local texts = {}
    for _, event in ipairs(events) do
      if event.event == "note" and event.level == level then texts[#texts + 1] = event.text end
    end
    return texts
  end

  local function changed_nothing()
    for _, sent in ipairs(host.sent) do
      for _, word in ipairs { "QFUPL=", "QFDEL", "QIACT", "QFOTADL=[^?]" } do assert.is_nil(sent:find(word)) end
    end
    assert.equal(A, host.m.revision)
  end

  -- One result, alone, with its code; one line for people, and what to do; nothing sent, no port opened.
  local function refused_before_the_port(code, thing, rc, result, events)
    assert.same({ code, code, 1 }, { rc, result and result.rc, #events }, out:text() .. err:text())
    assert.same({ "result", "not_started", false, false }, { result.event, result.outcome, result.ok, result.changed })
    assert.is_truthy(result.message:find(thing, 1, true), result.message)
    assert.is_nil(result.message:find "%c")
    assert.is_nil(result.message:find("traceback", 1, true))
    assert.is_string(result.advice)
    assert.is_truthy(err:text():find(thing, 1, true), err:text())
    assert.is_true(#err:lines() <= 2)
    assert.same({ {}, {} }, { host.opened, host.sent })
  end

  describe("that names no port, of several", function()
    local IMEI = "861234567890127"

    -- Exit code, result, and what people are told.
    local function without_port(args, more)
      host.ports = { { name = VirtualHost.PORT }, { name = "/dev/ttyOTHER" } }
      for name, value in pairs(more or {}) do host[name] = value end
      local all = { "--json", "--no-preflight", "--ledger", "none", table.unpack(args) }
      all[0], all[-1] = "scripts/update.lua", "lua5.4"
      local takes = { name = "update", args = all, scripts = "scripts", flow = update, out = out, err = err,
        host = host }
      local rc = app.main(takes)
      local lines = out:lines()
      return rc, json.decode(lines[#lines], 1, json.null), err:text()
    end

    it("uses the one with the module, at the rate that it was found at, and says so", function()
      host = VirtualHost.new { revision = A, ipr = 9600 }
      local rc, result, said = without_port { "--check", good }
      assert.same({ 0, VirtualHost.PORT }, { rc, result.port })
      local using = ("using %s, the only one of 2 ports that leads to a module: MC65, revision %s, IMEI %s")
        :format(VirtualHost.PORT, A, IMEI)
      assert.is_truthy(said:find(using, 1, true), said)
      assert.is_nil(said:find("trying", 1, true), "it was found already")
    end)

    it("sends no more than AT, ATI and the query for the IMEI before it is chosen", function()
      local asked
      local plain = host.prober
      without_port({ "--check", good }, { prober = function(...)
        local list = plain(...)
        asked = { table.unpack(host.sent) }
        return list
      end })
      assert.same({ "AT", "ATI", "AT+GSN", "AT+GSN" }, asked)
    end)

    it("asks for no module that another program holds, and lists the ports with the reason", function()
      local held = { [VirtualHost.PORT] = { pid = 8, name = "minicom" } }
      local rc, result, said = without_port({ good }, { holders = held })
      assert.same({ 2, "not_started", {}, {} }, { rc, result.outcome, host.opened, host.sent })
      assert.is_truthy(said:find("in use by process 8 (minicom)", 1, true), said)
      assert.is_truthy(said:find("/dev/ttyOTHER: no module answers", 1, true), said)
      assert.is_truthy(result.message:find("no module was found on 2 ports: name one with --port", 1, true))
    end)

    it("with two modules lists them, with the line to type for each; --quiet hides none of it", function()
      local plain = host.prober
      local function twice(requests, opts)
        local list = plain(requests, opts)
        list[2] = { state = "module", model = "MC65", revision = B, imei = "861234567890135", family = "ours",
          baud = 300 }
        return list
      end
      local rc, result, said = without_port({ "--quiet", "--to", B, good }, { prober = twice })
      assert.same({ 2, json.null }, { rc, result.port })
      assert.is_truthy(said:find("2 ports may lead to the module: name one with --port", 1, true), said)
      for _, port in ipairs { VirtualHost.PORT, "/dev/ttyOTHER" } do
        assert.is_truthy(said:find("lua5.4 scripts/update.lua --port " .. port .. " --json", 1, true), said)
      end
      out, err, host.sent = sink.new(), sink.new(), {}
      assert.equal(0, (without_port({ "--check", "--imei", IMEI, good }, { prober = twice })))
    end)

    it("does not ask a port where an update has no recorded end", function()
      local where = path "ledger.db"
      local records = assert(ledger.open(where))
      assert(records:triggered(assert(records:begin { port = VirtualHost.PORT, imei = IMEI, from = A })))
      records:close()
      local rc, _, said = without_port { "--ledger", where, good }
      assert.same({ 2, {}, {} }, { rc, host.opened, host.sent })
      assert.is_truthy(said:find("an update was triggered here, and its end is not recorded", 1, true), said)
    end)
  end)

  describe("that goes well", function()
    it("updates the module, triggers it once, and reports events of which the last is the one result", function()
      local rc, result, events = main { "--json", "--from", A, "--to", B, good }
      assert.same({ 0, "updated", true, true, A, B }, { rc, result.outcome, result.ok, result.changed, result.before,
        result.after })
      assert.same({ 1, B }, { host:count(TRIGGER), host.m.revision })
      assert.same({ json.null, json.null, "none" }, { result.recorded, result.advice, result.retry })
      local results, phases = 0, {}
      for _, event in ipairs(events) do
        assert.same({ 1, VirtualHost.PORT }, { event.v, event.port })
        if event.event == "result" then results = results + 1 end
        if event.event == "phase" then phases[#phases + 1] = event.name end
      end
      assert.equal(1, results)
      assert.same({ "prepare", "trigger", "update", "reboot", "verify" }, phases)
      assert.is_true(result.duration_s > 5 and result.duration_s < 120, "that is the module's time, and none of ours")
    end)

    it("shows people on stdout what it reports to programs, and leaves stderr empty", function()
      assert.equal(0, main { "--from", A, good })
      assert.is_truthy(out:text():find("result   updated: " .. A .. " -> " .. B, 1, true), out:text())
      assert.equal("", err:text())
    end)

    it("with --quiet shows only the result", function()
      assert.equal(0, main { "--quiet", "--from", A, good })
      assert.equal(1, #out:lines())
      assert.is_truthy(out:text():find "^result   updated")
    end)

    it("shows colours and a bar only on a terminal, and no colours if they are not wanted", function()
      local guess = uv.guess_handle
      finally(function() uv.guess_handle = guess end)
      for _, case in ipairs { { "tty", {}, true, true }, { "tty", { "--no-color" }, true, false }, { "file", {} } } do
        uv.guess_handle = function() return case[1] end
        host, out = VirtualHost.new { revision = A }, sink.new()
        assert.equal(0, main { "--from", A, good, table.unpack(case[2]) })
        assert.same({ case[3] or false, case[4] or false },
          { out:text():find("\r", 1, true) ~= nil, out:text():find "\27%[%d+m" ~= nil })
      end
    end)

    it("leaves a module alone that already runs the target", function()
      local rc, result = main { "--json", "--to", A, good }
      assert.same({ 0, "already_current", false }, { rc, result.outcome, result.changed })
      changed_nothing()
    end)

    it("under --check reads, decides, and changes nothing", function()
      local rc, result, events = main { "--json", "--check", good }
      assert.same({ 0, "checked", false }, { rc, result.outcome, result.changed })
      local gate
      for _, event in ipairs(events) do gate = event.event == "gate" and event.name == "supply" and event or gate end
      assert.same({ true, 3500 }, { gate.ok, gate.limit })
      changed_nothing()
    end)

    it("closes its port, its package and its trace, however it ends", function()
      local imei = { "--imei", "490154203237518" }
      local packages = require "dfota.config.package"
      local read, package = packages.read, nil
      finally(function() packages.read = read end)
      packages.read = function(...)
        local fault
        package, fault = read(...)
        return package, fault
      end
      for _, words in ipairs { {}, { "--check" }, { "--set", "min_supply_mv=5000" }, imei } do
        local args = table.move(words, 1, #words, 3, { "--trace", path "trace" })
        args[#args + 1] = good
        main(args, { flow = update })
        assert.is_true(host.port.closed)
        assert.is_truthy(tostring(package.file):find "closed", tostring(package.file))
      end
    end)
  end)

  describe("passes its flow", function()
    -- What a flow sees, asked while it runs; the run itself only looks.
    local function seen(args, ask, script)
      local found
      local takes = { flow = function(job) found = ask(job) end, like = "update" }
      for key, value in pairs(script or {}) do takes[key] = value end
      local words = table.move(args, 1, #args, 2, { "--json" })
      local rc = main(words, takes)
      assert.equal(78, rc, out:text()) -- such a flow triggers nothing, and says so
      return found
    end

    it("the request", function()
      local request = seen({ "--from", A, "--to", B, "--imei", "490154203237518", "--run", "may-1", "--check",
        "--apn", "net", "--user", "u", "--password", "p", good }, function(job) return job.request end)
      assert.same({ A, B, "490154203237518", "may-1", true, "net", "u", "p", "none" }, { request.from, request.to,
        request.imei, request.run, request.check, request.apn, request.user, request.password, request.ledger })
    end)

    it("the rates to try: the one that was given, or all usual ones", function()
      local function bauds(job) return job.request.bauds end
      assert.same({ 9600 }, seen({ "--baud", "9600", good }, bauds))
      assert.same(rates.standard, seen({ good }, bauds))
    end)

    it("no request to the server with --no-preflight", function()
      assert.is_false(seen({ URL }, function(job) return job.request.preflight end))
    end)

    it("settings from the list, a file and the call, of which the last one wins", function()
      local config = file("settings.lua", "return { boot_s = 7, query_s = 8 }")
      local words = { "--config", config, "--set", "query_s=9", good }
      assert.same({ 7, 9, 3500 }, seen(words, function(job)
        return { job.settings.boot_s, job.settings.query_s, job.settings.min_supply_mv }
      end))
    end)

    it("settings and tables from the user's folder, before those beside the scripts", function()
      uv.os_setenv("DFOTA_CONFIG", home)
      finally(function() uv.os_unsetenv "DFOTA_CONFIG" end)
      file("settings.lua", "return { min_csq = 3, boot_s = 7 }")
      file("retries.lua", "return { query = { times = 0 } }")
      refused_before_the_port(78, path "retries.lua" .. ": ", main { "--json", good })
      file("retries.lua", folder.read "scripts/retries.lua")
      out = sink.new()
      local got
      assert.equal(78, (main({ "--json", "--set", "boot_s=8", good }, { flow = function(job) got = job.settings end })))
      assert.same({ 3, 8 }, { got.min_csq, got.boot_s })
      out = sink.new()
      local _, _, events = main { "--json", "--settings" }
      assert.same({ min_csq = path "settings.lua", boot_s = path "settings.lua" }, events[1].origins)
      assert.same({ path "settings.lua", path "retries.lua", "scripts/apns.lua" },
        { events[1].files.settings, events[1].files.retries, events[1].files.apns })
      file("settings.lua", "return {\n min_cqs = 3 }")
      host, out, err = VirtualHost.new { revision = A }, sink.new(), sink.new()
      refused_before_the_port(78, path "settings.lua" .. ":2: there is no setting min_cqs; did you mean min_csq?",
        main { "--json", "--settings" })
    end)

    it("what the manifest says about the package, if the call says nothing", function()
      file("A2B.pack.json", ('{"from": %q, "to": %q}'):format(A, B))
      local function ask(job) return { job.request.from, job.request.to } end
      assert.same({ A, B }, seen({ good }, ask))
      out = sink.new()
      assert.same({ A, B }, seen({ "--from", A, "--to", B, good }, ask))
    end)

    it("a package that is a file or a URL", function()
      assert.same({ good, nil, 3000 }, seen({ good }, function(job)
        return { job.package.path, job.package.url, job.package.size }
      end))
      out = sink.new()
      assert.same({ URL, "updates.example" }, seen({ URL }, function(job)
        return { job.package.url, job.package.host }
      end))
    end)

    it("the values of the script's own options", function()
      local own = { { "--site", "Where it stands." }, { "--hour", "Of the day.", convert = math.tointeger } }
      assert.same({ "north", 7 }, seen({ "--site", "north", "--hour", "7", good }, function(job)
        return { job.request.site, job.request.hour }
      end, { name = "mine", options = own }))
    end)
  end)

  describe("opens its port", function()
    it("by the name and with the options of the call and the settings", function()
      main { "--check", "--baud", "9600", "--set", "rtscts=on", good }
      assert.same({ { name = VirtualHost.PORT, how = { baud = 9600, rtscts = true } } }, host.opened)
    end)

    it("at the first of the usual rates, without flow control, by default", function()
      main { "--check", good }
      assert.same({ baud = rates.standard[1], rtscts = false }, host.opened[1].how)
    end)

    it("if only one is found and none was given", function()
      assert.equal(0, look(function(job) job:meet() end, {}, { args = { "--ledger", "none" } }))
      assert.equal(VirtualHost.PORT, host.opened[1].name)
    end)

    it("names another program that reads it", function()
      local open = host.open_port
      host.open_port = function(...)
        local port = open(...)
        port.other_user = function() return 4711, "minicom" end
        return port
      end
      local _, _, events = main { "--json", "--check", good }
      assert.is_true(contains(notes(events, "warning"),
        VirtualHost.PORT .. ": process 4711 (minicom) has this port open too: what it reads is lost here"))
    end)

    it("again if it is lost after the trigger, and follows the update to its verdict", function()
      host.fault[1] = { rx = '"UPDATING",20%', action = "hangup", back_s = 3 }
      local rc, result = main { "--json", "--from", A, good }
      assert.same({ 0, B, 1 }, { rc, result.after, host:count(TRIGGER) })
      assert.is_true(#host.opened >= 2)
    end)
  end)

  describe("with a wrong call is refused before its port is opened:", function()
    for name, case in pairs {
      ["an option that is none"] = { { "--frobnicate" }, 2, "--frobnicate" },
      ["no package"] = { {}, 2, "package", bare = true },
      ["a rate that no port has"] = { { "--baud", "12" }, 2, "'12'" },
      ["a setting that is none"] = { { "--set", "boot=7" }, 2, "boot_s" },
      ["a setting out of its bounds"] = { { "--set", "min_csq=32" }, 2, "min_csq" },
      ["an APN that cannot be sent"] = { { "--apn", 'a"b' }, 2, "APN" },
      ["a user that cannot be sent"] = { { "--apn", "net", "--user", "u\nv" }, 2, "user" },
      ["a password without an APN"] = { { "--password", "p" }, 2, "--apn" },
      ["two modules, a real and a simulated one"] = { { "--sim" }, 2, "mutually exclusive" },
      ["a trace that cannot be written"] = { { "--trace", "/proc/none/trace" }, 2, "/proc/none/trace" },
      ["a configuration that is not there"] = { { "--config", "/none.lua" }, 78, "/none.lua" },
      ["a ledger that is none of ours"] = { { "--ledger", "mysql://h/d" }, 78, "mysql://" },
      ["a ledger without a name"] = { { "--ledger", "" }, 78, "its name is empty" },
    } do
      it(("%s, %d"):format(name, case[2]), function()
        local words = table.move(case[1], 1, #case[1], 2, { "--json" })
        if not case.bare then words[#words + 1] = good end
        refused_before_the_port(case[2], case[3], main(words))
      end)
    end

    for name, case in pairs {
      ["a package that is not there"] = { "/none/A2B.pack", 66, "/none/A2B.pack" },
      ["a package that is a folder"] = { "/", 66, "/" },
      ["a device for a package"] = { "/dev/null", 66, "/dev/null" },
      ["a URL of another scheme"] = { "https://h/a", 65, "https://" },
      ["a URL without a path"] = { "http://h", 65, "path" },
      ["a URL that would begin another command"] = { 'http://h/a"\rAT', 65, "quote" },
    } do
      it(("%s, %d"):format(name, case[2]), function()
        refused_before_the_port(case[2], case[3], main { "--json", case[1] })
      end)
    end

    it("a package that is empty, 65", function()
      refused_before_the_port(65, "empty.pack", main { "--json", file("empty.pack", "") })
    end)

    it("a package that is longer than the settings allow, 65", function()
      refused_before_the_port(65, "A2B.pack", main { "--json", "--set", "max_package_bytes=2999", good })
      out, err = sink.new(), sink.new()
      local sums = file("SHA256SUMS", ("0"):rep(64) .. "  A2B.pack\n")
      refused_before_the_port(65, "A2B.pack: is not the file that", main { "--json", "--sums", sums, good })
      out = sink.new()
      assert.equal(0, main { "--json", "--check", "--set", "max_package_bytes=3000", good })
    end)

    it("a manifest for another package, 65", function()
      file("A2B.pack.json", '{"size": 1}')
      refused_before_the_port(65, "A2B.pack.json", main { "--json", good })
    end)

    it("a name that was meant as a URL, 66, with the remedy", function()
      local rc, result = main { "--json", "updates.example/A2B.pack" }
      assert.equal(66, rc)
      assert.is_truthy(result.message:find("http://updates.example/A2B.pack", 1, true), result.message)
    end)

    for name, case in pairs {
      ["a table of retries that is not there"] = { { ["retries.lua"] = false }, "retries.lua" },
      ["one with a slip, by its line"] = { { ["retries.lua"] = "return {\n query = \n}" }, "retries.lua:3" },
      ["one that returns nothing"] = { { ["retries.lua"] = "" }, "retries.lua" },
      ["one that would repeat the trigger"] =
        { { ["retries.lua"] = "return { trigger = { times = 2 } }" }, "never repeated" },
      ["one that repeats nothing at all"] = { { ["retries.lua"] = "return { query = { times = 0 } }" }, "query.times" },
    } do
      it(name .. ", 78", function()
        refused_before_the_port(78, case[2], main({ "--json", good }, { scripts = site(case[1]) }))
      end)
    end

    it("a table of access points that cannot be sent, 78, and only for a URL", function()
      local scripts = site { ["apns.lua"] = "return { ['26201'] = { apn = 'a\"b' } }" }
      refused_before_the_port(78, "apns.lua", main({ "--json", URL }, { scripts = scripts }))
      out = sink.new()
      assert.equal(0, main({ "--json", "--check", good }, { scripts = scripts }))
    end)

    it("a flow that names a step which has no row, 78, by the line of its source", function()
      local source = file("mine.lua", "local function f(job)\n  job:retry('sned', print)\nend\n")
      refused_before_the_port(78, source .. ":2", main({ "--json", good }, { path = source }))
    end)

    it("a power cycle of which it is not known how, or that --check forbids, 2", function()
      refused_before_the_port(2, "--set power_line=dtr", main { "--json", "--power-cycle", good })
      out, err = sink.new(), sink.new()
      refused_before_the_port(2, "--check changes nothing",
        main { "--json", "--power-cycle", "--check", "--set", "power_line=dtr", good })
    end)

    it("an own option that would hide one of dfota's, 78", function()
      refused_before_the_port(78, "--baud", main({ "--json", good }, { options = { { "--baud", "Mine." } } }))
    end)

    it("no port if none or several are found, 2, with the list", function()
      for _, case in ipairs {
        { {}, "no serial port was found", 1 },
        { { { name = "/dev/ttyA" }, { name = "/dev/ttyB" } }, "no module was found on 2 ports", 5 },
      } do
        host.ports, out, err = case[1], sink.new(), sink.new()
        local rc = look(update, {}, { name = "update", args = { "--json", "--ledger", "none", good } })
        local lines = out:lines()
        assert.equal(case[3], #lines)
        local result = json.decode(lines[#lines])
        assert.same({ 2, 2, "not_started", false }, { rc, result.rc, result.outcome, result.changed })
        assert.is_truthy(result.message:find(case[2], 1, true))
        assert.same({ {}, {} }, { host.opened, host.sent })
      end
    end)

    it("signals that cannot be caught, for then a Ctrl-C would break an update", function()
      host.catch_signals = function() return nil, core.error("io", "no signals here") end
      refused_before_the_port(74, "no signals here", main { "--json", good })
    end)

    it("without --json the same is one line on the error stream", function()
      assert.equal(66, (main { "/none/A2B.pack" }))
      assert.equal("", out:text())
      assert.is_truthy(err:text():find("/none/A2B.pack", 1, true))
      assert.is_nil(err:text():find("traceback", 1, true))
    end)

    it("a secret is not shown", function()
      main { "--json", "--apn", "net", "--password", 'topsecret"', URL }
      assert.is_nil((out:text() .. err:text()):find("topsecret", 1, true))
    end)
  end)

  describe("that does not get its port ends with", function()
    for kind, code in pairs {
      port_missing = 74, port_busy = 74, not_a_port = 74, unsupported = 74, io = 74, port_permission = 77,
      interrupted = 130,
    } do
      it(("%d, not started, and one result: %s"):format(code, kind), function()
        host.refuse = core.error(kind, "it is so")
        local rc, result, events = main { "--json", good }
        assert.same({ code, code, "not_started", false, "it is so" }, { rc, result.rc, result.outcome, result.changed,
          result.message })
        assert.same({ 1, VirtualHost.PORT }, { #events, result.port })
        assert.same({ {}, 1 }, { host.sent, #host.opened })
      end)
    end

    it("74 if it is lost before the trigger, and it is not reopened", function()
      host.fault[1] = { tx = "AT+QFUPL", action = "hangup", back_s = 1 }
      local rc, result = main { "--json", good }
      assert.same({ 74, "not_started", 1, 0 }, { rc, result.outcome, #host.opened, host:count(TRIGGER) })
    end)

    it("69 if no module answers on it", function()
      host.m:power(false)
      local rc, result = main { "--json", "--set", "sync_timeout_s=1", "--set", "listen_s=1", good }
      assert.same({ 69, "not_started", false }, { rc, result.outcome, result.changed })
    end)

    it("130 if a signal is received before the trigger", function()
      for _, place in ipairs { "AT+GSN", "AT+CBC", "AT+IPR?", "AT+QFUPL" } do
        host, out = VirtualHost.new { revision = A, link = "9600" }, sink.new()
        host.fault[1] = { tx = place, action = function() host:signal "INT" end }
        local rc, result = main { "--json", good }
        assert.same({ 130, "not_started", "safe", 0 }, { rc, result.outcome, result.retry, host:count(TRIGGER) }, place)
      end
    end)
  end)

  describe("whose flow", function()
    local function ran(flow, args)
      local words = table.move(args or {}, 1, #(args or {}), 2, { "--json" })
      words[#words + 1] = good
      return main(words, { flow = flow })
    end

    for name, slip in pairs {
      ["raises a text"] = function() error "boom" end,
      ["raises nothing"] = function() error(nil) end, -- luacheck: ignore
      ["calls what is not there"] = function(job) job:conect() end,
      ["reads a field of nothing"] = function(job) return job.settings.boot_s.x end,
      ["asks for a setting that is none"] = function(job) return job.settings.bot_s end,
      ["puts a gate wrongly"] = function(job)
        job:connect()
        job:gate { "supply", at_laest = 1 }
      end,
    } do
      it(name .. " ends with 1, one result and one line without a traceback", function()
        local rc, result, events = ran(slip)
        assert.same({ 1, "not_started", 1 }, { rc, result.outcome, result.rc })
        local results = 0
        for _, event in ipairs(events) do results = results + (event.event == "result" and 1 or 0) end
        assert.equal(1, results)
        assert.is_nil(result.message:find "[\r\n]")
        assert.is_nil((out:text() .. err:text()):find("traceback", 1, true))
        changed_nothing()
      end)
    end

    it("raises is reported with its line, and with -v and in the trace with its traceback", function()
      local function slip(job) return job.request.nothing.at_all end
      local line = debug.getinfo(slip, "S").linedefined
      local _, result = ran(slip, { "--trace", path "trace" })
      assert.is_truthy(result.message:find("app_spec.lua:" .. line, 1, true), result.message)
      assert.is_truthy(folder.read(path "trace"):find("stack traceback", 1, true))
      out = sink.new()
      local _, _, events = ran(slip, { "-v" })
      local told = table.concat(notes(events, "error"), "\n")
      assert.is_truthy(told:find("stack traceback", 1, true), told)
    end)

    it("can be read along with -v on the error stream, and every byte of it with -vv", function()
      local function look_at(job) job:connect() end
      assert.equal(0, (main({ "--check", "-v", "--from", A, good }, { flow = look_at })))
      assert.is_truthy(err:text():find("\n>        ATI\n<        Quectel_Ltd\n", 1, true), err:text())
      assert.is_nil(out:text():find("ATI", 1, true))
      out, err = sink.new(), sink.new()
      main({ "--check", "-vv", "--json", "--quiet", "--from", A, good }, { flow = look_at })
      assert.is_truthy(err:text():find(">        ATI\\r\n", 1, true), err:text())
    end)

    it("ends without a trigger is reported as that, 78, whatever it returns", function()
      for _, value in ipairs { 0, "ok", { rc = 0 }, true } do
        out = sink.new()
        local rc, result = ran(function(job)
          job:connect()
          return value
        end)
        assert.same({ 78, "not_started", "the flow ended without a trigger; nothing was changed in the firmware" },
          { rc, result.outcome, result.message })
      end
      out = sink.new()
      local rc, result = ran(function() end)
      assert.same({ 78, "the flow ended before job:connect(); nothing was changed" }, { rc, result.message })
      assert.is_truthy(result.advice:find("job:trigger()", 1, true))
    end)

    it("returns nothing after its trigger still has the verdict", function()
      local rc, result = ran(function(job)
        update(job)
        error "late"
      end, { "--from", A })
      assert.same({ 0, "updated" }, { rc, result.outcome })
    end)

    it("meets a gate that refuses ends with 84, and passes it with --force, which is reported", function()
      local rc, result = ran(update, { "--set", "min_supply_mv=5000" })
      assert.same({ 84, "not_started" }, { rc, result.outcome })
      assert.is_truthy(result.advice:find("--force supply", 1, true))
      changed_nothing()
      out = sink.new()
      local _, _, events = ran(update, { "--check", "--set", "min_supply_mv=5000", "--force", "supply" })
      assert.is_truthy(table.concat(notes(events, "warning"), "\n"):find("passed with --force", 1, true))
      assert.equal("checked", events[#events].outcome)
    end)

    it("has no gate of a name that was forced: that is reported at the end", function()
      local _, _, events = ran(update, { "--check", "--force", "suply" })
      assert.is_true(contains(notes(events, "warning"),
        "--force suply: this run had no gate of that name; did you mean supply?"))
    end)

    it("repeats a step as the table says, or as --retries says for all", function()
      for _, case in ipairs { { {}, 3 }, { { "--retries", "0" }, 1 }, { { "--retries", "4" }, 5 } } do
        local tries = 0
        out = sink.new()
        local rc, _, events = ran(function(job)
          job:connect()
          job:retry("query", function()
            tries = tries + 1
            return nil, core.error("timeout", "no answer")
          end)
        end, case[1])
        assert.same({ 69, case[2] }, { rc, tries })
        local told = {}
        for _, text in ipairs(notes(events, "warning")) do
          if text:find("query, try", 1, true) then told[#told + 1] = text end
        end
        assert.equal(case[2] - 1, #told)
        if told[1] then
          assert.equal(("query, try 1 of %d: no answer; again in 1 s"):format(case[2]), told[1])
        end
      end
    end)

    it("has a step whose row was removed from the table gets a warning that it is tried once", function()
      local scripts = site { ["retries.lua"] = "return { query = { times = 3 } }" }
      local rc, _, events = main({ "--json", "--check", good }, { scripts = scripts })
      assert.equal(0, rc)
      local told = table.concat(notes(events, "warning"), "\n")
      assert.is_truthy(told:find("/retries.lua has no row for ", 1, true), told)
      for _, step in ipairs { "sync", "register", "pdp", "upload" } do assert.is_truthy(told:find(step, 1, true)) end
    end)

    it("gets the module's unsolicited lines", function()
      local said = {}
      ran(update, { "--from", A })
      for _, line in ipairs(out:lines()) do
        local event = json.decode(line)
        if event.event == "urc" then said[event.text] = true end
      end
      assert.is_true(said["RDY"] and said['+QIND: "FOTA","END",0'])
    end)
  end)

  it("warns of a suspicious package, once, and continues", function()
    local rc, _, events = main { "--json", "--check", "http://127.0.0.1/A2B.pack" }
    local warned = 0
    for _, text in ipairs(notes(events, "warning")) do
      warned = warned + (text:find("127.0.0.1", 1, true) and 1 or 0)
    end
    assert.same({ 0, 1 }, { rc, warned })
  end)

  describe("with a trace", function()
    it("has every command and every line in it", function()
      main { "--trace", path "trace", "--from", A, good }
      local trace = folder.read(path "trace")
      assert.is_truthy(trace:find("AT+QFOTADL=1", 1, true) and trace:find('"END",0', 1, true))
    end)

    it("says that it was cut if it grew too long", function()
      local _, _, events = main { "--json", "--trace", path "trace", "--set", "max_trace_bytes=100000", "--from", A,
        file("long.pack", assert(Package.make(A, B, 60000))), "--trace-data" }
      local told = table.concat(notes(events, "warning"), "\n")
      assert.is_truthy(told:find("trace", 1, true), told)
      assert.equal("result", events[#events].event)
    end)
  end)

  describe("with a ledger", function()
    local opened, wanted, fails

    -- In this process: a ledger's worker is tested by its own spec.
    before_each(function()
      opened, wanted, fails = nil, nil, nil
      stub(ledger, "open", function(where, options)
        wanted = options
        if fails then return nil, fails end
        if where == "none" then return ledger.none() end
        opened = assert(book.open(where, options))
        return opened
      end)
    end)
    after_each(function() ledger.open:revert() end)

    local function rows()
      local kept <close> = assert(book.open(path "ledger.db", { readonly = true }))
      return assert(kept:rows {})
    end

    it("records the run with its trigger and its end, and says so", function()
      local rc, result = main { "--json", "--ledger", path "ledger.db", "--run", "may-1", "--from", A, good }
      assert.same({ 0, true }, { rc, result.recorded })
      local row = rows()[1]
      assert.same({ "updated", A, B, "may-1", VirtualHost.PORT, 0 }, { row.outcome, row.from, row.after, row.run,
        row.port, row.rc })
      assert.is_truthy(row.triggered)
      assert.is_nil(opened.conn)
    end)

    it("is only read under --check, and by a script that only reads", function()
      main { "--json", "--ledger", path "ledger.db", "--from", A, good }
      assert.is_falsy(wanted.readonly)
      out = sink.new()
      local _, result = main { "--json", "--check", "--ledger", path "ledger.db", good }
      assert.same({ true, json.null }, { wanted.readonly, result.recorded })
      assert.equal(1, #rows())
      look(function(job) job:meet() end, {}, { args = { "--port", VirtualHost.PORT, "--ledger", path "ledger.db" } })
      assert.is_true(wanted.readonly)
    end)

    it("is waited for as long as the settings say", function()
      main { "--check", "--set", "ledger_s=3", "--set", "ledger_busy_s=4", "--set", "ledger_last_s=0.5", good }
      assert.same({ 3, 4, 0.5 }, { wanted.answer_s, wanted.busy_s, wanted.last_s })
    end)

    for kind, code in pairs { ledger = 78, ledger_locked = 75, interrupted = 130 } do
      it(("that cannot be opened (%s) ends an update before its port is opened: %d"):format(kind, code), function()
        fails = core.error(kind, "ledger x: no")
        refused_before_the_port(code, "ledger x: no", main { "--json", good })
      end)
    end

    it("that cannot be opened only warns scripts that read or follow, but not after a signal", function()
      fails = core.error("ledger", "ledger x: no")
      for _, name in ipairs { "info", "watch" } do
        err, host = sink.new(), VirtualHost.new { revision = A }
        assert.equal(0, look(function(job) job:meet() end, {}, { name = name, like = "info" }))
        assert.is_truthy(err:text():find("ledger x: no; going on without it", 1, true), err:text())
      end
      fails = core.error("interrupted", "a signal came")
      assert.equal(130, look(function(job) job:meet() end))
    end)

    it("that is not there is told where a script only looks", function()
      fails = nil
      assert.equal(0, look(function(job) job:meet() end, { "--ledger", path "typo.db" }))
      assert.is_truthy(err:text():find("typo.db: does not exist yet: no earlier update is known", 1, true), err:text())
    end)

    it("that fails after the trigger changes no verdict: recorded is false, and the message says so", function()
      local _, result = main({ "--json", "--ledger", path "ledger.db", "--from", A, good }, { flow = function(job)
        job:after(function() end)
        opened.conclude = function() return nil, core.error("ledger", "the disk is full") end
        update(job)
      end })
      assert.same({ 0, "updated", false }, { result.rc, result.outcome, result.recorded })
      assert.is_truthy(result.message:find("the record is missing", 1, true), result.message)
    end)

    it("is none for a simulated module, unless it is given", function()
      local switches = "nonsense=1" -- ends the run behind the ledger, before anything is started
      local rc = look(update, {}, { name = "update", args = { "--sim=" .. switches, good } })
      assert.same({ 2, nil }, { rc, opened })
      look(update, {}, { name = "update", args = { "--sim=" .. switches, "--ledger", path "ledger.db", good } })
      assert.is_truthy(opened)
      assert.is_nil(opened.conn, "it is closed all the same")
    end)
  end)

  describe("of a script that only reads", function()
    it("ends with 0 and says what was done, whatever its flow returns", function()
      assert.equal(0, look(function(job)
        assert(job:meet().imei)
        return nil
      end))
      assert.is_truthy(out:text():find("the module was asked and nothing was changed", 1, true), out:text())
      changed_nothing()
    end)

    it("is one if its script is like it, under any name", function()
      assert.equal(0, look(function(job) job:meet() end, {}, { name = "mine", like = "info" }))
    end)

    it("is none if its script only has its own name: then it is an update", function()
      assert.equal(2, look(function(job) job:meet() end, {}, { name = "mine" }))
    end)
  end)

  describe("for --settings", function()
    it("lists the effective settings, opens nothing, and needs no package: 0", function()
      assert.equal(0, look(update, { "--settings", "--set", "boot_s=7" }, { name = "update" }))
      assert.is_truthy(out:text():find("%* boot_s +7 s +60 s +1 to 86400\n +From %-%-set\n"), out:text())
      assert.same({ "", {} }, { err:text(), host.opened })
    end)

    it("gives programs facts and the one result", function()
      local rc, result, events = main { "--json", "--settings", "--set", "boot_s=7" }
      assert.same({ 0, 2, "facts", 7, "checked" }, { rc, #events, events[1].event, events[1].boot_s, result.outcome })
    end)

    it("is refused for a wrong one: 2, and 78 for a wrong file", function()
      refused_before_the_port(2, "bot_s", main { "--json", "--settings", "--set", "bot_s=1" })
      out = sink.new()
      refused_before_the_port(78, "/none.lua", main { "--json", "--settings", "--config", "/none.lua" })
    end)
  end)

  describe("whose output is lost", function()
    it("does not end with 0, and says why on the other stream", function()
      out.broken = "No space left on device"
      assert.equal(1, (main { "--check", good }))
      assert.is_truthy(err:text():find("the output was lost: No space left on device", 1, true), err:text())
    end)

    it("keeps the code of one that failed", function()
      out.broken = "No space left on device"
      assert.equal(84, (main { "--set", "min_supply_mv=5000", good }))
    end)
  end)

  it("that has a fault of its own outside its flow reports it once, as a fault, and closes what it opened", function()
    host.hold_signals = function() error "no such thing" end
    local rc, result, events = main { "--json", "--check", good }
    assert.same({ 1, "not_started" }, { rc, result.outcome })
    assert.is_truthy(result.message:find("no such thing", 1, true))
    local results = 0
    for _, event in ipairs(events) do results = results + (event.event == "result" and 1 or 0) end
    assert.equal(1, results)
    assert.is_true(host.port.closed)
  end)
end)

-- The same with the job, the report and the port replaced: what each is made of.
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
      is_pty = function() return false end, baud = function() return 115200 end,
      close = function() told.closed[#told.closed + 1] = "port" end,
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
        status = function() end, tick_s = function() return 3 end, settle = function(_, rc) return rc + 100 end,
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
      options = more.options,
    }
    return told
  end

  local function updating(...)
    local args = { "--port", "p", "--ledger", "none", ... }
    args[#args + 1] = package
    return call(args)
  end

  it("that is right starts a job, and ends with its exit code", function()
    local told = updating()
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

  it("says what is requested; a package's manifest counts if it says nothing", function()
    local request = updating("--from", A, "--to", B, "--imei", "861234567890127", "--run", "r", "--check").job.request
    assert.same({ A, B, "861234567890127", "r", true, true, rates.standard },
      { request.from, request.to, request.imei, request.run, request.check, request.preflight, request.bauds })
    request = updating().job.request
    assert.same({ nil, nil, nil, nil }, { request.from, request.to, request.check, request.run })
    folder.write(package .. ".json", ('{"from":"%s","to":"%s"}'):format(A, B))
    finally(function() os.remove(package .. ".json") end)
    request = updating("--to", B).job.request
    assert.same({ A, B }, { request.from, request.to })
    assert.is_nil(updating("--to", "C").job, "that is not what the manifest says")
  end)

  it("with a rate opens the port at it, and tries no other", function()
    local told = updating("--baud", "9600", "--set", "rtscts=on")
    assert.same({ { { "p", 9600, true } }, { 9600 }, 9600 }, { told.opened, told.job.request.bauds, told.job.baud })
  end)

  it("forces gates by name", function()
    assert.same({ supply = true, room = true }, updating("--force", "supply", "--force", "room").job.force)
  end)

  it("with a URL has the table of APNs, and no request to the server with --no-preflight", function()
    local told = call { "--port", "p", "--ledger", "none", "--apn", "auto", "http://h.example/a.pack" }
    assert.equal("table", type(told.job.apns))
    assert.same({ "auto", true, true },
      { told.job.request.apn, told.job.request.preflight, told.job.package.transport.downloads })
    told = call { "--port", "p", "--ledger", "none", "--no-preflight", "http://h.example/a.pack" }
    assert.is_false(told.job.request.preflight)
  end)

  it("of a script with its own options passes their values on", function()
    local told = call({ "--port", "p", "--ledger", "none", "--site", "north", package },
      { name = "mine", options = { { "--site", "Where it stands." } } })
    assert.same({ "north", { "site" } }, { told.job.request.site, told.job.request.own })
  end)

  it("takes the only port that there is", function()
    local one = { { name = "/dev/ttyS4", description = "ttyS4" } }
    local told = call({ "--ledger", "none", package }, { ports = one })
    assert.same({ 142, "/dev/ttyS4", "/dev/ttyS4" }, { told.rc, told.port, told.opened[1][1] })
    told = call { "--ledger", "none", package }
    assert.same({ 102, "no serial port was found: plug the adapter in, or name one with --port" },
      { told.rc, told.result.message })
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

  it("without the tables of its scripts says which is missing, or wrong", function()
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
    assert.is_truthy(told.notes[1]:find("retries%.lua has no row for .*sync.*: tried once"), told.notes[1])
    args[#args] = "http://h.example/a"
    assert.equal(178, call(args, { scripts = other }).rc)
  end)

  it("whose script uses a step that no table has is refused before anything is opened", function()
    local path = folder.write(dir .. "/flow.lua", 'job:retry("uplod", fn)\n')
    local told = call({ "--port", "p", "--ledger", "none", package }, { path = path })
    assert.same({ 178, {} }, { told.rc, told.opened })
    assert.is_truthy(told.result.message:find("uplod", 1, true))
    assert.equal(142, call({ "--port", "p", "--ledger", "none", package }, { path = dir .. "/none.lua" }).rc)
  end)

  it("on a port that another program reads names it, and on one in use ends", function()
    local told = call({ "--port", "p", "--ledger", "none", package }, { reader = true })
    assert.same({ "warning: p: process 7 (cat) has this port open too: what it reads is lost here" }, told.notes)
    told = call({ "--port", "p", "--ledger", "none", package }, { refused = true })
    assert.same({ 174, {}, "in use" }, { told.rc, told.closed, told.result.message })
  end)

  it("with a suspicious package says so", function()
    local odd = folder.write(dir .. "/odd.pack", ("no package of ours "):rep(100))
    local told = call { "--port", "p", "--ledger", "none", odd }
    assert.is_truthy(told.notes[1]:find("^warning: .*odd.pack"))
  end)

  it("without a usable ledger continues if it only reads or follows", function()
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

  it("keeps its ledger in the file that it names, and creates none if it only reads", function()
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
      job.before_result { ok = true }
      return 0
    end })
    assert.same({ path, "function", {} }, { told.job.trace_path, type(told.tap), told.notes })
    assert.is_truthy(folder.read(path):find("one\n", 1, true))
    told = call({ "--port", "p", "--ledger", "none", "-v", package }, { run = function(job)
      job.on_traceback "one\ntwo"
      job.before_result { ok = true }
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
  end)

  it("for the settings lists them as they would count, and runs nothing", function()
    local told = call { "--settings", "--set", "boot_s=70" }
    assert.same({ 100, 70, "checked", {} }, { told.rc, told.facts.boot_s or told.facts[1], told.result.outcome,
      told.opened })
    assert.is_truthy(table.concat(told.listed, "\n"):find("boot_s +70 s"))
    told = call { "--settings", "--set", "boot_s=x" }
    assert.same({ 2, nil }, { told.rc, told.listed })
  end)

  it("for the help writes it to the given output, and ends with 0 only if that was possible", function()
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
