-- The other end of a `dfota.base.worker_process`: says who started it, and stays until that end closes.
local uv = require "luv"

local SOCKET = 0

return {
  main = function(parent)
    uv.fs_write(SOCKET, ("started by %d"):format(parent))
    require("dfota.core").wait(60, SOCKET)
  end,
}
