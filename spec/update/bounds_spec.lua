local Bounds = require "dfota.update.bounds"
local Decision = require "dfota.update.decision"
local core = require "dfota.core"
local uv = require "luv"

-- A loop that would end by itself after some seconds, so that a spec fails instead of hanging.
local function compute()
  for _ = 1, 2e8 do end -- luacheck: ignore
  return "it was not ended"
end

local function interrupt() uv.kill(uv.os_getpid(), "sigint") end

local function compute_after_signal()
  interrupt()
  return compute()
end

describe("While a script's code runs", function()
  local bounds, decision, notes, is_followed

  before_each(function()
    assert(core.catch_signals())
    decision, notes, is_followed = Decision.new(), {}, false
    bounds = Bounds.new {
      host = core, decision = decision, owns_output = true, note = function(line) notes[#notes + 1] = line end,
      is_followed = function() return is_followed end,
    }
  end)
  after_each(function()
    core.release_signals()
    core.signals_taken()
  end)

  it("it is called with its arguments, and returns what it returns", function()
    assert.same({ true, 1, nil, 3 }, { bounds:call(function(...) return ... end, 1, nil, 3) })
    local ok, raised = bounds:call(function() error "x" end)
    assert.same({ false, true }, { ok, raised.fault:find "bounds_spec.lua:%d+: x$" ~= nil })
  end)

  describe("a signal ends a loop that waits for nothing", function()
    local function is_interrupted(ok, raised)
      assert.same({ false, "interrupted" }, { ok, core.is_error(raised) and raised.kind }, tostring(raised))
      assert.is_truthy(raised.message:find "bounds_spec.lua:%d+: interrupted by a signal$", raised.message)
      assert.equal(raised, decision.final)
      assert.same({ INT = 0, TERM = 0, HUP = 0, QUIT = 0 }, core.signals_taken())
    end

    it("and names its line", function() is_interrupted(bounds:call(compute_after_signal)) end)

    it("also one that came before it began", function()
      interrupt()
      is_interrupted(bounds:call(compute))
    end)

    it("also if the script catches errors", function()
      is_interrupted(bounds:call(function()
        for _ = 1, 100 do pcall(compute_after_signal) end
      end))
    end)

    it("also if a handler of its own does the same", function()
      is_interrupted(bounds:call(function()
        for _ = 1, 100 do xpcall(compute_after_signal, compute) end
      end))
    end)

    for name, run in pairs {
      create = function() return coroutine.resume(coroutine.create(compute_after_signal)) end,
      wrap = function() return pcall(coroutine.wrap(compute_after_signal)) end,
    } do
      it("also in a coroutine: " .. name, function()
        is_interrupted(bounds:call(function()
          run()
          return compute()
        end))
      end)
    end

    it("also in code that a script has loaded from a text", function()
      is_interrupted(bounds:call(assert(load("local f = ... ; f() ; for _ = 1, 2e8 do end")), interrupt))
    end)

    it("but no code of ours, which goes on to where it waits", function()
      local ok = bounds:call(uv.kill, uv.os_getpid(), "sigint") -- the next instruction is one of bounds.lua
      assert.same({ true, nil, true, 1 }, { ok, decision.final, core.signal_pending(), core.signals_taken().INT })
    end)

    it("but none that a wait has reported", function()
      local ok, kind, sum = bounds:call(function()
        is_followed = true
        interrupt()
        local err, all = select(2, core.wait(1)), 0
        is_followed = false
        for i = 1, 1e5 do all = all + i end
        return err.kind, all
      end)
      assert.same({ true, "interrupted", 5000050000 }, { ok, kind, sum })
    end)

    it("but not while the module is followed: then signals are counted for its own rule", function()
      is_followed = true
      local ok = bounds:call(interrupt)
      assert.same({ true, 1 }, { ok, core.signals_taken().INT })
      assert.is_nil(decision.final)
    end)

    it("but ends a subscriber then, and leaves the signal to the run", function()
      is_followed = true
      local ok, done, raised = bounds:call(function()
        return coroutine.resume(coroutine.create(compute_after_signal))
      end)
      assert.same({ true, false, "interrupted", 1 }, { ok, done, raised.kind, core.signals_taken().INT })
      assert.is_nil(decision.final)
    end)

    it("and after the verdict changes nothing about it", function()
      decision:settle {}
      local ok, raised = bounds:call(compute_after_signal)
      assert.same({ false, "interrupted", nil }, { ok, raised.kind, decision.final })
    end)

    it("and is nothing to what comes after it", function()
      bounds:call(compute_after_signal)
      interrupt()
      local sum = 0
      for i = 1, 1e6 do sum = sum + i end
      assert.equal(500000500000, sum)
    end)
  end)

  describe("what it prints is a note, a line each", function()
    for name, case in pairs {
      ["by print"] = { function() print("a", 1, nil) end, { "a  1  nil" } },
      ["of several lines"] = { function() print "a\nb" end, { "a", "b" } },
      ["by io.write"] = { function() io.write("a", 1, "\nb\n") end, { "a1", "b" } },
      ["by io.stdout"] = { function() io.stdout:write("a\n"):write "b\n" end, { "a", "b" } },
      ["in pieces"] = { function() io.write "a" io.write "b\n" end, { "ab" } },
      ["without a line end"] = { function() io.write "a" end, { "a" } },
      ["when it is flushed"] = { function() io.write("a"):flush() print "b" end, { "a", "b" } },
    } do
      it(name, function()
        assert.is_true((bounds:call(case[1])))
        assert.same(case[2], notes)
      end)
    end

    it("and nothing more once it has ended, however it ended", function()
      local before = { print, io.write, io.stdout, os.exit, coroutine.create, coroutine.wrap }
      bounds:call(function() error "x" end)
      assert.same(before, { print, io.write, io.stdout, os.exit, coroutine.create, coroutine.wrap })
    end)

    it("unless the output is that of a program which runs a flow", function()
      local own = Bounds.new { host = core, decision = decision, note = error, is_followed = error }
      local before = { print, io.write, os.exit, coroutine.create }
      assert.same({ true, before }, { own:call(function() return { print, io.write, os.exit, coroutine.create } end) })
    end)

    it("also where globals must not be replaced", function()
      local kept = setmetatable({}, { __newindex = error })
      setmetatable(_G, { __index = function() end, __newindex = function() error "a global" end })
      finally(function() setmetatable(_G, nil) end)
      assert.is_true((bounds:call(function() print "a" end)))
      assert.same({ { "a" }, {} }, { notes, kept })
    end)
  end)

  it("os.exit is refused with its line, and ends the flow whatever becomes of the error", function()
    local ok, raised = bounds:call(function()
      pcall(os.exit, 0)
      decision:go_on()
    end)
    assert.is_false(ok)
    assert.is_truthy(raised.fault:find "bounds_spec.lua:%d+: os.exit would end the run without its result")
    assert.equal(raised, decision.final)
  end)
end)
