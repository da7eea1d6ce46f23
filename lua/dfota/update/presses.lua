--- Signals while a module updates itself: each is explained, and only the third Ctrl-C in a short time stops the run.
-- @module dfota.update.presses

local text = require "dfota.base.text"

local Presses = {}

local function name_of(came)
  return came.TERM > 0 and "SIGTERM" or came.HUP > 0 and "SIGHUP" or came.QUIT > 0 and "SIGQUIT" or "a signal"
end

--- SIGHUP, SIGTERM and SIGQUIT do not stop the run: the update ends by itself.
-- @param host its `signals_taken` and `now`
-- @tparam table set settings: three Ctrl-C within `interrupt_s` stop the run, which follows the module for `follow_s`
--   from now
-- @tparam function warn called with the explanation after each signal
-- @treturn function to be called after a signal: true to stop
function Presses.new(host, set, warn)
  local times, end_s = {}, host.now() + set.follow_s
  return function()
    local came, now = host.signals_taken(), host.now()
    for _ = 1, came.INT do times[#times + 1] = now end
    while times[1] and now - times[1] > set.interrupt_s do table.remove(times, 1) end
    if #times >= 3 then return true end
    local bounds = ("it is followed to its verdict, for %s at the most (follow_s)"):format(
      text.duration(math.max(end_s - now, 0)))
    local within = text.seconds(set.interrupt_s)
    warn(#times > 0
      and ("the module is updating itself: stopping now would not stop it and would leave the outcome unknown; %s; "
        .. "press Ctrl-C three times within %s s to stop anyway"):format(bounds, within)
      or ("received %s, but the module is updating itself: %s; three Ctrl-C (SIGINT) within %s s stop the run all the "
        .. "same, and leave the outcome unknown"):format(name_of(came), bounds, within))
    return false
  end
end

return Presses
