local Record = require "dfota.update.record"
local Secrets = require "dfota.at.secrets"

describe("The record of a run", function()
  local ledger, said, fails

  before_each(function()
    said, fails = {}, {}
    ledger = setmetatable({ is_none = false }, { __index = function(_, name)
      return function(_, ...)
        said[#said + 1] = { name, ... }
        if fails[name] then return nil, { message = "no" } end
        return name == "begin" and "id" or true
      end
    end })
  end)

  local function new(more)
    local opts = { ledger = ledger, wall = function() return 1000 end, now = function() return 50 end, boot = "b" }
    for key, value in pairs(more or {}) do opts[key] = value end
    return Record.new(opts)
  end

  local function names()
    local list = {}
    for i, call in ipairs(said) do list[i] = call[1] end
    return list
  end

  it("is written three times, its steps with the last", function()
    local record = new()
    record:step "prepare"
    record:identify { imei = "1", revision = "A" }
    assert.is_true(record:begin())
    assert.is_true(record:trigger())
    record:commit()
    record:step "update"
    local result = { rc = 0, outcome = "updated", after = "B", message = "m" }
    assert.is_nil(record:finish(result))
    assert.same({ "begin", "triggered", "conclude" }, names())
    assert.same({ wall = 1000, mono = 50, boot = "b" }, said[2][3])
    local fields = said[3][3]
    assert.same({ "prepare", "trigger", "update" },
      { fields.steps[1].name, fields.steps[2].name, fields.steps[3].name })
    assert.is_false(fields.untriggered)
    assert.equal("B", fields.seen.revision)
    assert.same({ true, "m" }, { result.recorded, result.message })
  end)

  it("keeps why a revision alone would not settle an unknown outcome", function()
    local record = new()
    record:identify { imei = "1", revision = "A" }
    record:finish({ rc = 80, outcome = "unknown", doubt = "unknown_stage", message = "m" })
    assert.equal("unknown_stage", said[1][3].doubt)
  end)

  it("is kept of a refusal as soon as anything is known of the module, and not if it was never met", function()
    for _, who in ipairs { { model = "MC65" }, { revision = "A" }, { imei = "1" } } do
      local record, result = new(), { rc = 84, outcome = "not_started", message = "m" }
      record:identify(who)
      record:finish(result)
      assert.is_true(result.recorded)
    end
    local result = { rc = 69, outcome = "not_started", message = "m" }
    new():finish(result)
    assert.is_nil(result.recorded)
  end)

  it("says that no trigger was sent if the run ended before it, whatever was written", function()
    local record = new()
    record:identify { imei = "1", revision = "A" }
    record:begin()
    record:trigger()
    record:finish({ rc = 130, outcome = "not_started", message = "m" })
    assert.is_true(said[3][3].untriggered)
  end)

  it("changes no verdict if the ledger fails, but says that it is missing", function()
    for rc, words in pairs { [0] = "m; only the record is missing", [81] = "m; the record is missing" } do
      fails = { conclude = true }
      local record = new()
      record:identify { imei = "1", revision = "A" }
      local result = { rc = rc, outcome = "updated", message = "m" }
      assert.equal("no", record:finish(result).message)
      assert.same({ rc, "updated", false, words }, { result.rc, result.outcome, result.recorded, result.message })
    end
  end)

  it("is not made for a module that was only read, or is unknown, or without a ledger", function()
    local looked, unknown, none = new(), new(), Record.new {}
    for _, record in ipairs { looked, none } do record:identify { imei = "1", revision = "A" } end
    for record, looks in pairs { [looked] = true, [unknown] = false, [none] = false } do
      local result = { rc = 0, message = "m" }
      record:finish(result, looks)
      assert.same({ rc = 0, message = "m" }, result)
    end
    assert.same({}, said)
  end)

  it("completes that of an earlier run, and keeps its steps and trigger", function()
    local record = new()
    record:step "update"
    record:follow({ id = "earlier", imei = "1" }, "A")
    record:finish({ rc = 0, outcome = "updated", message = "m" })
    assert.equal("earlier", said[1][2])
    assert.is_nil(said[1][3].steps)
    assert.is_false(said[1][3].untriggered)
  end)

  it("continues without a failing ledger if nothing depends on it, and says so once", function()
    fails = { open_on = true, triggers = true }
    local told = 0
    local record = new { port = "p", on_trouble = function() told = told + 1 end }
    record:identify { imei = "1", revision = "A" }
    assert.is_nil(record:open_row())
    assert.is_nil(record:open_row())
    assert.is_nil((record:updates_seen()))
    local result = { rc = 0, message = "m" }
    record:finish(result, true)
    assert.same({ 1, 1, false, "m; only the record is missing" }, { told, #said, result.recorded, result.message })
  end)

  it("raises if the ledger fails and something depends on it", function()
    fails = { open_on = true }
    assert.is_false((pcall(function() return new({ port = "p" }):open_row() end)))
  end)

  it("finds an open record under any of the port's names", function()
    local row = { id = "x" }
    ledger = { is_none = false, open_on = function(_, name, imei)
      said[#said + 1] = { name, imei }
      return name == "/dev/dfota-x" and row or nil
    end }
    local record = new { port = "/dev/ttyUSB0", names = { "/dev/ttyUSB0", "/dev/dfota-x", "/dev/serial/by-id/x" } }
    record:identify { imei = "1", revision = "A" }
    assert.equal(row, record:open_row())
    assert.same({ { "/dev/ttyUSB0", "1" }, { "/dev/dfota-x", "1" } }, said)
    record = new { port = "/dev/ttyUSB0", names = { "/dev/ttyUSB0", "/dev/serial/by-id/x" } }
    assert.is_nil(record:find_open())
    said = {}
    new({ port = "p", request = { imei = "2" } }):find_open()
    assert.same({ { "p", "2" } }, said) -- the one that is meant, before it has answered
  end)

  it("finds what the next update of a module saw before it changed anything", function()
    local asked
    local rows = { { id = "e", from = "E", triggered = 9 }, { id = "d", from = "D", triggered = 8 },
      { id = "c", from = "C" }, { id = "b", triggered = 7.5 }, { id = "a", from = "A", triggered = 7 } }
    ledger = { is_none = false, rows = function(_, wanted)
      asked = wanted
      return rows
    end }
    local record = new { port = "p" }
    assert.is_nil(record:found_after { id = "a", triggered = 7 })
    record:identify { imei = "1", revision = "D" }
    assert.is_nil(record:found_after { id = "a" })
    assert.equal("D", record:found_after { id = "a", triggered = 7 })
    assert.same({ imei = "1", since = 7, limit = false }, asked)
    rows = { { id = "b", from = "B" }, { id = "a", from = "A", triggered = 7 } }
    assert.is_nil(record:found_after { id = "a", triggered = 7 })
  end)

  it("finds that of another module that was on the port", function()
    for imei, found in pairs { ["1"] = false, ["2"] = true } do
      local row = { id = "x", imei = "1" }
      ledger = { is_none = false, open_on = function(_, name) return name == "p" and row or nil end }
      local record = new { port = "o", names = { "o", "p" } }
      assert.is_nil((record:open_of_another()))
      record:identify { imei = imei, revision = "A" }
      assert.equal(found and row or nil, (record:open_of_another()))
      row.imei = nil
      assert.is_nil((record:open_of_another()))
    end
    local told = 0
    ledger = { is_none = false, open_on = function() return nil, "locked" end }
    local record = new { port = "p", on_trouble = function() told = told + 1 end }
    record:identify { imei = "1", revision = "A" }
    assert.is_nil((record:open_of_another()))
    assert.equal(1, told)
  end)

  it("knows a module without an IMEI by its port where a package failed before, and else not", function()
    local row
    ledger = { is_none = false, failed_with = function(_, imei, package)
      said[#said + 1] = { imei, package }
      return package.port == "/dev/dfota-x" and row or nil
    end }
    local record = new { port = "/dev/ttyUSB0", names = { "/dev/ttyUSB0", "/dev/dfota-x" },
      package = { transport = { hash = "h", name = "a.pack" } } }
    assert.is_nil(record:failed_before())
    record:identify { revision = "A" }
    assert.is_nil(record:failed_before())
    assert.same({ { "", { hash = "h", url = "a.pack", port = "/dev/ttyUSB0" } },
      { "", { hash = "h", url = "a.pack", port = "/dev/dfota-x" } } }, said)
    row = { id = "x" }
    assert.equal(row, record:failed_before())
  end)

  it("returns what the ledger knows, and does not ask again once it is recorded", function()
    local row = { id = "x" }
    ledger = setmetatable({ is_none = false }, { __index = function(_, name)
      return function(_, ...)
        said[#said + 1] = { name, ... }
        return ({ open_on = row, triggers = 7, failed_with = row, begin = "id" })[name]
      end
    end })
    local record = new { port = "p", package = { transport = { hash = "h", name = "a.pack" } } }
    assert.equal(row, record:open_row())
    record:identify { imei = "1", revision = "A", model = "M" }
    assert.same({ row, 7, row }, { record:open_row(), record:updates_seen(), record:failed_before() })
    assert.same({ { "open_on", "p" }, { "open_on", "p", "1" }, { "triggers", "1" },
      { "failed_with", "1", { hash = "h", url = "a.pack" } } }, said)
    said = {}
    assert.is_true(record:begin "supply")
    assert.is_true(record:begin "room")
    assert.same({ 1, "supply", "M", 1000 }, { #said, said[1][2].forced, said[1][2].model, said[1][2].started })
    assert.equal(1000, record.started)
    said = {}
    record:failed_before { hash = "other", name = "b.pack" }
    assert.same({ { "failed_with", "1", { hash = "other", url = "b.pack" } } }, said)
    row = nil
    assert.is_false(record:failed_before())
  end)

  it("has no earlier failure without a package, an IMEI or a ledger", function()
    local package = { transport = { hash = "h" } }
    local with, without = new { package = package }, new()
    without:identify { imei = "1" }
    local nowhere, broken = Record.new { package = package }, new { package = package, missing = { message = "no" } }
    for _, record in ipairs { nowhere, broken } do record:identify { imei = "1" } end
    for _, record in ipairs { with, without, nowhere, broken } do
      assert.is_nil(record:failed_before())
    end
    assert.is_nil((broken:updates_seen()))
    assert.same({}, said)
  end)

  it("of an earlier run is completed with what the module runs, and its port", function()
    local record = new { port = "p" }
    record:identify { imei = "1", revision = "B", model = "M" }
    record:close_row({ id = "x" }, { outcome = "updated", after = "B", rc = 0, message = "m", code = 6500 })
    assert.same({ { "finish", "x", { outcome = "updated", after = "B", rc = 0, message = "m", code = 6500,
      seen = { imei = "1", model = "M", revision = "B", port = "p" } } } }, said)
    fails = { finish = true }
    assert.is_false((pcall(record.close_row, record, { id = "x" }, {})))
  end)

  it("of a followed update is that of the run that triggered it, or none if unknown", function()
    local record = new()
    record:follow(nil, "A")
    assert.same({ true, "A", nil, nil }, { record.triggered, record.before, record.id, record.adopted })
    record:unfollow()
    assert.is_nil(record.triggered)
    record:follow({ id = "x", imei = "2" }, "A")
    assert.same({ "x", true, "2" }, { record.id, record.adopted, record.imei })
    record.imei = "1"
    record:follow({ id = "x", imei = "2" }, "A")
    assert.equal("1", record.imei)
    record:commit()
    assert.same({ true, true }, { record.triggered, record.committed })
  end)

  it("says what the module was seen to run: now, or else before, unless that is unknown", function()
    for _, case in ipairs {
      { "B", { outcome = "updated", after = "B" } }, { "A", { outcome = "not_started" } },
      { nil, { outcome = "unknown" } }, { "B", { outcome = "unknown", after = "B" } },
    } do
      said = {}
      local record = new()
      record:identify { imei = "1", revision = "A" }
      record:begin()
      case[2].message = "m"
      record:finish(case[2])
      assert.equal(case[1], said[2][3].seen.revision)
    end
  end)

  it("says why it does not know how often the module was triggered", function()
    local count, why = new():updates_seen()
    assert.is_nil(count)
    assert.is_truthy(why:find("IMEI", 1, true))
    assert.same({ nil, false }, { Record.new({}):updates_seen() })
  end)

  it("keeps facts, also those that are added after the end", function()
    local record = new()
    record:identify { imei = "1", revision = "A" }
    record:begin()
    record:add("site", "north 7")
    local result = { rc = 0, outcome = "updated", message = "m" }
    record:finish(result)
    assert.equal('{"site":"north 7"}', said[2][3].facts)
    record:finish_facts(result)
    assert.equal(2, #said)
    record:add("sms", true)
    record:finish_facts(result)
    assert.same({ "conclude", "id" }, { said[3][1], said[3][2] })
    assert.is_truthy(said[3][3].facts:find('"sms":true', 1, true))
    record:add("late", 1)
    fails = { conclude = true }
    assert.equal("no", record:finish_facts(result).message)
    record:add("later", 1)
    fails = {}
    assert.is_nil(record:finish_facts(result))
    assert.is_nil(record:finish_facts(result))
    assert.equal(5, #said)
  end)

  it("tells the age of another only by this boot's clock", function()
    local record = new()
    assert.equal(20, record:age_of { boot = "b", mono = 30, triggered = 999999999 })
    for _, row in ipairs {
      { boot = "other", mono = 30, triggered = 990 }, { mono = 30, triggered = 990 }, { boot = "b", triggered = 990 },
      { boot = "b", mono = 51, triggered = 990 }, { triggered = "soon" },
    } do assert.is_nil(record:age_of(row)) end
    assert.is_nil(new({ boot = false }):age_of { boot = "b", mono = 1 })
  end)

  it("has no password that a module repeated", function()
    local record = new { secrets = Secrets.new "s3cretpw" }
    record:identify { imei = "1", revision = "A" }
    assert.is_true(record:begin())
    record:add("said", "bad s3cretpw")
    local result = { rc = 75, outcome = "not_started", message = "+CME ERROR: s3cretpw", doubt = "s3cretpw" }
    assert.is_nil(record:finish(result))
    local fields = said[#said][3]
    assert.same({ "+CME ERROR: ****", "****", '{"said":"bad ****"}' },
      { fields.message, fields.doubt, fields.facts })
    record:close_row({ id = "earlier" }, result)
    assert.equal("+CME ERROR: ****", said[#said][3].message)
  end)
end)
