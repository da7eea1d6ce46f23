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

describe("A value that begins with a minus and a digit", function()
  local OPTIONS = { { "--since", "When." }, { "-l --limit", "How many." }, { "-3 --three", "Three." },
    { "--json", "How.", flag = true }, { "--pair", "Two.", args = 2 } }

  for given, wanted in pairs {
    ["--since -1d"] = "--since=-1d", ["-l -5 x"] = "-l-5 x", ["--limit -5"] = "--limit=-5", ["--json -5"] = "--json -5",
    ["--since -x"] = "--since -x", ["--since -3d"] = "--since -3d", ["--pair -1 -2"] = "--pair -1 -2",
    ["-- --since -1d"] = "-- --since -1d", ["--since"] = "--since", ["a -1d"] = "a -1d",
  } do
    it("belongs to its option, and is no option itself: " .. given, function()
      local args = {}
      for word in given:gmatch "%S+" do args[#args + 1] = word end
      assert.equal(wanted, table.concat(arguments.joined(args, OPTIONS), " "))
    end)
  end
end)
