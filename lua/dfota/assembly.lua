--- Everything that a flow needs, put together: options, settings, package, ledger and port.
-- @module dfota.assembly
local core = require "dfota.core"

local Call = require "dfota.config.call"
local Channel = require "dfota.at.channel"
local Job = require "dfota.update.job"
local Modem = require "dfota.modem.modem"
local Power = require "dfota.update.power"
local Secrets = require "dfota.at.secrets"
local Site = require "dfota.site"
local advice = require "dfota.update.advice"
local apn = require "dfota.config.apn"
local command = require "dfota.config.command"
local blame = require "dfota.update.blame"
local ledger = require "dfota.ledger.ledger"
local output = require "dfota.output"
local rates = require "dfota.at.rates"
local retry = require "dfota.update.retry"
local selection = require "dfota.config.selection"
local verdict = require "dfota.update.verdict"
local which_ledger = require "dfota.which_ledger"
local which_port = require "dfota.which_port"
local words = require "dfota.base.text"

local assembly = {}

local function warn(context, text) context.report:event("note", { level = "warning", text = text }) end

local function request_of(options, own)
  assert(apn.check(options.apn ~= "auto" and options.apn or nil, options.user, options.password))
  local request = {
    from = options.from, to = options.to, check = options.check, apn = options.apn, imei = options.imei,
    run = options.run, ledger = options.ledger, power_cycle = options.power_cycle,
    preflight = options.preflight and not options.sim, -- what is simulated needs no server
    user = options.user, password = options.password,
    bauds = options.baud == "auto" and rates.standard or { options.baud },
  }
  for _, name in ipairs(own) do request[name] = options[name] end
  request.own = own
  return request
end

-- The gates that are passed.
local function forced(options)
  local force = {}
  for _, name in ipairs(options.force or {}) do force[name] = true end
  return force
end

local function tell_missing(context, steps)
  if #steps == 0 then return end
  warn(context, ("%s has no row for %s: tried once, not repeated"):format(
    context.site.files["retries.lua"], table.concat(steps, ", ")))
end

local function new_try(context, channel)
  local modem = Modem.new(channel, context.set)
  local try, missing = retry.new(context.retries, {
    repeats = context.options.retries,
    wait = function(seconds) return modem:pause(seconds) end,
    note = function(step, number, times, err, pause_s)
      context.report:event("note", { level = "warning",
        text = ("%s, try %d of %d: %s; again in %s s"):format(step, number, times, err.message,
          words.seconds(pause_s)) })
    end,
  })
  tell_missing(context, missing)
  return try, modem
end

-- A package that is usable, but looks odd: said once the call is known to be right.
local function warn_of_package(context)
  local package = context.package or {}
  for _, warning in ipairs(package.warnings or {}) do warn(context, warning) end
  if package.signed_by then
    context.report:event("note", { level = "info",
      text = ("%s is signed with the key %s"):format(package.manifest, package.signed_by) })
  end
end

-- What to type next, if that helps: `context` may be that of one update in a chain.
local function complete_advice(context, result)
  local options = { to = context.request and context.request.to, rate = context.line and context.line.rate }
  local ok, why = pcall(advice.complete, result, context.call, setmetatable(options, { __index = context.options }))
  if not ok then warn(context, ("the advice is not complete: %s"):format(why)) end
end

local function trace_failure(context)
  local why = context.trace and context.trace:failed()
  if why then warn(context, why) end
end

-- Of a fault in a script people see one line; the traceback is in the trace, and shown with -v.
local function traceback_teller(context)
  return function(traceback)
    for line in traceback:gmatch "[^\n]+" do
      if context.trace then context.trace:note(line) end
      if context.options.verbose > 0 then context.report:event("note", { level = "error", text = line }) end
    end
  end
end

local function new_job(context)
  local port, set = context.port or assert(context.open_port()), context.set
  warn_of_package(context)
  local channel = Channel.new(port, {
    gap_s = set.gap_s, write_s = set.write_s, at_s = set.at_s, fence_s = set.resync_timeout_s,
    trace = context.listeners, secrets = context.secrets,
    on_baud = function(baud)
      context.line.rate = baud
      if context.trace then context.trace:note_baud(baud) end
    end,
    warn = function(text) warn(context, text) end,
  })
  channel:subscribe(function(line) context.report:event("urc", { text = line }) end)
  local try, modem = new_try(context, channel)
  return Job.new {
    channel = channel, modem = modem, settings = set, request = context.request, package = context.package,
    try = try, report = context.report, ledger = context.ledger, force = context.force, secrets = context.secrets,
    brake = context.brake,
    trace_path = context.options.trace, port_name = context.options.port, port_names = context.port_names,
    open_port = context.open_port, apns = context.apns, looks = context.kind.looks, lenient = context.kind.lenient,
    owns_output = context.script.owns_output,
    ledger_missing = context.ledger_missing, on_traceback = traceback_teller(context),
    before_result = function(result)
      trace_failure(context)
      complete_advice(context, result)
    end, survey = context.survey,
    baud = context.options.baud ~= "auto" and context.options.baud or nil,
    host = context.host, tick_s = context.report:tick_s(), wall_clock = ledger.wall_clock, boot = ledger.boot(),
  }
