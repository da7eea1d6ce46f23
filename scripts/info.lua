-- Show a module: lua scripts/info.lua [options]
--
-- Sends queries only. What the module does not report is shown as unknown.

-- What is queried, in this order; each name includes its unit.
local NAMES = {
  "supply_mv", "csq", "dbm", "sim", "registration", "free_bytes", "total_bytes", "files", "ipr", "baud",
  "updates_seen", "dfota",
}

local function show(job, name, value, unit)
  job:note("info", ("%-13s %s%s"):format(name, value == nil and "unknown" or tostring(value),
    value ~= nil and unit or ""))
end

local function ask_files(job, ask, facts)
  local files = ask("files", function() return job.modem.files:list() end)
  if not files then return end
  facts.files = {}
  for name, size in pairs(files) do table.insert(facts.files, { name = name, bytes = size }) end
  table.sort(facts.files, function(a, b) return a.name < b.name end)
  for _, file in ipairs(facts.files) do show(job, "file", file.name, (", %d bytes"):format(file.bytes)) end
end

-- Each is shown as soon as it is known; a query without an answer is shown as unknown, and the next one follows.
local function ask_all(job, facts)
  local modem = job.modem
  local function ask(what, fn) return job:ask(what, fn, job.settings.no_response_s) end

  facts.supply_mv = ask("supply", function() return modem:supply_mv() end)
  show(job, "supply", facts.supply_mv, " mV")
  facts.csq, facts.dbm = ask("signal", function() return modem:signal() end)
  show(job, "signal", facts.csq, facts.csq and (" of 31 (%d dBm)"):format(facts.dbm))
  local sim = ask("SIM", function() return modem:sim_state() end)
  facts.sim = sim ~= "unknown" and sim or nil
  show(job, "SIM", facts.sim)
  local _, registered = ask("registration", function() return modem:registration() end)
  facts.registration = registered
  show(job, "registration", registered)
  facts.free_bytes, facts.total_bytes = ask("storage", function() return modem.files:free() end)
  show(job, "storage", facts.free_bytes, (" bytes free of %s"):format(facts.total_bytes or "unknown"))
  ask_files(job, ask, facts)
  facts.ipr, facts.baud = ask("baud rate", function() return modem:ipr() end), job.channel.port:baud()
  show(job, "baud rate", facts.ipr == 0 and "adaptive" or facts.ipr)
  facts.updates_seen = job:updates_seen()
  show(job, "updates", facts.updates_seen, " recorded in this ledger")
  facts.dfota = ask("DFOTA", function() return modem:knows_dfota() end)
  show(job, "DFOTA", facts.dfota ~= nil and (facts.dfota and "yes" or "no") or nil)
end

local function info(job)
  job:meet()
  local facts = { names = NAMES }
  local ok, err = pcall(ask_all, job, facts)
  job:facts(facts) -- even if the module fell silent half-way
  if not ok then error(err, 0) end
end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(info, arg, { like = "info" })
