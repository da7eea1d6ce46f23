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

describe("A port's name", function()
  it("that stands for no port ends the run at once with 74, without waiting for another end", function()
    local pipe = run.path "pipe"
    assert(os.execute("mkfifo " .. pipe))
    for _, name in ipairs { pipe, "/", "/dev/null" } do
      local began = core.now()
      local done = run.script("update", { "--json", "--ledger", "none", "--port", name, run.package() })
      assert.same({ 74, "not_started", "after_fix" }, { done.rc, done.result.outcome, done.result.retry }, name)
      assert.is_truthy(done.result.message:find("not a serial port", 1, true))
      assert.is_true(core.now() - began < 5)
    end
  end)
end)

describe("What a run may use", function()
  local function limited(limit, args)
    local words = { "--" .. limit, Process.lua, "scripts/update.lua", table.unpack(args) }
    local process = Process.start("prlimit", words)
    return { rc = process:wait(), out = process.out, err = process.err }
  end

  it("is reported if there are too few file descriptors: 74, with the remedy", function()
    for _, count in ipairs { 10, 20 } do
      local done = limited("nofile=" .. count, { "--sim", "--ledger", "none", "--json", run.package() })
      assert.equal(74, done.rc, done.err)
      assert.is_truthy(done.out:find '^{[^\n]*"event":"result"[^\n]*}\n$', done.out)
      assert.is_truthy(done.out:find "Too many open files: [^\n]*raise the limit %(ulimit %-n%)", done.out)
    end
  end)

  it("need not hold the trace: one that reaches the file size limit is reported, and the run continues", function()
    local trace = run.path "trace"
    local done = limited("fsize=1024", { "--sim=" .. run.spec(), "--ledger", "none", "--trace", trace, "--to", B,
      "--set", "verify_pause_s=0.02", run.package() })
    assert.equal(0, done.rc, done.err)
    assert.is_truthy((done.out .. done.err):find("file too large", 1, true), done.err)
    assert.equal(1024, uv.fs_stat(trace).size)
  end)
end)

describe("Output that cannot be written", function()
  local function into_full(words)
    local command = ("%s scripts/update.lua --sim=%s --ledger none --set verify_pause_s=0.02 --to %s %s %s >/dev/full")
      :format(Process.lua, run.spec(), B, words, run.package())
    local process = Process.start("sh", { "-c", command })
    return process:wait(), process.err
  end

  for _, words in ipairs { "--json", "" } do
    it(("ends no update with 0 (%s): the other stream says so"):format(words), function()
      local rc, err = into_full(words)
      assert.equal(1, rc)
      local told = "the output was lost: No space left on device; the exit code would have been 0\n"
      assert.is_truthy(err:find(told, 1, true), err)
      if words == "--json" then assert.is_truthy(err:find("updated: " .. run.A .. " -> " .. B, 1, true), err) end
    end)
  end

  for _, words in ipairs {
    "update --settings", "update --json --settings", "update --help", "update --version", "info --help", "sim --list",
    "sim --help", "sim --version", "ledger --help", "ledger --version", "update --json --check --ledger none --sim",
    "update --check --ledger none --sim", "sim",
  } do
    for name, where in pairs { ["that is full"] = ">/dev/full", ["that is closed"] = ">&-" } do
      it(("ends nothing with 0 (%s, with an output %s)"):format(words, name), function()
        local script, options = words:match "^(%S+)(.*)$"
        if words:find "%-%-sim$" then options = ("%s=%s %s"):format(options, run.spec(), run.package()) end
        local process = Process.start("sh",
          { "-c", ("%s scripts/%s.lua %s %s"):format(Process.lua, script, options, where) })
        assert.equal(1, process:wait())
        assert.is_truthy(process.err:find("the output was lost: ", 1, true), process.err)
      end)
    end
  end

  it("keeps the code of a run that failed", function()
    local process = Process.start("sh", { "-c", Process.lua .. " scripts/info.lua --port / --json >/dev/full" })
    assert.equal(74, process:wait())
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
