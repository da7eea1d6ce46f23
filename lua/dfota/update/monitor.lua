--- Follows a module through its update: from the trigger until its revision is known.
--
-- Nothing is repeated here and nothing is triggered. Until a silence has lasted
-- its full time the monitor only listens; then it sends `AT` now and then,
-- because a module that answers can report its revision (contract: silence).
-- @module dfota.update.monitor
local Listener = require "dfota.update.listener"
local Readings = require "dfota.update.readings"
local SameModule = require "dfota.update.same_module"
local errors = require "dfota.at.errors"
local rates = require "dfota.at.rates"
local text = require "dfota.base.text"
local verdict = require "dfota.update.verdict"

local Monitor = {}
Monitor.__index = Monitor

local WIDELY, EVERYWHERE = 4, 16 -- every 4th unanswered AT tries the likely rates, every 16th all

--- @tparam table opts as `dfota.update.listener` takes them, and `modem`; `bauds` rates to try when asking;
--   `imei` of the module, asked again before its revision counts; `is_unnamed`: it did not report it
-- @treturn Monitor
function Monitor.new(opts)
  local ear = Listener.new(opts)
  local same = SameModule.new {
    imei = opts.imei, is_unnamed = opts.is_unnamed, modem = opts.modem, set = opts.set, warn = ear.on_wait,
    now = function() return ear:now() end, close = function() opts.channel.port:close() end,
  }
  return setmetatable({
    ear = ear, same = same, progress = opts.progress, channel = opts.channel, modem = opts.modem, set = opts.set,
    bauds = opts.bauds, next_ask_s = 0, in_vain = 0,
  }, Monitor)
end

-- How long a silence may last before AT is sent.
local function silence_s(self)
  local set, progress = self.set, self.progress
  if progress.context_lost then return set.deact_grace_s end
  if progress:awaits_download() then return set.http_start_s end
  return progress:downloading() and set.download_silence_s or set.update_silence_s
end

local phase_words = {
  trigger = "the first line of the update", download = "the download", update = "the update", reboot = "the reboot",
}

local function explain_wait(self)
  local age_s, what = self.ear:now() - self.ear.last_word_s, phase_words[self.progress.phase]
  self.ear:explain(("nothing received for %.0f s while waiting for %s: sending AT now and then, for up to %s s more. "
    .. "Keep the module powered; interrupting now would leave the outcome unknown")
    :format(age_s, what, text.seconds(self.set.recover_s)))
end

-- Mostly the module's likely rates, now and then and at the end every standard rate: new firmware may start at a rate
-- of its own. But while other rates are tried, the module's lines are lost.
local function other_rates(self, last)
  local question = self.in_vain + 1
  if last then return rates.joined(rates.standard, rates.slowest) end
  if question % EVERYWHERE == 0 then return rates.standard end
  return question % WIDELY == 0 and rates.likely or nil
end

-- Ask AT.
local function find(self, last)
  local ear, here = self.ear, self.channel.port:baud()
  local first = ear.adaptive and ear.learnt_rate or here -- in adaptive mode it detects the rate of this AT
  local found, err, heard = self.channel:sync {
    bauds = rates.joined(first, here, self.bauds, other_rates(self, last)),
    timeout_s = self.set.resync_timeout_s, tries = 2,
  }
  self.in_vain = found and 0 or self.in_vain + 1
  if found then ear:found_at(found.baud) end
  return found, err, heard
end

-- A module answers AT while it downloads, too, so query its PDP context.
local function may_still_download(self)
  if not self.progress:downloading() or self.download_over then return false end
  local state, err = self.modem.pdp:state()
  self.download_over = verdict.download_is_over(state, self.rebooted or self.progress.rebooted)
  local lost = not state and not (errors.is_no(err) or err.kind == "timeout") and err or nil
  return not self.download_over, lost
end

