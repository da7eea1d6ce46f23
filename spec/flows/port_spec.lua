-- The port itself: who else reads it, what stands behind its name, and what becomes of a run that loses it.
local Process = require "support.process"
local backend = require "support.backend"
local core = require "dfota.core"
local folder = require "support.folder"
local run = require "support.run"
local uv = require "luv"

local B = run.B

teardown(run.clean)

-- The simulated module that a run has started by itself.
local function child_of(pid)
  return tonumber(folder.read(("/proc/%d/task/%d/children"):format(pid, pid)):match "%d+")
end

-- Returns when a process has a file open.
local function await_open(pid, name)
  local deadline, folder_of = core.now() + 10, ("/proc/%d/fd"):format(pid)
  local open = false
  repeat
    assert(core.now() < deadline, name .. " was not opened")
    for fd in function(scan) return scan and uv.fs_scandir_next(scan) end, uv.fs_scandir(folder_of) do
      open = open or uv.fs_readlink(folder_of .. "/" .. fd) == name
    end
  until open
end

-- A run with --sim, whose module is killed as soon as some event was told.
local function killed_at(event, switches)
  local args = { "--json", "--ledger", "none", "--sim=" .. run.spec(switches), "--set", "reopen_s=0.05",
    run.package { size = 100000 } }
  return run.script("update", args, { meanwhile = function(process)
    process:await("out", event)
    uv.kill(assert(child_of(process.pid)), "sigkill")
  end })
end

describe("With --sim", function()
  it("a module that dies in the update ends the run at once: 80, and no other program's terminal is opened", function()
    local began = core.now()
    local done = killed_at('"phase":"update","percent":', { update_s = 20, update_step = 1 })
    assert.same({ 80, "unknown", "never" }, { done.rc, done.result.outcome, done.result.retry })
    assert.is_truthy(done.result.message:find("its port is gone for good", 1, true), done.result.message)
    assert.is_truthy(done.err:find("the simulated module has ended, and its port with it", 1, true), done.err)
    assert.is_true(core.now() - began < 15)
  end)

  it("a module that dies before the trigger ends it as a lost port does: 74", function()
    local done = killed_at('"phase":"upload","percent":', { link = 20000 })
    assert.same({ 74, "not_started" }, { done.rc, done.result.outcome })
  end)
end)

describe("A port that another program reads too", function()
  it("is reported with the reader's name, if it is a pty", function()
    local module = run.module()
    local reader = Process.start("cat", { module.name })
    await_open(reader.pid, module.name)
    local done = run.update(module, { "--check", run.package() }, { meanwhile = function(process)
      process:await("out", "has this port open too")
      reader:kill() -- or it steals the answers
    end })
    module:stop()
    local told = "%s: process %d (cat) has this port open too: what it reads is lost here"
    assert.equal(told:format(module.name, reader.pid), run.only(done, "note")[1].text)
  end)

  it("is not reported if nobody else reads it", function()
    local module = run.module()
    local done = run.update(module, { "--check", run.package() })
    module:stop()
    for _, note in ipairs(run.only(done, "note")) do assert.is_nil(note.text:find("has this port open", 1, true)) end
  end)
end)

describe("A run with --power-cycle", function()
  -- The states of DTR that were set, a run of the same one once.
  local function states_in(log)
    local states = {}
    for state in log:gmatch "dtr=(%d)" do
      if state ~= states[#states] then states[#states + 1] = state end
    end
    return table.concat(states)
  end

  it("gives one pulse on the port's line before it meets the module, and none after", function()
    local module, log = run.module(), run.path "lines.log"
    local done = run.update(module, { "--power-cycle", run.package() }, { env = { DFOTA_SHIM_LOG = log },
      set = { power_line = "dtr", power_pulse_s = 0.05, power_wait_s = 0 } })
    module:stop()
    if backend == "tty" then -- a bare pty has no such line, and nothing else was sent to it
      assert.same({ 74, {} }, { done.rc, done.sent })
      assert.is_truthy(done.result.message:find(module.name, 1, true), done.result.message)
    else
      assert.same({ 0, B, "1010" }, { done.rc, done.result.after, states_in(folder.read(log)) })
    end
  end)
end)
