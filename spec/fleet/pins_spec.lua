local folder = require "support.folder"
local pins = require "dfota.fleet.pins"
local uv = require "luv"

describe("The files that a run was begun with", function()
  local dir, cleanup
  before_each(function() dir, cleanup = folder.new() end)
  after_each(function() cleanup() end)

  local function begun_with(package, is_folder)
    return { package = package, is_folder = is_folder, pins = assert(pins.take(package, is_folder)) }
  end

  local function changed(call) return pins.new(call):changed() end

  it("are the same while nobody touches them, also for who goes on, and when the same was put back", function()
    local path = folder.write(dir .. "/x.pack", "one")
    local call = begun_with(path, false)
    local here = pins.new(call)
    assert.is_nil(here:changed())
    folder.write(dir .. "/new", "one")
    assert(uv.fs_rename(dir .. "/new", path))
    assert(uv.fs_utime(path, 1, 1))
    assert.same({}, { here:changed(), changed(call) })
  end)

  it("are others once the package is overwritten, replaced or gone, or its manifest comes", function()
    local path = folder.write(dir .. "/x.pack", "one")
    local call = begun_with(path, false)
    local here = pins.new(call)
    assert.is_nil(here:changed())
    folder.write(path, "two") -- as long as the first, and the same file
    assert.equal(path .. " has other content", here:changed())
    assert.equal(path .. " has other content", changed(call))
    folder.write(path, "one")
    assert.equal(path .. " has other content", here:changed()) -- some may have seen the other one
    assert.is_nil(changed(call))
    folder.write(path .. ".json", "{}")
    assert.equal(path .. ".json was not there", changed(call))
    assert(os.remove(path))
    assert.equal(path .. " is gone", changed(call))
  end)

  it("are those of a folder, its manifests among them, and no new one", function()
    local path = dir .. "/packages"
    assert(uv.fs_mkdir(path, tonumber("700", 8)))
    for _, name in ipairs { "a.pack", "a.pack.json", "b.pack.json" } do folder.write(path .. "/" .. name, name) end
    local call = begun_with(path, true)
    folder.write(path .. "/notes.txt", "of no use to a job")
    assert.is_nil(changed(call))
    for name, before in pairs { ["a.pack"] = "a.pack", ["a.pack.json"] = "a.pack.json", ["b.pack"] = false } do
      folder.write(path .. "/" .. name, "other")
      assert.equal(("%s/%s %s"):format(path, name, before and "has other content" or "was not there"), changed(call))
      if before then folder.write(path .. "/" .. name, before) else assert(os.remove(path .. "/" .. name)) end
    end
    assert.is_nil(changed(call))
    folder.write(path .. "/c.pack.json", "{}")
    assert.equal(path .. "/c.pack.json was not there", changed(call))
    assert(os.remove(path .. "/c.pack.json"))
    assert(os.remove(path .. "/b.pack.json"))
    assert.equal(path .. "/b.pack.json is gone", changed(call))
  end)

  it("are written down for its jobs, once, and without those that are not there", function()
    local path = folder.write(dir .. "/x.pack", "one")
    local list, kept = assert(pins.take(path, false)), 0
    local run = { path = dir, put = function(_, name, content)
      kept = kept + 1
      return folder.write(dir .. "/" .. name, content) ~= nil
    end }
    for _ = 1, 2 do assert.equal(dir .. "/SHA256SUMS", pins.keep(run, list)) end
    assert.equal(1, kept)
    assert.equal(list[1].hash .. "  " .. path .. "\n", folder.read(dir .. "/SHA256SUMS"))
    os.remove(dir .. "/SHA256SUMS")
    assert.same({ nil, "no room" }, { pins.keep({ path = dir, put = function() return nil, "no room" end }, list) })
  end)

  it("that cannot be read are no reason to begin, nor to go on", function()
    local path = folder.write(dir .. "/x.pack", "one")
    local call = begun_with(path, false)
    assert(os.remove(path))
    assert(uv.fs_mkdir(path, tonumber("700", 8)))
    assert.equal(path .. " cannot be read: is a directory", changed(call))
    local none, err = pins.take(path, false)
    assert.same({ nil, "package_missing", path .. " cannot be read: is a directory" }, { none, err.kind, err.message })
    none, err = pins.take(dir .. "/none", true)
    assert.same({ nil, "package_missing" }, { none, err.kind })
  end)
end)
