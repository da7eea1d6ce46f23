local migrations = require "dfota.central.migrations"

local function first_words(list)
  local words = {}
  for i, sql in ipairs(list) do words[i] = sql:match "^%s*(%u+ %u+)" end
  return words
end

describe("The way to the newest layout of the centre", function()
  it("begins with its schema where there is none, and ends with its version", function()
    local list = migrations.statements(0)
    assert.equal("CREATE SCHEMA dfota", list[1])
    assert.matches(("VALUES (%d)"):format(migrations.VERSION), list[#list], 1, true)
  end)

  it("has no more steps than are missing, and none when nothing is", function()
    assert.same({}, migrations.statements(migrations.VERSION))
    assert.same({}, migrations.statements(migrations.VERSION + 1))
    local from_first = migrations.statements(1)
    assert.same({ "CREATE VIEW", "CREATE VIEW", "CREATE FUNCTION", "CREATE INDEX", "CREATE OR", "INSERT INTO" },
      first_words(from_first))
    assert.equal(#migrations.statements(0), #migrations.statements(0, 1) + #from_first - 1)
  end)
end)
