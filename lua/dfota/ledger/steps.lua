--- The steps of updates, as they are asked for. Pure: text out.
-- @module dfota.ledger.steps
local steps = {}

--- Of each step: the update it belongs to, its name, and when it was.
steps.COLUMNS = { { "id", "update_id" }, { "name", "name" }, { "at", "at" } }

--- Those of some updates, one update after the other, each in order.
-- @tparam {string,...} ids of the updates
-- @tparam function quote value → quoted for a statement
-- @treturn string
function steps.query(ids, quote)
  local quoted = {}
  for i, id in ipairs(ids) do quoted[i] = quote(id) end
  return ("SELECT update_id, name, at FROM dfota_steps WHERE update_id IN (%s) ORDER BY update_id, at"):format(
    table.concat(quoted, ", "))
end

return steps
