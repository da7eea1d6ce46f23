--- A simulated MC65: bytes and time in, bytes and time out, no I/O of its own.
--
--     local m = Module.new(Options.parse("revision=MC65FAR01A01"), 42)
--     m:input("AT\r", 0)
--     m:advance(m:next_time())
--     print(m:output())
--
-- For assertions: `revision`, `state` (off, boot, ready, update, hung), `triggers` (QFOTADL write commands received),
-- `accepted` (those answered with OK), `files` (UFS), `updates` (successful ones), `log` ({t=, what=, detail=}).
local Options = require "dfota.sim.options"
local Canned = require "dfota.sim.canned"
local Unsolicited = require "dfota.sim.unsolicited"
local Random = require "dfota.sim.random"
local Timers = require "dfota.sim.timers"
local Faults = require "dfota.sim.faults"
local Uart = require "dfota.sim.uart"
local Receiver = require "dfota.sim.receiver"
local Bootloader = require "dfota.sim.bootloader"
local Power = require "dfota.sim.power"

local LOG_LIMIT = 20000 -- entries

local Module = {}
Module.__index = Module

local function durations(text)
  local slow = {}
  for name, seconds in text:gmatch("([^+:]+):([%d.]+)") do slow[name:upper()] = tonumber(seconds) end
  return slow
end

local function saved_profile(spec)
  return { echo = spec.echo, verbose = spec.verbose, cmee = spec.cmee, ipr = spec.ipr, ifc = spec.ifc:gsub("%+", ",") }
end

--- Creates a module.
-- @tparam[opt] table spec switches (see `dfota.sim.options`); the rest have their defaults
-- @tparam[opt] integer seed of everything random; default: the switch `seed`
-- @treturn ?Module, or nil and an error of kind "usage"
function Module.new(spec, seed)
  local err
  spec, err = Options.new(spec)
  if not spec then return nil, err end
  local random = Random.new(seed or spec.seed)
  local m = setmetatable({
    spec = spec, random = random, timers = Timers.new(), faults = Faults.new(spec, random), link = Uart.new(),
    t = 0, life = 1, acting = 1, log = {},
    revision = spec.revision, files = {}, triggers = 0, accepted = 0, updates = 0, messages = {},
    profile = saved_profile(spec), slow = durations(spec.slow), mute = Options.set(spec.mute:upper()),
    qiact_failures = spec.qiact_fails, canned = Canned.new(spec.reply), restarts_left = Bootloader.restarts(spec),
    readings = 0, wrong_readings = Options.set(spec.ati_wrong), no_response = Options.set(spec.no_response:upper()),
    echo_noise = Options.set(spec.echo_noise), echo_urc_in = Options.set(spec.echo_urc_in:upper()), echo_urcs = 0,
  }, Module)
  if spec.stale_pack > 0 then m.files["fota.pack"] = ("\0"):rep(spec.stale_pack) end
  Power.begin(m)
  Unsolicited.begin(m)
  return m
end

