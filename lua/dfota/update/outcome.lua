--- After the trigger: follows the module and gathers the facts for the verdict.
-- @module dfota.update.outcome
local LateStart = require "dfota.update.late_start"
local Monitor = require "dfota.update.monitor"
local Progress = require "dfota.update.progress"
local Presses = require "dfota.update.presses"
local hops = require "dfota.update.hops"
local rates = require "dfota.at.rates"
local text = require "dfota.base.text"
local tables = require "dfota.base.tables"
local verdict = require "dfota.update.verdict"

local Outcome = {}
Outcome.__index = Outcome

--- @tparam table opts `channel`; `modem`; `settings`; `record`; `request` with `from`, `to` and `bauds`; `baud` the
--   rate that was asked for; `host` its signals, clock and waiting; `open_port` function() → port|nil, err;
--   `phase` function(name); `event` function(name, fields); `warn` function(text); `tick` function(age_s, wait) and
--   `tick_s`
-- @treturn Outcome
function Outcome.new(opts) return setmetatable(opts, Outcome) end

-- One attempt to reopen the lost port, after a short wait. The old one is closed first: an adapter that is plugged in
-- again while it is open gets another device name.
local function reopener(self)
  return function()
    self.channel.port:close()
    local waited, err = self.host.wait(self.settings.reopen_s)
    if not waited then return nil, err end
    return self.open_port()
  end
end

-- The rates to try first after the reboot: 115200 (adaptive mode, note chapter 3.2, note 2, and what new firmware may
-- start with) and the requested rate; for watch.lua all of them, because the module may not have answered it yet.
local function likely_rates(self, progress)
  return rates.joined(115200, self.baud, progress.way == "watch" and self.request.bauds or nil)
end

local function tell(self, event)
  if event.event == "phase" then self.phase(event.name) else self.event(event.event, event) end
end

local function monitor_of(self, progress, adaptive, on_event)
  self.monitor = Monitor.new {
    channel = self.channel, modem = self.modem, set = self.settings, progress = progress,
    bauds = likely_rates(self, progress), adaptive = adaptive,
    on_event = on_event or function(event) tell(self, event) end,
    on_wait = self.warn, on_tick = self.tick, tick_s = self.tick_s,
    clock = self.host.now, imei = self.record.imei or self.request.imei,
    is_unnamed = self.record.is_unnamed,
    leave = Presses.new(self.host, self.settings, self.warn),
    reopen = reopener(self),
  }
  return self.monitor
end

-- A revision that only a finished update explains.
local function proof(before, to)
  return function(revision)
    if revision == before then return false end
    if to then return revision == to end
    return before ~= nil
  end
end

-- The revisions that the module can be expected to run.
local function names(...)
  local named = {}
  for _, revision in pairs { ... } do named[revision] = true end
  return named
end

local SILENT = { lost = true, gone = true, left = true, over = true }

-- Listen and ask in turn until there is a revision, or no module to ask. Returns the revision, and why it was read; or
-- nil, and why there is none.
local function follow_to_revision(monitor, before, to)
  while true do
    local reason = monitor:until_end()
    if SILENT[reason] then return nil, reason end
    local after, why = monitor:verify(proof(before, to), names(before, to))
    if after then return after, reason end
    if why ~= "updating" then return nil, why end
    monitor:begin_again()
  end
end

local silence_words = {
  lost = "the update was triggered, but the module did not answer again within recover_s (%s s)",
  over = "the update was triggered, but its end was not seen within follow_s (%s s)",
  gone = "the update was triggered, but its port is gone for good",
  stuck = "the download has stalled and could not be stopped, as the PDP context may still be active: the module "
    .. "may continue it",
  left = "stopped by the user while the module was updating itself",
  stranger = "the update was triggered, but another module answers on its port now: it has IMEI %s, not %s",
  unnamed = "the update was triggered, but the module that answers on its port now does not say its IMEI: it may be "
    .. "another one than %s",
  unsure = "the update was triggered, but no two consecutive readings gave the same revision",
}

local silence_settings = { lost = "recover_s", over = "follow_s" }

-- Whose outcome is unknown, as what answers is another module or may be one: its IMEI.
local function whose(self, reason)
  return (reason == "stranger" or reason == "unnamed") and self.monitor.same.imei or nil
end

