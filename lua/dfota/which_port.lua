--- Which port a run uses, by which names the ledger may know it, and the rate that is tried there first.
-- @module dfota.which_port
local names = require "dfota.ports.names"
local rates = require "dfota.at.rates"

local which_port = {}

-- No port named: the one with the module.
local function find(context)
  local options = context.options
  return require "dfota.ports.only_port" {
    host = context.host, ledger = context.ledger, settings = context.set, report = context.report,
    lenient = context.kind.lenient, baud = options.baud ~= "auto" and options.baud or nil, imei = options.imei,
  }
end

--- Choose it: the simulated module's, the one that is named, or the one with the module.
-- @tparam table context of `dfota.assembly`; its `options.port` is set, `port_names`, and what belongs to it:
--   `simulator`, or `found_at`, the rate of the module that was found
function which_port.choose(context)
  local options = context.options
  if options.sim then
    context.simulator = assert(require("dfota.sim.child").start(context.scripts .. "/sim.lua", options.sim))
    options.port = context.simulator.name
  end
  if not options.port then options.port, context.found_at = find(context) end
  context.port_names = names.aliases(options.port)
  context.report:set_port(options.port)
end

-- Where the ledger does not tell, nothing is said: it is told where something depends on it.
local function last_rate(context)
  for _, name in ipairs(context.port_names) do
    local rate, err = context.ledger:rate_on(name)
    if rate or err then return rate end
  end
end

--- The rate that the module on this port was just found at, or had last, is the first to be tried.
-- @tparam table context of `dfota.assembly`, whose port was chosen; its `request.bauds` is set
function which_port.begin_with_last_rate(context)
  if context.options.baud ~= "auto" then return end
  context.request.bauds = rates.beginning_with(context.found_at or last_rate(context))
end

return which_port
