local folder = require "support.folder"
local recall = require "dfota.fleet.recall"
local run_folder = require "dfota.fleet.run_folder"
local uv = require "luv"

local TRIGGER = '{"event":"phase","name":"trigger"}\n'

describe("What an earlier supervisor left", function()
  local dir, cleanup, opened
  before_each(function()
    dir, cleanup = folder.new()
    opened = assert(run_folder.create(dir, "night", {}))
  end)
  after_each(function()
    uv.run "nowait"
    cleanup()
  end)

  -- The last try of each module, as its files tell it; its process is gone.
  local function recalled(said, settled)
    local devices, events = {}, {}
    for number = 1, #said do
      devices[number] = { number = number, port = "/dev/" .. number }
      local key = run_folder.key(number, 2, "update")
      folder.write(("%s/%s.json"):format(opened.path, run_folder.key(number, 1, "update")), '{"event":"old"}\n')
      if said[number] then
        folder.write(("%s/%s.json"):format(opened.path, key), said[number])
        folder.write(("%s/%s.pid"):format(opened.path, key), "")
      end
    end
    recall.all {
      folder = opened, devices = devices, settled = settled or function() end,
      on_event = function(device, event, is_old)
        if event.name == "trigger" then device.triggered = true end
        events[#events + 1] = ("%d %s %s"):format(device.number, event.event, is_old)
      end,
      on_end = function() error "none of them runs" end,
    }
    return devices, events
  end

  local function states(devices)
    local list = {}
    for i, device in ipairs(devices) do list[i] = device.state or "" end
    return list
  end

  it("is the last try of each module, and what it said is told as old", function()
    local devices, events = recalled { '{"event":"result","rc":0,"retry":"none"}\n', false, "" }
    assert.same({ "done", "", "" }, states(devices))
    assert.same({ "1 result true", "2 old true" }, events)
    assert.same({ 2, 1, 2, "update" }, { devices[1].try, devices[2].try, devices[3].try, devices[3].what })
  end)

  it("is unknown behind a trigger without a result, and may be known to others", function()
    local asked = {}
    local function settled(device, since)
      asked[#asked + 1] = ("%d %s"):format(device.number, math.type(since) and "since")
      return ({ [1] = "done" })[device.number]
    end
    local devices = recalled({
      TRIGGER, TRIGGER, '{"event":"result","rc":84,"retry":"after_fix"}\n', '{"event":"result","rc":0}\n',
    }, settled)
    assert.same({ "done", "unknown", "failed", "done" }, states(devices))
    assert.same({ true, nil }, { devices[1].is_news, devices[2].is_news })
    assert.same({ "1 since", "2 since", "3 since" }, asked)
  end)

  it("bars another try where the package failed and the ledger may not know it", function()
    local devices = recalled {
      '{"event":"result","rc":81,"retry":"after_fix","recorded":false}\n',
      '{"event":"result","rc":81,"retry":"after_fix","recorded":true}\n',
    }
    assert.same({ true, false }, { devices[1].barred, devices[2].barred })
  end)

  it("is the exit code where its words were lost", function()
    folder.write(opened.path .. "/001-2.err",
      "the output was lost: No space left on device; the exit code would have been 81\n")
    local device = recalled({ TRIGGER })[1]
    assert.same({ "failed", 81, true }, { device.state, device.rc, device.barred })
  end)

  it("is unknown where watching was only about to begin", function()
    folder.write(opened.path .. "/001-3-watch.json", "")
    assert.same({ "unknown" }, states(recalled({ '{"event":"result","rc":80,"retry":"never"}\n' }, error)))
  end)

  it("is a job that runs, and that was told to end if the run was stopped", function()
    opened.was_stopped = true
    local stem = opened.path .. "/001-1"
    local out = assert(uv.fs_open(stem .. ".json", "wx", tonumber("600", 8)))
    local child, pid = uv.spawn("/bin/cat", { stdio = { uv.new_pipe(false), out } }, function() end)
    uv.fs_close(out)
    folder.write(stem .. ".pid", pid .. "\n")
    local devices, over = { { number = 1, port = "/dev/1" } }, false
    recall.all { folder = opened, devices = devices, on_end = function() over = true end }
    assert.same({ "running", true }, { devices[1].state, devices[1].was_told })
    devices[1].job:follow()
    child:kill "sigterm"
    while not over do uv.run "once" end
  end)

  it("is nothing where nothing was begun", function()
    local devices = { { number = 1, port = "/dev/1" } }
    recall.all { folder = opened, devices = devices }
    assert.same({ number = 1, port = "/dev/1" }, devices[1])
  end)
end)
