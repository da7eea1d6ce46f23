local Readings = require "dfota.update.readings"

describe("Readings of a revision", function()
  it("count when two in a row agree", function()
    local readings = Readings.new()
    assert.is_nil(readings:take "A")
    assert.is_nil(readings:take "B")
    assert.is_nil(readings:take "A")
    assert.equal("A", readings:take "A")
    assert.same({ "A", 4 }, { readings.last, readings.count })
  end)

  it("from before are forgotten with the firmware that they were of", function()
    local readings = Readings.new()
    readings:take "A"
    readings:forget()
    assert.same({ nil, 0 }, { readings.last, readings.count })
    assert.is_nil(readings:take "A")
    assert.equal("A", readings:take "A")
  end)
end)
