local metrics_file = require "dfota.fleet.metrics_file"
local states = require "dfota.fleet.states"

describe("The file with a run's metrics", function()
  local now, written, warned, refused, run, one

  before_each(function()
    now, written, warned, refused = 100, {}, {}, nil
    local all = states.new()
    all:move({}, "waiting")
    run = { devices = { { try = 1 } }, began_at = 90, states = all, scheduler = {
      counts = function() return all:counts() end, why_not = function() return run.why end,
    } }
    one = metrics_file.new {
      path = "x.prom", id = "r", now = function() return now end,
      warn = function(words) warned[#warned + 1] = words end,
      write = function(_, content)
        written[#written + 1] = content
        return not refused, refused
      end,
    }
  end)

  -- How often it was written when it is looked at that time.
  local function looks(at)
    now = at
    one:look(run)
    return #written
  end

  it("is written at once, then when something changed, at most once a second, and every five seconds", function()
    assert.equal(1, looks(100))
    assert.equal(1, looks(104))
    assert.equal(2, looks(105))
    run.states:move({}, "done")
    assert.same({ 2, 3, 3 }, { looks(105.5), looks(106), looks(107) })
    run.devices[1].try = 2
    assert.equal(4, looks(108))
    assert.truthy(written[4]:find('dfota_fleet_tries_total{run="r"} 2\n', 1, true))
  end)

  it("is right as soon as the run pauses or stops, and when it is over", function()
    looks(100)
    run.states:move({}, "done")
    run.why = "canary"
    assert.equal(2, looks(100.1))
    assert.truthy(written[2]:find('state="done"} 1\n', 1, true))
    run.why = nil
    assert.equal(3, looks(100.2))
    one:over(run, 75)
    assert.truthy(written[4]:find('dfota_fleet_exit_code{run="r"} 75\n', 1, true))
    assert.truthy(written[4]:find('dfota_fleet_active{run="r"} 0\n', 1, true))
    run.states:move({}, "done") -- what is left is shipped, and the loop runs on
    local before = #written
    assert.equal(before, looks(1000))
  end)

  it("that cannot be written is told once", function()
    refused = "permission denied"
    looks(100)
    looks(200)
    assert.same({ "metrics file x.prom cannot be written: permission denied" }, warned)
  end)

  it("is not written where nobody wants it", function()
    one.path = nil
    looks(100)
    one:over(run, 0)
    assert.equal(0, #written)
  end)
end)
