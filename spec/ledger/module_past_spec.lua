local module_past = require "dfota.ledger.module_past"

describe("A module's past", function()
  local asked
  -- A database that gives these answers, one after the other, and nothing more.
  local function database(answers, more)
    asked = {}
    local all = { version = 5, store = { no_time = "x" } }
    function all.select(_, query)
      asked[#asked + 1] = query
      local answer = table.remove(answers, 1)
      if type(answer) == "string" then return nil, answer end
      return answer
    end
    function all.commit(_, list)
      asked[#asked + 1] = list[1]
      return true
    end
    for name, value in pairs(more or {}) do all[name] = value end
    return all
  end

  local statements = setmetatable({}, { __index = function(_, name) return function() return name end end })

  it("is a count of triggers, as a whole number whatever the database says", function()
    assert.equal(3, module_past.triggers(database { { { n = "3" } } }, statements, "1"))
    assert.same({ nil, "locked" }, { module_past.triggers(database { "locked" }, statements, "1") })
  end)

  it("has an open update whose row gets a name first where it has none, so that its end can be recorded", function()
    local named, bare = { { id = "a" } }, { {} }
    local function open(answers, may_name)
      local store = { no_time = "x", name_rows = "name them" }
      return module_past.open_on(database(answers, { store = store }), statements, "p", nil, may_name)
    end
    assert.equal(named[1], open({ named }, true))
    assert.same({ "open_on" }, asked)
    assert.equal(named[1], open({ bare, named }, true))
    assert.same({ "open_on", "name them", "open_on" }, asked)
    assert.equal(bare[1], open({ bare }, false))
    assert.is_nil(open({ {} }, true))
    assert.same({ nil, "locked" }, { open({ "locked" }, true) })
  end)

  it("says of a package whether it failed or went well, whatever came last", function()
    for outcome, failed in pairs { updated = false, wrong_revision = true, failed_on_source = true } do
      local row = { outcome = outcome }
      assert.equal(failed and row or nil, (module_past.failed_with(database { { row } }, statements, "1", {})))
      assert.equal(not failed and row or nil, (module_past.updated_with(database { { row } }, statements, "1", "h")))
    end
    for _, name in ipairs { "failed_with", "updated_with" } do
      assert.is_nil((module_past[name](database { {} }, statements, "1", {})))
      assert.same({ nil, "locked" }, { module_past[name](database { "locked" }, statements, "1", {}) })
    end
  end)

  it("has the rate of a port, unless the layout knew none or the module adapts to any", function()
    for rate, expected in pairs { [57600] = 57600, [0] = false, ["x"] = false } do
      assert.equal(expected or nil, (module_past.rate_on(database { { { baud = rate } } }, statements, "p", "h")))
    end
    assert.is_nil((module_past.rate_on(database({}, { version = 3 }), statements, "p", "h")))
    assert.same({}, asked)
  end)
end)
