local Record = require "dfota.record"

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
    record:describe { imei = "1", from = "A" }
    assert.is_true(record:begin())
    assert.is_true(record:trigger())
    record:step "update"
    local result = { rc = 0, outcome = "updated", after = "B", message = "m" }
    assert.is_nil(record:finish(result, { triggered = true }))
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
    record:describe { imei = "1" }
    record:begin()
    record:trigger()
    record:finish({ rc = 130, outcome = "not_started", message = "m" }, { triggered = false })
    assert.is_true(said[3][3].untriggered)
  end)

  it("changes nothing of a verdict but says that it is missing, where the ledger fails", function()
    for rc, words in pairs { [0] = "m; only the record is missing", [81] = "m; the record is missing" } do
      fails = { conclude = true }
      local record = new()
      record:describe { imei = "1" }
      local result = { rc = rc, outcome = "updated", message = "m" }
      assert.equal("no", record:finish(result, { triggered = true }).message)
      assert.same({ rc, "updated", false, words }, { result.rc, result.outcome, result.recorded, result.message })
    end
  end)

  it("is not made for what was only looked at, or is not known, or without a ledger", function()
    local looked, unknown, none = new(), new(), Record.new {}
    for _, record in ipairs { looked, none } do record:describe { imei = "1" } end
    for record, about in pairs { [looked] = { unread = true }, [unknown] = {}, [none] = {} } do
      local result = { rc = 0, message = "m" }
      record:finish(result, about)
      assert.same({ rc = 0, message = "m" }, result)
    end
    assert.same({}, said)
  end)

  it("ends what an earlier run began, and leaves that one's steps and trigger alone", function()
    local record = new()
    record:step "update"
    record:adopt "earlier"
    record:finish({ rc = 0, outcome = "updated", message = "m" }, { triggered = false })
    assert.equal("earlier", said[1][2])
    assert.is_nil(said[1][3].steps)
    assert.is_false(said[1][3].untriggered)
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
