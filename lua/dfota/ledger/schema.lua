--- The tables of a ledger: what they contain, and how they are created and upgraded.
-- @module dfota.ledger.schema

local schema = {}

--- The layout that this program writes.
schema.VERSION = 5

local COLUMNS = {
  { "id", "id", "VARCHAR(64) PRIMARY KEY", 1 }, { "imei", "imei", "TEXT", 1 }, { "port", "port", "TEXT", 1 },
  { "from", "rev_from", "TEXT", 1 }, { "to", "rev_to", "TEXT", 1 }, { "package", "package", "TEXT", 1 },
  { "hash", "hash", "TEXT", 1 }, { "size", "size", "BIGINT", 1 }, { "way", "way", "TEXT", 1 },
  { "trace", "trace", "TEXT", 1 }, { "forced", "forced", "TEXT", 1 }, { "started", "started", "DOUBLE PRECISION", 1 },
  { "triggered", "triggered", "DOUBLE PRECISION", 1 }, { "finished", "finished", "DOUBLE PRECISION", 1 },
  { "outcome", "outcome", "TEXT", 1 }, { "after", "rev_after", "TEXT", 1 }, { "code", "code", "INTEGER", 1 },
  { "message", "message", "TEXT", 1 },
  { "rc", "rc", "INTEGER", 2 }, { "run", "run", "TEXT", 2 }, { "model", "model", "TEXT", 2 },
  { "host", "host", "TEXT", 2 },
  -- The trigger's time on the monotonic clock: which boot of the host, and the seconds since then.
  { "boot", "boot", "TEXT", 2 }, { "mono", "mono", "DOUBLE PRECISION", 2 },
  { "refused", "refused", "INTEGER", 2 }, -- 1 if the module refused the trigger: its flash was not written
  { "facts", "facts", "TEXT", 3 }, -- recorded by the flow itself: one JSON object
  { "doubt", "doubt", "TEXT", 5 }, -- why the revision alone does not settle an outcome that is unknown
}

--- Columns of an update: name in Lua, name in SQL (`from`, `to` and `after` are reserved words), type, and the layout
-- that introduced it.
schema.COLUMNS = COLUMNS

local MODULE_COLUMNS = {
  { "imei", "imei", "VARCHAR(64) PRIMARY KEY", 2 }, { "model", "model", "TEXT", 2 },
  { "revision", "revision", "TEXT", 2 }, { "port", "port", "TEXT", 2 }, { "host", "host", "TEXT", 2 },
  { "seen", "seen", "DOUBLE PRECISION", 2 },
  { "baud", "baud", "INTEGER", 4 }, -- the rate it is set to; 0: adaptive mode
}

--- Columns of a module as last seen; the same format.
schema.MODULE_COLUMNS = MODULE_COLUMNS

--- Those that hold a number, by their names in Lua, with those that are counted.
schema.NUMBERS = {
  size = true, started = true, triggered = true, finished = true, code = true, at = true, rc = true, mono = true,
  refused = true, seen = true, baud = true, updates_seen = true, updates_left = true, count = true,
  first = true, last = true,
}

--- Condition for an update that was triggered and whose end is not certain. Since others may have written to the file,
-- whatever looks triggered and not certainly finished is open.
-- @tparam string no_time a condition: `finished` contains something that is not a time
-- @treturn string
function schema.open(no_time)
  return "triggered IS NOT NULL AND (finished IS NULL OR " .. no_time .. " OR outcome IS NULL OR outcome NOT IN "
    .. "('updated', 'failed_on_source', 'wrong_revision', 'already_current', 'not_started', 'checked'))"
end

--- Condition for an update that wore the module's flash: it was triggered, and the module did not refuse it. Layout 1
-- stored no refusal.
schema.WORE = "triggered IS NOT NULL AND (refused IS NULL OR refused <> 1)"

--- Condition for a package that failed on its module: exit code 81 or 82. Layout 1 stored no exit code: it follows from
-- the outcome, a failed download (6503 or no code) being 75.
schema.FAILED = "(rc IN (81, 82) OR rc IS NULL AND (outcome = 'wrong_revision' "
  .. "OR outcome = 'failed_on_source' AND code <> 6503))"

local function table_of(name, columns)
  local parts = {}
  for i, column in ipairs(columns) do parts[i] = column[2] .. " " .. column[3] end
  return ("CREATE TABLE IF NOT EXISTS %s (%s)"):format(name, table.concat(parts, ", "))
end

local function add_columns(list, name, columns, version)
  for _, column in ipairs(columns) do
    if column[4] > version then
      list[#list + 1] = ("ALTER TABLE %s ADD COLUMN %s %s"):format(name, column[2], column[3])
    end
  end
end

--- The statements that upgrade a ledger to the current layout.
-- @tparam integer version its layout, 0 if it has none yet
-- @tparam string no_time see `open`
-- @treturn {string,...}
function schema.statements(version, no_time)
  local list = { "CREATE TABLE IF NOT EXISTS dfota_schema (version INTEGER PRIMARY KEY)" }
  if version == 0 then
    list[#list + 1] = table_of("dfota_updates", schema.COLUMNS)
    list[#list + 1] = "CREATE TABLE IF NOT EXISTS dfota_steps (update_id VARCHAR(64), name TEXT, at DOUBLE PRECISION)"
    list[#list + 1] = "CREATE INDEX IF NOT EXISTS dfota_steps_update ON dfota_steps (update_id)"
  else
    add_columns(list, "dfota_updates", schema.COLUMNS, version)
    -- Layout 1 had no such table: it is created complete.
    if version > 1 then add_columns(list, "dfota_modules", schema.MODULE_COLUMNS, version) end
    list[#list + 1] = "DROP INDEX IF EXISTS dfota_updates_imei"
  end
  list[#list + 1] = table_of("dfota_modules", schema.MODULE_COLUMNS)
  list[#list + 1] = "CREATE INDEX IF NOT EXISTS dfota_updates_of ON dfota_updates (imei, started)"
  list[#list + 1] = "CREATE INDEX IF NOT EXISTS dfota_updates_at ON dfota_updates (started, id)"
  list[#list + 1] = "CREATE INDEX IF NOT EXISTS dfota_updates_open ON dfota_updates (port, started) WHERE "
    .. schema.open(no_time)
  list[#list + 1] = "CREATE INDEX IF NOT EXISTS dfota_updates_run ON dfota_updates (run, started)"
  list[#list + 1] = "CREATE INDEX IF NOT EXISTS dfota_updates_ended ON dfota_updates (outcome, started)"
  list[#list + 1] = "CREATE INDEX IF NOT EXISTS dfota_updates_wear ON dfota_updates (imei) WHERE " .. schema.WORE
  list[#list + 1] = ("INSERT INTO dfota_schema (version) VALUES (%d) ON CONFLICT DO NOTHING"):format(schema.VERSION)
  return list
end

return schema
