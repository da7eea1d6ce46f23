-- The APN of a module: lua scripts/apn.lua [options] [--try NAME|auto|module]
--
-- Shows what the module has configured, what the SIM's home network is known to use, and where that was found. With
-- --try the PDP context is activated once, and put down again with what it had before.

local function show(job, name, value)
  job:note("info", ("%-13s %s"):format(name, value == nil and "unknown" or value))
end

local function in_words(apn)
  local more = (apn.user or "") ~= "" and ", user " .. apn.user or ""
  if (apn.password or "") ~= "" then more = more .. ", with a password" end
  return (apn.apn == "" and "none" or apn.apn) .. more
end

-- Passwords stay out of events and logs.
local function for_programs(apn)
  return { apn = apn.apn, user = apn.user, has_password = (apn.password or "") ~= "", name = apn.name,
    source = apn.source }
end

local function show_module(job, facts)
  local pdp = job.modem.pdp
  local set = job:ask("the configured APN", function() return pdp:configured() end)
  facts.state = job:ask("the PDP context's state", function() return pdp:state() end)
  facts.apn, facts.user = set and set.apn, set and set.user
  facts.has_password = set and set.password ~= ""
  show(job, "configured", set and in_words(set))
  show(job, "context", facts.state)
end

local function show_sim(job, facts)
  local home = job:home_network()
  show(job, "home network", home and ("%s (IMSI %s)"):format(home.shown, home.imsi))
  if not home then return end
  facts.imsi, facts.networks, facts.mnc_digits = home.imsi, home.networks, home.mnc_digits
  facts.mnc_source = home.mnc_digits and "EF_AD" or nil
  show(job, "MNC", home.mnc_digits and ("%d digits, as the SIM's EF_AD says"):format(home.mnc_digits)
    or "of two or three digits, the SIM does not say: both are looked up, three first")
end

local function show_candidates(job, facts)
  local found = job:apn_candidates()
  facts.candidates = {}
  local source
  for _, apn in ipairs(found) do
    table.insert(facts.candidates, for_programs(apn))
    if apn.source ~= source then show(job, "known from", apn.source) end
    source = apn.source
    show(job, "candidate", ("%s (%s)"):format(in_words(apn), apn.name or "this network"))
  end
  if #found == 0 then
    show(job, "candidate", "none known: add one to apns.lua, or try one that you know with --try NAME")
  end
  return #found
end

local NAMES = { "apn", "user", "has_password", "state", "imsi", "networks", "mnc_digits", "mnc_source", "candidates" }

local function look(job)
  local facts = { names = NAMES }
  show_module(job, facts)
  show_sim(job, facts)
  local count = show_candidates(job, facts)
  job:facts(facts)
  job:finish(count > 1 and ("%d candidates: try one with --try NAME, or the first with --try auto"):format(count)
    or "the module was asked and nothing was changed")
end

local function check_network(job)
  local modem, settings = job.modem, job.settings
  job:gate { "sim", value = job:retry("query", function() return modem:wait_sim(settings.sim_ready_s) end),
    equals = "READY", may_force = false, message = "the SIM is in state {value}",
    advice = "unlock or insert it", helps = "sim" }
  local function register() return modem:wait_registered(settings.register_s) end
  local network, failed = job:retry("register", register, "network")
  job:gate { "registration", value = network, needed = true, failed = failed, limit = "home or roaming",
    kind = "network", may_force = false }
end

-- Nothing is left behind: the context is down afterwards, and configured as it was.
local function try(job)
  job:on_failure(function() return job.modem.session:restore() end)
  job:retry("query", function() return job.modem.session:prepare() end)
  check_network(job)
  local apn = job:apn()
  job:phase "pdp"
  local address, left = assert(job.modem.pdp:try(apn)) -- once: another try is another run
  local name = apn and apn.apn or "the module's own APN"
  job:facts { apn = apn and apn.apn, address = address }
  if left then job:note("warning", "the context could not be put back as it was: " .. left.message) end
  job:finish(("%s works: the network gave the address %s; the context is down again"):format(name, address))
end

local function apn(job)
  job:meet() -- leaves one alone that is updating itself
  if job.request.try then try(job) else look(job) end
end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(apn, arg, {
  like = "info",
  apns = true,
  about = "Show which APN a module has and which its SIM needs, and try one.",
  exit_codes = { { 84, "--try: the SIM is not ready", "after fixing it" } },
  done = "the module was asked; or with --try: the APN works",
  options = {
    { "--try", "Activate the PDP context with this APN, and put it down again. auto: the first that is known for the "
      .. "SIM's home network; module: what the module has configured.", argname = "NAME|auto|module",
      words = { "auto", "module" } },
    { "--user", "User name for it.", argname = "NAME" },
    { "--password", "Password for it, or a file that contains it (or env DFOTA_PASSWORD).", argname = "WORD|@FILE" },
  },
  examples = {
    { "NAME --sim", "what the simulated module and its SIM say" },
    { "NAME --try internet", "does this APN work?" },
  },
})
