local core = require "dfota.core"
local folder = require "support.folder"
local process = require "dfota.base.process"
local uv = require "luv"

local LONG_S = 20

describe("A program that is run", function()
  it("gets its arguments as they are: no shell reads them", function()
    local path, remove = folder.new()
    local word = "a b;$HOME'\"*"
    assert.is_true(process.run({ "sh", "-c", 'printf %s "$1" >"$2"', "sh", word, path .. "/out" }, LONG_S))
    assert.equal(word, folder.read(path .. "/out"))
    remove()
  end)

  -- words → what is told
  for name, case in pairs {
    ["that cannot be started"] = { { "no-such-program-x", "1" }, "no-such-program-x cannot be started: no such file" },
    ["that fails"] = { { "sh", "-c", "echo no relay >&2; echo more; exit 3" }, "sh ended with 3: no relay" },
    ["that fails silently"] = { { "false" }, "false ended with 1" },
    ["that is killed"] = { { "sh", "-c", "kill -9 $$" }, "sh was ended by signal 9" },
    ["that writes what a terminal would obey"] =
      { { "sh", "-c", "printf '\\033[2J'; exit 1" }, "sh ended with 1: \\x1B[2J" },
  } do
    it("has its failure told in one line: one " .. name, function()
      local done, err = process.run(case[1], LONG_S)
      assert.is_nil(done)
      assert.same({ "settings", case[2] }, { err.kind, err.message:sub(1, #case[2]) })
    end)
  end

  it("is ended at its deadline, with all that it has started", function()
    local began = core.now()
    local done, err = process.run({ "sh", "-c", "sleep 60 & sleep 60" }, 0.1)
    assert.is_nil(done)
    assert.equal("sh has not ended after 0.1 s", err.message)
    assert.is_true(core.now() - began < LONG_S)
  end)

  it("is ended by a signal, too", function()
    local calls = 0
    local function wait(seconds)
      calls = calls + 1
      if calls == 2 then return nil, core.error("interrupted", "a signal") end
      return core.wait(seconds)
    end
    local done, err = process.run({ "sleep", "60" }, LONG_S, wait)
    assert.same({ nil, "interrupted" }, { done, err.kind })
  end)

  it("is not waited for if only something that it left behind still runs", function()
    local began = core.now()
    assert.is_true(process.run({ "sh", "-c", "sleep 3 & exit 0" }, LONG_S))
    assert.is_true(core.now() - began < 2.5)
  end)

  it("leaves no descriptor behind, and may write as much as it likes", function()
    local function descriptors()
      local count = 0
      for _ in function(scan) return uv.fs_scandir_next(scan) end, assert(uv.fs_scandir "/proc/self/fd") do
        count = count + 1
      end
      return count
    end
    process.run({ "true" }, LONG_S)
    local before = descriptors()
    assert.is_true(process.run({ "head", "-c", "1000000", "/dev/zero" }, LONG_S))
    process.run({ "no-such-program-x" }, LONG_S)
    assert.equal(before, descriptors())
  end)
end)
