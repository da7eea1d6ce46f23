local facts = require "dfota.update.facts"

describe("A fact of a flow's own", function()
  it("has a word as its name, and a printable value", function()
    for _, value in ipairs { "8949", 7, 7.5, true, false, ("x"):rep(200) } do
      assert.is_nil(facts.check({}, "ccid", value))
    end
  end)

  it("has no other name or value", function()
    for _, name in ipairs { 5, "", "two words", "7th", "event", "port", "v", ("x"):rep(65), false } do
      assert.is_truthy(facts.check({}, name, 1):find("the name must be a word", 1, true))
    end
    for _, value in ipairs { {}, print, ("x"):rep(201) } do
      assert.is_truthy(facts.check({}, "ccid", value):find("the value must be a number", 1, true))
    end
  end)

  it("is one of at most twenty, but may be replaced", function()
    local known = {}
    for i = 1, 20 do known["fact" .. i] = i end
    assert.is_truthy(facts.check(known, "more", 1):find("at most 20 facts can be recorded", 1, true))
    assert.is_nil(facts.check(known, "fact7", 1))
  end)
end)
