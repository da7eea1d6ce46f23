--- When a run may start its next update: at its hours, and not too soon after the last start. Pure.
-- @module dfota.fleet.starts

local limits = require "dfota.fleet.limits"

local starts = {}

local Starts = {}
Starts.__index = Starts
Starts.__name = "dfota.fleet.starts"

--- @tparam table options `gap_s` between two starts; `window` as of `dfota.fleet.limits`, or nil; `next_start`: an
--   earlier supervisor started one so short a time ago that the next has to wait until then
-- @treturn Starts
function starts.new(options)
  return setmetatable({ gap_s = options.gap_s, window = options.window, next_at = options.next_start }, Starts)
end

--- When the next one may be started after one of an earlier supervisor. What is known of that is its time on the wall:
-- however that clock was set meanwhile, nobody waits longer than between two starts.
-- @tparam number gap_s between two starts
-- @tparam number last when one was started, in seconds since 1970
-- @tparam table clock `wall`, seconds since 1970; `now`, monotonic
-- @treturn number on the clock of `now`
function starts.next_after(gap_s, last, clock)
  local since_s = math.max(0, clock.wall - last)
  return clock.now + math.max(0, gap_s - since_s)
end

--- One is started.
-- @tparam number now seconds, monotonic
function Starts:begun(now) self.next_at = now + self.gap_s end

--- How long until its hours.
-- @tparam number second_of_day of the window's time zone
-- @treturn number seconds; 0 in them
function Starts:opens_in_s(second_of_day)
  return self.window and limits.opens_in_s(self.window, second_of_day) or 0
end

--- When the next one may be started.
-- @tparam number now seconds, monotonic
-- @tparam number second_of_day
-- @treturn number on the clock of `now`; never earlier than that
function Starts:at(now, second_of_day)
  return math.max(now, self.next_at or now, now + self:opens_in_s(second_of_day))
end

--- Until when the last start holds back the next one.
-- @tparam number now seconds, monotonic
-- @treturn number|nil nil if it does not
function Starts:spread_until(now) return self.next_at and self.next_at > now and self.next_at or nil end

return starts
