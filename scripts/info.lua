-- Show a module: lua scripts/info.lua [options]
--
-- Sends queries only. What the module does not tell is said to be unknown.
if _VERSION ~= "Lua 5.4" then
  io.stderr:write("info.lua: needs Lua 5.4, this is ", _VERSION, "; run: lua5.4 scripts/info.lua\n")
  os.exit(2)
end

local function show(job, name, value, unit)
  job:note("info", ("%-13s %s%s"):format(name, value == nil and "unknown" or tostring(value),
    value ~= nil and unit or ""))
end

local function info(job)
  local modem = job.modem
  if job:connect() == "updating" then return job:busy() end
  job:identify()

  show(job, "supply", job:ask("supply", function() return modem:supply_mv() end), " mV")
  local csq, dbm = job:ask("signal", function() return modem:signal() end)
  show(job, "signal", csq, csq and (" of 31 (%d dBm)"):format(dbm))
  show(job, "SIM", job:ask("SIM", function() return modem:sim_state() end))
  local _, registered = job:ask("registration", function() return modem:registration() end)
  show(job, "registration", registered)
  local free, total = job:ask("storage", function() return modem:storage() end)
  show(job, "storage", free, (" bytes free of %s"):format(total))
  for name, size in pairs(job:ask("files", function() return modem:files() end) or {}) do
    show(job, "file", name, (", %d bytes"):format(size))
  end
  local ipr = job:ask("baud rate", function() return modem:ipr() end)
  show(job, "baud rate", ipr == 0 and "adaptive" or ipr)
  show(job, "updates", job:updates_seen(), " seen by this ledger")
  show(job, "DFOTA", job:ask("DFOTA", function() return modem:knows_dfota() end) and "yes" or "no")
  return job:checked("the module was asked and nothing was changed")
end

if not arg then return info end

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../lua/?.lua;" .. here .. "/../lua/?/init.lua;" .. package.path
package.cpath = here .. "/../lua/?.so;" .. package.cpath
os.exit(require("dfota.app").main("info", arg, here .. "/../scripts", info, { readonly = true }))
