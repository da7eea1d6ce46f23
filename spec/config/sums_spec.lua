local Catalog = require "dfota.config.catalog"
local Sums = require "dfota.config.sums"
local Trust = require "dfota.config.trust"
local folder = require "support.folder"
local uv = require "luv"
local packages = require "dfota.config.package"

local ONE, OTHER = ("1a"):rep(32), ("2b"):rep(32)

describe("A file of sha256sum", function()
  local dir, cleanup
  before_each(function() dir, cleanup = folder.new() end)
  after_each(function() cleanup() end)

  local function sums(content) return Sums.read(folder.write(dir .. "/SHA256SUMS", content)) end

  local function refused(words, ok, err)
    assert.is_nil(ok)
    assert.equal("package", err.kind)
    assert.is_truthy(err.message:find(words, 1, true), err.message)
  end

  it("says what a file must be, by its path or from the folder of that file, and that there is no other", function()
    local list = assert(sums(("%s  /p/a.pack\n%s *./b.pack\n"):format(ONE, ONE:upper())))
    assert.is_true(list:check("/p/a.pack", ONE))
    for _, path in ipairs { "b.pack", "./b.pack", dir .. "/b.pack" } do assert.is_true(list:check(path, ONE), path) end
    refused("/p/a.pack: is not the file that " .. dir .. "/SHA256SUMS names: put that back",
      list:check("/p/a.pack", OTHER))
    refused("/p/c.pack: is not named in " .. dir .. "/SHA256SUMS: name it there, or take it away",
      list:check("/p/c.pack", ONE))
    refused("/p/a.pack: is gone, and " .. dir .. "/SHA256SUMS names it", list:check_absent "/p/a.pack")
    assert.is_true(list:check_absent "/p/a.pack.json")
  end)

  it("names files from the working directory or its own folder, however they are written", function()
    local here = uv.cwd()
    local list = assert(sums(("%s  ./x//./a.pack\r\n%s  %s//b.pack\r\n"):format(ONE, ONE, here)))
    for _, path in ipairs {
      "x/a.pack", "./x/a.pack", here .. "/x/a.pack", dir .. "/x/./././a.pack", "b.pack", "././b.pack",
    } do
      assert.is_true(list:check(path, ONE), path)
    end
    refused("is not named", list:check(dir .. "/b.pack", ONE))
    refused("is not named", list:check("x/b.pack", ONE))
  end)

  it("reads what it writes and what sha256sum does, whatever the names", function()
    local names = { dir .. "/a b.pack", dir .. "/back\\slash", dir .. "/line\nend\\n" }
    local list = {}
    for i, name in ipairs(names) do
      list[i] = { path = name, hash = assert(packages.measure(folder.write(name, "RDAOTA01" .. i))).sha256 }
    end
    local pipe = assert(io.popen("cd " .. dir .. " && sha256sum a* b* l*"))
    local theirs = pipe:read "a"
    pipe:close()
    for _, content in ipairs { Sums.encode(list), theirs } do
      local read = assert(sums(content))
      for _, one in ipairs(list) do assert.is_true(read:check(one.path, one.hash), one.path) end
    end
  end)

  it("is refused if it is none, or cannot be read", function()
    for _, content in ipairs { "hello", ONE .. " a", ("1a"):rep(16) .. "  a", ONE .. "  \n" } do
      refused("SHA256SUMS: is not as sha256sum writes it: ", sums(content))
    end
    local none, err = Sums.read(dir .. "/none")
    assert.same({ nil, "package_missing", dir .. "/none: no such file or directory" }, { none, err.kind, err.message })
  end)

  -- Each is exchanged after the file was written.
  local EXCHANGED = {
    ["the package"] = { "/a.pack", "RDAOTA01xyz", "is not the file that" },
    ["its manifest"] = { "/a.pack.json", '{"from":"A","to":"C"}', "is not the file that" },
    ["a manifest that is gone"] = { "/a.pack.json", nil, "is gone, and" },
  }
  for name, case in pairs(EXCHANGED) do
    it("lets nothing else be used: " .. name, function()
      local path = folder.write(dir .. "/a.pack", "RDAOTA01abc")
      folder.write(path .. ".json", '{"from":"A","to":"B"}')
      os.execute(("cd %s && sha256sum a.pack a.pack.json >S"):format(dir))
      local trust = assert(Trust.load { sums = dir .. "/S", getenv = function() return nil end })
      assert.equal("B", assert(packages.read(path, { trust = trust })).to)
      local entry = assert(Catalog.entry(path .. ".json", trust))
      if case[2] then folder.write(dir .. case[1], case[2]) else os.remove(dir .. case[1]) end
      refused(case[3], packages.read(path, { trust = trust }))
      if case[2] then refused(case[3], Catalog.open(entry, { trust = trust })) end
    end)
  end

  it("leaves no file out for the URL that its manifest names besides", function()
    local path = folder.write(dir .. "/a.pack", "RDAOTA01abc")
    folder.write(path .. ".json", '{"from":"A","to":"B","url":"http://h.net/a"}')
    os.execute(("cd %s && sha256sum a.pack a.pack.json >S"):format(dir))
    local trust = assert(Trust.load { sums = dir .. "/S", getenv = function() return nil end })
    assert.equal(path, assert(Catalog.entry(path .. ".json", trust)).file)
    os.remove(path)
    refused("a.pack: is gone, and", Catalog.entry(path .. ".json", trust))
  end)

  it("has no place for a manifest that comes later", function()
    local path = folder.write(dir .. "/a.pack", "RDAOTA01abc")
    os.execute(("cd %s && sha256sum a.pack >S"):format(dir))
    local trust = assert(Trust.load { sums = dir .. "/S", getenv = function() return nil end })
    assert.is_truthy(packages.read(path, { trust = trust }))
    folder.write(path .. ".json", '{"from":"A","to":"B"}')
    refused("a.pack.json: is not named in", packages.read(path, { trust = trust }))
    refused("a.pack.json: is not named in", Catalog.entry(path .. ".json", trust))
  end)
end)
