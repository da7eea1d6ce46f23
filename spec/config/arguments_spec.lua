local arguments = require "dfota.config.arguments"

describe("A flag among a script's arguments", function()
  it("is found wherever it stands, whatever stands beside it", function()
    assert.is_true(arguments.has({ "--frobnicate", "--json" }, "--json"))
    assert.is_true(arguments.has({ "--json", "A.pack" }, "--json"))
  end)

  it("is none where it is only part of a word, or stands behind the end of options", function()
    assert.is_false(arguments.has({}, "--json"))
    assert.is_false(arguments.has({ "--frobnicate" }, "--json"))
    assert.is_false(arguments.has({ "--json=1", "json" }, "--json"))
    assert.is_false(arguments.has({ "--", "--json" }, "--json"))
  end)
end)
