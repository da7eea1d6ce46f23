local disk = require "dfota.fleet.disk"
local folder = require "support.folder"
local uv = require "luv"

describe("The time of a commit", function()
  it("is measured where the run is kept, and leaves nothing there", function()
    local dir, cleanup = folder.new()
    assert.is_true(disk.sync_s(dir) > 0)
    assert.is_nil(uv.fs_scandir_next(assert(uv.fs_scandir(dir))))
    cleanup()
  end)

  it("is the median of several", function()
    local dir, cleanup = folder.new()
    local hrtime, times, at = uv.hrtime, { 0, 9, 0, 1, 0, 5, 0, 2, 0, 3 }, 0
    uv.hrtime = function()
      at = at + 1
      return times[at] * 1e9
    end
    finally(function() uv.hrtime = hrtime end)
    assert.equal(3, disk.sync_s(dir))
    cleanup()
  end)

  it("is unknown where nothing can be written", function() assert.is_nil(disk.sync_s "/proc") end)

  it("has room unless it is known to have none", function()
    local statfs = uv.fs_statfs
    finally(function() uv.fs_statfs = statfs end)
    local function has(of, bytes)
      uv.fs_statfs = function() return of end
      return disk.has_room("/x", bytes)
    end
    assert.is_true(has { blocks = 100, bavail = 16, bsize = 4096 })
    assert.is_false(has { blocks = 100, bavail = 15, bsize = 4096 })
    assert.is_true(has { blocks = 0, bavail = 0, bsize = 4096 }) -- some file systems do not count
    assert.is_true(has(nil))
    assert.is_true(has({ blocks = 100, bavail = 2, bsize = 4096 }, 8192))
    assert.is_false(has({ blocks = 100, bavail = 2, bsize = 4096 }, 8193))
    uv.fs_statfs = statfs
    assert.is_true(disk.has_room(uv.os_tmpdir()))
  end)
end)
