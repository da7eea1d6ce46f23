#!/usr/bin/env lua5.4
-- Update many modules at once, each on a port of its own: lua scripts/fleet.lua [options] PLAN PACKAGE|DIR
--
-- One update.lua runs for each; who is updated when is decided by lua/dfota/fleet/scheduler.lua. A run that ended, or
-- was killed, goes on with --resume: what is done is not done again.

local function whole(least, most)
  return function(word) return require("dfota.config.option_values").whole(word, least, most) end
end

local function failures(word) return require("dfota.fleet.limits").failures(word) end
local function window(word) return require("dfota.fleet.limits").window(word) end
local function rate(word) return require("dfota.fleet.limits").rate(word) end
local function zone(word) return require("dfota.fleet.limits").time_zone(word) end

local function metrics_file(word) return require("dfota.fleet.metrics").path(word) end

-- As update.lua takes them: what is wrong for every module is told before one is begun.
local function checked(kind)
  return function(word) return require("dfota.config.option_values")[kind](word) end
end

local run_id, revision = checked "run", checked "revision"

local function earlier_run(home, options)
  local folder, call = require("dfota.fleet.run_folder").open(home, options.resume)
  if not folder then return nil, call end
  local is_well, why = require("dfota.fleet.going_on").change(call, options)
  if is_well == nil then return nil, require("dfota.core").error("usage", why) end
  return folder
end

-- Its call is read once nobody else is at the run, who may have changed it. Gates are passed by those alone who say so.
local function go_on(folder, options)
  local call, err = folder:call()
  if not call then return nil, err end
  if require("dfota.fleet.going_on").change(call, options) then
    local ok
    ok, err = folder:keep(call)
    if not ok then return nil, err end
  end
  if options.pause then folder:forget "passed" end
  require("dfota.fleet.job_words").force(call.passed, options.force)
  return call
end

-- A check keeps nothing.
local function home_of(options)
  local home = require("dfota.fleet.run_folder").home()
  if home or options.check then return home end
  error(require("dfota.core").error("usage", "HOME is not set: nowhere to keep the run"), 0)
end

local function open(options, program)
  local ok, err = require("dfota.fleet.call_check").check(options, os.getenv)
  if not ok then return nil, err end
  local home = home_of(options)
  if options.resume then return earlier_run(home, options) end
  return require("dfota.new_fleet_run").open(home, options, program)
end

-- Asked of each module that failed, or whose outcome the run does not know, when it goes on: somebody may have watched
-- or updated it meanwhile.
local function settled_by(call, id)
  return function(device, since)
    local book <close> = device.imei and require("dfota.ledger.ledger").open(call.ledger, { readonly = true })
    if not book then return nil end
    local past = require "dfota.fleet.past"
    if device.state == "unknown" then return past.settled(book, device.imei, id, device.target) end
    local runs = past.ended_well(book, device.imei, { since = since, to = device.to, packages = call.marks })
    if not runs then return nil end
    device.revision, device.message = runs, "the ledger says that it runs " .. runs
    return "done"
  end
end

