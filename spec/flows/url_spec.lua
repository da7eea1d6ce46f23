local Nginx = require "support.nginx"
local folder = require "support.folder"
local run = require "support.run"
local uv = require "luv"

local A, B = run.A, run.B
local URL = "http://example.com/A2B.pack" -- for the simulated download, which fetches nothing

describe("An update from a URL", function()
  local module, web, docroot, remove

  setup(function()
    docroot, remove = folder.new()
    folder.write(docroot .. "/A2B.pack", folder.read(run.package { size = 60000 }))
    folder.write(docroot .. "/other.pack", folder.read(run.package { from = "MC65FAR01A07" }))
    folder.write(docroot .. "/broken.pack", folder.read(run.package()):sub(1, -2) .. "?")
    folder.write(docroot .. "/empty.pack", "")
    folder.write(docroot .. "/page.pack", "<!DOCTYPE html><title>Log in</title>")
    web = Nginx.start(docroot, "location = /moved.pack { return 302 http://127.0.0.1:1/x; } "
      .. "location /slow/ { alias " .. docroot .. "/; limit_rate 60000; }")
  end)

  teardown(function()
    web:stop()
    remove()
    run.clean()
  end)

  after_each(function()
    if module then module:stop() end
    module = nil
  end)

  local scripts = run.site { ["retries.lua"] = run.NO_PAUSES }

  local function update(spec, args, options, more)
    options = options or {}
    options.folder = scripts
    module = more and run.module(spec, more) or run.virtual(spec)
    return run.update(module, args, options)
  end

  local function fetch(path, spec, args)
    local words = table.move(args or {}, 1, #(args or {}), 1, {})
    words[#words + 1] = web.url .. path
    return update(spec, words, nil, { "--http", "real" })
  end

  local function names_of(done, name)
    local names = {}
    for i, event in ipairs(run.only(done, name)) do names[i] = event.name end
    return table.concat(names, " ")
  end

  it("is downloaded by the module from a real web server: 0", function()
    local done = fetch("/A2B.pack", {}, { "--from", A, "--to", B })
    assert.equal(0, done.rc, done.err)
    assert.same({ "updated", A, B }, { done.result.outcome, done.result.before, done.result.after })
    assert.equal("prepare pdp trigger download update reboot verify", names_of(done, "phase"))
    assert.equal(1, run.triggers(done))
    assert.is_truthy(web.requests():find('GET /A2B.pack HTTP/1.0" 200', 1, true))
  end)

  it("goes through the note's commands in the note's order", function()
    local done = fetch("/A2B.pack", {}, { "--apn", "CMNET" })
    local text, from = table.concat(done.sent, "\n"), 1
    for _, command in ipairs {
      "ATI", "AT+CPIN?", "AT+CGREG?", "AT+CSQ", "AT+QIFGCNT=0", 'AT+QICSGP=1,"CMNET"', "AT+QIREGAPP", "AT+QIACT",
      'AT+QFOTADL="' .. web.url,
    } do
      local at = text:find(command, from, true)
      assert.is_truthy(at, command .. " in " .. text)
      from = at + 1
    end
  end)

  it("reports the progress of the download", function()
    local done = fetch("/slow/A2B.pack", { download_step = 25 })
    assert.equal(0, done.rc, done.err)
    local seen = {}
    for _, event in ipairs(run.only(done, "progress")) do
      if event.phase == "download" then seen[#seen + 1] = event.percent end
    end
    assert.same({ 0, 25, 50, 75, 100 }, seen)
  end)

  for name, case in pairs {
    ["that is not on the server"] = { "/none.pack", 81, 6504 },
    ["that was made for another revision"] = { "/other.pack", 81, 6508 },
    ["that is damaged"] = { "/broken.pack", 81, 6507 },
  } do
    it(("%s is %d, with the module's code"):format(name, case[2]), function()
      local done = fetch(case[1], {})
      assert.same({ case[2], case[3], A, "failed_on_source" },
        { done.rc, done.result.code, done.result.after, done.result.outcome })
      assert.equal(1, run.triggers(done))
    end)
  end

  it("from a server that does not listen is 75: the download failed", function()
    local done = update({}, { "http://127.0.0.1:1/A2B.pack" }, nil, { "--http", "real" })
    assert.same({ 75, 6503, "safe" }, { done.rc, done.result.code, done.result.retry })
  end)

  for name, spec in pairs {
    ["that failed with 6503"] = { fail = "httpend:6503" },
    ["in which the PDP context was lost"] = { pdp_drop = "download:50" },
    ["in which the PDP context was lost, without another word"] = { pdp_drop = "download:50", lost = "httpend" },
    ["in which the power was lost"] = { power_cut = "download:50" },
    ["in which the module rebooted"] = { crash = "download:50" },
  } do
    it(("with a download %s is 75, and safe to run again"):format(name), function()
      local done = update(spec, { "--to", B, URL }, { set = { deact_grace_s = 0.2 } })
      assert.same({ 75, "failed_on_source", false, A, A, "safe" }, { done.rc, done.result.outcome, done.result.changed,
        done.result.before, done.result.after, done.result.retry })
      assert.equal(1, run.triggers(done))
    end)
  end

  for name, spec in pairs {
    ["spelt as in the note's tables"] = { spelling = "table" },
    ["whose HTTPSTART is lost"] = { lost = "httpstart" },
    ["whose HTTPEND is lost"] = { lost = "httpend" },
    ["without +PDP DEACT"] = { lost = "deact" },
    ["of which only END is heard"] = { lost = "httpstart+downloading+httpend+deact+start+updating" },
    ["after a context that is put up at the second try"] = { qiact_fails = 1 },
    ["by a module that roams"] = { cgreg = 5 },
    ["by a module that is still registering"] = { state = "boot", reg_s = 0.1 },
  } do
    it("works " .. name, function()
      local done = update(spec, { "--to", B, URL })
      assert.equal(0, done.rc, done.err)
      assert.equal(1, run.triggers(done))
    end)
  end

  for name, case in pairs {
    ["a context that the network refuses"] = { { qiact = "error" } },
    ["an APN that the network does not know"] = { { apn = "other" }, { "--apn", "net" } },
    ["a wrong password"] =
      { { apn = "net", apn_user = "u", apn_password = "p" }, { "--apn", "net", "--user", "u", "--password", "x" } },
    ["no network"] = { { cgreg = 2 } },
    ["a network that denies"] = { { cgreg = 3 } },
  } do
    it(("with %s is 75, and nothing is triggered"):format(name), function()
      local words = case[2] or {}
      words[#words + 1] = URL
      local done = update(case[1], words, { set = { register_s = 0.2 } })
      assert.same({ 75, "not_started", "safe" }, { done.rc, done.result.outcome, done.result.retry })
      assert.equal(0, run.triggers(done))
    end)
  end

  describe("that this machine can ask for", function()
    -- The server is asked by the script itself; `more` for a module that then asks it, too.
    local function asked(path, args, more)
      local words = table.move(args or {}, 1, #(args or {}), 1, {})
      words[#words + 1] = path:find "^http" and path or web.url .. path
      return update({}, words, { preflight = true, set = { preflight_s = 2 } }, more)
    end

    local function server_gate(done)
      for _, gate in ipairs(run.only(done, "gate")) do
        if gate.name == "server" then return gate end
      end
    end

    it("passes the gate if the server has it", function()
      local done = asked("/A2B.pack", { "--from", A, "--to", B }, { "--http", "real" })
      assert.equal(0, done.rc, done.err)
      assert.same({ true, 200 }, { server_gate(done).ok, server_gate(done).value })
    end)

    for name, case in pairs {
      ["is not there"] = { "/none.pack", 404, 200 }, ["is empty"] = { "/empty.pack", 0, 1 },
      ["is a web page"] = { "/page.pack", "a web page", "a package" },
    } do
      it("is refused before the module is changed if it " .. name .. ": 84", function()
        local done = asked(case[1])
        assert.same({ 84, "not_started", 0 }, { done.rc, done.result.outcome, run.triggers(done) })
        local gate = server_gate(done)
        assert.same({ false, case[2], case[3] }, { gate.ok, gate.value, gate.limit })
        assert.is_nil(table.concat(done.sent, "\n"):find("QIACT", 1, true))
      end)
    end

    it("is left to the module if the gate is forced", function()
      local done = asked("/none.pack", { "--force", "server" }, { "--http", "real" })
      assert.same({ 81, 6504, 1 }, { done.rc, done.result.code, run.triggers(done) })
    end)

    local function notes_of(done)
      local texts = {}
      for i, note in ipairs(run.only(done, "note")) do texts[i] = note.text end
      return table.concat(texts, "\n")
    end

    it("causes a warning if the server redirects, and continues", function()
      local done = asked("/moved.pack", { "--check" })
      assert.equal(0, done.rc, done.err)
      assert.same({ require("dkjson").null, 302 }, { server_gate(done).ok, server_gate(done).value })
      assert.is_truthy(notes_of(done):find(
        "redirects to http://127.0.0.1:1/x, which the module may not follow", 1, true))
    end)

    -- A server that takes the request and keeps it; `heard` is called when it came.
    local function with_silent_server(heard, fn)
      local server, clients = uv.new_tcp(), {}
      assert(server:bind("127.0.0.1", 0))
      server:listen(4, function()
        local client = uv.new_tcp()
        server:accept(client)
        clients[#clients + 1] = client
        client:read_start(function(_, bytes) if bytes then heard() end end)
      end)
      fn(("http://127.0.0.1:%d/A2B.pack"):format(server:getsockname().port))
      for _, client in ipairs(clients) do client:close() end
      server:close()
    end

    it("of a server that never answers is not waited for beyond preflight_s", function()
      with_silent_server(function() end, function(address)
        module = run.virtual {}
        local done = run.update(module, { "--check", address }, { preflight = true, set = { preflight_s = 0.2 } })
        assert.equal(0, done.rc, done.err)
        assert.is_truthy(notes_of(done):find("no answer within 0.2 s; the module may see more", 1, true))
      end)
    end)

    it("can be interrupted while the server is asked: 130", function()
      local process
      with_silent_server(function() process:signal_with "sigint" end, function(address)
        module = run.module {}
        local done = run.update(module, { address }, {
          preflight = true, set = { preflight_s = 20 }, meanwhile = function(started) process = started end,
        })
        assert.same({ 130, "not_started" }, { done.rc, done.result.outcome })
        assert.is_true(done.result.duration_s < 10)
      end)
    end)

    it("and cannot be reached from here only causes a warning: the module may reach more", function()
      local done = asked("http://127.0.0.1:1/A2B.pack", { "--check" })
      assert.equal(0, done.rc, done.err)
      assert.is_nil(server_gate(done))
      assert.is_truthy(notes_of(done):find("connection refused; the module may see more than this machine", 1, true))
    end)
  end)

  it("takes the APN of the SIM's home network from the engineer's table", function()
    local done = update({ apn = "internet" }, { "--apn", "auto", URL })
    assert.equal(0, done.rc, done.err)
    assert.is_truthy(table.concat(done.sent, "\n"):find('QICSGP=1,"internet"', 1, true))
  end)

  it("needs an explicit APN with --apn auto for a SIM that is in no table: 2", function()
    local done = update({ imsi = "999990123456789" }, { "--apn", "auto", URL })
    assert.same({ 2, 0 }, { done.rc, run.triggers(done) })
  end)

  it("shows neither APN user nor password nor the SIM's number, not even in the trace", function()
    local spec = { apn = "net", apn_user = "theuser", apn_password = "topsecret", imsi = "001010999888777" }
    local done = update(spec, { "--apn", "net", "--user", "theuser", "--password", "topsecret", URL })
    assert.equal(0, done.rc, done.err)
    module:stop()
    local auto = update({ imsi = "001010999888777" }, { "--apn", "auto", URL })
    local said = done.trace .. done.out .. done.err .. auto.trace .. auto.out .. auto.err
    for _, secret in ipairs { "theuser", "topsecret", "001010999888777" } do
      assert.is_nil(said:find(secret, 1, true))
    end
    assert.is_truthy(done.trace:find('QICSGP=1,"net","*******","*********"', 1, true))
  end)

  it("warns if the URL may be too long for the module's line, and leaves the decision to the module", function()
    local done = update({}, { "http://example.com/" .. ("a"):rep(236) })
    assert.equal(1, run.triggers(done))
    local warned = false
    for _, note in ipairs(run.only(done, "note")) do warned = warned or note.text:find("255 bytes", 1, true) end
    assert.is_truthy(warned)
    assert.equal(81, done.rc)
  end)
end)
