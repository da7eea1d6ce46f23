--- What somebody who goes on with a run changes of it: its limits, and where its numbers go, hold from now on, and for
-- whoever goes on after that. Pure.
-- @module dfota.fleet.going_on

local idle_options = require "dfota.fleet.idle_options"

local going_on = {}

--- The options of this kind.
going_on.KEPT = { "jobs", "pause", "max_fail", "least", "window", "time_zone", "rate", "central", "metrics" }

--- Changes the call of a run.
-- @tparam table call what it was begun with
-- @tparam table options given now
-- @treturn[1] boolean is anything different?
-- @treturn[2] nil
-- @treturn[2] string what is wrong with an option
function going_on.change(call, options)
  if options.pause and not call.canary then
    return nil, "--pause waits after the canaries, and that run has none: leave it out"
  end
  local why = idle_options.without_its_own(options, call)
  if why then return nil, why end
  local is_changed = false
  for _, name in ipairs(going_on.KEPT) do
    local is_of_this_call = options[name] and not (options.from_environment or {})[name]
    if is_of_this_call then call[name], is_changed = options[name], true end
  end
  return is_changed
end

return going_on
