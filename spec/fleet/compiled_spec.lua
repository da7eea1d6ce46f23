local Process = require "support.process"
local compiled = require "dfota.fleet.compiled"
local folder = require "support.folder"
local uv = require "luv"

local FAULTY = [[
local faulty = {}

function faulty.fail(port) return port.name end

return faulty
]]

describe("The library as bytecode", function()
  local dir, remove, path, library

  before_each(function()
    dir, remove = folder.new()
    path = package.path
    assert(uv.fs_mkdir(dir .. "/dfota", 448))
    assert(uv.fs_mkdir(dir .. "/dfota/at", 448))
    assert(uv.fs_mkdir(dir .. "/dfota/sim", 448))
    folder.write(dir .. "/dfota/app.lua", "return 'app'\n")
    folder.write(dir .. "/dfota/at/faulty.lua", FAULTY)
    folder.write(dir .. "/dfota/sim/module.lua", "return 'sim'\n")
    package.path = dir .. "/?.lua;" .. path
  end)

  after_each(function()
    if library then library:remove() end
    package.path = path
    remove()
  end)

  local function new()
    library = compiled.new(dir .. "/compiled")
    return library
  end

  local function offered()
    library:offer()
    return os.getenv "DFOTA_COMPILED"
  end

  it("is what the sources say, with the names of their files and lines", function()
    new()
    assert.equal(dir .. "/compiled", offered())
    assert.equal("\27Lua", folder.read(dir .. "/compiled/dfota/at/faulty.lua"):sub(1, 4))
    local faulty = dofile(dir .. "/compiled/dfota/at/faulty.lua")
    local _, why = pcall(faulty.fail)
    assert.matches("dfota/at/faulty.lua:3: attempt to index a nil value (local 'port')", why, 1, true)
    assert.not_matches("compiled", why, 1, true)
  end)

  it("has what a job loads, of others too, and not what only others load", function()
    new()
    assert.is_truthy(uv.fs_stat(dir .. "/compiled/argparse.lua"))
    assert.is_nil(uv.fs_stat(dir .. "/compiled/dfota/sim"))
  end)

  it("is not used any more once a module was edited, replaced or removed", function()
    for _, change in ipairs {
      function(module) folder.write(module, "return 'edited'\n") end,
      function(module)
        folder.write(module .. ".new", "return 'app'\n")
        assert(uv.fs_rename(module .. ".new", module))
      end,
      function(module) assert(uv.fs_unlink(module)) end,
    } do
      folder.write(dir .. "/dfota/app.lua", "return 'app'\n")
      new()
      assert.is_truthy(offered())
      change(dir .. "/dfota/app.lua")
      assert.is_nil(offered())
    end
  end)

  it("is not used where it could not be written: jobs load the sources", function()
    folder.write(dir .. "/file", "")
    library = compiled.new(dir .. "/file/compiled")
    assert.is_nil(offered())
  end)

  it("is not made on a disk that is nearly full, which the jobs need", function()
    local statfs = uv.fs_statfs
    finally(function() uv.fs_statfs = statfs end)
    uv.fs_statfs = function() return { blocks = 100, bavail = 60, bsize = 1 << 20 } end
    new()
    assert.is_nil(offered())
    assert.is_nil(uv.fs_stat(dir .. "/compiled"))
  end)

  it("leaves a module that does not compile to the job, which names its file", function()
    folder.write(dir .. "/dfota/at/faulty.lua", "local x = = 1\n")
    new()
    assert.is_truthy(offered())
    assert.is_nil(uv.fs_stat(dir .. "/compiled/dfota/at/faulty.lua"))
  end)

  it("is what a script loads that finds it in its environment", function()
    new()
    local script = Process.start(Process.lua, { "scripts/update.lua", "--version" }, {
      env = { "DFOTA_COMPILED=" .. library.path, "PATH=" .. os.getenv "PATH" },
    })
    script:wait()
    assert.matches("attempt to call a nil value (field 'main')", script.err, 1, true) -- of that 'app'
  end)

  it("takes the place of one that a killed run left, and leaves nothing behind", function()
    assert(uv.fs_mkdir(dir .. "/compiled", 448))
    folder.write(dir .. "/compiled/old.lua", "return 'old'\n")
    new()
    assert.is_nil(uv.fs_stat(dir .. "/compiled/old.lua"))
    library:remove()
    assert.is_nil(uv.fs_stat(dir .. "/compiled"))
    assert.is_nil(os.getenv "DFOTA_COMPILED")
    library = nil
  end)
end)
