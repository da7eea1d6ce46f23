--- What a module's job says, kept with the module: for the table, and for the judgement of its end. Pure.
-- @module dfota.fleet.heard

local occupant = require "dfota.fleet.occupant"

local heard = {}

local INTERRUPTED = 130

local take = { identity = occupant.met }

function take.phase(device, event)
  device.phase, device.percent, device.rate_bps, device.eta_s = event.name, nil, nil, nil
  if event.name ~= "trigger" then return nil end
  device.triggered = true
  return "triggered"
end

function take.progress(device, event)
  device.percent, device.rate_bps, device.eta_s = event.percent, event.rate_bps, event.eta_s
end

function take.gate(device, event)
  if event.ok == false then device.refused_by = event.name end
end

-- One update of a chain begins, or has ended: then it has `ok`. If it ended well, what comes next is not triggered yet.
function take.hop(device, event)
  device.hop = { number = event.number, of = event.of, from = event.from, to = event.to }
  device.more_hops = event.number < event.of
  if not event.ok then return nil end
  device.triggered = nil
  return "next_hop"
end

function take.result(device, event)
  device.message, device.rc, device.code, device.outcome = event.message, event.rc, event.code, event.outcome
  device.result = event
  device.revision = event.after or device.revision
end

-- What is known of one try only.
local OF_A_TRY = {
  "phase", "percent", "rate_bps", "eta_s", "message", "triggered", "heard", "interrupted", "rc", "code", "outcome",
  "more_hops", "refused_by", "was_told", "result",
}

--- Keeps what a job said.
-- @tparam table device
-- @tparam table event
-- @treturn string|nil where it counts for who is updated when: "triggered" or "next_hop"
function heard.take(device, event)
  device.heard = true
  return take[event.event] and take[event.event](device, event) or nil
end

--- Keeps what others know of the end of its last try.
-- @tparam table device
-- @tparam table row of a ledger
heard.take_row = take.result

--- Of a job whose words were lost, or that was interrupted before it said any, the exit code is left: keeps that.
-- @tparam table device
-- @tparam table|nil judged as of `dfota.fleet.judgement`
-- @tparam table|nil exit as of `dfota.fleet.job`
function heard.keep_exit_code(device, judged, exit)
  if exit and exit.is_lost and judged then device.rc = device.rc or judged.rc end
  if device.result or not judged or judged.rc ~= INTERRUPTED then return end
  device.rc, device.message = judged.rc, "interrupted before its trigger"
end

--- Forgets what was known of the last try.
-- @tparam table device
function heard.forget(device)
  for _, name in ipairs(OF_A_TRY) do device[name] = nil end
end

return heard
