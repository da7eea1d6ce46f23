--- The process of an errand: the task is asked for on its standard input, and told there. See `dfota.central.errand` for
-- the other end.
-- @module dfota.central.worker

local core = require "dfota.core"
local message = require "dfota.ledger.message"
local uv = require "luv"

local worker = {}

local SOCKET = 0
local CHUNK = 65536

local function send(...)
  local bytes = message.pack(...)
  while #bytes > 0 do
    local sent = uv.fs_write(SOCKET, bytes)
    if not sent then return false end -- nobody waits any more
    bytes = bytes:sub(sent + 1)
  end
  return true
end

local function receive()
  local bytes = ""
  while true do
    local frame = message.take(bytes)
    if frame then return frame end
    local more = uv.fs_read(SOCKET, CHUNK)
    if not more or more == "" then return nil end
    bytes = bytes .. more
  end
end

--- Runs the task that is asked for on standard input, and tells its result there.
-- @tparam integer parent the process that waits for it
function worker.serve(parent)
  core.die_with_parent(parent)
  local frame = receive()
  if not frame then return end
  local ok, result, err = pcall(function()
    return require(frame[1]).run(frame[2], function(...) return send("told", ...) end)
  end)
  if not ok then result, err = nil, { kind = "fault", message = "a fault in an errand: " .. tostring(result) } end
  send("done", result, err and { kind = err.kind, message = err.message })
end

return worker
