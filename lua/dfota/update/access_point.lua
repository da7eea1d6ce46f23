--- Which APN a run uses: the one that was given, that of the SIM's home network, or the module's own.
-- @module dfota.update.access_point
local apn = require "dfota.config.apn"
local sim_card = require "dfota.modem.sim_card"

local AccessPoint = {}
AccessPoint.__index = AccessPoint

--- @tparam table opts `modem`; `request` with `apn`, `user`, `password`; `ask` function(what, fn), which returns nil if
--   the module does not say; `note` function(level, text); `own` what apns.lua returns; `database` path of the
--   provider database, nil for its usual place
-- @treturn AccessPoint
function AccessPoint.new(opts) return setmetatable(opts, AccessPoint) end

local function described(imsi, digits)
  local networks = apn.networks(imsi, digits)
  local names = {}
  for i, network in ipairs(networks) do names[i] = network:sub(1, 3) .. "-" .. network:sub(4) end
  return {
    networks = networks, shown = table.concat(names, " or "), imsi = sim_card.masked(imsi, digits),
    mnc_digits = digits,
  }
end

--- The SIM's home network. Asked once.
-- @treturn table|nil `networks`: MCC and MNC together, two if it is not known how many digits the MNC has; `shown`,
--   the same in words; `imsi` with all but the network masked; `mnc_digits`, 2 or 3, as the SIM's EF_AD says; nil if
--   the SIM does not give its IMSI
function AccessPoint:home()
  if self.found then return self.found end
  local imsi = self.ask("the SIM's home network", function() return self.modem:imsi() end)
  if not imsi then return nil end
  local digits = self.ask("the length of the SIM's MNC", function() return self.modem:mnc_digits() end)
  self.found = described(imsi, digits)
  return self.found
end

--- The APNs that the home network is known to have: those of apns.lua first.
-- @treturn {table,...} each as of `dfota.config.apn`
function AccessPoint:candidates()
  local home = self:home()
  if not home then return {} end
  return apn.candidates { networks = home.networks, table = self.own, database = self.database }
end

local function how_long(home)
  if home.mnc_digits then return ("the SIM's EF_AD says that its MNC has %d digits"):format(home.mnc_digits) end
  return "how many digits its MNC has is not known: three were looked up first, then two"
end

local function of_home(self)
  local home = self:home()
  local chosen, why = apn.requested(self.request, home and home.networks, self.own)
  if not chosen then return nil, why end
  self.note("info", ("%s; %s"):format(why, how_long(home)))
  return chosen
end

--- The one to use.
-- @treturn table|nil `apn`, `user`, `password`; nil alone for the module's own, which is left unchanged
-- @treturn ?dfota.error kind `usage` if none is known for this SIM
function AccessPoint:choose()
  local request = self.request
  if not request.apn then
    self.note("info", "using the APN configured in the module")
    return nil
  end
  if request.apn == "auto" then return of_home(self) end
  return (apn.requested(request))
end

return AccessPoint
