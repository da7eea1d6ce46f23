local core = require "dfota.core"
local folder = require "support.folder"
local run = require "support.run"

local A, B = run.A, run.B

describe("An update from a file", function()
  local module

  teardown(run.clean)
  after_each(function()
    if module then module:stop() end
    module = nil
  end)

  local function update(spec, args, options)
    module = run.module(spec)
    return run.update(module, args or { run.package() }, options)
  end

  local function phases_of(done)
    local names = {}
    for i, event in ipairs(run.only(done, "phase")) do names[i] = event.name end
    return table.concat(names, " ")
  end

  it("brings the module from A to B: 0", function()
    local done = update({}, { "--from", A, "--to", B, run.package() })
    assert.equal(0, done.rc, done.err)
    assert.same({ 0, true, "updated", true, A, B, "none" }, { done.result.rc, done.result.ok, done.result.outcome,
      done.result.changed, done.result.before, done.result.after, done.result.retry })
    assert.equal("prepare upload trigger update reboot verify", phases_of(done))
    assert.equal(1, run.triggers(done))
  end)

  it("goes over the serial backend that this run of the specs is about", function()
    module = run.module {}
    local port <close> = assert(core.open(module.name, { baud = 115200 }))
    assert.equal(require "support.backend", port:backend())
  end)

  it("needs no revisions: any other one than before will do", function()
    local done = update({})
    assert.same({ 0, "updated", B }, { done.rc, done.result.outcome, done.result.after })
  end)

  it("uploads under the one name that the module takes", function()
    local path = run.package { size = 2345 }
    local done = update({}, { path })
    assert.equal(0, done.rc, done.err)
    local uploads = {}
    for _, command in ipairs(done.sent) do
      if command:find "^AT%+QFUPL=" then uploads[#uploads + 1] = command end
    end
    assert.same({ 'AT+QFUPL="fota.pack",2345,60,1' }, uploads)
  end)

  it("takes the revisions from the package's manifest", function()
    local path = run.package()
    folder.write(path .. ".json", ('{"from": "%s", "to": "%s", "model": "MC65"}'):format(A, B))
    local done = update({}, { path })
    assert.equal(0, done.rc, done.err)
    module:stop()
    done = update({ revision = "MC65FAR01A09" }, { path })
    assert.equal(84, done.rc)
  end)

  for name, spec in pairs {
    ["whose lines are spelt as in the note's tables"] = { spelling = "table" },
    ["whose lines are spelt as a sibling's boot loader does"] = { spelling = "rda" },
    ["that prints START before and END after its reboots"] = { start = "before", ["end"] = "after" },
    ["that reboots in between"] = { second_reboot = 50 },
    ["whose END is lost"] = { lost = "end" },
    ["that says OK to nothing: the trigger's answer is lost"] = { lost = "ok" },
    ["with an old package in its files"] = { stale_pack = 5000, existing = "3921" },
    ["that neither echoes nor uses words"] = { echo = false, verbose = false },
    ["that tells errors in words"] = { cmee = 2 },
    ["that frames acknowledgements"] = { ack_crlf = true, sum_case = "lower", sum_pad = false },
    ["that talks without being asked"] = { chatter = 0.5 },
    ["on a line of 115,200 baud"] = { link = 115200 },
    ["as the chip's published SDK is"] = { profile = "rda" },
    ["whose old application answers once more after END"] = { stale_s = 0.3 },
    ["whose loader begins again twice"] = { restarts = 2 },
    ["whose power fails in the update"] = { power_cut = "update:50" },
  } do
    it("works with a module " .. name, function()
      local done = update(spec, { "--to", B, run.package() })
      assert.equal(0, done.rc, done.err)
      assert.equal(B, done.result.after)
      assert.equal(1, run.triggers(done))
      local is_survived = done.result.message:find("began again by itself", 1, true) ~= nil
      assert.equal(spec.power_cut ~= nil or spec.restarts ~= nil, is_survived, done.result.message)
    end)
  end

  it("does nothing if the target already runs: already_current", function()
    local done = update({ revision = B }, { "--to", B, run.package() })
    assert.same({ 0, "already_current", false, B }, { done.rc, done.result.outcome, done.result.changed,
      done.result.after })
    assert.same({ "AT", "ATI", "AT+GSN", "AT+GSN", "ATI" }, done.sent)
  end)

  for _, code in ipairs { 6500, 6507 } do
    it(("that the command refuses with %d is 81"):format(code), function()
      local done = update { fail = "command:" .. code }
      assert.same({ 81, 81, "failed_on_source", false, A, A, code }, { done.rc, done.result.rc, done.result.outcome,
        done.result.changed, done.result.before, done.result.after, done.result.code })
      assert.equal(1, run.triggers(done))
    end)
  end

  it("that fails at its end is 81, and is not started again", function()
    local done = update { fail = "end:6508" }
    assert.same({ 81, "failed_on_source", 6508, "after_fix" },
      { done.rc, done.result.outcome, done.result.code, done.result.retry })
    assert.equal(1, run.triggers(done))
  end)

  it("made for another revision is 81, and the module runs what it ran", function()
    local done = update({}, { run.package { from = "MC65FAR01A07", to = B } })
    assert.same({ 81, A }, { done.rc, done.result.after })
  end)

  it("that ends at a third revision is 82", function()
    local done = update({ result = "MC65FAR01A05" }, { "--to", B, run.package() })
    assert.same({ 82, "wrong_revision", true, "MC65FAR01A05", "after_fix" },
      { done.rc, done.result.outcome, done.result.changed, done.result.after, done.result.retry })
  end)

  it("whose END,0 is false is 82: the revision decides", function()
    local done = update({ result = A }, { "--to", B, run.package() }, { set = { verify_tries = 2 } })
    assert.same({ 82, "wrong_revision", false, A }, { done.rc, done.result.outcome, done.result.changed,
      done.result.after })
  end)

  it("whose module does not come back is 80, never to be repeated by itself", function()
    local done = update({ power_cut = "update:40", power_back_s = "never" }, { "--to", B, run.package() },
      { set = { update_silence_s = 1, recover_s = 0 } })
    assert.same({ 80, 80, "unknown", "never" }, { done.rc, done.result.rc, done.result.outcome, done.result.retry })
    assert.equal(1, run.triggers(done))
    local watch = ("scripts/watch.lua --port %s --ledger none --set "):format(module.name)
    assert.is_truthy(done.result.advice:find(watch, 1, true), done.result.advice)
    assert.is_truthy(done.result.advice:find(("--from %s --to %s"):format(A, B), 1, true), done.result.advice)
  end)

  it("that cannot be uploaded is 75, and is not triggered", function()
    local scripts = run.site { ["retries.lua"] = run.NO_PAUSES }
    local done = update({ upload_flip = "100" }, { run.package() }, { folder = scripts })
    assert.same({ 75, "not_started", false, "safe" }, { done.rc, done.result.outcome, done.result.changed,
      done.result.retry })
    assert.equal(0, run.triggers(done))
    local _, uploads = table.concat(done.sent, "\n"):gsub("AT%+QFUPL=", "")
    assert.equal(3, uploads)
  end)

  it("leaves a module as it was found if it ends before the trigger", function()
    local scripts = run.site { ["retries.lua"] = run.NO_PAUSES }
    local done = update({ upload_flip = "100", cmee = 0, echo = false }, { "--retries", "0", run.package() },
      { folder = scripts })
    assert.equal(75, done.rc)
    local text = table.concat(done.sent, "\n")
    assert.is_truthy(text:find("AT+CMEE=0\nATE0", 1, true), text)
  end)

  it("of a module that is updating already is followed, not triggered", function()
    module = run.module { state = "update", update_s = 4, update_step = 2, http_to = B }
    local done = run.update(module, { "--from", A, "--to", B, run.package() })
    assert.same({ 0, "updated", B }, { done.rc, done.result.outcome, done.result.after })
    assert.equal(0, run.triggers(done))
  end)
end)
