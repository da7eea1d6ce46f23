--- What marks each record of a ledger: the time of its clock, and an id of its own.
-- @module dfota.ledger.stamp

local text = require "dfota.base.text"
local uv = require "luv"

local stamp = {}

--- The clock of all times in a ledger.
-- @treturn number seconds since the epoch
function stamp.wall_clock()
  local seconds, micros = uv.gettimeofday()
  return seconds + micros / 1e6
end

local RANDOM_BYTES = 6

--- A name for an update: sorted by time, and unique over processes and machines.
-- @treturn string
function stamp.new_id()
  local suffix = text.hex(assert(uv.random(RANDOM_BYTES)))
  return ("%s-%d-%s"):format(os.date("!%Y%m%dT%H%M%SZ"), uv.os_getpid(), suffix)
end

return stamp
