local Process = require "support.process"
local core = require "dfota.core"
local program = require "dfota.program"
local sink = require "support.sink"
local uv = require "luv"

local function run(flow, args, out)
  local err = sink.new()
  out = out or sink.new()
  local rc = program.main {
    name = "mine", program = true, flow = flow, args = args or {}, out = out, err = err,
    options = { { "-v --verbose", "More.", flag = true }, { "--to", "What." } },
    commands = { { "make", "Makes.", arguments = { { "FILE", "Where.", args = "?" } } }, { "list", "Lists." } },
  }
  return rc, out.text and out:text(), err:text()
end

describe("Every program that comes with dfota", function()
  for _, name in ipairs { "edit", "fleet", "ledger", "package", "ports", "replay", "report", "sim", "trace" } do
    it("has -h and -v, and names --settings only if it has that: " .. name, function()
      local flow, takes = dofile(("scripts/%s.lua"):format(name))
      takes.name, takes.args, takes.flow, takes.out, takes.err = name, { "--help" }, flow, sink.new(), sink.new()
      assert.equal(0, program.main(takes))
      local help = takes.out:text()
      for _, option in ipairs { "%-h, %-%-help", "%-v, %-%-verbose" } do assert.matches("\n  " .. option, help) end
      assert.is_nil(help:find "%-%-settings")
    end)
  end
end)

local function refused(rc, out, err)
  assert.same({ 2, "" }, { rc, out })
  assert.matches("^mine: [^\n]+%(%-%-help shows the options%)\n$", err)
end

