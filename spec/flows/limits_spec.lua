-- What a process may lack: descriptors, room in its files, an output that takes more, a port behind a name.
local Process = require "support.process"
local core = require "dfota.core"
local run = require "support.run"
local uv = require "luv"

local B = run.B

teardown(run.clean)

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
