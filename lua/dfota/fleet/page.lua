--- A fleet's run as one page: what became of it, who failed and why, who ran when, and every module. Pure.
-- @module dfota.fleet.page

local cards = require "dfota.history.cards"
local document = require "dfota.history.document"
local failure_kinds = require "dfota.fleet.failure_kinds"
local fleet_table = require "dfota.fleet.table"
local html = require "dfota.history.html"
local lanes = require "dfota.fleet.lanes"
local moment = require "dfota.history.moment"
local phases = require "dfota.history.phases"
local text = require "dfota.base.text"
local timeline = require "dfota.history.timeline"
local words = require "dfota.history.words"

local page = {}

local element, counted, soft = html.element, document.counted, document.soft

local MOST_LANES, MOST_FAILURES, MOST_MODULES = 500, 50, 5000

-- State: its words, its tone, and its words on a tile.
local STATES = {
  done = { "Done", "good" }, failed = { "Failed", "bad" }, unknown = { "Outcome unknown", "bad" },
  safe = { "To try again", "warn" }, interrupted = { "Interrupted", "warn" }, waiting = { "Not begun", "plain" },
}
local OTHER = { "Under way", "warn" }
local CHECKED = { "Checked", "good" } -- which changes nothing: it may not be at its target

local function state_of(device)
  if device.is_checked and device.state == "done" then return CHECKED end
  return STATES[device.state] or OTHER
end

local ENDS = {
  [0] = { "all modules are at their target", "good" },
  [65] = { "there is another package than the run was begun with, or none", "warn" },
  [75] = { "some are not at their target, all of which may safely be tried again", "warn" },
  [80] = { "of some the outcome is unknown", "bad" }, [81] = { "some failed, or could not be begun", "bad" },
  [130] = { "stopped by somebody", "warn" },
}

local CHECK_ENDS = {
  [0] = { "all modules passed their gates, or are at their target", "good" },
  [75] = { "some were not asked to the end, all of which may safely be asked again", "warn" },
  [80] = { "of some the state is unknown", "bad" }, [81] = { "some cannot be updated as they are", "bad" },
  [130] = ENDS[130],
}

local UNCERTAIN = { unknown = true, triggered = true, watching = true }

local function revisions(device)
  local to, runs = device.to, device.revision
  if UNCERTAIN[device.state] then
    runs = words.revision(nil, runs)
  elseif not to or to == runs then
    return runs
  end
  local both = device.is_checked and "%s; %s is intended" or "%s; %s was intended"
  return to and both:format(runs or "unknown", to) or runs
end

local function package_line(data)
  local name = data.package:match "([^/]+)/*$" or data.package
  return data.from and ("%s, from %s to %s"):format(name, data.from, data.to or "?") or data.to
    and ("%s, to %s"):format(name, data.to) or name
end

-- A check that was given no name has none.
local function title_of(data)
  return (data.checks and "Fleet check" or "Fleet run") .. (data.id and " " .. data.id or "")
end

-- Whoever reads it may not have seen the end of the run.
local function ways(list)
  local lines = {}
  for i, way in ipairs(list) do lines[i] = element("p", nil, way[1], ": ", element("code", nil, way[2])) end
  return lines
end

local function header(data, from, to)
  local result = (data.checks and CHECK_ENDS or ENDS)[data.rc] or { "it has not ended", "warn" }
  return element("header", nil, element("h1", nil, title_of(data)),
    element("p", nil, package_line(data)),
    from and element("p", nil, ("%s, %s"):format(moment.shown(from), text.duration(to - from))),
    element("p", nil, element("span", { class = "badge " .. result[2] }, ("exit code %s"):format(data.rc or "none")),
      " ", result[1], data.why and "; " .. data.why), ways(data.ways or {}))
end

local ORDER = { CHECKED, STATES.done, STATES.failed, STATES.unknown, STATES.safe, STATES.interrupted, STATES.waiting,
  OTHER }