describe("A program", function()
  it("shows itself with other arguments as it was started, to be pasted", function()
    local function typed(args)
      local line
      run(function(_, self) line = self:typed("--resume", "a b") end, args)
      return line
    end
    assert.equal("lua5.4 scripts/mine.lua --resume 'a b'", typed { [-1] = "lua5.4", [0] = "scripts/mine.lua", "list" })
    assert.equal("/x/dfota-mine --resume 'a b'", typed { [0] = "scripts/mine.lua", launched = "/x/dfota-mine", "list" })
    assert.equal("dfota-mine --resume a b", typed { "list" })
  end)

  it("gets its options and the program, and says what it says on stdout", function()
    local got
    local rc, out, err = run(function(options, self)
      got = options
      self:say "one"
      self:flush()
      self.out:write "two\n"
      self:warn "careful\27"
      return 5
    end, { "make", "F", "--to", "B" })
    assert.same({ 5, "one\ntwo\n", "mine: careful\\x1B\n" }, { rc, out, err })
    assert.same({ "make", "F", "B" }, { got.command, got.file, got.to })
  end)

  it("ends with 2 and one line where a call contradicts itself", function()
    refused(run(function(_, self) self.usage "one of the two" end, { "list" }))
  end)

  it("keeps its hints to itself with -q", function()
    for quiet, told in pairs { [true] = "", [false] = "mine: by the way\n" } do
      local err = sink.new()
      program.main { name = "mine", program = true, args = quiet and { "-q" } or {}, out = sink.new(), err = err,
        options = { { "-q --quiet", "Less.", flag = true } }, flow = function(_, self) self:hint "by the way" end }
      assert.equal(told, err:text())
    end
  end)

  it("ends with 0 if it returns nothing", function()
    assert.equal(0, (run(function() end, { "list" })))
  end)

  it("shows help and version, its own and its commands'", function()
    for args, pattern in pairs { ["--help"] = "^Usage: dfota%-mine ", ["--version"] = "^dfota%-mine [%w.]+\n$" } do
      local rc, out, err = run(error, { args })
      assert.same({ 0, "" }, { rc, err })
      assert.matches(pattern, out)
    end
    assert.matches("^Usage: dfota%-mine make ", select(2, run(error, { "make", "-h" })))
  end)

  it("refuses a wrong call in one line: 2", function()
    for _, args in ipairs { {}, { "--frobnicate" }, { "frob" }, { "list", "more" } } do refused(run(error, args)) end
  end)

  it("ends with the exit code of an error's kind, returned or raised", function()
    for kind, code in pairs { ledger = 78, ledger_locked = 75, interrupted = 130, usage = 2, io = 74, odd = 1 } do
      local err = core.error(kind, "no\nway")
      assert.same({ code, "", "mine: no\\nway\n" }, { run(function(_, self) return self:fail(err) end, { "list" }) })
      assert.same({ code, "", "mine: no\\nway\n" }, { run(function() error(err, 0) end, { "list" }) })
    end
    assert.same({ 1, "", "mine: so\n" }, { run(function(_, self) return self:fail "so" end, { "list" }) })
  end)

  it("with a fault ends with 1 and one line with its place; the traceback is shown with -v", function()
    local function fault() error "oops" end
    local rc, _, err = run(fault, { "list" })
    assert.equal(1, rc)
    assert.matches("^mine: [^\n]*program_spec%.lua:%d+: oops\n$", err)
    assert.matches("stack traceback", select(3, run(fault, { "list", "-v" })), 1, true)
  end)

  local function lost(code, when)
    local out = { write = function(self) return when ~= "write" and self or nil, "it is full", code end }
    out.flush = function(self) return when ~= "flush" and self or nil, "it is full", code end
    return out
  end

  it("whose output is lost ends with 1 and says why, but not if the reader wanted no more", function()
    local function say(_, self)
      self:say "one"
      return 0
    end
    for _, when in ipairs { "write", "flush" } do
      local rc, _, err = run(say, { "list" }, lost(28, when))
      assert.same({ 1, "mine: the output was lost: it is full\n" }, { rc, err })
      rc, _, err = run(say, { "list" }, lost(32, when))
      assert.same({ 0, "" }, { rc, err })
    end
    assert.equal(5, (run(function() return 5 end, { "list" }, lost(28, "flush"))))
  end)

  -- The signal comes while the options' parser is loaded, long before the script itself does anything.
  local EARLY = [[package.preload["dfota.config.cli"] = function(name)
    package.preload[name] = nil
    local uv = require "luv"
    uv.kill(uv.os_getpid(), os.getenv "DFOTA_SPEC_SIGNAL")
    return dofile "lua/dfota/config/cli.lua"
  end]]

  for number, call in ipairs {
    { "central" }, { "edit" }, { "fleet", "plan.csv", "A2B.pack" }, { "ledger" }, { "package", "list", "/" },
    { "ports" }, { "replay", "none" }, { "report" }, { "sim" }, { "trace", "none" },
  } do
    local signal = ({ "sigint", "sigterm", "sighup" })[number % 3 + 1]
    it(("ends with 130 and one line where a %s comes while it is loaded: %s"):format(signal, call[1]), function()
      local environment = uv.os_environ()
      environment.DFOTA_SPEC_SIGNAL = signal
      local list = {}
      for name, value in pairs(environment) do list[#list + 1] = name .. "=" .. value end
      local words = { "-e", EARLY, ("scripts/%s.lua"):format(call[1]), table.unpack(call, 2) }
      local process = Process.start(Process.lua, words, { env = list })
      assert.same({ 130, 0 }, { process:wait() })
      assert.same({ "", call[1] .. ": interrupted by a signal\n" }, { process.out, process.err })
    end)
  end

  -- This process stands for it.
  local function signalled(flow)
    local err = sink.new()
    local rc = program.main {
      name = "mine", program = true, owns_signals = true, args = {}, out = sink.new(), err = err, flow = flow,
    }
    core.admit_signals()
    core.signals_taken()
    core.release_signals()
    return { rc, err:text() }
  end

  local function kill_myself() uv.kill(uv.os_getpid(), "sigterm") end

  it("ends with 130 by a signal whatever it computes, also where it takes the error for one of its own", function()
    local told = { 130, "mine: interrupted by a signal\n" }
    assert.same(told, signalled(function()
      kill_myself()
      while true do end
    end))
    assert.same(told, signalled(function()
      kill_myself()
      while true do pcall(function() while true do end end) end
    end))
  end)

  it("that is interrupted in its waits alone puts in order what it began, and says itself how it ends", function()
    assert.same({ 5, "mine: interrupted\n" }, signalled(function(_, self)
      self.interrupt_waits()
      kill_myself()
      local sum = 0
      for i = 1, 10000 do sum = sum + i end
      local _, why = core.wait(30)
      self:warn(why.kind)
      return 5
    end))
  end)

  it("ends as it said once it is over, whatever signal still comes", function()
    assert.same({ 7, "" }, signalled(function(_, self)
      self:ignore_signals()
      kill_myself()
      return 7
    end))
  end)

  it("is not killed by a reader that closed the pipe", function()
    local ends = uv.pipe()
    uv.fs_close(ends.read)
    local code, signal
    uv.spawn(Process.lua, { args = { "scripts/fleet.lua", "--help" }, stdio = { nil, ends.write, nil } },
      function(...) code, signal = ... end)
    uv.fs_close(ends.write)
    while not code do uv.run "once" end
    assert.same({ 0, 0 }, { code, signal })
  end)
end)
