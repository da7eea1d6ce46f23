-- Bring a module from one firmware to another: lua scripts/update.lua [options] PACKAGE
--
-- This is the flow of the application note, one step per line; change it as your site needs it. How often a step is
-- repeated is in retries.lua, the APNs of your SIMs are in apns.lua; what a step does is in lua/dfota/.

-- Chapter 2.1.1: the package fits one source firmware. The rest must hold before anything is changed.
local function check_module(job, module)
  local modem, settings, request, package = job.modem, job.settings, job.request, job.package

  job:gate { "revision", value = module.revision, equals = request.from,
    message = "the module runs {value}, and the package is for {limit}",
    unknown = "the module's revision is unknown",
    no_limit = "give --from: the package fits only one source revision" }
  job:gate { "package", value = module.model, equals = package.model,
    message = "the module is a {value}, and the package is for a {limit}" }

  job:gate { "supply", value = job:ask("supply", function() return modem:supply_mv() end),
    at_least = settings.min_supply_mv, unit = "mV",
    message = "the supply is at {value}: a module must not lose power while it updates itself",
    advice = "charge or change the supply, and measure it at the module while it transmits",
    unknown = "the module does not report its supply, which must not fail during the update: measure it" }

  job:gate { "dfota", value = job:ask("dfota", function() return modem:knows_dfota() end), equals = true,
    message = "the module does not support AT+QFOTADL: its firmware cannot be updated this way",
    unknown = "the module does not say whether it supports AT+QFOTADL" }

  if not package.url then
    job:gate { "room", value = job:ask("room", function() return modem.files:room("fota.pack") end),
      at_least = package.size + settings.min_room_bytes, unit = "bytes",
      message = "the module's file system has {value} free and the package needs {limit}",
      advice = "delete files that are not needed", helps = "files",
      unknown = "the module does not report the free space of its file system" }
  end
end

-- What this ledger knows of the module: how often its flash was written, and whether this package failed on it for
-- good. Such a package is not tried again: it would wear the flash and fail again.
local function check_history(job)
  local limit, seen, why = job.settings.max_updates, job:updates_seen()
  job:gate { "wear", value = seen, below = limit, kind = "wear", unknown = why,
    message = "this ledger counts {value} updates, a lower bound: the flash is rated for {limit}",
    warn_from = limit * job.settings.wear_warn_percent / 100,
    warning = "this ledger counts {value} of the {limit} updates that the flash is rated for; that is a lower bound" }

  local failed, outcome, how = job:failed_before()
  job:gate { "attempts", unless = failed, value = outcome, message = how, unknown = false,
    advice = "use another package, or pass it with --force attempts" }
end

-- Chapter 2.1.3: only the URL way needs a network.
local function check_network(job)
  local modem, settings = job.modem, job.settings

  job:check_server() -- from this machine, if it can reach it: the module downloads later

  job:gate { "sim", value = job:retry("query", function() return modem:wait_sim(settings.sim_ready_s) end),
    equals = "READY", message = "the SIM is in state {value}", advice = "unlock or insert it", helps = "sim" }

  local function register() return modem:wait_registered(settings.register_s) end
  local network, failed = job:retry("register", register, "network")
  job:gate { "registration", value = network, needed = true, failed = failed, limit = "home or roaming",
    kind = "network" }

  local must_know = settings.min_csq > 0
  local csq = job:ask("signal", function() return modem:wait_signal(must_know and settings.register_s or 0) end)
  job:gate { "signal", value = csq, at_least = settings.min_csq, needed = must_know, unit = "of 31",
    message = "the signal is {value}: improve the antenna's position",
    advice = "move or change the antenna; a package in a file needs no signal" }
end

-- Chapter 2.1.4: configure and activate the PDP context.
local function get_ip_address(job)
  local pdp = job.modem.pdp
  job:phase "pdp"
  local apn = job:apn()
  job:on_failure(function() return pdp:release() end)
  local address = job:retry("pdp", function() return pdp:activate(apn) end)
  job:note("info", "the PDP context is active, the module's address is " .. address)
end

-- Chapter 2.2.2: the name in the module must be fota.pack.
local function upload_package(job)
  local files, package, progress = job.modem.files, job.package, job:progress "upload"
  job:phase "upload"
  job:retry("upload", function() return files:upload("fota.pack", package, progress) end)
  job:on_failure(function() return files:delete("fota.pack") end)
end

local function update(job)
  local module = job:connect() -- follows one that is already updating, leaves one alone that runs the target

  check_module(job, module)
  check_history(job)
  if job.package.url then check_network(job) end
  if job:checking() then return end

  if job.package.url then get_ip_address(job) else upload_package(job) end

  job:trigger() -- record on disk, AT+QFOTADL once, followed to the verdict
end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(update, arg)
