local core = require "dfota.core"
local folder = require "support.folder"
local key_files = require "support.key_files"
local selection = require "dfota.config.selection"

describe("The package of a call", function()
  local dir, cleanup, file
  before_each(function()
    dir, cleanup = folder.new()
    file = folder.write(dir .. "/a.pack", "RDAOTA01abc")
  end)
  after_each(function() cleanup() end)

  local function open(options, required)
    options.key = options.key or { select(2, key_files.rsa(dir, "ours")) }
    return selection.open(options, { max_package_bytes = 100, require_signature = required or "off" })
  end

  local function refused(kind, reason, options, required)
    local package, err = open(options, required)
    assert.is_nil(package)
    assert.truthy(core.is_error(err))
    assert.same({ kind, true }, { err.kind, err.message:find(reason, 1, true) ~= nil }, err.message)
  end

  it("is a file, a URL, or none", function()
    assert.same({ file }, { assert(open { package = file }).path })
    assert.equal("h.net", assert(open { package = "http://h.net/a" }).host)
    assert.same({}, (open {}))
  end)

  it("is a folder if there is a target", function()
    folder.write(file .. ".json", '{"from":"A","to":"B"}')
    local package, catalog, how = open { package = dir, to = "B" }
    assert.same({ {}, 1, 100 }, { package, #catalog.entries, how.max_bytes })
    refused("package_missing", "is a directory, not a package; with --to REV", { package = dir })
    refused("usage", "--manifest is for one package", { package = dir, to = "B", manifest = file .. ".json" })
    refused("package", "no package leads to X", { package = dir, to = "X" })
  end)

  it("has a manifest beside it, or the one that is named", function()
    local other = folder.write(dir .. "/other.json", '{"from":"X","to":"Y"}')
    folder.write(file .. ".json", '{"from":"A","to":"B"}')
    assert.equal("A", assert(open { package = file }).from)
    assert.equal("X", assert(open { package = file, manifest = other }).from)
    refused("package", "none.json: no such file", { package = file, manifest = dir .. "/none.json" })
  end)

  it("is one of those that a file of sha256sum names, of a URL its manifest", function()
    local sums = folder.write(dir .. "/S", ("0"):rep(64) .. "  " .. file .. "\n")
    refused("package", file .. ": is not the file that " .. sums .. " names", { package = file, sums = sums })
    refused("usage", "--sums says nothing of what a server sends", { package = "http://h.net/a", sums = sums })
    local manifest = folder.write(dir .. "/m.json", '{"url":"http://h.net/a"}')
    refused("package", "m.json: is not named in", { package = "http://h.net/a", sums = sums, manifest = manifest })
  end)

  it("may be a URL with a manifest at hand, which must name it", function()
    local path = folder.write(dir .. "/m.json", '{"from":"A","to":"B","size":5,"url":"http://h.net/a"}')
    local package = assert(open { package = "http://h.net/a", manifest = path })
    assert.same({ "A", "B", 5 }, { package.from, package.to, package.announced_bytes })
    refused("package", "url says http://h.net/a, not http://h.net/b", { package = "http://h.net/b", manifest = path })
  end)

  it("needs a signature where that is required", function()
    folder.write(file .. ".json", '{"from":"A"}')
    refused("package", "is not signed; signatures are required", { package = file }, "on")
    refused("package", "has no manifest", { package = "http://h.net/a" }, "on")
    refused("settings", "no such file", { package = file, key = { dir .. "/none.pem" } })
  end)

  it("that is not found may have been meant as a URL", function()
    refused("package_missing", "if a URL is meant, write http://h.net/a", { package = "h.net/a" })
  end)

  it("completes what the call does not say, and refuses what it says otherwise", function()
    local request = { to = "B" }
    assert.is_true(selection.complete(request, { from = "A", to = "B" }))
    assert.same({ from = "A", to = "B" }, request)
    assert.is_true(selection.complete(request, {}))
    for name, package in pairs { from = { from = "X", manifest = "m" }, to = { to = "X", manifest = "m" } } do
      local ok, err = selection.complete({ from = "A", to = "B" }, package)
      assert.is_nil(ok)
      assert.same({ "package", ("m: %s says X, but --%s is %s"):format(name, name, name == "from" and "A" or "B") },
        { err.kind, err.message })
    end
  end)
end)
