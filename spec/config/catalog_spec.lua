local Catalog = require "dfota.config.catalog"
local Trust = require "dfota.config.trust"
local core = require "dfota.core"
local folder = require "support.folder"
local uv = require "luv"

local ALL = assert(Trust.load { getenv = function() return nil end })

describe("A folder of packages", function()
  local dir, cleanup
  before_each(function() dir, cleanup = folder.new() end)
  after_each(function() cleanup() end)

  local function write(name, json, content)
    folder.write(("%s/%s.json"):format(dir, name), json)
    if content ~= false then folder.write(("%s/%s"):format(dir, name), content or "RDAOTA01abc") end
  end

  local function refused(kind, reason, catalog, err)
    assert.is_nil(catalog)
    assert.truthy(core.is_error(err))
    assert.equal(kind, err.kind)
    assert.is_truthy(err.message:find(reason, 1, true), err.message)
    assert.is_nil(err.message:find "%c")
  end

  it("is read by its manifests, in the order of their names", function()
    write("b.pack", '{"from":"B","to":"C","model":"M","notes":"n"}')
    write("a.pack", '{"from":"A","to":"B","size":11}')
    write("c.pack", '{"from":"C","to":"D","url":"http://h.net/c.pack","size":7}', false)
    folder.write(dir .. "/readme.txt", "x")
    folder.write(dir .. "/.hidden.json", "x")
    local found, seen = assert(Catalog.read(dir .. "/", ALL)), {}
    for i, entry in ipairs(found.entries) do
      seen[i] = table.concat({ entry.name, entry.from, entry.to, entry.size, entry.file and "file" or entry.url }, " ")
    end
    assert.same({ "a.pack A B 11 file", "b.pack B C 11 file", "c.pack C D 7 http://h.net/c.pack" }, seen)
    assert.same({}, found.problems)
    assert.equal(dir .. "/a.pack", found.entries[1].file)
  end)

  it("uses the file if there is one, although its manifest names a URL", function()
    write("a.pack", '{"from":"A","to":"B","url":"http://h.net/a"}')
    assert.is_nil(assert(Catalog.read(dir, ALL)).entries[1].url)
  end)

  it("may contain manifests that cannot be used: the others are", function()
    write("a.pack", '{"from":"A","to":"B"}')
    local bad = {
      ["b.pack"] = { '{"from":"A","to":"B","size":4}', "size says 4, the package has 11 bytes" },
      ["c.pack"] = { "{", "is not JSON" }, ["d.pack"] = { '{"from":"A"}', "names no from and to" },
      ["e.pack"] = { '{"from":"A","to":"B"}', "no package beside it", false },
      ["f.pack"] = { '{"from":"A","to":"B","signature":"x:00"}', nil },
    }
    for name, case in pairs(bad) do write(name, case[1], case[3]) end
    local found = assert(Catalog.read(dir, ALL))
    assert.same({ 2, 4 }, { #found.entries, #found.problems })
    for _, problem in ipairs(found.problems) do
      local name = problem.message:match "/(%w%.pack)%.json: "
      assert.is_truthy(problem.message:find(bad[name][2], 1, true), problem.message)
    end
    assert.matches("^; 4 manifests cannot be used: [^;]*b.pack.json: size says 4[^;]*; [^;]*c.pack.json: [^;]*; "
      .. "[^;]*d.pack.json: [^;]*; [^;]*e.pack.json: [^;]*$", found:unusable())
  end)

  it("does not use what is not trusted", function()
    write("a.pack", '{"from":"A","to":"B"}')
    local found = assert(Catalog.read(dir, assert(Trust.load { required = true, getenv = function() return nil end })))
    assert.same({ 0, 1 }, { #found.entries, #found.problems })
  end)

  it("is refused in one line if it is none", function()
    refused("package_missing", "is a directory, not a package, and holds no manifest (*.json)", Catalog.read(dir, ALL))
    refused("package_missing", "no such file", Catalog.read(dir .. "/none", ALL))
    refused("package_missing", "not a directory", Catalog.read(folder.write(dir .. "/x", "x"), ALL))
  end)

  it("is refused in one line if all of it is wrong", function()
    write("a.pack", "garbage")
    write("b.pack", "[]")
    local found = assert(Catalog.read(dir, ALL))
    refused("package", "no usable manifest; 2 manifests cannot be used: ", found:check_target "C")
  end)

  it("names in one line all manifests that prevent the target, so that they can be fixed in one go", function()
    for i = 1, 23 do write(("b%02d.pack"):format(i), '{"from":"A","to":"C","size":4}') end
    write("a.pack", '{"from":"B","to":"C"}', false)
    local _, err = assert(Catalog.read(dir, ALL)):check_target "C"
    assert.equal("package_missing", err.kind)
    for _, name in ipairs { "a.pack", "b01.pack", "b19.pack" } do
      assert.is_truthy(err.message:find(name .. ".json: ", 1, true), err.message)
    end
    assert.matches("; and 4 more: package.lua check names them; no other package leads to C$", err.message)
  end)

  it("says where its packages lead if they do not lead to the target", function()
    for i = 1, 7 do write(i .. ".pack", ('{"from":"A","to":"T%d"}'):format(i)) end
    local found = assert(Catalog.read(dir, ALL))
    assert.is_true(found:check_target "T3")
    refused("package", "no package leads to X, only to T1, T2, T3, T4 and 3 more", found:check_target "X")
    assert.matches("^add packages with manifests to the folder", select(2, found:check_target "X").advice)
    assert.same({ true, false }, { found:is_source "A", found:is_source "T3" })
  end)

  describe("opens a package", function()
    local function entry() return assert(Catalog.read(dir, ALL)).entries[1] end

    it("and checks all that its manifest says", function()
      write("a.pack", '{"from":"A","to":"B","model":"M"}')
      local package = assert(Catalog.open(entry(), { trust = ALL }))
      package.file:close()
      assert.same({ "A", "B", "M", 11 }, { package.from, package.to, package.model, package.size })
      write("a.pack", '{"from":"A","to":"B","sha256":"' .. ("0"):rep(64) .. '"}')
      refused("package", "sha256 does not match", Catalog.open(entry(), { trust = ALL }))
    end)

    it("or its URL", function()
      write("a.pack", '{"from":"A","to":"B","url":"http://h.net/a","size":9}', false)
      local package = assert(Catalog.open(entry(), { trust = ALL }))
      assert.same({ "http://h.net/a", "A", "B", 9, nil },
        { package.url, package.from, package.to, package.announced_bytes, package.size })
    end)

    it("unless its manifest was changed or removed since it was read", function()
      write("a.pack", '{"from":"A","to":"B"}')
      local before = entry()
      write("a.pack", '{"from":"A","to":"C"}')
      refused("package", "was changed meanwhile", Catalog.open(before, { trust = ALL }))
      assert(uv.fs_unlink(before.manifest))
      refused("package", "no such file", Catalog.open(before, { trust = ALL }))
    end)
  end)
end)
