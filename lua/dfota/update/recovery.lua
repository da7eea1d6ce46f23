--- What an earlier run left behind: a record with a trigger and no end.
-- @module dfota.update.recovery
local verdict = require "dfota.update.verdict"

local Recovery = {}
Recovery.__index = Recovery

--- @tparam table opts `record`; `finder`; `settings`; `request`; `transport` of this run's package, nil for
--   watch.lua; `warn` function(text); `gate` function(spec); `read_revision` function() → string; `follow` function() →
--   result: listens to the update that is under way
-- @treturn Recovery
function Recovery.new(opts) return setmetatable(opts, Recovery) end

-- The revision that runs now decides the verdict of the earlier run, or the one that the next run found.
local function close(self, row)
  local record = self.record
  local found = record:found_after(row)
  local result = verdict.of_earlier {
    before = row.from, to = row.to, after = found or record.before, is_over = self.watches and row.way == "file",
  }
  if found then result.message = ("its end was not seen; the next run found the module at %s"):format(found) end
  self.warn(("an earlier run triggered an update of %s here and did not see its end; %sthe module now runs %s"):format(
    tostring(row.from), found and ("the next one found it at %s; "):format(found) or "", record.before))
  record:close_row(row, result)
  return result
end

-- A module that still runs the source may be about to start updating.
local function may_begin(self, row) return self.record.before == row.from or not row.from end

-- A stage that this program does not know was reported, and no clock says how long it may take: only listening from
-- now on settles it, which is what watch.lua is for.
local function is_in_doubt(self, row) return row.doubt ~= nil and may_begin(self, row) end

-- Did that run use this run's package?
local function brings(self, row) return self.transport ~= nil and self.transport:is_of(row) end

-- A module that does not say its IMEI may be another one than the one that was triggered here, and its revision would
-- be taken for that one's. Gate `imei`.
local function check_named(self, row)
  if not row.imei or self.record.imei or self.request.imei == row.imei then return end
  self.gate { "imei", ok = false, limit = row.imei, message = ("an update whose end was not seen was triggered here on "
    .. "the module with IMEI %s, and this one does not say its IMEI"):format(row.imei) }
end

-- Returns the result of one that installed what this run would install, or of one that this run cannot settle.
local function close_all(self, row)
  local ended
  while row do
    if not self.watches and is_in_doubt(self, row) then
      return verdict.of_doubt { before = row.from, after = self.record.before }
    end
    check_named(self, row) -- an older one may be of a module that had a name
    local result = close(self, row)
    if not self.request.to and result.ok and brings(self, row) then ended = ended or result end
    row = self.record:open_row()
  end
  return ended
end

local function triggered_by_another(age_s)
  return ("an earlier run triggered an update%s whose end was not seen"):format(
    age_s and (" %.0f s ago"):format(age_s) or "")
end

-- Returns whether a line of the update was received.
local function listen(self, age_s, left_s)
  self.warn(("%s: listening for it for %.0f s"):format(triggered_by_another(age_s), left_s))
  if self.finder:hear_update(left_s) then return true end
  self.record:runs(self.read_revision())
  return false
end

-- Whoever asks after the update on this port means that module, perhaps.
local function tell_another(self)
  local row = self.record:open_of_another()
  if not row then return end
  self.warn(("an update whose end was not seen was triggered here on another module, IMEI %s, and that one is not "
    .. "judged: this is about IMEI %s; watch.lua --imei of the other one completes its record"):format(
    row.imei, self.record.imei))
end

--- Warn of such a record in a run that only checks: there is no waiting and no recording.
function Recovery:tell()
  local row = self.record:open_row()
  if not row then return tell_another(self) end
  self.warn(("%s: an update would first follow that one, and watch.lua does so now"):format(
    triggered_by_another(self.record:age_of(row))))
end

-- How long to listen for it yet.
local function left_of(self, row, age_s)
  local silence_s = self.settings.update_silence_s
  if self.watches and is_in_doubt(self, row) then return silence_s end
  return silence_s - (age_s or 0)
end

--- Take up the record of a run that was killed after its trigger. A module that still runs the source may be about to
-- start updating, so listen until `update_silence_s` after that trigger, or for that whole time if no trustworthy clock
-- tells when it was. One that saw an unknown stage is not settled here while the module runs its source, except by
-- watch.lua. Gate `imei`: one that does not say who it is is not judged for another.
-- @treturn table|nil the result, if following that update is all that this run does, or if that update installed what
--   this run would install
function Recovery:take_up()
  local row = self.record:open_row()
  if not row then return tell_another(self) end
  check_named(self, row)
  local age_s = self.record:age_of(row)
  local left_s = left_of(self, row, age_s)
  if may_begin(self, row) and left_s > 0 and listen(self, age_s, left_s) then return self.follow() end
  return close_all(self, row)
end

--- For watch.lua and a module that answers: judge it by the revision it runs.
-- @treturn table the fields of a result
function Recovery:judge_now()
  local record, request = self.record, self.request
  self.watches = true
  local row = record:open_row()
  local earlier = row and self:take_up()
  if earlier then return earlier end
  if row and not record:found_after(row) then
    return verdict.of_update { before = row.from, to = request.to or row.to, after = record.before }
  end
  if not (row or request.imei) then tell_another(self) end
  return verdict.of_idle { before = record.before, from = request.from, to = request.to }
end

return Recovery
