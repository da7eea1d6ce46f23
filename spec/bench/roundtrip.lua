-- Repeated AT+CSQ through the channel, with fence, prefix, timeout and trace tap: roundtrip.lua PTY N
package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath
local core = require "dfota.core"
local Channel = require "dfota.at.channel"

local port <close> = assert(core.open(arg[1], { baud = 115200 }))
local tapped = 0
port:tap(function(_, bytes) tapped = tapped + #bytes end)
-- The pause for the sake of real modules is off: otherwise only the pause would be measured.
local channel = Channel.new(port, { gap_s = 0 })
local count = tonumber(arg[2])
local began, cpu = core.now(), os.clock()
for _ = 1, count do
  local reply = assert(channel:command("AT+CSQ", { expect = "+CSQ:", timeout_s = 1 }))
  assert(reply[1] == "+CSQ: 25,0")
end
print(("%.0f %.2f"):format(count / (core.now() - began), (os.clock() - cpu) / count * 1e6))
assert(tapped >= count * 30)
