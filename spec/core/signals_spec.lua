local core = require "dfota.core"
local child = require "support.child"

local WAIT_S = 5

--- Sends signals to this process. Not by os.execute, which itself blocks INT.
local function send(...)
  local words = { "kill", "", child.pid() }
  for _, name in ipairs { ... } do
    words[2] = "-" .. name
    assert(io.popen("exec " .. table.concat(words, " "))):close()
  end
end

describe("Caught signals", function()
  local pty, port
  before_each(function()
    pty = assert(core.pty())
    port = assert(core.open(pty:name()))
    assert.is_true(core.catch_signals())
  end)
  after_each(function()
    core.release_signals()
    core.signals_taken()
    port:close()
    pty:close()
  end)

  it("are counted by name, once", function()
    send("INT", "TERM", "HUP", "INT", "QUIT")
    assert.same({ INT = 2, TERM = 1, HUP = 1, QUIT = 1 }, core.signals_taken())
    assert.same({ INT = 0, TERM = 0, HUP = 0, QUIT = 0 }, core.signals_taken())
  end)

  it("that arrived before a wait end it at once, and only that one", function()
    assert(pty:write("OK", WAIT_S))
    for _, wait in ipairs {
      function() return port:read(WAIT_S) end,
      function() return port:write(("x"):rep(100000), WAIT_S) end,
      function() return port:exchange("AT", 1, WAIT_S) end,
      function() return pty:read(WAIT_S) end,
      function() return core.wait(WAIT_S) end,
    } do
      send("TERM")
      local _, err = wait()
      assert.equal("interrupted", err.kind)
    end
    assert.equal("OK", port:read(WAIT_S))
    assert.equal(5, core.signals_taken().TERM)
  end)

  it("that come while a program is loaded are counted once they are caught", function()
    local loading = child.start [[
      core.defer_signals()
      local pid = require("support.child").pid()
      assert(io.popen("exec kill -INT " .. pid)):close()
      say(core.signals_taken().INT)
      core.catch_signals()
      local _, err = core.wait(30)
      say(core.signals_taken().INT, err.kind)
    ]]
    assert.same({ "0", "1 interrupted" }, { loading:read("l", "l") })
    loading:close()
  end)

  it("that come while handlers are handed over to somebody else are theirs", function()
    local loading = child.start [[
      local uv = require "luv"
      core.catch_signals()
      core.defer_signals()
      core.release_signals()
      uv.kill(uv.os_getpid(), "sigterm")
      local got
      local handle = uv.new_signal()
      handle:start("sigterm", function(name) got = name end)
      core.admit_signals()
      while not got do uv.run "once" end
      say(got, core.signals_taken().TERM)
      core.defer_signals()
      core.catch_signals()
      uv.kill(uv.os_getpid(), "sigint")
      say(core.signals_taken().INT)
      handle:close()
      uv.run "nowait"
    ]]
    assert.same({ "sigterm 0", "1" }, { loading:read("l", "l") })
    loading:close()
  end)

  it("do not stop a write that does not block", function()
    send("TERM")
    assert.is_true(port:write("AT", WAIT_S))
    assert.equal("AT", (pty:read(WAIT_S) or pty:read(WAIT_S)))
  end)

  it("end no more waits once taken", function()
    send("TERM")
    core.signals_taken()
    assert.equal("timeout", select(2, port:read(0)).kind)
  end)

  it("wake a waiting process, which then continues", function()
    port:close()
    local waiter = child.start([[
      local port = assert(core.open((...)))
      core.catch_signals()
      say(require("support.child").pid())
      say(select(2, port:read(30)).kind, core.signals_taken().HUP)
      say(port:read(30))
    ]], nil, pty:name())
    local pid = waiter:read("n", "l")
    child.await_sleep(pid)
    assert(os.execute("kill -HUP " .. pid))
    assert.equal("interrupted 1", waiter:read("l"))
    assert(pty:write("still here", WAIT_S))
    assert.equal("still here", waiter:read("l"))
    waiter:close()
  end)

  it("do not include others with a handler, such as libuv's for child processes", function()
    port:close()
    local waiter = child.start([[
      require("luv").spawn("true", {}, function() end)
      local port = assert(core.open((...)))
      core.catch_signals()
      say(require("support.child").pid())
      local text, err = port:read(30)
      say(text or err.kind)
    ]], nil, pty:name())
    local pid = waiter:read("n", "l")
    child.await_sleep(pid)
    assert(os.execute("kill -CHLD " .. pid))
    assert(pty:write("still here", WAIT_S))
    assert.equal("still here", waiter:read("l"))
    waiter:close()
  end)

  it("are held while a command is being sent, and reported after it", function()
    core.hold_signals(true)
    send("INT")
    assert.equal("timeout", select(2, port:read(0.01)).kind)
    core.hold_signals(false)
    assert.equal("interrupted", select(2, port:read(0.01)).kind)
    assert.equal(1, core.signals_taken().INT)
  end)

  it("do not include any that were ignored from the start, as under nohup", function()
    local said = child.run([[
      core.catch_signals()
      os.execute("kill -HUP " .. require("support.child").pid())
      say(core.signals_taken().HUP, tostring(core.signal_ignored "HUP"), tostring(core.signal_ignored "QUIT"))
    ]], { as = "nohup" })
    assert.equal("0 true false", said:match("[^\n]*$"))
  end)

  it("make writing to a closed pipe fail instead of killing", function()
    local reader = assert(io.popen("exec true", "w"))
    local ok
    repeat ok = reader:write("x") and reader:flush() until not ok
    reader:close()
    assert.is_nil(ok)
  end)

  it("make writing to a file at its size limit fail instead of killing", function()
    local path = os.tmpname()
    local said = child.run([[
      core.catch_signals()
      local file = io.open((...), "w")
      file:setvbuf("no")
      say((select(2, file:write(("x"):rep(9000)))))
    ]], { as = "prlimit --fsize=4096" }, path)
    os.remove(path)
    assert.equal("File too large", said)
  end)

  it("end the process again once released", function()
    local _, how, number = child.start([[
      core.catch_signals()
      core.release_signals()
      os.execute("kill -TERM " .. require("support.child").pid())
    ]]):close()
    assert.same({ "signal", 15 }, { how, number })
  end)
end)

