#!/usr/bin/env lua5.4
-- Update many modules at once, each on a port of its own: lua scripts/fleet.lua [options] PLAN PACKAGE
--
-- One update.lua runs for each; who is updated when is decided by lua/dfota/fleet/scheduler.lua. A run that ended, or
-- was killed, goes on with --resume: what is done is not done again.

local function whole(least, most)
  return function(word) return require("dfota.config.option_values").whole(word, least, most) end
end

local function failures(word) return require("dfota.fleet.limits").failures(word) end
local function window(word) return require("dfota.fleet.limits").window(word) end

local function run_id(word)
  if word:find "/" or word:find "^%.%.?$" then return nil, ("'%s' cannot name a run"):format(word) end
  return require("dfota.config.option_values").run(word)
end

-- What every job is given as it is.
local PASSED = { "apn", "user", "from", "to", "config", "ledger", "baud" }

local function passed(options)
  local words = {}
  for _, name in ipairs(PASSED) do
    if options[name] then table.move({ "--" .. name, options[name] }, 1, 2, #words + 1, words) end
  end
  for _, name in ipairs { "set", "force" } do
    for _, value in ipairs(options[name] or {}) do table.move({ "--" .. name, value }, 1, 2, #words + 1, words) end
  end
  if options.check then words[#words + 1] = "--check" end
  if options.no_preflight then words[#words + 1] = "--no-preflight" end
  return words
end

local function call_of(options)
  return {
    version = 1, passed = passed(options), canary = options.canary, pause = options.pause,
    max_fail = options.max_fail, least = options.least, window = options.window, time_zone = options.time_zone,
    rate = options.rate, jobs = options.jobs, central = options.central, ledger = options.ledger,
  }
end

local function usage(what) return nil, require("dfota.core").error("usage", what) end

-- Looked at once before anything begins; each job looks at it again. Its name holds wherever the run is resumed.
local function check_package(name)
  local url = require "dfota.config.url"
  if url.is_url(name) then
    local parsed, err = url.parse(name)
    return parsed and name, err
  end
  local package, err = require("dfota.config.package").read(name)
  if not package then return nil, err end
  package.file:close()
  return require("luv").fs_realpath(name)
end

local function new_run(home, options)
  if not (options.plan and options.package) then return usage "give a PLAN and a PACKAGE, or --resume RUN" end
  local devices, err = require("dfota.fleet.plan").read(options.plan)
  if not devices then return nil, err end
  local package
  package, err = check_package(options.package)
  if not package then return nil, err end
  local call = call_of(options)
  call.devices, call.package = devices, package
  local folder
  folder, err = require("dfota.fleet.run_folder").create(home, options.run or os.date "!%Y%m%dT%H%M%SZ", call)
  if not folder then return nil, err end
  return folder, call
end

local function earlier_run(home, options)
  if options.plan then return usage "--resume goes on with the plan and the package of that run: leave them out" end
  return require("dfota.fleet.run_folder").open(home, options.resume)
end

local function tell(home, options)
  local folder, err = require("dfota.fleet.run_folder").open(home, options.go or options.stop)
  if not folder then return nil, err end
  return folder:tell(options.go and "go" or "stop")
end

local function open(options)
  local home = require("dfota.fleet.run_folder").home()
  if not home then return usage "HOME is not set: nowhere to keep the run" end
  if options.resume then return earlier_run(home, options) end
  return new_run(home, options)
end

-- The modules of the plan, numbered; those that earlier supervisors finished are told by the run's folder.
local function devices_of(call)
  for number, device in ipairs(call.devices) do device.number = number end
  return call.devices
end

-- The program of a try: the script beside this one, and the port's own part of the plan before what all share.
local function words_of(program, call, id)
  local lua = require("luv").exepath()
  return function(device, what)
    local words = { lua, ("%s/%s.lua"):format(program.scripts, what), "--json", "--port", device.port }
    local function add(name, value)
      if value then table.move({ "--" .. name, value }, 1, 2, #words + 1, words) end
    end
    add("from", device.from)
    add("to", device.to)
    if what == "watch" then return words end
    add("imei", device.imei)
    add("run", id)
    table.move(call.passed, 1, #call.passed, #words + 1, words)
    words[#words + 1] = call.package
    return words
  end
end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(function(options, program)
  if options.go or options.stop then
    local home = require("dfota.fleet.run_folder").home()
    assert(tell(home, options))
    return 0
  end
  if options.central then assert(require("dfota.central.connection").parse(options.central)) end
  local folder, call = open(options)
  if not folder then return program:fail(call) end
  assert(folder:claim())
  local id = folder.path:match "[^/]*$"
  return require("dfota.fleet.console").run {
    program = program, folder = folder, id = id, devices = devices_of(call), words = words_of(program, call, id),
    call = call, options = options,
  }
end, arg, {
  program = true,
  about = "Update many modules at once, each on a port of its own, and report what became of each.",
  arguments = {
    { "PLAN", "The modules: a .csv, .json or .lua file with port, imei, from, to and name.", args = "?" },
    { "PACKAGE", "Delta package: a file, or an http:// URL.", args = "?" },
  },
  options = {
    { "--run", "Name of the run (default: the time).", argname = "ID", convert = run_id },
    { "--resume", "Go on with a run: what is done is not done again.", argname = "ID", convert = run_id },
    { "--go", "Let a run go on after its pause.", argname = "ID", convert = run_id },
    { "--stop", "Stop a run: what is triggered is followed to its end.", argname = "ID", convert = run_id },
    { "--again", "With --resume: also what failed.", argname = "failed", choices = { "failed" } },
    { "-j --jobs", "At most so many at a time (default: by the speed of the disk).", argname = "N",
      convert = whole(1, 1000) },
    { "--canary", "So many go first, of different revisions; if one fails the run stops.", argname = "N",
      convert = whole(1, 1000) },
    { "--pause", "Wait after them until --go.", flag = true },
    { "--max-fail", "Stop if more fail: a number, or a percentage of those that ended.", argname = "N|P%",
      convert = failures },
    { "--least", "A percentage counts once so many have ended.", argname = "N", default = "10",
      convert = whole(1, 1000000) },
    { "--window", "Start updates only at these hours.", argname = "22:00-05:00", convert = window },
    { "--time-zone", "Of the hours, such as Europe/Berlin (default: this machine's).", argname = "ZONE" },
    { "--rate", "Start at most so many updates a minute.", argname = "N", convert = whole(1, 6000) },
    { "--from", "Source revision, where the plan names none.", argname = "REV" },
    { "--to", "Target revision, where the plan names none.", argname = "REV" },
    { "--apn", "As of update.lua.", argname = "NAME|auto|module" },
    { "--user", "As of update.lua; the password from env DFOTA_PASSWORD.", argname = "NAME" },
    { "--baud", "As of update.lua.", argname = "N|auto" },
    { "--set", "Any setting of update.lua.", argname = "NAME=VALUE", count = "*" },
    { "--config", "Settings for all of them.", argname = "FILE" },
    { "--ledger", "Where the updates are recorded.", argname = "FILE|URL|none" },
    { "--central", "The central ledger at postgres://…: its brake is asked, and the journal shipped there (or env "
      .. "DFOTA_CENTRAL).", argname = "URL" },
    { "--force", "Pass one named gate.", argname = "GATE", count = "*" },
    { "--check", "Look at each module, and change nothing.", flag = true },
    { "--no-preflight", "Do not check the URL from this machine first.", flag = true },
    { "--metrics", "Numbers for Prometheus' node_exporter (textfile collector), named *.prom.", argname = "FILE" },
    { "--json", "JSON Lines: the events of all jobs, and one of event fleet at the end.", flag = true },
    { "--no-color", "No colours (or env NO_COLOR).", flag = true },
  },
  exit_codes = { 65, 75, 80, 81, 130 },
  examples = {
    { "NAME --to MC65FAR01A02 --canary 2 --pause --max-fail 5% bus.csv A2B.pack",
      "two first, then all, unless 5 % fail" },
    { "NAME --resume 20261201T220000Z", "go on with a run" },
  },
})
