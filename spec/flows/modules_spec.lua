-- Updates from a file that are the same on every port: whole runs of update.lua on virtual modules.
local folder = require "support.folder"
local run = require "support.run"

local A, B = run.A, run.B

describe("An update from a file", function()
  teardown(run.clean)

  local function update(spec, args, options)
    return run.update(run.virtual(spec), args or { run.package() }, options)
  end

  it("needs no revisions: any other one than before will do", function()
    local done = update({})
    assert.same({ 0, "updated", B }, { done.rc, done.result.outcome, done.result.after })
  end)

  it("takes the revisions from the package's manifest", function()
    local path = run.package()
    folder.write(path .. ".json", ('{"from": "%s", "to": "%s", "model": "MC65"}'):format(A, B))
    local done = update({}, { path })
    assert.equal(0, done.rc, done.err)
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

  for _, code in ipairs { 6500, 6507 } do
    it(("that the command refuses with %d is 81"):format(code), function()
      local done = update { fail = "command:" .. code }
      assert.same({ 81, 81, "failed_on_source", false, A, A, code }, { done.rc, done.result.rc, done.result.outcome,
        done.result.changed, done.result.before, done.result.after, done.result.code })
      assert.equal(1, run.triggers(done))
    end)
  end

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
    local watch = "scripts/watch.lua --port /dev/ttyVIRTUAL --ledger none --set "
    assert.is_truthy(done.result.advice:find(watch, 1, true), done.result.advice)
    assert.is_truthy(done.result.advice:find(("--from %s --to %s"):format(A, B), 1, true), done.result.advice)
  end)

  it("leaves a module as it was found if it ends before the trigger", function()
    local scripts = run.site { ["retries.lua"] = run.NO_PAUSES }
    local done = update({ upload_flip = "100", cmee = 0, echo = false }, { "--retries", "0", run.package() },
      { folder = scripts })
    assert.equal(75, done.rc)
    local text = table.concat(done.sent, "\n")
    assert.is_truthy(text:find("AT+CMEE=0\nATE0", 1, true), text)
  end)
end)
