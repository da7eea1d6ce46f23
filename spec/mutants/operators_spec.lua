-- The mutants are only worth what their operators are.
local operators = require "mutants.operators"

-- Every mutant of a source, sorted, as text.
local function made(source, language, operator)
  local list = {}
  for _, mutant in ipairs(operators.mutants(source, language)) do
    if mutant.operator == operator then list[#list + 1] = operators.apply(source, mutant) end
  end
  table.sort(list)
  return list
end

describe("A mutant", function()
  local lua = {
    { "comparison", "return a < b\n", { "return a <= b\n" } },
    { "comparison", 'local s = "a < b" -- a < b\n', {} },
    { "comparison", "local a <const> = b == c\n", { "local a <const> = b ~= c\n" } },
    { "connective", "return a and b\n", { "return a or b\n" } },
    { "truth", "f(true)\n", { "f(false)\n" } },
    { "negation", "if not a then f() end\n", { "if  a then f() end\n" } },
    { "arithmetic", "return -1, a - 1\n", { "return -1, a + 1\n" } },
    { "number", "a = 0x10\n", { "a = 15\n", "a = 17\n" } },
    { "condition", "if a(b) then c() end\n", { "if false then c() end\n", "if true then c() end\n" } },
    { "return", "function f() return a, b end\n", { "function f() return nil end\n" } },
    { "return", "return M\n", {} },
    { "statement", "do\n  f(a)\n  local b = 1\n  t.c = 2\nend\n",
      { "do\n  \n  local b = 1\n  t.c = 2\nend\n", "do\n  f(a)\n  local b = 1\n  \nend\n" } },
  }
  for _, row in ipairs(lua) do
    it(("of %s in Lua: %s"):format(row[1], row[2]:gsub("%s+", " ")), function()
      assert.same(row[3], made(row[2], "lua", row[1]))
    end)
  end

  local c = {
    { "connective", "x = a && *b;\n", { "x = a || *b;\n" } },
    { "negation", "if (!a) f();\n", { "if (a) f();\n" } },
    { "arithmetic", "p->n = a + 1; i++;\n", { "p->n = a - 1; i++;\n" } },
    { "number", "#define N 3\nx = 1u;\n", { "#define N 3\nx = 0;\n", "#define N 3\nx = 2;\n" } },
    { "condition", "if (f(a)) return;\n", { "if (0) return;\n", "if (1) return;\n" } },
    { "statement", "{\n  f(a);\n  p->q = 1;\n}\n", { "{\n  ;\n  p->q = 1;\n}\n", "{\n  f(a);\n  ;\n}\n" } },
    { "comparison", "s = \"a < \\\" b\"; /* a < b */ c = '<';\n", {} },
  }
  for _, row in ipairs(c) do
    it(("of %s in C: %s"):format(row[1], row[2]:gsub("%s+", " ")), function()
      assert.same(row[3], made(row[2], "c", row[1]))
    end)
  end
end)

describe("What was measured of a suite", function()
  local folder = require "support.folder"
  local measured = require "mutants.measured"
  local tree, cleanup, kept

  before_each(function()
    tree, cleanup = folder.new()
    kept = tree .. "/build/kept.lua"
    assert(os.execute(("cd %s && mkdir -p lua/dfota core spec/lua build"):format(tree)))
    for _, path in ipairs {
      "lua/dfota/a.lua", "lua/dfota/b.lua", "core/c.c", "spec/lua/a_spec.lua", "spec/lua/b_spec.lua",
    } do
      folder.write(tree .. "/" .. path, path)
    end
  end)
  after_each(function() cleanup() end)

  local function suite() return { name = "spec/lua/a_spec.lua", seen = {} } end

  local function measure()
    local one = suite()
    one.seconds, one.sound, one.seen["lua/dfota/a.lua"] = 1.5, true, { ["0 -1"] = true, ["3 7"] = true }
    measured.keep({ one, { name = "spec/lua/b_spec.lua", seen = {}, sound = false } }, measured.digests(tree), kept)
    return one
  end

  it("holds as long as nothing that it depends on is edited", function()
    local one, again = measure(), suite()
    folder.write(tree .. "/lua/dfota/b.lua", "edited")
    folder.write(tree .. "/spec/lua/b_spec.lua", "edited")
    folder.write(tree .. "/build/x", "made")
    assert.same({}, measured.recall({ again }, measured.digests(tree), kept))
    assert.same({ one.seconds, one.seen, true }, { again.seconds, again.seen, again.sound })
  end)

  for _, path in ipairs { "lua/dfota/a.lua", "core/c.c", "spec/lua/a_spec.lua" } do
    it("is measured again once this is edited: " .. path, function()
      measure()
      folder.write(tree .. "/" .. path, "edited")
      local again = suite()
      assert.same({ again }, measured.recall({ again }, measured.digests(tree), kept))
    end)
  end

  it("is not kept if it failed, nor used for another suite", function()
    measure()
    local other, shim = { name = "spec/lua/b_spec.lua", seen = {} }, suite()
    shim.shim = true
    assert.same({ other, shim }, measured.recall({ other, shim }, measured.digests(tree), kept))
    folder.write(kept, "no Lua")
    assert.equal(1, #measured.recall({ suite() }, measured.digests(tree), kept))
  end)
end)

describe("A source's own spec", function()
  local suites = require "mutants.suites"

  it("is known by its name", function()
    for spec, source in pairs {
      ["spec/update/monitor_spec.lua"] = "lua/dfota/update/monitor.lua",
      ["spec/core/serial_spec.lua"] = "core/serial_list.c", ["spec/core/table_spec.lua"] = "core/lua_table.c",
    } do
      assert.is_true(suites.is_namesake({ name = spec }, source))
    end
    for spec, source in pairs {
      ["spec/at/echo_spec.lua"] = "lua/dfota/update/monitor.lua", ["campaign"] = "lua/dfota/update/monitor.lua",
      ["spec/update/gate_spec.lua"] = "lua/dfota/update/gates.lua",
    } do
      assert.is_false(suites.is_namesake({ name = spec }, source))
    end
  end)
end)

describe("An equivalent mutant", function()
  local draw = require "mutants.draw"

  it("is not drawn wherever it occurs, but its neighbours are", function()
    for _, case in ipairs {
      { 'x:find(word, 1, true)', 'x:find(word, 0, true)', true }, { 'x:find(word, 1, true)', 'x:find(word, 2, true)' },
      { 'x:find("a b", 1, true)', 'x:find("a b", 1, false)', true },
      { 'x:find("a.b", 1, true)', 'x:find("a.b", 1, false)' }, { 'x:find(word, 1, true)', 'x:find(word, 1, false)' },
      { 'f(1, true) x:find(w, 1, true)', 'f(0, true) x:find(w, 1, true)' },
      { 'error(core.error("k", m), 0)', 'error(core.error("k", m), 1)', true }, { 'error(m, 0)', 'error(m, 1)' },
    } do
      assert.equal(case[3] or false, draw.is_the_same_anywhere(case[1], case[2]))
    end
  end)
end)
