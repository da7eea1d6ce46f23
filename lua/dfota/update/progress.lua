--- The `+QIND: "FOTA",…` stream as a state machine: lines in, events out, no I/O.
--
-- The note contradicts itself in spelling ("HTTPSTART", "HTTP START"; `2%`,
-- ` 2%`, a bare number), any stage may be missing, repeated or unknown, and
-- progress starts again after a power cut (chapters 3.1, 3.2, 4). So every line
-- is taken by itself: it says what the module is doing, whatever came before.
-- @module dfota.update.progress
local core = require "dfota.core"
local urc = require "dfota.at.urc"

local Progress = {}
Progress.__index = Progress

--- A new stream.
-- @tparam string way "url" or "file"; "watch" for an update that somebody else triggered
-- @treturn Progress with `phase` (trigger, download, update, reboot), `percent`, `heard` (a line of the update was
--   received), `said` (the last such line, nil if it was progress), `unknown` (a stage was received that the note does
--   not list), `first` (the first stage that was received), `started`, `starts` (how often START was received),
--   `furthest` (the highest percentage of the update),
--   `restarts` (how often an update that was under way began again), `restarted_at` (the percentage it had reached
--   before the last time),
--   `booted` (a boot line was received), `rebooted` (the first line of a boot was received), `context_lost`, and the
--   codes `http_code`, `end_code` (false: unreadable), `refused_code`
function Progress.new(way)
  return setmetatable({ way = way, phase = "trigger", starts = 0, furthest = 0, restarts = 0 }, Progress)
end

