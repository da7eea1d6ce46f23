--- What a run reports while it is running: phases, notes, progress and facts, to the report and to its record.
-- @module dfota.update.telling
local blame = require "dfota.update.blame"
local facts = require "dfota.update.facts"
local suggest = require "dfota.base.suggest"
local tables = require "dfota.base.tables"
local text = require "dfota.base.text"

local Telling = {}
Telling.__index = Telling

-- Programs know the phases by name (contract: phase).
local PHASES = { "prepare", "upload", "pdp", "trigger", "download", "update", "reboot", "verify", "read" }

local LEVELS = { "info", "warning", "error" }

--- @tparam table opts `report`; `record` a `dfota.update.record`; `decision` a `dfota.update.decision`
-- @treturn Telling with `phase`: the current one
function Telling.new(opts)
  return setmetatable({ report = opts.report, record = opts.record, decision = opts.decision, phase = nil }, Telling)
end

--- Is there a phase of that name? A mistake ends the flow.
-- @tparam string word of the flow that names it, as written there
-- @param name
function Telling:check_phase(word, name)
  if tables.is_in(name, PHASES) then return end
  self.decision:refuse_slip(("%s: there is no phase %s%s"):format(word, text.brief(name), suggest.hint(name, PHASES)))
end

--- A phase begins that is already a step of the record.
-- @tparam string name
function Telling:begin(name)
  self.phase = name
  self.report:event("phase", { name = name })
end

--- A phase begins, as a step of the record, unless it has begun already.
-- @tparam string name
function Telling:enter(name)
  if self.phase == name then return end
  self:begin(name)
  self.record:step(name)
end

--- Show which rate the module is looked for at. That others than the first are tried is a message of its own, once.
-- @tparam integer|nil baud nil: the search is over
-- @tparam {integer,...} bauds all that are tried
-- @tparam[opt] boolean listens nothing is sent there
function Telling:trying(baud, bauds, listens)
  if not baud then return self.report:status(nil) end
  if #bauds == 1 and not listens then return end
  if baud ~= bauds[1] and not self.searches then
    self.searches = true
    self:note("info", ("no answer at %d baud: trying %d other rates"):format(bauds[1], #bauds - 1))
  end
  self.report:status(("%s %d baud"):format(listens and "listening at" or "trying", baud))
end

--- Print a message.
-- @tparam string level "info", "warning" or "error"
-- @tparam string message
function Telling:note(level, message)
  if not tables.is_in(level, LEVELS) or message == nil then
    error(blame.fault(("job:note(level, text): the level is \"info\", \"warning\" or \"error\"%s"):format(
      suggest.hint(level, LEVELS))), 0)
  end
  self.report:event("note", { level = level, text = tostring(message) })
end

--- What the run's brake said, and what holds if it said nothing.
-- @tparam Brake brake
-- @tparam table|nil answer
-- @tparam dfota.error|nil err
function Telling:brake(brake, answer, err)
  answer = answer or {}
  self.report:event("brake", { run = brake.name, reached = err == nil, stop = answer.stop, reason = answer.reason })
  if err then return self:note("warning", err.message .. "; the limits of this machine hold alone") end
  if answer.known then return end
  self:note("warning", ("run %s is not known at the centre: the limits of this machine hold alone"):format(brake.name))
end

--- Progress in a phase, reported once per percent.
-- @tparam string phase
-- @treturn function of the bytes sent and the total
function Telling:progress(phase)
  self:check_phase("job:progress(phase)", phase)
  local last
  return function(sent, total)
    local percent = total > 0 and sent * 100 // total or 100
    if percent == last then return end
    last = percent
    self.report:event("progress", { phase = phase, percent = percent, bytes = sent, total = total })
  end
end

--- Report values as one event for programs.
-- @tparam table told by name; `names` those that are reported even if unknown
function Telling:facts(told)
  local wrong = facts.check_event(told)
  if wrong then self.decision:refuse_slip(wrong) end
  self.report:event("facts", told)
end

--- Record a fact of the flow's own, and report it to programs and people. An unknown one (nil) is skipped.
-- @tparam string name
-- @tparam string|number|boolean|nil value
function Telling:keep(name, value)
  if value == nil and type(name) == "string" then return end
  local wrong = facts.check(self.record.facts, name, value)
  if wrong then error(blame.fault(wrong), 0) end
  self.record:add(name, value)
  self.report:event("facts", { names = { name }, [name] = value })
  self:note("info", ("%s: %s"):format(name, value))
end

return Telling
