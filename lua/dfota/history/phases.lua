--- Where the time of an update went: its steps as phases with durations.
-- Pure.
-- @module dfota.history.phases

local own_end = require "dfota.ledger.own_end"

local phases = {}

--- The phases of a run, in the order in which they are expected.
phases.ORDER = { "prepare", "upload", "pdp", "trigger", "download", "update", "reboot", "verify" }

local MOST = 40 -- an update that starts over again and again has many
local LONGEST_S = 30 * 86400 -- a clock that was set in between

local function is_time(at) return type(at) == "number" and at - at == 0 end

-- A step without a name or a time was written by others.
local function usable(steps)
  local list = {}
  for _, step in ipairs(steps or {}) do
    if is_time(step.at) and step.name then list[#list + 1] = { name = tostring(step.name), at = step.at } end
  end
  table.sort(list, function(a, b) return a.at < b.at end)
  return list
end

-- One that follows itself is one.
local function add(list, name, seconds)
  local last = list[#list]
  if last and (last.name == name or #list == MOST) then
    if last.name ~= name then last.name = "other" end
    last.seconds = last.seconds + seconds
  else
    list[#list + 1] = { name = name, seconds = seconds }
  end
end

--- The phases of an update. Each lasts until the next one begins, the last one until the end of the run; without a
-- recorded end, or if a later run saw it, it is left out.
-- @tparam table row with `steps` and `finished`; `triggered` and `outcome`
-- @treturn {table,...} each `name` and `seconds`; empty if nothing is known, or a clock was set in between
-- @treturn number all seconds
function phases.of(row)
  local steps, list, total = usable(row.steps), {}, 0
  local finished = is_time(row.finished) and own_end.seen(row) and row.finished
  for i, step in ipairs(steps) do
    local ends = steps[i + 1] and steps[i + 1].at or finished
    if ends and ends >= step.at then
      add(list, step.name, ends - step.at)
      total = total + ends - step.at
    end
  end
  if total > LONGEST_S then return {}, 0 end
  return list, total
end

--- The seconds of each phase over several updates, in the order of a run; others behind.
-- @tparam {table,...} rows
-- @treturn {table,...} as of `of`
-- @treturn number all seconds
-- @treturn integer how many updates have any
function phases.sum(rows)
  local seconds, total, count = {}, 0, 0
  for _, row in ipairs(rows) do
    local list, all = phases.of(row)
    for _, phase in ipairs(list) do seconds[phase.name] = (seconds[phase.name] or 0) + phase.seconds end
    total, count = total + all, count + (all > 0 and 1 or 0)
  end
  local summed, known = {}, {}
  for _, name in ipairs(phases.ORDER) do
    known[name] = true
    if seconds[name] then summed[#summed + 1] = { name = name, seconds = seconds[name] } end
  end
  local rest = 0
  for name, more in pairs(seconds) do rest = rest + (known[name] and 0 or more) end
  if rest > 0 then summed[#summed + 1] = { name = "other", seconds = rest } end
  return summed, total, count
end

--- The phase that took longest.
-- @tparam {table,...} list
-- @treturn table|nil
function phases.longest(list)
  local longest
  for _, phase in ipairs(list) do
    if not longest or phase.seconds > longest.seconds then longest = phase end
  end
  return longest
end

return phases
