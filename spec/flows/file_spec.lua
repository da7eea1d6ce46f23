local core = require "dfota.core"
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

  it("does nothing if the target already runs: already_current", function()
    local done = update({ revision = B }, { "--to", B, run.package() })
    assert.same({ 0, "already_current", false, B }, { done.rc, done.result.outcome, done.result.changed,
      done.result.after })
    assert.same({ "AT", "ATI", "AT+GSN", "AT+GSN", "ATI" }, done.sent)
  end)

  it("that fails at its end is 81, and is not started again", function()
    local done = update { fail = "end:6508" }
    assert.same({ 81, "failed_on_source", 6508, "after_fix" },
      { done.rc, done.result.outcome, done.result.code, done.result.retry })
    assert.equal(1, run.triggers(done))
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

  it("of a module that is updating already is followed, not triggered", function()
    module = run.module { state = "update", update_s = 4, update_step = 2, http_to = B }
    local done = run.update(module, { "--from", A, "--to", B, run.package() })
    assert.same({ 0, "updated", B }, { done.rc, done.result.outcome, done.result.after })
    assert.equal(0, run.triggers(done))
  end)
end)
