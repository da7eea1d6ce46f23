local alarm = require "dfota.base.alarm"
local uv = require "luv"

describe("An alarm", function()
  local timer, late
  before_each(function() timer, late = uv.new_timer(), uv.new_timer() end)
  after_each(function()
    timer:close()
    late:close()
    uv.run "nowait"
  end)

  -- The loop does not look at the clock meanwhile.
  local function compute(seconds)
    local now = uv.hrtime()
    while uv.hrtime() - now < seconds * 1e9 do end
  end

  it("counts from now, whenever the loop last looked at the clock", function()
    local rings
    uv.update_time()
    compute(0.03)
    local set = uv.hrtime()
    alarm.set(timer, 0.02, function() rings = uv.hrtime() end)
    while not rings do uv.run "once" end
    assert.is_true(rings - set >= 0.019 * 1e9, (rings - set) / 1e9)
  end)

  it("that is set again by what it calls lets everything else happen meanwhile", function()
    local rings, others, is_heard = 0, 0, false
    local pipe = uv.new_pipe(false)
    local fds = uv.pipe()
    pipe:open(fds.read)
    pipe:read_start(function() is_heard = true end)
    uv.fs_write(fds.write, "x")
    local function ring()
      rings = rings + 1
      compute(0.002)
      if rings < 50 then alarm.set(timer, 0, ring) end
    end
    late:start(1, 0, function() others = others + 1 end)
    alarm.set(timer, 0, ring)
    while not is_heard do uv.run "once" end
    assert.is_true(rings < 5, rings)
    while others == 0 do uv.run "once" end
    pipe:close()
    uv.fs_close(fds.write)
  end)
end)
