local core = require "dfota.core"
local verdict = require "dfota.update.verdict"

local A, B, C = "MC65FAR01A01", "MC65FAR01A02", "MC65FAR01A03"

describe("An error before the trigger", function()
  for kind, rc in pairs {
    usage = 2,
    package = 65, url = 65, trace = 65, package_missing = 66, trace_missing = 66,
    no_answer = 69,
    port_missing = 74, port_busy = 74, not_a_port = 74, hangup = 74, io = 74, unsupported = 74,
    network = 75, pdp = 75, upload = 75, timeout = 75, refused = 75, cme = 75, cms = 75, power = 75, reboot = 75,
    port_permission = 77,
    apn = 75, ledger_locked = 75, central = 75, central_refused = 78,
    settings = 78, ledger = 78,
    wear = 83, gate = 84, room = 84, interrupted = 130,
  } do
    it(("of kind %s ends with %d"):format(kind, rc), function()
      local result = verdict.of_error(core.error(kind, "why"), { before = A, phase = "upload" })
      assert.same({ rc, false, "not_started", false, A, "why" },
        { result.rc, result.ok, result.outcome, result.changed, result.before, result.message })
      assert.is_nil(result.after)
      assert.is_nil(result.code)
      assert.is_string(result.advice)
    end)
  end

  it("that is a silence while the module is only asked ends with 69: it does not answer", function()
    assert.equal(69, verdict.of_error(core.error("timeout", "?"), { phase = "prepare" }).rc)
    assert.equal(69, verdict.of_error(core.error("timeout", "?"), {}).rc)
    assert.equal(75, verdict.of_error(core.error("timeout", "?"), { phase = "pdp" }).rc)
  end)

  it("of an unknown kind is a fault in this program", function()
    assert.equal(1, verdict.of_error(core.error("moon", "?"), {}).rc)
  end)

  it("says whether to run it again", function()
    local function retry_of(kind) return verdict.of_error(core.error(kind, "?"), {}).retry end
    for kind, retry in pairs {
      usage = "after_fix", url = "after_fix", package_missing = "after_fix", no_answer = "after_fix",
      hangup = "after_fix", port_permission = "after_fix", settings = "after_fix", gate = "after_fix",
      apn = "after_fix", room = "after_fix", ledger_locked = "safe", package = "after_fix",
      upload = "safe", network = "safe", interrupted = "safe",
      wear = "never",
    } do
      assert.equal(retry, retry_of(kind), kind)
    end
  end)
end)

describe("An error after the trigger", function()
  it("leaves the outcome unknown, whatever its kind: nobody is told that a second run is safe", function()
    for _, kind in ipairs { "timeout", "interrupted", "hangup", "usage", "gate", "ledger" } do
      local result = verdict.of_error(core.error(kind, "why"), { before = A, triggered = true, phase = "prepare" })
      assert.same({ 80, "unknown", A, false },
        { result.rc, result.outcome, result.before, result.retry == "safe" }, kind)
      assert.is_nil(result.changed)
      assert.is_truthy(result.message:find("why", 1, true))
    end
  end)
end)

describe("The update of an earlier run, judged by what the module runs now,", function()
  it("is a success, stayed on its source, or ended elsewhere; it is never left unknown", function()
    for _, case in ipairs {
      { { before = A, to = B, after = B }, "updated", 0 }, { { before = A, after = B }, "updated", 0 },
      { { before = A, to = B, after = A }, "failed_on_source", 75 },
      { { before = A, after = A }, "failed_on_source", 75 },
      { { before = A, to = B, after = C }, "wrong_revision", 82 }, { { to = B, after = C }, "wrong_revision", 82 },
      { { before = A, to = B, after = A, is_over = true }, "wrong_revision", 82 },
      { { before = A, to = B, after = B, is_over = true }, "updated", 0 },
    } do
      local result = verdict.of_earlier(case[1])
      assert.same({ case[2], case[3] }, { result.outcome, result.rc }, result.message)
    end
  end)
end)

describe("A fault in the program", function()
  it("changed nothing before the trigger, and after it that is unknown", function()
    local before, after = verdict.of_fault("boom", {}), verdict.of_fault("boom", { triggered = true })
    assert.same({ 1, "not_started", false }, { before.rc, before.outcome, before.changed })
    assert.same({ 1, "unknown" }, { after.rc, after.outcome })
    assert.is_nil(after.changed)
  end)
end)

