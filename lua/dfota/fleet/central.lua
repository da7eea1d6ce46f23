--- What a fleet's run has to do with the central ledger while it runs: its journal is shipped whenever an update has
-- ended, and its brake is asked before each start, once the centre has got what this machine knows: it may be what
-- makes failures too many. Neither holds up the run for long: what cannot be reached is told once, and tried again.
-- @module dfota.fleet.central

local alarm = require "dfota.base.alarm"
local brake = require "dfota.central.brake"
local core = require "dfota.core"
local push = require "dfota.central.push"
local uv = require "luv"

local central = {}

local Central = {}
Central.__index = Central
Central.__name = "dfota.fleet.central"

local BRAKE_S = 5 -- the deadline of each question
local GAP_S = 5 -- between two shipments for which nobody waits
local WAIT_S = 10 -- so long after a shipment began a question waits for it
local LAST_S = 10

--- @tparam table options `url`; `run`, its name; `journal`, its place (nil: the default one; false: there is none to
--   ship); `is_behind`: it may have something already that is not shipped; `warn(words)`; `on_brake(answer, err)` is
--   told every answer; `last_s`, so long the end of a run may take for the last shipment (default: 10); `brake` and
--   `ship_later`, if not the real ones
-- @treturn Central with `reached`: was there an answer to the last question? (nil: none was asked yet)
function central.new(options)
  return setmetatable({
    journal = options.journal, url = options.url, warn = options.warn, on_brake = options.on_brake,
    brake = options.brake or brake.new(options.url, options.run, BRAKE_S),
    ship_later = options.ship_later or push.ship_later, last_s = options.last_s or LAST_S, timer = uv.new_timer(),
    told = {}, waiting = {}, late = uv.new_timer(), number = 0, dirty = options.is_behind,
  }, Central)
end

-- Once, until it is something else.
local function tell(self, about, words)
  if words and self.told[about] ~= words then self.warn(words) end
  self.told[about] = words
end

-- Lets go those that wait for this shipment or an earlier one; nil: for any.
local function let_go(self, number)
  local waiting = self.waiting
  self.waiting = {}
  for _, one in ipairs(waiting) do
    if number and one.number > number then table.insert(self.waiting, one) else one.ask() end
  end
  if not self.waiting[1] then self.late:stop() end
end

local ship

-- Where one failed the next may as well: nobody waits for that.
local function shipped(self, why)
  self.sent, self.has_failed = nil, why ~= nil
  tell(self, "ship", why and why.message .. "; until it is shipped, only the limits of this machine count it")
  if self.closed then return end
  if not why then
    tell(self, "late")
    self.brake:forget()
  end
  let_go(self, not why and self.number or nil)
  if self.sent or not self.dirty then return end
  if self.waiting[1] then ship(self) else self:ship() end
end

function ship(self)
  self.timer:stop()
  self.dirty, self.began, self.number = false, core.now(), self.number + 1
  local sent, err = self.ship_later(self.journal, self.url, function(_, why) shipped(self, why) end)
  self.sent = sent
  if not sent then shipped(self, err) end
end

local function go_without(self)
  tell(self, "late", ("what ended here is not at the centre after %d s; until it is, only the limits of this machine "
    .. "count it"):format(WAIT_S))
  let_go(self)
end

-- What comes while one is on its way is in the next one.
local function after_shipment(self, ask)
  if not (self.sent or self.dirty) or self.has_failed then return ask() end
  if not self.sent then ship(self) end
  local left_s = self.began + WAIT_S - core.now()
  if not self.sent then return ask() end
  table.insert(self.waiting, { ask = ask, number = self.number + (self.dirty and 1 or 0) })
  if left_s <= 0 then return go_without(self) end
  if self.late:is_active() then return end
  alarm.set(self.late, left_s, function() go_without(self) end)
end

--- May an update start?
-- @tparam function on_answer called, at once or later, with the answer; nil if there is none, and the limits of this
--   machine hold alone
function Central:ask(on_answer)
  local function take(answer, err)
    if self.closed then return end
    self.reached = err == nil
    tell(self, "brake", err and err.message .. "; the limits of this machine hold alone")
    self.on_brake(answer, err)
    on_answer(answer)
  end
  after_shipment(self, function() self.brake:ask_later(take) end)
end

--- There is something to ship: soon, and together with what comes meanwhile.
function Central:ship()
  if self.journal == false then return end
  self.dirty = true
  if self.sent or self.closed or self.timer:is_active() then return end
  local pause_s = self.began and math.max(0, self.began + GAP_S - core.now()) or 0
  alarm.set(self.timer, pause_s, function() ship(self) end)
end

--- The end of the run: what is left is shipped, and waited for. What cannot be is shipped next time.
function Central:last()
  if self.journal == false then return end
  local late, over = uv.new_timer(), false
  alarm.set(late, self.last_s, function() over = true end)
  while self.sent and not over do uv.run "once" end
  self.timer:stop()
  if not over then ship(self) end
  while self.sent and not over do uv.run "once" end
  if over then self.warn "the centre does not answer: ledger.lua --push ships what waits in the journal" end
  late:close()
end

--- Gives up what is on its way.
function Central:close()
  self.closed = true
  self.brake:close()
  if self.sent then self.sent:close() end
  self.waiting = {}
  for _, timer in ipairs { self.timer, self.late } do
    timer:stop()
    timer:close()
  end
end

return central
