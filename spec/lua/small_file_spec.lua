local folder = require "support.folder"
local small_file = require "dfota.small_file"
local uv = require "luv"

describe("a small file", function()
  local dir, cleanup
  setup(function() dir, cleanup = folder.new() end)
  teardown(function() cleanup() end)

  it("is read whole, up to its limit", function()
    local path = folder.write(dir .. "/a", "\0\r\nx")
    assert.equal("\0\r\nx", small_file.read(path, 4))
    assert.same({ nil, "is longer than 3 bytes" }, { small_file.read(path, 3) })
    assert.equal("", small_file.read(folder.write(dir .. "/empty", ""), 0))
  end)

  it("is a regular file: nothing else is opened, and nothing is waited for", function()
    local pipe = dir .. "/pipe"
    assert.equal(0, (select(3, os.execute("mkfifo " .. pipe))))
    local server = uv.new_pipe(false)
    assert(server:bind(dir .. "/socket"))
    for path, reason in pairs {
      [pipe] = "is a pipe", [dir] = "is a directory", [dir .. "/socket"] = "is a socket",
      ["/dev/zero"] = "is not a regular file", ["/dev/tty"] = "is not a regular file",
      [dir .. "/none"] = "no such file or directory", [""] = "no such file or directory",
      [dir .. "/empty\0"] = "has a zero byte in its name",
    } do
      assert.same({ nil, reason }, { small_file.read(path, 10) })
    end
    server:close()
    uv.run "nowait"
  end)

  it("is followed through a link, and one that leads to itself is told", function()
    folder.write(dir .. "/target", "x")
    assert(uv.fs_symlink(dir .. "/target", dir .. "/link"))
    assert(uv.fs_symlink(dir .. "/loop", dir .. "/loop"))
    assert.equal("x", small_file.read(dir .. "/link", 10))
    assert.same({ nil, "too many symbolic links encountered" }, { small_file.read(dir .. "/loop", 10) })
  end)
end)
