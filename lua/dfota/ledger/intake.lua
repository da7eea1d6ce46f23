--- Taking in what another ledger holds, a page at a time: each page is one transaction, and a page that is taken in
-- again changes nothing.
--
-- An update is known by its id. Of two records of it, the one with an end is better than the one without, and the
-- later end better than the earlier: an outcome that was unknown may have been settled later, elsewhere. Of a module
-- the newest sighting counts.
-- @module dfota.ledger.intake

local intake = {}

local SAME_S = 0.001 -- two ledgers may round differently

local UPDATE_FIELDS = { { "id", "id" }, { "triggered", "triggered" }, { "finished", "finished" } }
local MODULE_FIELDS = { { "imei", "imei" }, { "seen", "seen" } }

local function is_later(theirs, ours) return theirs ~= nil and (ours == nil or theirs > ours + SAME_S) end

local function is_better(theirs, ours)
  if theirs.finished or ours.finished then return is_later(theirs.finished, ours.finished) end
  return theirs.triggered ~= nil and ours.triggered == nil
end

-- Those of our rows that have one of these keys, by it.
local function ours_of(database, query, fields, rows)
  local key, quoted, by_key = fields[1][1], {}, {}
  for _, row in ipairs(rows) do
    if row[key] then quoted[#quoted + 1] = database:quote(row[key]) end
  end
  if not quoted[1] then return by_key end
  local found, err = database:select(query:format(table.concat(quoted, ", ")), fields)
  if not found then return nil, err end
  for _, row in ipairs(found) do by_key[row[key]] = row end
  return by_key
end

local function add_update(statements, list, row, ours)
  if ours then list[#list + 1] = statements:delete(row.id) end
  list[#list + 1] = statements:insert(row)
  statements:add_steps(list, row.id, row.steps)
end

--- Takes in updates.
-- @tparam Database database
-- @tparam Statements statements
-- @tparam {table,...} rows as of `Book:rows` of another ledger, with their steps
-- @treturn table|nil how many were `added`, `completed` (ours had no end, or an earlier one), `known` already, and
--   `nameless`: without an id, and left out; nil, err
function intake.updates(database, statements, rows)
  local counts
  local ok, err = database:atomically(function()
    local ours, why = ours_of(database, "SELECT id, triggered, finished FROM dfota_updates WHERE id IN (%s)",
      UPDATE_FIELDS, rows)
    if not ours then return nil, why end
    local list = {}
    counts = { added = 0, completed = 0, known = 0, nameless = 0 }
    for _, row in ipairs(rows) do
      local mine = row.id and ours[row.id]
      local what = not row.id and "nameless" or not mine and "added" or is_better(row, mine) and "completed" or "known"
      counts[what] = counts[what] + 1
      if what == "added" or what == "completed" then add_update(statements, list, row, mine) end
    end
    return list
  end, database.store.lock_updates)
  if not ok then return nil, err end
  return counts
end

-- Whether a revision is certain follows from the updates, in this ledger as in the other one.
local function as_read(row) return setmetatable({ revision = row.last_revision or row.revision }, { __index = row }) end

--- Takes in modules as last seen.
-- @tparam Database database
-- @tparam Statements statements
-- @tparam {table,...} rows as of `Book:modules` of another ledger
-- @treturn table|nil how many were `added`, `newer` than ours, or `known` already; nil, err
function intake.modules(database, statements, rows)
  local counts
  local ok, err = database:atomically(function()
    local ours, why = ours_of(database, "SELECT imei, seen FROM dfota_modules WHERE imei IN (%s)", MODULE_FIELDS, rows)
    if not ours then return nil, why end
    local list = {}
    counts = { added = 0, newer = 0, known = 0 }
    for _, row in ipairs(rows) do
      local mine = row.imei and ours[row.imei]
      local what = not mine and "added" or is_later(row.seen, mine.seen) and "newer" or "known"
      counts[what] = counts[what] + 1
      if what ~= "known" then statements:add_module(list, as_read(row)) end
    end
    return list
  end, database.store.lock_modules)
  if not ok then return nil, err end
  return counts
end

return intake
