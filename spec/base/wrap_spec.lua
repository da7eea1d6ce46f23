local wrap = require "dfota.base.wrap"

describe("Text for a terminal", function()
  it("is broken between words, at the last that fits", function()
    for _, case in ipairs {
      { "a bb ccc", 4, { "a bb", "ccc" } }, { "a bb ccc", 3, { "a", "bb", "ccc" } }, { "a bb ccc", 8, { "a bb ccc" } },
      { "longer than", 3, { "longer", "than" } }, { "  a   b ", 9, { "a b" } }, { "", 9, { "" } },
      { "é é é", 3, { "é é", "é" } },
    } do
      assert.same(case[3], wrap.lines(case[1], case[2]))
    end
  end)

  it("stands beside its label, or below a label that is too long", function()
    assert.same({ "-n    one", "      two" }, wrap.beside("-n", "one two", 6, 10))
    assert.same({ "abcd  one" }, wrap.beside("abcd", "one", 6, 20))
    assert.same({ "abcde", "      one" }, wrap.beside("abcde", "one", 6, 20))
    assert.same({ "éé    one" }, wrap.beside("éé", "one", 6, 20))
  end)
end)
