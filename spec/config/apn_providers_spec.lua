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
    local found = database.all({ "26201" }, path)
    local entry = found[1]
    assert.same({ "web", "u", "p", "Host & Co" }, { entry.apn, entry.user, entry.password, entry.name })
    assert.same({ "web", "second", "guest" }, { found[1].apn, found[2].apn, found[3].apn, (found[4] or {}).apn })
    assert.same({}, database.all({ "26299" }, path))
  end)

  it("is searched for the networks in the order given", function()
    assert.equal("three", database.all({ "310260", "31026" }, path)[1].apn)
    assert.equal("two", database.all({ "31026", "310260" }, path)[1].apn)
    assert.equal("two", database.all({ "310261", "31026" }, path)[1].apn)
  end)

  it("lists the access points of both networks where it is not known which one the SIM has", function()
    local found = database.all({ "310260", "31026" }, path)
    assert.same({ "three", "two" }, { found[1].apn, found[2].apn })
  end)

  it("finds nothing if the file is missing, and does not block on a pipe in its place", function()
    assert(os.execute("mkfifo " .. dir .. "/pipe"))
    for _, other in ipairs { dir .. "/none.xml", dir, dir .. "/pipe", "/dev/zero" } do
      assert.same({}, database.all({ "26201" }, other))
      assert.is_false(database.is_there(other))
    end
  end)

  it("finds nothing without lxp", function()
    local preload, loaded = package.preload.lxp, package.loaded.lxp
    package.preload.lxp, package.loaded.lxp = function() error "not installed" end, nil
    local found, there = database.all({ "26201" }, path), database.is_there(path)
    package.preload.lxp, package.loaded.lxp = preload, loaded
    assert.same({}, found)
    assert.is_false(there)
    assert.is_true(database.is_there(path))
  end)
end)
