local folder = require "support.folder"
local key_files = require "support.key_files"
local making = require "dfota.config.making"
local packages = require "dfota.config.package"
local Trust = require "dfota.config.trust"

describe("Making a manifest", function()
  local dir, cleanup, path
  before_each(function()
    dir, cleanup = folder.new()
    path = folder.write(dir .. "/a.pack", "RDAOTA01abc")
  end)
  after_each(function() cleanup() end)

  local SAYS = { from = "A", to = "B", model = "M", url = "http://h.net/a", notes = "n" }

  it("gives one that its package agrees with", function()
    local values, package = assert(making.values(path, SAYS))
    assert.same({ "A", "B", "M", "http://h.net/a", "n", 11 },
      { values.from, values.to, values.model, values.url, values.notes, values.size })
    assert.same({ values.sha256, nil }, { package.sha256, package.warnings })
    assert.equal(path .. ".json", assert(making.write(path, values)))
    local read = assert(packages.read(path))
    read.file:close()
    assert.same({ "A", "B", "M" }, { read.from, read.to, read.model })
  end)

  it("signs it, so that it passes where signatures are required", function()
    local private, public = key_files.rsa(dir, "ours")
    assert(making.write(path, assert(making.values(path, SAYS, private))))
    local read = assert(packages.read(path, { trust = assert(Trust.load { files = { public }, required = true }) }))
    read.file:close()
    assert.equal(public, read.signed_by)
  end)

  it("does not look at the manifest that is there, and replaces it only if told to", function()
    folder.write(path .. ".json", "garbage")
    local values = assert(making.values(path, SAYS))
    local _, err = making.write(path, values)
    assert.same({ "usage", path .. ".json exists already: --replace writes it anew" }, { err.kind, err.message })
    assert.equal("garbage", folder.read(path .. ".json"))
    assert.truthy(making.write(path, values, true))
    assert.truthy(packages.read(path))
  end)

  it("refuses what no manifest can say, a file that is no package, and a key that is none", function()
    for reason, call in pairs {
      ["from must be"] = { path, { from = "A\n", to = "B" } },
      ["the same revision"] = { path, { from = "A", to = "A" } },
      ["url must be"] = { path, { from = "A", to = "B", url = "ftp://x" } },
      ["no such file"] = { dir .. "/none", SAYS }, ["is a web page"] = { folder.write(dir .. "/w", "<html>"), SAYS },
      ["not a key in PEM"] = { path, SAYS, folder.write(dir .. "/k", "-----PRIVATE KEY-----") },
    } do
      local values, err = making.values(table.unpack(call))
      assert.is_nil(values)
      assert.is_truthy(err.message:find(reason, 1, true), err.message)
    end
  end)

  it("says if the manifest cannot be written", function()
    local values = assert(making.values(path, SAYS))
    os.execute("mkdir '" .. path .. ".json'")
    local _, err = making.write(path, values, true)
    assert.same({ "io", path .. ".json: is a directory" }, { err.kind, err.message })
  end)
end)
