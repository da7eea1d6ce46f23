--- A gateway that is ready to ship its journal, and waits for all others: then it pushes like any other.
local push = require "dfota.central.push"
require "luasql.postgres" -- loaded before the clock runs

local gateway = {}

--- @param what as of `dfota.central.push`, and `gate`: a FIFO that opens for all at once
function gateway.run(what, tell)
  tell "ready"
  local gate = assert(io.open(what.gate)) -- until somebody opens it for writing
  local shipped, err = push.run(what, tell)
  gate:close()
  return shipped, err
end

return gateway
