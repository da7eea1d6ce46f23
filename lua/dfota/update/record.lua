--- What a run knows about its module, and its record in the ledger.
--
-- The record is written in at most three commits (begun, triggered, ended). Steps and facts stay in memory until the
-- last one, so that nothing waits for a database while a module is busy.
-- @module dfota.update.record
local Secrets = require "dfota.at.secrets"
local core = require "dfota.core"
local json = require "dkjson"
local nothing = require "dfota.ledger.null"
local tables = require "dfota.base.tables"
local text = require "dfota.base.text"
local uv = require "luv"

local Record = {}
Record.__index = Record

--- @tparam table opts `ledger` (default: none); `port` its name; `names` all that the ledger may know it by
--   (default: that one); `request` with `to` and `run`; `package`; `trace` its path; `wall` seconds since the epoch;
--   `now` the monotonic clock; `boot` the host's boot id, for that clock;
--   `on_trouble` function(err), called once, if the run may go on although the ledger fails;
--   `missing` why the ledger cannot be used, if there should be one;
--   `secrets` that must not get into it (`dfota.at.secrets`)
-- @treturn Record with `before` (the revision that ran before), `imei`, `model`, as far as known; `is_unnamed`: it
--   does not report its IMEI; `id` in the
--   ledger; `triggered`: an update was triggered, by this run or by the one that it follows
function Record.new(opts)
  return setmetatable({
    ledger = opts.ledger or nothing.new(), wall = opts.wall or os.time, now = opts.now or core.now, boot = opts.boot,
    port = opts.port, names = opts.names or { opts.port }, request = opts.request or {},
    package = opts.package or {}, trace = opts.trace, on_trouble = opts.on_trouble, broken = opts.missing,
    steps = {}, facts = {}, started = (opts.wall or os.time)(), secrets = opts.secrets or Secrets.new(),
  }, Record)
end

