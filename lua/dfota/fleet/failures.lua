--- How many modules of a run have failed, and whether that are too many. Pure.
-- @module dfota.fleet.failures

local limits = require "dfota.fleet.limits"

local failures = {}

local Failures = {}
Failures.__index = Failures
Failures.__name = "dfota.fleet.failures"

-- A module whose outcome is unknown counts as failed for as long as it is.
local function is_bad(device, is_unsettled) return device.state == "failed" or is_unsettled or false end

local function exceeded(self) return self.limit ~= nil and limits.exceeded(self.limit, self.bad, self.ended_count) end

--- Failures that an earlier supervisor saw count on, lest each that is killed makes room for more. If it was for them
-- that the run stopped, whoever goes on has seen them, and they are forgiven.
-- @tparam[opt] table limit as of `dfota.fleet.limits`
-- @tparam {table,...} devices
-- @tparam function is_unsettled (device) → is its outcome unknown?
-- @treturn Failures
function failures.new(limit, devices, is_unsettled)
  local self = setmetatable({ limit = limit, bad = 0, ended_count = 0, counted = {} }, Failures)
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
function Failures:add(device, is_unsettled)
  local now, before = is_bad(device, is_unsettled), self.counted[device] or false
  if now ~= before then self.bad = self.bad + (now and 1 or -1) end
  self.counted[device] = now
  if device.state ~= "waiting" then self.ended_count = self.ended_count + 1 end
  return exceeded(self)
end

return failures
