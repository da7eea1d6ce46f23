-- Traces of real runs of the scripts, shown and played: separate processes, on ptys.
local Process = require "support.process"
local folder = require "support.folder"
local run = require "support.run"

local FROM_TO = { "--from", run.A, "--to", run.B }

local function arguments(package) return { FROM_TO[1], FROM_TO[2], FROM_TO[3], FROM_TO[4], package } end

-- Runs update.lua against a trace that is replayed.
local function replayed(args, package)
  local words = table.move(args, 1, #args, 2, { "scripts/replay.lua" })
  local replay = Process.start(Process.lua, words)
  replay.name = replay:await("out", "^([^\n]+)\n")
  local done = run.update(replay, arguments(package))
  return done, replay:wait(), replay.err
end

describe("A trace", function()
  local path, package, first

  setup(function()
    local module = run.module { reply = "CIMI:001010123456789" }
    package, path = run.package { size = 6000 }, run.path "kept.trace"
    first = run.update(module, arguments(package))
    module:stop()
    folder.write(path, first.trace)
  end)
  teardown(run.clean)

  it("says which port it is of, at which rate, and how the run ended", function()
    assert.equal(0, first.rc, first.err)
    assert.matches("^# dfota trace 1, begun [^\n]+\n# port /dev/[^\n]+\n# baud 115200\n", first.trace)
    assert.matches("\n# exit code 0\n$", first.trace)
    assert.is_truthy(first.trace:find("\n# data 1024\n", 1, true))
  end)

  it("is played to update.lua, which comes to the same end and is said to have followed it", function()
    local done, rc, err = replayed({ "--fast", "--patience", "1", path }, package)
    assert.same({ 0, 0 }, { done.rc, rc }, done.err .. err)
    assert.same(first.sent, done.sent)
    assert.is_truthy(err:find("the host followed the trace: all", 1, true), err)
  end)

  it("is played to another package of another size, if any will do", function()
    local done, rc, err = replayed({ "--fast", "--any-package", "--patience", "10", path }, run.package { size = 5000 })
    assert.same({ 0, 0 }, { done.rc, rc }, done.err .. err)
  end)

  it("tells a host that does something else, and what the trace goes on with", function()
    local replay = Process.start(Process.lua, { "scripts/replay.lua", "--fast", "--patience", "0.3", path })
    replay.name = replay:await("out", "^([^\n]+)\n")
    local done = run.info(replay, {})
    local rc = replay:wait()
    assert.equal(76, rc, done.err)
    local told = "AT+CPIN? is not in the trace, and is answered with ERROR; the trace goes on with "
    assert.is_truthy(replay.err:find(told, 1, true), replay.err)
    assert.is_truthy(replay.err:find("AT+QFOTADL=? (line ", 1, true), replay.err)
    assert.is_truthy(replay.err:find("the host did not follow the trace: ", 1, true), replay.err)
  end)
end)
