--- Signals while a module updates itself: they are explained, and only the third Ctrl-C in a short time leaves.
-- @module dfota.update.presses

local Presses = {}

--- HUP and TERM do not end what a reboot of the module ends anyway.
-- @param host its `signals_taken` and `now`
-- @tparam number interrupt_s within which time three presses leave
-- @tparam function warn told what is to be known, after each signal
-- @treturn function call it after a signal: true to leave
function Presses.new(host, interrupt_s, warn)
  local times = {}
  return function()
    local came, now = host.signals_taken(), host.now()
    for _ = 1, came.INT do times[#times + 1] = now end
    while times[1] and now - times[1] > interrupt_s do table.remove(times, 1) end
    if #times >= 3 then return true end
    warn(#times > 0
      and ("the module is updating itself: stopping here does not stop it and leaves the outcome unknown; "
        .. "press Ctrl-C three times within %g s to leave all the same"):format(interrupt_s)
      or "told to end, but the module is updating itself: following it to its verdict")
    return false
  end
end

return Presses
