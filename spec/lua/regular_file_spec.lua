local folder = require "support.folder"
local regular_file = require "dfota.regular_file"
local uv = require "luv"

describe("a regular file", function()
  local dir, cleanup, path
  before_each(function()
    dir, cleanup = folder.new()
    path = dir .. "/file"
  end)
  after_each(function() cleanup() end)

  it("is read whole up to the limit, through a link too", function()
    folder.write(path, "12345")
    assert(uv.fs_symlink("file", dir .. "/link"))
    assert.equal("12345", regular_file.read(path, 5))
    assert.equal("12345", regular_file.read(dir .. "/link", 100))
    assert.same({ nil, "is longer than 4 bytes" }, { regular_file.read(path, 4) })
    assert.equal(5, regular_file.stat(path).size)
    folder.write(path, "")
    assert.equal("", regular_file.read(path, 5))
  end)

  it("tells a file that is not there from one that cannot be read", function()
    assert.same({ nil, "no such file or directory", true }, { regular_file.read(path, 5) })
    assert.same({ nil, "is a directory", false }, { regular_file.read(dir, 5) })
    folder.write(path, "1")
    assert.is_false((select(3, regular_file.read(path .. "/x", 5))))
  end)

  it("is no pipe and no device, and neither is waited on", function()
    os.execute("mkfifo '" .. path .. "'")
    for _, other in ipairs { path, "/dev/zero", "/dev/tty", path .. "\0" } do
      local content, reason, absent = regular_file.read(other, 5)
      assert.is_nil(content)
      assert.is_string(reason)
      assert.is_false(absent or false)
    end
  end)
end)
