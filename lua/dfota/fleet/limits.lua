--- When a fleet's run may start another update: how many may fail, at which hours, how many a minute.
-- @module dfota.fleet.limits

local limits = {}

local option_values = require "dfota.config.option_values"
local text = require "dfota.base.text"
local uv = require "luv"

local DAY_S = 24 * 60 * 60
local ZONES = "/usr/share/zoneinfo"
local MOST_A_MINUTE = 6000

--- How many may fail, as it is typed: `3`, or `5%` of those that have ended.
-- @tparam string word
-- @treturn[1] table `count`, or `percent`
-- @treturn[2] nil
-- @treturn[2] string why not
function limits.failures(word)
  local number, unit = word:match "^(%d+)(%%?)$"
  number = math.tointeger(tonumber(number))
  if not number or unit == "%" and number > 100 then
    return nil, ("'%s' does not say how many may fail: write 3, or 5%%"):format(word)
  end
  return unit == "%" and { percent = number } or { count = number }
end

--- Have too many failed?
-- @tparam table limit from `failures`; `least`: a percentage counts from so many on that have ended
-- @tparam integer failed
-- @tparam integer ended those that failed among them
-- @treturn boolean
function limits.exceeded(limit, failed, ended)
  if limit.count then return failed > limit.count end
  return ended >= (limit.least or 1) and failed * 100 > limit.percent * ended
end

--- How many updates may be started in a minute, as it is typed: `30`, or `30/min`.
-- @tparam string word
-- @treturn[1] integer
-- @treturn[2] nil
-- @treturn[2] string why not
function limits.rate(word) return option_values.whole(word:match "^(.*)/min$" or word, 1, MOST_A_MINUTE) end

--- A time zone: by its name, or as POSIX writes one (`CET-1CEST,M3.5.0,M10.5.0/3`). What the C library does not know it
-- takes for UTC, without a word.
-- @tparam string word
-- @tparam[opt] string folder of the zones' files
-- @treturn[1] string
-- @treturn[2] nil
-- @treturn[2] string why not
function limits.time_zone(word, folder)
  folder = folder or os.getenv "TZDIR" or ZONES
  local stat = word:find "^%a" and not word:find("..", 1, true) and uv.fs_stat(folder .. "/" .. word)
  if stat and stat.type == "file" then return word end
  if word:find "^%a%a%a+[+-]?%d[%w:,./+-]*$" or word:find "^<[%w+-]+>[+-]?%d[%w:,./<>+-]*$" then return word end
  return nil, ("'%s' is no time zone that this machine knows: write Europe/Berlin, or CET-1CEST,M3.5.0,M10.5.0/3")
    :format(text.brief(word))
end

local function second_of(hours, minutes)
  hours, minutes = tonumber(hours), tonumber(minutes)
  if not hours or hours > 23 or minutes > 59 then return nil end
  return (hours * 60 + minutes) * 60
end

--- The hours at which updates may be started, as they are typed: `22:00-05:00`, across midnight or not.
-- @tparam string word
-- @treturn[1] table `from`, `to` in seconds of the day
-- @treturn[2] nil
-- @treturn[2] string why not
function limits.window(word)
  local h1, m1, h2, m2 = word:match "^(%d%d?):(%d%d)%-(%d%d?):(%d%d)$"
  local from, to = second_of(h1, m1), second_of(h2, m2)
  if from and to and from ~= to then return { from = from, to = to } end
  return nil, ("'%s' is not a time of day, from and to: write 22:00-05:00"):format(word)
end

--- How long until the window is open.
-- @tparam table window from `window`
-- @tparam number second_of_day
-- @treturn number seconds; 0 inside of it
function limits.opens_in_s(window, second_of_day)
  local since = (second_of_day - window.from) % DAY_S
  if since < (window.to - window.from) % DAY_S then return 0 end
  return DAY_S - since
end

return limits
