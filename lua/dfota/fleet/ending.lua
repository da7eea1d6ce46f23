--- What a fleet's run says to people when it is over, below its totals: its page, what failed and what to do about it,
-- and how to go on. Pure.
-- @module dfota.fleet.ending

local failure_kinds = require "dfota.fleet.failure_kinds"
local text = require "dfota.base.text"
local wrap = require "dfota.base.wrap"

local ending = {}

local MOST_KINDS = 3

local KEEP = "keep it powered; it is not to be updated again before it is known what it runs"

local function whose(group)
  local device = group.device
  local name = text.printable(device.name or device.port)
  return group.count == 1 and name or ("%s, such as %s"):format(text.count(group.count, "module"), name)
end

local function kinds(devices, has_page)
  local lines, groups = {}, failure_kinds.grouped(devices)
  for i = 1, math.min(#groups, MOST_KINDS) do
    local device, failure = groups[i].device, groups[i].failure
    local advice = device.state == "unknown" and KEEP or failure_kinds.advice(device, failure)
    lines[i] = ("%s: %s%s"):format(whose(groups[i]),
      text.printable(failure_kinds.message(device, failure) or device.state), advice and "; " .. advice or "")
  end
  if #groups > #lines then
    lines[#lines + 1] = ("and %s of failure%s"):format(text.count(#groups - #lines, "rarer kind"),
      has_page and ": see the page" or "")
  end
  return lines
end

local AGAIN, FORCED = { "--again", "failed" }, { "--again", "failed", "--force", "attempts" }
local WITH_SAME = "with the same package, and not with another in a new run"

local function total(counts, ...)
  local sum = 0
  for _, state in ipairs { ... } do sum = sum + (counts[state] or 0) end
  return sum
end

-- How the failed ones are tried again: which of them need no more than that, which are refused, and whether others wait
-- for one of them.
local function failed_of(devices)
  local has = {}
  for _, device in ipairs(devices) do
    if device.state == "failed" then
      local how = failure_kinds.needs_force(device) and "refused" or "fixable"
      has[how] = true
      if device.goes_first then has.first = has.first == "refused" and has.first or how end
    end
  end
  return has
end

-- Those that wait for a module that failed are not begun before it is tried again: that does all the rest, too.
local function behind_canary(first)
  if first == "refused" then return { { "to go on " .. WITH_SAME, FORCED } } end
  return { { "to go on, once that is fixed", AGAIN } }
end

-- Each with its words and options. The first one does what the second does, too.
local function steps(counts, devices)
  local has, list = failed_of(devices), {}
  if has.first then return behind_canary(has.first) end
  local under_way = total(counts, "running", "triggered", "watching") -- where it is not followed any more
  if total(counts, "waiting", "safe", "interrupted") + under_way > 0 then
    list[1] = { "to go on", {} }
  elseif total(counts, "unknown") > 0 then
    list[1] = { "to settle what is unknown", {} }
  end
  if has.fixable then list[#list + 1] = { "to try again what failed, once that is fixed", AGAIN } end
  if has.refused then list[#list + 1] = { "to try again what failed " .. WITH_SAME, FORCED } end
  return list
end

--- How to go on with the run.
-- @tparam table run as of `lines`
-- @treturn {table,...} each with its words, and the command to paste
function ending.ways(run)
  local list = run.checks and {} or steps(run.counts, run.devices)
  for i, step in ipairs(list) do list[i] = { step[1], run.typed("--resume", run.id, table.unpack(step[2])) } end
  return list
end

--- @tparam table run `id`; `devices`, as of `dfota.fleet.failure_kinds`; `counts` of the scheduler; `page`, where it
--   is, or nil; `checks`: it was a check, with which nobody goes on; `typed(…)`: this program with other arguments, to
--   paste
-- @treturn {string,...} lines
-- @treturn table by the number of a line that ends with a path or a command: its label
function ending.lines(run)
  local lines = kinds(run.devices, run.page)
  local labels = {}
  local function add(label, thing)
    lines[#lines + 1] = label .. " " .. thing
    labels[#lines] = label
  end
  if run.page then add("page:", text.printable(run.page)) end
  for _, way in ipairs(ending.ways(run)) do add(way[1] .. ":", way[2]) end
  return lines, labels
end

--- The same for a terminal, broken between words. A path or a command that does not fit beside its label has a line of
-- its own, which the terminal folds: broken by us it could not be copied.
-- @tparam {string,...} lines
-- @tparam table labels as of `lines`
-- @tparam integer width columns
-- @treturn {string,...} lines
function ending.wrapped(lines, labels, width)
  local list, room = {}, width - 1 -- some terminals break a line that is full
  for i, line in ipairs(lines) do
    local label = labels[i]
    local is_split = label and utf8.len(line) > room
    local prose = wrap.lines(is_split and label or line, room)
    table.move(prose, 1, #prose, #list + 1, list)
    if is_split then list[#list + 1] = line:sub(#label + 2) end
  end
  return list
end

--- How many lines of a terminal they take.
-- @tparam {string,...} lines
-- @tparam integer width columns
-- @treturn integer
function ending.height(lines, width)
  local height = 0
  for _, line in ipairs(lines) do height = height + math.max(1, (utf8.len(line) + width - 1) // width) end
  return height
end

return ending
