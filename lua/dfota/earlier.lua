--- What an earlier run left behind: an update under way, or a journal without its end.
-- @module dfota.earlier
local DataMode = require "dfota.data_mode"
local urc = require "dfota.urc"
local verdict = require "dfota.verdict"

local Job = {}

--- The journal's record of an update on this module, or on this port while the IMEI is
-- not known, that was triggered and whose end was not seen.
-- @treturn table|nil row of the ledger
function Job:open_row()
  local row, err = self.ledger:open_on(self.port_name, self.imei)
  if err then error(err, 0) end
  return row
end

-- Listen for an update that has not shown itself yet. A line of it is enough.
local function hear_update(self, seconds)
  local deadline = self:now() + seconds
  while self:now() < deadline do
    local line, err = self.channel:listen(deadline - self:now())
    if line and urc.is_fota(line) then return true end
    if not line and err.kind ~= "timeout" then error(err, 0) end
  end
  return false
end

local function listen_first(self)
  assert(self.channel:set_baud(self.want.bauds[1]))
  return hear_update(self, self.set.listen_s) and { updating = true } or nil
end

-- A module that updates itself answers nowhere, and is not to be asked at every rate for long. So it is listened to:
-- before anything is asked where a record says that it may be updating, else after one quick look.
local function search(self)
  local found, err
  if self:open_row() then
    found = listen_first(self)
  else
    found, err = self.channel:sync { bauds = self.want.bauds, answer_s = 0, briefly = true }
    if not found and err.kind == "no_answer" then found = listen_first(self) end
  end
  if found or err and err.kind ~= "no_answer" then return found, err end
  return self.try("sync", function()
    return self.channel:sync { bauds = self.want.bauds, answer_s = self.set.answer_s, tries = 3 }
  end)
end

-- A silent module may be held in data mode by an upload that was killed; `+++` is no query, though.
local function find(self)
  local found, err = search(self)
  local may_change = not self.want.check and self.package.transport
  if found or err.kind ~= "no_answer" or not may_change then return found, err end
  local back, lost = DataMode.call_back(self.channel, {
    baud = self.want.bauds[1], guard_s = self.set.guard_s, again_s = self.set.again_s,
  })
  if back or lost.kind ~= "no_answer" then return back, lost end
  return nil, err
end

--- Find the module, or see that it is updating itself.
-- @treturn string "answers" or "updating"; raises kind `no_answer`
function Job:connect()
  local found, err = find(self)
  if not found then
    if err.kind == "no_answer" and self:open_row() then
      self:note("warning", "the module is silent, and an earlier run triggered an update here whose end was not seen")
      return "updating"
    end
    error(err, 0)
  end
  return found.updating and "updating" or "answers"
end

-- The revision tells how an earlier run's update ended: write it into the journal.
-- Returns that verdict.
local function close_row(self, row)
  local result = verdict.of_update {
    before = row.from, to = row.to, after = self.before, downloading = true, why = "the end of that run was not seen",
  }
  if result.outcome == "unknown" then result.outcome = "wrong_revision" end
  self:note("warning", ("an earlier run triggered an update of %s here and did not see its end; the module runs %s")
    :format(tostring(row.from), self.before))
  assert(self.ledger:finish(row.id, {
    outcome = result.outcome, after = result.after, code = result.code, message = result.message, rc = result.rc,
    seen = { imei = self.imei, model = self.model, revision = self.before, port = self.port_name },
  }))
  return result
end

-- Was that run about the package that this one brings?
local function brings(self, row)
  local transport = self.package.transport
  return transport ~= nil and transport:is_of(row)
end

--- Take up the journal of a run that was killed after its trigger. A module that still runs the
-- source may be about to begin, so it is listened to until `update_silence_s` after that trigger; for all of that
-- time where no clock that can be trusted tells when it was.
-- @treturn table|nil the result, where following that update is all that this run does, or where that
--   update brought what this run was to bring
function Job:take_up_earlier_run()
  if self.want.check then return nil end
  local row = self:open_row()
  if not row then return nil end
  local age_s = self.record:age_of(row)
  local left_s = self.set.update_silence_s - (age_s or 0)
  local may_begin = self.before == row.from or not row.from
  if may_begin and left_s > 0 then
    self:note("warning", ("an earlier run triggered an update%s whose end was not seen: listening for it for %.0f s")
      :format(age_s and (" %.0f s ago"):format(age_s) or "", left_s))
    if hear_update(self, left_s) then return self:watch() end
    self.before = self:read_revision()
  end
  local ended
  while row do
    local result = close_row(self, row)
    if not self.want.to and result.ok and brings(self, row) then ended = ended or result end
    row = self:open_row()
  end
  return ended
end

--- For a watcher: is an update under way, or was one?
-- @treturn string "answers" or "updating"
function Job:look()
  self.watches = true
  local found, err = search(self)
  if not found and err.kind ~= "no_answer" then error(err, 0) end
  return found and found.answered and "answers" or "updating"
end

--- For a watcher of a module that answers: judge it by what it runs.
-- @treturn table the fields of a result
function Job:judge_now()
  self:identify()
  local row = self:open_row()
  if row then
    local pending = self:take_up_earlier_run()
    if pending then return pending end
    return verdict.of_update { before = row.from, to = self.want.to or row.to, after = self.before }
  end
  if self.before == self.want.to and not self.want.from then return self:already_current() end
  if self.want.to or self.want.from then
    return verdict.of_update { before = self.want.from, to = self.want.to, after = self.before, idle = true }
  end
  return verdict.unchanged("checked", self.before, "no update is under way")
end

return Job
