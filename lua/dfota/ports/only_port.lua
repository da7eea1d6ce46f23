--- The port of a call that names none: the only one there is, or the only one that a module answers on.
-- @module dfota.ports.only_port
local catalog = require "dfota.ports.catalog"
local core = require "dfota.core"
local line = require "dfota.ports.line"
local prober = require "dfota.ports.prober"
local selection = require "dfota.ports.selection"
local survey = require "dfota.ports.survey"
local words = require "dfota.ports.words"

local function usage(message) error(core.error("usage", message), 0) end

local function is_in(port, list)
  for _, one in ipairs(list) do
    if one == port then return true end
  end
  return false
end

local function note(opts, level, text) opts.report:event("note", { level = level, text = text }) end

-- One line for each port, and below those that may be meant the line to type.
local function show(ports, candidates, opts)
  local report = opts.report
  for _, port in ipairs(ports) do
    local name = words.name(port)
    report:set_port(name)
    report:event("facts", words.facts(port))
    report:set_port(nil)
    note(opts, "port", ("%s: %s"):format(name, words.summary(port)))
    if is_in(port, candidates) then note(opts, "port", "  " .. line.with_port(opts.called, opts.args, name)) end
  end
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
      report:status(("asking %d ports: %d of %d have answered, or not in time"):format(#ports, came, count))
    end,
  })
  report:status(nil)
  if not asked then error(err, 0) end
end

local function choose(ports, opts)
  ask(ports, opts)
  local port, candidates, why = selection.choose(ports, opts.imei)
  if port then
    note(opts, "info", ("using %s, the only one of %d ports in question: %s"):format(words.name(port), #ports,
      words.summary(port)))
    return words.name(port), port.baud
  end
  show(ports, candidates, opts)
  usage(why .. ": name one with --port")
end

--- Find it. On the way the report is told what is done, and the ports if none can be chosen.
-- @tparam table opts `host` its ports (`list`, `holder`, as of `dfota.core`), and if not by `dfota.ports.prober`,
--   `prober`; `ledger`, `baud`, `settings` as of `dfota.ports.survey`; `lenient`: a ledger that fails does not end
--   the run; `imei` the module that is meant, if it is known; `report`; for the line to type, `called` how the script
--   was started, and its `args`
-- @treturn string the port's name
-- @treturn ?integer the rate that its module was found at; raises an err, of kind `usage` if it cannot be told
local function only_port(opts)
  local listed = assert(opts.host.list())
  if #listed == 0 then usage "no serial port was found: plug the adapter in, or name one with --port" end
  if #listed == 1 then return listed[1].name end
  return choose(assert(catalog.read { host = opts.host }), opts)
end

return only_port
