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
