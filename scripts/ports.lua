-- Lists the serial ports, and asks what answers there: lua scripts/ports.lua [--probe] [PORT …]. None is an error.
--
-- Without --probe nothing is opened. With it only queries are sent; a port that another program holds, or where an
-- update was triggered whose end is not recorded, is left alone.

local catalog, core, prober, reports, survey, text, verdict, words -- loaded once the script has started

local function load_all()
  catalog, prober, survey = require "dfota.ports.catalog", require "dfota.ports.prober", require "dfota.ports.survey"
  core, text, words = require "dfota.core", require "dfota.base.text", require "dfota.ports.words"
  reports, verdict = require "dfota.report.report", require "dfota.update.verdict"
end

local function baud(value) return require("dfota.config.option_values").baud(value) end

-- What to tell if no port led to a module: the first of these that there is.
local REASONS = {
  { "recorded", "no_answer", "not asked, because of an update whose end is not recorded: watch.lua follows it" },
  { "updating", "no_answer" }, { "no_permission", "port_permission" },
  { "busy", "port_busy" }, { "missing", "port_missing" }, { "not_a_port", "not_a_port" }, { "silent", "no_answer" },
  { "failed", "no_answer" }, { "not_asked", "no_answer" },
}

local function with_state(ports, state)
  local list = {}
  for _, port in ipairs(ports) do
    if port.state == state then list[#list + 1] = port end
  end
  return list
end

-- For programs, and for people where the message does not say it.
local ADVICE = {
  port_missing = "plug the adapter in; if it is, look for its name in dmesg, and try another cable",
  port_permission = "join the port's group, such as dialout, or install the udev rule (docs/ports.md)",
  port_busy = "end the program that holds it",
}

local NONE = "no serial port was found"

local function failure(kind, message)
  local err = core.error(kind, message)
  err.advice = ADVICE[kind]
  return verdict.of_error(err, {})
end

local function problem(kind, port, why, several)
  local message = ("%s: %s"):format(text.brief(port.name, 200), why or words.summary(port))
  return failure(kind, several and "no module was found; " .. message or message)
end

-- Whether it was to be asked or not: who calls this wants one.
local function none() return failure("port_missing", NONE) end

-- A list was all that was wanted: of several only one that was named and does not exist is an error.
local function listed(ports)
  for _, port in ipairs(ports) do
    if port.state == "missing" then return problem("port_missing", port) end
    if port.state == "not_a_port" then return problem("not_a_port", port) end
  end
  return verdict.unchanged("checked", nil, text.count(#ports, "port"))
end

local function how_to_use(found, ports)
  local where = ("%s on %s"):format(text.count(#found, "module"), text.count(#ports, "port"))
  return where .. (#found > 1 and ": name one with --port" or ": --port " .. words.name(found[1]))
end

-- A module that may be writing its flash is followed, by that port's name.
local function to_follow(port, options, program)
  local follows = port.state == "recorded" or port.state == "updating"
  return follows and program:typed_for("watch", setmetatable({ port = port.name }, { __index = options })) or nil
end

local function asked(ports, options, program)
  local found = with_state(ports, "module")
  if #found > 0 then return verdict.unchanged("checked", nil, how_to_use(found, ports)) end
  for _, reason in ipairs(REASONS) do
    local port = with_state(ports, reason[1])[1]
    if port then
      local result = problem(reason[2], port, reason[3], #ports > 1)
      local follow = to_follow(port, options, program)
      if follow then result.commands, result.advice = { follow }, "follow it: " .. follow end
      return result
    end
  end
end

local function settings(options)
  return assert(require("dfota.config.settings").load { config = options.config, set = options.set })
end

local function probe(ports, options, program, report, set)
  local book <close> = assert(require("dfota.ledger.ledger").open(options.ledger, {
    readonly = true, on_wait = function(line) program:warn(line) end,
  }))
  local absent = require("dfota.ledger.place").tell_absent(options, book)
  if absent then program:warn(absent) end
  local function status(came, of) report:status(("asking %s: %d told"):format(text.count(of, "port"), came)) end
  status(0, #ports)
  assert(survey(ports, {
    ledger = book, baud = options.baud ~= "auto" and options.baud or nil, settings = set, deep = true, prober = prober,
    on_trouble = function(err) error(err, 0) end, on_answer = status, verbose = options.verbose,
  }))
  report:status(nil)
  for _, port in ipairs(ports) do port.deep = true end
end

-- With --quiet their names alone, of those that were asked only where a module answers.
local function print_port(port, options, program)
  if not options.quiet then
    for _, line in ipairs(words.lines(port)) do program:say(line) end
    program:say ""
  elseif port.state == "module" or not port.state then
    program:say(text.printable(words.name(port)))
  end
end

local function show(ports, options, program, report)
  for _, port in ipairs(ports) do
    report:set_port(port.name)
    report:event("facts", words.facts(port))
    if not options.json then print_port(port, options, program) end
  end
  report:set_port(nil)
end

-- Those that were named, either way.
local function named(options)
  local list = table.move(options.named, 1, #options.named, #options.port + 1, options.port)
  for _, name in ipairs(list) do
    if name == "" then error(core.error("usage", "a port's name is empty: name a device such as /dev/ttyUSB0"), 0) end
  end
  return list[1] and list
end

local function find(options, program, report)
  local wanted, set = named(options), settings(options)
  local ports = assert(catalog.read { named = wanted })
  if #ports == 0 then return none() end
  if options.probe then probe(ports, options, program, report, set) end
  show(ports, options, program, report)
  return options.probe and asked(ports, options, program) or listed(ports)
end

-- The result: programs get it as their last line whatever happens, people as a line of its own.
local function conclude(result, options, program, report)
  if options.json then report:result(result) end
  if not result.ok then
    program:warn(result.message == NONE and ("%s: %s"):format(NONE, result.advice) or result.message)
    if result.commands then program:hint(result.advice) end
  elseif not (options.json or options.quiet) then
    program:say(result.message)
  end
  if report:failed() then program:warn("the output was lost: " .. report:failed()) end
  return report:settle(result.rc)
end

local function list_ports(options, program)
  load_all()
  program:interrupt_waits()
  local tty = require("dfota.base.screen").is_live(1) and not (options.json or options.quiet)
    and options.verbose == 0
  local report = reports.new { out = program.out, json = options.json, tty = tty, quiet = not tty, clock = core.now }
  local ok, result = pcall(find, options, program, report)
  if not ok then
    report:status(nil)
    if not (core.is_error(result) and options.json) then error(result, 0) end
    result = verdict.of_error(result, {})
  end
  return conclude(result, options, program, report)
end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(list_ports, arg, {
  program = true,
  about = "List the serial ports: names, adapter, driver, holder; with --probe also the module that answers there.",
  arguments = { { "PORT", "Only these: any device, link or pty.", args = "*", complete = "port" } },
  options = {
    { "--probe", "Ask each port for a module: AT, ATI and other queries. Without it no port is opened.", flag = true },
    { "-p --port", "The same as PORT. May be repeated.", argname = "DEV", count = "*", target = "named",
      complete = "port" },
    { "-b --baud", "The only rate to try (or env DFOTA_BAUD); auto tries all.", argname = "N|auto", convert = baud },
    { "-v --verbose", "With --probe, show commands and replies as they go, on stderr, and the traceback of an error in "
      .. "the script; -vv shows every byte. Secrets are masked.", flag = true, count = "0-2" },
    { "-q --quiet", "Only the names, one a line; with --probe of those ports where a module answers.", flag = true },
    { "--json", "Print JSON Lines: an event facts for each port, and one result.", flag = true },
    { "--ledger", "Where updates are recorded, so that no module is asked that may be updating itself "
      .. "(or env DFOTA_LEDGER).", argname = "FILE|URL|none" },
    { "--set", "Any setting, such as probe_s=30.", argname = "NAME=VALUE", count = "*" },
    { "--config", "A Lua file that returns a table of settings.", argname = "FILE" },
  },
  done = "ports were found; with --probe: a module",
  exit_codes = {
    { 69, "no module answers", "after looking at wiring, power, baud" },
    { 74, "there is no port, or the one that was named is missing or busy", "after fixing it" },
    { 75, "the ledger is locked by others", "yes, safe" }, 77,
    { 130, "interrupted", "yes, safe" },
  },
  examples = {
    { "NAME", "all ports; nothing is opened" },
    { "NAME --probe", "and what answers on each of them" },
    { "NAME --probe -q", "the names of those that a module answers on, for a script" },
    { "NAME --probe --baud 9600 /dev/ttyUSB0 /dev/ttyUSB1", "on two of them, at one rate" },
  },
})
