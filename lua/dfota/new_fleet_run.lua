--- A fleet's new run: what can be found wrong with it is told before anything begins, and what whoever goes on with it
-- has to know is kept with it.
-- @module dfota.new_fleet_run

local all_modules = require "dfota.all_modules"
local canary = require "dfota.fleet.canary"
local core = require "dfota.core"
local directory = require "dfota.base.directory"
local going_on = require "dfota.fleet.going_on"
local job_words = require "dfota.fleet.job_words"
local ledger = require "dfota.ledger.ledger"
local past = require "dfota.fleet.past"
local place = require "dfota.ledger.place"
local plan = require "dfota.fleet.plan"
local run_folder = require "dfota.fleet.run_folder"
local run_package = require "dfota.fleet.run_package"
local sites = require "dfota.site"

local new_fleet_run = {}

-- A path is the same file wherever the run is resumed.
local function absolute(path)
  if not path or path == "none" or path:find "^%a[%w+.-]*://" then return path end
  return directory.absolute(path)
end

local function call_of(options)
  options.config, options.ledger = absolute(options.config), absolute(options.ledger)
  local watched, passed = job_words.shared(options)
  local call = {
    began = os.time(), passed = passed, watched = watched, ledger = options.ledger, canary = options.canary,
  }
  for _, name in ipairs(going_on.KEPT) do call[name] = options[name] end
  return call
end

local function usage(what) return nil, core.error("usage", what) end

local function settings_of(options, program)
  local site, err = sites.new {
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

-- Looked at only.
local function ledger_of(call) return ledger.open(call.ledger, { readonly = true }) end

local function found_modules(call, options, program, set)
  local book <close>, err = ledger_of(call)
  if not book then return nil, err end
  return all_modules.find {
    ledger = book, baud = options.baud ~= "auto" and options.baud or nil, settings = set,
    warn = function(line) program:warn(line) end,
  }
end

local function find_modules(call, options, program, set)
  local err
  if options.all then
    call.devices, err = found_modules(call, options, program, set)
  else
    call.devices, err = plan.read(options.plan)
  end
  return call.devices, err
end

-- A ledger that does not tell ends the run before it begins: no job could record its trigger there, and by the time
-- that it is back a module whose end nobody knows would be triggered once more, and not watched.
local function look_back(call, options, program)
  if options.check then return true end
  local book <close>, err = ledger_of(call)
  local ok = book ~= nil
  local absent = ok and place.tell_absent(options, book)
  if absent then program:warn(absent) end
  if ok then ok, err = past.mark_open(call.devices, book) end
  if ok and call.canary then ok, err = past.mark_failed(call.devices, book, call.marks) end
  if ok and call.canary then ok, err = past.note_revisions(call.devices, book) end
  return ok, err
end

-- What counts for those that go first where the plan says nothing: a gate that is passed refuses nobody.
local function first_of(call)
  return {
    also_failed = job_words.is_forced(call.passed, "attempts"), to = call.to,
    from = not job_words.is_forced(call.passed, "revision") and call.from or nil,
  }
end

-- Those that go first are chosen before anything begins, and kept with the run: whoever goes on with it finds the same.
local function choose_first(call, _, program)
  if not call.canary then return true end
  local ok, why = canary.mark(call.devices, call.canary, first_of(call))
  if not ok then return usage(why) end
  if why then program:warn(why) end
  return true
end

-- With --all the only argument is the package.
local function arguments_of(options)
  if not options.all then return options.plan and options.package, "give a PLAN and a PACKAGE, or --resume RUN" end
  return not options.package and options.plan, "--all takes the PACKAGE alone, and no PLAN"
end

local function look_at_package(call, options, _, set) return run_package.look(call, options, set) end

local STEPS = { find_modules, look_at_package, look_back, choose_first }

local function folder_of(home, options, call)
  if options.check then return run_folder.temporary() end
  return run_folder.create(home, options.run, call)
end

--- Looks at all that can be wrong, chooses those that go first, and makes the run's folder.
-- @tparam string|nil home the folder of all runs; a check needs none
-- @tparam table options of scripts/fleet.lua
-- @tparam Program program for warnings; `scripts`, where update.lua is
-- @treturn[1] Folder
-- @treturn[1] table its call
-- @treturn[2] nil
-- @treturn[2] dfota.error what is wrong; nothing was begun, and there is no folder
function new_fleet_run.open(home, options, program)
  local package, why = arguments_of(options)
  if not package then return usage(why) end
  local call = call_of(options)
  local set, err = settings_of(options, program)
  if not set then return nil, err end
  local where
  where, err = place.read(options.ledger)
  if not where then return nil, err end
  call.package = package
  for _, step in ipairs(STEPS) do
    local ok
    ok, err = step(call, options, program, set)
    if not ok then return nil, err end
  end
  if core.signal_pending() then return nil, core.error("interrupted", "interrupted by a signal; nothing was begun") end
  local folder
  folder, err = folder_of(home, options, call)
  if not folder then return nil, err end
  local first = not options.check and canary.words(call.devices, first_of(call))
  if first then program:warn(first) end
  return folder, call
end

return new_fleet_run
