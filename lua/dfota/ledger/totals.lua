--- How many updates ended how, and on how many modules.
-- @module dfota.ledger.totals
local selection = require "dfota.ledger.selection"

local totals = {}

local MOST = 1000 -- of them; damage may make any number

local GROUPS = "SELECT outcome, code, CASE WHEN triggered IS NULL THEN 0 ELSE 1 END AS was_triggered, COUNT(*) AS n, "
  .. "MIN(started) AS first_at, MAX(started) AS last_at FROM dfota_updates %s GROUP BY 1, 2, 3 ORDER BY 4 DESC, 6 DESC "
  .. "LIMIT %d"

local GROUP_FIELDS = {
  { "outcome", "outcome" }, { "code", "code" }, { "triggered", "was_triggered" }, { "count", "n" },
  { "first", "first_at" }, { "last", "last_at" },
}

local MODULES = "SELECT COUNT(DISTINCT imei) AS n FROM dfota_updates %s"

--- Counts all that are asked for, whatever their limit.
-- @tparam Database database
-- @tparam table wanted as of `dfota.ledger.selection`
-- @treturn table|nil `groups`, the most frequent first: each `outcome`, `code`, `triggered` (1 or 0), `count`, and
--   `first` and `last`, when they were started (seconds since the epoch); `modules`, how many; nil, err
function totals.of(database, wanted)
  local where = selection.of(database, wanted)
  local groups, err = database:select(GROUPS:format(where, MOST), GROUP_FIELDS)
  if not groups then return nil, err end
  local counted
  counted, err = database:select(MODULES:format(where), { { "count", "n" } })
  if not counted then return nil, err end
  return { groups = groups, modules = counted[1].count }
end

return totals
