local document = require "support.document"
local folder = require "support.folder"

local TEXT = document.read "docs/architecture.md"

local function files(command)
  local pipe <close> = assert(io.popen(command))
  local list = {}
  for path in pipe:lines() do list[#list + 1] = path end
  return list
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

local LUA = files "find lua/dfota -name '*.lua' | sort"

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

-- Ways are written from lua/dfota on, or from the top of the tree.
local function found(name)
  for _, path in ipairs { name, "lua/dfota/" .. name } do
    if exists(path) then return path end
  end
end

local function required(path)
  local list = {}
  local source = folder.read(path)
  for name in source:gmatch 'require%s*%(?"(dfota[%w_.]*)"' do
    list[#list + 1] = "lua/" .. name:gsub("%.", "/") .. ".lua"
  end
  for name in source:gmatch '#include "([%w_]+)%.h"' do list[#list + 1] = "core/" .. name .. ".c" end
  return list
end

-- All that a file needs, and what that needs.
local function needed(path, all)
  all = all or {}
  for _, other in ipairs(exists(path) and required(path) or {}) do
    if not all[other] then
      all[other] = true
      needed(other, all)
    end
  end
  return all
end

describe("docs/architecture.md", function()
  it("names each file of lua/dfota once, and no file that is not there", function()
    local section, counts = document.section(TEXT, "## File by file"), {}
    for place, entries in section:gmatch "%*%*`?([%w_/]+)`?%*%*(.-)\n\n" do
      local under = place == "scripts/" and "scripts/" or place == "top" and "lua/dfota/" or "lua/dfota/" .. place
      for _, word in ipairs(document.quoted(entries)) do
        if word:find "^[%l_]+$" then
          local path = under .. word .. ".lua"
          assert.is_true(exists(path), path)
          counts[path] = (counts[path] or 0) + 1
        end
      end
    end
    for _, path in ipairs(LUA) do assert.equal(1, counts[path] or 0, path) end
    for _, path in ipairs(files "ls scripts/*.lua") do assert.equal(1, counts[path] or 0, path) end
  end)

  it("says which folder uses which, and no file uses another", function()
    local may = {}
    for _, row in ipairs(document.rows(document.section(TEXT, "## The folders"))) do
      local place = row[1]:gsub("`", "")
      may[place] = {}
      for name in row[2]:gmatch "%l+" do may[place][name] = false end
    end
    for _, path in ipairs(LUA) do
      local place = path:match "^lua/dfota/(%l+)/" or "top"
      for name in folder.read(path):gmatch 'require%s*%(?"dfota%.([%w_.]+)"' do
        local other = name:match "^(%l+)%." or name == "core" and "core" or "top"
        if other ~= place then
          assert.is_not_nil(may[place][other], path .. " requires dfota." .. name)
          may[place][other] = true
        end
      end
    end
    for place, others in pairs(may) do
      for other, used in pairs(others) do assert.is_true(used, place .. " does not use " .. other) end
    end
  end)

  describe("shows paths through the code", function()
    local ways = document.section(TEXT, "## Five paths through the code")
    local count = 0
    for name, content in ways:gmatch "### ([^\n]+)\n(.-)\n\n%f[#\0T]" do
      count = count + 1
      it("in one direction: " .. name:lower(), function()
        local line = {}
        for word in content:gmatch "\n    ([%l_/]+%.%l+)%s" do
          line[#line + 1] = assert(found(word), word .. " is not there")
        end
        assert.is_true(#line >= 5)
        for i, path in ipairs(line) do
          local below = needed(path)
          for j = 1, i - 1 do
            assert.is_nil(below[line[j]], ("%s needs %s, which stands before it"):format(path, line[j]))
          end
        end
      end)
    end
    it("five of them", function() assert.equal(5, count) end)
  end)

  it("and the other documents name no file that is not there", function()
    local gone = {}
    for _, path in ipairs(files "ls README.md docs/*.md") do
      for word in document.read(path):gmatch "[^%w_./-](%l+/[%w_/]+%.%l+)%f[^%w_]" do
        local top = set_of { "lua", "core", "scripts", "spec", "docs", "contrib" }[word:match "^%l+"]
        if top and not exists(word) then gone[#gone + 1] = path .. ": " .. word end
      end
    end
    assert.same({}, gone)
  end)
end)
