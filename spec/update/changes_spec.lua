local Job = require "dfota.update.job"
local core = require "dfota.core"

describe("What a run changes in its module", function()
  -- What it does first. `session` is what preparing that gives.
  local function changing(request, session, connected, package)
    local done = {}
    local job = Job.new {
      report = { event = function(_, _, fields) done[#done + 1] = fields.name or fields.text end }, request = request,
      package = package or { transport = { kind = "file" } }, try = function(_, fn) return fn() end,
      modem = {
        ipr = function()
          done[#done + 1] = "ipr"
          return 0
        end,
        session = {
          prepare = function()
            done[#done + 1] = "prepare"
            return table.unpack(session or { true })
          end,
          restore = function()
            done[#done + 1] = "restore"
            return true
          end,
        },
      },
    }
    job.meeting.is_connected, job.meeting.has_looked = connected ~= false, true
    job.entry.begin = function(_, forced)
      done[#done + 1] = "record " .. tostring(forced)
      return true
    end
    return job, done
  end

  it("reads its rate, writes its record and prepares the session: once, whatever comes first", function()
    for _, first in ipairs {
      function(job) job:retry("upload", function() return true end) end, function(job) job:phase "pdp" end,
      function(job) job:phase "upload" end, function(job) job.changes:begin "x" end,
    } do
      local job, done = changing()
      first(job)
      job.changes:begin "upload"
      local said = done[#done]
      if said == "pdp" or said == "upload" then done[#done] = nil end
      assert.same({ { "ipr", "record nil", "prepare" }, true }, { done, job.changes.adaptive })
      for _, fn in ipairs(job.changes:cleanups_left()) do fn() end
      assert.equal("restore", done[4])
    end
  end)

  it("tells in its result of an upload that failed before it went well", function()
    local reboot = core.error("reboot", "/dev/p: the module rebooted during the upload")
    local stalled = core.error("upload", "/dev/p: the module's checksum is wrong")
    for words, errors in pairs {
      ["it runs B"] = {},
      ["it runs B; the upload was interrupted once (the module rebooted during the upload) and repeated"] = { reboot },
      ["it runs B; the upload failed once (the module's checksum is wrong) and was repeated"] = { stalled },
      ["it runs B; the upload was interrupted 2 times (the last time the module rebooted during the upload) "
        .. "and repeated"] = { stalled, reboot },
    } do
      local tries = 0
      local job = changing()
      job.entry.port, job.changes.begun = "/dev/p", true
      job.try = function(_, fn)
        repeat
          local result, err = fn()
        until result or not err
        return true
      end
      job:retry("upload", function()
        tries = tries + 1
        if errors[tries] then return nil, errors[tries] end
        return true
      end)
      assert.same({ message = words }, job.changes:tell_uploads { message = "it runs B" })
    end
  end)

  it("does so neither in steps that only query nor in phases that only read", function()
    local job, done = changing()
    for _, step in ipairs { "sync", "query", "register" } do job:retry(step, function() return true end) end
    job:phase "prepare"
    assert.same({ "prepare" }, done)
  end)

  it("fails if the session cannot be prepared, and tries again in the next step", function()
    local job, done = changing(nil, { nil, core.error("timeout", "no answer") })
    for _ = 1, 2 do
      local ok, err = pcall(job.changes.begin, job.changes, "upload")
      assert.same({ false, "timeout" }, { ok, err.kind })
    end
    assert.same({ "ipr", "record nil", "prepare", "ipr", "record nil", "prepare" }, done)
    assert.equal(1, #job.changes:cleanups_left())
  end)

  it("fails if its record cannot be written", function()
    local job, done = changing()
    job.entry.begin = function() return nil, core.error("ledger", "no disk") end
    local ok, err = pcall(job.changes.begin, job.changes, "upload")
    assert.same({ false, "ledger", { "ipr" } }, { ok, err.kind, done })
    ok, err = pcall(job.changes.note, job.changes)
    assert.same({ false, "ledger" }, { ok, err.kind })
  end)

  it("does none of that under --check, before connect, after the verdict, or without a package", function()
    local job = changing { check = true }
    local ok, slip = pcall(job.changes.begin, job.changes, "upload")
    assert.is_truthy(not ok and slip.fault:find("--check changes nothing, but upload would", 1, true))
    assert.is_false((pcall(job.checking, job)))
    job = changing(nil, nil, false)
    ok, slip = pcall(job.changes.begin, job.changes, "upload")
    assert.is_truthy(not ok and slip.fault:find("upload needs job:connect() before it", 1, true))
    local done
    for _, part in ipairs { "decision", "changes" } do
      job, done = changing()
      job[part][part == "decision" and "verdict" or "begun"] = {}
      job.changes:begin "upload"
      assert.same({}, done)
    end
    job, done = changing(nil, nil, nil, {})
    job.changes:begin "upload"
    job.changes:note()
    assert.same({}, done)
  end)

  it("are none if the package's manifest contradicts the module, whatever gates the flow has", function()
    local manifest = { from = "A", model = "MC65", transport = { kind = "file" } }
    for name, who in pairs {
      revision = { revision = "B", model = "MC65" }, package = { revision = "A", model = "M65" },
    } do
      local job, done = changing(nil, nil, nil, manifest)
      job.entry:identify(who)
      local ok, err = pcall(job.changes.begin, job.changes, "upload")
      assert.same({ false, "gate", { name } }, { ok, err.kind, done })
      assert.matches("and the package's manifest says", err.message)
      ok = pcall(job.checking, job)
      assert.is_false(ok, "that is final")
      job, done = changing(nil, nil, nil, manifest)
      job.entry:identify(who)
      job.gates.passed = { name } -- an engineer forced it
      job.changes:begin "upload"
      assert.same({ "ipr", "record " .. name, "prepare" }, done)
    end
    for _, who in ipairs { { revision = "A", model = "MC65" }, {} } do
      local job, done = changing(nil, nil, nil, manifest)
      job.entry:identify(who)
      job.changes:begin "upload"
      assert.same({ "ipr", "record nil", "prepare" }, done)
    end
  end)

  it("records the gates that were forced", function()
    local job, done = changing()
    job.gates.passed = { "supply", "room" }
    job.changes:note()
    assert.same({ "record supply,room" }, done)
    job.decision:settle {}
    job.changes:note()
    assert.equal(1, #done)
  end)
end)
