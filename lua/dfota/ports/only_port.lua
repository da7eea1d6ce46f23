--- The port of a call that names none: the only one there is, or the only one that a module answers on.
-- @module dfota.ports.only_port
local catalog = require "dfota.ports.catalog"
local core = require "dfota.core"
local prober = require "dfota.ports.prober"
local selection = require "dfota.ports.selection"
local survey = require "dfota.ports.survey"
local words = require "dfota.ports.words"

local function show(ports, report)
  for _, port in ipairs(ports) do
    local name = words.name(port)
    report:set_port(name)
    report:event("facts", words.facts(port))
    report:set_port(nil)
    report:event("note", { level = "port", text = ("%s: %s"):format(name, words.summary(port)) })
  end
end

-- The advice is the line to type for each that comes into question, or else for each.
local function refuse(ports, why)
  local err = core.error("usage", why .. ": name one with --port")
  err.advice, err.ports = "name one of them", {}
  for i, port in ipairs(ports) do err.ports[i] = words.name(port) end
  error(err, 0)
end

local function ask(ports, opts)
  local report = opts.report
  report:status(("asking %d ports"):format(#ports))
  local asked, err = survey(ports, {
    ledger = opts.ledger, baud = opts.baud, settings = opts.settings, prober = opts.host.prober or prober,
    on_trouble = function(err)
      if not opts.lenient then error(err, 0) end
    end,
    on_answer = function(came, count)
      report:status(("asking %d ports: %d done"):format(count, came))
    end,
  })
  report:status(nil)
  if not asked then error(err, 0) end
end

local function choose(ports, opts)
  ask(ports, opts)
  local port, candidates, why = selection.choose(ports, opts.imei)
  if not port then
    show(ports, opts.report)
    refuse(#candidates > 0 and candidates or ports, why)
  end
  local name = words.name(port)
  opts.report:event("note", { level = "info",
    text = ("using %s, the only one of %d ports that leads to a module: %s"):format(name, #ports,
      words.summary(port)) })
  return name, port.baud
end

--- Find it. On the way the report is told what is done, and the ports if none can be chosen.
-- @tparam table opts `host` its ports (`list`, `holder`, as of `dfota.core`), and if not by `dfota.ports.prober`,
--   `prober`; `ledger`, `baud`, `settings` as of `dfota.ports.survey`; `lenient`: a ledger that fails does not end
--   the run; `imei` the module that is meant, if it is known; `report`
-- @treturn string the port's name
-- @treturn ?integer the rate that its module was found at; raises an err; if it cannot be told, of kind `usage` with
--   the `ports` that come into question
local function only_port(opts)
  local listed = assert(opts.host.list())
  if #listed == 0 then
    error(core.error("usage", "no serial port was found: plug the adapter in, or name one with --port"), 0)
  end
  if #listed == 1 then return listed[1].name end
  return choose(assert(catalog.read { host = opts.host }), opts)
end

return only_port
