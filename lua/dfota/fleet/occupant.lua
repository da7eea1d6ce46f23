--- Which module a port's tries are about. Where the plan names no IMEI it is whichever is there, and modules can be
-- exchanged while a run goes on: what became of one that was triggered must not be learned from the next. Pure.
-- @module dfota.fleet.occupant

local occupant = {}

--- Keeps what the plan says, whoever answers later.
-- @tparam {table,...} devices each with its `imei`, if the plan names it; `named_imei` is set
function occupant.keep_plan(devices)
  for _, device in ipairs(devices) do device.named_imei = device.imei end
end

--- The IMEI that a try is to find: an update the plan's, a watch that of the module that was triggered.
-- @tparam table device `named_imei` of the plan, `imei` that was met, `open_imei` on which the ledger knows an update
--   whose end nobody saw
-- @tparam string what "update" or "watch"
-- @treturn string|nil nil if any will do
function occupant.wanted(device, what)
  if what ~= "watch" then return device.named_imei end
  return device.named_imei or device.imei or device.open_imei
end

--- A module has answered: what it says of itself is kept, unless it is another one than the try is about.
-- @tparam table device `what` and `try`; `model`, `revision` and `imei` are set, or `stranger_in`, the try
-- @tparam table event `identity` of its job
function occupant.met(device, event)
  local wanted = occupant.wanted(device, device.what)
  if wanted and event.imei and event.imei ~= wanted then
    device.stranger_in = device.try
    return
  end
  device.model, device.revision, device.imei = event.model, event.revision, event.imei or device.imei
end

--- Did a watch find that the module is gone on which the ledger knows an open update? Then the one that is there is not
-- in doubt. This is not so of a module that this run has met itself: its port's outcome is that one's; nor of one that
-- does not say who it is, which the same gate refuses.
-- @tparam table device `what`, `try`, `refused_by`, `stranger_in` and `imei`, as of this try
-- @treturn boolean
function occupant.is_free(device)
  return device.what == "watch" and device.refused_by == "imei" and device.open_imei ~= nil and device.imei == nil
    and device.stranger_in ~= nil and device.stranger_in == device.try
end

return occupant
