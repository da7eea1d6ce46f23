--- What a fleet's run has to do with the central ledger while it runs: its brake is asked before each start, and its
-- journal is shipped whenever an update has ended. Neither holds up the run: what cannot be reached is told once, and
-- tried again.
-- @module dfota.fleet.central

local brake = require "dfota.central.brake"
local core = require "dfota.core"
local push = require "dfota.central.push"
local uv = require "luv"

local central = {}

local Central = {}
Central.__index = Central
Central.__name = "dfota.fleet.central"

local BRAKE_S = 5 -- the deadline of each question
local GAP_S = 5 -- between two shipments
local LAST_S = 10

--- @tparam table options `url`; `run`, its name; `journal`, its place (nil: the default one; false: there is none to
--   ship); `warn(words)`; `on_brake(answer, err)` is told every answer; `last_s`, so long the end of a run may take for
--   the last shipment (default: 10); `brake` and `ship_later`, if not the real ones
-- @treturn Central with `reached`: was there an answer to the last question? (nil: none was asked yet)
function central.new(options)
  return setmetatable({
    journal = options.journal, url = options.url, warn = options.warn, on_brake = options.on_brake,
    brake = options.brake or brake.new(options.url, options.run, BRAKE_S),
    ship_later = options.ship_later or push.ship_later, last_s = options.last_s or LAST_S, timer = uv.new_timer(),
    told = {},
  }, Central)
end

-- Once, until it is something else.
local function tell(self, about, words)
  if words and self.told[about] ~= words then self.warn(words) end
  self.told[about] = words
end

--- May an update start?
-- @tparam function on_answer called, at once or later, with the answer; nil if there is none, and the limits of this
--   machine hold alone
function Central:ask(on_answer)
  self.brake:ask_later(function(answer, err)
    if self.closed then return end
    self.reached = err == nil
    tell(self, "brake", err and err.message .. "; the limits of this machine hold alone")
    self.on_brake(answer, err)
    on_answer(answer)
  end)
end

local function ship(self)
  self.dirty, self.began = false, core.now()
  local sent, err = self.ship_later(self.journal, self.url, function(_, why)
    self.sent = nil
    tell(self, "ship", why and why.message)
    if self.dirty then self:ship() end
  end)
  self.sent = sent
  if not sent then tell(self, "ship", err.message) end
end

--- There is something to ship: soon, and together with what comes meanwhile.
function Central:ship()
  if self.journal == false then return end
  self.dirty = true
  if self.sent or self.closed or self.timer:is_active() then return end
  local pause_s = self.began and math.max(0, self.began + GAP_S - core.now()) or 0
  uv.update_time()
  self.timer:start(math.ceil(pause_s * 1000), 0, function() ship(self) end)
end

--- The end of the run: what is left is shipped, and waited for. What cannot be is shipped next time.
function Central:last()
  if self.journal == false then return end
  local late, over = uv.new_timer(), false
  uv.update_time()
  late:start(math.ceil(self.last_s * 1000), 0, function() over = true end)
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
  self.timer:stop()
  self.timer:close()
end

return central
