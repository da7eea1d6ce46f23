local Readings = require "dfota.update.readings"

describe("Readings of a revision", function()
  it("count when two consecutive ones agree", function()
    local readings = Readings.new()
    assert.is_nil(readings:take "A")
    assert.equal("A", readings:take "A")
    assert.same({ "A", 2 }, { readings.last, readings.count })
  end)

  it("count at the third consecutive one if two have differed: the same damage may occur twice", function()
    local readings = Readings.new()
    for _, revision in ipairs { "A", "X", "X", "A", "A" } do assert.is_nil(readings:take(revision)) end
    assert.equal("A", readings:take "A")
    assert.same({ "A", 6 }, { readings.last, readings.count })
  end)

  it("still count at the second if the revision was named", function()
    local readings = Readings.new()
    assert.is_nil(readings:take("X", false))
    assert.is_nil(readings:take("A", true))
    assert.equal("A", readings:take("A", true))
  end)

  it("are forgotten when the firmware may have changed", function()
    local readings = Readings.new()
    readings:take "A"
    readings:forget()
    assert.same({ nil, 0 }, { readings.last, readings.count })
    assert.is_nil(readings:take "A")
    assert.equal("A", readings:take "A")
  end)
end)
