-- Plays a transcript on a pty until killed: lua5.4 spec/support/play_transcript.lua FILE [SPEED]
package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "lua/?.so;" .. package.cpath
local Transcript = require "support.transcript"
local core = require "dfota.core"
local pty_driver = require "dfota.sim.pty_driver"

local file <close> = assert(io.open(arg[1]))
local pty = assert(core.pty())
io.stdout:write(pty:name(), "\n")
io.stdout:flush()
assert(pty_driver.run(Transcript.new(file:read "a", tonumber(arg[2])), pty))
