--- Moments as people type and read them: `2026-11-27`, `2026-11-27 18:30`, `2026-11-27T18:30:05Z`, `today`,
-- `yesterday`, or how long ago: `90s`, `30m`, `12h`, `7d`, `2w`.
--
-- Local time unless a Z says UTC. Pure: the clock is passed in.
-- @module dfota.history.moment
local text = require "dfota.base.text"

local moment = {}

local UNITS_S = { s = 1, m = 60, h = 3600, d = 86400, w = 604800 }
local MOST_S = 2 ^ 37 -- a damaged ledger may hold any number: no dates with five-digit years

-- Local midnight, some days from a moment.
local function midnight(seconds, days)
  local date = os.date("*t", seconds)
  return os.time { year = date.year, month = date.month, day = date.day + days, hour = 0 }
end

-- What UTC's clock shows minus what the local one shows at that moment.
local function offset_s(seconds)
  local utc = os.date("!*t", seconds)
  utc.isdst = os.date("*t", seconds).isdst
  return os.time(utc) - seconds
end

-- Seconds since the epoch; nil for a date that no calendar has.
local function of_calendar(year, month, day, hour, minute, second, is_utc)
  local fields = { year = year, month = month, day = day, hour = hour, min = minute, sec = second }
  local seconds = os.time(fields)
  if not seconds then return nil end
  if is_utc then seconds = seconds - offset_s(seconds) end
  local back = os.date(is_utc and "!*t" or "*t", seconds)
  -- An hour that summer time skips is the one after it.
  if back.year ~= year or back.month ~= month or back.day ~= day then return nil end
  if hour > 23 or minute > 59 or second > 59 then return nil end
  return seconds
end

local function numbers(...)
  local list = table.pack(...)
  for i = 1, list.n do list[i] = tonumber(list[i]) or 0 end
  return table.unpack(list, 1, list.n)
end

local DATE = "^(%d%d%d%d)%-(%d%d)%-(%d%d)"

-- What was meant: the first second of it, and of what comes after it.
local function of_date(word)
  local year, month, day, rest = word:match(DATE .. "(.*)$")
  if not year then return nil end
  if rest == "" then
    local from = of_calendar(numbers(year, month, day, 0, 0, 0))
    return from, from and midnight(from, 1)
  end
  local hour, minute, second, zone = rest:match "^[T ](%d%d):(%d%d):?(%d?%d?)(Z?)$"
  if not hour or second ~= "" and #second ~= 2 or rest:find "%d:Z?$" then return nil end
  local y, m, d, h, min, s = numbers(year, month, day, hour, minute, second)
  local from = of_calendar(y, m, d, h, min, s, zone == "Z")
  return from, from and from + (second == "" and 60 or 1)
end

local function of_age(word, now)
  local count, unit = word:match "^(%d+)([smhdw])$"
  if not count or #count > 6 then return nil end
  local at = now - tonumber(count) * UNITS_S[unit]
  return at, at
end

local WORDS = { today = 0, yesterday = -1 }

local function of_word(word, now)
  local days = WORDS[word]
  if not days then return nil end
  return midnight(now, days), midnight(now, days + 1)
end

--- Parses a moment.
-- @tparam string word
-- @tparam number now seconds since the epoch
-- @treturn[1] number the first second that is meant, since the epoch
-- @treturn[1] number the first one after what is meant: for a day, that of the next day
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function moment.parse(word, now)
  local second = math.floor(now)
  for _, read in ipairs { of_date, of_age, of_word } do
    local from, after = read(word, second)
    if from then return from, after end
  end
  local age = word:match "^%-(%d+[smhdw])$"
  if age and #age < 8 then
    return nil, ("'%s' is no date: write %s for that long ago, without the minus, or 2026-11-27"):format(word, age)
  end
  return nil, ("'%s' is no date: write 2026-11-27, '2026-11-27 18:30', today, yesterday, or 7d for seven days ago")
    :format(text.brief(word))
end

--- A moment for people, in local time, to the minute.
-- @tparam number|nil seconds since the epoch
-- @treturn string|nil nil if it is unknown or none
function moment.shown(seconds)
  if not seconds or not (seconds >= 0 and seconds < MOST_S) then return nil end
  return (os.date("%Y-%m-%d %H:%M", math.floor(seconds)))
end

return moment
