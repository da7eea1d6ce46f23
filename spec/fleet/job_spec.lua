local disk = require "dfota.fleet.disk"
local folder = require "support.folder"
local job = require "dfota.fleet.job"
local uv = require "luv"

local RESULT = [[{"v":1,"event":"result","rc":0,"retry":"none"}]]

describe("A job of a fleet", function()
  local dir, cleanup, events, ended, exit
  before_each(function()
    dir, cleanup = folder.new()
    events, ended = {}, nil
  end)
  after_each(function()
    uv.run "nowait" -- what was closed is gone
    cleanup()
  end)

  local options = {
    on_event = function(event) events[#events + 1] = event.event end,
    on_end = function(result, how)
      ended, exit = result or "nothing", how
    end,
  }

  local function start(script, key) return job.start(dir, key or "1", { "/bin/sh", "-c", script }, options) end

  -- Runs the loop until something is so.
  local function await(what)
    local late = uv.new_timer()
    local over = false
    uv.update_time()
    late:start(20000, 0, function() over = true end)
    while not what() and not over do uv.run "once" end
    late:stop()
    late:close()
    assert.is_false(over, "it never came")
  end

  local function is_over() return ended ~= nil end

  it("tells its events as they come, and its result at its end", function()
    local gate = dir .. "/gate"
    assert(os.execute("mkfifo " .. gate))
    assert(start(("echo '{\"event\":\"identity\"}'; read x <%s; echo '%s'"):format(gate, RESULT)))
    await(function() return events[1] == "identity" end)
    assert.is_nil(ended)
    folder.write(gate, "\n")
    await(is_over)
    assert.same({ "identity", "result" }, events)
    assert.same({ 0, "none" }, { ended.rc, ended.retry })
  end)

  it("that ends without a result says so, whatever else it wrote", function()
    assert(start "echo garbage; echo '[1]'; echo 7; printf '{\"event\":\"res'; exit 3")
    await(is_over)
    assert.equal("nothing", ended)
    assert.same({}, { table.unpack(events) })
  end)

  it("tells how it ended where its words were lost, also as it says itself", function()
    for script, expected in pairs {
      ["printf '{\"event\":\"res'; exit 84"] = { 84, true }, ["exit 84"] = { 84, false },
      ["echo 'the output was lost: No space left; the exit code would have been 0' >&2; exit 1"] = { 0, true },
      ["kill -9 $$"] = { nil, false },
    } do
      ended = nil
      assert(start(script, script:gsub("%W", "")))
      await(is_over)
      assert.same({ "nothing", expected[1], expected[2] }, { ended, exit.rc, exit.is_lost })
    end
  end)

  it("that ended well although its words were lost does not sound like one that failed", function()
    local made = assert(start "echo 'the output was lost: No space left; the exit code would have been 0' >&2; exit 1")
    await(is_over)
    assert.equal("what its job said was lost (No space left); its exit code was 0", made:complaint())
  end)

  it("that broke down says what broke it, not where", function()
    local made = assert(start("printf 'lua: x.lua:1: no such module\\nstack traceback:\\n\\t[C]: in ?\\n' >&2; exit 1"))
    await(is_over)
    assert.equal("lua: x.lua:1: no such module", made:complaint())
  end)

  it("that was killed says by which signal, not what it happened to say last", function()
    local made = assert(start "echo 'the supply is low' >&2; kill -9 $$")
    await(is_over)
    assert.equal("killed by signal 9", made:complaint())
  end)

  it("is not begun where its pid cannot be noted", function()
    assert(uv.fs_mkdir(dir .. "/1.pid", 448))
    assert(start("echo begun >" .. dir .. "/begun"))
    await(is_over)
    assert.same({ "nothing", 74 }, { ended, exit.rc })
    assert.is_nil(uv.fs_stat(dir .. "/begun"))
  end)

  describe("on a full disk", function()
    local room
    before_each(function() room = stub(disk, "has_room") end)
    after_each(function() room:revert() end)

    it("is not begun, and that says so", function()
      room.returns(false)
      local none, err = start("echo begun >" .. dir .. "/begun")
      assert.same({ nil, "no_room", "no space is left for what a job says in " .. dir },
        { none, err.kind, err.message })
      assert.is_nil(uv.fs_scandir_next(uv.fs_scandir(dir)))
    end)

    it("that filled meanwhile may have said what was lost, and says why if nothing else is left", function()
      room.returns(true)
      local made = assert(start "exit 81")
      room.returns(false)
      await(is_over)
      assert.same({ "nothing", 81, true }, { ended, exit.rc, exit.is_lost })
      assert.equal("no space is left for what a job says in " .. dir, made:complaint())
      room.returns(true)
      assert.is_nil(made:complaint())
    end)
  end)

  it("keeps what it says to people beside its events, readable by nobody else", function()
    assert(start "echo trouble >&2")
    await(is_over)
    assert.equal("trouble\n", folder.read(dir .. "/1.err"))
    for _, name in ipairs { "1.err", "1.json" } do
      assert.equal(tonumber("600", 8), uv.fs_stat(dir .. "/" .. name).mode & tonumber("777", 8))
    end
  end)

  it("is interrupted as by Ctrl-C", function()
    local running = assert(start(("trap 'echo \"%s\"; exit 130' INT; echo '{\"event\":\"phase\"}'; "
      .. "while :; do sleep 0.02; done"):format(RESULT:gsub('"', '\\"'):gsub("0,", "130,"))))
    await(function() return events[1] end)
    running:interrupt()
    await(is_over)
    assert.equal(130, ended.rc)
    running:interrupt() -- has ended: nobody else is hit
  end)

  it("is found again by another supervisor while it runs, and followed to its end", function()
    local gate = dir .. "/gate"
    assert(os.execute("mkfifo " .. gate))
    local first = assert(start(("echo '{\"event\":\"identity\"}'; read x <%s; echo '%s'"):format(gate, RESULT)))
    await(function() return events[1] end)
    events = {}
    local second = assert(job.find(dir, "1", options))
    assert.same({ "identity" }, events) -- all that it said so far
    assert.is_nil(second.ended)
    second:follow()
    local due, looks = second.timer:get_due_in(), 0
    await(function() -- it is looked for, and is still there
      local next_due = second.timer:get_due_in()
      due, looks = next_due, looks + (next_due > due and 1 or 0)
      return looks > 0 or second.ended
    end)
    assert.is_nil(second.ended)
    folder.write(gate, "\n")
    await(function() return first.ended and second.ended end)
    assert.equal(0, ended.rc)
  end)

  it("that was found says nothing before it is followed, whatever the loop does meanwhile", function()
    local gate = dir .. "/gate"
    assert(os.execute("mkfifo " .. gate))
    local first = assert(start(("echo '{\"event\":\"identity\"}'; read x <%s; echo '%s'"):format(gate, RESULT)))
    await(function() return events[1] end)
    local said, ends = {}, 0
    local second = assert(job.find(dir, "1", {
      on_event = function(event) said[#said + 1] = event.event end, on_end = function() ends = ends + 1 end,
    }))
    folder.write(gate, "\n")
    await(function() return first.ended end)
    assert.same({ { "identity" }, 0 }, { said, ends })
    second:follow()
    await(function() return second.ended end)
    assert.same({ { "identity", "result" }, 1 }, { said, ends })
  end)

  it("is found again after it ended, with all that it said", function()
    assert(start("echo '" .. RESULT .. "'"))
    await(is_over)
    events, ended = {}, nil
    local found = assert(job.find(dir, "1", options))
    assert.is_true(found.ended)
    assert.same({ "result" }, events)
    assert.equal(0, ended.rc)
  end)

  it("is not mistaken for another process with its pid", function()
    assert(start("echo '" .. RESULT .. "'"))
    await(is_over)
    folder.write(dir .. "/1.pid", ("%d\n"):format(uv.os_getpid()))
    ended = nil
    local found = assert(job.find(dir, "1", options))
    assert.is_true(found.ended)
    found:interrupt() -- would end this process
  end)

  it("that cannot be started is an error that names what", function()
    assert(start("true"))
    await(is_over)
    local none, err = start "true" -- the same try twice
    assert.same({ nil, "io" }, { none, err.kind })
    assert.truthy(err.message:find("1.json cannot be created: file already exists", 1, true), err.message)
    none, err = job.start(dir .. "/none", "1", { "true" }, options)
    assert.same({ nil, "io" }, { none, err.kind })
    none, err = job.find(dir, "7", options)
    assert.same({ nil, "io" }, { none, err.kind })
  end)

  it("outlives its supervisor", function()
    local gate = dir .. "/gate"
    assert(os.execute("mkfifo " .. gate))
    local supervisor = ([[
      package.path = "lua/?.lua;" .. package.path package.cpath = "lua/?.so;" .. package.cpath
      local uv, job = require "luv", require "dfota.fleet.job"
      assert(job.start("%s", "1", { "/bin/sh", "-c", "read x <%s; echo '%s'" }, {
        on_event = function() end, on_end = function() end }))
      local pid = io.open("%s/1.pid")
      while not (pid and pid:read "n") do pid = io.open("%s/1.pid") end
      uv.kill(uv.os_getpid(), "sigkill")
    ]]):format(dir, gate, RESULT:gsub('"', '\\"'), dir, dir)
    os.execute(("lua5.4 -e '%s' 2>/dev/null"):format(supervisor:gsub("'", "'\\''")))
    local found = assert(job.find(dir, "1", options))
    assert.is_nil(found.ended)
    found:follow()
    folder.write(gate, "\n")
    await(is_over)
    assert.equal(0, ended.rc)
  end)
end)
