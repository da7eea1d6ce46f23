local core = require "dfota.core"
local folder = require "support.folder"
local regular_file = require "dfota.base.regular_file"
local uv = require "luv"

describe("a regular file", function()
  local dir, cleanup, path
  before_each(function()
    dir, cleanup = folder.new()
    path = dir .. "/file"
  end)
  after_each(function() cleanup() end)

  it("is read completely up to the limit, also through a link", function()
    folder.write(path, "12345")
    assert(uv.fs_symlink("file", dir .. "/link"))
    assert.equal("12345", regular_file.read(path, 5))
    assert.equal("12345", regular_file.read(dir .. "/link", 100))
    assert.same({ nil, "is longer than 4 bytes" }, { regular_file.read(path, 4) })
    local file <close>, size = assert(regular_file.open(path))
    assert.same({ 5, "12" }, { size, file:read(2) })
    folder.write(path, "")
    assert.equal("", regular_file.read(path, 5))
  end)

  it("distinguishes a missing file from an unreadable one", function()
    assert.same({ nil, "no such file or directory", true }, { regular_file.read(path, 5) })
    assert.same({ nil, "is a directory", false }, { regular_file.read(dir, 5) })
    folder.write(path, "1")
    assert.is_false((select(3, regular_file.read(path .. "/x", 5))))
  end)

  it("is not a pipe or a device, and neither blocks", function()
    os.execute("mkfifo '" .. path .. "'")
    folder.write(dir .. "/a", "x")
    for _, other in ipairs { path, "/dev/zero", "/dev/tty", dir .. "/a\0b" } do
      local content, reason, absent = regular_file.read(other, 5)
      assert.is_nil(content)
      assert.is_string(reason)
      assert.is_false(absent or false)
    end
  end)

  local function descriptors()
    local scan, count = uv.fs_scandir "/proc/self/fd", 0
    while uv.fs_scandir_next(scan) do count = count + 1 end
    return count
  end

  -- Reads while a function of the core does something else first.
  local function read_with(fn)
    collectgarbage() -- what earlier specs left open
    local real, before = core.open_file, descriptors()
    core.open_file = function(...) return fn(real, ...) end
    local result = table.pack(pcall(regular_file.read, path, 5))
    core.open_file = real
    assert.equal(before, descriptors())
    assert(result[1], result[2])
    return table.unpack(result, 2, 4)
  end

  it("is checked once open, because its name may point elsewhere by then", function()
    for reason, replace in pairs {
      ["is a directory"] = function() assert(uv.fs_mkdir(path, 448)) end,
      ["is not a regular file"] = function() os.execute("mkfifo '" .. path .. "'") end,
      ["no such file or directory"] = function() end,
    } do
      folder.write(path, "12345")
      local content, why, absent = read_with(function(open, ...)
        os.remove(path)
        replace()
        return open(...)
      end)
      os.remove(path)
      assert.same({ nil, reason, reason:find "^no such" and true or false }, { content, why, absent or false })
    end
  end)

  it("that cannot be opened or read says why", function()
    folder.write(path, "12345")
    local denied = core.error("io", path .. ": cannot be opened: Permission denied", 13)
    assert.same({ nil, "permission denied", false }, { read_with(function() return nil, denied end) })
    assert.same({ nil, "bad file descriptor" }, { read_with(function() return io.open(path, "a") end) })
  end)
end)
