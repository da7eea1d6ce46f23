local canary = require "dfota.fleet.canary"

local function chosen(devices, count, call)
  local names = {}
  for i, device in ipairs(canary.choose(devices, count, call)) do names[i] = device.name end
  return names
end

describe("The modules that go first", function()
  local devices = {
    { name = "a1", revision = "A" }, { name = "a2", revision = "A" }, { name = "b1", revision = "B" },
    { name = "c1", revision = "C", failed_before = true }, { name = "c2", revision = "C" }, { name = "x1" },
    { name = "x2" },
  }

  it("run as many different revisions as there are, in the order of the plan", function()
    assert.same({ "a1", "b1" }, chosen(devices, 2))
    assert.same({ "a1", "b1", "c2", "x1" }, chosen(devices, 4))
    assert.same({ "a1", "b1", "c2", "x1", "a2", "x2" }, chosen(devices, 6))
  end)

  it("are never one that failed before, even if they are fewer then", function()
    assert.same({ "a1", "b1", "c2", "x1", "a2", "x2" }, chosen(devices, 7))
    assert.same({}, chosen({ { name = "f", failed_before = true } }, 1))
    assert.same({}, chosen({}, 3))
  end)

  it("are those that failed before as well, if that is allowed, where there are no others", function()
    assert.same({ "a1", "b1", "c2", "x1", "a2", "x2", "c1" }, chosen(devices, 7, { also_failed = true }))
  end)

  it("are marked in the plan; that they are fewer than asked for, or none, is said", function()
    local function plan(...)
      local list = {}
      for i, failed in ipairs { ... } do list[i] = { failed_before = failed } end
      return list
    end
    local list = plan(true, false, false)
    assert.same({ true, nil }, { canary.mark(list, 1) })
    assert.same({ nil, true, nil }, { list[1].goes_first, list[2].goes_first, list[3].goes_first })
    local ok, why = canary.mark(plan(true, false), 2)
    assert.is_true(ok and why:find("only 1 of 2 go first", 1, true) == 1)
    assert.same({ true, nil }, { canary.mark(plan(true, false), 2, { also_failed = true }) })
    assert.same({ true, nil }, { canary.mark(plan(false), 3) }) -- all there are
    ok, why = canary.mark(plan(true, true), 1)
    assert.truthy(not ok and why:find("--force attempts lets them", 1, true))
    assert.same({ true, nil }, { canary.mark(plan(true, true), 1, { also_failed = true }) })
  end)

  local A1, A2 = { name = "a1", ran = "A" }, { name = "a2", ran = "A" }
  local B, NEW = { name = "b", ran = "B" }, { name = "new" }
  for what, case in pairs {
    ["differ by what the ledger saw them run, where the plan names nothing"] =
      { { A1, A2, B, NEW }, {}, "a1 b new a2" },
    ["differ by what the plan says, whatever the ledger saw"] =
      { { { name = "a1", from = "A", ran = "B" }, { name = "a2", from = "A", ran = "C" }, B }, {}, "a1 b a2" },
    ["differ by what they answered, whatever else is known"] =
      { { { name = "a1", revision = "A", ran = "B" }, { name = "a2", revision = "A" }, B }, {}, "a1 b a2" },
    ["are as the call says, where nothing else is known"] = { { A1, NEW, A2 }, { from = "A" }, "a1 new a2" },
    ["are not those at the target, as long as there are others"] = { { B, A1, A2 }, { to = "B" }, "a1 a2 b" },
    ["are not those at a target of their own"] = { { { name = "x", ran = "C", to = "C" }, A1 }, { to = "B" }, "a1 x" },
    ["are not those that the gate revision refuses"] = { { B, A1, NEW }, { from = "A", to = "C" }, "a1 new b" },
  } do
    it(what, function() assert.equal(case[3], table.concat(chosen(case[1], 9, case[2]), " ")) end)
  end

  it("are told with their revisions, and where these come from", function()
    local list = {
      { port = "/dev/a", from = "A", goes_first = true }, { name = "bus 2", ran = "B", goes_first = true },
      { name = "bus\x1b3", goes_first = true }, { name = "bus 4", revision = "D", ran = "B", goes_first = true },
      { name = "bus 5", from = "E" },
    }
    assert.equal("these go first: /dev/a (A), bus 2 (B, as the ledger last saw it), bus\\x1B3 (revision not known), "
      .. "bus 4 (D)", canary.words(list, {}))
    assert.equal("these go first: x (A)", canary.words({ { name = "x", goes_first = true } }, { from = "A" }))
    assert.is_nil(canary.words({ { name = "x" } }, {}))
    for i, rest in pairs { [8] = ", m %(A%)$", [10] = ", m %(A%) and 2 more$" } do
      for number = 1, 10 do list[number] = { name = "m", from = "A", goes_first = number <= i } end
      assert.truthy(canary.words(list, {}):find(rest))
    end
  end)

  it("are none if none are asked for", function() assert.same({}, chosen(devices, 0)) end)
end)

describe("The gate in front of all others", function()
  local function gate(...)
    local devices = {}
    for i, state in ipairs { ... } do devices[i] = { goes_first = true, state = state } end
    devices[#devices + 1] = { state = "failed" }
    return canary.gate(devices), devices
  end

  it("is there for those that go first and are not at their target yet", function()
    local one, devices = gate("done", "waiting", "running")
    assert.same({ true, false, 2 }, { one.has_any, one.has_failed, one.left })
    assert.same({ false, true, true, false },
      { one:lets(devices[1]), one:lets(devices[2]), one:lets(devices[3]), one:lets(devices[4]) })
    assert.is_true(gate("waiting", "failed").has_failed)
    one = gate()
    assert.same({ false, false, 0 }, { one.has_any, one.has_failed, one.left })
  end)

  it("opens once all of them are, and is shut for good by one that ends otherwise", function()
    local one, devices = gate("waiting", "waiting", "waiting")
    local function judge(number, state)
      devices[number].state = state
      return one:judge(devices[number])
    end
    assert.is_nil(judge(1, "waiting"))
    assert.is_nil(judge(1, "done"))
    assert.is_nil(judge(4, "failed"))
    assert.is_nil(judge(2, "done"))
    assert.equal("passed", judge(3, "done"))
    for _, state in ipairs { "failed", "unknown", "safe" } do
      one, devices = gate("waiting")
      assert.equal("canary", judge(1, state))
    end
    one, devices = gate("waiting")
    assert.equal("interrupted", judge(1, "interrupted"))
  end)
end)
