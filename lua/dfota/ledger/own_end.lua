--- Did the run that triggered an update see its end itself? Else a later one did (`watch.lua`, days after maybe), and
-- the time between trigger and end says nothing about how long the update took. Pure.
-- @module dfota.ledger.own_end

local own_end = {}

-- The last phase of a run that sees the end: the module answers, and its revision is read. Steps are only ever written
-- by the run that triggered.
local LAST = "verify"

--- Did it?
-- @tparam table row as of `Book:rows`, with its steps
-- @treturn boolean also true of a run that triggered nothing, and of one whose end nobody has seen yet
function own_end.seen(row)
  if not row.triggered or (row.outcome or "unknown") == "unknown" then return true end
  for _, step in ipairs(row.steps or {}) do
    if step.name == LAST then return true end
  end
  return false
end

return own_end