describe("The verdict on an update", function()
  -- what is known → exit code, outcome, changed, code, retry
  for name, case in pairs {
    ["at the target"] = { { before = A, to = B, after = B }, 0, "updated", true, nil, "none" },
    ["at another revision than before, without a target"] =
      { { before = A, after = B }, 0, "updated", true, nil, "none" },
    ["at the target in spite of a failing END: the revision decides"] =
      { { before = A, to = B, after = B, code = 6508, where = "END", said = "x" }, 0, "updated", true, nil, "none" },
    ["at the target, what ran before not being known"] =
      { { to = B, after = B }, 0, "updated", nil, nil, "none" },
    ["with END,0 and still the source: END,0 alone is no success"] =
      { { before = A, to = B, after = A }, 82, "wrong_revision", false, nil, "after_fix" },
    ["with END,0 and still the source, without a target"] =
      { { before = A, after = A }, 82, "wrong_revision", false, nil, "after_fix" },
    ["at a third revision"] = { { before = A, to = B, after = C }, 82, "wrong_revision", true, nil, "after_fix" },
    ["at a third revision after a failing END"] =
      { { before = A, to = B, after = C, code = 6508, where = "END" }, 82, "wrong_revision", true, 6508, "after_fix" },
    ["refused by the command"] =
      { { before = A, to = B, after = A, code = 6507, where = "CME", said = "x" }, 81, "failed_on_source", false, 6507,
        "after_fix" },
    ["refused with 6503 by the command: that was no download"] =
      { { before = A, after = A, code = 6503, where = "CME", said = "x" }, 81, "failed_on_source", false, 6503,
        "after_fix" },
    ["refused with a plain ERROR"] =
      { { before = A, after = A, where = "CME", said = "ERROR" }, 81, "failed_on_source", false, nil, "after_fix" },
    ["refused with a number that is no 65xx"] =
      { { before = A, after = A, code = 3765, where = "CME", said = "x" }, 81, "failed_on_source", false, nil,
        "after_fix" },
    ["failed in the update"] =
      { { before = A, after = A, code = 6508, where = "END", said = "x" }, 81, "failed_on_source", false, 6508,
        "after_fix" },
    ["failed with HTTPEND 6503"] =
      { { before = A, after = A, code = 6503, where = "HTTPEND", said = "x", downloading = true }, 75,
        "failed_on_source", false, 6503, "safe" },
    ["failed with HTTPEND and another 65xx"] =
      { { before = A, after = A, code = 6504, where = "HTTPEND", said = "x", downloading = true }, 81,
        "failed_on_source", false, 6504, "after_fix" },
    ["failed with HTTPEND and a number that is no 65xx: nobody knows what it means"] =
      { { before = A, after = A, code = 702, where = "HTTPEND", said = "x", downloading = true }, 81,
        "failed_on_source", false, nil, "after_fix" },
    ["failed with HTTPEND 6503, and then began all the same"] =
      { { before = A, after = A, code = 6503, where = "HTTPEND", said = "x", started = true }, 81,
        "failed_on_source", false, 6503, "after_fix" },
    ["at another revision without a target, although a failure was told"] =
      { { before = A, after = B, code = 6508, where = "END", said = "x" }, 82, "wrong_revision", true, 6508,
        "after_fix" },
    ["at another revision without a target, although the command was refused without a code"] =
      { { before = A, after = B, where = "CME", said = "ERROR" }, 82, "wrong_revision", true, nil, "after_fix" },
    ["with a download that did not finish, and a stage that nobody knows"] =
      { { before = A, to = B, after = A, downloading = true, unknown = true }, 80, "unknown", nil, nil, "never" },
    ["with HTTPEND 6503 and a stage that nobody knows"] =
      { { before = A, to = B, after = A, code = 6503, where = "HTTPEND", said = "x", unknown = true }, 80, "unknown",
        nil, 6503, "never" },
    ["with another 65xx and a stage that nobody knows"] =
      { { before = A, to = B, after = A, code = 6508, where = "END", said = "x", unknown = true }, 81,
        "failed_on_source", false, 6508, "after_fix" },
    ["with the context or the power lost in the download"] =
      { { before = A, to = B, after = A, downloading = true, why = "x" }, 75, "failed_on_source", false, nil, "safe" },
    ["that was triggered and never seen to begin, on the source"] =
      { { before = A, to = B, after = A, not_begun = true }, 82, "wrong_revision", false, nil, "after_fix" },
    ["without a revision"] = { { before = A, to = B }, 80, "unknown", nil, nil, "never" },
    ["with neither a target nor what ran before"] = { { after = B }, 80, "unknown", nil, nil, "never" },
  } do
    it(name .. (" is %d"):format(case[2]), function()
      local result = verdict.of_update(case[1])
      assert.same({ rc = case[2], outcome = case[3], code = case[5], retry = case[6], ok = case[2] == 0 },
        { rc = result.rc, outcome = result.outcome, code = result.code, retry = result.retry, ok = result.ok })
      assert.equal(case[4], result.changed)
      assert.equal(case[1].before, result.before)
      assert.equal(case[1].after, result.after)
      assert.is_string(result.message)
      assert.equal(result.rc == 0, result.advice == nil)
    end)
  end

  it("reports a failure's code and both revisions if they differ", function()
    local facts = { before = A, after = B, code = 6508, where = "END", said = "END,6508" }
    local message = verdict.of_update(facts).message
    for _, part in ipairs { "END,6508", A, B } do assert.is_truthy(message:find(part, 1, true), message) end
  end)

  it("reports an unknown code as it was received", function()
    local facts = { before = A, after = A, code = 702, where = "HTTPEND", said = "HTTPEND,702" }
    local message = verdict.of_update(facts).message
    assert.is_truthy(message:find("HTTPEND,702", 1, true), message)
  end)

  it("mentions a code only if there is one", function()
    local facts = { before = A, after = A, where = "CME", said = "AT+QFOTADL=1 was answered with ERROR" }
    assert.is_nil(verdict.of_update(facts).advice:find("read the code", 1, true))
    for code, words in pairs { [12] = "ERROR, SIM PUK required", [7000] = "ERROR, not in the manuals" } do
      facts.code = code
      assert.matches(words, verdict.of_update(facts).message, 1, true)
    end
    facts.code = 702
    assert.is_truthy(verdict.of_update(facts).advice:find("read the code", 1, true))
  end)

  it("never says that a revision became itself", function()
    for _, facts in ipairs { { before = A, to = B, after = A }, { before = A, after = A, idle = true },
      { before = A, to = B, after = A, not_begun = true } } do
      local message = verdict.of_update(facts).message
      assert.is_truthy(message:find("still runs " .. A, 1, true), message)
    end
  end)

  it("treats a silent download as over only without a context, or after a reboot if its state is unknown", function()
    for _, case in ipairs {
      { "IP INITIAL", false, true }, { "PDP DEACT", false, true }, { "IP GPRSACT", false, false },
      { "IP GPRSACT", true, false }, { "IP STATUS", nil, false }, { nil, true, true }, { nil, false, false },
      { nil, nil, false },
    } do
      assert.equal(case[3], verdict.download_is_over(case[1], case[2]), tostring(case[1]))
    end
  end)

  it("restores context and session only if the source still runs", function()
    assert.is_true(verdict.takes_back(verdict.of_update { before = A, after = A, code = 6508, where = "END" }))
    assert.is_true(verdict.takes_back(verdict.of_update { before = A, to = B, after = A }))
    assert.is_false(verdict.takes_back(verdict.of_update { before = A, to = B, after = C }))
    assert.is_false(verdict.takes_back(verdict.of_update { before = A, to = B }))
    assert.is_false(verdict.takes_back(verdict.unchanged("already_current", A, "m")))
  end)

  it("explains a code with the note's words", function()
    local result = verdict.of_update { before = A, after = A, code = 6507, where = "END", said = "END,6507" }
    assert.is_truthy(result.message:find("6507: package error", 1, true))
  end)

  it("gives every 65xx except a download's 6503 the same exit code wherever it is reported", function()
    for code = 6500, 6509 do
      for _, where in ipairs { "CME", "HTTPEND", "HTTPSEND", "END" } do
        local result = verdict.of_update { before = A, after = A, code = code, where = where, said = "x" }
        assert.equal(code == 6503 and where:find "^HTTP" and 75 or 81, result.rc)
        assert.equal(code, result.code)
      end
    end
  end)
end)

