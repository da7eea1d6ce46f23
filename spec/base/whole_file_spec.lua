local folder = require "support.folder"
local uv = require "luv"
local whole_file = require "dfota.base.whole_file"

describe("A file that is written as a whole", function()
  local dir, cleanup, path
  before_each(function()
    dir, cleanup = folder.new()
    path = dir .. "/a.json"
  end)
  after_each(function() cleanup() end)

  local function names()
    local list, scan = {}, uv.fs_scandir(dir)
    for name in function() return uv.fs_scandir_next(scan) end do list[#list + 1] = name end
    table.sort(list)
    return list
  end

  it("has its content, and everybody may read it who may read new files", function()
    assert.is_true(whole_file.write(path, "content"))
    assert.equal("content", folder.read(path))
    local mask = tonumber(io.popen("umask"):read "a", 8)
    assert.equal(tonumber("644", 8) & ~mask, uv.fs_stat(path).mode & tonumber("777", 8))
  end)

  it("does not replace an existing one unasked", function()
    folder.write(path, "old")
    assert.same({ nil, "exists already", true }, { whole_file.write(path, "new") })
    assert.equal("old", folder.read(path))
    assert.is_true(whole_file.write(path, "new", true))
    assert.equal("new", folder.read(path))
    assert.same({ "a.json" }, names())
  end)

  it("replaces no directory and no device, forced or not", function()
    local never = { [dir] = "is a directory", [dir .. "/"] = "is a directory", ["/dev/null"] = "is a character device" }
    for where, why in pairs(never) do
      for _, force in ipairs { false, true } do
        assert.same({ nil, why }, { whole_file.write(where, "new", force) })
      end
    end
    assert.equal("char", uv.fs_stat("/dev/null").type)
  end)

  it("is written through no link, and replaces none: it stays what it was", function()
    local target = folder.write(dir .. "/theirs", "theirs")
    assert(uv.fs_symlink(target, path))
    for _, replace in ipairs { false, true } do -- at once, so that nobody is told to force it in vain
      assert.same({ nil, "is a symbolic link" }, { whole_file.write(path, "ours", replace) })
    end
    assert.same({ "theirs", "link" }, { folder.read(target), uv.fs_lstat(path).type })
  end)

  it("says why it cannot be written, and leaves nothing behind", function()
    assert(uv.fs_mkdir(path, 448))
    assert.same({ nil, "is a directory" }, { whole_file.write(path, "x", true) })
    assert.matches("no such file", select(2, whole_file.write(dir .. "/none/a", "x")))
    assert.matches("no such file", select(2, whole_file.write(dir .. "/none/a", "x", true)))
    assert.same({ "a.json" }, names())
  end)

  it("is removed if the disk is full", function()
    local write = uv.fs_write
    finally(function() uv.fs_write = write end)
    uv.fs_write = function() return nil, "ENOSPC: no space left on device" end
    assert.same({ nil, "no space left on device" }, { whole_file.write(path, "x") })
    folder.write(path .. ".kept", "old")
    assert.same({ nil, "no space left on device" }, { whole_file.write(path .. ".kept", "x", true) })
    assert.equal("old", folder.read(path .. ".kept"))
    assert.same({ "a.json.kept" }, names())
  end)
end)
