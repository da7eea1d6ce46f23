local folder = require "support.folder"
local private_file = require "dfota.base.private_file"
local uv = require "luv"

describe("a private file", function()
  local dir, cleanup, path
  before_each(function()
    dir, cleanup = folder.new()
    path = dir .. "/file"
  end)
  after_each(function() cleanup() end)

  local function add(words, where)
    local fd, real = assert(private_file.open(where or path))
    assert(uv.fs_write(fd, words, -1))
    assert(uv.fs_close(fd))
    return real
  end

  local function refused(reason, where)
    local fd, why = private_file.open(where or path)
    assert.is_nil(fd)
    assert.matches(reason, why)
  end

  it("is created for its owner only, and appended to", function()
    add "one"
    assert.equal(path, add "two")
    assert.equal("onetwo", folder.read(path))
    assert.equal(tonumber("600", 8), uv.fs_stat(path).mode & tonumber("777", 8))
  end)

  it("can be asked for beforehand, and is not made by that", function()
    assert.is_true(private_file.check(path))
    assert.is_nil(uv.fs_lstat(path))
    assert.same({ nil, "is a directory" }, { private_file.check(dir) })
    assert(uv.fs_symlink("loop", dir .. "/loop"))
    assert.same({ nil, "has too many levels of symbolic links" }, { private_file.check(dir .. "/loop") })
  end)

  it("keeps the mode of an existing file", function()
    folder.write(path, "")
    assert(uv.fs_chmod(path, tonumber("640", 8)))
    add "one"
    assert.equal(tonumber("640", 8), uv.fs_stat(path).mode & tonumber("777", 8))
  end)

  it("may be reached through one's own links, including relative and dangling ones", function()
    assert(uv.fs_symlink("there", path))
    assert(uv.fs_symlink(dir .. "/target", dir .. "/there"))
    assert.equal(dir .. "/target", add "one")
    assert.equal(dir .. "/target", assert(private_file.prepare(path)))
    assert.equal("one", folder.read(dir .. "/target"))
  end)

  it("is never reached through a link owned by another user", function()
    if uv.getuid() ~= 0 then return pending "only root can make links of others" end
    assert(uv.fs_symlink(dir .. "/victim", path))
    assert(uv.fs_lchown(path, 65534, 65534))
    refused "owned by another user"
    assert(uv.fs_symlink(path, dir .. "/ours"))
    refused("owned by another user", dir .. "/ours")
    assert.is_nil(uv.fs_lstat(dir .. "/victim"))
  end)

  it("is never in a directory reached through such a link", function()
    if uv.getuid() ~= 0 then return pending "only root can make links of others" end
    assert(uv.fs_mkdir(dir .. "/real", 448))
    assert(uv.fs_symlink("real", dir .. "/link"))
    assert.equal(dir .. "/link/file", add("one", dir .. "/link/file"))
    assert(uv.fs_lchown(dir .. "/link", 65534, 65534))
    refused("owned by another user", dir .. "/link/file")
    refused("owned by another user", dir .. "/link/new")
  end)

  it("is not a directory, pipe or loop of links, and none of these blocks", function()
    refused("is a directory", dir)
    os.execute("mkfifo '" .. path .. "'")
    refused "is a named pipe"
    assert(uv.fs_symlink("loop", dir .. "/loop"))
    refused("too many", dir .. "/loop")
    refused("no such file", dir .. "/none/file")
    refused("is not a path", "")
    refused("is not a path", path .. "\0")
    assert.is_nil((private_file.prepare(dir)))
  end)

  it("may be reached through a link owned by root", function()
    local getuid = uv.getuid
    assert(uv.fs_symlink("target", path))
    local root_made_it = getuid() == 0
    uv.getuid = function() return 12345 end
    local fd, why = private_file.open(path)
    uv.getuid = getuid
    if fd then uv.fs_close(fd) end
    assert.equal(root_made_it, fd ~= nil, why)
  end)

  it("may be a device such as /dev/null", function()
    assert.equal("/dev/null", assert(private_file.prepare "/dev/null"))
  end)

  it("is not written to if it was replaced, and leaks no descriptor", function()
    local function descriptors()
      local scan, count = uv.fs_scandir "/proc/self/fd", 0
      while uv.fs_scandir_next(scan) do count = count + 1 end
      return count
    end
    folder.write(path, "")
    folder.write(dir .. "/other", "")
    local before, open = descriptors(), uv.fs_open
    assert(private_file.prepare(path))
    uv.fs_open = function(...)
      assert(uv.fs_rename(dir .. "/other", path))
      return open(...)
    end
    local fd, why = private_file.open(path)
    uv.fs_open = open
    assert.same({ nil, "was replaced while being opened" }, { fd, why })
    assert.equal(before, descriptors())
  end)
end)
