--- A ledger as one page for a customer or an archive: HTML that needs nothing from anywhere else.
-- Pure: rows in, text out.
-- @module dfota.history.page
local cards = require "dfota.history.cards"
local document = require "dfota.history.document"
local html = require "dfota.history.html"
local phases = require "dfota.history.phases"
local text = require "dfota.base.text"
local timeline = require "dfota.history.timeline"
local words = require "dfota.history.words"

local page = {}

local element, thousands, counted, tile = html.element, document.thousands, document.counted, document.tile
local soft = document.soft

--- How every page begins, so that it can be told from files that are not ours.
page.MARK = document.MARK

local TILES = { { "good", "updated or up to date" }, { "bad", "failed or not certain" }, { "warn", "not started" },
  { "plain", "checked only" } }

-- A group of updates as one of them.
local function row_of(group)
  return { outcome = group.outcome, code = group.code, triggered = group.triggered == 1 or nil }
end

local function by_tone(groups)
  local counts, total = { good = 0, bad = 0, warn = 0, plain = 0 }, 0
  for _, group in ipairs(groups) do
    local _, tone = words.outcome(row_of(group))
    counts[tone], total = counts[tone] + (group.count or 0), total + (group.count or 0)
  end
  return counts, total
end

local function tiles(data, counts)
  local list = { tile(data.totals.modules, data.totals.modules == 1 and "module" or "modules") }
  for _, of in ipairs(TILES) do
    if counts[of[1]] > 0 then list[#list + 1] = tile(counts[of[1]], of[2]) end
  end
  return element("ul", { class = "tiles" }, list)
end

-- From the first to the last day, as far as they are known.
local function period(groups)
  local first, last
  for _, group in ipairs(groups) do
    for _, at in ipairs { group.first or 0 / 0, group.last or 0 / 0 } do
      if cards.date(at) then first, last = math.min(first or at, at), math.max(last or at, at) end
    end
  end
  return cards.date(first), cards.date(last)
end

local function header(data, total)
  local first, last = period(data.totals.groups)
  local span = first and (first == last and first or first .. " to " .. last)
  return element("header", nil, element("h1", nil, data.title),
    element("p", nil, counted(total, "update"), span and ", " .. span),
    data.filters ~= "" and soft("Only: " .. data.filters))
end

local function is_failure(group)
  local _, tone = words.outcome(row_of(group))
  return tone == "bad"
end

local function failure_row(group)
  local row = row_of(group)
  return element("tr", nil, cards.cell("What happened", (words.outcome(row)), "what"),
    cards.cell("Code", group.code and ("%d: %s"):format(group.code, words.code(group.code)), "what"),
    cards.cell("What to do", words.advice(row)), cards.cell("Updates", thousands(group.count or 0), "number"))
end

local MOST_FAILURES = 20

local function failures(groups)
  local rows, more = {}, 0
  for _, group in ipairs(groups) do
    local failed = is_failure(group)
    if failed and #rows < MOST_FAILURES then
      rows[#rows + 1] = failure_row(group)
    elseif failed then
      more = more + (group.count or 0)
    end
  end
  if not rows[1] then return nil end
  return { element("h2", nil, "Failures"), cards.table({ "What happened", "Code", "What to do", "Updates" }, rows),
    more > 0 and soft(counted(more, "update") .. " with rarer codes are left out here.") }
end

local function where_time_went(rows)
  local list, total, count = phases.sum(rows)
  if count < 2 then return nil end
  return { element("h2", nil, "Where the time went"),
    soft(("All phases of %s that are shown here: %s in all, %s each on average."):format(
      counted(count, "update"), text.duration(total), text.duration(total / count))),
    timeline.draw(list, total) }
end

-- How a page is made of what is left out on this one.
local OTHERS = ": report.lua shows those of a time (--since, --until), of a campaign (--run) or of a module (--imei)."

local function modules_table(data)
  if not data.modules[1] then return nil end
  local rows = {}
  for i, row in ipairs(data.modules) do rows[i] = cards.module(row, data.max_updates) end
  return { cards.table({ "IMEI", "Model", "Runs now", "Last seen", "Updates taken", "Left" }, rows),
    soft(("Updates taken: as far as this ledger knows; a module may take %d in its life."):format(data.max_updates)) }
end

-- How many modules the shown updates were made on.
local function shown_modules(rows)
  local known, count = {}, 0
  for _, row in ipairs(rows) do
    if row.imei and not known[row.imei] then known[row.imei], count = true, count + 1 end
  end
  return count
end

-- The table has the modules of the shown updates, as far as the ledger has seen them.
local function modules(data)
  local shown = shown_modules(data.rows)
  local unseen, left = shown - #data.modules, data.totals.modules - math.max(shown, #data.modules)
  if not data.modules[1] and unseen <= 0 and left <= 0 then return nil end
  return { element("h2", nil, "Modules"), modules_table(data),
    unseen > 0 and soft(counted(unseen, "module") .. " of the updates that are shown here left out: this ledger does "
      .. "not say what was last seen of " .. (unseen == 1 and "it." or "them.")),
    left > 0 and soft(counted(left, "more module") .. " left out, with the updates that are not shown here" .. OTHERS) }
end

local function updates(data, total)
  local list = {}
  for i, row in ipairs(data.rows) do list[i] = cards.update(row) end
  local left = total - #data.rows
  return { element("h2", nil, "Updates"), list,
    not list[1] and element("p", nil, "No updates are recorded."),
    left > 0 and soft(("The latest %s are shown; %s left out"):format(thousands(#data.rows),
      counted(left, "older one") .. (left == 1 and " is" or " are")), OTHERS) }
end

local function footer(data)
  return element("footer", nil, ("Made on %s from the ledger %s by dfota %s. Times are local (%s)."):format(
    data.made, data.ledger, data.version, data.zone))
end

--- The whole page.
-- @tparam table data `title`; `rows` as of `Book:rows`, with their steps; `totals` as of `Book:totals`, over all that
--   was asked for; `modules` as of `Book:modules`; `max_updates` in a module's life; `filters` in words, or ""; `made`
--   when, `zone`, `ledger` its name and `version`, all in words
-- @treturn string
function page.of(data)
  local counts, total = by_tone(data.totals.groups)
  return document.of(data.title, header(data, total), tiles(data, counts), modules(data),
    failures(data.totals.groups), where_time_went(data.rows), updates(data, total), footer(data))
end

return page
