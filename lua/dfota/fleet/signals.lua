--- The signals of a fleet's run: SIGINT, SIGTERM and SIGQUIT stop it; with SIGHUP its terminal is gone, and nobody is
-- there any more for whom it would be followed.
-- @module dfota.fleet.signals

local core = require "dfota.core"
local uv = require "luv"

local signals = {}

local STOPS = { "INT", "TERM", "QUIT" }

local function add(handles, name, fn)
  if core.signal_ignored(name) then return end -- started by nohup, or by a script in the background
  local handle = uv.new_signal()
  handle:start("sig" .. name:lower(), fn)
  handles[#handles + 1] = handle
end

--- From here on the loop hears them.
-- @tparam function on_stop
-- @tparam function on_hangup
-- @treturn {handle,...} to be closed
-- @treturn function|nil that of both which is due for a signal that came before, while the run was opened
function signals.listen(on_stop, on_hangup)
  core.defer_signals()
  local came, handles = core.signals_taken(), {}
  core.release_signals()
  for _, name in ipairs(STOPS) do add(handles, name, on_stop) end
  add(handles, "HUP", on_hangup)
  core.admit_signals()
  if came.INT + came.TERM + came.QUIT > 0 then return handles, on_stop end
  return handles, came.HUP > 0 and on_hangup or nil
end

return signals
