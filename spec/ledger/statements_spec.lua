local Statements = require "dfota.ledger.statements"

describe("What is written to a ledger", function()
  -- Values as they appear here: with their maximum length.
  local statements = Statements.new(function(value, limit)
    if value == nil then return "NULL" end
    return "<" .. tostring(value) .. (limit and ":" .. limit or "") .. ">"
  end)

  it("is a row that stays as it is if it exists, its facts uncut", function()
    local sql = statements:insert { id = "x", from = "A", refused = true, facts = "{}" }
    assert.is_truthy(sql:find("INSERT INTO dfota_updates (id, imei, port, rev_from,", 1, true))
    assert.is_truthy(sql:find("VALUES (<x>, NULL, NULL, <A>,", 1, true))
    assert.is_truthy(sql:find("<1>, <{}:20000>, NULL) ON CONFLICT (id) DO NOTHING", 1, true))
  end)

  it("is a change to one row: a trigger, an end", function()
    assert.equal("UPDATE dfota_updates SET triggered = <5>, mono = <2>, boot = NULL WHERE id = <x>",
      statements:update("x", statements:trigger(5, 2)))
    local set = "finished = <9>, outcome = <updated>, rev_after = <B>, code = NULL, message = NULL, rc = <0>, "
      .. "refused = "
    local fields = { outcome = "updated", after = "B", rc = 0.0 }
    assert.equal(set .. "NULL, doubt = NULL", statements:ending(fields, 9))
    fields.refused, fields.untriggered, fields.facts, fields.forced = true, true, "{}", "supply"
    fields.doubt = "unknown_stage"
    assert.equal(set .. "1, doubt = <unknown_stage>, triggered = NULL, facts = <{}:20000>, "
      .. "forced = <supply>", statements:ending(fields, 9))
  end)

  it("is a module as last seen, without what is unknown; nothing without an IMEI", function()
    local list = {}
    statements:add_module(list, { imei = "1", baud = 9600 })
    assert.same({ "INSERT INTO dfota_modules (imei, model, revision, port, host, seen, baud) "
      .. "VALUES (<1>, NULL, NULL, NULL, NULL, NULL, <9600>) ON CONFLICT (imei) DO UPDATE SET "
      .. "imei = excluded.imei, baud = excluded.baud" }, list)
    statements:add_module(list, { baud = 9600 })
    statements:add_module(list, nil)
    assert.equal(1, #list)
  end)

  it("is the steps of an update, replacing earlier ones; none replace nothing", function()
    local list = {}
    statements:add_steps(list, "x", { { name = "upload", at = 1 }, { name = "trigger", at = 2.5 } })
    assert.same({ "DELETE FROM dfota_steps WHERE update_id = <x>",
      "INSERT INTO dfota_steps (update_id, name, at) VALUES (<x>, <upload>, <1.0>), (<x>, <trigger>, <2.5>)" }, list)
    statements:add_steps(list, "x", {})
    statements:add_steps(list, "x", nil)
    assert.equal(2, #list)
  end)
end)
