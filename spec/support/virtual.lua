--- A simulated module behind a virtual port, with a channel and a modem over it: no real time passes.
local Channel = require "dfota.at.channel"
local Modem = require "dfota.modem.modem"
local Module = require "dfota.sim.module"
local SimPort = require "dfota.sim.virtual_port"
local settings = require "dfota.config.settings"

local virtual = {}

--- @param[opt] spec switches of the module
-- @param[opt] set settings, name → value
-- @return modem, module, port; the channel is `modem.channel`
function virtual.modem(spec, set)
  local m = assert(Module.new(spec or {}, 1))
  local port = assert(SimPort.new(m))
  local all = assert(settings.load())
  for name, value in pairs(set or {}) do all[name] = value end
  return Modem.new(Channel.new(port), all), m, port
end

--- The commands that the module received, as named in its log.
function virtual.commands(m)
  local list = {}
  for _, entry in ipairs(m.log) do
    if entry.what == "command" then list[#list + 1] = entry.detail end
  end
  return list
end

return virtual