-- Why there is no revision, and how far the update got.
local function explained(self, progress, reason)
  local words = silence_words[reason]
  if not words then return nil end
  local setting = silence_settings[reason]
  if setting then words = words:format(text.seconds(self.settings[setting])) end
  if reason == "stranger" then words = words:format(self.monitor.same.stranger, self.monitor.same.imei) end
  if reason == "unnamed" then words = words:format(self.monitor.same.imei) end
  if not progress.heard then return words end
  local last = progress.said or progress.phase .. (progress.percent and (", %d %%"):format(progress.percent) or "")
  return ("%s; the last it reported was %s"):format(words, last)
end

local function why_unfinished(progress, reason)
  if progress.context_lost then return "the PDP context was lost" end
  if reason == "booted" then return "the module rebooted" end
  return "no END was reported"
end

local function facts(self, progress, before, to, after, reason)
  local code, where = progress:failure()
  return {
    before = before, to = to, after = after, code = code, where = where,
    said = where and ("%s,%s"):format(where, code), downloading = progress:downloading() and not progress.started,
    started = progress.started, unknown = progress.unknown, not_begun = progress:not_begun(),
    why = why_unfinished(progress, reason), silence = explained(self, progress, reason),
    left = reason == "left" or nil, whose = whose(self, reason),
    restarts = progress.restarts, restarted_at = progress.restarted_at,
  }
end

-- The module refused the command: it should still run its source firmware, and its revision must confirm that. A signal
-- or a lost port does not end this, as anywhere after the trigger.
local function of_refusal(self, answer, before, to, adaptive)
  local progress = Progress.new("file")
  progress:refuse(answer.code)
  local after, reason = follow_to_revision(monitor_of(self, progress, adaptive), before, to)
  return verdict.of_update {
    before = before, to = to, after = after, code = answer.code, where = "CME", said = answer.said, refused = true,
    whose = whose(self, reason),
    silence = whose(self, reason) and explained(self, progress, reason)
      or ("%s; after that the module did not answer"):format(answer.said),
  }
end

--- Follow the module after its trigger and judge it by the revision it reports.
-- @tparam table answer what `modem:trigger` returned
-- @tparam string kind of the package's transport: "file" or "url"
-- @tparam[opt] boolean adaptive the module detects the baud rate
-- @treturn table the fields of the result
function Outcome:of_trigger(answer, kind, adaptive)
  local before, to = self.record.before, self.request.to
  if answer.refused then return of_refusal(self, answer, before, to, adaptive) end
  if answer.lost then
    self.warn(("%s: the update may have started, so the module is followed"):format(answer.lost.message))
  end
  local progress = Progress.new(kind)
  local after, reason = follow_to_revision(monitor_of(self, progress, adaptive), before, to)
  return verdict.of_update(facts(self, progress, before, to, after, reason))
end

-- The update that is under way is judged by its own target, and this call by its own. Both may be unknown.
local function of_both(gathered, own_to, call_to)
  gathered.to = own_to or call_to
  local own = verdict.of_update(gathered)
  if not (own_to and call_to) or own_to == call_to then return own end
  if own.after == call_to then
    gathered.to = call_to
    return tables.with(verdict.of_update(gathered), { of_record = own })
  end
  return own.outcome == "updated" and hops.of_other(own, call_to) or own
end

--- Follow a module that is already updating. It is never triggered.
-- @tparam table|nil row of the ledger: the run that triggered it, where that is known
-- @tparam[opt] boolean adaptive
-- @tparam[opt] string line by which it was found to be updating: without it an update that was interrupted right after
--   that would seem to have just begun
-- @treturn table the fields of the result; `of_record` where this call's target is another than that run's: the verdict
--   on its update
function Outcome:of_watch(row, adaptive, line)
  local before, own_to, call_to = self.record.before, row and row.to, self.request.to
  local progress = Progress.new("watch")
  local start = LateStart.new(row, self.settings.update_silence_s)
  local function tell_event(event)
    start:hear(progress, event, row and self.record:age_of(row))
    tell(self, event)
  end
  for _, event in ipairs(line and progress:feed(line) or {}) do tell_event(event) end
  local after, reason = follow_to_revision(monitor_of(self, progress, adaptive, tell_event), before, own_to or call_to)
  local gathered = facts(self, progress, before, own_to or call_to, after, reason)
  gathered.late_s = start:seconds()
  gathered.nobody = (reason == "lost" or reason == "gone") and not progress.heard and not row
    and self.record.port .. ": nothing was received from a module; check wiring, power and baud rate" or nil
  return of_both(gathered, own_to, call_to)
end

return Outcome
