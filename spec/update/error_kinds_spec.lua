local error_table = require "support.error_table"
local folder = require "support.folder"
local kinds = require "dfota.update.error_kinds"

local function sources(command)
  local pipe <close> = assert(io.popen(command))
  local texts = {}
  for path in pipe:lines() do
    if not path:find "error_kinds" and not path:find "update/result" then texts[#texts + 1] = folder.read(path) end
  end
  return table.concat(texts, "\n")
end

local lua = sources "find lua scripts -name '*.lua'"
local c = folder.read "core/failure.c"

describe("The list of error kinds", function()
  local known = {}
  for _, kind in ipairs(kinds) do known[kind.name] = true end

  it("has each kind once, with its meaning", function()
    local count = 0
    for _ in pairs(known) do count = count + 1 end
    assert.equal(#kinds, count)
    for _, kind in ipairs(kinds) do assert.is_truthy(#kind.meaning > 10 and #kind.from > 3, kind.name) end
  end)

  it("has every kind that is raised", function()
    for name in (lua:gsub("core%.error%(", "refuse(")):gmatch 'refuse%("([a-z_]+)"' do
      assert.is_true(known[name], name)
    end
    for name in c:gmatch 'return "([a-z_]+)"' do assert.is_true(known[name], name) end
  end)

  it("has no kind that is never raised", function()
    for _, kind in ipairs(kinds) do
      assert.is_truthy((lua .. c):find(('"%s"'):format(kind.name), 1, true), kind.name)
    end
  end)

  it("leads to an exit code, except for kinds that are converted where they are raised", function()
    local inner = {}
    for _, kind in ipairs(kinds) do
      if not error_table.exit_code(kind.name) then inner[#inner + 1] = kind.name end
    end
    assert.same({ "no_ack", "stalled" }, inner)
  end)

  it("is the one in the documentation", function()
    local doc = folder.read(error_table.PATH)
    assert.is_truthy(doc:find(error_table.text(), 1, true),
      error_table.PATH .. " should have this table:\n" .. error_table.text())
  end)
end)
