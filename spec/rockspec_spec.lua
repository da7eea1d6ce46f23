-- The rock must hold what the tree holds: a file that is left out shows only on a user's machine.
local lfs = require "lfs"

local function rockspec()
  local spec = {}
  assert(loadfile("dfota-scm-1.rockspec", "t", spec))()
  return spec
end

local function files(folder, pattern, found)
  found = found or {}
  for name in lfs.dir(folder) do
    local path = folder .. "/" .. name
    if name:match("^[^.].*" .. pattern) then
      found[#found + 1] = path
    elseif not name:match("^%.") and lfs.attributes(path, "mode") == "directory" then
      files(path, pattern, found)
    end
  end
  table.sort(found)
  return found
end

-- What is in one table and not, or not the same, in the other; short to read where it fails.
local function differences(tree, rock)
  local found = {}
  for name, path in pairs(tree) do
    if rock[name] ~= path then found[#found + 1] = "not in the rock: " .. path end
  end
  for name, path in pairs(rock) do
    if not tree[name] then found[#found + 1] = "not in the tree: " .. path end
  end
  return table.concat(found, "\n")
end

describe("the rock", function()
  local build = rockspec().build

  it("holds every Lua module under its name", function()
    local tree, rock = {}, {}
    for _, path in ipairs(files("lua", "%.lua$")) do
      tree[path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/", "."):gsub("%.init$", "")] = path
    end
    for name, path in pairs(build.modules) do rock[name] = type(path) == "string" and path or nil end
    assert.equal("", differences(tree, rock))
  end)

  it("builds every C file of the core", function()
    assert.same(files("core", "%.c$"), build.modules["dfota.core"].sources)
  end)

  it("has a script for every command", function()
    for command, path in pairs(build.install.bin) do
      assert.equal("scripts/launch.lua", path)
      local script = "scripts/" .. command:match("^dfota%-(.*)$") .. ".lua"
      assert.equal("file", lfs.attributes(script, "mode"), script)
    end
  end)
end)
