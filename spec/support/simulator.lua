--- A simulated module in its own process, on a real pty.
--
--     local sim = Simulator.start("csq=5,link=115200", { "--http", "real" })
--     local port = core.open(sim.name)
--     …
--     sim:stop()
local Process = require "support.process"

local Simulator = {}

--- Starts it and waits for the name of its port.
-- @param[opt] spec its switches
-- @param[opt] more further options of scripts/sim.lua
-- @return a process with `name`, the port to open; `kill`, `stop` and `wait` as for every process
function Simulator.start(spec, more)
  local args = { "scripts/sim.lua", "--quiet", "--owned", ("%d"):format(require("luv").os_getpid()) }
  if spec then table.move({ "--spec", spec }, 1, 2, #args + 1, args) end
  if more then table.move(more, 1, #more, #args + 1, args) end
  local self = Process.start(Process.lua, args)
  self.name = self:await("out", "^([^\n]+)\n")
  return self
end

return Simulator
