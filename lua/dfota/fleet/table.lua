--- A fleet's run on one screen: a line for each module, trouble on top, and the totals. Pure: lines out.
-- @module dfota.fleet.table

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

local BAR = 10
local WITH_REVISIONS, WITH_MODEL = 100, 110 -- columns

local function bar(percent)
  local full = percent and math.floor(percent * BAR / 100 + 0.5)
  return full and "[" .. ("#"):rep(full) .. ("-"):rep(BAR - full) .. "]" or ""
end

-- The end of a port's name tells ports apart, its beginning does not.
local function port_of(device, width)
  local name = text.printable(device.name or device.port:match "[^/]*$")
  if utf8.len(name) <= width then return name end
  return "~" .. name:sub(utf8.offset(name, 1 - width))
end

local function change_of(device)
  local to = device.to
  if not device.revision and not to then return "" end
  return ("%s>%s"):format(text.printable(device.revision or "?"), to or "?")
end

local function progress_of(device, checks)
  if checks and device.state == "done" then return "checked" end
  if device.state == "waiting" then return "waiting" end
  if device.state == "done" or not device.job then return device.state end
  local words = device.phase or "starting"
  if device.state == "watching" then words = "watch" end
  return words
end

local function left_of(device)
  return device.eta_s and text.duration(device.eta_s) or ""
end

-- Which update of how many, and how fast; at the end what it said.
local function words_of(device)
  if device.job then
    local hop = device.hop and device.hop.of > 1 and ("%d/%d "):format(device.hop.number, device.hop.of) or ""
    return hop .. (device.rate_bps and text.bytes(device.rate_bps // 10) .. "/s" or "")
  end
  return device.message and text.printable(device.message) or ""
end

local function pad(words, width)
  local length = utf8.len(words) or #words
  if length > width then return words:sub(1, (utf8.offset(words, width + 1) or #words + 1) - 1) end
  return words .. (" "):rep(width - length)
end

local function line_of(device, width, checks)
  local cells = {
    pad(port_of(device, 14), 14), pad(text.printable(device.imei or ""), 15), pad(progress_of(device, checks), 10),
  }
  if device.job then -- or else what it said at its end has the room
    table.move({ pad(bar(device.percent), BAR + 2), pad(left_of(device), 7) }, 1, 2, #cells + 1, cells)
  end
  if width >= WITH_REVISIONS then table.insert(cells, 3, pad(change_of(device), 25)) end
  if width >= WITH_MODEL then table.insert(cells, 3, pad(text.printable(device.model or ""), 7)) end
  return pad(table.concat(cells, " ") .. " " .. words_of(device), width), COLOURS[device.state]
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

-- What does not fit is told by number.
local function omitted(list, from)
  local counts, words = {}, {}
  for i = from, #list do counts[list[i].state] = (counts[list[i].state] or 0) + 1 end
  for state, number in pairs(counts) do words[#words + 1] = ("%d %s"):format(number, state) end
  table.sort(words, function(a, b) return RANK[a:match "%a+"] < RANK[b:match "%a+"] end)
  return "and " .. table.concat(words, ", ")
end

--- The whole table.
-- @tparam {table,...} devices with `state`, `number`, `port`, and what their jobs said
-- @tparam table counts of the scheduler
-- @tparam table about see `totals`
-- @tparam integer width columns
-- @tparam integer height lines
-- @treturn {table,...} each `{ line, colour }`, no more than `height`
function fleet_table.lines(devices, counts, about, width, height)
  local list, lines = fleet_table.sorted(devices), {}
  local totals = wrap.lines(fleet_table.totals(counts, about), width)
  local room = math.max(1, height - #totals)
  local shown = #list <= room and #list or room - 1
  for i = 1, shown do lines[i] = { line_of(list[i], width, about.checks) } end
  if shown < #list then lines[#lines + 1] = { pad(omitted(list, shown + 1), width) } end
  for i = 1, math.min(#totals, height - #lines) do lines[#lines + 1] = { pad(totals[i], width) } end
  return lines
end

return fleet_table
