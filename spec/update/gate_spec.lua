local gate = require "dfota.update.gate"

describe("A gate", function()
  for name, case in pairs {
    ["at least: more"] = { { value = 2, at_least = 1 }, true },
    ["at least: as much"] = { { value = 1, at_least = 1 }, true },
    ["at least: less"] = { { value = 0, at_least = 1 }, false, "g is 0; it must be at least 1" },
    ["at most: as much"] = { { value = 1, at_most = 1 }, true },
    ["at most: more"] = { { value = 2, at_most = 1, unit = "mV" }, false, "g is 2 mV; it must be at most 1 mV" },
    ["between: inside"] = { { value = 5, at_least = 1, at_most = 9 }, true },
    ["between: above"] = { { value = 10, at_least = 1, at_most = 9 }, false, "g is 10; it must be at most 9" },
    ["between: below"] = { { value = 0, at_least = 1, at_most = 9 }, false, "g is 0; it must be at least 1" },
    ["below: less"] = { { value = 0, below = 1 }, true },
    ["below: as much"] = { { value = 1, below = 1 }, false, "g is 1; it must be less than 1" },
    ["equal"] = { { value = "A", equals = "A" }, true },
    ["not equal"] = { { value = "A", equals = "B" }, false, "g is A; it must be B" },
    ["equal to false"] = { { value = true, equals = false }, false, "g is true; it must be false" },
    ["one of them"] = { { value = "B", one_of = { "A", "B" } }, true },
    ["none of them"] = { { value = "C", one_of = { "A", "B" } }, false, "g is C; it must be one of A, B" },
    ["a condition of one's own that holds"] = { { ok = true }, true },
    ["a condition of one's own that does not"] = { { ok = false }, false, "gate g does not hold" },
    ["an exception that is not met"] = { { unless = false }, true },
    ["an exception that is met"] = { { unless = true, message = "it failed" }, false, "it failed" },
    ["with words of its own"] =
      { { value = 1, at_least = 2, unit = "mV", message = "{value} of {limit}" }, false, "1 mV of 2 mV" },
  } do
    it("holds or does not, and says so: " .. name, function()
      case[1][1] = "g"
      local found = gate.judge(case[1])
      assert.same({ case[2], case[3], nil }, { found.ok, found.message, found.doubt })
      assert.equal("gate", found.kind)
    end)
  end

  it("whose value is unknown is not checked, and warns", function()
    local found = gate.judge { "g", at_least = 3500, unit = "mV" }
    assert.is_nil(found.ok)
    assert.same({ 3500, "g is not known" }, { found.limit, found.doubt })
    assert.equal("measure it", gate.judge({ "g", at_least = 1, unknown = "measure it" }).doubt)
    assert.is_nil(gate.judge({ "g", at_least = 1, unknown = false }).doubt)
  end)

  it("that requires nothing is not checked, and warns only if it has a text for that", function()
    assert.is_nil(gate.judge({ "g", value = "A" }).ok)
    assert.is_nil(gate.judge({ "g", value = "A" }).doubt)
    assert.equal("give --from", gate.judge({ "g", value = "A", unknown = "give --from" }).doubt)
    local function doubt(value, limit)
      local spec = { "g", value = value, equals = limit, unknown = "it is silent", no_limit = "give --from" }
      return gate.judge(spec).doubt
    end
    assert.same({ "give --from", "it is silent", nil }, { doubt("A", nil), doubt(nil, "A"), doubt("A", "A") })
    assert.is_nil(gate.judge({ "g", unless = nil, unknown = false }).doubt)
  end)

  it("with needed = true fails on an unknown value, with needed = false holds", function()
    local function judged(value, needed)
      local found = gate.judge { "g", value = value, at_least = 8, needed = needed }
      return found.ok, found.message
    end
    assert.same({ false, "g is not known" }, { judged(nil, true) })
    assert.same({ true, true, false }, { judged(9, true), (judged(nil, false)), (judged(7, false)) })
    assert.is_true(gate.judge({ "g", value = "home", needed = true }).ok)
  end)

  it("is refused where it would hold by mistake: a function for ok, two conditions, an odd name", function()
    for spec, said in pairs {
      [{ "g", ok = function() end }] = "ok must be true, false or nil %(unknown%), not a function",
      [{ "g", ok = "no" }] = "ok must be true, false or nil %(unknown%), not a string",
      [{ "g", unless = 1 }] = "unless must be true, false or nil %(unknown%), not a number",
      [{ "g", ok = true, value = 1, at_least = 2 }] = "ok and unless stand alone",
      [{ "g", ok = true, unless = true }] = "ok and unless stand alone",
      [{ "my gate", ok = false }] = "a gate's name has letters",
    } do
      local done, why = pcall(gate.judge, spec)
      assert.is_false(done)
      assert.matches(said, why)
    end
  end)

  it("warns where nothing is known and nothing is required", function()
    assert.same({ nil, "g is not known" }, { gate.judge({ "g" }).ok, gate.judge({ "g" }).doubt })
    assert.is_nil(gate.judge({ "g", value = 5 }).doubt)
  end)

  it("reports the error that was returned instead of the value, and the state that was found", function()
    local failed = { message = "not registered", state = "denied" }
    local found = gate.judge { "g", needed = true, failed = failed, limit = "home" }
    assert.same({ false, "denied", "home", "not registered" }, { found.ok, found.value, found.limit, found.message })
    assert.is_nil(gate.judge({ "g", needed = true, failed = { message = "lost" } }).value)
  end)

  it("that holds may still warn", function()
    local function warned(value)
      return gate.judge({ "g", value = value, below = 10, warn_from = 9, warning = "{value} of {limit}" }).warning
    end
    assert.same({ "9 of 10", "10 of 10" }, { warned(9), warned(10) })
    assert.is_nil(warned(8))
    assert.is_nil(warned(nil))
  end)

  it("that requires something does not refuse an unknown value", function()
    for _, condition in ipairs { "at_least", "at_most", "equals" } do
      assert.is_nil(gate.judge({ "g", [condition] = 1 }).ok)
    end
    assert.is_nil(gate.judge({ "g", one_of = { 1 } }).ok)
  end)

  it("reports the limit, a list as text", function()
    assert.equal("A, 2", gate.judge({ "g", value = "A", one_of = { "A", 2 } }).limit)
    assert.equal("home", gate.judge({ "g", ok = true, limit = "home" }).limit)
  end)

  for name, case in pairs {
    ["no table"] = { "supply", "a gate must be a table" },
    ["no name"] = { { value = 1 }, "a gate needs a name" },
    ["a field that is misspelt"] = { { "g", at_last = 3 }, "has no field at_last; did you mean at_least?" },
    ["text where numbers are compared"] = { { "g", value = "3", at_least = 3 }, "gate g: at_least needs two numbers" },
    ["a limit that is no number"] = { { "g", value = 3, at_most = "3" }, "gate g: at_most needs two numbers" },
    ["a warning without words"] = { { "g", value = 3, warn_from = 3 },
      "gate g: warn_from must be a number, and needs a warning" },
    ["no list"] = { { "g", value = 3, one_of = 3 }, "gate g: one_of must be a list" },
  } do
    it("that is malformed says how: " .. name, function()
      local ok, why = pcall(gate.judge, case[1])
      assert.is_false(ok)
      assert.is_truthy(why:find(case[2], 1, true), why)
      assert.is_nil(why:find "gate%.lua") -- the script's line is put in front of it
    end)
  end
end)