--- A step was reached.
-- @tparam string name
function Record:step(name)
  self.steps[#self.steps + 1] = { name = name, at = self.wall() }
end

--- The module was identified.
-- @tparam table who `model`, `revision`, `imei`
function Record:identify(who)
  self.before, self.imei, self.model = who.revision, who.imei, who.model
  self.is_unnamed = who.imei == nil
end

--- The revision was read again, before anything was changed.
-- @tparam string revision
function Record:runs(revision) self.before = revision end

--- The module's own rate setting.
-- @tparam integer baud 0: it detects the rate (adaptive mode)
function Record:found_at(baud) self.baud = baud end

--- Add a fact of the flow's own.
-- @tparam string name
-- @tparam string|number|boolean value
function Record:add(name, value)
  self.facts[name] = value
  self.news = true
end

-- What the ledger stores about this run.
local function described(self)
  local package, transport = self.package, self.package.transport or {}
  return {
    imei = self.imei, model = self.model, port = self.port, host = uv.os_gethostname(), run = self.request.run,
    from = self.before, to = self.request.to, package = transport.name, hash = transport.hash, size = package.size,
    way = transport.kind, trace = self.trace, forced = self.forced,
  }
end

--- The module is about to be changed. The record is on disk when this returns true.
-- @tparam[opt] string forced names of the gates that were passed with --force
-- @treturn boolean|nil true; nil, err
function Record:begin(forced)
  if self.id then return true end
  self.forced = forced
  local fields = described(self)
  fields.started = self.started
  local id, err = self.ledger:begin(fields)
  if not id then return nil, err end
  self.id = id
  return true
end

--- The trigger is about to be sent. The record is on disk when this returns true.
-- @treturn boolean|nil true; nil, err
function Record:trigger()
  self:step "trigger"
  return self.ledger:triggered(self.id, { wall = self.wall(), mono = self.now(), boot = self.boot })
end

--- From here on the trigger may have been sent.
function Record:commit() self.triggered, self.committed = true, true end

--- This run follows an update that another run triggered.
-- @tparam table|nil row of the ledger, if there is one
-- @tparam string|nil before the revision that ran before
function Record:follow(row, before)
  self.triggered, self.before = true, before
  if not row then return end
  self.id, self.adopted = row.id, true
  self.imei = self.imei or row.imei
  self.is_unnamed = self.imei == nil
end

--- There was no update to follow.
function Record:unfollow() self.triggered = nil end

local function fail_or_go_on(self, err)
  if not self.on_trouble then error(err, 0) end
  if not self.broken then self.on_trouble(err) end
  self.broken = err
end

--- The ledger's record of an update that was triggered and whose end was not seen: on this module, or on this port
-- while the IMEI is unknown, under whichever of its names.
-- @treturn table|nil row of the ledger; nil, err if it fails
function Record:find_open()
  for _, name in ipairs(self.names) do
    local row, err = self.ledger:open_on(name, self.imei or self.request.imei)
    if row or err then return row, err end
  end
end

--- The same of another module that was on this port: it was exchanged before its end was seen.
-- @treturn table|nil row of the ledger
function Record:open_of_another()
  if self.broken or not self.imei then return nil end
  for _, name in ipairs(self.names) do
    local row, err = self.ledger:open_on(name)
    if err then return fail_or_go_on(self, err) end
    if row and row.imei and row.imei ~= self.imei then return row end
  end
end

--- The same. Raises if the ledger fails, unless the run may go on without it.
-- @treturn table|nil row of the ledger
function Record:open_row()
  if self.broken then return nil end
  local row, err = self:find_open()
  if err then fail_or_go_on(self, err) end
  return row
end

--- What the next update found on its module, which knew nothing of one whose end was not seen: ledgers were merged, or
-- that one had none. What the module runs now is then the work of others. A run that triggered nothing may have found
-- it before that update began.
-- @tparam table row of that update
-- @treturn string|nil revision; nil if there was no such update
function Record:found_after(row)
  if self.broken or not (self.imei and row.triggered) then return nil end
  local rows, err = self.ledger:rows { imei = self.imei, since = row.triggered, limit = false }
  if not rows then return fail_or_go_on(self, err) end
  for i = #rows, 1, -1 do -- the oldest of them first
    if rows[i].id ~= row.id and rows[i].from and rows[i].triggered then return rows[i].from end
  end
end

--- How many triggers of this module the ledger has recorded. A lower bound: other hosts have ledgers of their own.
-- @treturn integer|nil nil if the IMEI is unknown, or there is no ledger
-- @treturn ?string|boolean why it is unknown although there is a ledger; else false
function Record:updates_seen()
  if self.ledger.is_none or self.broken then return nil, false end
  if not self.imei then return nil, "the ledger counts by IMEI, which the module does not report" end
  local count, err = self.ledger:triggers(self.imei)
  if err then fail_or_go_on(self, err) end
  return count
end

-- A module that does not report its IMEI is known by its port, under any of its names: if another one is there now,
-- only a forced gate lets it pass.
local function failed_with(self, package)
  if self.imei then return self.ledger:failed_with(self.imei, package) end
  for _, name in ipairs(self.names) do
    local row, err = self.ledger:failed_with("", tables.with(package, { port = name }))
    if row or err then return row, err end
  end
end

--- Did a package fail on this module before with an error that is not transient?
-- @tparam[opt] table transport of the package (`dfota.config.transport`); default: this run's
-- @treturn table|boolean|nil the row of the latest such attempt; false if there is none; nil if unknown
function Record:failed_before(transport)
  transport = transport or self.package.transport
  if self.ledger.is_none or self.broken or not (self.before and transport) then return nil end
  local row, err = failed_with(self, { hash = transport.hash, url = transport.name })
  if err then return fail_or_go_on(self, err) end
  if row then return row end
  if self.imei then return false end
end

--- Did this package bring this module to the revision that it runs, as far as the ledger knows?
-- @treturn boolean
function Record:is_updated()
  local hash = self.package.transport and self.package.transport.hash
  if self.ledger.is_none or self.broken or not (self.imei and self.before and hash) then return false end
  local row, err = self.ledger:updated_with(self.imei, hash)
  if err then fail_or_go_on(self, err) end
  return row ~= nil and row.after == self.before
end

--- Record the end of an earlier run's update, as it is known now.
-- @tparam table row of that run
-- @tparam table result
function Record:close_row(row, result)
  local done, err = self.ledger:finish(row.id, {
    outcome = result.outcome, after = result.after, code = result.code,
    message = result.message and self.secrets:masked(result.message), rc = result.rc,
    seen = { imei = self.imei, model = self.model, revision = self.before, port = self.port },
  })
  if not done then fail_or_go_on(self, err) end
end

local function seen(facts, result, baud)
  local revision = result.after or result.outcome ~= "unknown" and facts.from or nil
  return { imei = facts.imei, model = facts.model, port = facts.port, host = facts.host, revision = revision,
    baud = baud }
end

-- Printable, so that the ledger need not change the JSON.
local function shown(facts, secrets)
  local all = {}
  for name, value in pairs(facts) do
    all[name] = type(value) == "string" and text.printable(secrets:masked(value)) or value
  end
  return all
end

-- Of an update that an earlier run triggered, its own verdict is recorded, whatever this call wanted.
local function fields_of(self, result)
  local fields = described(self)
  result = result.of_record or result
  for _, key in ipairs { "outcome", "after", "code", "message", "rc", "refused", "doubt" } do
    fields[key] = result[key]
  end
  for _, key in ipairs { "message", "doubt" } do -- these may quote the module
    fields[key] = fields[key] and self.secrets:masked(fields[key])
  end
  fields.steps = not self.adopted and self.steps or nil
  fields.facts = next(self.facts) and json.encode(shown(self.facts, self.secrets)) or nil
  fields.started, fields.untriggered = self.started, not self.triggered
  fields.seen = fields.imei and seen(fields, result, self.baud)
  return fields
end

local function missing(result, err)
  result.recorded = false
  result.message = ("%s; %sthe record is missing"):format(result.message, result.rc == 0 and "only " or "")
  return err
end

--- Records the end, in bounded time. The verdict stands even if this fails: the result gets `recorded`, and its message
-- says if the record is missing.
-- @tparam table result of the run
-- @tparam boolean looks this run changes nothing, and is recorded only if a record was begun
-- @treturn dfota.error|nil why it was not recorded
function Record:finish(result, looks)
  self.news = false
  if self.broken then return missing(result, nil) end
  local known = self.before or self.imei or self.model
  if self.ledger.is_none or not self.id and (looks or not known) then return nil end
  local done, err = self.ledger:conclude(self.id, fields_of(self, result))
  if not done then return missing(result, err) end
  result.recorded = true
end

--- Records the facts that were added after the end, if there is a record.
-- @tparam table result
-- @treturn dfota.error|nil why they were not recorded
function Record:finish_facts(result)
  if not (self.news and self.id and result.recorded) then return nil end
  self.news = false
  local done, err = self.ledger:conclude(self.id, fields_of(self, result))
  return not done and err or nil
end

--- How long ago the trigger of a recorded update was sent, by the monotonic clock.
-- @tparam table row of the ledger
-- @treturn number|nil seconds; nil if the clock cannot tell: another host, another boot, an older layout
function Record:age_of(row)
  if not (self.boot and row.boot == self.boot and row.mono) then return nil end
  local age_s = self.now() - row.mono
  return age_s >= 0 and age_s or nil
end

return Record
