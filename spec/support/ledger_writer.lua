-- One of several processes that write to the same ledger: arg[1] the ledger, arg[2] an IMEI, arg[3] how many
-- updates. With "killed" as arg[4] it kills itself right after recording a trigger.
package.path, package.cpath = "lua/?.lua;" .. package.path, "lua/?.so;" .. package.cpath
local ledger = require "dfota.ledger.ledger"
local uv = require "luv"

local book = assert(ledger.open(arg[1]))
for i = 1, tonumber(arg[3]) do
  local id = assert(book:begin { imei = arg[2], port = "/dev/ttyUSB0", from = "A", size = i })
  assert(book:triggered(id))
  if arg[4] == "killed" then uv.kill(uv.os_getpid(), "sigkill") end
  assert(book:conclude(id, { outcome = "updated", after = "B", steps = { { name = "upload", at = 1 } } }))
end
book:close()