-- A download that has stalled for too long is stopped before the verdict, or it could start an update after it. If it
-- cannot be stopped, the module may continue it.
local function end_download(self)
  if self.modem.pdp.ours then
    self.ear.on_wait(("the download has stalled for %.0f s: deactivating the PDP context to stop it")
      :format(self.ear:now() - self.ear.last_word_s))
  end
  local done, err = self.modem.pdp:deactivate()
  local reason = not done and self.ear:trouble(err) or nil
  if reason or err and err.kind == "interrupted" then return reason end
  local lost
  self.download_over = done or nil
  self.download_stuck, lost = may_still_download(self)
  return lost and self.ear:trouble(lost) or "answered"
end

-- Returns a reason to stop following, and whether the module answered.
local function answered(self, last)
  local living, err = may_still_download(self)
  if err then return self.ear:trouble(err), true end
  if not living then return "answered" end
  if last then return end_download(self), true end
  return nil, true
end

-- After a long silence: send AT, then listen again.
local function ask(self, last)
  explain_wait(self)
  local found, err = find(self, last)
  if not found then
    if err.kind == "no_answer" then return nil, false end
    return self.ear:trouble(err), true
  end
  if not found.updating then return answered(self, last) end
  self.ear:word()
  return nil, true
end

-- One wait: for a line until the silence has lasted its time, then for an answer.
local function go_on(self)
  local ear = self.ear
  local now, quiet_until = ear:now(), ear.last_word_s + silence_s(self)
  local give_up = quiet_until + self.set.recover_s
  ear:waits(now < quiet_until and "asks" or "gives up", now < quiet_until and quiet_until or give_up)
  if now < quiet_until then return (ear:listen(quiet_until - now)) end
  local last = now >= give_up
  if now < self.next_ask_s and not last then return (ear:listen(math.min(self.next_ask_s, give_up) - now)) end
  local reason, heard = ask(self, last)
  self.next_ask_s = ear:now() + self.set.poll_interval_s
  if reason then return reason end
  if last and not heard then return "lost" end
end

-- Boot lines during a download end it only if its PDP context is down too: a line of an earlier boot may come late.
local function has_booted(self)
  if not self.progress.booted then return false end
  if not self.progress:downloading() then return true end
  local found, err = find(self)
  if err then return err.kind == "no_answer", self.ear:trouble(err) end
  local living, lost = may_still_download(self)
  if lost then return false, self.ear:trouble(lost) end
  if found.updating or living then self.progress:forget_boot() end
  return self.progress.booted
end

--- The update continues, or has started again: the boot line was not its end.
function Monitor:begin_again() self.progress:forget_boot() end

--- Follow until the module's revision can be read.
-- @treturn string "ended" (END, or a failed HTTPEND), "booted" (boot lines), "answered" (after a silence),
--   "lost" (no answer within `recover_s`), "over" (`follow_s` has passed), "gone" (its port is gone for good),
--   "left" (the user gave up)
function Monitor:until_end()
  self.download_over, self.download_stuck = false, false
  while true do
    if self.progress:ended() then return "ended" end
    if self.ear:over() then return "over" end
    local booted, trouble = has_booted(self)
    if booted then return "booted" end
    local reason = trouble or go_on(self)
    if reason then return reason end
  end
end

-- Readings from before a reboot do not count after it. Only silence counts as one: bytes, even damaged ones, show that
-- the module is still running.
local function note_reboot(self)
  self.rebooted = true
  self.readings:forget()
end

-- What an unanswered query means.
local function troubled(self, err)
  if err.kind == "reboot" or err.kind == "power" then note_reboot(self) end
  return self.ear:trouble(err)
end

-- Returns whether it is ours, or a reason to stop.
local function is_ours(self)
  local ours, reason, err = self.same:check()
  return ours, err and troubled(self, err) or reason
end

-- The reboot lasts until the module answers again.
local function begin_verify(self)
  if self.verifies then return end
  self.verifies = true
  self.ear.on_event { event = "phase", name = "verify" }
end