local function tiles(devices)
  local counts, list = {}, { document.tile(#devices, #devices == 1 and "module" or "modules") }
  for _, device in ipairs(devices) do counts[state_of(device)] = (counts[state_of(device)] or 0) + 1 end
  for _, of in ipairs(ORDER) do
    if counts[of] then list[#list + 1] = document.tile(counts[of], of[1]:lower()) end
  end
  return element("ul", { class = "tiles" }, list)
end

local function failures(devices)
  local groups, rows = failure_kinds.grouped(devices), {}
  if not groups[1] then return nil end
  for i = 1, math.min(#groups, MOST_FAILURES) do
    local device, failure = groups[i].device, groups[i].failure
    rows[i] = element("tr", nil, cards.cell("What happened", failure.message or state_of(device)[1], "what"),
      cards.cell("Code", failure_kinds.code(failure), "what"),
      cards.cell("What to do", failure_kinds.advice(device, failure)),
      cards.cell("Modules", document.thousands(groups[i].count), "number"))
  end
  return { element("h2", nil, "Failures"), cards.table({ "What happened", "Code", "What to do", "Modules" }, rows),
    #groups > #rows and soft(counted(#groups - #rows, "rarer kind") .. " left out.") }
end

-- A phase of a ledger's update and one of a try are the same thing.
local function where_time_went(devices)
  local rows = {}
  for _, device in ipairs(devices) do table.move(device.tries, 1, #device.tries, #rows + 1, rows) end
  local list, total, count = phases.sum(rows)
  if count == 0 then return nil end
  return { soft(("All phases of %s: %s in all, %s each on average."):format(
    counted(count, "job"), text.duration(total), text.duration(total / count))), timeline.draw(list, total) }
end

local function who_ran_when(devices)
  local drawn, omitted = lanes.draw(devices, MOST_LANES)
  if not drawn then return nil end
  return { element("h2", nil, "Who ran when"), drawn,
    omitted > 0 and soft(counted(omitted, "more module") .. " left out."),
    where_time_went(devices) }
end

local function took(device)
  local seconds = 0
  for _, try in ipairs(device.tries) do seconds = seconds + try.finished - try.began end
  return device.tries[1] and text.duration(seconds)
end

local function module_row(device)
  local of = state_of(device)
  return element("tr", nil, cards.cell("Module", device.title), cards.cell("IMEI", device.imei, "imei"),
    cards.cell("Model", device.model), cards.cell("Runs now", revisions(device), "revision"),
    cards.cell("Outcome", element("span", { class = "badge " .. of[2] }, of[1]), "state"),
    cards.cell("Took", took(device), "word"), cards.cell("Tries", ("%d"):format(#device.tries), "number"),
    cards.cell("Last word", device.message, "what"))
end

local function modules(devices)
  local rows = {}
  for i = 1, math.min(#devices, MOST_MODULES) do rows[i] = module_row(devices[i]) end
  return { element("h2", nil, "Modules"),
    cards.table({ "Module", "IMEI", "Model", "Runs now", "Outcome", "Took", "Tries", "Last word" }, rows),
    #devices > #rows and soft(counted(#devices - #rows, "more module") .. " left out.") }
end

local function footer(data)
  return element("footer", nil, ("Made on %s%s by dfota %s. Times are local (%s)."):format(
    data.made, data.checks and "" or " from the run's folder " .. data.folder, data.version, data.zone))
end

--- The whole page.
-- @tparam table data `id` of the run, nil of a check without a name; `rc`, its exit code; `why` it was stopped, in
--   words, or nil; `package`, `from`, `to` of its call; `devices`, each with `number`, `state`, what its jobs said, and
--   its `tries` as of `dfota.fleet.tries`; `made` when, `zone`, `folder` and `version`, all in words; `checks`: it
--   was a check; `ways` to go on, as of `dfota.fleet.ending`
-- @treturn string
function page.of(data)
  local devices = fleet_table.sorted(data.devices)
  for _, device in ipairs(devices) do
    device.title, device.is_checked = device.name or device.port:match "[^/]*$", data.checks
  end
  local from, to = lanes.span(devices)
  return document.of(title_of(data), header(data, from, to), tiles(devices), failures(devices),
    who_ran_when(devices), modules(devices), footer(data))
end

return page
