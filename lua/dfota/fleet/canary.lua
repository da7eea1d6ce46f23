--- Which modules of a fleet are updated first, before the others may be.
-- @module dfota.fleet.canary

local canary = {}

-- By revision, in the order of the plan: those that failed before, or the others.
local function by_revision(devices, have_failed)
  local groups, group_of = {}, {}
  for _, device in ipairs(devices) do
    if (device.failed_before or false) == have_failed then
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

local function add(chosen, groups, count)
  local round = 0
  repeat
    round = round + 1
    local before = #chosen
    for _, group in ipairs(groups) do
      if group[round] and #chosen < count then chosen[#chosen + 1] = group[round] end
    end
  until #chosen == before
end

--- Chooses them: of as many different revisions as there are, and never one that failed before.
-- @tparam {table,...} devices all of the plan: `revision`, `failed_before`
-- @tparam integer count how many
-- @tparam[opt] boolean also_failed where there are too few others, also those that failed before
-- @treturn {table,...} fewer if there are no more
function canary.choose(devices, count, also_failed)
  local chosen = {}
  add(chosen, by_revision(devices, false), count)
  if also_failed then add(chosen, by_revision(devices, true), count) end
  return chosen
end

local TOO_FEW = "only %d of %d go first: on the others the package failed before; --force attempts lets them, too"
local NONE = "--canary: on every module of the plan the package failed before, so that none may go first: "
  .. "--force attempts lets them"

--- Marks them in the plan: they are chosen once for a run, whoever carries it out.
-- @tparam {table,...} devices as of `choose`; `goes_first` is set
-- @tparam integer count how many
-- @tparam[opt] boolean also_failed as of `choose`
-- @treturn[1] boolean true
-- @treturn[1] string|nil what people should know: they are fewer than were asked for
-- @treturn[2] nil
-- @treturn[2] string why it cannot be done: there is none
function canary.mark(devices, count, also_failed)
  local chosen = canary.choose(devices, count, also_failed)
  for _, device in ipairs(chosen) do device.goes_first = true end
  if #chosen == 0 and #devices > 0 then return nil, NONE end
  return true, #chosen < math.min(count, #devices) and TOO_FEW:format(#chosen, count) or nil
end

local Gate = {}
Gate.__index = Gate

--- What those that go first and are not at their target yet hold back: all others, whoever began them. One that failed
-- is not tried again of itself: then nothing is begun but watching.
-- @tparam {table,...} devices `goes_first`, and `state` once what an earlier run left is known
-- @treturn Gate with `has_any`: some go first; `has_failed`: one of those failed; `left`: so many are not at their
--   target
function canary.gate(devices)
  local self = setmetatable({ left = 0, has_any = false, has_failed = false, is_open_for = {} }, Gate)
  for _, device in ipairs(devices) do
    if device.goes_first then
      self.has_any, self.has_failed = true, self.has_failed or device.state == "failed"
      if device.state ~= "done" then self.is_open_for[device], self.left = true, self.left + 1 end
    end
  end
  return self
end

--- Is it one of those for which the others wait?
-- @tparam table device
-- @treturn boolean
function Gate:lets(device) return self.is_open_for[device] or false end

--- The job of a module ended.
-- @tparam table device with its new `state`
-- @treturn string|nil "passed" if the others may be begun now, or the reason for which the run stops: "canary", or
--   "interrupted" if somebody ended the job before its trigger
function Gate:judge(device)
  if not self:lets(device) or device.state == "waiting" then return nil end
  if device.state == "interrupted" then return "interrupted" end -- nothing was changed on it, and nothing is known
  if device.state ~= "done" then return "canary" end
  self.left = self.left - 1
  return self.left == 0 and "passed" or nil
end

return canary
