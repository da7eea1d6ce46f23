local database = require "dfota.config.apn_providers"
local folder = require "support.folder"
local providers = require "support.providers"

describe("the provider database", function()
  local dir, cleanup, path
  setup(function()
    dir, cleanup = folder.new()
    path = folder.write(dir .. "/providers.xml", providers)
  end)
  teardown(function() cleanup() end)

  it("returns the owner of a network before virtual operators, and internet access points only", function()
    local entry = database.find({ "26201" }, path)
    assert.same({ "web", "u", "p", "Host & Co" }, { entry.apn, entry.user, entry.password, entry.name })
    assert.is_nil(database.find({ "26299" }, path))
  end)

  it("is searched for the networks in the order given", function()
    assert.equal("three", database.find({ "310260", "31026" }, path).apn)
    assert.equal("two", database.find({ "31026", "310260" }, path).apn)
    assert.equal("two", database.find({ "310261", "31026" }, path).apn)
  end)

  it("finds nothing if the file is missing, and does not block on a pipe in its place", function()
    assert(os.execute("mkfifo " .. dir .. "/pipe"))
    for _, other in ipairs { dir .. "/none.xml", dir, dir .. "/pipe", "/dev/zero" } do
      assert.is_nil(database.find({ "26201" }, other))
    end
  end)

  it("finds nothing without lxp", function()
    local preload, loaded = package.preload.lxp, package.loaded.lxp
    package.preload.lxp, package.loaded.lxp = function() error "not installed" end, nil
    local entry = database.find({ "26201" }, path)
    package.preload.lxp, package.loaded.lxp = preload, loaded
    assert.is_nil(entry)
  end)
end)
