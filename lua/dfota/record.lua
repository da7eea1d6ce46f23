--- What a run leaves in the ledger: one record, in three commits at most (begun, triggered, ended). Steps stay in
-- memory until the last, so that nothing waits for a database while a module is busy.
-- @module dfota.record
local core = require "dfota.core"
local nothing = require "dfota.ledger_none"
local uv = require "luv"

local Record = {}
Record.__index = Record

--- @tparam table opts `ledger` (none if left out); `wall` seconds since the epoch; `now` the monotonic clock; `boot`
--   which boot of the host that counts from
-- @treturn Record
function Record.new(opts)
  return setmetatable({
    ledger = opts.ledger or nothing.new(), wall = opts.wall or os.time, now = opts.now or core.now, boot = opts.boot,
    steps = {}, started = (opts.wall or os.time)(),
  }, Record)
end

--- A step was reached.
-- @tparam string name
function Record:step(name)
  self.steps[#self.steps + 1] = { name = name, at = self.wall() }
end

--- What is known of the run and its module, as far as it is: see `begin` of `dfota.ledger_book`.
-- @tparam table facts
function Record:describe(facts)
  facts.host = uv.os_gethostname()
  self.facts = facts
end

--- The module is about to be changed: on disk when this returns true.
-- @treturn boolean|nil true; nil, err
function Record:begin()
  self.facts.started = self.started
  local id, err = self.ledger:begin(self.facts)
  if not id then return nil, err end
  self.id = id
  return true
end

--- The trigger is about to go out: on disk when this returns true.
-- @treturn boolean|nil true; nil, err
function Record:trigger()
  self:step "trigger"
  return self.ledger:triggered(self.id, { wall = self.wall(), mono = self.now(), boot = self.boot })
end

--- This run goes on with what an earlier one began.
-- @tparam string id
function Record:adopt(id)
  self.id, self.adopted = id, true
end

local function seen(facts, result)
  local revision = result.after or result.outcome ~= "unknown" and facts.from or nil
  return { imei = facts.imei, model = facts.model, port = facts.port, host = facts.host, revision = revision }
end

--- Records the end, in bounded time. Whatever becomes of it, the verdict stands: the result gets `recorded` and, where
-- the record is missing, words for it.
-- @tparam table result of the run
-- @tparam table about `triggered`: a trigger went out; `unread`: what was not begun is not recorded either
-- @treturn dfota.error|nil why it was not recorded
function Record:finish(result, about)
  if self.ledger.is_none or not self.id and (about.unread or not self.facts) then return nil end
  local fields = {}
  for key, value in pairs(self.facts or {}) do fields[key] = value end
  for _, key in ipairs { "outcome", "after", "code", "message", "rc", "refused" } do fields[key] = result[key] end
  fields.steps = not self.adopted and self.steps or nil
  fields.started, fields.untriggered = self.started, not (about.triggered or self.adopted)
  fields.seen = self.facts and self.facts.imei and seen(self.facts, result)
  local done, err = self.ledger:conclude(self.id, fields)
  result.recorded = done == true
  if done then return nil end
  result.message = ("%s; %sthe record is missing"):format(result.message, result.rc == 0 and "only " or "")
  return err
end

--- How long ago the trigger of a recorded update went out, by the clock that nobody sets.
-- @tparam table row of the ledger
-- @treturn number|nil seconds; nil where no clock can tell: another host, another boot, another layout
function Record:age_of(row)
  if not (self.boot and row.boot == self.boot and row.mono) then return nil end
  local age_s = self.now() - row.mono
  return age_s >= 0 and age_s or nil
end

return Record
