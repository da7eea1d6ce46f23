--- How many modules of a run have failed, and whether those are too many. Pure.
-- @module dfota.fleet.failure_limit

local limits = require "dfota.fleet.limits"

local failure_limit = {}

local FailureLimit = {}
FailureLimit.__index = FailureLimit
FailureLimit.__name = "dfota.fleet.failure_limit"

-- A module whose outcome is unknown counts as failed for as long as it is.
local function is_bad(device, is_unsettled) return device.state == "failed" or is_unsettled or false end

local function exceeded(self) return self.limit ~= nil and limits.exceeded(self.limit, self.bad, self.ended_count) end

--- Counts from here on. Failures that an earlier supervisor saw count, too, lest each that is killed makes room for
-- more. If it was for them that the run stopped, whoever goes on has seen them, and they are forgiven.
-- @tparam[opt] table limit as of `dfota.fleet.limits`
-- @tparam {table,...} devices
-- @tparam function is_unsettled (device) → is its outcome unknown?
-- @treturn FailureLimit
function failure_limit.new(limit, devices, is_unsettled)
  local self = setmetatable({ limit = limit, bad = 0, ended_count = 0, counted = {} }, FailureLimit)
  for _, device in ipairs(devices) do
    if is_bad(device, is_unsettled(device)) then self.bad, self.counted[device] = self.bad + 1, true end
    if device.state == "failed" or device.state == "done" then self.ended_count = self.ended_count + 1 end
  end
  if exceeded(self) then self.bad, self.ended_count, self.counted = 0, 0, {} end
  return self
end

--- A job of a module ended.
-- @tparam table device
-- @tparam boolean is_unsettled
-- @treturn boolean have too many failed now?
function FailureLimit:add(device, is_unsettled)
  local now, before = is_bad(device, is_unsettled), self.counted[device] or false
  if now ~= before then self.bad = self.bad + (now and 1 or -1) end
  self.counted[device] = now
  if device.state ~= "waiting" then self.ended_count = self.ended_count + 1 end
  return exceeded(self)
end

return failure_limit
