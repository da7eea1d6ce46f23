local Process = require "support.process"
local child = require "support.child"
local core = require "dfota.core"
local folder = require "support.folder"
local ledger = require "dfota.ledger.ledger"
local message = require "dfota.ledger.message"
local uv = require "luv"

assert(os.execute("make -s build/slow_sync_shim.so"))
local SLOW = uv.cwd() .. "/build/slow_sync_shim.so"

-- Runs something while programs that are started have slow disks.
local function with_slow_disk(ms, fn)
  uv.os_setenv("LD_PRELOAD", SLOW)
  uv.os_setenv("SLOW_SYNC_MS", tostring(ms))
  local ok, err = pcall(fn)
  uv.os_unsetenv("LD_PRELOAD")
  uv.os_unsetenv("SLOW_SYNC_MS")
  if not ok then error(err, 0) end
end

local function took(fn)
  local began = core.now()
  local result, err = fn()
  return core.now() - began, result, err
end

local function hold(path, seconds)
  local holder = Process.start(Process.lua, { "spec/support/ledger_holder.lua", path, tostring(seconds) })
  holder:await("out", "held")
  return holder
end

describe("A ledger never holds a run:", function()
  local dir, cleanup, path, book

  before_each(function()
    dir, cleanup = folder.new()
    path = dir .. "/ledger.db"
  end)
  after_each(function()
    if book then book:close() end
    book = nil
    cleanup()
  end)

  -- How long a worker takes to start is the machine's affair: limits count from then on.
  local function open(limits)
    book = assert(ledger.open(path))
    for name, value in pairs(limits or {}) do book.limits[name] = value end
    return book
  end

  local function rows() return assert(ledger.open(path)):rows() end

  it("what was written is there when it is opened again", function()
    local id = assert(open():begin { imei = "1", from = "A" })
    assert(book:triggered(id, { wall = 5, mono = 7, boot = "b" }))
    assert(book:conclude(id, { outcome = "updated", after = "B", rc = 0 }))
    book:close()
    book:close()
    local row = open():rows()[1]
    assert.same({ id, 5, 7, "b", "updated", 0 }, { row.id, row.triggered, row.mono, row.boot, row.outcome, row.rc })
  end)

  it("one behind a link of one's own is kept like any other", function()
    assert(uv.fs_mkdir(dir .. "/data", 448))
    assert(uv.fs_symlink("data/real.db", path))
    for _ = 1, 2 do
      local id = assert(open():begin { imei = "1", from = "A" })
      assert(book:triggered(id, { wall = 5, mono = 7, boot = "b" }))
      assert(book:conclude(id, { outcome = "updated", after = "B", rc = 0 }))
      book:close()
    end
    assert.equal(2, #rows())
  end)

  it("64 jobs at once, on a disk where a sync takes 60 ms, are all recorded to their end", function()
    local jobs = {}
    with_slow_disk(60, function()
      for i = 1, 64 do
        jobs[i] = Process.start(Process.lua, { "spec/support/ledger_writer.lua", path, "module " .. i, "1" })
      end
    end)
    for _, job in ipairs(jobs) do assert.equal(0, job:wait(), job.err) end
    local all = rows()
    assert.equal(64, #all)
    for _, row in ipairs(all) do assert.equal("updated", row.outcome) end
  end)

  it("a disk that hangs is an error before the trigger, and only a missing record after it", function()
    open():close()
    with_slow_disk(100000, function()
      open { answer_s = 0.3, last_s = 0.2 }
      local s, id, err = took(function() return book:begin { imei = "1" } end)
      assert.is_nil(id)
      assert.equal("ledger", err.kind)
      assert.matches("no answer within 0.3 s", err.message, 1, true)
      assert.is_true(s < 2, "it took " .. s)
      s, id = took(function() return book:conclude(nil, { outcome = "updated" }) end)
      assert.is_nil(id)
      assert.is_true(s < 1, "it took " .. s)
    end)
  end)

  it("a worker that froze is replaced by another", function()
    open { answer_s = 2 } -- in which another has to start
    local id = assert(book:begin { imei = "1" })
    uv.kill(book.process:get_pid(), "sigstop")
    assert.is_true(book:triggered(id))
    assert.is_true(book:conclude(id, { outcome = "updated" }))
    assert.equal("updated", book:rows()[1].outcome)
  end)

  it("a worker that died is replaced by another, also for the last word", function()
    open()
    local id = assert(book:begin { imei = "1" })
    for _, step in ipairs { "triggered", "finish", "conclude" } do
      uv.kill(book.process:get_pid(), "sigkill")
      assert(core.wait(10, book.fd)) -- it is gone: to write to it would raise a SIGPIPE
      assert.is_true(book[step](book, id, { outcome = "updated" }))
    end
    assert.equal(1, #book:rows())
  end)

  -- The first worker may have written it before it died.
  it("what is said again to another worker is the same row, at the same time", function()
    open()
    local sent, send = {}, core.send
    finally(function() core.send = send end)
    core.send = function(fd, bytes)
      local frame = message.take(bytes)
      if frame then
        sent[frame[1]] = sent[frame[1]] or {}
        table.insert(sent[frame[1]], frame[2])
      end
      return send(fd, bytes)
    end
    local function kill() uv.kill(book.process:get_pid(), "sigkill") end
    kill()
    assert.is_string(book:begin { imei = "1" })
    kill()
    assert.is_true(book:conclude(nil, { imei = "2", outcome = "not_started" }))
    for _, name in ipairs { "begin", "record" } do
      local first, second = table.unpack(sent[name])
      assert.is_string(first.id)
      assert.same(first, second)
    end
    assert.equal(2, #book:rows())
  end)

  it("others that hold it are waited for", function()
    open { answer_s = 1, busy_s = 20 }
    local holder = hold(path, 2)
    assert.is_string(book:begin { imei = "1" })
    assert.equal(0, holder:wait())
  end)

  it("others that go on holding it are named", function()
    open { busy_s = 0.3, last_s = 0.2 }
    local holder = hold(path, 100)
    local s, id, err = took(function() return book:begin { imei = "1" } end)
    assert.is_nil(id)
    assert.equal("ledger_locked", err.kind)
    assert.matches("others have held it for 0.3 s", err.message, 1, true)
    assert.is_true(s >= 0.3 and s < 2, "it took " .. s)
    s, id, err = took(function() return book:conclude(nil, { outcome = "updated" }) end)
    assert.is_nil(id)
    assert.truthy(err)
    assert.is_true(s < 1, "it took " .. s)
    holder:kill()
  end)

  it("a signal ends the waiting before the trigger, and does not cut the last word short", function()
    assert(core.catch_signals())
    finally(function()
      core.release_signals()
      core.signals_taken()
    end)
    open { answer_s = 20 }
    local function press() assert(io.popen("exec kill -INT " .. child.pid())):close() end
    press()
    local s, id, err = took(function() return book:begin { imei = "1" } end)
    assert.is_nil(id)
    assert.equal("interrupted", err.kind)
    assert.is_true(s < 5, "it took " .. s)
    press()
    assert.is_true(book:conclude(nil, { imei = "2", outcome = "updated" }))
    assert.equal("2", rows()[1].imei)
  end)

  it("its worker shares none of our output, tells nobody the place, and ends with it", function()
    open()
    local pid = book.process:get_pid()
    for fd = 1, 2 do assert.equal("/dev/null", uv.fs_readlink(("/proc/%d/fd/%d"):format(pid, fd))) end
    assert.is_nil(folder.read(("/proc/%d/cmdline"):format(pid)):find(path, 1, true))
    book:close()
    local patience = core.now() + 10
    while uv.kill(pid, 0) and not folder.read(("/proc/%d/stat"):format(pid)):find("^%d+ %b() Z") do
      assert.is_true(core.now() < patience)
      core.wait(0.005)
    end
  end)

  it("none and one that is only looked at and not there yet have no worker", function()
    assert.is_nil(ledger.open("none").process)
    assert.is_nil(assert(ledger.open(path, { readonly = true })).process)
    assert.is_nil(uv.fs_stat(path))
  end)

  it("a ledger that was closed is not asked", function()
    open():close()
    assert.has_error(function() book:rows() end, "the ledger is closed")
  end)
end)
