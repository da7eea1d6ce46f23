-- What is done to a real port and not to a pty: ptys pass for real ones here (spec/support/real_port_shim.c).
local backend = require "support.backend"
local child = require "support.child"

local SHIMS = { "build/fault_shim.so", "build/real_port_shim.so", "build/sysfs_shim.so" }
assert(os.execute("make -s " .. table.concat(SHIMS, " ")))

-- A process with the shims. Its code has a `pty`, of which nobody else has an end, and these:
local PREAMBLE = [[
  local uv = require "luv"
  local backend = ...
  local pty = assert(core.pty())
  local function open() return core.open(pty:name(), { backend = backend }) end
  local function fault(text) uv.os_setenv("DFOTA_FAULT", text) end
  local function seconds(fn)
    local began = core.now()
    fn()
    return core.now() - began
  end
]]

local function run(code, env, other_backend)
  local preloaded = table.concat(SHIMS, ":")
  return child.run(PREAMBLE .. code, { as = ("env LD_PRELOAD=%s %s"):format(preloaded, env or "") },
    other_backend or backend)
end

describe("A real port", function()
  it("is opened if nobody reads it, and again after it was closed", function()
    assert.equal("false nil\nfalse nil", run [[
      for _ = 1, 2 do
        local port <close> = assert(open())
        say(tostring(port:is_pty()), tostring(port:other_user()))
      end
    ]])
  end)

  it("is refused if another program reads it without a lock, which is named", function()
    local said = run [[
      local reader = io.popen(("echo $$; exec sleep 60 <%s"):format(pty:name()))
      local pid = reader:read "n"
      repeat local told, err = open() until not told and err.message:find("(sleep)", 1, true)
      local _, err = open()
      say(err.kind, tostring(err.message == ("%s: in use by process %d (sleep): wait for it, or end it")
        :format(pty:name(), pid)))
      uv.kill(pid, "sigkill")
      reader:close()
    ]]
    assert.equal("port_busy true", said)
  end)

  it("stays claimed for its holder alone, so that programs without locks are kept out", function()
    local holder = [[
      package.cpath = "lua/?.so"
      local core = require "dfota.core"
      local port = core.open("%s", { backend = "%s" })
      print(port and 1)
      io.stdout:flush()
      core.wait(60)
    ]]
    local said = run(("local HOLDER = [==[%s]==]"):format(holder) .. [[
      fault "opendir=13" -- for the holder: it finds no reader, not even the pty's other end
      local holder = io.popen(("echo $$; exec %s -e '%s'"):format(os.getenv "DFOTA_LUA" or "lua5.4",
        HOLDER:format(pty:name(), backend)))
      local pid, opened = holder:read("n", "n")
      fault ""
      assert(opened == 1)
      uv.kill(pid, "sigkill") -- which takes its lock away, but not its claim: the other end keeps the pty alive
      holder:close()
      local function told(_, err) say(err.kind, (err.message:gsub("^.*: (in use by )", "%1"):gsub("%d+", "N"))) end
      told(open())
      local reader = io.popen(("echo $$; exec sleep 60 <%s"):format(pty:name()))
      pid = reader:read "n"
      repeat local _, err = open() until err.message:find("(sleep)", 1, true)
      told(open())
      uv.kill(pid, "sigkill")
      reader:close()
    ]])
    assert.equal("port_busy in use by another process: find it with 'sudo fuser -v /dev/pts/N'\n"
      .. "port_busy in use by process N (sleep): wait for it, or end it", said)
  end)

  it("left at 7E2 by another program is set to 8N1", function()
    for _, name in ipairs { "tty", "libserialport" } do
      local log, last = os.tmpname(), nil
      assert.equal("", run("os.execute('stty cstopb <' .. pty:name()) assert(open()):close()",
        "DFOTA_FRAME_LOG=" .. log, name))
      for line in io.lines(log) do last = line end
      os.remove(log)
      assert.equal("8N1", last, name)
    end
  end)
end)

describe("Closing a real port", function()
  local log
  before_each(function() log = os.tmpname() end)
  after_each(function() os.remove(log) end)

  -- Whether it took so long, what became of three bytes, and which calls these faults met.
  local function close_with(faults, check)
    local said = run(([[
      local port = assert(open())
      port:write("abc", 1)
      fault "%s"
      local took = seconds(function() port:close() end)
      fault ""
      say(tostring(%s), pty:read(0))
      core.wait(0.12) -- what hurried it would be noticed
      say "lives"
    ]]):format(faults, check), "DFOTA_FAULT_LOG=" .. log)
    local met = {}
    for name in io.lines(log) do met[name] = (met[name] or 0) + 1 end
    return said, met
  end

  it("gives the rest of the output time, and then it arrives", function()
    local said, met = close_with("TIOCOUTQ=-3*4,tcflush=5", "took < 0.9")
    assert.same({ "true abc\nlives", { TIOCOUTQ = 4 } }, { said, met })
  end)

  it("discards after a second what does not move, and does not wait for it in the kernel", function()
    local said, met = close_with("TIOCOUTQ=-3,tcflush=5,close=-20000", "took >= 1 and took < 10")
    assert.same({ "true abc\nlives", 1 }, { said, met.tcflush })
    assert.is_true(met.close >= 1 and met.TIOCOUTQ > 50)
  end)
end)