local LATE_BUSY_S = 5 -- how long a ledger that is locked is waited for at the end of a run

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(function(options, program)
  program:interrupt_waits()
  local idle = require("dfota.fleet.idle_options").first(options)
  if idle then return program:fail(require("dfota.core").error("usage", idle)) end
  if options.go or options.stop then
    require("dfota.fleet.telling").tell(home_of(options), options, program)
    return 0
  end
  if options.central then assert(require("dfota.central.connection").parse(options.central)) end
  local folder <close>, call = open(options, program)
  if not folder then return program:fail(call) end
  assert(folder:claim(options.wait))
  if options.resume then call = assert(go_on(folder, options)) end
  local id = options.check and options.run or folder.id
  local runner = {
    lua = require("luv").exepath(), scripts = program.scripts,
    sums = call.pins and assert(require("dfota.fleet.pins").keep(folder, call.pins)),
  }
  return require("dfota.fleet.console").run {
    program = program, folder = folder, id = id, devices = require("dfota.fleet.plan").devices_of(call),
    words = require("dfota.fleet.job_words").of(runner, call, id), call = call, options = options,
    settled = settled_by(call, id),
    open_ledger = function() return require("dfota.ledger.ledger").open(call.ledger, { busy_s = LATE_BUSY_S }) end,
  }
end, arg, {
  program = true,
  about = "Update many modules at once, each on a port of its own, and report what became of each.",
  arguments = {
    { "PLAN", "The modules: a .csv, .json or .lua file with port, imei, from, to and name.", args = "?" },
    { "PACKAGE", "Delta package: a file, or an http:// URL; with a target also a folder of packages with manifests, "
      .. "through which each module's way is planned.", args = "?" },
  },
  options = {
    { "--all", "No plan: every module that answers on the ports of this machine.", flag = true },
    { "--run", "Name of the run (default: the time).", argname = "ID", convert = run_id },
    { "--resume", "Go on with a run: what is done is not done again.", argname = "ID", convert = run_id },
    { "--go", "Let a run go on after its pause.", argname = "ID", convert = run_id },
    { "--stop", "Stop a run: what is triggered is followed to its end.", argname = "ID", convert = run_id },
    { "--wait", "With --resume and --stop: until nobody else is at the run.", flag = true },
    { "--again", "With --resume: also what failed.", argname = "failed", choices = { "failed" } },
    { "-j --jobs", "At most so many at a time (default: by the speed of the disk).", argname = "N",
      convert = whole(1, 1000) },
    { "--canary", "So many go first, of different revisions; if one fails the run stops.", argname = "N",
      convert = whole(1, 1000) },
    { "--pause", "Wait after them until --go.", flag = true },
    { "--max-fail", "Stop if more fail: a number, or a percentage of those that ended.", argname = "N|P%",
      convert = failures },
    { "--least", "A percentage counts once so many have ended.", argname = "N", shown_default = "10",
      convert = whole(1, 1000000) },
    { "--window", "Start updates only at these hours.", argname = "22:00-05:00", convert = window },
    { "--time-zone", "Of the hours, such as Europe/Berlin (default: this machine's).", argname = "ZONE",
      convert = zone },
    { "--rate", "Start at most so many updates a minute.", argname = "N[/min]", convert = rate },
    { "--from", "Source revision, where the plan names none.", argname = "REV", convert = revision },
    { "--to", "Target revision, where the plan names none.", argname = "REV", convert = revision },
    { "--apn", "As of update.lua.", argname = "NAME|auto|module" },
    { "--user", "As of update.lua; the password from env DFOTA_PASSWORD.", argname = "NAME" },
    { "--baud", "As of update.lua.", argname = "N|auto", convert = checked "baud" },
    { "--set", "Any setting of update.lua.", argname = "NAME=VALUE", count = "*" },
    { "--config", "Settings for all of them.", argname = "FILE" },
    { "--ledger", "Where the updates are recorded.", argname = "FILE|URL|none" },
    { "--central", "The central ledger at postgres://…: its brake is asked, and the journal shipped there (or env "
      .. "DFOTA_CENTRAL).", argname = "URL" },
    { "--force", "Pass one named gate.", argname = "GATE", count = "*", convert = checked "gate" },
    { "--check", "Look at each module, change nothing, and leave nothing behind.", flag = true },
    { "--no-preflight", "Do not check the URL from this machine first.", flag = true },
    { "--page", "Write the run as one HTML page here at its end (default: into the run's folder).",
      argname = "FILE" },
    { "--metrics", "Numbers for Prometheus' node_exporter (textfile collector), named *.prom.", argname = "FILE.prom",
      convert = metrics_file },
    { "--json", "JSON Lines: the events of all jobs, and one of event fleet at the end.", flag = true },
    { "--no-color", "No colours (or env NO_COLOR).", flag = true },
  },
  done = "all modules are at their target",
  exit_codes = {
    { 65, "plan or package is not usable, or the package is another than the run was begun with", "after fixing it" },
    { 66, "plan or package is missing or unreadable", "after fixing it" }, 69, 74,
    { 75, "some modules are not at their target, all of which may safely be tried again", "--resume" },
    { 80, "of some the outcome is unknown", "keep them powered, then --resume" },
    { 81, "some failed, or could not be begun", "after fixing it: --resume --again failed" },
    { 130, "stopped; what was updated until then stays updated", "--resume" },
  },
  examples = {
    { "NAME --to MC65FAR01A02 --canary 2 --pause --max-fail 5% bus.csv A2B.pack",
      "two first, then all, unless 5 % fail" },
    { "NAME --all --to MC65FAR01A03 packages/", "every module there is, through a folder of packages" },
    { "NAME --resume 20261201T220000Z", "go on with a run" },
  },
})
