--- Which updates are asked for, as a condition in SQL.
-- Pure: what is wanted in, text out.
-- @module dfota.ledger.selection
local schema = require "dfota.ledger.schema"

local selection = {}

--- What may be asked for as an outcome: those of a result, and `open`: triggered, and its end is not certain.
selection.OUTCOMES = {
  "updated", "already_current", "checked", "not_started", "failed_on_source", "wrong_revision", "unknown", "open",
}

-- A condition that no index is looked for: without statistics a planner may take the worse one of two.
local function unindexed(condition) return "(" .. condition .. ") IS TRUE" end

local function outcome(name, quote, no_time)
  if name == "open" then return "(" .. schema.open(no_time) .. ")" end
  return "outcome = " .. quote(name)
end

local function any_of(outcomes, quote, no_time)
  local parts = {}
  for i, name in ipairs(outcomes) do parts[i] = outcome(name, quote, no_time) end
  return table.concat(parts, " OR "), parts[2] ~= nil
end

--- The condition, as a WHERE clause; empty if everything is wanted.
-- @tparam table wanted imei; run; since (seconds since the epoch, inclusive) and before (exclusive), both of the start;
--   outcomes: any of these
-- @tparam function quote value → quoted for a statement
-- @tparam table database `version`: its layout (the first had no campaigns); `no_time`: see `schema.open`
-- @treturn string
function selection.where(wanted, quote, database)
  local parts = {}
  -- The most selective first: the rest is looked at in the rows that it finds.
  local function add(condition, several)
    parts[#parts + 1] = (parts[1] or several) and unindexed(condition) or condition
  end
  if wanted.imei then add("imei = " .. quote(wanted.imei)) end
  if wanted.run then add(database.version >= 2 and "run = " .. quote(wanted.run) or "1 = 0") end
  if wanted.outcomes and wanted.outcomes[1] then add(any_of(wanted.outcomes, quote, database.no_time)) end
  -- Every index has the start behind its own column.
  if wanted.since then parts[#parts + 1] = "started >= " .. quote(wanted.since + 0.0) end
  if wanted.before then parts[#parts + 1] = "started < " .. quote(wanted.before + 0.0) end
  if not parts[1] then return "" end
  return "WHERE " .. table.concat(parts, " AND ")
end

--- The same for an open database.
-- @tparam Database database
-- @tparam table wanted
-- @treturn string
function selection.of(database, wanted)
  return selection.where(wanted, function(value) return database:quote(value) end,
    { version = database.version, no_time = database.store.no_time })
end

return selection
