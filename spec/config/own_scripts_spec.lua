local digest = require "openssl.digest"
local folder = require "support.folder"
local mutated = require "support.mutated"
local own_scripts = require "dfota.config.own_scripts"
local text = require "dfota.base.text"
local uv = require "luv"

describe("The user's own copy", function()
  local home, remove
  before_each(function()
    home, remove = folder.new()
    assert(uv.fs_mkdir(home .. "/a", 448))
    assert(uv.fs_mkdir(home .. "/b", 448))
  end)
  after_each(function() remove() end)

  local function find(name)
    local env = { DFOTA_CONFIG = home .. "/a" }
    return own_scripts.find(name, { getenv = function(variable) return env[variable] end, system = home .. "/b" })
  end

  it("is the first that is found, or none", function()
    assert.is_nil(find "update.lua")
    folder.write(home .. "/b/update.lua", "")
    assert.equal(home .. "/b/update.lua", find "update.lua")
    folder.write(home .. "/a/update.lua", "")
    assert.equal(home .. "/a/update.lua", find "update.lua")
  end)

  it("is refused, with its path and the reason, where it is no readable file: nothing else stands in for it", function()
    folder.write(home .. "/b/update.lua", "")
    assert(uv.fs_mkdir(home .. "/a/update.lua", 448))
    local path, wrong = find "update.lua"
    assert.same({ nil, home .. "/a/update.lua: is a directory" }, { path, wrong })
    assert(uv.fs_symlink(home .. "/gone", home .. "/a/info.lua"))
    path, wrong = find "info.lua"
    assert.is_nil(path)
    assert.is_truthy(wrong:find("no such file", 1, true), wrong)
  end)

  it("is not looked for where the user's folders cannot be used", function()
    assert(uv.fs_rmdir(home .. "/a"))
    local path, wrong = find "update.lua"
    assert.is_nil(path)
    assert.is_truthy(wrong:find("DFOTA_CONFIG: " .. home .. "/a: no such file", 1, true), wrong)
  end)
end)

local CASES = tonumber(os.getenv("DFOTA_FUZZ_CASES")) or 1000

describe("Edits that an upgrade would replace", function()
  local home, remove
  before_each(function()
    home, remove = folder.new()
    assert(uv.fs_mkdir(home .. "/scripts", 448))
    folder.write(home .. "/scripts/update.lua", "-- edited\n")
    folder.write(home .. "/scripts/info.lua", "-- as it was\n")
  end)
  after_each(function() remove() end)

  local function md5(content) return text.hex(digest.new("md5"):final(content)) end
  local function at_risk() return own_scripts.at_risk(home .. "/scripts", { "update.lua", "info.lua", "none.lua" }) end

  it("are those of files that differ from what LuaRocks says that it installed", function()
    local list = 'rock_manifest = { scripts = { ["update.lua"] = "%s", ["info.lua"] = "%s" } }'
    folder.write(home .. "/rock_manifest", list:format(md5 "-- installed\n", md5 "-- as it was\n"))
    assert.same({ "update.lua" }, at_risk())
  end)

  it("are none in a tree, and where make install keeps them", function() assert.same({}, at_risk()) end)

  it("are found, or none, whatever the list of the rock has become: nothing in it is carried out or hangs", function()
    math.randomseed(6500)
    local list = ('rock_manifest = { scripts = { ["update.lua"] = "%s" } }'):format(md5 "-- installed\n")
    for _ = 1, CASES do
      folder.write(home .. "/rock_manifest", mutated(list))
      local found = at_risk()
      assert.is_true(#found == 0 or #found == 1 and found[1] == "update.lua")
    end
  end)

  it("are none where the list of the rock cannot be read", function()
    for _, broken in ipairs {
      "", "rock_manifest = 3", "rock_manifest = {}", "error {}", "rock_manifest = { scripts = 1 }", "while true do end",
    } do
      folder.write(home .. "/rock_manifest", broken)
      assert.same({}, at_risk())
    end
  end)
end)
