-- Bring a module from one firmware to another: lua scripts/update.lua [options] PACKAGE
--
-- This is the flow of the application note, one step a line; change it as your
-- site needs it. What a step does stands in lua/dfota/, which step is repeated
-- how often in retries.lua, and the APNs of your SIMs in apns.lua.
if _VERSION ~= "Lua 5.4" then
  io.stderr:write("update.lua: needs Lua 5.4, this is ", _VERSION, "; run: lua5.4 scripts/update.lua\n")
  os.exit(2)
end

-- Conditions for a gate: nil where what they compare is not known, for then the gate is not checked.
local function equal(value, wanted)
  if value ~= nil and wanted ~= nil then return value == wanted end
end

local function at_least(value, limit)
  if value ~= nil then return value >= limit end
end

-- The right module, of the right family.
local function check_identity(job, who)
  local wanted = job.want.imei
  if wanted then
    job:gate("imei", who.imei == wanted, who.imei, wanted,
      ("the module's IMEI is %s, not %s"):format(who.imei or "not known", wanted))
  end
  local ours, why, models = job:family(who)
  job:gate("module", ours, who.model, models, why)
end

-- Chapter 2.1.1: the package fits one source firmware. What else must hold before anything is changed.
local function check_module(job, before)
  local modem, set, want, package = job.modem, job.set, job.want, job.package

  job:gate("revision", equal(before.revision, want.from), before.revision, want.from,
    want.from and ("the module runs %s, and the package is for %s"):format(before.revision, want.from)
      or "give --from: the package fits one source revision alone")
  job:gate("package", equal(before.model, package.model), before.model, package.model,
    package.model and ("the module is a %s, and the package is for a %s"):format(before.model, package.model)
      or "no manifest says which model the package is for")

  local supply_mv = job:ask("supply", function() return modem:supply_mv() end)
  job:gate("supply", at_least(supply_mv, set.min_supply_mv), supply_mv, set.min_supply_mv,
    supply_mv and ("the supply is at %d mV: a module must not lose power while it updates itself"):format(supply_mv)
      or "the module does not tell its supply, which must not fail while it updates itself: measure it")

  local known = job:ask("dfota", function() return modem:knows_dfota() end)
  job:gate("dfota", known, known, true,
    known == false and "the module does not know AT+QFOTADL: its firmware cannot be updated this way"
      or "the module does not tell whether it knows AT+QFOTADL")

  if not package.transport.downloads then
    local free = job:ask("room", function() return modem.files:room("fota.pack") end)
    local need = package.size + set.min_room_bytes
    job:gate("room", at_least(free, need), free, need,
      free and ("the module's file system has room for %d bytes and the package needs %d: delete files")
        :format(free, need) or "the module does not tell how much room its file system has")
  end

  local seen = job:updates_seen()
  if seen and seen >= set.max_updates * set.wear_warn_percent / 100 then
    job:note("warning", ("this ledger saw %d updates of the %d that the flash bears; that is a lower bound")
      :format(seen, set.max_updates))
  end
  job:gate("wear", seen and seen < set.max_updates, seen, set.max_updates,
    seen and ("this ledger saw %d updates, a lower bound: the flash bears %d"):format(seen, set.max_updates)
      or "the ledger counts by IMEI, and the module does not tell it", "wear")
end

-- What failed here for good is not tried again as it is: that wears the flash, and ends alike.
local function check_attempts(job)
  local row = job:failed_before()
  job:gate("attempts", not row, row and row.outcome, nil,
    row and ("this package failed on this module before: %s; use another package, or pass --force attempts"):format(
      row.message or row.outcome))
end

-- Chapter 2.1.3: only the URL way needs a network.
local function check_network(job)
  local modem, set = job.modem, job.set

  job:check_server() -- from here, where that is possible: the module asks on its own later

  local sim = job.retry("query", function() return modem:wait_sim(set.sim_ready_s) end)
  job:gate("sim", sim == "READY", sim, "READY", ("the SIM says %s: unlock or insert it"):format(sim))

  local network, err = job.try("register", function() return modem:wait_registered(set.register_s) end)
  if not network and err.kind ~= "network" then error(err, 0) end
  job:gate("registration", network ~= nil, network, "home or roaming", tostring(err), "network")

  local wait_s = set.min_csq > 0 and set.register_s or 0
  local csq = job:ask("signal", function() return modem:wait_signal(wait_s) end)
  job:gate("signal", set.min_csq == 0 or csq ~= nil and csq >= set.min_csq, csq, set.min_csq,
    ("the signal is %s: improve the antenna's position"):format(csq and csq .. " of 31" or "not known"))
end

-- Chapter 2.1.4: configure and activate the PDP context.
local function get_ip_address(job)
  job:phase "pdp"
  local apn = job:choose_apn()
  job:on_failure(function() job.modem.pdp:deactivate() end) -- one that is down already says ERROR
  local address = job.retry("pdp", function() return job.modem.pdp:activate(apn) end)
  job:note("info", "the PDP context is active, the module's address is " .. address)
end

-- Chapter 2.2.2: the name in the module must be fota.pack.
local function upload_package(job)
  job:phase "upload"
  job.retry("upload", function() return job.modem.files:upload("fota.pack", job.package, job:progress "upload") end)
  job:on_failure(function() return job.modem.files:delete("fota.pack") end)
end

local function update(job)
  local modem, want, package = job.modem, job.want, job.package

  job:phase "prepare"
  if job:connect() == "updating" then -- found under way: followed, never triggered
    return want.check and job:busy() or job:watch()
  end
  local before = job:identify()
  check_identity(job, before)
  local earlier = job:take_up_earlier_run()
  if earlier then return earlier end
  if before.revision == want.to then return job:already_current() end
  check_module(job, before)
  check_attempts(job)
  if package.transport.downloads then check_network(job) end
  if want.check then return job:checked() end

  job:begin()
  job:on_failure(function() return modem.session:restore() end)
  job.retry("query", function() return modem.session:prepare() end)
  if package.transport.downloads then get_ip_address(job) else upload_package(job) end

  job:commit() -- the record is on disk: from here on nothing is repeated
  return job:verdict(modem:trigger(package))
end

if not arg then return update end -- loaded by a program, not started by hand

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../lua/?.lua;" .. here .. "/../lua/?/init.lua;" .. package.path
package.cpath = here .. "/../lua/?.so;" .. package.cpath
os.exit(require("dfota.app").main("update", arg, here .. "/../scripts", update))
