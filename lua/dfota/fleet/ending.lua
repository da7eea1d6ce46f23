--- What a fleet's run says to people when it is over, below its totals: its page, what failed and what to do about it,
-- and how to go on. Pure.
-- @module dfota.fleet.ending

local failure_kinds = require "dfota.fleet.failure_kinds"
local text = require "dfota.base.text"

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
      text.printable(failure.message or device.state), advice and "; " .. advice or "")
  end
  if #groups > #lines then
    lines[#lines + 1] = ("and %s of failure%s"):format(text.count(#groups - #lines, "rarer kind"),
      has_page and ": see the page" or "")
  end
  return lines
end

-- The state of a module, what goes on with it, and how.
local STEPS = {
  { { "waiting", "safe", "interrupted" }, "to go on" },
  { { "unknown" }, "to settle what is unknown" },
  { { "failed" }, "to try again what failed, once that is mended", "--again", "failed" },
}

-- The first one does what the second does, too.
local function steps(counts, run)
  local lines = {}
  for _, step in ipairs(STEPS) do
    local count = 0
    for _, state in ipairs(step[1]) do count = count + (counts[state] or 0) end
    if count > 0 and not (lines[1] and step[1][1] == "unknown") then
      lines[#lines + 1] = ("%s: %s"):format(step[2], run.typed("--resume", run.id, table.unpack(step, 3)))
    end
  end
  return lines
end

--- @tparam table run `id`; `devices`, as of `dfota.fleet.failure_kinds`; `counts` of the scheduler; `page`, where it
--   is, or nil; `checks`: it was a check, with which nobody goes on; `typed(…)`: this program with other arguments, to
--   paste
-- @treturn {string,...} lines
function ending.lines(run)
  local lines = kinds(run.devices, run.page)
  if run.page then lines[#lines + 1] = "page: " .. text.printable(run.page) end
  if run.checks then return lines end
  local more = steps(run.counts, run)
  return table.move(more, 1, #more, #lines + 1, lines)
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
