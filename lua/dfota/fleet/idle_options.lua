--- Options of a call that would do nothing: whoever gives them expects something of them. Pure.
-- @module dfota.fleet.idle_options

local tables = require "dfota.base.tables"

local idle_options = {}

--- Where each option and argument of fleet.lua counts: in a new run (n), in one that goes on with --resume (r), with
-- --stop (s) and with --go (g). Whatever is not here counts nowhere.
idle_options.COUNTS = {
  plan = "n", package = "n", all = "n", run = "n", check = "n", canary = "n", from = "n", to = "n", apn = "n",
  user = "n", baud = "n", set = "n", config = "n", ledger = "n", no_preflight = "n",
  jobs = "nr", pause = "nr", max_fail = "nr", least = "nr", window = "nr", time_zone = "nr", rate = "nr",
  central = "nr", force = "nr", page = "nr", metrics = "nr",
  again = "r", resume = "r", wait = "rs", stop = "s", go = "g",
  json = "nrsg", no_color = "nrsg", verbose = "nrsg", help = "nrsg", version = "nrsg",
}

-- Option, what it belongs to, and both as they are typed.
local NEEDED = {
  { "pause", "canary", "--pause waits after the canaries: give --canary N, too" },
  { "time_zone", "window", "--time-zone is that of --window, which is missing" },
  { "least", "percentage", "--least is that of a percentage: give --max-fail P%, too" },
  { "again", "resume", "--again goes with --resume: a new run updates all modules of its plan" },
  { "wait", "resume", "--wait goes with --resume and --stop" },
}

local OF_THE_PLAN = "--resume goes on with the plan and the package of that run: leave them out, or begin a new run"
local REFUSED = {
  r = "--resume goes on as the run was begun: leave %s out, or begin a new run with it",
  s = "--stop tells a run that goes on, and nothing else: leave %s out",
  g = "--go tells a run that goes on, and nothing else: leave %s out",
}

-- What the environment says is there for every call.
local function is_given(options, name)
  local value = options[name]
  if (options.from_environment or {})[name] then return false end
  return value ~= nil and value ~= false and (type(value) ~= "table" or next(value) ~= nil)
end

local function first_elsewhere(options, mode)
  local names = {}
  for name in pairs(options) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local counts = name == "from_environment" or (idle_options.COUNTS[name] or ""):find(mode, 1, true)
    if not counts and is_given(options, name) then return name end
  end
end

local function as_typed(name)
  if name == "plan" or name == "package" then return "the " .. name:upper() end
  return "--" .. name:gsub("_", "-")
end

--- The first that would do nothing because of what it belongs to.
-- @tparam table options as given now
-- @tparam table call what holds besides: that of an earlier run
-- @treturn string|nil what is wrong
function idle_options.without_its_own(options, call)
  local max_fail = options.max_fail or call.max_fail
  local all = tables.with(call, { percentage = max_fail and max_fail.percent })
  for _, row in ipairs(NEEDED) do
    if is_given(options, row[1]) and not (options[row[2]] or all[row[2]]) then return row[3] end
  end
end

--- The first of a call that would do nothing.
-- @tparam table options
-- @treturn string|nil what is wrong
function idle_options.first(options)
  local given = {}
  for _, name in ipairs { "resume", "stop", "go" } do
    if options[name] then given[#given + 1] = "--" .. name end
  end
  if #given > 1 then return ("%s and %s are mutually exclusive"):format(given[1], given[2]) end
  if not given[1] then return idle_options.without_its_own(options, {}) end
  local mode = given[1]:sub(3, 3)
  local name = first_elsewhere(options, mode)
  if not name then return nil end
  if mode == "r" and (name == "plan" or name == "package" or name == "all") then return OF_THE_PLAN end
  return REFUSED[mode]:format(as_typed(name))
end

return idle_options
