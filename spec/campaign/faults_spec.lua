-- docs/faults.md names cases; they must be there.
local Stage = require "campaign.stage"
local cases = require "campaign.cases"
local folder = require "support.folder"

describe("docs/faults.md", function()
  local stage, ids

  setup(function()
    stage, ids = Stage.new(), {}
    for i, case in ipairs(cases.singles(stage)) do ids[i] = case.id end
  end)
  teardown(function() stage:close() end)

  local function is_case(name)
    for _, id in ipairs(ids) do
      if id:sub(1, #name) == name then return true end
    end
    return name:find("^real/%d+$") ~= nil
  end

  local function is_spec(name)
    local file = name:find("_spec%.lua$") and io.open(name)
    if file then file:close() end
    return file ~= nil and file ~= false
  end

  local function is_target(name)
    local target = name:match("^make (%l+)$")
    return target ~= nil and folder.read("Makefile"):find("\n" .. target .. ":", 1, true) ~= nil
  end

  it("names an existing case or spec in every row", function()
    local rows = 0
    for row in folder.read("docs/faults.md"):gmatch("\n(| [^\n]+ |)") do
      local last = row:match("| ([^|]+) |$")
      for name in last:gmatch("`([^`]+)`") do
        assert(is_case(name) or is_spec(name) or is_target(name), "there is no case " .. name)
        rows = rows + 1
      end
    end
    assert.is_true(rows > 60)
  end)
end)
