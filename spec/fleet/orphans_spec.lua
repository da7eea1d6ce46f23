local core = require "dfota.core"
local folder = require "support.folder"
local orphans = require "dfota.fleet.orphans"
local run_folder = require "dfota.fleet.run_folder"
local supervisor = require "dfota.fleet.supervisor"
local uv = require "luv"

local function nothing() end

local IDENTITY = [[echo '{"event":"identity"}';]]
local TRIGGER = [[echo '{"event":"phase","name":"trigger"}';]]
local UPDATED = [[echo '{"event":"result","rc":0,"retry":"none"}';]]
local INTERRUPTED = [[trap "echo '{\"event\":\"result\",\"rc\":130,\"retry\":\"safe\"}'; exit 130" INT;]]

describe("A run whose supervisor died", function()
  local dir, cleanup, opened
  before_each(function()
    dir, cleanup = folder.new()
    opened = assert(run_folder.create(dir, "night", {}))
  end)
  after_each(function()
    uv.run "nowait"
    cleanup()
  end)

  local function devices(number)
    local list = {}
    for i = 1, number do list[i] = { number = i, port = "/dev/" .. i } end
    return list
  end

  -- The supervisor of the jobs is this process, which holds no file of the run: to others it is dead.
  local function begin(scripts)
    local run = supervisor.new {
      folder = opened, devices = devices(#scripts), schedule = { jobs = #scripts }, on_event = nothing,
      on_change = nothing, on_end = nothing, words = function(device) return { "sh", "-c", scripts[device.number] } end,
    }
    run:begin()
    return run
  end

  it("is stopped like any other: what is not triggered is interrupted, what is triggered followed", function()
    local gate = dir .. "/gate"
    assert(os.execute("mkfifo " .. gate))
    local first = begin {
      INTERRUPTED .. IDENTITY .. "while :; do sleep 0.02; done", TRIGGER .. ("read x <%s;"):format(gate) .. UPDATED,
    }
    while not (first.devices[1].heard and first.devices[2].triggered) do uv.run "once" end
    local list = devices(3)
    local left = assert(orphans.stop(opened, list))
    assert.same({ 1, 1 }, { left.told, left.followed })
    assert.equal("run night has no supervisor any more: 1 job told to stop, 1 past the trigger or watching",
      left:words "night")
    assert.same({ uv.os_getpid(), true }, { opened:supervisor(), opened:was_told "stop" })
    assert(core.catch_signals())
    uv.kill(uv.os_getpid(), "sigterm")
    assert.equal("interrupted", select(2, left:wait()).kind)
    core.signals_taken()
    core.release_signals()
    folder.write(gate, "\n")
    assert.is_true(left:wait())
    assert.same({ "interrupted", "done", "waiting" }, { list[1].state, list[2].state, list[3].state })
    assert.equal(2, #opened:tries()[1] + #opened:tries()[2])
  end)

  it("and whose jobs have ended, too, has nobody to be told", function()
    local left = assert(orphans.stop(opened, devices(1)))
    left:wait()
    assert.same({ 0, 0 }, { left.told, left.followed })
    assert.equal("run night is not being carried out: nobody is there to be told", left:words "night")
  end)

  it("is told of no stop that others would not know of", function()
    assert(uv.fs_mkdir(opened.path .. "/stop", tonumber("700", 8)))
    local none, err = orphans.stop(opened, devices(1))
    assert.same({ nil, "run" }, { none, err and err.kind })
  end)

  it("is left to whoever goes on with it at this moment", function()
    assert(opened:claim())
    local none, err = orphans.stop(opened, devices(1))
    assert.same({ nil, "usage" }, { none, err.kind })
  end)
end)
