local ending = require "dfota.fleet.ending"

local function typed(...) return table.concat({ "lua5.4 scripts/fleet.lua", ... }, " ") end

local function said(devices, more)
  local counts = {}
  for i, device in ipairs(devices) do
    device.number, device.port = i, "/dev/x" .. i
    counts[device.state] = (counts[device.state] or 0) + 1
  end
  local run = { id = "r1", devices = devices, counts = counts, typed = typed }
  for name, value in pairs(more or {}) do run[name] = value end
  return ending.lines(run)
end

describe("What a fleet's run says at its end", function()
  it("is what failed, of one kind once, with what to do, and how to go on as it was started", function()
    assert.same({
      "2 modules, such as bus 1: the supply is at 3000 mV; again: after fixing it, or --force GATE",
      "/dev/x3: 6508: update failed; use another package: this one may have been made for another model or revision; "
        .. "ask Quectel which one fits", "page: /r/page.html",
      "to try again what failed, once that is fixed: lua5.4 scripts/fleet.lua --resume r1 --again failed",
      "to try again what failed with the same package, and not with another in a new run: lua5.4 scripts/fleet.lua"
        .. " --resume r1 --again failed --force attempts",
    }, said({
      { state = "failed", rc = 84, name = "bus 1", message = "the supply is at 3000 mV" },
      { state = "failed", rc = 84, message = "the supply is at 3100 mV" },
      { state = "failed", rc = 81, code = 6508, outcome = "failed_on_source", message = "6508: update failed" },
      { state = "done" },
    }, { page = "/r/page.html" }))
  end)

  it("names a step for whatever is left, and none where all is done", function()
    local resume = "lua5.4 scripts/fleet.lua --resume r1"
    assert.same({ "to go on: " .. resume }, said { { state = "interrupted" }, { state = "done" } })
    assert.same({ "to go on: " .. resume }, said { { state = "waiting" } })
    local lines = said { { state = "unknown", rc = 80, message = "no end was seen" } }
    assert.same({ "/dev/x1: no end was seen; keep it powered; it is not to be updated again before it is known what it"
      .. " runs", "to settle what is unknown: " .. resume }, lines)
    assert.same({}, said { { state = "done" } })
    for _, state in ipairs { "running", "triggered", "watching" } do -- not followed any more
      assert.same({ "to go on: " .. resume }, said { { state = state }, { state = "done" } })
    end
  end)

  local function first(more)
    local device = { state = "failed", name = "m1", goes_first = true }
    for name, value in pairs(more) do device[name] = value end
    local lines = said { device, { state = "waiting" }, { state = "failed", rc = 69 } }
    return lines[#lines], #lines
  end

  it("names what goes on behind a first module that failed, and nothing that stops again at once", function()
    local resume = "lua5.4 scripts/fleet.lua --resume r1 --again failed"
    local forced = "to go on with the same package, and not with another in a new run: "
      .. resume .. " --force attempts"
    assert.same({ "to go on, once that is fixed: " .. resume, 3 }, { first { rc = 84, refused_by = "supply" } })
    for _, why in ipairs {
      { rc = 81, outcome = "failed_on_source" }, { rc = 82, outcome = "wrong_revision" },
      { rc = 84, refused_by = "attempts" },
    } do
      assert.same({ forced, 3 }, { first(why) })
    end
  end)

  it("is that the last try was refused, with what to do about the failure before", function()
    local before = { result = { rc = 81, code = 6508, outcome = "failed_on_source", message = "6508: update failed" } }
    local refused = { state = "failed", rc = 84, refused_by = "attempts", tries = { before },
      message = "this package failed on this module before: 6508: update failed" }
    assert.equal("/dev/x1: this package failed on this module before: 6508: update failed; use another package: this "
      .. "one may have been made for another model or revision; ask Quectel which one fits", said({ refused })[1])
  end)

  it("is of a check what failed, and no step: nobody goes on with one", function()
    assert.same({ "/dev/x1: no answer; again: after looking at wiring, power, baud" },
      said({ { state = "failed", rc = 69, message = "no answer" } }, { checks = true }))
  end)

  it("counts kinds that would be too many", function()
    local devices = {}
    for i = 1, 5 do devices[i] = { state = "failed", rc = 81, code = 6500 + i, message = "x" } end
    assert.equal("and 2 rarer kinds of failure", said(devices)[4])
    assert.equal("and 2 rarer kinds of failure: see the page", said(devices, { page = "/p" })[4])
  end)

  it("is broken between words on a terminal, but neither a path nor a command, which are to be copied", function()
    local lines, labels = ending.lines {
      id = "r1", page = "/srv/a folder with a long name/page.html", typed = typed, counts = { waiting = 1 },
      devices = { { state = "failed", rc = 69, number = 1, port = "/dev/x1", message = "the module does not answer" } },
    }
    assert.same({
      "/dev/x1: the module does not answer;", "again: after looking at wiring, power,", "baud",
      "page:", "/srv/a folder with a long name/page.html",
      "to go on:", "lua5.4 scripts/fleet.lua --resume r1",
      "to try again what failed, once that is", "fixed:", "lua5.4 scripts/fleet.lua --resume r1 --again failed",
    }, ending.wrapped(lines, labels, 40))
    assert.same(lines, ending.wrapped(lines, labels, 200))
  end)

  it("takes as many lines of a terminal as it is wide", function()
    assert.equal(0, ending.height({}, 80))
    assert.equal(4, ending.height({ "", ("x"):rep(80), ("ä"):rep(81) }, 80))
  end)
end)
