local phases = require "dfota.history.phases"

local function shown(row)
  local list, total = phases.of(row)
  local parts = {}
  for i, phase in ipairs(list) do parts[i] = ("%s %g"):format(phase.name, phase.seconds) end
  return table.concat(parts, ", "), total
end

local function step(name, at) return { name = name, at = at } end

describe("The phases of an update", function()
  it("each last until the next begins, the last until the end", function()
    assert.same({ "prepare 1, upload 14, trigger 5", 20 },
      { shown { steps = { step("prepare", 100), step("upload", 101), step("trigger", 115) }, finished = 120 } })
  end)

  for name, case in pairs {
    ["without a recorded end: the last is left out"] = { { steps = { step("a", 1), step("b", 3) } }, "a 2" },
    ["in another order: time decides"] = { { steps = { step("b", 3), step("a", 1) }, finished = 4 }, "a 2, b 1" },
    ["that follow themselves are one"] = { { steps = { step("a", 1), step("a", 2), step("b", 3) }, finished = 4 },
      "a 2, b 1" },
    ["that come again are told again"] = { { steps = { step("a", 1), step("b", 2), step("a", 3) }, finished = 4 },
      "a 1, b 1, a 1" },
    ["that end before they begin: the last is left out"] = { { steps = { step("a", 1), step("b", 3) }, finished = 2 },
      "a 2" },
    ["of an update whose end a later run saw: the last is left out"] = { { triggered = 2, outcome = "updated",
      steps = { step("a", 1), step("update", 3) }, finished = 90000 }, "a 2" },
    ["of an update whose end its own run saw"] = { { triggered = 2, outcome = "updated",
      steps = { step("update", 1), step("verify", 3) }, finished = 4 }, "update 2, verify 1" },
    ["of a run without steps"] = { { steps = {}, finished = 2 }, "" },
    ["of a row without them"] = { {}, "" },
    ["written by others, without a name or a time"] = { { steps = { { at = 1 }, { name = "x" }, step("a", 0 / 0),
      step("b", 1 / 0), step("c", "soon"), step("d", 1) }, finished = 3 }, "d 2" },
    ["over which a clock was set: nothing is believed"] = { { steps = { step("a", 5), step("b", 5 + 31 * 86400) },
      finished = 6 + 31 * 86400 }, "" },
  } do
    it(name, function() assert.equal(case[2], (shown(case[1]))) end)
  end

  it("are at most forty, and lose no second", function()
    local steps = {}
    for i = 1, 100 do steps[i] = step(i % 2 == 0 and "update" or "reboot", i) end
    local list, total = phases.of { steps = steps, finished = 101 }
    assert.same({ 40, "other", 61, 100 }, { #list, list[40].name, list[40].seconds, total })
  end)

  it("are summed over updates, in the order of a run, with those of others behind", function()
    local list, total, count = phases.sum {
      { steps = { step("verify", 1), step("mine", 2), step("upload", 4) }, finished = 8 },
      { steps = { step("upload", 1), step("yours", 2) }, finished = 3 }, {},
    }
    assert.same({ { { name = "upload", seconds = 5 }, { name = "verify", seconds = 1 },
      { name = "other", seconds = 3 } }, 9, 2 }, { list, total, count })
  end)

  it("know which of them took longest", function()
    assert.equal("b", phases.longest({ { name = "a", seconds = 1 }, { name = "b", seconds = 2 } }).name)
    assert.is_nil(phases.longest {})
  end)
end)
