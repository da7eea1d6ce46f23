local child = require "support.child"
local core = require "dfota.core"
local uv = require "luv"

describe("What is sent to another process", function()
  local ends
  before_each(function() ends = assert(uv.socketpair(nil, nil, {}, {})) end)
  after_each(function() for _, fd in ipairs(ends) do pcall(uv.fs_close, fd) end end)

  it("arrives whole, and nothing may be sent as well", function()
    assert.is_true(core.send(ends[1], "three words here"))
    assert.is_true(core.send(ends[1], ""))
    assert.equal("three words here", uv.fs_read(ends[2], 100))
  end)

  it("is never waited with: what finds no room is an error", function()
    local sent, err = core.send(ends[1], ("x"):rep(1 << 24)) -- some of it goes out
    assert.same({ nil, "io", "the other side accepts no more data" }, { sent, err.kind, err.message })
    sent, err = core.send(ends[1], ("x"):rep(1 << 20)) -- and then nothing
    assert.same({ nil, "io", "the other side accepts no more data" }, { sent, err.kind, err.message })
  end)

  it("is an error if the other end is closed, not the end of this process", function()
    uv.fs_close(ends[2])
    local sent, err = core.send(ends[1], "x")
    assert.same({ nil, "sending failed: Broken pipe" }, { sent, err.message })
  end)
end)

describe("A lock on a file", function()
  it("is one process's, for as long as that has the file open, and no child's", function()
    local path = os.tmpname()
    local holder = child.start([[
      local uv = require "luv"
      assert(core.lock(assert(uv.fs_open((...), "a+", 384))))
      local idle = uv.spawn("/bin/sleep", { args = { "60" } }, function() end)
      say(require("support.child").pid(), idle:get_pid())
      core.wait(60)
    ]], nil, path)
    local pid, of_child = holder:read("n", "n")
    local fd = assert(uv.fs_open(path, "a+", 384))
    assert.is_false(core.lock(fd))
    uv.kill(pid, "sigkill")
    holder:close() -- and its child lives on
    assert.is_true(core.lock(fd))
    assert.is_true(core.lock(fd))
    uv.fs_close(fd)
    uv.kill(of_child, "sigkill")
    os.remove(path)
  end)
end)

describe("A program that was started without its standard handles", function()
  it("has them filled, and no other, so that no port gets their numbers", function()
    local path = os.tmpname()
    child.run([[
      local uv = require "luv"
      local out = assert(uv.fs_open((...), "w", 384))
      for fd = 0, 2 do uv.fs_close(fd) end
      core.fill_standard_handles()
      local next_one = assert(uv.fs_open("/dev/null", "r", 0))
      local held = {}
      for fd = 0, 2 do held[fd + 1] = tostring(uv.fs_readlink("/proc/self/fd/" .. fd)) end
      uv.fs_write(out, table.concat(held, " ") .. " " .. tostring(next_one > 2))
      uv.fs_close(next_one)
      core.fill_standard_handles()
      uv.fs_write(out, " " .. tostring(next_one == uv.fs_open("/dev/null", "r", 0)))
      os.exit(0)
    ]], nil, path)
    local said <close> = assert(io.open(path))
    os.remove(path)
    assert.equal("/dev/null /dev/null /dev/null true true", said:read "a")
  end)
end)