describe("An update that survived a power cut", function()
  for name, case in pairs {
    ["once"] = { { restarts = 1, restarted_at = 40 },
      "; the update was interrupted once, at 40 % (a power cut or a reset), and began again by itself" },
    ["before its first percentage"] = { { restarts = 1 },
      "; the update was interrupted once (a power cut or a reset), and began again by itself" },
    ["more than once"] = { { restarts = 3, restarted_at = 8 }, "; the update was interrupted 3 times, "
      .. "the last time at 8 % (a power cut or a reset), and began again by itself" },
    ["before anybody listened"] = { { restarts = 0, late_s = 312.4 }, "; the update began 312 s after its trigger: it "
      .. "seems to have been interrupted before that (a power cut or a reset), and began again by itself" },
    ["before anybody listened, and again"] = { { restarts = 1, restarted_at = 40, late_s = 312 },
      "; the update was interrupted once, at 40 % (a power cut or a reset), and began again by itself" },
    ["never"] = { { restarts = 0 }, "" },
  } do
    it("says so in its result, good or bad: " .. name, function()
      for _, after in ipairs { A, B, false } do
        local facts = { before = A, to = B, after = after or nil }
        local without = verdict.of_update(facts)
        for key, value in pairs(case[1]) do facts[key] = value end
        local result = verdict.of_update(facts)
        assert.same({ without.rc, without.message .. case[2] }, { result.rc, result.message })
      end
    end)
  end
end)

