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

describe("the rock", function()
  local build = rockspec().build

  it("holds every Lua module under its name", function()
    local expected = { ["dfota.core"] = build.modules["dfota.core"] }
    for _, path in ipairs(files("lua", "%.lua$")) do
      local module = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/", "."):gsub("%.init$", "")
      expected[module] = path
    end
    assert.same(expected, build.modules)
  end)

  it("builds every C file of the core", function()
    assert.same(files("core", "%.c$"), build.modules["dfota.core"].sources)
  end)

  it("has a script behind every command", function()
    for command, path in pairs(build.install.bin) do
      assert.equal("scripts/launch.lua", path)
      local script = "scripts/" .. command:match("^dfota%-(.*)$") .. ".lua"
      assert.equal("file", lfs.attributes(script, "mode"), script)
    end
  end)
end)
