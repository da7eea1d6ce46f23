--- Reading a ledger piece by piece: updates or modules, as tables or as lines for programs.
-- @module dfota.ledger.reading
local line_formats = require "dfota.ledger.line_formats"
local schema = require "dfota.ledger.schema"
local selection = require "dfota.ledger.selection"
local steps = require "dfota.ledger.steps"

local Reading = {}
Reading.__index = Reading

local PAGE = 500 -- rows

--- The columns of an update in lines for programs; JSON adds the steps.
Reading.KEYS = {
  "id", "run", "imei", "model", "port", "host", "from", "to", "package", "hash", "size", "way", "trace", "forced",
  "started", "triggered", "finished", "outcome", "rc", "after", "code", "refused", "doubt", "message", "facts",
}

--- The same for a module as last seen: its revision (unknown after a trigger whose outcome is not certain), the one
-- that was read last, its triggers in this ledger (a lower bound of its wear), and what is left of those that are
-- allowed.
Reading.MODULE_KEYS = { "imei", "model", "revision", "last_revision", "port", "host", "baud", "seen", "updates_seen",
  "updates_left" }

local DERIVED = {
  { "revision", "revision", sql = "CASE WHEN uncertain THEN NULL ELSE revision END AS revision" },
  { "last_revision", "last_revision" }, { "updates_seen", "updates_seen" }, { "updates_left", "updates_left" },
}
local MODULE_FIELDS = table.move(DERIVED, 1, #DERIVED, #schema.MODULE_COLUMNS + 1,
  table.move(schema.MODULE_COLUMNS, 1, #schema.MODULE_COLUMNS, 1, {}))

-- NULL for a column that this ledger's layout does not have.
local function select_list(keys, columns, version)
  local known, list = {}, {}
  for _, column in ipairs(columns) do known[column[1]] = column end
  for i, key in ipairs(keys) do
    local column = known[key]
    list[i] = (column[4] or 0) <= version and (column.sql or column[2]) or "NULL AS " .. column[2]
  end
  return table.concat(list, ", ")
end

local function limited(query, limit) return limit and ("%s LIMIT %d"):format(query, limit) or query end

local function updates_query(database, wanted, columns)
  return limited(("SELECT %s FROM dfota_updates %s ORDER BY started DESC, id DESC"):format(columns,
    selection.of(database, wanted)), wanted.limit)
end

local function modules_where(database, wanted)
  if wanted.imei then return "WHERE imei = " .. database:quote(wanted.imei) end
  if not wanted.imeis then return "" end
  local quoted = {}
  for i, imei in ipairs(wanted.imeis) do quoted[i] = database:quote(imei) end
  return "WHERE imei IN (" .. (quoted[1] and table.concat(quoted, ", ") or "NULL") .. ")"
end

-- Limited inside, so that only those are counted.
local MODULES = "SELECT %s FROM (SELECT m.*, m.revision AS last_revision, %s AS uncertain, %s AS updates_seen "
  .. "FROM (%s) AS m) AS counted ORDER BY seen DESC, imei"
local TRIGGERS = "(SELECT COUNT(*) FROM dfota_updates AS u WHERE u.imei = m.imei AND %s)"
local LEFT = "CASE WHEN updates_seen < %d THEN %d - updates_seen ELSE 0 END AS updates_left"

-- A module that was triggered and not read since may run either revision. All of these are looked up at once: open
-- updates are few, and have an index.
local UNCERTAIN = "m.imei IN (SELECT u.imei FROM dfota_updates AS u WHERE %s AND NOT EXISTS "
  .. "(SELECT 1 FROM dfota_updates AS l WHERE l.imei = u.imei AND l.started > u.started "
  .. "AND COALESCE(l.rev_after, l.rev_from) IS NOT NULL%s))"

-- Where a stage was reported that nobody knows, a module that still runs the source may be about to update itself.
local MOVED_ON = " AND (u.doubt IS NULL OR COALESCE(l.rev_after, l.rev_from) <> u.rev_from)"

local function uncertain(database)
  return UNCERTAIN:format(schema.open(database.store.no_time), database.version >= 5 and MOVED_ON or "")
end

local function modules_query(database, wanted)
  local keys = table.move(Reading.MODULE_KEYS, 1, #Reading.MODULE_KEYS - 1, 1, {})
  local left = wanted.max_updates and LEFT:format(wanted.max_updates, wanted.max_updates) or "NULL AS updates_left"
  local where = modules_where(database, wanted)
  local inner = limited(("SELECT * FROM dfota_modules %s ORDER BY seen DESC, imei"):format(where), wanted.limit)
  return MODULES:format(select_list(keys, MODULE_FIELDS, database.version) .. ", " .. left,
    uncertain(database), TRIGGERS:format(schema.WORE), inner)
end

-- Of the first layout, which knew no modules.
local NOTHING = { take = function() return {}, true end, raw = function() return nil end, close = function() end }

--- @tparam Database database
-- @tparam table wanted as of `dfota.ledger.selection`, and limit: at most so many; modules: not updates but modules as
--   last seen, by imei or a list `imeis`, with `max_updates` their limit; steps: with the steps of each
--   update; lines: "json" or "csv"
-- @treturn Reading|nil nil, err
function Reading.new(database, wanted)
  local self = setmetatable({ database = database, steps = wanted.steps }, Reading)
  if wanted.lines then
    local keys = wanted.modules and Reading.MODULE_KEYS or Reading.KEYS
    self.format = line_formats[wanted.lines](keys, not wanted.modules)
    self.header = self.format.header
  end
  if wanted.modules and database.version < 2 then
    self.cursor = NOTHING
    return self
  end
  local query = wanted.modules and modules_query(database, wanted) or updates_query(database, wanted,
    wanted.lines and select_list(Reading.KEYS, schema.COLUMNS, database.version) or "*")
  local cursor, err = database:read(query, wanted.modules and MODULE_FIELDS or schema.COLUMNS)
  if not cursor then return nil, err end
  self.cursor = cursor
  return self
end

local function steps_of(self, ids)
  local database = self.database
  return database:read(steps.query(ids, function(id) return database:quote(id) end), steps.COLUMNS)
end

local function add_steps(self, rows)
  local ids, by_id = {}, {}
  for _, row in ipairs(rows) do
    row.steps = {}
    if row.id then ids[#ids + 1], by_id[row.id] = row.id, row.steps end
  end
  if not ids[1] then return rows end
  local cursor, err = steps_of(self, ids)
  if not cursor then return nil, err end
  local taken, reason = cursor:take(math.huge)
  if not taken then return self.database:fail(reason) end
  for _, step in ipairs(taken) do
    local of = by_id[step.id]
    step.id = nil
    if of then of[#of + 1] = step end
  end
  return rows
end

--- Some more rows.
-- @treturn {table,...}|nil none behind the last; nil, err
function Reading:next_rows()
  if not self.cursor then return {} end
  local rows, last = self.cursor:take(PAGE)
  if last then self.cursor = nil end
  if not rows then return self.database:fail(last) end
  if self.steps then return add_steps(self, rows) end
  return rows
end

-- Up to a page of rows as lines without their steps. Returns lines, ids; nil, err.
local function heads(self)
  local row, lines, ids, values = self.format.row, {}, {}, {}
  for i = 1, PAGE do
    local found, reason = self.cursor:raw(values)
    if not found then
      self.cursor:close()
      self.cursor = nil
      if reason then return self.database:fail(reason) end
      break
    end
    lines[i], ids[i] = row(values), values[1] or false
  end
  return lines, ids
end

-- Those of one update follow each other.
local function joined(self, cursor)
  local step, by_id, parts, values, id = self.format.step, {}, {}, {}, nil
  while true do
    local found, reason = cursor:raw(values)
    if not found or values[1] ~= id then
      if id then by_id[id] = table.concat(parts, ",") end
      if not found then return by_id, reason end
      parts, id = {}, values[1]
    end
    parts[#parts + 1] = step(values[2] or "", values[3])
  end
end

-- The steps of each of these updates, as text.
local function written_steps(self, ids)
  local known = {}
  for _, id in ipairs(ids) do
    if id then known[#known + 1] = id end
  end
  if not known[1] then return {} end
  local cursor, err = steps_of(self, known)
  if not cursor then return nil, err end
  local by_id, reason = joined(self, cursor)
  cursor:close()
  if reason then return self.database:fail(reason) end
  return by_id
end

--- Some more lines.
-- @treturn string|nil all of them with their line ends, the header line first; "" behind the last; nil, err
function Reading:next_lines()
  local header = self.header
  self.header = ""
  if not self.cursor then return header end
  local lines, ids = heads(self)
  if not lines then return nil, ids end
  local ending = self.format.ending
  local written, err = {}, nil
  if self.format.with_steps then written, err = written_steps(self, ids) end
  if not written then return nil, err end
  for i, line in ipairs(lines) do lines[i] = line .. (ids[i] and written[ids[i]] or "") .. ending end
  return header .. table.concat(lines)
end

--- End it early.
function Reading:close()
  if self.cursor then self.cursor:close() end
  self.cursor = nil
end

return Reading
