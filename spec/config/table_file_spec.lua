local folder = require "support.folder"
local table_file = require "dfota.config.table_file"

describe("a table written by a user", function()
  local dir, cleanup
  setup(function() dir, cleanup = folder.new() end)
  teardown(function() cleanup() end)

  local function read(source) return table_file.read(folder.write(dir .. "/table.lua", source)) end

  it("is what the file returns, with its source", function()
    local source = "local t = {} for i, v in ipairs { 'a', 'b' } do t[v] = { n = i, ok = true } end return t"
    assert.same({ { a = { n = 1, ok = true }, b = { n = 2, ok = true } }, source }, { read(source) })
  end)

  for _, case in ipairs {
    { "return 5", "does not return a table" }, { "", "does not return a table" }, { "return 'x'", "return a table" },
    { "x = 1\nx.y.z = 2", "attempt to index", 2 }, { "return {", "near", 1 }, { "error('bad')", "bad", 1 },
    { "\n\nwhile true do end", "takes too long", 3 }, { "local s = 'x' while true do s = s .. s end", "memory" },
  } do
    it(("is refused with the reason and the line: %q"):format(case[1]), function()
      local value, reason, line = read(case[1])
      assert.is_nil(value)
      assert.is_truthy(reason:find(case[2], 1, true), reason)
      assert.equal(case[3], line)
    end)
  end

  it("is refused in one line, whatever it raises", function()
    local _, reason = read "error('a\\n\\27[2Jb', 0)"
    assert.equal("a\\n\\x1B[2Jb", reason)
  end)

  it("may be large enough for the access points of the whole world", function()
    local rows = {}
    local row = '["%06d"] = { apn = "internet.%d", user = "u", name = "Network %d" },'
    for i = 1, 3000 do rows[i] = row:format(i, i, i) end
    assert.equal("internet.3000", read("return {" .. table.concat(rows, "\n") .. "}")["003000"].apn)
    assert.is_truthy(select(2, read(("-"):rep(600000))):find("longer than", 1, true))
  end)
end)