local function enter(self, phase, events)
  if self.phase ~= phase then
    self.phase, self.percent = phase, nil
    events[#events + 1] = { event = "phase", name = phase }
  end
end

local function progress(self, percent, events)
  if percent and percent >= 0 and percent <= 100 then
    self.percent = percent
    events[#events + 1] = { event = "progress", phase = self.phase, percent = percent }
  end
end

local stages = {}

function stages.HTTPSTART(self, _, events) enter(self, "download", events) end

function stages.DOWNLOADING(self, percent, events)
  enter(self, "download", events)
  progress(self, percent, events)
end

-- A failure stays recorded, even if the module then starts again.
local function remember_failure(self, code, where)
  if code and code ~= 0 then self.told_code, self.told_where = code, where end
end

local function end_download(self, code, events, where)
  self.http_code = code
  self.context_lost = nil
  remember_failure(self, code, where)
  if code == 0 then enter(self, "update", events) end
end

function stages.HTTPEND(self, code, events) end_download(self, code, events, "HTTPEND") end

-- What sibling modules report for a download over TLS (protocol: LTE family). Understood, though not in this note.
local of_siblings = {
  HTTPSSTART = stages.HTTPSTART,
  HTTPSEND = function(self, code, events) end_download(self, code, events, "HTTPSEND") end,
}

-- It is updating now, even if an END was reported before.
local function begin(self, events)
  self.started, self.booted, self.rebooted, self.end_code, self.context_lost = true, nil, nil, nil, nil
  self.http_code, self.refused_code = self.http_code and 0, nil
  enter(self, "update", events)
end

-- The module lost power or was reset in mid-update, and began again: its START comes a second time, or, if that line
-- was lost (while rates were tried, say), its percentage falls. One lower percentage without a boot may be a damaged
-- line: the next one confirms it. A boot behind which the percentage rises is part of an ordinary update.
local function is_restart(self, percent)
  if not self.started or self.end_code ~= nil then return false end
  if not percent then return self.percent ~= nil or self.boot_seen == true end
  if self.fell_from then return percent < self.fell_from end
  return self.boot_seen == true and percent < (self.percent or 0)
end

local function note_restart(self, percent)
  local reached = self.fell_from or self.percent
  if is_restart(self, percent) then
    self.restarts, self.restarted_at, self.percent = self.restarts + 1, reached, nil
  end
  self.fell_from = percent and self.percent and percent < self.percent and not self.fell_from and self.percent or nil
  self.boot_seen = nil
end

local MANY_STARTS = 3 -- a power cut makes a second one

function stages.START(self, _, events)
  note_restart(self)
  begin(self, events)
  self.starts = self.starts + 1
  if self.starts < MANY_STARTS then return end
  events[#events + 1] = { event = "note", level = "warning", text =
    ("the update has restarted %d times so far and got as far as %d %%"):format(self.starts - 1, self.furthest) }
end

function stages.UPDATING(self, percent, events)
  note_restart(self, percent or self.boot_seen and 0 or math.huge) -- an unreadable one has not fallen
  begin(self, events)
  progress(self, percent, events)
  self.furthest = math.max(self.furthest, self.percent or 0)
end

function stages.END(self, code, events)
  -- An unreadable code is neither success nor failure: the revision will tell.
  self.end_code = code or false
  remember_failure(self, code, "END")
  enter(self, "reboot", events)
end

-- `+PDP DEACT` between HTTPEND,0 and START is normal (note, chapter 4.1);
-- during the download it means that the context was lost.
local function context_gone(self)
  if self.phase == "download" and self.percent ~= 100 and not self.http_code then
    self.context_lost = true
  end
end

-- A refusal that comes after the OK instead of in its place (note, chapter 3: "related to ME function").
local function is_refusal(class, code)
  return class == "cme" and math.type(code) == "integer" and code // 100 == 65
end

-- The last report in the module's own words; for progress the phase and percentage say as much.
local function said(stage, name, value)
  if stage == stages.DOWNLOADING or stage == stages.UPDATING then return nil end
  return value ~= nil and ("%s,%s"):format(name, value) or name
end

--- Take one line.
-- @tparam string line
-- @tparam[opt] string class if the line is a final result code, as `Channel:listen` returns it
-- @tparam[opt] int|string code
-- @treturn table list of events: `{event="phase",name=…}`, `{event="progress",phase=…,percent=…}`,
--   `{event="note",…}` for an unknown stage; empty if the line says nothing about the update
function Progress:feed(line, class, code)
  local events = {}
  if urc.is_fota(line) then
    self.heard = true
    local fields = core.fields(line)
    local name = tostring(fields[2] or ""):upper():gsub("%s+", "")
    local value = math.type(fields[3]) == "integer" and fields[3] or nil
    self.first = self.first or name
    local stage = stages[name] or of_siblings[name]
    if stage then stage(self, value, events) end
    self.said = said(stage, name, fields[3])
    if not stages[name] then
      self.unknown = true
      events[#events + 1] = { event = "note", level = "warning", text = "unknown stage of the update: " .. line }
    end
  elseif is_refusal(class, code) and not self.heard then -- once it has started, a refusal is not the trigger's
    self.heard = true
    self:refuse(code)
    self.said = line
  elseif line:find("^%+PDP DEACT") then
    context_gone(self)
  elseif urc.is_boot(line) then
    self.booted, self.boot_seen = true, true
    self.rebooted = self.rebooted or urc.is_boot_start(line)
  end
  return events
end

--- Was an update triggered here of which nothing, or nothing after its download, has been seen?
-- @treturn boolean
function Progress:not_begun()
  return self.way ~= "watch" and not self.started and self.end_code == nil
end

--- Has the module reported the end: an END, or a failed download?
-- @treturn boolean
function Progress:ended()
  return self.refused_code ~= nil or self.end_code ~= nil or (self.http_code ~= nil and self.http_code ~= 0)
end

--- The trigger was refused.
-- @tparam integer|nil code of the refusal, if it had one
function Progress:refuse(code)
  self.refused_code = code or false
  remember_failure(self, code, "CME")
end

--- The boot line was not the end of the update.
function Progress:forget_boot() self.booted = nil end

--- Was a failure the last thing reported?
-- @treturn boolean
function Progress:has_failed()
  return self:ended() and self.end_code ~= 0 and (self.end_code ~= false)
end

--- The code of a failure that the module reported, even if it has started again since.
-- @treturn integer|nil code: 65xx, or whatever number was reported
-- @treturn string|nil where it was reported: "CME", "HTTPEND", "HTTPSEND" or "END"
function Progress:failure() return self.told_code, self.told_where end

--- Has the triggered download not reported anything yet?
-- @treturn boolean
function Progress:awaits_download()
  return self.phase == "trigger" and self.way == "url" and not self.unknown
end

--- Is it still downloading? (Then the source firmware is untouched.)
-- @treturn boolean
function Progress:downloading()
  return self.phase == "download" or (self.phase == "trigger" and self.way == "url")
end

return Progress
