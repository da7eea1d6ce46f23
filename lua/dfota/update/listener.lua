--- Listening to a module that updates itself: its lines, the silence between them, a lost port, a signal.
--
-- Nothing is sent here. A wait returns a reason only if the run stops following ("left", "lost", "gone").
-- @module dfota.update.listener
local urc = require "dfota.at.urc"
local words = require "dfota.base.text"

local Listener = {}
Listener.__index = Listener

local ADAPTIVE_RATE = 115200 -- of a module in adaptive mode once it has rebooted (note, chapter 3.2, note 2)
local NOISE_LOOK_S = 0.1 -- a module at another rate gives no whole line, so partial input is inspected this often

--- @tparam table opts `channel`, `progress`, `set`;
--   `adaptive` the module was in adaptive mode; `on_event` function(event);
--   `on_wait` function(text) reports what the run is waiting for;
--   `on_tick` function(age_s, wait) and `tick_s`, for the display: `wait` is `what` happens `at_s` seconds after the
--   last activity;
--   `clock` the host's, which works without a port;
--   `leave` function() after a signal: true to give up; `reopen` function() → port|nil, err
-- @treturn Listener with `last_word_s`, the time of the update's last activity; `learnt_rate`, at which
--   the module last answered before the update; `end_s`, when following ends in any case;
--   `reopened` once the port was lost and reopened
function Listener.new(opts)
  local self = setmetatable(opts, Listener)
  self.began_s = self:now()
  self.end_s = self.began_s + self.set.follow_s
  self.rate = self.channel.port:baud()
  self.learnt_rate, self.rate_since_s = self.rate, self.began_s
  self:word()
  return self
end

-- Not the port's clock: a closed port has none.
function Listener:now() return self.clock() end

--- Has `follow_s` passed?
function Listener:over() return self:now() >= self.end_s end

--- The update showed activity: the silence starts again.
function Listener:word()
  self.last_word_s = self:now()
  self.explained = nil
end

--- The module answered at a rate.
-- @tparam integer rate
function Listener:found_at(rate) self.rate = rate end

--- What happens if nothing is received until then, for the display.
-- @tparam string what "asks" or "gives up"
-- @tparam number when by the clock
function Listener:waits(what, when) self.next_what, self.next_when = what, math.min(when, self.end_s) end

--- Say what the run is waiting for, once per silence.
-- @tparam string text
function Listener:explain(text)
  if self.explained then return end
  self.explained = true
  self.on_wait(text)
end

-- Only the update's own lines, boot and power lines count as activity: an SMS now and then says nothing about it.
local function is_word(line) return urc.is_fota(line) or urc.is_boot(line) or urc.is_power(line) end

local function take(self, line, class, code)
  if is_word(line) then
    self:word()
    self.rate = self.channel.port:baud()
  end
  for _, event in ipairs(self.progress:feed(line, class, code)) do self.on_event(event) end
end

-- What a line looks like at the wrong rate: at least a quarter of its bytes are not text.
local function is_noise(text)
  local _, odd = text:gsub("[^\t\r\n\32-\126]", "")
  return odd > 0 and odd * 4 >= #text
end

-- In adaptive mode the module switches to 115200 when it reboots. Until then it uses the rate it had detected, and
-- may refuse its package at that rate.
local function may_change_rate(self)
  if not self.adaptive or self.learnt_rate == ADAPTIVE_RATE then return false end
  return self.channel.port:baud() ~= ADAPTIVE_RATE and not self.progress:downloading()
end

--- Listen at a rate from now on.
-- @tparam integer rate in bit/s; 0, which a lost port returns, is ignored
function Listener:listen_at(rate)
  if rate ~= 0 then self.channel:set_baud(rate) end
end

local function change_rate(self)
  self.rate_since_s = self:now()
  self:listen_at(self.channel.port:baud() == ADAPTIVE_RATE and self.learnt_rate or ADAPTIVE_RATE)
end

local function settle_rate(self, line)
  if not self.adaptive or self.learnt_rate == ADAPTIVE_RATE then return end
  if is_noise(line or self.channel:half_read()) then return change_rate(self) end
  if line then
    self.rate_since_s = self:now()
  elseif may_change_rate(self) and self:now() >= self.rate_since_s + self.set.rate_change_s then
    change_rate(self)
  end
end

-- Shows the time since the last activity in every wait: for a line, a boot, a port.
local function show_age(self)
  if not self.tick_s then return end
  local wait = self.next_what and { what = self.next_what, at_s = self.next_when - self.last_word_s }
  self.on_tick(self:now() - self.last_word_s, wait)
end

-- A port lost after the trigger decides nothing: it may come back. Returns the reason to stop if it does not.
local function come_back(self, err)
  self.on_wait(("%s; waiting up to %s s for the port to come back. Keep the module powered: the update continues")
    :format(err.message, words.seconds(self.set.recover_s)))
  local deadline = math.min(self:now() + self.set.recover_s, self.end_s)
  self:waits("gives up", deadline)
  repeat
    local port, why = self.reopen()
    if port then
      self.channel:replace_port(port)
      self:listen_at(self.rate)
      self.reopened = true
      self:word()
      return nil
    end
    if why.kind == "interrupted" and self.leave() then return "left" end
    if why.kind == "pty_gone" then
      self.on_wait(why.message)
      return "gone"
    end
    show_age(self)
  until self:now() >= deadline
  return "lost"
end

--- Take the lines that were received along with a reply.
-- @tparam boolean running the module answered as usual: then a boot line among them does not mean a reboot
--   (protocol, chapter 8: some are sent at any time, even inside ATI)
function Listener:take_queued(running)
  for line, class, code in self.channel.queued, self.channel do
    if not (running and urc.is_boot(line)) then take(self, line, class, code) end
  end
end

local NOT_THE_PORT = {
  timeout = true, no_answer = true, refused = true, cme = true, cms = true, reboot = true, power = true,
}

--- What a failed wait or query means for following the module.
-- @tparam dfota.error err
-- @treturn string|nil nil to go on, or the reason to stop
function Listener:trouble(err)
  if NOT_THE_PORT[err.kind] then return nil end
  if err.kind == "interrupted" then return self.leave() and "left" or nil end
  return come_back(self, err)
end

--- Listen until the next line, the next tick or the deadline.
-- @tparam number patience_s
-- @treturn string|nil the reason to stop following
-- @treturn string|nil the line that was received
function Listener:listen(patience_s)
  local wait_s = math.min(patience_s, self.tick_s or patience_s)
  if not self:over() then wait_s = math.min(wait_s, self.end_s - self:now()) end -- what follows it is bounded, too
  if may_change_rate(self) then wait_s = math.min(wait_s, NOISE_LOOK_S) end
  local line, class, code = self.channel:listen(math.max(wait_s, 0))
  if line then
    take(self, line, class, code)
  else
    local err = class
    if err.kind ~= "timeout" then return self:trouble(err) end
    show_age(self)
  end
  settle_rate(self, line)
  return nil, line
end

--- Pause, but notice an update that continues (forced upgrade, second start).
-- @tparam number seconds
-- @treturn string|nil "updating", or the reason to stop following
function Listener:pause(seconds)
  local deadline = self:now() + seconds
  while self:now() < deadline do
    local reason, line = self:listen(deadline - self:now())
    if reason then return reason end
    if line and urc.is_fota(line) and not self.progress:ended() then return "updating" end
  end
end

return Listener
