local steps = require "dfota.ledger.steps"

describe("The question for the steps of updates", function()
  it("names each update, quoted, and wants those of one together and in order", function()
    local function quote(value) return "'" .. value:gsub("'", "''") .. "'" end
    local query = steps.query({ "a", "b'c" }, quote)
    assert.matches("IN ('a', 'b''c') ORDER BY update_id, at", query, 1, true)
  end)

  it("wants the columns that it says", function()
    local query = steps.query({ "a" }, function(value) return value end)
    local names = {}
    for i, column in ipairs(steps.COLUMNS) do names[i] = column[2] end
    assert.matches("^SELECT " .. table.concat(names, ", ") .. " FROM", query)
  end)
end)
