--- When an update began that is followed from its middle, and that another run triggered. A package in the module's own
-- memory is begun with soon: one that began much later than its trigger was interrupted before anybody listened, and
-- began again. Pure.
-- @module dfota.update.late_start

local LateStart = {}
LateStart.__index = LateStart

local LEAST_PERCENT = 20 -- less progress says too little about how fast it is

--- @tparam table|nil row of the run that triggered it: `way`
-- @tparam number allowed_s how long after its trigger an update may begin
-- @treturn LateStart
function LateStart.new(row, allowed_s)
  return setmetatable({ counts = row ~= nil and row.way == "file", allowed_s = allowed_s }, LateStart)
end

--- An event of the update was received.
-- @tparam table progress a `dfota.update.progress`
-- @tparam table event of it
-- @tparam number|nil age_s of the trigger by now
function LateStart:hear(progress, event, age_s)
  if not (self.counts and age_s) or progress.restarts > 0 then return end
  if progress.first == "START" then
    self.began_s = self.began_s or age_s
  elseif event.event == "progress" and event.phase == "update" then
    local now = { percent = event.percent, age_s = age_s }
    self.first, self.last = self.first or now, now
  end
end

-- Of one whose START was not received, by how fast it went on.
local function reckoned(first, last)
  local gained = first and last.percent - first.percent or 0
  if gained < LEAST_PERCENT then return nil end
  return first.age_s - first.percent * (last.age_s - first.age_s) / gained
end

--- How long after its trigger it began, if that is too long for its first beginning.
-- @treturn number|nil seconds
function LateStart:seconds()
  local began_s = self.began_s or reckoned(self.first, self.last)
  return began_s and began_s > self.allowed_s and began_s or nil
end

return LateStart
