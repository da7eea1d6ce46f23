local core = require "dfota.core"
local folder = require "support.folder"
local json = require "dkjson"
local orphans = require "dfota.fleet.orphans"
local run_folder = require "dfota.fleet.run_folder"
local telling = require "dfota.fleet.telling"
local uv = require "luv"

describe("A run that others carry out", function()
  local dir, cleanup, night
  before_each(function()
    dir, cleanup = folder.new()
    night = assert(run_folder.create(dir, "night", { devices = { { port = "/dev/x" } } }))
  end)
  after_each(function() cleanup() end)

  -- What is said, or why nothing was told.
  local function tell(options)
    local said = ""
    local program = { say = function(_, line) said = said .. line end }
    local ok, err = pcall(telling.tell, dir, options, program)
    if not ok then return { err.kind, err.message } end
    return said
  end

  it("takes --go only while it is paused: before, it would skip the pause", function()
    assert.same({ "usage", "run night is not being carried out: --resume night goes on with it" },
      tell { go = "night" })
    assert(night:claim())
    assert.same({ "usage", "run night is not paused, and --go now would skip the pause: say it once it is" },
      tell { go = "night" })
    assert.is_false(night:was_told "go")
    assert(night:tell "paused")
    assert.equal("", tell { go = "night" })
    assert.is_true(night:was_told "go")
    assert.same({ v = 1, event = "told", run = "night", word = "go", supervisor = uv.os_getpid() },
      json.decode(tell { go = "night", json = true }))
    uv.fs_close(night.claimed)
  end)

  it("is told to stop, and to programs is named who was told", function()
    assert(night:claim())
    assert.same({ v = 1, event = "told", run = "night", word = "stop", supervisor = uv.os_getpid() },
      json.decode(tell { stop = "night", json = true }))
    assert.is_true(night:was_told "stop")
    uv.fs_close(night.claimed)
  end)

  it("is waited for with --wait, until it ends or somebody interrupts that", function()
    assert(night:claim())
    assert(core.catch_signals())
    uv.kill(uv.os_getpid(), "sigterm")
    assert.equal("interrupted", tell({ stop = "night", wait = true })[1])
    core.signals_taken()
    core.release_signals()
    assert.is_true(night:was_told "stop")
    uv.fs_close(night.claimed)
  end)

  it("is told to stop whoever goes on with it at that moment", function()
    local stop = orphans.stop
    orphans.stop = function(...) -- luacheck: ignore 122
      assert(night:claim())
      return stop(...)
    end
    local said = tell { stop = "night", json = true }
    orphans.stop = stop -- luacheck: ignore 122
    assert.equal(uv.os_getpid(), json.decode(said).supervisor)
    assert.is_true(night:was_told "stop")
    uv.fs_close(night.claimed)
  end)

  it("has nobody to be told once all have ended", function()
    assert.equal("run night is not being carried out: nobody is there to be told",
      tell { stop = "night", wait = true })
    assert(run_folder.create(dir, "other", { devices = { { port = "/dev/x" } } }))
    assert.same({ v = 1, event = "told", run = "other", word = "stop", told = 0, followed = 0 },
      json.decode(tell { stop = "other", json = true }))
  end)

  it("that is not there is told in one line", function()
    local err = tell { stop = "none" }
    assert.equal("usage", err[1])
    assert.truthy(err[2]:find("run none: there is no such run in ", 1, true))
  end)
end)
