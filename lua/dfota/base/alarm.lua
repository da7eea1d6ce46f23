--- Starts luv's timers so many seconds from now.
--
-- luv counts from when its loop last looked at the clock, which may be long ago. To let it look again (`update_time`)
-- would make a timer without a pause due at once: started again and again by what it calls, it would keep the loop from
-- everything else, signals among them.
-- @module dfota.base.alarm

local uv = require "luv"

local alarm = {}

local NS_PER_MS = 1000000

--- Starts it, or starts it anew.
-- @tparam uv_timer_t timer
-- @tparam number after_s how long from now
-- @tparam function fn
function alarm.set(timer, after_s, fn)
  local behind_ms = uv.hrtime() // NS_PER_MS - uv.now()
  timer:start(math.max(1, behind_ms + math.ceil(after_s * 1000)), 0, fn)
end

return alarm
