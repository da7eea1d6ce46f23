--- A job after the trigger: following the module, and judging it by what it says of itself.
-- @module dfota.aftermath
local core = require "dfota.core"
local Follow = require "dfota.follow"
local Fota = require "dfota.fota"
local rates = require "dfota.rates"
local verdict = require "dfota.verdict"

local Job = {}

-- HUP and TERM do not end what a reboot of the module ends anyway. The first
-- Ctrl-C explains; the third within `interrupt_s` leaves.
local function leave_on_third(self)
  local presses = {}
  return function()
    local came = self.host.signals_taken()
    local now = self:now()
    for _ = 1, came.INT do presses[#presses + 1] = now end
    while presses[1] and now - presses[1] > self.set.interrupt_s do table.remove(presses, 1) end
    if #presses >= 3 then return true end
    self:note("warning", #presses > 0
      and ("the module is updating itself: stopping here does not stop it and leaves the outcome unknown; "
        .. "press Ctrl-C three times within %g s to leave all the same"):format(self.set.interrupt_s)
      or "told to end, but the module is updating itself: following it to its verdict")
    return false
  end
end

-- One attempt to have the lost port again, after a short wait. Closed before it: an adapter that comes back
-- while its old port is open gets another name.
local function reopener(self)
  return function()
    self.channel.port:close()
    local waited, err = self.host.wait(self.set.reopen_s)
    if not waited then return nil, err end
    local port
    port, err = self.open_port()
    if not port then return nil, err end
    return port
  end
end

-- Where the module is looked for first after its reboot: 115200 (adaptive mode, note chapter 3.2, note 2, and what a
-- new firmware may start with), the rate that was asked for, and for a watcher, whom it may never have answered, all.
local function likely_rates(self, fota)
  return rates.joined(115200, self.baud, fota.way == "watch" and self.want.bauds or nil)
end

local function follower(self, fota)
  return Follow.new {
    channel = self.channel, modem = self.modem, set = self.set, fota = fota,
    bauds = likely_rates(self, fota), adaptive = self.ipr == 0,
    on_event = function(event)
      if event.event == "phase" then self:phase(event.name) else self.report:event(event.event, event) end
    end,
    on_wait = function(text) self:note("warning", text) end,
    on_tick = function(age_s) self.report:tick(age_s) end,
    tick_s = self.tick_s,
    clock = self.host.now, imei = self.imei,
    leave = leave_on_third(self),
    reopen = reopener(self),
  }
end

-- Which revision can only run because an update came to its end.
local function proof(before, to)
  return function(revision)
    if revision == before then return false end
    if to then return revision == to end
    return before ~= nil
  end
end

local silence_words = {
  lost = "the update was triggered, and the module did not come back within recover_s (%g s)",
  over = "the update was triggered, and its end was not seen within follow_s (%g s)",
  gone = "the update was triggered, and its port is gone for good",
  stuck = "the download stands still, and cannot be ended: AT+QIDEACT does not take, and the module may go on with it",
  left = "left while the module was updating itself",
  unsure = "the update was triggered, and no two readings in a row told the same revision",
}

local silence_settings = { lost = "recover_s", over = "follow_s" }

-- Why there is no revision, and how far the update had come.
local function explained(self, fota, reason)
  local words = silence_words[reason]
  if not words then return nil end
  local setting = silence_settings[reason]
  if setting then words = words:format(self.set[setting]) end
  if not fota.heard then return words end
  return ("%s; the last it reported was %s%s"):format(words, fota.phase,
    fota.percent and (", %d %%"):format(fota.percent) or "")
end

-- Listen and ask in turn until there is a revision, or nobody to ask.
local function follow_to_revision(self, follow, before, to)
  local silent = { lost = true, gone = true, left = true, over = true }
  while true do
    local reason = follow:until_end()
    if silent[reason] then return nil, reason end
    self:phase("verify")
    local after, why = follow:verify(proof(before, to))
    if after then return after, reason end
    if why ~= "updating" then return nil, why end
    follow.fota.booted = nil
  end
end

local function why_unfinished(fota, reason)
  if fota.context_lost then return "the PDP context was lost" end
  if reason == "booted" then return "the module rebooted" end
  return "no END was reported"
end

local function judge(self, fota, before, to, after, reason)
  local code, where = fota:failure()
  return verdict.of_update {
    before = before, to = to, after = after, code = code, where = where,
    said = where and ("%s,%s"):format(where, code), downloading = fota:downloading() and not fota.started,
    started = fota.started, unknown = fota.unknown, not_begun = fota:not_begun(),
    why = why_unfinished(fota, reason), silence = explained(self, fota, reason),
  }
end

-- The module refused the command: it runs what it ran, and says so. A signal or a lost port changes as little
-- of that as anywhere after the trigger.
local function refused(self, answer)
  local fota = Fota.new("file")
  fota:refuse(answer.code)
  local after = follow_to_revision(self, follower(self, fota), self.before, self.want.to)
  local result = verdict.of_update {
    before = self.before, to = self.want.to, after = after, code = answer.code, where = "CME", said = answer.said,
    silence = ("%s; then the module did not answer"):format(answer.said),
  }
  result.refused = true
  return result
end

--- Follow the module after its trigger and judge it by the revision it reports.
-- @tparam table answer what `modem:trigger` returned
-- @treturn table the fields of the result
function Job:verdict(answer)
  self.host.hold_signals(false)
  if answer.refused then return refused(self, answer) end
  if answer.lost then
    self:note("warning", ("%s: the update may have begun, so the module is followed"):format(answer.lost.message))
  end
  local fota = Fota.new(self.package.transport.kind)
  local after, reason = follow_to_revision(self, follower(self, fota), self.before, self.want.to)
  return judge(self, fota, self.before, self.want.to, after, reason)
end

--- Follow a module that is updating already. It is never triggered.
-- What it ran before is known from the journal of the run that triggered it, or from `--from`.
-- @treturn table the fields of the result
function Job:watch()
  local row = self:open_row()
  local before = row and row.from or self.want.from
  local to = self.want.to or row and row.to
  self:note("info", "an update is under way: following it, nothing is triggered")
  local fota = Fota.new("watch")
  self.triggered, self.before, self.cleanups = true, before, {}
  if row then
    self.record:adopt(row.id)
    self.imei = self.imei or row.imei
  end
  local after, reason = follow_to_revision(self, follower(self, fota), before, to)
  if (reason == "lost" or reason == "gone") and not fota.heard and not row then
    self.triggered = false
    error(core.error("no_answer", self.port_name .. ": no module was heard; look at wiring, power and baud rate"), 0)
  end
  return judge(self, fota, before, to, after, reason)
end

return Job
