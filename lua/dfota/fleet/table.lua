--- A fleet's run on one screen: a line for each module, trouble on top, and the totals. Pure: lines out.
-- @module dfota.fleet.table

local row = require "dfota.fleet.row"
local text = require "dfota.base.text"
local wrap = require "dfota.base.wrap"

local fleet_table = {}

-- What is to be looked at first; of the same kind the order of the plan.
local RANK = {
  unknown = 1, failed = 2, watching = 3, triggered = 4, running = 5, safe = 6, interrupted = 7, waiting = 8, done = 9,
}

local COLOURS = {
  unknown = "bad", failed = "bad", watching = "warn", safe = "warn", interrupted = "warn", done = "good",
}

--- Trouble first.
-- @tparam {table,...} devices with `state` and `number`
-- @treturn {table,...} the same in another order
function fleet_table.sorted(devices)
  local list = table.move(devices, 1, #devices, 1, {})
  table.sort(list, function(a, b)
    local first, second = RANK[a.state], RANK[b.state]
    return first < second or first == second and a.number < b.number
  end)
  return list
end

local function total(counts, names)
  local sum = 0
  for _, name in ipairs(names) do sum = sum + counts[name] end
  return sum
end

--- The totals in one line.
-- @tparam table counts of the scheduler
-- @tparam table about `elapsed_s`, `left_s` (nil if not known), `why`: why nothing is started; `checks`: it is a check
-- @treturn string
function fleet_table.totals(counts, about)
  local all = 0
  for _, number in pairs(counts) do all = all + number end
  local parts = { ("%d of %d %s"):format(counts.done, all, about.checks and "checked" or "done") }
  local function add(number, words) if number > 0 then parts[#parts + 1] = words:format(number) end end
  add(total(counts, { "running", "triggered", "watching" }), "%d active")
  add(counts.failed, "%d failed")
  add(counts.unknown, "%d unknown")
  add(total(counts, { "safe", "interrupted" }), "%d to try again")
  add(counts.waiting, "%d waiting")
  parts[#parts + 1] = text.duration(about.elapsed_s) .. (about.left_s and ", about " .. text.duration(about.left_s)
    .. " left" or "")
  if about.why then parts[#parts + 1] = about.why end
  return table.concat(parts, ", ")
end

-- What does not fit is told by number; in a narrow line as far as there is room.
local function omitted(list, from, width)
  local counts, words = {}, {}
  for i = from, #list do counts[list[i].state] = (counts[list[i].state] or 0) + 1 end
  for state, number in pairs(counts) do words[#words + 1] = ("%d %s"):format(number, state) end
  table.sort(words, function(a, b) return RANK[a:match "%a+"] < RANK[b:match "%a+"] end)
  local line = "and " .. table.concat(words, ", ")
  return utf8.len(line) <= width and line or (wrap.lines(line, width - 2)[1]:gsub(",?$", ", …", 1))
end

-- The lines of the first modules, each with all its lines, as long as there is room.
local function first_rows(list, room, width, checks)
  local lines, shown = {}, 0
  for _, device in ipairs(list) do
    local own = row.lines(device, width, checks)
    if #lines + #own > room then break end
    for _, line in ipairs(own) do lines[#lines + 1] = { line, COLOURS[device.state] } end
    shown = shown + 1
  end
  return lines, shown
end

--- The whole table.
-- @tparam {table,...} devices with `state`, `number`, `port`, and what their jobs said
-- @tparam table counts of the scheduler
-- @tparam table about see `totals`
-- @tparam integer width columns
-- @tparam integer height lines
-- @treturn {table,...} each `{ line, colour }`, no more than `height`
function fleet_table.lines(devices, counts, about, width, height)
  local list = fleet_table.sorted(devices)
  local totals = wrap.lines(fleet_table.totals(counts, about), width)
  local room = math.max(1, height - #totals)
  local lines, shown = first_rows(list, room, width, about.checks)
  if shown < #list then
    lines, shown = first_rows(list, room - 1, width, about.checks)
    lines[#lines + 1] = { row.pad(omitted(list, shown + 1, width), width) }
  end
  for i = 1, math.min(#totals, height - #lines) do lines[#lines + 1] = { row.pad(totals[i], width) } end
  return lines
end

return fleet_table
