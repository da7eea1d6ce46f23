--- Following a module through its update: from the trigger until it can be asked again.
--
-- Nothing is repeated here and nothing is triggered. Until a silence has lasted
-- its full time the module is only listened to; then it is asked `AT` now and
-- then, for a module that answers can tell its revision (contract: silence).
-- @module dfota.follow
local core = require "dfota.core"
local urc = require "dfota.urc"

local Follow = {}
Follow.__index = Follow

--- @tparam table opts `channel`, `modem`, `fota`, `set`; `bauds` rates to look at when asking;
--   `adaptive` the module was in adaptive mode: UPDATING comes at 115200 (note, chapter 3.2, note 2);
--   `on_event` function(event); `on_wait` function(text) says what is waited for;
--   `on_tick` function(age_s) and `tick_s`, for the eyes of people;
--   `imei` of the module, asked again behind a port that was lost in between;
--   `clock` the host's, for when there is no port;
--   `leave` function() after a signal: true to give up; `reopen` function() → port|nil, err
-- @treturn Follow
function Follow.new(opts)
  local self = setmetatable(opts, Follow)
  self.last_word_s = self:now()
  return self
end

-- Not the port's clock: a port that was lost and closed tells no time.
function Follow:now() return self.clock() end

-- In adaptive mode the module prints at 115200 once it has rebooted.
local function go_to_update_rate(self)
  local port = self.channel.port
  if not self.adaptive or port:baud() == 115200 then return end
  if self.fota.way == "url" and self.fota.phase ~= "update" then return end
  if port:set_baud(115200) then self.channel.lexer:reset() end
end

-- Noise is no word: at a wrong rate every AT comes back as some, and would be waited for without end.
local function heard(self, line)
  if urc.is_known(line) then
    self.last_word_s = self:now()
    self.asked = nil
  end
  for _, event in ipairs(self.fota:feed(line)) do self.on_event(event) end
  go_to_update_rate(self)
end

-- How long a silence may last before the module is asked.
local function silence_s(self)
  local set, fota = self.set, self.fota
  if fota.context_lost then return set.deact_grace_s end
  if fota.phase == "trigger" and fota.way == "url" then return set.http_start_s end
  return fota:downloading() and set.download_silence_s or set.update_silence_s
end

local phase_words = {
  trigger = "the first sign of the update", download = "the download", update = "the update", reboot = "the reboot",
}

local function explain_wait(self)
  if self.asked then return end
  self.asked = true
  local age_s, what = self:now() - self.last_word_s, phase_words[self.fota.phase]
  self.on_wait(("no word for %.0f s while waiting for %s: asking AT now and then, for %g s more. "
    .. "Keep the module powered; interrupting now would leave the outcome unknown")
    :format(age_s, what, self.set.recover_s))
end

-- After a long silence: ask; then listen again.
local function ask(self)
  explain_wait(self)
  local found, err = self.channel:sync { bauds = self.bauds, answer_s = self.set.again_s, tries = 2 }
  if found and found.updating then
    self.last_word_s = self:now()
    return nil
  end
  if found then return "answered" end
  if err.kind ~= "no_answer" then return nil, err end
end

-- People see the age of the last word in every wait: for a line, a boot, a port.
local function show_age(self)
  if self.tick_s then self.on_tick(self:now() - self.last_word_s) end
end

-- A lost port after the trigger is no verdict: it may come back.
local function come_back(self, err)
  self.on_wait(("%s; waiting up to %g s for the port to come back. Keep the module powered: it goes on by itself")
    :format(err.message, self.set.recover_s))
  local deadline = self:now() + self.set.recover_s
  repeat
    local port, why = self.reopen()
    if port then
      self.channel:replace_port(port)
      self.reopened = true
      self.last_word_s = self:now()
      return true
    end
    if why.kind == "interrupted" and self.leave() then return nil, "left" end
    show_age(self)
  until self:now() >= deadline
  return nil, "lost"
end

-- What a failed wait means for the following: nil to go on, or the reason it ends.
local function after_error(self, err)
  if err.kind == "timeout" then return nil end
  if err.kind == "interrupted" then return self.leave() and "left" or nil end
  local back, reason = come_back(self, err)
  return not back and reason or nil
end

-- Listen until the next line, the next tick or the end of patience.
local function listen_once(self, patience_s)
  local line, err = self.channel:listen(math.min(patience_s, self.tick_s or patience_s))
  if line then
    heard(self, line)
  elseif err.kind == "timeout" then
    show_age(self)
  else
    return after_error(self, err)
  end
