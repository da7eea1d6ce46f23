--- Signals while a module updates itself: each is explained, and only the third Ctrl-C in a short time stops the run.
-- @module dfota.update.presses

local Presses = {}

local function name_of(came) return came.TERM > 0 and "SIGTERM" or came.HUP > 0 and "SIGHUP" or "a signal" end

--- SIGHUP and SIGTERM do not stop the run: the update ends by itself.
-- @param host its `signals_taken` and `now`
-- @tparam number interrupt_s three Ctrl-C within this time stop the run
-- @tparam function warn called with the explanation after each signal
-- @treturn function to be called after a signal: true to stop
function Presses.new(host, interrupt_s, warn)
  local times = {}
  return function()
    local came, now = host.signals_taken(), host.now()
    for _ = 1, came.INT do times[#times + 1] = now end
    while times[1] and now - times[1] > interrupt_s do table.remove(times, 1) end
    if #times >= 3 then return true end
    warn(#times > 0
      and ("the module is updating itself: stopping now would not stop it and would leave the outcome unknown; "
        .. "press Ctrl-C three times within %g s to stop anyway"):format(interrupt_s)
      or ("received %s, but the module is updating itself: following it to its verdict"):format(name_of(came)))
    return false
  end
end

return Presses
