--- The pieces of the page: a card for an update, a row for a module.
-- @module dfota.history.cards
local html = require "dfota.history.html"
local json = require "dkjson"
local moment = require "dfota.history.moment"
local own_end = require "dfota.ledger.own_end"
local phases = require "dfota.history.phases"
local text = require "dfota.base.text"
local timeline = require "dfota.history.timeline"
local words = require "dfota.history.words"

local cards = {}

local element = html.element
local UNKNOWN = "unknown"
local LONGEST_S = 366 * 86400 -- no run takes longer; a damaged ledger may hold any number

--- A day, in local time.
-- @tparam number|nil seconds since the epoch
-- @treturn string|nil
function cards.date(seconds)
  local shown = moment.shown(seconds)
  return shown and shown:sub(1, 10)
end

--- A cell of a table; on a phone its column's name stands before it.
-- @tparam string label
-- @param value a text or an element; nothing is shown as a dash
-- @tparam[opt] string class
-- @treturn Element
function cards.cell(label, value, class)
  return element("td", { ["data-label"] = label, class = class }, value or "–")
end

local NUMBERS = { ["Updates"] = true, ["Modules"] = true, ["Tries"] = true, ["Updates taken"] = true, ["Left"] = true }

--- A table.
-- @tparam {string,...} columns
-- @tparam {Element,...} rows
-- @treturn Element
function cards.table(columns, rows)
  local heads = {}
  for i, name in ipairs(columns) do
    heads[i] = element("th", { scope = "col", class = NUMBERS[name] and "number" or nil }, name)
  end
  return element("table", nil, element("thead", nil, element("tr", nil, heads)), element("tbody", nil, rows))
end

local function wear_bar(taken, most)
  local share = most > 0 and math.min(taken / most, 1) or 1
  return element("svg", { class = "wear", viewBox = "0 0 100 10", preserveAspectRatio = "none", role = "img",
    ["aria-label"] = ("%.0f %% of its updates taken"):format(share * 100) },
    element("rect", { class = "all", width = 100, height = 10 }),
    element("rect", { class = "taken", width = ("%.1f"):format(share * 100), height = 10 }))
end

--- A module as last seen.
-- @tparam table row as of `Book:modules`
-- @tparam integer most updates in its life
-- @treturn Element
function cards.module(row, most)
  local taken = row.updates_seen or 0
  return element("tr", nil, cards.cell("IMEI", row.imei), cards.cell("Model", row.model),
    cards.cell("Runs now", words.revision(row.revision, row.last_revision) or UNKNOWN),
    cards.cell("Last seen", moment.shown(row.seen), "word"),
    cards.cell("Updates taken", { wear_bar(taken, most), (" %d"):format(taken) }, "number"),
    cards.cell("Left", ("%d"):format(math.max(most - taken, 0)), "number"))
end

local function from_to(row)
  local from, after = row.from or UNKNOWN, row.after
  if row.triggered and (row.outcome or "unknown") == "unknown" then after = UNKNOWN end
  local ran = after and after ~= row.from and from .. " → " .. after or from
  if not row.to or row.to == after then return ran end
  return ("%s; %s was intended"):format(ran, row.to)
end

local function lasted(row)
  local seconds = row.started and row.finished and row.finished - row.started
  if not (seconds and seconds >= 0 and seconds < LONGEST_S and own_end.seen(row)) then return nil end
  return text.duration(seconds)
end

-- Recorded by the flow, as one JSON object; in the order of its names.
local function facts_of(row)
  local facts = row.facts and json.decode(row.facts)
  if type(facts) ~= "table" then return {} end
  local names, list = {}, {}
  for name in pairs(facts) do names[#names + 1] = tostring(name) end
  table.sort(names)
  for i, name in ipairs(names) do
    local value = facts[name]
    list[i] = { name, type(value) == "table" and json.encode(value) or tostring(value) }
  end
  return list
end

local function package_of(row)
  if not row.package then return nil end
  local name = row.way == "url" and row.package or row.package:match "([^/]*)$"
  return name .. (math.type(row.size) == "integer" and (", %s"):format(text.bytes(row.size)) or "")
end

local function details(row)
  local items = {}
  local function add(name, value, class)
    if not value then return end
    items[#items + 1] = element("div", { class = class and "wide" or nil }, element("dt", nil, name),
      element("dd", { class = class }, value))
  end
  add("Started", moment.shown(row.started))
  add("Took", lasted(row))
  add("Ended", not own_end.seen(row) and "seen by a later run" or nil)
  add("Model", row.model)
  add("Port", row.port and row.host and ("%s on %s"):format(row.port, row.host) or row.port)
  add("Campaign", row.run)
  add("Package", package_of(row))
  add("SHA-256", row.hash, "mono")
  add("Forced", row.forced)
  add("Trace", row.trace)
  for _, fact in ipairs(facts_of(row)) do add(fact[1], fact[2]) end
  add("Record", row.id, "mono")
  return element("dl", nil, items)
end

-- An update that went well tells of a power cut that it survived, in its upload too: the next one may come at a worse
-- moment.
local function survived(row)
  local message = row.outcome == "updated" and row.message or ""
  local told = message:match "the update was interrupted .*" or message:match "the upload was interrupted .*"
    or message:match "the update began %d+ s after its trigger.*"
  return told and element("div", { class = "note is-warn" }, element("p", nil, told)) or nil
end

-- What went wrong, in words, with what to do about it.
local function explained(row, tone)
  local message = row.message
  if not message and row.triggered and not row.outcome then
    message = "The run was stopped after the trigger, and no later run has seen the end."
  end
  if tone == "good" or tone == "plain" then return survived(row) end
  local meaning, advice = words.code(row.code), words.advice(row)
  return element("div", { class = "note is-" .. tone }, message and element("p", nil, message),
    meaning and element("p", nil, element("b", nil, ("Code %d: "):format(row.code)), meaning),
    advice and element("p", { class = "soft" }, "What to do: ", advice))
end

-- One phase alone has no story.
local function drawn(row)
  local list, total = phases.of(row)
  return #list > 1 and timeline.draw(list, total) or nil
end

--- An update.
-- @tparam table row as of `Book:rows`, with its steps
-- @treturn Element
function cards.update(row)
  local outcome, tone = words.outcome(row)
  return element("article", nil,
    element("div", { class = "head" }, element("h3", nil, "IMEI ", row.imei or UNKNOWN),
      element("span", { class = "badge " .. tone }, outcome)),
    element("p", { class = "from-to" }, from_to(row)), drawn(row), explained(row, tone),
    details(row))
end

return cards
