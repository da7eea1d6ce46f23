local route = require "dfota.config.route"

-- "A>B 5 name": an edge of 5 bytes.
local function edges(...)
  local list = {}
  for i, words in ipairs { ... } do
    local from, to, size, name = words:match "^(%w+)>(%w+) ?(%S*) ?(%S*)$"
    list[i] = { from = from, to = to, size = math.tointeger(tonumber(size)), name = name ~= "" and name or words }
  end
  return list
end

local function way(list, from, to)
  local found = route.find(list, from, to)
  if not found then return nil end
  local names = {}
  for i, edge in ipairs(found) do names[i] = edge.from .. ">" .. edge.to end
  return table.concat(names, " ")
end

describe("The way through packages", function()
  for name, case in pairs {
    ["is the one package that fits"] = { { "A>B 1", "B>C 1" }, "A", "B", "A>B" },
    ["goes over another revision where there is no direct package"] = { { "B>C 1", "A>B 1" }, "A", "C", "A>B B>C" },
    ["writes as seldom as possible, however large the packages"] = { { "A>B 1", "B>C 1", "A>C 999" }, "A", "C", "A>C" },
    ["has the fewest bytes among those"] = { { "A>B 5", "B>D 5", "A>C 2", "C>D 7" }, "A", "D", "A>C C>D" },
    ["prefers a package that says its size"] = { { "A>B", "B>D 1", "A>C 900", "C>D 900" }, "A", "D", "A>C C>D" },
    ["goes without any package nowhere"] = { { "A>B 1" }, "A", "A", "" },
    ["does not go round in circles"] = { { "A>B 1", "B>A 1", "B>C 1", "C>B 1", "C>D 1" }, "A", "D", "A>B B>C C>D" },
    ["goes over a downgrade if there is no other"] = { { "B>A 1", "A>C 1" }, "B", "C", "B>A A>C" },
    ["is as long as it must be"] = { { "A>B", "B>C", "C>D", "D>E", "E>F" }, "A", "F", "A>B B>C C>D D>E E>F" },
  } do
    it(name, function() assert.equal(case[4], way(edges(table.unpack(case[1])), case[2], case[3])) end)
  end

  for name, case in pairs {
    ["no package starts there"] = { { "A>B 1" }, "X", "B" }, ["no package leads there"] = { { "A>B 1" }, "A", "X" },
    ["it would only go round"] = { { "A>B 1", "B>A 1" }, "A", "C" }, ["there are no packages"] = { {}, "A", "B" },
    ["it would go against a package"] = { { "B>A 1" }, "A", "B" },
  } do
    it("does not exist if " .. name, function() assert.is_nil(way(edges(table.unpack(case[1])), case[2], case[3])) end)
  end

  it("takes the smallest of several packages for one hop, then the first by name, in any order", function()
    for _, order in ipairs { { 1, 2, 3 }, { 3, 2, 1 }, { 2, 3, 1 } } do
      local all, list = edges("A>B 5 c", "A>B 5 b", "A>B 9 a"), {}
      for i, n in ipairs(order) do list[i] = all[n] end
      assert.equal("b", route.find(list, "A", "B")[1].name)
    end
  end)

  it("is never longer or larger than any other, in random folders", function()
    math.randomseed(88)
    local function best(list, from, to, depth)
      if from == to then return 0, 0 end
      local hops, bytes = math.huge, math.huge
      for _, edge in ipairs(depth > 0 and list or {}) do
        if edge.from == from then
          local h, b = best(list, edge.to, to, depth - 1)
          h, b = h + 1, b + edge.size
          if h < hops or h == hops and b < bytes then hops, bytes = h, b end
        end
      end
      return hops, bytes
    end
    for _ = 1, 200 do
      local list = {}
      for i = 1, math.random(0, 8) do
        list[i] = { from = ("ABCDE"):sub(math.random(5)):sub(1, 1), to = ("ABCDE"):sub(math.random(5)):sub(1, 1),
          size = math.random(3), name = tostring(i) }
      end
      local found, hops, bytes = route.find(list, "A", "E"), best(list, "A", "E", 5)
      assert.equal(hops < math.huge and hops or nil, found and #found)
      local sum = 0
      for i, edge in ipairs(found or {}) do
        sum = sum + edge.size
        assert.equal(i == 1 and "A" or found[i - 1].to, edge.from)
      end
      if found then assert.equal(bytes, sum) end
    end
  end)

  it("is found at once among thousands of packages", function()
    local list = {}
    for i = 1, 3000 do list[i] = { from = "R" .. i % 300, to = "R" .. (i * 7 + 1) % 300, size = i, name = "p" .. i } end
    local began = os.clock()
    route.find(list, "R1", "nowhere")
    assert.is_true(os.clock() - began < 2)
  end)
end)

describe("The packages of a folder", function()
  local all = {
    { from = "A", to = "B", model = "M1" }, { from = "A", to = "C" }, { from = "B", to = "C", model = "M2" },
  }

  it("fit a model if they are for it or for any", function()
    assert.same({ all[1], all[2] }, route.fitting(all, "M1"))
    assert.same(all, route.fitting(all, nil))
  end)

  -- The ways from A to C, each with its models.
  local function ways(list)
    local found, models = route.by_model(list, "A", "C")
    local words = {}
    for i, one in ipairs(found) do
      words[i] = ("%s %d"):format(table.concat(one.models, "+"), #one.way)
    end
    return table.concat(words, ", "), table.concat(models, "+")
  end

  for name, case in pairs {
    ["are not mixed in one way with those for another model"] = { { { "A", "B", "M" }, { "B", "C", "N" } }, "", "M+N" },
    ["make a way for each model, the shortest first"] = {
      { { "A", "B", "M" }, { "B", "C", "M" }, { "A", "C", "N" } }, "N 1, M 2", "M+N" },
    ["make one way for all models where they name none"] = { { { "A", "C" }, { "B", "D", "M" }, { "B", "D", "N" } },
      "M+N 1", "M+N" },
    ["are mixed with those for any model"] = { { { "A", "B", "M" }, { "B", "C" } }, "M 2", "M" },
    ["make one way where none names a model"] = { { { "A", "B" }, { "B", "C" } }, " 2", "" },
    ["make none where none leads there"] = { { { "A", "B" } }, "", "" },
  } do
    it(name, function()
      local list = {}
      for i, edge in ipairs(case[1]) do
        list[i] = { from = edge[1], to = edge[2], model = edge[3], name = tostring(i), size = 1 }
      end
      assert.same({ case[2], case[3] }, { ways(list) })
    end)
  end

  it("lead to revisions, each named once", function()
    assert.same({ "B", "C" }, route.targets(all))
    assert.same({ "C" }, route.targets(all, "B"))
    assert.same({}, route.targets(all, "C"))
  end)

  it("pass the revisions of the way", function()
    local path = { { from = "A", to = "B" }, { from = "B", to = "C" } }
    for revision, passes in pairs { A = true, B = true, C = true, D = false } do
      assert.equal(passes, route.passes(path, revision))
    end
  end)
end)
