local NewFile = require "dfota.base.new_file"
local folder = require "support.folder"
local uv = require "luv"

describe("A new file", function()
  local dir, cleanup, path
  before_each(function()
    dir, cleanup = folder.new()
    path = dir .. "/file"
  end)
  after_each(function() cleanup() end)

  local function count()
    local n, scan = 0, uv.fs_scandir(dir)
    while scan and uv.fs_scandir_next(scan) do n = n + 1 end
    return n
  end

  it("appears under its name, for its owner only, once it is finished", function()
    local file <close> = assert(NewFile.create(path))
    assert(file:write "one")
    assert(file:write(("two"):rep(100000)))
    assert.is_nil(uv.fs_lstat(path))
    assert.is_true(file:finish())
    assert.equal("one" .. ("two"):rep(100000), folder.read(path))
    assert.equal(tonumber("600", 8), uv.fs_stat(path).mode & tonumber("777", 8))
    assert.equal(1, count())
  end)

  it("is gone if it is closed before", function()
    local file = assert(NewFile.create(path))
    assert(file:write "half")
    file:close()
    file:close()
    assert.equal(0, count())
  end)

  it("replaces nothing, nor what came under its name meanwhile", function()
    local file <close> = assert(NewFile.create(path))
    folder.write(path, "mine")
    assert.same({ nil, "exists already" }, { NewFile.create(path) })
    assert(file:write "other")
    assert.same({ nil, "exists already" }, { file:finish() })
    assert.equal("mine", folder.read(path))
    assert.equal(1, count())
  end)

  it("does not go through a link, dangling or not", function()
    assert(uv.fs_symlink(dir .. "/elsewhere", path))
    assert.same({ nil, "exists already" }, { NewFile.create(path) })
    assert.equal(1, count())
  end)

  for name, words in pairs { [""] = "is not a path", ["a\0b"] = "is not a path", ["a/"] = "names a directory" } do
    it(("cannot be called %q"):format(name), function()
      assert.same({ nil, words }, { NewFile.create(name) })
    end)
  end

  it("says why it cannot be created", function()
    assert.same({ nil, "no such file or directory" }, { NewFile.create(dir .. "/none/file") })
    folder.write(path, "")
    assert.same({ nil, "not a directory" }, { NewFile.create(path .. "/file") })
  end)

  it("says when the disk is full", function()
    local file <close> = assert(NewFile.create(path))
    local own = file.fd
    file.fd = assert(uv.fs_open("/dev/full", "w", 0))
    assert.same({ nil, "no space left on device" }, { file:write "x" })
    uv.fs_close(file.fd)
    file.fd = own
  end)
end)
