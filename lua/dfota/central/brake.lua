--- The global brake of a run: asked at the centre before each start and once before each trigger.
--
-- A centre that says nothing in time holds up nobody: then the limits of this machine hold alone, which is said.
-- @module dfota.central.brake

local connection = require "dfota.central.connection"
local core = require "dfota.core"
local errand = require "dfota.central.errand"
local patience = require "dfota.central.patience"

local brake = {}

local FRESH_S = 1 -- an answer is good for so long

--- Asks. Runs as an errand.
-- @tparam table what `url`, `run`; `register`: make the run known there; `seconds`: the caller's deadline
-- @tparam function tell
-- @treturn table|nil `known`, `stop`, `reason`; nil, err
function brake.run(what, tell)
  local conn <close>, err = patience.connect(what.url, what.seconds, tell)
  if not conn then return nil, err end
  local run = conn:quote(what.run)
  local register = what.register and ("INSERT INTO dfota.runs (run) VALUES (%s) ON CONFLICT DO NOTHING; "):format(run)
  local rows, why = conn:ask((register or "") .. ("SELECT known, stop, reason FROM dfota.brake(%s)"):format(run))
  if not rows then
    local fits, better = conn:hello() -- may know what is wrong
    return nil, fits and why or better
  end
  return { known = rows[1][1] == "t", stop = rows[1][2] == "t", reason = rows[1][3] }
end

local Brake = {}
Brake.__index = Brake

--- Why it stops, for people.
-- @tparam table answer
-- @treturn string
function Brake:words(answer)
  if answer.reason == "stop" then return ("run %s was stopped at the centre"):format(self.name) end
  return ("too many failed in run %s, over all gateways (%s)"):format(self.name, answer.reason)
end

--- @tparam string url
-- @tparam string run
-- @tparam number seconds the deadline of each question
-- @tparam[opt] table errands `send` (default: `dfota.central.errand`)
-- @treturn Brake
function brake.new(url, run, seconds, errands)
  return setmetatable({ url = url, name = run, seconds = seconds, errands = errands or errand, waiting = {} }, Brake)
end

--- The brake of a call.
-- @tparam table options `central`, `run`; `from_environment`
-- @tparam number seconds
-- @treturn[1] Brake|nil nil if it has none
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `usage`
function brake.of(options, seconds)
  if not options.central then return nil end
  local read, err = connection.parse(options.central)
  if not read then return nil, err end
  if options.run then return brake.new(options.central, options.run, seconds) end
  -- A variable says nothing of this call; whoever types the option wants to be stopped.
  if options.from_environment.central then return nil end
  return nil, core.error("usage", "--central needs --run ID: which run may stop this update?")
end

local function question(self, register)
  return self.errands.send("dfota.central.brake",
    { url = self.url, run = self.name, seconds = self.seconds, register = register })
end

--- Asks, and waits for the answer.
-- @tparam[opt] function wait of the host
-- @treturn table|nil answer; nil, err of kind `central`, `central_refused` or `interrupted`
function Brake:ask(wait)
  local sent, err = question(self)
  if not sent then return nil, err end
  return sent:wait { total_s = self.seconds, wait = wait }
end

local ask_now

-- Those that came behind `forget` need an answer of their own.
local function answered(self, answer, err)
  local waiting, later = self.waiting, self.later
  self.sent, self.waiting, self.later = nil, later or {}, nil
  self.last, self.last_err, self.at = answer, err, not later and core.now() or nil
  if answer then self.registered = true end
  for _, on_answer in ipairs(waiting) do on_answer(answer, err) end
  if self.waiting[1] and not self.sent then ask_now(self) end
end

function ask_now(self)
  local err
  self.sent, err = question(self, not self.registered)
  if not self.sent then return answered(self, nil, err) end
  self.sent:follow({ total_s = self.seconds }, function(answer, why) answered(self, answer, why) end)
end

--- Asks while luv's loop goes on; an answer that is fresh serves again, and one question serves all that wait.
-- @tparam function on_answer gets the answer; nil, err
function Brake:ask_later(on_answer)
  if self.at and core.now() - self.at < FRESH_S then return on_answer(self.last, self.last_err) end
  table.insert(self.later or self.waiting, on_answer)
  if not self.sent then ask_now(self) end
end

--- The centre knows more now: whoever asks from here on gets no answer to a question of before.
function Brake:forget()
  self.at = nil
  if self.sent then self.later = self.later or {} end
end

--- Gives up a question that is on its way.
function Brake:close()
  if self.sent then self.sent:close() end
  self.sent, self.waiting, self.later = nil, {}, nil
end

return brake
