--- The process of an errand: the task is asked for on its standard input, and told there. See `dfota.central.errand`
-- for the other end.
-- @module dfota.central.worker

local core = require "dfota.core"
local message = require "dfota.ledger.message"

local worker = {}

local SOCKET = 0

--- Runs the task that is asked for on standard input, and tells its result there.
-- @tparam integer parent the process that waits for it
function worker.main(parent)
  core.die_with_parent(parent)
  local frame = message.receive(SOCKET)
  if not frame then return end
  local ok, result, err = pcall(function()
    return require(frame[1]).run(frame[2], function(...) return message.send(SOCKET, "told", ...) end)
  end)
  if not ok then result, err = nil, { kind = "fault", message = "a fault in an errand: " .. tostring(result) } end
  message.send(SOCKET, "done", result, err and { kind = err.kind, message = err.message })
end

return worker
