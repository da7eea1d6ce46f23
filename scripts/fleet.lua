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

-- A path is the same file wherever the run is resumed.
local function absolute(path)
  if not path or path == "none" or path:find "^%a[%w+.-]*://" then return path end
  return require("dfota.base.directory").absolute(path)
end

local function call_of(options)
  options.config, options.ledger = absolute(options.config), absolute(options.ledger)
  local watched, passed = require("dfota.fleet.job_words").shared(options)
  local call = {
    began = os.time(), passed = passed, watched = watched, ledger = options.ledger, canary = options.canary,
  }
  for _, name in ipairs(require("dfota.fleet.going_on").LIMITS) do call[name] = options[name] end
  return call
end

local function usage(what) return nil, require("dfota.core").error("usage", what) end

local function settings_of(options, program)
  local site, err = require("dfota.site").new {
    scripts = program.scripts, getenv = os.getenv, config = options.config, set = options.set,
  }
  if not site then return nil, err end
  local set
  set, err = site:settings()
  if not set then return nil, err end
  site:retries(program.scripts .. "/update.lua") -- raised if they are wrong, as for each module
  site:apns()
  return set
end

-- A campaign's ledger, looked at only.
local function ledger_of(call) return require("dfota.ledger.ledger").open(call.ledger, { readonly = true }) end

local function found_modules(call, options, program, set)
  local book <close>, err = ledger_of(call)
  if not book then return nil, err end
  return require("dfota.all_modules").find {
    ledger = book, baud = options.baud ~= "auto" and options.baud or nil, settings = set,
    warn = function(line) program:warn(line) end,
  }
end

local function modules_of(call, options, program, set)
  if options.all then return found_modules(call, options, program, set) end
  return require("dfota.fleet.plan").read(options.plan)
end

-- A ledger that no job could use ends the run before it begins; one that does not tell just now costs what could be
-- learned from it: each job judges by itself.
local function look_back(call, program)
  local past, book <close>, err = require "dfota.fleet.past", ledger_of(call)
  local ok = book ~= nil
  if ok then ok, err = past.mark_open(call.devices, book) end
  if ok and call.canary then ok, err = past.mark_failed(call.devices, book, call.marks) end
  if ok then return true end
  if err.kind == "ledger" then return nil, err end
  program:warn("what became of the modules before is not known: " .. err.message)
  return true
end

-- What each module runs, as far as the plan or the call says it.
local function note_revisions(call)
  for _, device in ipairs(call.devices) do device.revision = device.revision or device.from or call.from end
end

-- Those that go first are chosen before anything begins, and kept with the run: whoever goes on with it finds the same.
local function choose_first(call, program)
  if not call.canary then return true end
  note_revisions(call)
  local is_forced = require("dfota.fleet.job_words").is_forced(call.passed, "attempts")
  local ok, why = require("dfota.fleet.canary").mark(call.devices, call.canary, is_forced)
  if not ok then return usage(why) end
  if why then program:warn(why) end
  return true
end

-- With --all the only argument is the package.
local function arguments_of(options)
  if not options.all then return options.plan and options.package, "give a PLAN and a PACKAGE, or --resume RUN" end
  return not options.package and options.plan, "--all takes the PACKAGE alone, and no PLAN"
end

local function new_run(home, options, program)
  local package, why = arguments_of(options)
  if not package then return usage(why) end
  local call = call_of(options)
  local set, err = settings_of(options, program)
  if not set then return nil, err end
  local place
  place, err = require("dfota.ledger.place").read(options.ledger)
  if not place then return nil, err end
  call.package = package
  call.devices, err = modules_of(call, options, program, set)
  if not call.devices then return nil, err end
  local ok
  ok, err = require("dfota.fleet.run_package").look(call, options, set)
  if not ok then return nil, err end
  ok = options.check
  if not ok then ok, err = look_back(call, program) end
  if not ok then return nil, err end
  ok, err = choose_first(call, program)
  if not ok then return nil, err end
  local folder
  if options.check then
    folder, err = require("dfota.fleet.run_folder").temporary()
  else
    folder, err = require("dfota.fleet.run_folder").create(home, options.run, call)
  end
  if not folder then return nil, err end
  return folder, call
end

local function earlier_run(home, options)
  local folder, call = require("dfota.fleet.run_folder").open(home, options.resume)
  if not folder then return nil, call end
  local is_well, why = require("dfota.fleet.going_on").change(call, options)
  if is_well == nil then return usage(why) end
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

