local core = require "dfota.core"
local errand = require "dfota.central.errand"
local uv = require "luv"

local URL = "postgres://gw7:s3cret@db/fleet"

describe("An errand", function()
  setup(function() assert(core.catch_signals()) end) -- as every script does: the end of a child is no interruption
  teardown(core.release_signals)

  local function send(what)
    what.url = URL
    return assert(errand.send("support.errand_task", what))
  end

  local function follow(what, limits)
    local over, result, err
    send(what):follow(limits, function(...)
      over, result, err = true, ...
    end)
    while not over do uv.run "once" end
    return result, err
  end

  it("brings back what was asked, or why not, whether its sender waits or goes on", function()
    assert.same({ answer = 5 }, (send { asked = 5 }:wait { total_s = 20 }))
    assert.same({ answer = 6 }, (follow({ asked = 6 }, { total_s = 20 })))
    for _, ask in ipairs { function(what) return send(what):wait { total_s = 20 } end,
      function(what) return follow(what, { total_s = 20 }) end } do
      local result, err = ask { fails = "refused" }
      assert.same({ nil, "central", "refused" }, { result, err.kind, err.message })
    end
  end)

  it("tells what there is to say meanwhile, in order", function()
    local told = {}
    local function on_told(...) told[#told + 1] = { ... } end
    send { says = 2 }:wait { silent_s = 20, on_told = on_told }
    follow({ says = 1 }, { silent_s = 20, on_told = on_told })
    assert.same({ { "said", 1 }, { "said", 2 }, { "said", 1 } }, told)
  end)

  it("that hangs is given up when its time is over, and names the centre without its secrets", function()
    for _, limits in ipairs { { total_s = 0.2 }, { silent_s = 0.2 } } do
      for _, ask in ipairs { function() return send { hangs = true }:wait(limits) end,
        function() return follow({ hangs = true }, limits) end } do
        local result, err = ask()
        assert.same({ nil, "central", "central postgres://***@db/fleet: no answer within 0.2 s" },
          { result, err.kind, err.message })
      end
    end
  end)

  it("has so long altogether, however much it says", function()
    local _, err = send { says = 3, hangs = true }:wait { total_s = 0.3 }
    assert.matches("no answer within 0.3 s", err.message, 1, true)
  end)

  it("with a fault in it says which", function()
    local result, err = send { faults = true }:wait { total_s = 20 }
    assert.same({ nil, "fault" }, { result, err.kind })
    assert.matches("no such thing", err.message, 1, true)
  end)

  it("that dies is no answer", function()
    local _, err = send { dies = true }:wait { total_s = 20 }
    assert.matches("the process that asks it ended", err.message, 1, true)
    _, err = follow({ dies = true }, { total_s = 20 })
    assert.matches("the process that asks it ended", err.message, 1, true)
  end)

  it("is killed with its sender's patience: nothing is left of it", function()
    local sent = send { hangs = true }
    local pid = sent.process.pid
    sent:wait { total_s = 0.1 }
    local function command_line()
      local fd = uv.fs_open(("/proc/%d/cmdline"):format(pid), "r", 0)
      local line = fd and uv.fs_read(fd, 100) or "" -- a zombie has none any more
      if fd then uv.fs_close(fd) end
      return line
    end
    local until_s = core.now() + 20
    while command_line() ~= "" and core.now() < until_s do core.wait(0.01) end
    assert.equal("", command_line())
  end)
end)
