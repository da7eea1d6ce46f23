--- Where the time of a trace went: by phase, by command, and by what was going on. Pure. All in seconds.
-- @module dfota.trace.times

local phases = require "dfota.trace.phases"

local times = {}

--- What a command took: until the last line of its reply, or, if there was none, until the next command.
-- @tparam table item a command of `dfota.trace.conversation`
-- @tparam number end_t the time of the last byte
-- @treturn number seconds
function times.taken(item, end_t)
  return math.max((item.done_t or item.next_t or end_t) - item.t, 0)
end

-- "AT+QFUPL=…" is "AT+QFUPL": the parameters do not matter here.
local function name_of(command) return command:match "^([^=?;]+)" or command end

local function slowest_first(a, b)
  if a.total_s ~= b.total_s then return a.total_s > b.total_s end
  return a.name < b.name
end

local function by_command(items, end_t)
  local rows, by_name = {}, {}
  for _, item in ipairs(items) do
    if item.kind == "command" then
      local name, taken = name_of(item.text), times.taken(item, end_t)
      local row = by_name[name] or { name = name, count = 0, unanswered = 0, total_s = 0, longest_s = 0, at = item.t }
      if not by_name[name] then rows[#rows + 1], by_name[name] = row, row end
      row.count, row.total_s = row.count + 1, row.total_s + taken
      row.unanswered = row.unanswered + (item.done_t and 0 or 1)
      if taken > row.longest_s then row.longest_s, row.at = taken, item.t end
    end
  end
  table.sort(rows, slowest_first)
  return rows
end

local function by_phase(items, end_t)
  local rows, by_name = {}, {}
  for _, phase in ipairs(phases.of(items, end_t)) do
    local row = by_name[phase.name]
    if not row then
      row = { name = phase.name, total_s = 0, from = phase.from }
      rows[#rows + 1], by_name[phase.name] = row, row
    end
    row.total_s, row.to = row.total_s + phase.to - phase.from, phase.to
  end
  return rows
end

-- Between the last line of a reply and the next command it is the program's turn, or the module's to say something
-- that it was not asked for.
local function by_turn(items, end_t)
  local answering, unanswered = 0, 0
  for _, item in ipairs(items) do
    if item.kind == "command" and item.done_t then answering = answering + times.taken(item, end_t) end
    if item.kind == "command" and not item.done_t then unanswered = unanswered + times.taken(item, end_t) end
  end
  local listening = math.max(end_t - answering - unanswered, 0)
  return { answering_s = answering, unanswered_s = unanswered, listening_s = listening }
end

--- @tparam {table,...} items of `dfota.trace.conversation`
-- @tparam number end_t the time of the last byte
-- @treturn table `phases`: each with `name`, `from`, `to`, `total_s`, in the order in which they began; `commands`:
--   each with `name`, `count`, `unanswered`, `total_s`, `longest_s` and `at` (when the longest was sent), the slowest
--   first; `turns`: `answering_s`, `unanswered_s`, `listening_s`
function times.of(items, end_t)
  return { phases = by_phase(items, end_t), commands = by_command(items, end_t), turns = by_turn(items, end_t) }
end

return times
