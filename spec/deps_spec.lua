-- contrib/deps.sh, with an apt-get of our own: what it changes in the system it puts back, however it ends.
local Process = require "support.process"
local folder = require "support.folder"
local uv = require "luv"

describe("contrib/deps.sh", function()
  local home, remove
  before_each(function()
    home, remove = folder.new()
    assert(uv.fs_mkdir(home .. "/bin", 448))
    for _, name in ipairs { "sh", "cat", "chmod", "env", "id", "readlink", "rm", "sleep", "tee" } do
      local found = assert(io.popen("command -v " .. name)):read("l")
      assert(uv.fs_symlink(found, home .. "/bin/" .. name))
    end
  end)
  after_each(function() remove() end)

  local function program(name, text)
    folder.write(home .. "/bin/" .. name, "#!/bin/sh\n" .. text .. "\n")
    assert(uv.fs_chmod(home .. "/bin/" .. name, tonumber("755", 8)))
  end

  -- Something is missing, so it asks this apt-get; the policy that keeps services off is a file of ours.
  local function deps(apt)
    program("sudo", 'exec "$@"')
    program("update-alternatives", ":")
    program("apt-get", apt)
    return Process.start("/bin/sh", { "contrib/deps.sh", "qemu" }, {
      env = { "PATH=" .. home .. "/bin", "policy=" .. home .. "/policy", "HOME=" .. home },
      patience_s = 120, -- it starts some forty programs, each of which waits for its turn on a busy machine
    })
  end

  for signal, code in pairs { sigint = 130, sigterm = 143, sighup = 129 } do
    it(("ended by %s ends apt first, takes its policy away, and tells by its exit code"):format(signal), function()
      local process = deps(("test -x %s/policy && echo $$ >%s/pid; exec sleep 60"):format(home, home))
      local pid = tonumber(process:await_line_in(home .. "/pid"))
      process:signal_with(signal)
      assert.equal(code, (process:wait()), process.err)
      assert.is_nil(uv.fs_stat(home .. "/policy"))
      assert.is_nil(uv.fs_stat("/proc/" .. pid), "apt still runs")
    end)
  end

  it("removes its policy if apt fails, and reports what is missing if apt does nothing", function()
    local process = deps "exit 100"
    assert.equal(100, (process:wait()))
    process = deps ":"
    assert.equal(1, (process:wait()))
    assert.is_truthy(process.err:find("deps: still missing after the install: qemu-system-x86", 1, true), process.err)
    assert.is_nil(uv.fs_stat(home .. "/policy"))
  end)

  it("leaves a policy alone that was there before", function()
    folder.write(home .. "/policy", "theirs\n")
    assert.equal(100, (deps("exit 100"):wait()))
    assert.equal("theirs\n", folder.read(home .. "/policy"))
  end)
end)
