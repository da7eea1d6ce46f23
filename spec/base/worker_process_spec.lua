local core = require "dfota.core"
local uv = require "luv"
local worker_process = require "dfota.base.worker_process"

-- Luv's handles must have closed before this process ends.
local function kill(process)
  process:kill()
  uv.run "nowait"
end

-- Says that it was started, and then waits for its other end to close.
local MODULE = "support.worker"

local function started(process)
  finally(function() kill(process) end)
  assert(core.wait(10, process.fd))
  return uv.fs_read(process.fd, 100)
end

-- It is a zombie, which has no command line any more.
local function has_ended(pid)
  local file <close> = assert(io.open(("/proc/%d/cmdline"):format(pid)))
  return file:read "a" == ""
end

describe("A worker process", function()
  it("is told who started it, and talks over a socket of its own", function()
    local process = assert(worker_process.start(MODULE))
    assert.equal(("started by %d"):format(uv.os_getpid()), started(process))
  end)

  it("that was prepared is the one that is taken, once", function()
    worker_process.prepare(MODULE)
    local prepared = assert(worker_process.take(MODULE))
    started(prepared)
    local another = assert(worker_process.take(MODULE))
    started(another)
    assert.not_equal(prepared.pid, another.pid)
  end)

  it("that cannot be started is told, with the reason", function()
    local spawn = uv.spawn
    finally(function() uv.spawn = spawn end)
    uv.spawn = function() return nil, "EAGAIN: resource temporarily unavailable" end
    local process, why = worker_process.start(MODULE)
    assert.is_nil(process)
    assert.equal("EAGAIN: resource temporarily unavailable", why)
    worker_process.prepare(MODULE)
    process, why = worker_process.take(MODULE)
    assert.is_nil(process)
    assert.equal("EAGAIN: resource temporarily unavailable", why)
  end)

  it("is gone once it was killed, and leaves no zombie behind: a program may run for days", function()
    local process = assert(worker_process.start(MODULE))
    kill(process)
    local until_s = core.now() + 10
    while not core.reap(process.pid) and core.now() < until_s do core.wait(0.01) end
    assert.equal("ESRCH", select(3, uv.kill(process.pid, 0)))
    process = assert(worker_process.start(MODULE))
    kill(process)
    while not has_ended(process.pid) and core.now() < until_s do core.wait(0.01) end
    started(assert(worker_process.start(MODULE)))
    assert.equal("ESRCH", select(3, uv.kill(process.pid, 0)))
  end)
end)
