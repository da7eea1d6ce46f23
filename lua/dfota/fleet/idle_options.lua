--- Options of a call that would do nothing, because the one that they belong to is missing: whoever gives them expects
-- something of them. Pure.
-- @module dfota.fleet.idle_options

local idle_options = {}

-- Option, what it belongs to, and both as they are typed.
local NEEDED = {
  { "pause", "canary", "--pause waits after the canaries: give --canary N, too" },
  { "time_zone", "window", "--time-zone is that of --window, which is missing" },
  { "again", "resume", "--again goes with --resume: a new run updates all modules of its plan" },
  { "wait", "resume", "--wait goes with --resume and --stop" },
}

-- What a run was begun with, as it is typed. Whoever goes on with it and gives `--check` must not update anything.
local OF_THE_CALL = {
  "check", "run", "canary", "pause", "max-fail", "window", "time-zone", "rate", "from", "to", "apn", "user", "baud",
  "set", "config", "ledger", "no-preflight",
}

local function is_given(value)
  return value ~= nil and value ~= false and (type(value) ~= "table" or next(value) ~= nil)
end

--- The first of those that --resume takes from the run's own call.
-- @tparam table options
-- @treturn string|nil what is wrong
function idle_options.first_of_resumed(options)
  for _, name in ipairs(OF_THE_CALL) do
    if is_given(options[name:gsub("-", "_")]) then
      return ("--resume goes on as the run was begun: leave --%s out"):format(name)
    end
  end
end

--- The first of them.
-- @tparam table options of a new run
-- @treturn string|nil what is wrong
function idle_options.first(options)
  for _, row in ipairs(NEEDED) do
    if options[row[1]] and not options[row[2]] then return row[3] end
  end
end

return idle_options