-- What is said before the pause would let the others go without one.
local function check_go(folder, id, supervisor)
  if not supervisor then
    return usage(("run %s is not being carried out: --resume %s goes on with it"):format(id, id))
  end
  if folder:was_told "paused" then return true end
  return usage(("run %s is not paused, and --go now would skip the pause: say it once it is"):format(id))
end

-- The modules of the plan, numbered; those that earlier supervisors finished are told by the run's folder.
local function devices_of(call)
  note_revisions(call)
  for number, device in ipairs(call.devices) do
    device.number, device.to = number, device.to or call.to
    if call.is_folder then device.target = device.to end
  end
  return call.devices
end

-- Jobs whose supervisor died are stopped by this process in its place.
local function stop_orphans(folder, call, options)
  local left = assert(require("dfota.fleet.orphans").stop(folder, devices_of(call)))
  return { told = left.told, followed = left.followed }, left:words(options.stop), function() left:wait() end
end

-- What is told, and to which process, if there is one.
local function tell(home, options, program)
  local id = options.go or options.stop
  local folder, call = assert(require("dfota.fleet.run_folder").open(home, id))
  local word, supervisor = options.go and "go" or "stop", folder:supervisor()
  if options.go then assert(check_go(folder, id, supervisor)) end
  local event, words, wait = { supervisor = supervisor }, nil, function() folder:wait() end
  if supervisor then
    assert(folder:tell(word))
  else
    event, words, wait = stop_orphans(folder, call, options)
  end
  event.v, event.event, event.run, event.word = 1, "told", id, word
  if options.json then
    local order = { "v", "event", "run", "word", "supervisor", "told", "followed" }
    program:say(require("dkjson").encode(event, { keyorder = order }))
  elseif words then
    program:say(words)
  end
  if options.wait then wait() end
  if not supervisor then require("dfota.fleet.orphans").leave() end
end

local function open(options, program)
  local ok, err = require("dfota.fleet.call_check").check(options, os.getenv)
  if not ok then return nil, err end
  local home = require("dfota.fleet.run_folder").home()
  if not home and not options.check then return usage "HOME is not set: nowhere to keep the run" end
  if options.resume then return earlier_run(home, options) end
  return new_run(home, options, program)
end

-- Asked of each module that failed, or whose outcome the run does not know, when it goes on: somebody may have watched
-- or updated it meanwhile.
local function settled_by(call, id)
  return function(device, since)
    local book <close> = device.imei and ledger_of(call)
    if not book then return nil end
    local past = require "dfota.fleet.past"
    if device.state == "unknown" then return past.settled(book, device.imei, id, device.target) end
    local runs = past.ended_well(book, device.imei, { since = since, to = device.to, packages = call.marks })
    if not runs then return nil end
    device.revision, device.message = runs, "the ledger says that it runs " .. runs
    return "done"
  end
end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(function(options, program)
  local idle = require("dfota.fleet.idle_options").first(options)
  if idle then return program:fail(require("dfota.core").error("usage", idle)) end
  if options.go or options.stop then
    local home = require("dfota.fleet.run_folder").home()
    tell(home, options, program)
    return 0
  end
  if options.central then assert(require("dfota.central.connection").parse(options.central)) end
  local folder <close>, call = open(options, program)
  if not folder then return program:fail(call) end
  if options.wait then folder:wait() end
  assert(folder:claim())
  if options.resume then call = assert(go_on(folder, options)) end
  local id = options.check and options.run or folder.id
  local job_words = require "dfota.fleet.job_words"
  local runner = {
    lua = require("luv").exepath(), scripts = program.scripts,
    sums = call.pins and assert(require("dfota.fleet.pins").keep(folder, call.pins)),
  }
  return require("dfota.fleet.console").run {
    program = program, folder = folder, id = id, devices = devices_of(call), words = job_words.of(runner, call, id),
    call = call, options = options, settled = settled_by(call, id),
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
  exit_codes = { 65, 66, 69, 74, 75, 80, 81, 130 },
  examples = {
    { "NAME --to MC65FAR01A02 --canary 2 --pause --max-fail 5% bus.csv A2B.pack",
      "two first, then all, unless 5 % fail" },
    { "NAME --all --to MC65FAR01A03 packages/", "every module there is, through a folder of packages" },
    { "NAME --resume 20261201T220000Z", "go on with a run" },
  },
})
