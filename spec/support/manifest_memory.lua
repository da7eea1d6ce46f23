-- Reads the package arg[1], and prints its size and the process's peak memory in kB.
package.path, package.cpath = "lua/?.lua;" .. package.path, "lua/?.so;" .. package.cpath
local read = assert(require("dfota.config.package").read(arg[1], { max_bytes = 1 << 30 }))
local status <close> = assert(io.open("/proc/self/status"))
print(read.size, status:read("a"):match("VmHWM:%s+(%d+) kB"))