--- Logs what happened, for later assertions; a very long log keeps only its end.
function Module:note(what, detail)
  local log = self.log
  if #log >= LOG_LIMIT then
    self.log = table.move(log, #log // 2, #log, 1, {})
    log = self.log
  end
  log[#log + 1] = { t = self.t, what = what, detail = detail }
end

--- Calls fn after some seconds, unless the module reboots or loses power first.
function Module:after(seconds, fn)
  if self.acting == self.life then self.timers:add(self.t + seconds, fn, self.life) end
end

--- A fault may happen here.
-- @string kind of place
-- @param value how far it got, or its name
function Module:fault(kind, value)
  if self.acting ~= self.life then return end
  local action = self.faults:take(kind, value)
  if action then
    self:note("fault", action .. " at " .. kind .. ":" .. tostring(value))
    Power[action](self)
  end
end

--- The bootloader takes over.
function Module:begin_update() Bootloader.start(self) end

--- Is the client's rate known and different?
function Module:wrong_rate()
  return self.client_baud ~= nil and self.rate ~= nil and self.client_baud ~= self.rate and not self.spec.any_baud
end

--- Sets the module's own rate; nil: not trained yet.
function Module:set_rate(rate)
  self.rate = rate
  local link = self.spec.link
  if link == "baud" then
    self.link:set_baud(rate or self.client_baud or 115200)
  elseif link ~= "off" then
    self.link:set_baud(tonumber(link))
  end
end

--- Processes input that was held until a final result code.
function Module:resume_input()
  local pending = self.pending
  if pending == "" then return end
  self.pending = ""
  self:after(0, function() Receiver.feed(self, pending) end)
end

local function run_timer(self, timer)
  if timer.life ~= self.life and timer.life ~= "world" then return end
  self.acting = self.life
  timer.fn()
end

local function earliest(self)
  local timer, arrival = self.timers:next_time(), self.link:next_in()
  if arrival and (not timer or arrival <= timer) then return arrival, true end
  return timer, false
end

--- Advances the time.
-- @number t seconds on the driver's clock; never goes back
function Module:advance(t)
  while true do
    local due, is_input = earliest(self)
    if not due or due > t then break end
    self.t = math.max(self.t, due)
    if is_input then
      self.acting = self.life
      Receiver.take(self, self.link:received(self.t))
    else
      run_timer(self, self.timers:pop())
    end
  end
  self.t = math.max(self.t, t)
  self.acting = self.life
end

--- Bytes from the host.
-- @string bytes
-- @number t seconds, when they were written
function Module:input(bytes, t)
  self:advance(t)
  if bytes ~= "" and self.state ~= "off" then self.link:receive(bytes, self.t) end
  self:advance(t)
end

--- Bytes for the host that have arrived by now.
-- @treturn string
function Module:output()
  return self.link:sent(self.t)
end

--- When something happens next, if nothing is written until then.
-- @treturn ?number seconds
function Module:next_time()
  local due, out = earliest(self), self.link:next_out()
  if out and (not due or out < due) then return out end
  return due
end

--- How many bytes the line accepts now.
function Module:room()
  local stalled = self.data and self.data.stalled
  if stalled and self.client_rtscts and self.session.ifc == "2,2" then return 0 end
  return self.link:room()
end

--- The client's line settings.
-- @tparam ?integer baud
-- @tparam ?boolean rtscts
-- @tparam ?number t
function Module:line(baud, rtscts, t)
  if t then self:advance(t) end
  if baud == self.client_baud then return end
  self.client_baud, self.client_rtscts = baud, rtscts
  if not self.rate then self:set_rate(nil) end
end

--- Switches power.
-- @bool on
-- @tparam ?number t
function Module:power(on, t)
  if t then self:advance(t) end
  if on and self.state == "off" then Power.on(self) end
  if not on and self.state ~= "off" then Power.off(self) end
end

local PRESS_S = 1 -- M66 and MC60 hardware design: PWRKEY low for a second

--- The client's DTR. If it is wired to PWRKEY, on means the key is held down.
-- @bool on
-- @tparam ?number t
function Module:dtr(on, t)
  if t then self:advance(t) end
  local since = self.pressed_at
  self.pressed_at = on and (since or self.t) or nil
  if self.spec.dtr ~= "pwrkey" or on or not since or self.t - since < PRESS_S then return end
  if self.state == "off" then Power.on(self) else Power.switch_off(self) end
end

--- The URL that the module wants to download (with `http=real`), once.
-- @treturn ?table {url=, limit=maximum bytes}; pass it to `fetched` with the news
function Module:take_request()
  local request = self.request
  if request and not request.taken then
    request.taken = true
    return request
  end
end

--- Reports a download's progress: `received` and `total` bytes, or at its end `body`, or `code` (65xx) and `reason`.
-- A request that is no longer wanted (power, PDP context) is ignored.
-- @treturn boolean still wanted
function Module:fetched(request, news, t)
  self:advance(t)
  if request ~= self.request then return false end
  request.news(news)
  self:advance(t)
  return request == self.request
end

return Module
