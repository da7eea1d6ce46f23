-- One upload through modem, channel and core, for the bench: upload.lua PTY FILE ACK
-- Prints CPU seconds and peak memory in kB.
package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath
local dfota = require "dfota"

local pty, path, ack = arg[1], arg[2], arg[3]
local set = assert(dfota.settings.load { set = { "ack_mode=" .. ack, "max_package_bytes=1000000000" } })
local package_file = assert(dfota.package.read(path, { max_bytes = 1 << 30 }))
local port <close> = assert(dfota.core.open(pty, { baud = 115200 }))
local channel = dfota.Channel.new(port)
local before = os.clock()
assert(dfota.Modem.new(channel, set).files:upload("fota.pack", package_file))
local cpu_s = os.clock() - before
local memory_kb
for line in io.lines("/proc/self/status") do memory_kb = memory_kb or line:match("^VmHWM:%s*(%d+)") end
print(("%.4f %s"):format(cpu_s, memory_kb))
