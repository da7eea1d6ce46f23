local core = require "dfota.core"

local function read(source, steps, bytes)
  return core.read_table(source, "=t", steps or 1000000, bytes or 1 << 20)
end

describe("Lua source as data", function()
  it("returns values, and tables of them", function()
    assert.same({ 1, 2.5, "x\0y", true, { a = false } }, read "return { 1, 2.5, 'x\\0y', true, { a = false } }")
    assert.equal("integer", math.type(read "return 1"))
    assert.equal("float", math.type(read "return 1.0"))
    assert.same({ nil, nil }, { read "return" })
  end)

  it("has what is useful for building a table, and nothing more", function()
    assert.same({ 3, "number", 2 }, read "return { math.max(1, 3), type(1), select('#', 1, 2) }")
    for _, name in ipairs {
      "os", "io", "debug", "string", "table", "utf8", "coroutine", "package", "require", "load", "loadfile", "dofile",
      "pcall", "xpcall", "setmetatable", "getmetatable", "rawset", "collectgarbage", "print", "warn", "_G",
    } do
      assert.same({ nil, nil }, { read("return " .. name) }, name)
    end
  end)

  for name, source in pairs {
    ["a string method"] = "return ('a'):rep(2)",
    ["a string method, taken from the metatable"] = "return ('').format",
    ["a to-be-closed variable"] = "local x <close> = {} return 1",
    ["bytecode"] = string.dump(function() return {} end),
  } do
    it("cannot use " .. name, function()
      local value, reason = read(source)
      assert.is_nil(value)
      assert.equal("string", type(reason))
    end)
  end

  for name, case in pairs {
    ["an endless loop"] = { "while true do end", "too long" },
    ["a loop with goto"] = { "::a:: goto a", "too long" },
    ["endless tail calls"] = { "local function f() return f() end return f()", "too long" },
    ["endless recursion"] = { "local function f() return 1 + f() end return f()", "too much memory" },
    ["a string that keeps doubling"] = { "local s = 'x' while true do s = s .. s end", "too much memory" },
    ["a table that keeps growing"] = { "local t = {} for i = 1, 1e9 do t[i] = i end", "too much memory" },
    ["a loop hidden behind the available functions"] = { "for k in next, { 1 } do while true do end end", "too long" },
    ["a table that contains itself"] = { "local t = {} t.t = t return t", "nested" },
    ["a small table that expands to a huge one"] =
      { "local t = {} for _ = 1, 9 do t = { t, t, t, t, t, t, t, t, t } end return t", "too large" },
    ["a function in a table"] = { "return { f = next }", "function" },
    ["a raised table"] = { "error {}", "other than a string" },
  } do
    it("is stopped with an error: " .. name, function()
      local value, reason = read(case[1])
      assert.is_nil(value)
      assert.is_truthy(reason:find(case[2], 1, true), reason)
    end)
  end

  it("is stopped if its steps are few but long", function()
    local before = os.clock()
    local value, reason = read([[
      local s = '                '
      for _ = 1, 17 do s = s .. s end
      while true do tonumber(s) end]], 1 << 40, 16 << 20)
    assert.is_nil(value)
    assert.is_truthy(reason:find("too long", 1, true), reason)
    assert.is_true(os.clock() - before < 6)
  end)

  it("may be nested sixteen deep, but no deeper", function()
    local function nested(depth) return "return " .. ("{"):rep(depth) .. ("}"):rep(depth) end
    local value, depth = read(nested(16)), 0
    while value do value, depth = value[1], depth + 1 end
    assert.equal(16, depth)
    local none, reason = read(nested(17))
    assert.is_nil(none)
    assert.is_truthy(reason:find("nested too deep", 1, true))
    -- Closed tables do not count: seventeen in a row are one deep.
    assert.equal(17, #read("return { " .. ("{},"):rep(17) .. " }"))
    assert.equal(2, #read("return { " .. (nested(15):sub(8) .. ","):rep(2) .. " }"))
  end)

  it("may use all of its memory, and return a table of the same size", function()
    local function told(source, bytes)
      local value, reason = read(source, nil, bytes)
      return value ~= nil and "ok" or reason:match "too (%l+)"
    end
    assert.has_error(function() read("return {}", nil, 1000) end, "not enough memory for a table file")
    assert.same({ "much", "ok" }, { told("return {}", 6000), told("return {}", 20000) })
    -- A string is held three times while it is read.
    local text = ("return '%s'"):format(("x"):rep(50000))
    assert.same({ "much", "ok" }, { told(text, 90000), told(text, 250000) })
    -- Freed memory may be reused any number of times.
    assert.equal("ok", told("local s for i = 1, 5000 do s = { i .. 'x' } end return 7", 40000))
    -- A pair counts as 64 bytes of the result, and a string as its length.
    local numbers = "local t = {} for i = 1, 1000 do t[i] = i end return t"
    assert.same({ "large", "ok" }, { told(numbers, 63999), told(numbers, 64000) })
    local function texts(count)
      return "local s = 'x' for _ = 1, 10 do s = s .. s end return { " .. ("s, "):rep(count) .. "}"
    end
    assert.same({ "ok", "large" }, { told(texts(40), 50000), told(texts(50), 50000) })
  end)

  it("may use all of its steps, and fails with an error if it needs more", function()
    local loop = "local n = 0\nfor i = 1, %d do n = n + 1 end return n"
    assert.equal(1000, read(loop:format(1000), 10000))
    assert.same({ nil, "t:2: takes too long: it should only return a table" }, { read(loop:format(100000), 10000) })
    assert.equal(1, read("return 1", 1))
  end)

  it("is refused invalid limits", function()
    for _, limits in ipairs { { 0, 1000 }, { -1, 1000 }, { 1000, 0 }, { 1000, -1 }, { 1000, (1 << 30) + 1 } } do
      local wrong = limits[1] < 1 and "#3 to" or "#4 to"
      assert.error_matches(function() core.read_table("return 1", "=t", limits[1], limits[2]) end, wrong)
    end
    assert.equal(1, core.read_table("return 1", "=t", 1, 1 << 30))
    assert.has_error(function() read("return 1", 1000, 10) end)
  end)

  it("cannot have tables or functions as keys", function()
    for source, words in pairs {
      ["return { [{}] = 1 }"] = "returns a table with a table as a key",
      ["return { [next] = 1 }"] = "returns a function, which is not data", ["return next"] = "which is not data",
    } do
      local none, reason = read(source)
      assert.is_nil(none)
      assert.is_truthy(reason:find(words, 1, true), reason)
    end
    assert.same({ [true] = 1, [1.5] = 2, x = 3 }, read "return { [true] = 1, [1.5] = 2, x = 3 }")
  end)

  it("shares nothing with this program", function()
    read "math.floor = nil ipairs = nil x = 1"
    assert.truthy(math.floor and ipairs and rawget(_G, "x") == nil)
    assert.equal("number", type(read "return math.floor(1.5)"))
  end)

  it("leaks no memory, however it ends", function()
    local function round()
      for _ = 1, 50 do
        read "local t = {} for i = 1, 100 do t[i] = { i } end return t"
        read("while true do end", 10000)
      end
      collectgarbage()
      return collectgarbage "count"
    end
    round()
    local before = round()
    assert.is_true(round() < before + 20)
  end)
end)
