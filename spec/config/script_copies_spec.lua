local folder = require "support.folder"
local script_copies = require "dfota.config.script_copies"
local settings = require "dfota.config.settings"
local uv = require "luv"

describe("A copy of a script", function()
  local home, remove, installed, mine
  before_each(function()
    home, remove = folder.new()
    installed, mine = folder.write(home .. "/update.lua", "-- 1\n"), home .. "/deep/er/update.lua"
  end)
  after_each(function() remove() end)

  local function make() return script_copies.make(folder.read(installed), mine, true) end
  local function state()
    return script_copies.state("update.lua", installed, { getenv = function() end, system = home .. "/deep/er" })
  end

  it("is made with the folders that it needs, and with what it was made from beside it", function()
    assert.is_nil(state().path)
    assert.is_true(make())
    assert.equal("-- 1\n", folder.read(mine))
    assert.equal("-- 1\n", folder.read(mine .. ".orig"))
    assert.same({ path = mine, edited = false }, state())
  end)

  it("never replaces a file that is there", function()
    assert(make())
    folder.write(mine, "-- mine\n")
    local made, err = make()
    assert.is_nil(made)
    assert.same({ "settings", mine .. ": file already exists" }, { err.kind, err.message })
    assert.equal("-- mine\n", folder.read(mine))
  end)

  it("follows no link, not even one that leads nowhere", function()
    assert(uv.fs_mkdir(home .. "/deep", 448))
    assert(uv.fs_mkdir(home .. "/deep/er", 448))
    assert(uv.fs_symlink(home .. "/elsewhere", mine))
    assert.is_nil((make()))
    assert.is_nil(uv.fs_stat(home .. "/elsewhere"))
  end)

  it("is known to be edited, and to be older than what was installed since", function()
    assert(make())
    folder.write(mine, "-- mine\n")
    assert.same({ path = mine, edited = true }, state())
    folder.write(installed, "-- 2\n")
    assert.same({ path = mine, edited = true, outdated = mine .. ".orig" }, state())
  end)

  it("says in one line where it cannot be made", function()
    local made, err = script_copies.make("", "/proc/none/update.lua")
    assert.is_nil(made)
    assert.is_truthy(err.message:find "^/proc/none: no such file", err.message)
  end)
end)

describe("The file of settings that is made", function()
  it("sets nothing, and names every setting with its default", function()
    local source = script_copies.settings()
    assert.same({}, assert(load(source, "=settings", "t", {}))())
    local all = load(source:gsub("  %-%- ([%w_]+ = )", "  %1"), "=settings", "t", {})()
    for _, setting in ipairs(settings.list) do assert.equal(setting.default, all[setting.name], setting.name) end
  end)

  it("has no line over 100 characters", function()
    for line in script_copies.settings():gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 100, line) end
  end)
end)
