local core = require "dfota.core"
local Nginx = require "support.nginx"
local Package = require "dfota.sim.package"
local Process = require "support.process"
local Simulator = require "support.simulator"
local child = require "support.child"
local folder = require "support.folder"

local function read_until(port, text)
  local all = ""
  while not all:find(text, 1, true) do
    local bytes, err = port:read(15)
    if not bytes then error(tostring(err) .. " after: " .. all, 2) end
    all = all .. bytes
  end
  return all
end

local function ask(port, line, text)
  assert(port:write(line .. "\r", 5))
  return read_until(port, text or "OK\r\n")
end

local QUICK = "boot_s=0.1,reboot_s=0.1,update_s=0.3,end_s=0.05,cpin_s=0.01,call_ready_s=0.02,qiact_s=0.05,deact_s=0.05"

describe("scripts/sim.lua", function()
  local sim

  local function start(spec, more)
    sim = Simulator.start(spec, more)
    return assert(core.open(sim.name, { backend = "tty" }))
  end

  after_each(function()
    if sim then sim:kill() end
    sim = nil
  end)

  it("prints its port first, answers there, and exits with 0 on TERM and on INT", function()
    for _, signal in ipairs { "sigterm", "sigint" } do
      local port = start()
      assert.truthy(ask(port, "ATI"):find("Revision: MC65FAR01A01", 1, true))
      port:close()
      sim:signal_with(signal)
      assert.equal(0, (sim:wait()))
    end
  end)

  it("carries out a complete update on a pty", function()
    local port = start(QUICK)
    local package = Package.make("MC65FAR01A01", "B", 20000)
    ask(port, ('AT+QFUPL="fota.pack",%d,5,0'):format(#package), "CONNECT\r\n")
    assert(port:write(package, 5))
    assert.truthy(read_until(port, "OK\r\n"):find(("+QFUPL: 20000,%04X"):format(core.sum16(package)), 1, true))
    ask(port, "AT+QFOTADL=1", '"END",0\r\n')
    read_until(port, "Call Ready\r\n")
    assert.truthy(ask(port, "ATI"):find("Revision: B\r\n", 1, true))
  end)

  it("keeps the rate of a throttled line", function()
    local port = start("link=921600,any_baud,connect_s=0,flash_s=0")
    ask(port, 'AT+QFUPL="a.bin",92160', "CONNECT\r\n")
    local begin = core.now()
    assert(port:write(("x"):rep(92160), 30))
    read_until(port, "OK\r\n")
    assert.truthy(core.now() - begin >= 1)
  end)

  it("notices the client's baud rate: garbage at a wrong one, an answer at the right one", function()
    local port = start()
    assert(port:set_baud(9600))
    port:write("AT\r", 1)
    local garbage = assert(port:read(5))
    assert.is_nil(garbage:find("OK"))
    port:read(0.05)
    assert(port:set_baud(115200))
    port:write("\r", 1)
    assert.truthy(ask(port, "AT"))
  end)

  it("waits without wake-ups while nothing is due", function()
    local port = start()
    ask(port, "AT")
    local function switches()
      local status <close> = assert(io.open(("/proc/%d/status"):format(sim.pid)))
      return tonumber(status:read("a"):match("\nvoluntary_ctxt_switches:%s*(%d+)"))
    end
    child.await_sleep(sim.pid)
    local before = switches()
    port:read(0.5)
    assert.equal(before, switches())
  end)

  it("continues when its client leaves, for the next one", function()
    local port = start()
    ask(port, "AT+CMEE=2")
    port:close()
    port = assert(core.open(sim.name, { backend = "tty" }))
    assert.truthy(ask(port, "AT+CMEE?"):find("+CMEE: 2", 1, true))
  end)

  it("ends at once if its parent is already gone", function()
    local orphan = Process.start(Process.lua, { "scripts/sim.lua", "--quiet", "--owned", "1" })
    assert.same({ 130, 0 }, { orphan:wait() })
    assert.equal("", orphan.out)
  end)

  it("ends when its parent ends, and its port hangs up", function()
    local parent = Process.start(Process.lua, { "-e", [[
      package.path = "lua/?.lua;spec/?.lua;" .. package.path
      package.cpath = "lua/?.so;" .. package.cpath
      io.stdout:write(require("support.simulator").start().name, "\n")
      io.stdout:flush()
      require("luv").run()]] })
    local port = assert(core.open(parent:await("out", "^([^\n]+)\n"), { backend = "tty" }))
    assert.truthy(ask(port, "AT"))
    parent:kill()
    local bytes, err = port:read(10)
    assert.is_nil(bytes)
    assert.equal("hangup", err.kind)
  end)
end)

describe("scripts/sim.lua, with a usage error,", function()
  local bad = {
    { "--spec", "foo=1" }, { "--spec", "csq=x" }, { "--bogus" }, { "--link", "fast" }, { "--http", "ftp" },
    { "--seed", "x" }, { "extra" }, { "--make-package", "A", "B" },
    { "--make-package", "A", "B", "build/none.pack", "--size", "10" },
    { "--make-package", "A", "B", "build/none.pack", "--plus", "often" },
  }
  for _, args in ipairs(bad) do
    it(("reports it in one line and exits with 2: %s"):format(table.concat(args, " ")), function()
      local process = Process.start(Process.lua, { "scripts/sim.lua", table.unpack(args) })
      assert.equal(2, (process:wait()))
      assert.truthy(process.err:find("^sim: [^\n]+\n$"), process.err)
      assert.equal("", process.out)
    end)
  end

  it("in Lua 5.1, names the Lua it needs", function()
    local lua51 = require("luv").fs_stat("/usr/bin/lua5.1")
    if not lua51 then return pending("there is no Lua 5.1 here") end
    local process = Process.start("lua5.1", { "scripts/sim.lua" })
    assert.equal(2, (process:wait()))
    assert.truthy(process.err:find("needs Lua 5.4", 1, true))
  end)
end)

describe("scripts/sim.lua --make-package", function()
  it("writes a package that can be read back", function()
    local home, remove = folder.new()
    local path = home .. "/a2b.pack"
    local args = { "scripts/sim.lua", "--make-package", "A", "B", path, "--size", "5000" }
    local process = Process.start(Process.lua, args)
    assert.equal(0, (process:wait()))
    assert.same({ model = "Quectel_MC65", from = "A", to = "B", size = 5000 }, Package.read(folder.read(path)))
    remove()
  end)

  it("reports why a file cannot be written", function()
    local process = Process.start(Process.lua, { "scripts/sim.lua", "--make-package", "A", "B", "/nowhere/x.pack" })
    assert.equal(74, (process:wait()))
    assert.truthy(process.err:find("/nowhere/x.pack", 1, true))
  end)
end)

describe("The simulated module with a real web server", function()
  local home, remove, web, sim

  before_each(function()
    home, remove = folder.new()
    folder.write(home .. "/A2B.pack", assert(Package.make("MC65FAR01A01", "B", 60000)))
    web = Nginx.start(home)
    sim = Simulator.start(QUICK, { "--http", "real" })
  end)

  after_each(function()
    sim:kill()
    web:stop()
    remove()
  end)

  local function download(path, text)
    local port = assert(core.open(sim.name, { backend = "tty" }))
    ask(port, "AT+QIREGAPP")
    ask(port, "AT+QIACT")
    return ask(port, ('AT+QFOTADL="%s"'):format(path), text), port
  end

  it("downloads the package itself, and updates from it", function()
    local answer, port = download(web.url .. "/A2B.pack", '"END",0\r\n')
    assert.truthy(answer:find('"DOWNLOADING",100%', 1, true))
    assert.truthy(answer:find('"HTTPEND",0', 1, true))
    read_until(port, "Call Ready\r\n")
    assert.truthy(ask(port, "ATI"):find("Revision: B\r\n", 1, true))
    assert.truthy(web.requests():find("GET /A2B.pack HTTP/1.0\" 200 60000", 1, true))
  end)

  it("reports 6504 if the file does not exist", function()
    assert.truthy(download(web.url .. "/none.pack", "HTTPEND"))
    assert.truthy(web.requests():find(" 404 ", 1, true))
  end)

  it("reports 6503 if nothing listens there", function()
    local url = web.url
    Process.stop(web)
    local port = select(2, download(url .. "/A2B.pack", '"HTTPEND",6503\r\n'))
    assert.truthy(ask(port, "ATI"):find("Revision: MC65FAR01A01", 1, true))
  end)

  it("reports 6502 if it is larger than the module accepts", function()
    sim:kill()
    sim = Simulator.start(QUICK .. ",pack_max=59999", { "--http", "real" })
    assert.truthy(download(web.url .. "/A2B.pack", '"HTTPEND",6502\r\n'))
  end)

  it("reports 6507 if the download is not a package", function()
    folder.write(home .. "/A2B.pack", "hello")
    assert.truthy(download(web.url .. "/A2B.pack", '"HTTPEND",6507\r\n'))
  end)
end)

describe("Other programs", function()
  local sim, home, remove

  before_each(function() home, remove = folder.new() end)
  after_each(function()
    if sim then sim:kill() end
    remove()
  end)

  it("gammu identifies it", function()
    sim = Simulator.start()
    local config = folder.write(home .. "/gammurc", ("[gammu]\nport=%s\nconnection=at115200\n"):format(sim.name))
    local gammu = Process.start("gammu", { "-c", config, "identify" })
    assert.equal(0, (gammu:wait()), gammu.err .. gammu.out)
    assert.truthy(gammu.out:find("861234567890127", 1, true), gammu.out)
    assert.truthy(gammu.out:find("MC65FAR01A01", 1, true), gammu.out)
  end)

  it("pppd's chat talks to it with a script", function()
    sim = Simulator.start("any_baud")
    local script = ([[exec /usr/sbin/chat -t 5 ABORT ERROR '' ATZ OK 'ATE1' OK AT+CGMM 'Quectel_MC65' '' OK ]]
      .. [['AT+CSQ;+CPIN?' 'CPIN: READY' '' OK <%s >%s]]):format(sim.name, sim.name)
    local chat = Process.start("sh", { "-c", script })
    assert.equal(0, (chat:wait()), chat.err .. chat.out)
  end)
end)
