--- Which port a run uses, by which names the ledger may know it, the rate that is tried there first, and opening it.
-- @module dfota.which_port
local core = require "dfota.core"
local names = require "dfota.ports.names"
local port_opener = require "dfota.at.port_opener"
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

-- On a pty a second reader is not refused, for it may be the other end's own.
local function warn_of_reader(context, port)
  local pid, name = port:other_user()
  if not pid then return end
  context.report:event("note", { level = "warning",
    text = ("%s: process %d (%s) has this port open too: what it reads is lost here"):format(port:name(), pid, name) })
end

-- Whoever listens hears all of it; a trace also has the port's name and rate.
local function tap_line(context, port)
  if context.trace then
    context.trace:note("port " .. context.options.port)
    context.trace:note_baud(port:baud())
  end
  if context.listeners then port:tap(context.listeners:tap()) end
end

--- What opens it. It is opened again when it was lost: the last one is the one to be closed. Its rate is known even
-- where it is gone for good.
-- @tparam table context of `dfota.assembly`, whose port was chosen; each time it gets `port`, and `line.rate`
-- @treturn function () → port; nil, err
function which_port.opener(context)
  context.line = {}
  local how = { baud = context.request.bauds[1], rtscts = context.set.rtscts == "on" }
  local open = port_opener.new(context.options.port, how, function(port)
    tap_line(context, port)
    warn_of_reader(context, port)
    context.port, context.line.rate = port, port:baud()
  end, context.host.open)
  local simulator = context.simulator
  if not simulator then return open end
  return function()
    if simulator:alive() then return open() end
    return nil, core.error("pty_gone", "the simulated module has ended, and its port with it")
  end
end

return which_port
