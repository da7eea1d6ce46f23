-- fleet.lua --all as a process, on a machine of its own whose adapters can be plugged in anew: which modules it finds,
-- and that it finds the same ones when it goes on.
local Process = require "support.process"
local Simulator = require "support.simulator"
local core = require "dfota.core"
local folder = require "support.folder"
local json = require "dkjson"
local uv = require "luv"

local A, B = "MC65FAR01A01", "MC65FAR01A02"
local FAST = "boot_s=0.1,reboot_s=0.1,cpin_s=0.02,call_ready_s=0.05,reg_s=0,end_s=0.05,update_s=0.2,update_step=20,"
  .. "imei=%s,revision=%s"
local SOCKET, ADAPTER = "/dev/serial/by-path/pci-usb-1.%d", "/dev/serial/by-id/usb-FTDI_%s"

describe("fleet.lua --all", function()
  local dir, cleanup, sims, silent, held, holder, package

  setup(function()
    if not os.execute "unshare -m true 2>/dev/null" then return end
    dir, cleanup = folder.new()
    sims = {
      Simulator.start(FAST:format("861234567800019", B)), Simulator.start(FAST:format("861234567800027", A)),
      Simulator.start(FAST:format("861234567800035", A)),
      Simulator.start "model=EC25,revision=EC25EFAR06A01M4G,imei=861234567800043",
    }
    silent, held = assert(core.pty()), assert(core.pty())
    holder = Process.start("sh", { "-c", ("exec <%s; echo held; exec sleep 600"):format(held:name()) })
    holder:await("out", "held")
    package = dir .. "/A2B.pack"
    local made = Process.start(Process.lua, { "scripts/sim.lua", "--size", "3000", "--make-package", A, B, package })
    assert(made:wait() == 0, made.err)
  end)
  teardown(function()
    if not dir then return end
    for _, sim in ipairs(sims) do sim:stop() end
    silent:close()
    held:close()
    holder:kill()
    cleanup()
  end)

  local function start(ports, ...)
    local words = { "spec/support/ports_machine.sh", table.unpack(ports) }
    words[#words + 1] = "--"
    table.move({ Process.lua, "scripts/fleet.lua", ... }, 1, 2 + select("#", ...), #words + 1, words)
    local env, list = uv.os_environ(), {}
    env.XDG_STATE_HOME, env.TMPDIR = dir .. "/state", dir
    for name, value in pairs(env) do list[#list + 1] = name .. "=" .. value end
    return Process.start("sh", words, { env = list, patience_s = 60 })
  end

  local function all(ports, ...)
    return start(ports, "--json", "--all", "--ledger", dir .. "/ledger.db", "--baud", "115200", "--to", B, "--set",
      "boot_s=1", "--set", "verify_pause_s=0.1", "--set", "at_s=0.1", ...)
  end

  -- Its ports by the numbers in which the adapters were found; their sockets and serial numbers stay.
  local function bench(numbers)
    local ptys = {
      sims[1].name .. ",by-path/pci-usb-1.1,by-id/usb-FTDI_A", sims[2].name .. ",by-id/usb-FTDI_B",
      sims[3].name .. ",by-path/pci-usb-1.3", sims[4].name .. ",by-path/pci-usb-1.4",
      silent:name() .. ",by-path/pci-usb-1.5", held:name() .. ",by-path/pci-usb-1.6",
    }
    local list = {}
    for i, pty in ipairs(ptys) do list[i] = ("ttyUSB%d=%s"):format(numbers[i], pty) end
    return list
  end

  local FIRST, LATER = { 0, 1, 2, 3, 4, 5 }, { 2, 0, 1, 5, 3, 4 }

  local function verdicts(process)
    local last = json.decode(process.out:match "([^\n]+)\n$")
    assert.equal("fleet", last.event)
    local list = {}
    for i, module in ipairs(last.modules) do
      list[i] = ("%s %s %s %s"):format(module.port, module.imei, module.state, module.outcome)
    end
    table.sort(list)
    return list
  end

  it("finds no port on a machine without one: 74, in one line that says what to do", function()
    if not dir then return pending "needs root" end
    local none = all({}, package)
    assert.same({ 74, "", "fleet: no serial port was found: plug the adapters in\n" },
      { none:wait(), none.out, none.err })
  end)

  it("takes every module under the name that stays, says why each other port has no part, and checks only", function()
    if not dir then return pending "needs root" end
    local check = all(bench(FIRST), "--check", package)
    assert.equal(0, check:wait(), check.err)
    assert.equal(([[
fleet: %s has no part: EC25, IMEI 861234567800043: is of another family than MC65, M65, M08-R
fleet: %s has no part: no module answers
fleet: %s has no part: in use by process %d (sleep)
]]):format(SOCKET:format(4), SOCKET:format(5), SOCKET:format(6), holder.pid), check.err)
    assert.same({
      ADAPTER:format "B" .. " 861234567800027 done checked",
      SOCKET:format(1) .. " 861234567800019 done already_current",
      SOCKET:format(3) .. " 861234567800035 done checked",
    }, verdicts(check))
    assert.is_nil(uv.fs_stat(dir .. "/state"))
  end)

  it("goes on with the modules that it found, though it was killed and their adapters have other numbers", function()
    if not dir then return pending "needs root" end
    local run = all(bench(FIRST), "--run", "night", "--canary", "1", package)
    run:await("out", '"name":"trigger"')
    run:kill()
    assert.truthy(run.err:find(("these go first: %s (%s)\n"):format(ADAPTER:format "B", A), 1, true), run.err)
    assert.is_nil(run.out:find(SOCKET:format(3), 1, true), "another one began beside the one that goes first")
    local after = start(bench(LATER), "--json", "--resume", "night")
    assert.equal(0, after:wait(), after.err)
    assert.same({
      ADAPTER:format "B" .. " 861234567800027 done updated",
      SOCKET:format(1) .. " 861234567800019 done already_current",
      SOCKET:format(3) .. " 861234567800035 done updated",
    }, verdicts(after))
    assert.is_nil(after.err:find("no part", 1, true), "it looked for modules anew")
  end)

  it("has updated them: each says so itself", function()
    if not dir then return pending "needs root" end
    local asked = Process.start(Process.lua, { "scripts/ports.lua", "--json", "--probe", "--ledger", "none", "--baud",
      "115200", sims[1].name, sims[2].name, sims[3].name })
    assert.equal(0, asked:wait(), asked.err)
    local runs = {}
    for line in asked.out:gmatch "[^\n]+" do
      local event = json.decode(line)
      runs[#runs + 1] = event.event == "facts" and event.revision or nil
    end
    assert.same({ B, B, B }, runs)
  end)
end)
