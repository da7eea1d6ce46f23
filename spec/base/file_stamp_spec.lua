local file_stamp = require "dfota.base.file_stamp"
local folder = require "support.folder"
local uv = require "luv"

describe("The stamp of a file", function()
  it("is the same until somebody writes to it, puts another in its place, or removes it", function()
    local dir, remove = folder.new()
    finally(remove)
    local path = folder.write(dir .. "/a", "one")
    local stamp = assert(file_stamp.of(path))
    assert.equal(stamp, file_stamp.of(path))
    folder.write(dir .. "/b", "one")
    assert(uv.fs_rename(dir .. "/b", path))
    local other = assert(file_stamp.of(path))
    assert.not_equal(stamp, other)
    folder.write(path, "more than one")
    assert.not_equal(other, file_stamp.of(path))
    assert(uv.fs_unlink(path))
    assert.is_nil(file_stamp.of(path))
  end)
end)
