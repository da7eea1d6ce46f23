--- The simulated module as a child process, for `--sim`: its pty takes the port's place.
-- @module dfota.simulator
local Spec = require "dfota.sim.spec"
local core = require "dfota.core"
local uv = require "luv"

local Simulator = {}
Simulator.__index = Simulator

-- The first line that the child prints is the name of its pty.
local function read_line(pipe, ended)
  local text = ""
  pipe:read_start(function(_, bytes)
    if bytes then text = text .. bytes else ended.closed = true end
  end)
  while not text:find("\n") and not ended.closed do uv.run("once") end
  pipe:read_stop()
  return text:match("^([^\n]*)\n")
end

--- Start it. It ends with this process.
-- @tparam string script path of scripts/sim.lua
-- @tparam string spec its switches, "" for the defaults
-- @treturn Simulator|nil with `name`, the pty; nil, err
function Simulator.start(script, spec)
  local switches, wrong = Spec.parse(spec)
  if not switches then return nil, core.error("usage", "--sim: " .. wrong.message) end
  local out = uv.new_pipe(false)
  local ended = {}
  local args = { script, "--owned", "--quiet" }
  if spec ~= "" then
    args[#args + 1] = "--spec"
    args[#args + 1] = spec
  end
  -- In a session of its own: a Ctrl-C is for the tool, as it would be with a real module.
  local how = { args = args, stdio = { nil, out, 2 }, detached = true }
  local process, why = uv.spawn(uv.exepath(), how, function() ended.closed = true end)
  if not process then
    return nil, core.error("io", ("the simulated module does not start: %s"):format(why))
  end
  local name = read_line(out, ended)
  if not name then return nil, core.error("usage", "the simulated module did not start: see its message above") end
  return setmetatable({ process = process, out = out, name = name }, Simulator)
end

--- End it.
function Simulator:stop()
  if self.process then
    self.process:kill("sigterm")
    self.process:close()
    self.out:close()
    self.process = nil
    uv.run("nowait")
  end
end

return Simulator
