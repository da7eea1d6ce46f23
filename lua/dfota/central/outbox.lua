--- What of a journal the centre has not got yet. The journal keeps that itself, in a table of its own: a row is marked
-- as shipped, in the state in which it was, once the centre has acknowledged it. A crash in between ships it again,
-- and the centre takes it for what it is.
--
-- The table is made by the first push and is no part of the journal's layout: a program that never pushes, or an older
-- one, neither needs nor minds it.
-- @module dfota.central.outbox

local schema = require "dfota.ledger.schema"
local steps = require "dfota.ledger.steps"

local outbox = {}

local Outbox = {}
Outbox.__index = Outbox

local TABLE = "CREATE TABLE IF NOT EXISTS dfota_shipped (centre TEXT, kind TEXT, id TEXT, mark TEXT, "
  .. "PRIMARY KEY (centre, kind, id)) WITHOUT ROWID"

-- The state of a row: whatever changes in it changes one of these.
local MARK = "COALESCE(u.triggered, '-') || ' ' || COALESCE(u.finished, '-') || ' ' || COALESCE(u.outcome, '-') || ' ' "
  .. "|| COALESCE(u.rc, '-')"
local MODULE_MARK = "COALESCE(u.seen, '-') || ' ' || COALESCE(u.revision, '-')"

local FROM = {
  update = { table = "dfota_updates", key = "id", mark = MARK, order = "u.started, u.id", columns = schema.COLUMNS },
  module = { table = "dfota_modules", key = "imei", mark = MODULE_MARK, order = "u.seen, u.imei",
    columns = schema.MODULE_COLUMNS },
}

--- @tparam Database database of an SQLite journal, opened for writing
-- @treturn Outbox
function outbox.new(database) return setmetatable({ database = database }, Outbox) end

--- Makes its table where it is missing: only then the journal is written to.
-- @treturn boolean|nil nil, err
function Outbox:prepare()
  local rows, err = self.database:select("SELECT name FROM sqlite_master WHERE name = 'dfota_shipped'", {})
  if not rows then return nil, err end
  if rows[1] then return true end
  return self.database:commit { TABLE }
end

local function waiting(self, kind, centre)
  local from = FROM[kind]
  local of = centre and "s.centre = " .. self.database:quote(centre) .. " AND " or ""
  return ("FROM %s AS u WHERE u.%s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM dfota_shipped AS s WHERE %ss.kind = '%s' "
    .. "AND s.id = u.%s AND s.mark = %s)"):format(from.table, from.key, of, kind, from.key, from.mark)
end

--- How many updates wait.
-- @tparam[opt] string centre its incarnation; default: whichever was shipped to
-- @treturn integer|nil nil, err
function Outbox:count(centre)
  local rows, err = self.database:select("SELECT COUNT(*) AS n " .. waiting(self, "update", centre), { { "n", "n" } })
  if not rows then return nil, err end
  return math.tointeger(tonumber(rows[1].n))
end

local function add_steps(self, rows)
  local database, by_id, ids = self.database, {}, {}
  for i, row in ipairs(rows) do
    row.steps, by_id[row.id], ids[i] = {}, row, row.id
  end
  local all, err = database:select(steps.query(ids, function(id) return database:quote(id) end), steps.COLUMNS)
  if not all then return nil, err end
  for _, step in ipairs(all) do
    local list = by_id[step.id].steps
    list[#list + 1] = { name = step.name, at = step.at }
  end
  return rows
end

--- The next of them, the oldest first.
-- @tparam string kind "update" or "module"
-- @tparam string centre
-- @tparam integer limit
-- @treturn {table,...}|nil each with its `mark`, updates with their `steps`; nil, err
function Outbox:next(kind, centre, limit)
  local from = FROM[kind]
  local columns = table.move(from.columns, 1, #from.columns, 1, { [#from.columns + 1] = { "mark", "mark" } })
  local rows, err = self.database:select(("SELECT u.*, %s AS mark %s ORDER BY %s LIMIT %d"):format(from.mark,
    waiting(self, kind, centre), from.order, limit), columns)
  if not rows or kind ~= "update" or not rows[1] then return rows, err end
  return add_steps(self, rows)
end

--- Notes that the centre has them: one commit. Each in the state in which it was read: what changed since waits again.
-- @tparam string centre
-- @tparam table shipped kind → rows
-- @treturn boolean|nil nil, err
function Outbox:note(centre, shipped)
  local database, list = self.database, {}
  for kind, rows in pairs(shipped) do
    for _, row in ipairs(rows) do
      list[#list + 1] = ("INSERT OR REPLACE INTO dfota_shipped (centre, kind, id, mark) VALUES (%s, '%s', %s, %s)")
        :format(database:quote(centre), kind, database:quote(row[FROM[kind].key]), database:quote(row.mark))
    end
  end
  return database:commit(list)
end

return outbox
