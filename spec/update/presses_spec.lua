local Presses = require "dfota.update.presses"

describe("Signals while a module updates itself", function()
  local now, came, told, leaves

  before_each(function()
    now, told = 0, {}
    local host = { now = function() return now end, signals_taken = function() return came end }
    leaves = Presses.new(host, { interrupt_s = 5, follow_s = 7200 }, function(text) told[#told + 1] = text end)
  end)

  local function signal(counts, at)
    came = setmetatable(counts, { __index = function() return 0 end })
    now = at
    return leaves()
  end

  it("are explained, and the third Ctrl-C in a short time stops the run", function()
    assert.same({ false, false, true }, { signal({ INT = 1 }, 1), signal({ INT = 1 }, 3), signal({ INT = 1 }, 6) })
    assert.equal(2, #told)
    assert.is_truthy(told[1]:find("three times within 5 s", 1, true))
  end)

  it("are told how long it may take from now, and how to stop all the same", function()
    for _, came_now in ipairs { { INT = 1 }, { TERM = 1 }, { HUP = 1 }, { QUIT = 1 } } do
      signal(came_now, 6600)
      assert.is_truthy(told[#told]:find("for 10 min 00 s at the most", 1, true), told[#told])
      assert.is_truthy(told[#told]:find("within 5 s", 1, true), told[#told])
    end
  end)

  it("count if they arrive at once", function()
    assert.is_true(signal({ INT = 3 }, 1))
  end)

  it("are forgotten after a while", function()
    assert.same({ false, false, false },
      { signal({ INT = 1 }, 0), signal({ INT = 1 }, 3), signal({ INT = 1 }, 5.1) })
  end)

  it("do not stop the run if they are SIGTERM or SIGHUP", function()
    for i = 1, 5 do assert.is_false(signal({ TERM = 1, HUP = 1 }, i)) end
    assert.is_false(signal({ HUP = 1 }, 6))
    assert.equal("received SIGTERM, but the module is updating itself: it is followed to its verdict, for 1 h 59 min "
      .. "at the most (follow_s); three Ctrl-C (SIGINT) within 5 s stop the run all the same, and leave the outcome "
      .. "unknown", told[1])
    assert.is_truthy(told[6]:find("received SIGHUP, ", 1, true))
  end)

  it("are not called by a wrong name if it is none of these", function()
    assert.is_false(signal({}, 1))
    assert.is_truthy(told[1]:find("received a signal, ", 1, true))
  end)
end)
