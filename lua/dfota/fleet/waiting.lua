--- What a run waits for although it might begin more: a time, for the most part. Pure.
-- @module dfota.fleet.waiting

local waiting = {}

local DAY_S = 24 * 60 * 60

local words = {}

function words.window(_, schedule)
  local minutes = schedule.window.from % DAY_S // 60
  return ("window opens at %02d:%02d"):format(minutes // 60, minutes % 60)
end

function words.rate(at, schedule)
  return ("no more than %d start%s a minute: the next at %s"):format(schedule.rate, schedule.rate == 1 and "" or "s",
    os.date("%H:%M:%S", at))
end

function words.backoff(at) return "next try at " .. os.date("%H:%M:%S", at) end

--- What it waits for now.
-- @tparam Scheduler scheduler
-- @tparam table schedule its options: `window`, `rate`
-- @tparam table clock `now`, as the scheduler's; `second_of_day`; `wall`, seconds since 1970
-- @treturn table|nil `why` ("window", "rate", "backoff"), `at` (seconds since 1970), and `words`; nil if it waits for
--   nothing, for others to end, or for somebody's word
function waiting.of(scheduler, schedule, clock)
  local why, over = scheduler:waits_for(clock.now, clock.second_of_day)
  if not over then return nil end
  local at = math.ceil(clock.wall + over - clock.now)
  return { why = why, at = at, words = words[why](at, schedule) }
end

return waiting