-- Read the revision once. Returns revision | nil, reason ("updating", "left", "lost", "stranger", "unnamed") or nil.
local function ask_revision(self, last)
  local found, err, heard = find(self, last)
  if not found then
    if err.kind == "no_answer" and not heard then note_reboot(self) end
    return nil, self.ear:trouble(err)
  end
  if found.updating then return nil, "updating" end
  begin_verify(self)
  self.ear:take_queued(false)
  if self.ear.reopened and self.same.imei then
    local ours, reason = is_ours(self)
    if not ours then return nil, reason end
  end
  local revision, why = self.modem:revision()
  self.ear:take_queued(revision ~= nil)
  if revision then return revision end
  return nil, troubled(self, why)
end

-- Whether a revision that proves nothing may be final yet. After END,0 the module still has to reboot: until it was
-- seen to, or has had `boot_s` to do so, the old revision is only that of the old application. Without an END the
-- update may not even have started, unless this is still about the download.
local function may_be_last(self)
  local progress, now = self.progress, self.ear:now()
  if progress:has_failed() then return true end
  if self.readings.count < self.set.verify_tries then return false end
  if progress.end_code == nil then return progress:downloading() or now >= self.ear.began_s + self.set.boot_s end
  return self.rebooted or now >= self.verify_since_s + self.set.boot_s
end

-- Take a reading. Returns the revision if it decides the verdict; or nil, and the reason if the download is still
-- going on.
local function judged(self, revision, proves, named)
  if self.progress.rebooted and not self.rebooted then note_reboot(self) end
  local agreed = self.readings:take(revision, named[revision])
  if not agreed then return nil end
  if proves(agreed) then return agreed end
  if not may_be_last(self) then return nil end
  if self.progress:ended() or not may_still_download(self) then return agreed end
  return nil, self.download_stuck and "stuck" or "updating"
end

-- A revision counts once the module has said once more who it is. Where the port was reopened it did with each reading.
local function of_ours(self, agreed)
  if not agreed or self.ear.reopened and self.same.imei then return agreed end
  local ours, reason = is_ours(self)
  return ours and agreed or nil, reason
end

local function give_up_reason(self)
  if self.ear:over() then return "over" end
  if self.same:is_silent() then return "unnamed" end
  return self.readings.last and "unsure" or "lost"
end

--- Read the module's revision until two readings agree and prove an update, or agree on another revision for as long
-- as the update may still change it. The phase `verify` begins when the module answers.
-- @tparam function proves function(revision) → boolean: only a successful update explains this revision
-- @tparam[opt] table named revision → true for the known ones: the source and the target
-- @treturn string|nil revision
-- @treturn string|nil reason if there is none: "updating", "lost", "unsure" (no two readings agreed in time),
--   "over", "left", "stuck" (a download that cannot be stopped), "stranger" (another module answers), "unnamed" (one
--   answers that does not say its IMEI; `same` knows both)
function Monitor:verify(proves, named)
  local ear, set = self.ear, self.set
  self.verify_since_s, self.rebooted, self.readings, self.verifies = ear:now(), false, Readings.new(), false
  self.same:begin()
  local deadline = math.min(self.verify_since_s + set.boot_s + set.recover_s, ear.end_s)
  local extended = false
  while true do
    local last = ear:now() >= deadline
    ear:waits("gives up", deadline)
    local revision, reason = ask_revision(self, last)
    if reason then return nil, ear:over() and reason == "updating" and "over" or reason end
    if revision then
      local agreed, unfinished = judged(self, revision, proves, named or {})
      if unfinished then return nil, unfinished end
      local counts, other = of_ours(self, agreed)
      if counts or other then return counts, other end
    end
    if not revision and ear:now() > self.verify_since_s + set.boot_s then explain_wait(self) end
    if last then
      if extended or not revision then return nil, give_up_reason(self) end
      extended, deadline = true, ear:now() + set.boot_s -- it has just answered, and must be read twice
    end
    local again = ear:pause(set.verify_pause_s)
    if again then return nil, again end
  end
end

return Monitor
