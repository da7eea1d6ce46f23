local file_kind = require "dfota.base.file_kind"
local uv = require "luv"

describe("What is no file", function()
  it("is called by its name, not by libuv's", function()
    assert.equal("is a character device", file_kind.is(uv.fs_stat("/dev/null").type))
    assert.equal("is a directory", file_kind.is(uv.fs_stat("/dev").type))
    assert.equal("is a named pipe", file_kind.is "fifo")
    assert.equal("is not a file", file_kind.is "unknown")
  end)
end)
