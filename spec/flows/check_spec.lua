local Nginx = require "support.nginx"
local folder = require "support.folder"
local json = require "dkjson"
local run = require "support.run"

local URL = "http://example.com/A2B.pack"

-- What asks and changes nothing: the bare AT, ATI, the forms with ? and =?, and these.
local QUERIES = {
  AT = true, ATI = true, ["AT+GSN"] = true, ["AT+CGSN"] = true, ["AT+CGMR"] = true, ["AT+GMR"] = true,
  ["AT+CSQ"] = true, ["AT+CBC"] = true, ["AT+CIMI"] = true,
  ["AT+QISTAT"] = true, ['AT+QFLDS="UFS"'] = true,
}

local function is_query(command)
  return QUERIES[command] or command:find "^AT%+%u+=?%?$" or command:find '^AT%+QFLST="[^"]*"$'
    or command:find "^AT%+%u+%?[;?+%u]+%?$"
end

describe("--check", function()
  local module

  teardown(run.clean)
  after_each(function()
    if module then module:stop() end
    module = nil
  end)

  local function check(spec, args)
    module = run.virtual(spec)
    table.insert(args, 1, "--check")
    return run.update(module, args)
  end

  local function sent_queries_only(done)
    assert.is_true(#done.sent >= 3)
    for _, command in ipairs(done.sent) do assert.is_truthy(is_query(command), command) end
  end

  for name, args in pairs { ["a file"] = {}, ["a URL"] = { URL } } do
    it("checks everything for " .. name .. ", sends queries only, and says that all is well: 0", function()
      args[1] = args[1] or run.package()
      local done = check({}, { table.unpack(args) })
      assert.same({ 0, "checked", false, run.A, run.A, "none" }, { done.rc, done.result.outcome, done.result.changed,
        done.result.before, done.result.after, done.result.retry })
      sent_queries_only(done)
    end)
  end

  it("has the same exit code as the update if a gate refuses", function()
    local done = check({ vbat_mv = 3000 }, { run.package() })
    assert.same({ 84, "not_started" }, { done.rc, done.result.outcome })
    sent_queries_only(done)
  end)

  it("sends only queries to a module without echo, text replies and error codes", function()
    local done = check({ echo = false, verbose = false, cmee = 0 }, { run.package() })
    assert.equal(0, done.rc, done.err)
    sent_queries_only(done)
  end)

  it("sends only queries on a line that loses some of the replies", function()
    module = run.virtual { drop_at = "3+9" }
    local scripts = run.site { ["retries.lua"] = run.NO_PAUSES }
    local done = run.update(module, { "--check", run.package() }, { folder = scripts, set = { query_s = 0.3 } })
    assert.equal(0, done.rc, done.err)
    sent_queries_only(done)
  end)

  it("says that the target already runs", function()
    local done = check({ revision = run.B }, { "--to", run.B, run.package() })
    assert.same({ 0, "already_current" }, { done.rc, done.result.outcome })
    sent_queries_only(done)
  end)

  it("asks the server for the first bytes, and the module for nothing but what it is", function()
    local docroot, remove = folder.new()
    folder.write(docroot .. "/A2B.pack", folder.read(run.package()))
    local web = Nginx.start(docroot)
    module = run.virtual {}
    local done = run.update(module, { "--check", web.url .. "/A2B.pack" }, { preflight = true })
    local missing = run.update(module, { "--check", web.url .. "/none.pack" }, { preflight = true })
    web:stop()
    remove()
    assert.same({ 0, 84 }, { done.rc, missing.rc }, done.err)
    sent_queries_only(done)
  end)

  it("leaves a module that is updating itself alone, and says so: 80", function()
    module = run.virtual { state = "update", update_s = 4, update_step = 1, http_to = run.B }
    local done = run.update(module, { "--check", run.package() })
    assert.equal(80, done.rc)
    assert.is_truthy(done.result.message:find("updating itself", 1, true))
    for _, command in ipairs(done.sent) do assert.equal("AT", command) end
  end)

  it("creates no ledger", function()
    local path = run.path "ledger.db"
    module = run.module {}
    local done = run.update(module, { "--check", run.package() }, { ledger = path })
    assert.equal(0, done.rc, done.err)
    assert.is_nil(io.open(path))
  end)
end)

describe("info.lua", function()
  it("shows a module and sends queries only", function()
    local module = run.module { stale_pack = 77 }
    local done = run.info(module, {})
    module:stop()
    assert.same({ 0, "checked" }, { done.rc, done.result.outcome })
    for _, command in ipairs(done.sent) do assert.is_truthy(is_query(command), command) end
    local said = {}
    for i, note in ipairs(run.only(done, "note")) do said[i] = note.text end
    said = table.concat(said, "\n")
    for _, text in ipairs {
      "3900 mV", "25 of 31", "READY", "home", "417715 bytes free", "fota.pack", "115200", "yes",
    } do
      assert.is_truthy(said:find(text, 1, true), text .. " in " .. said)
    end
    run.clean()
  end)

  it("shows unknown for what is not answered, and sends the next query", function()
    local module = run.virtual { mute = "CBC+CPIN" }
    local scripts = run.site { ["retries.lua"] = run.NO_PAUSES }
    local done = run.info(module, {}, { folder = scripts, set = { query_s = 0.1, resync_timeout_s = 0.2 } })
    module:stop()
    assert.equal(0, done.rc, done.err)
    local facts = run.only(done, "facts")[1]
    assert.same({ json.null, json.null, 25, "home", true },
      { facts.supply_mv, facts.sim, facts.csq, facts.registration, facts.dfota })
    run.clean()
  end)

  it("waits for a module that is busy with a command, and no longer than it may be", function()
    local module = run.virtual { no_response = "CBC", no_response_s = 1 }
    local scripts = run.site { ["retries.lua"] = run.NO_PAUSES }
    local quick = { query_s = 0.1, resync_timeout_s = 0.1, no_response_s = 6 }
    local done = run.info(module, {}, { folder = scripts, set = quick })
    module:stop()
    assert.equal(0, done.rc, done.err)
    assert.equal(25, run.only(done, "facts")[1].csq)
    run.clean()
  end)

  it("says that a module that falls silent for good does not answer, and what it reported before: 69", function()
    local module = run.virtual { mute = "CPIN+CMEE+IPR" }
    local scripts = run.site { ["retries.lua"] = run.NO_PAUSES }
    local quick = { query_s = 0.1, resync_timeout_s = 0.1, no_response_s = 0.5 }
    local done = run.info(module, {}, { folder = scripts, set = quick })
    module:stop()
    assert.equal(69, done.rc, done.err)
    local facts = run.only(done, "facts")[1]
    assert.same({ 3900, 25, json.null, json.null }, { facts.supply_mv, facts.csq, facts.sim, facts.registration })
    assert.is_true(done.result.duration_s < 5)
    run.clean()
  end)

  it("says what it does not know rather than nothing", function()
    local module = run.virtual { csq = 99, sim = "absent", qfotadl = false }
    local done = run.info(module, {})
    module:stop()
    assert.equal(0, done.rc)
    local said = done.err
    for _, text in ipairs { "unknown", "NOT INSERTED", "no" } do assert.is_truthy(said:find(text, 1, true), said) end
    run.clean()
  end)
end)
