local Process = require "support.process"
local child = require "support.child"
local core = require "dfota.core"
local folder = require "support.folder"
local ledger = require "dfota.ledger.ledger"
local message = require "dfota.ledger.message"
local uv = require "luv"

assert(os.execute("make -s build/slow_sync_shim.so"))
local SLOW = uv.cwd() .. "/build/slow_sync_shim.so"

-- Runs something while child processes have slow disks.
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

describe("The boot of this host", function()
  it("is named as the kernel names it, and unknown where it does not", function()
    assert.matches("^%x+%-[%x-]+$", ledger.boot())
    local open = io.open
    finally(function() io.open = open end) -- luacheck: ignore 122
    io.open = function(path) -- luacheck: ignore 122
      assert.equal("/proc/sys/kernel/random/boot_id", path)
      return nil, "No such file or directory"
    end
    assert.is_nil(ledger.boot())
  end)
end)

describe("A ledger never hangs a run:", function()
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

  -- How long a worker takes to start depends on the machine: limits count from then on.
  local function open(limits)
    book = assert(ledger.open(path))
    for name, value in pairs(limits or {}) do book.limits[name] = value end
    return book
  end

  local function rows() return assert(ledger.open(path)):rows() end

  it("what was written is there after reopening", function()
    local id = assert(open():begin { imei = "1", from = "A" })
    assert(book:triggered(id, { wall = 5, mono = 7, boot = "b" }))
    assert(book:conclude(id, { outcome = "updated", after = "B", rc = 0 }))
    book:close()
    book:close()
    local row = open():rows()[1]
    assert.same({ id, 5, 7, "b", "updated", 0 }, { row.id, row.triggered, row.mono, row.boot, row.outcome, row.rc })
  end)

  it("one behind one's own link is used like any other", function()
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

  it("64 jobs at once, on a disk where a sync takes 60 ms, are all recorded completely", function()
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

  it("a hanging disk is an error before the trigger, and only a missing record after it", function()
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

  it("a frozen worker is replaced", function()
    open { answer_s = 2 } -- in which another has to start
    local id = assert(book:begin { imei = "1" })
    uv.kill(book.process.pid, "sigstop")
    assert.is_true(book:triggered(id))
    assert.is_true(book:conclude(id, { outcome = "updated" }))
    assert.equal("updated", book:rows()[1].outcome)
  end)

  it("a dead worker is replaced, also for the last write", function()
    open()
    local id = assert(book:begin { imei = "1" })
    for _, step in ipairs { "triggered", "finish", "conclude" } do
      uv.kill(book.process.pid, "sigkill")
      assert(core.wait(10, book.process.fd)) -- it is gone: to write to it would raise a SIGPIPE
      assert.is_true(book[step](book, id, { outcome = "updated" }))
    end
    assert.equal(1, #book:rows())
  end)

  it("rows are not cut short in silence if the worker that reads them dies", function()
    open()
    assert(book:begin { imei = "1" })
    assert(book:start_rows { limit = false })
    uv.kill(book.process.pid, "sigkill")
    local none, err = book:next_rows()
    assert.same({ nil, "ledger" }, { none, err.kind })
    assert.matches("reading it was cut short", err.message)
  end)

  it("requests of any size arrive, and those that nobody reads are given up", function()
    open()
    local page, facts = {}, '{"long":"' .. ("x"):rep(19000) .. '"}'
    for i = 1, 300 do page[i] = { id = "r" .. i, started = i, facts = facts, steps = {} } end
    assert.equal(300, book:take_in(page).added)
    assert.equal(facts, book:rows({ limit = 1 })[1].facts)
    uv.kill(book.process.pid, "sigstop")
    book.limits.answer_s = 0.2
    local sent, err = core.send(book.process.fd, ("x"):rep(10000000), 0.1)
    assert.same({ nil, "io" }, { sent, err.kind })
  end)

  -- The first worker may have written it before it died.
  it("what is sent again to another worker is the same row, at the same time", function()
    open()
    local sent, send = {}, core.send
    finally(function() core.send = send end)
    core.send = function(fd, bytes, timeout_s)
      local frame = message.take(bytes)
      if frame then
        sent[frame[1]] = sent[frame[1]] or {}
        table.insert(sent[frame[1]], frame[2])
      end
      return send(fd, bytes, timeout_s)
    end
    local function kill() uv.kill(book.process.pid, "sigkill") end
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

  it("a lock by others is waited for", function()
    open { answer_s = 1, busy_s = 20 }
    local holder, told = hold(path, 2), {}
    book.on_wait = function(line) told[#told + 1] = line end
    assert.is_string(book:begin { imei = "1" })
    assert.equal(0, holder:wait())
    assert.equal(1, #told)
    assert.is_truthy(told[1]:find(("locked by process %d (lua"):format(holder.pid), 1, true), told[1])
    assert.matches("; waiting for it until %d%d:%d%d:%d%d$", told[1])
  end)

  it("a lock that others do not release is reported", function()
    open { busy_s = 0.3, last_s = 0.2 }
    local holder = hold(path, 100)
    local s, id, err = took(function() return book:begin { imei = "1" } end)
    assert.is_nil(id)
    assert.equal("ledger_locked", err.kind)
    assert.matches("locked by others for 0.3 s", err.message, 1, true)
    assert.is_true(s >= 0.3 and s < 2, "it took " .. s)
    s, id, err = took(function() return book:conclude(nil, { outcome = "updated" }) end)
    assert.is_nil(id)
    assert.truthy(err)
    assert.is_true(s < 1, "it took " .. s)
    holder:kill()
  end)

  it("a signal ends the wait before the trigger, and does not cut the last write short", function()
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

  it("its worker shares none of our output, does not reveal the place, and ends with us", function()
    open()
    local pid = book.process.pid
    for fd = 1, 2 do assert.equal("/dev/null", uv.fs_readlink(("/proc/%d/fd/%d"):format(pid, fd))) end
    assert.is_nil(folder.read(("/proc/%d/cmdline"):format(pid)):find(path, 1, true))
    book:close()
    local patience = core.now() + 10
    while uv.kill(pid, 0) and not folder.read(("/proc/%d/stat"):format(pid)):find("^%d+ %b() Z") do
      assert.is_true(core.now() < patience)
      core.wait(0.005)
    end
  end)

  it("none, and a read-only one that does not exist, have no worker", function()
    assert.is_nil(ledger.open("none").process)
    assert.is_nil(assert(ledger.open(path, { readonly = true })).process)
    assert.is_nil(uv.fs_stat(path))
  end)

  it("a closed ledger is not used", function()
    open():close()
    assert.has_error(function() book:rows() end, "the ledger is closed")
  end)
end)

describe("A ledger and its worker, on a simulated clock:", function()
  local kept = {
    now = core.now, wait = core.wait, send = core.send, spawn = uv.spawn, pair = uv.socketpair, close = uv.fs_close,
    read = uv.fs_read,
  }
  local function put_back()
    core.now, core.wait, core.send = kept.now, kept.wait, kept.send
    uv.spawn, uv.socketpair, uv.fs_close, uv.fs_read = kept.spawn, kept.pair, kept.close, kept.read
  end
  after_each(put_back)

  local NO_CHILD = 1 << 22 -- no process has such a number

  -- A fake worker. `script` function(request, worker) → replies: each { after_s, … } a frame, or
  -- { after_s, bytes = … }; also to the first request of each worker, otherwise that is answered at once.
  local function world(script, more)
    more = more or {}
    local w = { t = 0, workers = 0, asked = {}, closed = {}, killed = 0, open_fds = 0, interrupted = 0 }
    local coming, first = {}, true
    core.now = function() return w.t end
    core.send = function(_, bytes)
      local request = message.take(bytes)
      if more.deaf and more.deaf(request, w.workers) then return nil, { kind = "io" } end
      w.asked[#w.asked + 1] = request
      local replies = script(request, w.workers)
      if not replies then replies = { { 0, "done", { name = "n" } } } end
      for _, reply in ipairs(replies) do
        coming[#coming + 1] = { t = w.t + reply[1],
          bytes = reply.bytes or message.pack(table.unpack(reply, 2, reply.n or #reply)) }
      end
      return true
    end
    core.wait = function(timeout_s)
      local due = coming[1]
      if more.signal_at and w.t < more.signal_at and (not due or due.t > more.signal_at) then
        if w.t + timeout_s >= more.signal_at then
          w.t, w.interrupted = more.signal_at, w.interrupted + 1
          return nil, core.error("interrupted", "a signal")
        end
      end
      if due and due.t <= w.t + timeout_s then
        w.t = math.max(w.t, due.t)
        return true
      end
      w.t = w.t + timeout_s
      return nil, core.error("timeout", "nothing")
    end
    uv.fs_read = function()
      if first and more.not_yet then
        first = false
        return nil, "try again", "EAGAIN"
      end
      return table.remove(coming, 1).bytes
    end
    uv.socketpair = function()
      w.open_fds = w.open_fds + 2
      return { 1000 + w.workers, 2000 + w.workers }
    end
    uv.fs_close = function(fd)
      if fd < 1000 then return kept.close(fd) end
      w.open_fds = w.open_fds - 1
    end
    uv.spawn = function(_, how)
      if more.no_worker and more.no_worker(w.workers) then return nil, "no more processes" end
      w.workers, w.how = w.workers + 1, how
      coming = {}
      return { unref = function() end, close = function() end, kill = function(_, name)
        if name == "sigkill" then w.killed = w.killed + 1 end
      end }, NO_CHILD
    end
    local options = { clock = function() return 7 end }
    for key, value in pairs(more.options or {}) do options[key] = value end
    w.book, w.err = ledger.open(more.where or "/x/ledger.db", options)
    return w
  end

  local SILENT = {}
  -- The answer of a worker that has opened to anything else.
  local function answers(fn)
    return function(request, worker)
      if request[1] == "/x/ledger.db" then return nil end
      return fn(request, worker)
    end
  end

  it("it receives the place and how to open it over its socket", function()
    local w = world(function() end, { options = { readonly = true, must_exist = true } })
    assert.same({ { "/x/ledger.db", { readonly = true, must_exist = true }, n = 2 } }, w.asked)
    assert.same({ true, 1 }, { w.how.detached, w.open_fds })
    assert.equal("dfota.ledger (/x/ledger.db)", tostring(w.book))
  end)

  it("it returns the answer, or the error in it", function()
    local w = world(answers(function(request)
      if request[1] == "triggers" then return { { 1, "done", 3 } } end
      return { { 1, "done", nil, { kind = "ledger_locked", message = "m", code = 5 }, n = 4 } }
    end))
    assert.equal(3, w.book:triggers "1")
    local rows, err = w.book:steps "x"
    assert.same({ nil, "ledger_locked", "m", 5 }, { rows, err.kind, err.message, err.code })
    assert.same({ 2, 1 }, { w.t, w.workers })
  end)

  it("what it writes gets its id and time here, unless the caller has set them", function()
    local w = world(answers(function() return { { 0, "done", true } } end))
    w.book:begin { imei = "1" }
    w.book:begin { id = "i", started = 3 }
    w.book:triggered("x", { mono = 1 })
    w.book:triggered("x", { wall = 3 })
    w.book:triggered "x"
    w.book:finish("x", { rc = 0 })
    w.book:record {}
    w.book:conclude("x", { rc = 1 })
    w.book:conclude(nil, { rc = 2 })
    local asked = w.asked
    assert.same({ imei = "1", id = asked[2][2].id, started = 7 }, asked[2][2])
    assert.same({ id = "i", started = 3 }, asked[3][2])
    assert.same({ { mono = 1, wall = 7 }, { wall = 3 }, { wall = 7 } }, { asked[4][3], asked[5][3], asked[6][3] })
    assert.same({ "finish", "x", { rc = 0, finished = 7 }, n = 3 }, asked[7])
    assert.same({ "record", { id = asked[8][2].id, finished = 7 }, n = 2 }, asked[8])
    assert.same({ "finish", "x", { rc = 1, finished = 7 }, n = 3 }, asked[9])
    assert.same({ "record", { rc = 2, id = asked[10][2].id, finished = 7 }, n = 2 }, asked[10])
    for _, i in ipairs { 2, 8, 10 } do assert.matches("^%d+T%d+Z%-", asked[i][2].id) end
  end)

  it("a silent one is killed after answer_s, and so is its replacement", function()
    local w = world(answers(function() return SILENT end))
    local n, err = w.book:triggers "1"
    assert.same({ nil, "ledger", 20, 2, 2, 0 }, { n, err.kind, w.t, w.workers, w.killed, w.open_fds })
    assert.matches("no answer within 10.0 s", err.message, 1, true)
    w.book:triggers "1"
    assert.same({ 30, 3 }, { w.t, w.workers })
  end)

  it("its replacement may succeed", function()
    for name, first in pairs { silent = SILENT, dead = { { 0, bytes = "" } } } do
      local w = world(answers(function(_, worker) return worker == 1 and first or { { 0, "done", 3 } } end))
      assert.same({ 3, 2, 1 }, { w.book:triggers "1", w.workers, w.killed }, name)
    end
    local w = world(answers(function() return { { 0, "done", 3 } } end),
      { deaf = function(request, worker) return worker == 1 and request[1] == "triggers" end })
    assert.same({ 3, 2 }, { w.book:triggers "1", w.workers })
  end)

  it("one that cannot be replaced is reported with the reason", function()
    local w = world(answers(function() return SILENT end), { no_worker = function(count) return count > 0 end })
    local n, err = w.book:triggers "1"
    assert.same({ nil, 10, 0 }, { n, w.t, w.open_fds })
    assert.matches("its worker process did not start: no more processes", err.message, 1, true)
    w = world(function(request, worker)
      if request[1] == "triggers" then return SILENT end
      return worker > 1 and { { 0, "done", nil, { kind = "ledger", message = "no such place" }, n = 4 } } or nil
    end)
    assert.equal("no such place", select(2, w.book:triggers "1").message)
    w = world(answers(function() return { { 0, bytes = "" } } end))
    assert.matches("its worker process ended", select(2, w.book:triggers "1").message, 1, true)
    assert.equal(2, w.workers)
    w = world(answers(function() end), { deaf = function(request) return request[1] == "triggers" end })
    assert.matches("its worker process ended", select(2, w.book:triggers "1").message, 1, true)
  end)

  it("a lock by others is waited for as long as busy_s, and then reported, once", function()
    local function busy(seconds)
      local replies = {}
      for i = 1, 500 do replies[i] = { i * 0.5, "busy" } end
      if seconds then table.insert(replies, seconds * 2, { seconds, "done", 3 }) end
      return answers(function() return replies end)
    end
    local w = world(busy(40))
    assert.same({ 3, 40 }, { w.book:triggers "1", w.t })
    w = world(busy())
    local n, err = w.book:triggers "1"
    assert.same({ nil, "ledger_locked", 60, 1 }, { n, err.kind, w.t, w.workers })
    assert.matches("locked by others for 60 s", err.message, 1, true)
    w = world(answers(function() return { { 9, "busy" }, { 18, "busy" }, { 27, "done", 3 } } end))
    assert.same({ 3, 27 }, { w.book:triggers "1", w.t })
    w = world(answers(function() return { { 9, "busy" } } end))
    w.book:triggers "1"
    assert.equal(38, w.t)
  end)

  it("the last write has last_s in total, whatever happens", function()
    local function conclude(script, more)
      local w = world(answers(script), more)
      local done, err = w.book:conclude("x", {})
      return w, done, err
    end
    local w, done, err = conclude(function() return SILENT end)
    assert.same({ nil, 1.5, 1 }, { done, w.t, w.workers })
    assert.matches("no answer within 1.5 s", err.message, 1, true)
    w, done = conclude(function(_, worker)
      return worker == 1 and { { 1, bytes = "" } } or { { 0.4, "done", true } }
    end)
    assert.same({ true, 1.4, 2 }, { done, w.t, w.workers })
    w, done = conclude(function(_, worker) return worker == 1 and { { 1, bytes = "" } } or SILENT end)
    assert.same({ nil, 1.5 }, { done, w.t })
    w, done, err = conclude(function()
      local replies = {}
      for i = 1, 10 do replies[i] = { i * 0.25, "busy" } end
      return replies
    end)
    assert.same({ nil, 1.5, "ledger_locked" }, { done, w.t, err.kind })
    w, done = conclude(function() return { { 1, "busy" } } end)
    assert.same({ nil, 1.5 }, { done, w.t })
    w, done = conclude(function() return { { 1, "done", true } } end, { signal_at = 0.5 })
    assert.same({ true, 1, 1 }, { done, w.t, w.interrupted })
  end)

  it("a signal ends any other wait, and the worker with it", function()
    local w = world(answers(function() return SILENT end), { signal_at = 3 })
    local n, err = w.book:triggers "1"
    assert.same({ nil, "interrupted", 3, 1, 0 }, { n, err.kind, w.t, w.workers, w.open_fds })
  end)

  it("an answer may come in pieces, and a read too early", function()
    local bytes = message.pack("done", 3)
    local w = world(answers(function()
      return { { 1, bytes = bytes:sub(1, 5) }, { 2, bytes = bytes:sub(6) .. message.pack("done", 4) } }
    end), { not_yet = true })
    assert.same({ 3, 2 }, { w.book:triggers "1", w.t })
  end)

  it("it is told to close, and has a second for that", function()
    local w = world(answers(function(request)
      if request[1] == "close" then return { { 0.3, bytes = "" } } end
    end))
    w.book:close()
    w.book:close()
    assert.same({ 0.3, 1, 0, "close", true }, { w.t, w.killed, w.open_fds, w.asked[2][1], w.book.closed })
    assert.equal("dfota.ledger (closed)", tostring(w.book))
    assert.error_matches(function() w.book:triggers "1" end, "the ledger is closed$")
    w = world(answers(function() return SILENT end), { signal_at = 0.5 })
    w.book:close()
    assert.equal(1, w.t)
    w = world(answers(function() return SILENT end))
    w.book:triggers "1"
    local asked = #w.asked
    w.book:close()
    assert.equal(asked, #w.asked)
  end)

  it("one that cannot be opened is not a ledger, and leaves no worker", function()
    local w = world(function() return { { 0, "done", nil, { kind = "ledger", message = "no disk" }, n = 4 } } end)
    assert.same({ nil, "no disk", 0, 1 }, { w.book, w.err.message, w.open_fds, w.killed })
    w = world(function() end, { no_worker = function() return true end })
    assert.is_nil(w.book)
    assert.matches("its worker process did not start", w.err.message, 1, true)
    w = world(function() return { { 0, "done", { name = "n", is_none = true } } } end)
    assert.same({ "dfota.ledger (none)", 0 }, { tostring(w.book), w.open_fds })
    w = world(function() end, { where = "ftp://x" })
    assert.same({ nil, 0 }, { w.book, w.workers })
  end)
end)

describe("The boot of this host", function()
  it("has an id of its own", function()
    assert.equal(folder.read("/proc/sys/kernel/random/boot_id"):gsub("\n", ""), ledger.boot())
  end)
end)
