--- Which modules of a fleet are updated first, before the others may be.
-- @module dfota.fleet.canary

local canary = {}

-- By revision, in the order of the plan.
local function by_revision(devices)
  local groups, group_of = {}, {}
  for _, device in ipairs(devices) do
    if not device.failed_before then
      local revision = device.revision or ""
      if not group_of[revision] then
        group_of[revision] = {}
        groups[#groups + 1] = group_of[revision]
      end
      table.insert(group_of[revision], device)
    end
  end
  return groups
end

--- Chooses them: of as many different revisions as there are, and never one that failed before.
-- @tparam {table,...} devices those that are to be updated: `revision`, `failed_before`
-- @tparam integer count how many
-- @treturn {table,...} fewer if there are no more
function canary.choose(devices, count)
  local groups, chosen, round = by_revision(devices), {}, 0
  repeat
    round = round + 1
    local before = #chosen
    for _, group in ipairs(groups) do
      if group[round] and #chosen < count then chosen[#chosen + 1] = group[round] end
    end
  until #chosen == before
  return chosen
end

return canary
