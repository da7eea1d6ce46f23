-- The rock must hold what the tree holds: a file that is left out shows only on a user's machine.
-- `make rockspecs` writes both.
local core = require "dfota.core"
local lfs = require "lfs"

local function rockspec(version)
  local spec = {}
  assert(loadfile(("dfota-%s-1.rockspec"):format(version), "t", spec))()
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
  local build = rockspec("scm").build

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

  it("has a command for every script that starts itself", function()
    local scripts, commands = { ["dfota"] = "scripts/launch.lua" }, build.install.bin
    for _, path in ipairs(files("scripts", "%.lua$")) do
      local file <close> = assert(io.open(path))
      if file:read("a"):find '\nreturn dofile[^\n]*"start.lua"%)%(' then
        scripts["dfota-" .. path:match "([^/]*)%.lua$"] = "scripts/launch.lua"
      end
    end
    assert.same(scripts, commands)
  end)

  it("of the release is the one of the tree, but for version and source", function()
    local tree, release = rockspec "scm", rockspec(core.version)
    assert.equal(core.version .. "-1", release.version)
    assert.equal(("file://dfota-%s.tar.gz"):format(core.version), release.source.url)
    release.version, release.source = tree.version, tree.source
    assert.same(tree, release)
  end)
end)