describe("A module that was only looked at", function()
  local IDLE = "no update is under way; the module "

  it("is judged by the request, in words that mention no update", function()
    for _, case in ipairs {
      { { before = A }, 0, "checked", "no update is under way" },
      { { before = A, to = A }, 0, "already_current", "the module already runs " .. A },
      { { before = B, from = A, to = B }, 0, "updated" },
      { { before = A, from = A, to = B }, 82, "wrong_revision", IDLE .. "still runs " .. A },
      { { before = C, to = B }, 82, "wrong_revision", IDLE .. ("runs %s, not %s"):format(C, B) },
      { { before = A, from = A }, 82, "wrong_revision", IDLE .. "still runs " .. A },
    } do
      local found = verdict.of_idle(case[1])
      assert.same({ case[2], case[3], case[4] or found.message }, { found.rc, found.outcome, found.message })
    end
  end)
end)

describe("A flow that ended by itself", function()
  it("is reported as what it was: reading, a check, or a mistake in the script", function()
    local ended, nobody = "the flow ended without a trigger; nothing was changed in the firmware",
      "the flow ended before job:connect(); nothing was changed"
    for _, case in ipairs {
      { { looks = "asked", before = A }, 0, "checked", "asked" },
      { { check = true, met = true }, 0, "checked", "all gates passed; nothing was changed" },
      { { check = true, before = A }, 0, "checked", "all gates passed; nothing was changed" },
      { { check = true }, 78, "not_started", nobody }, { {}, 78, "not_started", nobody },
      { { before = A }, 78, "not_started", ended }, { { met = true }, 78, "not_started", ended },
    } do
      local found = verdict.of_end(case[1])
      assert.same({ case[2], case[3], case[4], case[1].before },
        { found.rc, found.outcome, found.message, found.before })
      assert.equal(case[2] == 78 and "fix the script: an update ends with job:trigger()" or nil, found.advice)
    end
  end)
end)

describe("What was looked at and is not as it should be", function()
  it("is not `checked`, which stands for 0 alone", function()
    local result = verdict.found("differs", A, "a differs")
    assert.same({ 65, false, "not_started", false, A, "a differs", "upload it again, or delete it", "after_fix" },
      { result.rc, result.ok, result.outcome, result.changed, result.after, result.message, result.advice,
        result.retry })
  end)
end)

describe("A run that had nothing to do", function()
  it("is a success that changed nothing", function()
    for _, outcome in ipairs { "already_current", "checked" } do
      local result = verdict.unchanged(outcome, A, "message")
      assert.same({ 0, true, outcome, false, A, A, "none" },
        { result.rc, result.ok, result.outcome, result.changed, result.before, result.after, result.retry })
    end
  end)
end)

describe("The verdict", function()
  it("on a plan that is not carried out is that nothing was changed", function()
    local no, nobody = verdict.not_confirmed("interrupted", "A", "m"), verdict.not_confirmed("usage", "A", "m")
    assert.same({ 130, 2, false, false }, { no.rc, nobody.rc, no.changed, nobody.changed })
    assert.matches("^%-%-yes", nobody.advice)
  end)
end)
