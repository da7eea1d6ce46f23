--- Is what answers after the trigger still the module that was triggered? After the port was reopened another one may
-- be plugged in; and behind an adapter that stays, modules can be exchanged while no port is lost.
-- @module dfota.update.same_module
local errors = require "dfota.at.errors"

local SameModule = {}
SameModule.__index = SameModule

--- @tparam table opts `imei` that it reported before, nil if nobody knows; `is_unnamed`: it was asked and reports none;
--   `modem`; `set` with `boot_s`; `now` the clock; `warn` function(text); `close` function(): nothing more may be sent
-- @treturn SameModule
function SameModule.new(opts) return setmetatable(opts, SameModule) end

--- Another update is followed, or this one anew: how long it has not said who it is counts from here.
function SameModule:begin() self.silent_since_s = nil end

--- Has it not said who it is when it was asked last?
-- @treturn boolean
function SameModule:is_silent() return self.silent_since_s ~= nil end

local function refuse(self, imei)
  self.stranger = imei
  self.warn(("another module answers on the port now: IMEI %s, not %s"):format(imei, self.imei))
  self.close() -- at once
  return false, "stranger"
end

-- Its new firmware may report what the old one did not; or it is another module.
local function tell_name(self)
  local imei = self.is_unnamed and self.modem:imei()
  if not imei then return end
  self.warn(("the module did not report its IMEI before, and has IMEI %s now: if it was exchanged meanwhile, this is "
    .. "about another one"):format(imei))
end

-- One that does not say who it is may be another one, too: it is asked again, as long as a module may take to boot.
local function wait_for_name(self)
  self.silent_since_s = self.silent_since_s or self.now()
  return false, self.now() >= self.silent_since_s + self.set.boot_s and "unnamed" or nil
end

--- Asks it once more.
-- @treturn boolean true if it is, or nobody could tell the difference
-- @treturn string|nil if not: "stranger" (another one: `stranger`, its IMEI), "unnamed" (it does not say for too long);
--   nil: ask again
-- @treturn dfota.error what kept it from answering, if it was not its own will
function SameModule:check()
  if not self.imei then
    tell_name(self)
    return true
  end
  local imei, err = self.modem:imei()
  if imei and imei ~= self.imei then return refuse(self, imei) end
  if imei then
    self.silent_since_s = nil
    return true
  end
  if err and not (errors.is_no(err) or err.kind == "timeout") then return false, nil, err end
  return wait_for_name(self)
end

return SameModule
