-- Who holds a port, and that one which was only asked is left as it was.
local Process = require "support.process"
local backend = require "support.backend"
local child = require "support.child"
local core = require "dfota.core"
local folder = require "support.folder"
local uv = require "luv"

local pty

before_each(function() pty = assert(core.pty()) end)
after_each(function() pty:close() end)

describe("The holder of a port", function()
  -- Another process that opens the port in this way.
  local function hold(how)
    local code = ("package.cpath = 'lua/?.so' local core = require 'dfota.core' local held = assert(%s(%q, 'r+'))"
      .. " print 'held' io.stdout:flush() core.wait(60)"):format(how, pty:name())
    local process = Process.start(Process.lua, { "-e", code:gsub("'r%+'", how == "core.open" and "nil" or "'r+'") })
    process:await("out", "held")
    return process
  end

  it("is nobody if no process has it open; the other end of a pty does not count", function()
    assert.is_nil(core.holder(pty:name()))
  end)

  it("is the process that has it open, whether or not it took the lock", function()
    for _, how in ipairs { "core.open", "io.open" } do
      local process = hold(how)
      local found = core.holder(pty:name())
      process:kill()
      assert.same({ process.pid, nil }, { found.pid, found.lock_file }, how)
      assert.equal(Process.lua:match("[^/]+$"):sub(1, 15), found.name)
    end
  end)

  it("is found through a link, and is this process too", function()
    local home, remove = folder.new()
    assert(uv.fs_symlink(pty:name(), home .. "/module"))
    local port <close> = assert(core.open(pty:name(), { backend = backend }))
    assert.equal(child.pid(), core.holder(home .. "/module").pid)
    port:close()
    assert.is_nil(core.holder(home .. "/module"))
    remove()
  end)

  it("is the process named by a lock file, and the file is told", function()
    local lock = "/var/lock/LCK.." .. pty:name():match "[^/]+$"
    local file = io.open(lock, "w")
    if not file then return pending "no lock files can be written here" end
    file:write(("%10d\n"):format(1))
    file:close()
    local found = core.holder(pty:name())
    os.remove(lock)
    assert.same({ 1, lock }, { found.pid, found.lock_file })
    assert.is_nil(core.holder(pty:name()))
  end)

  it("of something that is no port is nobody", function()
    for _, name in ipairs { "", "/nonexistent", "/tmp", "/etc/passwd" } do assert.is_nil(core.holder(name), name) end
  end)
end)

describe("A port that was opened with restore", function()
  local function settings() return assert(io.popen("stty -g <" .. pty:name())):read "l" end

  -- The control flags are the third field; HUPCL is 02000 there.
  local function without_hupcl(saved)
    local head, cflags, rest = saved:match "^(%x+:%x+:)(%x+)(:.*)$"
    return ("%s%x%s"):format(head, tonumber(cflags, 16) & ~tonumber("2000", 8), rest)
  end

  it("has the settings from before again once it is closed, at any rate", function()
    for _, how in ipairs { "9600 -raw echo cstopb ixon", "cstopb icanon 38400", "hupcl 300 crtscts" } do
      assert(os.execute(("stty %s <%s"):format(how, pty:name())))
      local before = settings()
      local port <close> = assert(core.open(pty:name(), { backend = backend, baud = 57600, restore = true }))
      assert(port:set_baud(12345))
      assert.not_equal(before, settings())
      port:close()
      assert.equal(without_hupcl(before), settings(), how)
    end
  end)

  it("has also a rate again that has no name", function()
    local port = assert(core.open(pty:name(), { backend = backend, baud = 12345 }))
    port:close()
    port = assert(core.open(pty:name(), { backend = backend, baud = 9600, restore = true }))
    port:close()
    assert.equal(12345, pty:line().baud)
  end)

  it("is the exception: otherwise it stays as it was used last", function()
    assert(core.open(pty:name(), { backend = backend, baud = 57600 })):close()
    assert.equal(57600, pty:line().baud)
  end)
end)
