--- The simulated module as a child process, for `--sim`: its pty is used as the port.
-- @module dfota.sim.child
local Options = require "dfota.sim.options"
local core = require "dfota.core"
local uv = require "luv"

local Simulator = {}
Simulator.__index = Simulator

local START_S = 20 -- longest wait for the child to print its pty; normally 0.1 s

-- The first line that the child prints is the name of its pty.
local function read_line(self)
  local text = ""
  local late = uv.new_timer()
  uv.update_time() -- timers start from the loop's cached time, which may be old
  late:start(START_S * 1000, 0, function() self.dead = true end)
  self.out:read_start(function(_, bytes)
    if bytes then text = text .. bytes else self.dead = true end
  end)
  while not text:find("\n") and not self.dead do uv.run("once") end
  late:close()
  self.out:read_stop()
  return text:match("^([^\n]*)\n")
end

local function arguments(script, spec)
  local args = { script, "--quiet", "--owned", ("%d"):format(uv.os_getpid()) }
  if spec ~= "" then table.move({ "--spec", spec }, 1, 2, #args + 1, args) end
  return args
end

--- Start it. It ends with this process.
-- @tparam string script path of scripts/sim.lua
-- @tparam string spec its switches, "" for the defaults
-- @treturn Simulator|nil with `name`, the pty; nil, err
function Simulator.start(script, spec)
  local switches, wrong = Options.parse(spec)
  if not switches then return nil, core.error("usage", "--sim: " .. wrong.message) end
  local self = setmetatable({ out = uv.new_pipe(false) }, Simulator)
  -- In its own session, so that Ctrl-C reaches only the tool, as with a real module.
  local how = { args = arguments(script, spec), stdio = { nil, self.out, 2 }, detached = true }
  local process, why = uv.spawn(uv.exepath(), how, function() self.dead = true end)
  if not process then
    self.out:close()
    return nil, core.error("io", ("the simulated module did not start: %s"):format(why))
  end
  self.process = process
  self.name = read_line(self)
  if self.name then return self end
  self:stop()
  return nil, core.error("usage", "the simulated module did not start: see its message above")
end

--- Is it still running? A dead one's pty may soon be reused.
-- @treturn boolean
function Simulator:alive()
  uv.run("nowait")
  return self.process ~= nil and not self.dead
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