end

--- Follow until there is something to ask the module about.
-- @treturn string "ended" (END, or a failed HTTPEND), "booted" (boot lines), "answered" (after a silence),
--   "lost" (nothing came back within `recover_s`), "left" (the user gave up)
function Follow:until_end()
  local next_ask = 0
  go_to_update_rate(self)
  while true do
    if self.fota:ended() then return "ended" end
    if self.fota.booted then return "booted" end
    local quiet_until = self.last_word_s + silence_s(self)
    local give_up = quiet_until + self.set.recover_s
    local now = self:now()
    local reason, err
    if now < quiet_until then
      reason = listen_once(self, quiet_until - now)
    elseif now >= next_ask or now >= give_up then
      reason, err = ask(self)
      next_ask = self:now() + self.set.ask_every_s
      if err then
        reason = after_error(self, err)
      elseif not reason and now >= give_up and self.last_word_s < now then -- asked once more, in vain
        return "lost"
      end
    else
      reason = listen_once(self, math.min(next_ask, give_up) - now)
    end
    if reason then return reason end
  end
end

-- Let a pause pass, but see an update that goes on (forced upgrade, second start).
local function pause_listening(self, seconds)
  local deadline = self:now() + seconds
  while self:now() < deadline do
    local left_s = deadline - self:now()
    local line, err = self.channel:listen(math.min(left_s, self.tick_s or left_s))
    if line then
      heard(self, line)
      if urc.is_fota(line) and not self.fota:ended() then return "updating" end
    elseif err.kind ~= "timeout" then
      return after_error(self, err)
    else
      show_age(self)
    end
  end
end

-- Behind a port that came back another module may be plugged in: what it runs is no verdict on ours.
local function revision_of_ours(self)
  if not (self.reopened and self.imei) then return self.modem:revision() end
  local who, err = self.modem:identity()
  if not who then return nil, err end
  if not who.imei or who.imei == self.imei then return who.revision end
  self.on_wait(("another module answers at the port now: IMEI %s, not %s"):format(who.imei, self.imei))
  return nil, core.error("stranger", "another module answers")
end

-- Ask the revision once. Returns revision | nil, reason ("updating", "left", "lost") or nil.
local function ask_revision(self)
  local found, err = self.channel:sync { bauds = self.bauds, answer_s = self.set.again_s, tries = 2 }
  if not found then
    if err.kind == "no_answer" then
      self.rebooting = true
      return nil
    end
    return nil, after_error(self, err)
  end
  if found.updating then return nil, "updating" end
  local revision, why = revision_of_ours(self)
  if revision then return revision end
  if why.kind == "stranger" then return nil, "lost" end
  return nil, why.kind ~= "refused" and why.kind ~= "timeout" and after_error(self, why) or nil
end

-- Whether a revision that is not the wanted one may be the last word already.
-- After END,0 the module still has to reboot: until that was noticed, the old
-- revision is only the old application's.
local function is_final(self, tries)
  if self.fota:failure() ~= nil or self.fota.refused_code ~= nil then return true end
  if tries < self.set.verify_tries then return false end
  return self.rebooting or self.fota.booted or self.fota.end_code == nil
    or self:now() >= self.verify_since_s + self.set.boot_s
end

--- Ask the module for its revision until it is the wanted one or stays another.
-- Right after a boot a revision may be incomplete, so a new one is asked twice.
-- @tparam function wanted function(revision) → boolean
-- @treturn string|nil revision
-- @treturn string|nil reason when there is none: "updating", "lost", "left"
function Follow:verify(wanted)
  self.verify_since_s = self:now()
  local deadline = self.verify_since_s + self.set.boot_s + self.set.recover_s
  local tries, last, same = 0, nil, 0
  while self:now() < deadline do
    local revision, reason = ask_revision(self)
    if reason then return nil, reason end
    if revision then
      tries = tries + 1
      same = revision == last and same + 1 or 1
      last = revision
      if wanted(revision, same) or (same > 1 or tries == 1) and is_final(self, tries) then return revision end
    elseif self:now() > self.verify_since_s + self.set.boot_s then
      explain_wait(self)
    end
    local again = pause_listening(self, self.set.verify_pause_s)
    if again then return nil, again end
  end
  if last then return last end
  return nil, "lost"
end

return Follow
