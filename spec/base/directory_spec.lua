local directory = require "dfota.base.directory"
local folder = require "support.folder"
local uv = require "luv"

describe("A directory", function()
  local dir, cleanup
  before_each(function() dir, cleanup = folder.new() end)
  after_each(function() cleanup() end)

  local function mode(path) return uv.fs_stat(path).mode & tonumber("777", 8) end

  it("is made with those above it, each with the mode that was asked for", function()
    assert.is_true(directory.make(dir .. "/a/b/c", tonumber("700", 8)))
    for _, path in ipairs { "/a", "/a/b", "/a/b/c" } do assert.equal(tonumber("700", 8), mode(dir .. path)) end
  end)

  it("that exists stays as it is, and so does the current one", function()
    local before = mode(dir)
    assert.is_true(directory.make(dir, tonumber("711", 8)))
    assert.is_true(directory.make("", tonumber("711", 8)))
    assert.equal(before, mode(dir))
  end)

  it("may be made by another process at the same moment", function()
    local mkdir = uv.fs_mkdir
    finally(function() uv.fs_mkdir = mkdir end)
    uv.fs_mkdir = function(path, how)
      mkdir(path, how)
      return mkdir(path, how)
    end
    assert.is_true(directory.make(dir .. "/a/b", tonumber("700", 8)))
  end)

  it("that cannot be made is told with the reason, and which one it was", function()
    folder.write(dir .. "/file", "")
    assert.same({ nil, "not a directory", dir .. "/file/a" },
      { directory.make(dir .. "/file/a/b", tonumber("700", 8)) })
  end)

  it("is removed with all that is in it, and nothing behind a link", function()
    assert(directory.make(dir .. "/a/b/c", tonumber("700", 8)))
    assert(directory.make(dir .. "/kept", tonumber("700", 8)))
    for _, path in ipairs { "/a/one", "/a/b/c/two", "/kept/three" } do folder.write(dir .. path, "") end
    assert(uv.fs_symlink(dir .. "/kept", dir .. "/a/b/link"))
    directory.remove(dir .. "/a")
    assert.is_nil(uv.fs_stat(dir .. "/a"))
    assert.truthy(uv.fs_stat(dir .. "/kept/three"))
    directory.remove(dir .. "/none")
  end)

  it("of a file is the part of its path before the name", function()
    for path, wanted in pairs { ["a"] = ".", ["a/b"] = "a", ["/a"] = "/", ["/a/b"] = "/a", ["a//b"] = "a" } do
      assert.equal(wanted, directory.of(path))
    end
  end)

  it("that could be made is told from one that could not, and nothing is made", function()
    local access = uv.fs_access
    finally(function() uv.fs_access = access end)
    folder.write(dir .. "/file", "")
    assert.is_true(directory.check(dir .. "/a/b"))
    assert.is_nil(uv.fs_stat(dir .. "/a"))
    assert.same({ nil, "is not a directory", dir .. "/file" }, { directory.check(dir .. "/file/a/b") })
    uv.fs_access = function(path) return path ~= dir end -- root may write everywhere
    assert.same({ nil, "is not writable by this user", dir }, { directory.check(dir .. "/a/b") })
  end)
end)
