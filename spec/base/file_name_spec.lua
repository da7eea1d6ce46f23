local file_name = require "dfota.base.file_name"

describe("The name of a file in a module", function()
  it("may be whatever can be sent", function()
    for _, name in ipairs { "fota.pack", "a", "RAM:a b.bin", "a,b;c", ("n"):rep(80) } do
      assert.equal(name, file_name.check(name))
    end
  end)

  for name, words in pairs {
    [""] = "is empty", ["*"] = "is a pattern", ["RAM:*"] = "is a pattern", ["a?"] = "is a pattern",
    ['a"b'] = "without quotes", ["a\rAT+QFOTADL=1"] = "cannot be sent", ["ä"] = "printable ASCII",
    [("n"):rep(81)] = "longer than 80 bytes",
  } do
    it("may not be " .. ("%q"):format(name):gsub("\n", "n"), function()
      local found, why = file_name.check(name)
      assert.is_nil(found)
      assert.is_truthy(why:find(words, 1, true))
      assert.is_nil(why:find "%c")
    end)
  end
end)