describe("A child that dies with its parent", function()
  it("ends when the parent is killed", function()
    local parent = child.start([[
      local child = require "support.child"
      local helper = child.start("core.die_with_parent(tonumber(...)) " ..
        "say(require('support.child').pid()) core.pty():read(30)", nil, child.pid())
      say(child.pid(), helper:read("n"))
      core.pty():read(30)
    ]])
    local pid, helper = parent:read("n", "n")
    assert(os.execute("kill -9 " .. pid))
    local started = core.now()
    repeat
      local stat = io.open(("/proc/%d/stat"):format(helper))
      local state = stat and stat:read("a"):match("%) (%a)")
      if stat then stat:close() end
    until not state or state == "Z" or core.now() - started > WAIT_S
    assert.is_true(core.now() - started < WAIT_S)
    parent:close()
  end)

  it("ends at once if the parent is already gone", function()
    assert.equal("", child.run("core.die_with_parent(1) say('alive')"))
  end)
end)

describe("Caught signals call a function before the next instruction", function()
  local uv = require "luv"
  local seen

  before_each(function()
    seen = {}
    assert.is_true(core.catch_signals())
  end)
  after_each(function()
    core.on_signal(nil)
    core.release_signals()
    core.signals_taken()
  end)

  local function kill() uv.kill(uv.os_getpid(), "sigint") end

  -- Ends by itself, so that a spec fails instead of hanging.
  local function compute()
    for _ = 1, 1e8 do end -- luacheck: ignore
    return "it was not ended"
  end

  it("which may raise, and so ends what waits for nothing", function()
    core.on_signal(function(is_unnoticed)
      seen[#seen + 1] = is_unnoticed
      if debug.getinfo(2, "f").func == compute then error("enough", 0) end
      return 1
    end)
    assert.is_false(core.signal_pending())
    assert.same({ false, "enough" }, { pcall(function()
      kill()
      return compute()
    end) })
    assert.is_true(core.signal_pending())
    core.on_signal(nil)
    assert.is_true(#seen >= 1 and seen[1])
    assert.equal(1, core.signals_taken().INT)
    assert.is_false(core.signal_pending())
  end)

  it("again before each instruction, if the error was caught", function()
    local function stubborn()
      kill()
      for _ = 1, 1000 do pcall(compute) end
    end
    core.on_signal(function()
      local running = debug.getinfo(2, "f").func
      if running == stubborn or running == compute then error("enough", 0) end
      return 1
    end)
    local ok = pcall(stubborn)
    core.on_signal(nil)
    assert.is_false(ok)
  end)

  it("again after as many instructions as it returns, until it returns none", function()
    core.on_signal(function()
      seen[#seen + 1] = true
      return #seen < 5 and 1000 or nil
    end)
    kill()
    for _ = 1, 1e5 do end -- luacheck: ignore
    assert.equal(5, #seen)
    kill()
    for _ = 1, 1e5 do end -- luacheck: ignore
    assert.equal(6, #seen)
  end)

  it("at once, if a signal has arrived before that nobody has noticed", function()
    kill()
    core.on_signal(function() seen[1] = true end)
    assert.is_true(seen[1])
  end)

  it("and none any more once it was taken away", function()
    core.on_signal(function() seen[1] = true end)
    core.on_signal(nil)
    kill()
    for _ = 1, 1e4 do end -- luacheck: ignore
    assert.same({}, seen)
  end)

  it("and nothing else is taken for a function", function()
    assert.error_matches(function() core.on_signal(1) end, "function expected")
  end)
end)