end

-- Of a folder a few bad manifests are told, and not used.
local function open_package(context)
  local package, catalog, how = selection.open(context.options, context.set)
  if not package then error(catalog, 0) end
  context.package, context.catalog, context.how = package, catalog, how
  assert(selection.complete(context.request, package))
  for _, problem in ipairs(catalog and catalog.problems or {}) do warn(context, problem.message .. ": not used") end
end

-- The user's files.
local function find_site(context)
  local options = context.options
  context.site = assert(Site.new {
    scripts = context.scripts, config = options.config, set = options.set, getenv = os.getenv,
  })
  return context.site
end

-- Everything that can be wrong with the call is found before the port is opened.
local function prepare(context)
  local options = context.options
  context.set = assert(find_site(context):settings())
  local wrong
  if options.central then
    context.brake, wrong = require("dfota.central.brake").of(options, context.set.central_s)
  end
  if wrong then error(wrong, 0) end
  context.request, context.force = request_of(options, command.own_names(context.script)), forced(options)
  if context.script.check then assert(context.script.check(options)) end
  open_package(context)
  assert(Power.check(options, context.set))
  context.retries = context.site:retries(context.script.path)
  local transport = context.package.transport
  local needs_apns = context.catalog or context.script.apns or transport and transport.downloads
  if needs_apns then context.apns = context.site:apns() end
  output.listen(context)
  context.ledger = which_ledger.open(context)
  which_port.choose(context)
  context.open_port = which_port.opener(context)
  which_port.begin_with_last_rate(context) -- the port is opened at the usual one: it may no longer have the other
end

local function close(context)
  for _, name in ipairs { "port", "ledger", "trace" } do
    if context[name] then context[name]:close() end
  end
  local file = context.package and context.package.file
  if file then file:close() end
  if context.simulator then context.simulator:stop() end
end

-- Of a chain the last job may be one that is done: nothing of it is open.
local function known_in(context)
  local job, chain = context.job, context.chain
  if not job then return {} end
  return { before = job.entry.before, triggered = job.entry.triggered and not (chain and chain:is_done(job)) }
end

local function end_early(context, err)
  local known = known_in(context)
  if err.traceback then traceback_teller(context)(err.fault .. err.traceback) end
  local expected = core.is_error(err) and not context.job
  local result = expected and verdict.of_error(err, known) or verdict.of_fault(err.fault or err.message, known)
  if context.chain then result = context.chain:on_the_way(result) end
  complete_advice(context, result)
  context.report:result(result)
  return result.rc
end

-- Percent of what is alive, at which the next collection begins. Of a job most is code, and by Lua's default of 200 it
-- would collect only when there is as much garbage as code.
local GC_PAUSE = 130

-- All is loaded, and a run may wait for minutes, beside many others.
local function save_memory(script)
  if not script.owns_output then return end
  collectgarbage("incremental", GC_PAUSE) -- counts from the end of a collection
  collectgarbage()
end

local function run(context, flow)
  local ok, job = xpcall(function()
    prepare(context)
    if not context.catalog then return new_job(context) end
    context.chain = require("dfota.chain").of(context, flow, new_job, function(result)
      complete_advice(context, result)
    end)
    return context.chain
  end, blame.raised)
  if not ok then return end_early(context, job) end
  save_memory(context.script)
  if context.catalog then return job:run() end
  context.job = job
  return job:run(flow)
end

-- --settings: what would count in this call.
local function list_settings(context)
  local lines, facts = find_site(context):list()
  if not lines then error(facts, 0) end
  local result = verdict.unchanged("checked", nil, "the settings of this call")
  context.report:list(lines, facts, result)
  return context.report:settle(result.rc)
end

local function show_settings(context)
  local ok, rc = xpcall(list_settings, blame.raised, context)
  return ok and rc or end_early(context, rc)
end

-- What scripts may be like: those that say nothing of it and have a name of their own are like update.lua.
local KINDS = {
  update = {},
  watch = { lenient = true },
  info = { lenient = true, readonly = true, looks = "the module was asked and nothing was changed" },
}

--- Run a script's flow.
-- @tparam table script as of `dfota.app.main`
-- @tparam table|nil options of the call, or nil
-- @param[opt] err what is wrong with the call
-- @treturn integer exit code
function assembly.main(script, options, err)
  local host = script.host or core
  local secrets = Secrets.new(options and options.password, options and options.apn)
  local context = {
    script = script, kind = KINDS[script.like or script.name] or KINDS.update, options = options,
    scripts = script.scripts, host = host, call = Call.new(script.args, script.scripts, os.getenv "PATH"),
    report = output.report(script, options or {}, host.now, secrets), secrets = secrets,
  }
  if not options then return end_early(context, err) end
  if options.settings then return show_settings(context) end
  local caught, why = host.catch_signals()
  if not caught then return end_early(context, why) end
  local ok, rc = xpcall(run, blame.raised, context, script.flow)
  if not ok then rc = end_early(context, rc) end
  if context.trace then context.trace:note_end(rc) end
  close(context)
  return context.report:settle(rc)
end

return assembly
