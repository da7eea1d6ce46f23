local arguments = require "dfota.config.arguments"

describe("A flag among a script's arguments", function()
  it("is found in any position, whatever else is there", function()
    assert.is_true(arguments.has({ "--frobnicate", "--json" }, "--json"))
    assert.is_true(arguments.has({ "--json", "A.pack" }, "--json"))
  end)

  it("is not found if it is only part of a word, or comes after the end of options", function()
    assert.is_false(arguments.has({}, "--json"))
    assert.is_false(arguments.has({ "--frobnicate" }, "--json"))
    assert.is_false(arguments.has({ "--json=1", "json" }, "--json"))
    assert.is_false(arguments.has({ "--", "--json" }, "--json"))
  end)
end)
