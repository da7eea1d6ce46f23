local Record = require "dfota.update.record"

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

  it("says that no trigger went out where the run ended before it, whatever was written", function()
    local record = new()
    record:identify { imei = "1", revision = "A" }
    record:begin()
    record:trigger()
    record:finish({ rc = 130, outcome = "not_started", message = "m" })
    assert.is_true(said[3][3].untriggered)
  end)

  it("changes nothing of a verdict but says that it is missing, where the ledger fails", function()
    for rc, words in pairs { [0] = "m; only the record is missing", [81] = "m; the record is missing" } do
      fails = { conclude = true }
      local record = new()
      record:identify { imei = "1", revision = "A" }
      local result = { rc = rc, outcome = "updated", message = "m" }
      assert.equal("no", record:finish(result).message)
      assert.same({ rc, "updated", false, words }, { result.rc, result.outcome, result.recorded, result.message })
    end
  end)

  it("is not made for what was only looked at, or is not known, or without a ledger", function()
    local looked, unknown, none = new(), new(), Record.new {}
    for _, record in ipairs { looked, none } do record:identify { imei = "1", revision = "A" } end
    for record, looks in pairs { [looked] = true, [unknown] = false, [none] = false } do
      local result = { rc = 0, message = "m" }
      record:finish(result, looks)
      assert.same({ rc = 0, message = "m" }, result)
    end
    assert.same({}, said)
  end)

  it("ends what an earlier run began, and leaves that one's steps and trigger alone", function()
    local record = new()
    record:step "update"
    record:follow({ id = "earlier", imei = "1" }, "A")
    record:finish({ rc = 0, outcome = "updated", message = "m" })
    assert.equal("earlier", said[1][2])
    assert.is_nil(said[1][3].steps)
    assert.is_false(said[1][3].untriggered)
  end)

  it("goes on without a ledger that fails where nothing depends on it, and says so once", function()
    fails = { open_on = true, triggers = true }
    local told = 0
    local record = new { on_trouble = function() told = told + 1 end }
    record:identify { imei = "1", revision = "A" }
    assert.is_nil(record:open_row())
    assert.is_nil(record:open_row())
    assert.is_nil((record:updates_seen()))
    local result = { rc = 0, message = "m" }
    record:finish(result, true)
    assert.same({ 1, 1, false, "m; only the record is missing" }, { told, #said, result.recorded, result.message })
  end)

  it("raises where the ledger fails and something depends on it", function()
    fails = { open_on = true }
    assert.is_false((pcall(function() return new():open_row() end)))
  end)

  it("says why it does not know how often the module was triggered", function()
    local count, why = new():updates_seen()
    assert.is_nil(count)
    assert.is_truthy(why:find("IMEI", 1, true))
    assert.same({}, { Record.new({}):updates_seen() })
  end)

  it("keeps facts: with the end, and those that come behind it", function()
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
  end)

  it("tells the age of another by this boot's clock alone", function()
    local record = new()
    assert.equal(20, record:age_of { boot = "b", mono = 30, triggered = 999999999 })
    for _, row in ipairs {
      { boot = "other", mono = 30, triggered = 990 }, { mono = 30, triggered = 990 }, { boot = "b", triggered = 990 },
      { boot = "b", mono = 51, triggered = 990 }, { triggered = "soon" },
    } do assert.is_nil(record:age_of(row)) end
    assert.is_nil(new({ boot = false }):age_of { boot = "b", mono = 1 })
  end)
end)
