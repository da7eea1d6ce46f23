--- The `+QIND: "FOTA",…` stream as a state machine: lines in, events out, no I/O.
--
-- The note contradicts itself in spelling ("HTTPSTART", "HTTP START"; `2%`,
-- ` 2%`, a bare number), any stage may be missing, repeated or unknown, and
-- progress starts again after a power cut (chapters 3.1, 3.2, 4). So every line
-- is judged for itself: it says where the module is, whatever came before.
-- @module dfota.update.progress
local core = require "dfota.core"
local urc = require "dfota.at.urc"

local Progress = {}
Progress.__index = Progress

--- A new stream.
-- @tparam string way "url" or "file"; "watch" for an update that somebody else triggered
-- @treturn Progress with `phase` (trigger, download, update, reboot), `percent`, `heard` (a word of the update came),
--   `said` (what came last of the update, nil where it was progress), `unknown` (a stage came that the note does not
--   know), `started`, `starts` (how often START came), `furthest` (the largest percentage of the update), `booted` (a
--   boot line came), `rebooted` (the first line of a boot came), `context_lost`, and the codes `http_code`, `end_code`
--   (false: one that cannot be read), `refused_code`
function Progress.new(way)
  return setmetatable({ way = way, phase = "trigger", starts = 0, furthest = 0 }, Progress)
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

-- What failed once stays told, even if the module then begins again.
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

-- What siblings say where they download over TLS (protocol: LTE family). Understood, but not of this family's note.
local of_siblings = {
  HTTPSSTART = stages.HTTPSTART,
  HTTPSEND = function(self, code, events) end_download(self, code, events, "HTTPSEND") end,
}

-- It updates now, whatever was said to be over before.
local function begin(self, events)
  self.started, self.booted, self.rebooted, self.end_code, self.context_lost = true, nil, nil, nil, nil
  self.http_code, self.refused_code = self.http_code and 0, nil
  enter(self, "update", events)
end

local MANY_STARTS = 3 -- a power cut makes a second one

function stages.START(self, _, events)
  begin(self, events)
  self.starts = self.starts + 1
  if self.starts < MANY_STARTS then return end
  events[#events + 1] = { event = "note", level = "warning", text =
    ("the update began again %d times by now and got as far as %d %%"):format(self.starts - 1, self.furthest) }
end

function stages.UPDATING(self, percent, events)
  begin(self, events)
  progress(self, percent, events)
  self.furthest = math.max(self.furthest, self.percent or 0)
end

function stages.END(self, code, events)
  -- A code that cannot be read is not a success and not a failure: the revision will tell.
  self.end_code = code or false
  remember_failure(self, code, "END")
  enter(self, "reboot", events)
end

-- `+PDP DEACT` between HTTPEND,0 and START is how it goes (note, chapter 4.1);
-- during the download it means that the context is gone.
local function context_gone(self)
  if self.phase == "download" and self.percent ~= 100 and not self.http_code then
    self.context_lost = true
  end
end

-- A refusal that comes behind the OK instead of in its place (note, chapter 3: "related to ME function").
local function is_refusal(class, code)
  return class == "cme" and math.type(code) == "integer" and code // 100 == 65
end

-- What was reported last, in its own words; of progress the phase and its percentage tell as much.
local function said(stage, name, value)
  if stage == stages.DOWNLOADING or stage == stages.UPDATING then return nil end
  return value ~= nil and ("%s,%s"):format(name, value) or name
end

--- Take one line.
-- @tparam string line
-- @tparam[opt] string class where the line is a final result code, as `Channel:listen` gives it
-- @tparam[opt] int|string code
-- @treturn table list of events: `{event="phase",name=…}`, `{event="progress",phase=…,percent=…}`,
--   `{event="note",…}` for an unknown stage; empty when the line says nothing about the update
function Progress:feed(line, class, code)
  local events = {}
  if urc.is_fota(line) then
    self.heard = true
    local fields = core.fields(line)
    local name = tostring(fields[2] or ""):upper():gsub("%s+", "")
    local value = math.type(fields[3]) == "integer" and fields[3] or nil
    local stage = stages[name] or of_siblings[name]
    if stage then stage(self, value, events) end
    self.said = said(stage, name, fields[3])
    if not stages[name] then
      self.unknown = true
      events[#events + 1] = { event = "note", level = "warning", text = "unknown stage of the update: " .. line }
    end
  elseif is_refusal(class, code) and not self.heard then -- once it has begun, no refusal is the trigger's
    self.heard = true
    self:refuse(code)
    self.said = line
  elseif line:find("^%+PDP DEACT") then
    context_gone(self)
  elseif urc.is_boot(line) then
    self.booted = true
    self.rebooted = self.rebooted or urc.is_boot_start(line)
  end
  return events
end

--- Has nothing been seen of an update that was triggered here, or of what comes after its download?
-- @treturn boolean
function Progress:not_begun()
  return self.way ~= "watch" and not self.started and self.end_code == nil
end

--- Has the module said that it is over: an END, or a download that failed?
-- @treturn boolean
function Progress:ended()
  return self.refused_code ~= nil or self.end_code ~= nil or (self.http_code ~= nil and self.http_code ~= 0)
end

--- The trigger was refused.
-- @tparam integer|nil code of the refusal, where it had one
function Progress:refuse(code)
  self.refused_code = code or false
  remember_failure(self, code, "CME")
end

--- The boot line that came was not the update's end.
function Progress:forget_boot() self.booted = nil end

--- Is a failure the last that was said?
-- @treturn boolean
function Progress:has_failed()
  return self:ended() and self.end_code ~= 0 and (self.end_code ~= false)
end

--- The code of a failure that the module told, now or before it began again.
-- @treturn integer|nil code: 65xx, or whatever number it gave
-- @treturn string|nil where it came: "CME", "HTTPEND", "HTTPSEND" or "END"
function Progress:failure() return self.told_code, self.told_where end

--- Is the download that was triggered still to show itself?
-- @treturn boolean
function Progress:awaits_download()
  return self.phase == "trigger" and self.way == "url" and not self.unknown
end

--- Is what happens now still the download? (Then the source firmware is untouched.)
-- @treturn boolean
function Progress:downloading()
  return self.phase == "download" or (self.phase == "trigger" and self.way == "url")
end

return Progress
