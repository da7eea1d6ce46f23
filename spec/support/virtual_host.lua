--- A run's host on the virtual clock: one port, and a simulated module behind it.
--
--     local host = VirtualHost.new { vbat_mv = 3000 }
--     app.main { host = host, … }
--     assert.same({}, host.sent)
local Module = require "dfota.sim.module"
local VirtualPort = require "dfota.sim.virtual_port"
local core = require "dfota.core"
local probe = require "dfota.ports.probe"

local VirtualHost = {}
VirtualHost.__index = VirtualHost

VirtualHost.PORT = "/dev/ttyVIRTUAL"

-- Replacements for functions of `dfota.core`, called without a self.
local function functions(self)
  function self.list() return self.ports end
  function self.holder(name) return self.holders[name] end
  function self.prober(requests, opts) return self:ask(requests, opts) end
  function self.open(name, how) return self:open_port(name, how) end
  function self.catch_signals() return true end
  function self.hold_signals(hold) self.held = hold end
  function self.signals_taken()
    local came = self.came
    self.came = { INT = 0, TERM = 0, HUP = 0, QUIT = 0 }
    return came
  end
  function self.now() return self.clock.t end
  function self.wait(seconds)
    self.clock.t = self.clock.t + seconds
    self.m:advance(self.clock.t)
    return true
  end
end

--- A host whose port leads to a module.
-- @param m the module, or what else a `dfota.sim.virtual_port` leads to
-- @return a host with `m` the module; `ports` that can be found; `opened`, the name and options of each opening;
--   `port` the last; `sent` the command lines sent; `fault` accidents of the port; `refuse` the error that
--   opening returns; `holders` who holds a port, by its name
function VirtualHost.of(m)
  local self = setmetatable({
    m = m, clock = { t = 0 }, ports = { { name = VirtualHost.PORT } }, holders = {},
    opened = {}, sent = {}, fault = {}, came = { INT = 0, TERM = 0, HUP = 0, QUIT = 0 },
  }, VirtualHost)
  functions(self)
  return self
end

--- The same with a simulated module.
-- @param[opt] spec its switches
-- @param[opt=1] seed of its random numbers
function VirtualHost.new(spec, seed) return VirtualHost.of(assert(Module.new(spec or {}, seed or 1))) end

function VirtualHost:open_port(name, how)
  self.opened[#self.opened + 1] = { name = name, how = how }
  if self.refuse then return nil, self.refuse end
  if name ~= VirtualHost.PORT then return nil, core.error("port_missing", name .. ": no such file or directory") end
  local port, err = VirtualPort.new(self.m, self.clock, how)
  if not port then return nil, err end
  port.fault, self.port = self.fault, port
  port.name = function() return name end
  local tap = port.tap
  local function note(direction, bytes)
    if direction == "tx" then self.sent[#self.sent + 1] = bytes:gsub("\r$", "") end
  end
  tap(port, note)
  -- The trace's own tap besides ours.
  function port.tap(_, fn)
    tap(port, function(...)
      note(...)
      fn(...)
    end)
  end
  return port
end

-- Asks ports one after the other. Where no module is, nothing answers.
function VirtualHost:ask(requests, opts)
  local list = {}
  for i, request in ipairs(requests) do
    list[i] = { state = "silent", message = "no module answers" }
    if request.name == VirtualHost.PORT then
      local port = assert(self:open_port(request.name, { baud = request.bauds[1] }))
      list[i] = assert(probe(port, { bauds = request.bauds, settings = opts.settings, deep = opts.deep }))
      port:close()
    end
    opts.on_answer(i, list[i])
  end
  return list
end

--- A signal arrives: it is counted, and ends the current wait unless signals are held.
function VirtualHost:signal(name)
  self.came[name] = self.came[name] + 1
  self.port.interrupted = not self.held
end

--- How often something was sent.
function VirtualHost:count(command)
  local n = 0
  for _, sent in ipairs(self.sent) do n = n + (sent == command and 1 or 0) end
  return n
end

return VirtualHost
