--- A fleet's run as it is shown: a live table on a terminal, one line per change in a pipe, JSON Lines for programs.
-- @module dfota.fleet.view

local ending = require "dfota.fleet.ending"
local fleet_table = require "dfota.fleet.table"
local json = require "dkjson"
local module_verdicts = require "dfota.fleet.module_verdicts"
local text = require "dfota.base.text"

local view = {}

local PAUSED, PAUSED_KEY = "paused; to go on: %s", "paused: Enter goes on"
local HOLDS = { pause = true, window = true }
local COLORS = { good = "\27[32m", warn = "\27[33m", bad = "\27[31m" }
local PLAIN, ERASE_LINE, ERASE_BELOW = "\27[0m", "\27[K", "\27[J"
local LEAST_HEIGHT = 6 -- of the last table
local REASONS = {
  user = "stopped", max_fail = "stopped: too many failed",
  canary = "stopped: one that goes first did not reach its target",
  interrupted = "stopped: one that goes first was interrupted, and nothing was changed on it",
  hangup = "the terminal is gone: what is under way goes on by itself, and nobody follows it",
  brake = "stopped at the centre", package = "stopped: the package is another than when the run was begun",
}

-- Why nothing is started, or nothing yet, and that for people.
local function reason(self, run)
  local why, for_good = run.scheduler:why_not()
  if for_good then return "stopped", REASONS[why], why end
  if why then return "pause", self.pause_words end
  if run.waits then return run.waits.why, run.waits.words end
end

local function words_of_reason(self, run) return (select(2, reason(self, run))) end

-- The same where it is another than before. That starts are spread is said once: it is so to the end.
local function new_reason(self, run)
  local kind, words, why = reason(self, run)
  if kind == self.kind or kind == "rate" and self.has_rate then return false end
  local before = self.kind
  self.kind, self.has_rate = kind, self.has_rate or kind == "rate"
  return kind ~= nil or before ~= "rate", kind, words, why or before
end

-- Of chains that are under way, the updates that have ended: a part of a module each.
local function parts_done(devices)
  local parts = 0
  for _, device in ipairs(devices) do
    if device.job and device.hop then parts = parts + (device.hop.number - 1) / device.hop.of end
  end
  return parts
end

local function ended_of(counts)
  return counts.done + counts.failed + counts.unknown + counts.safe + counts.interrupted
end

-- How long it still takes if it goes on as it did so far: what an earlier supervisor did took none of this one's time,
-- and what a run that was stopped has not begun takes none. Nobody knows while it waits for its hours or somebody's
-- word.
local function left_s(self, counts, elapsed_s, run)
  local ended, left = ended_of(counts), counts.running + counts.triggered + counts.watching
  self.ended_before = self.ended_before or ended
  local _, for_good = run.scheduler:why_not()
  if not for_good then left = left + counts.waiting end
  if left == 0 then return nil end
  local parts = parts_done(run.devices)
  local did = ended - self.ended_before + parts
  return did > 0 and elapsed_s * (left - parts) / did or nil
end

--- Why a run was stopped, for people.
-- @tparam Scheduler scheduler
-- @treturn string|nil nil if it was not
function view.why_stopped(scheduler)
  local why, for_good = scheduler:why_not()
  return for_good and REASONS[why] or nil
end

local function write_lines(self, lines)
  for _, line in ipairs(lines) do self.write(line .. "\n") end
end

local Live = {}
Live.__index = Live

-- The cursor is left below the table: what others write appears there, and the table moves on.
function Live:draw(run, below)
  local width, height = self.size()
  if below then height = math.max(height - ending.height(below, width), LEAST_HEIGHT) end
  local elapsed_s, counts = run.now() - run.began_at, run.scheduler:counts()
  local kind, why = reason(self, run)
  local left = left_s(self, counts, elapsed_s, run)
  local about = { checks = self.checks, elapsed_s = elapsed_s, left_s = not HOLDS[kind] and left or nil, why = why }
  -- One column less than there are: a full line would leave the cursor in the next one on some terminals.
  local lines = fleet_table.lines(run.devices, counts, about, width - 1, height - 1)
  local parts = { self.drawn and ("\27[%dA\r"):format(self.drawn) or "" }
  for _, line in ipairs(lines) do
    local colour = self.color and COLORS[line[2]]
    parts[#parts + 1] = (colour and colour .. line[1] .. PLAIN or line[1]) .. ERASE_LINE .. "\n"
  end
  parts[#parts + 1] = ERASE_BELOW
  self.drawn = #lines
  self.write(table.concat(parts))
end

function Live.brake() end
function Live:change() self.dirty = true end
Live.event = Live.change
function Live:tick(run)
  if not self.dirty and run.now() < (self.next_at or 0) then return end
  self.dirty, self.next_at = false, run.now() + 1
  self:draw(run)
end

-- What is said below the last table must not push its top, where the trouble is, out of the screen.
function Live:over(run, lines, labels)
  lines = ending.wrapped(lines, labels, (self.size()))
  self:draw(run, lines)
  write_lines(self, lines)
end

--- Somebody's typing moved the cursor down by so many lines.
function Live:moved(lines)
  if self.drawn then self.drawn = self.drawn + lines end
end

local Lines = {}
Lines.__index = Lines

local function named(device)
  local name = text.printable(device.name or device.port)
  return device.imei and name .. ", IMEI " .. device.imei or name
end

function Lines.brake() end
function Lines:change(device, is_found)
  if is_found then
    local phase = device.state == "watching" and "watched" or text.printable(device.phase or "starting")
    return self.write(("%s: found under way: %s\n"):format(named(device), phase))
  end
  local words = device.state
  if device.state == "running" then words = self.checks and "check started" or "update started" end
  if device.state == "done" and self.checks then words = "checked" end
  if device.state == "watching" then words = "watched" end
  local message = device.message and not device.job and ": " .. text.printable(device.message) or ""
  self.write(("%s: %s%s\n"):format(named(device), words, message))
end

-- Of what a job says only where it is: the rest is in its file.
function Lines:event(device, event, is_old)
  if is_old then return end
  if event.event == "phase" then self.write(("%s: %s\n"):format(named(device), text.printable(event.name))) end
  if event.event == "brake" and event.reached == false then
    self.write(("%s: the centre did not answer before the trigger; the limits of this machine hold alone\n"):format(
      named(device)))
  end
end
function Lines:tick(run)
  local is_new, kind, words, before = new_reason(self, run)
  if not is_new or not kind and before == "backoff" then return end
  self.write((words or "going on") .. "\n")
end
function Lines:over(run, lines)
  local about = { checks = self.checks, elapsed_s = run.now() - run.began_at, why = words_of_reason(self, run) }
  self.write(fleet_table.totals(run.scheduler:counts(), about) .. "\n")
  write_lines(self, lines)
end

local Json = {}
Json.__index = Json

-- Each event of a job as it is, with what tells it from others of the same port. A program that follows a run from
-- here on learns from the old ones what became of the modules that are done.
function Json:event(device, event, is_old)
  event.earlier = is_old
  event.run, event.device, event.try = self.run_id, device.number, device.try
  self.write(json.encode(event) .. "\n")
end

-- What the run's brake said, as in update.lua.
function Json:brake(answer, err)
  answer = answer or {}
  self.write(json.encode({
    v = 1, event = "brake", run = self.run_id, reached = err == nil,
    stop = err and json.null or answer.stop, reason = answer.reason or json.null,
  }, { keyorder = { "v", "event", "run", "reached", "stop", "reason" } }) .. "\n")
end
function Json.change() end

-- What nothing is started for, for a time or for good.
function Json:tick(run)
  local is_new, kind, _, why = new_reason(self, run)
  if not is_new then return end
  local event = { v = 1, event = "waiting", run = self.run_id, why = kind or json.null }
  if kind == "stopped" then
    event.event, event.why = "stopping", why
  else
    event["until"] = run.waits and kind == run.waits.why and run.waits.at or json.null
  end
  self.write(json.encode(event, { keyorder = { "v", "event", "run", "why", "until" } }) .. "\n")
end

-- What is not known is null, in a list of the plan's order.
local function modules_of(devices)
  local list = module_verdicts.of(devices)
  for _, entry in ipairs(list) do
    for _, key in ipairs(module_verdicts.KEYS) do
      if entry[key] == nil then entry[key] = json.null end
    end
    setmetatable(entry, { __jsonorder = module_verdicts.KEYS })
  end
  return setmetatable(list, { __jsontype = "array" })
end

function Json:over(run)
  self:tick(run)
  local counts, why = run.scheduler:counts(), run.scheduler:why_not()
  self.write(json.encode({
    v = 1, event = "fleet", run = self.run_id, rc = run.scheduler:rc(), counts = counts, stopped = why or json.null,
    duration_s = run.now() - run.began_at, page = run.page or json.null, modules = modules_of(run.devices),
  }, { keyorder = { "v", "event", "run", "rc", "stopped", "counts", "duration_s", "page", "modules" } }) .. "\n")
end

--- @tparam table options `write(bytes)`; `json`, `tty`, `color`: booleans; `size()`, columns and lines of the terminal;
--   `run_id`; `has_key`: Enter goes on after a pause, and otherwise the command `go`; `checks`: it is a check
-- @treturn table with `change(device, is_found)`, `event(device, event, is_old)` as of `dfota.fleet.supervisor`,
--   `brake(answer, err)`, `tick(run)` some times a second,
--   and `over(run, lines, labels)` with what is said below, as of `dfota.fleet.ending`, where `run` has `devices`,
--   `scheduler`, `began_at`, `now()`, `waits` as of `dfota.fleet.waiting`, and at its end `page`, the path of its page
function view.new(options)
  local class = options.json and Json or options.tty and Live or Lines
  return setmetatable({
    write = options.write, size = options.size, color = options.color, run_id = options.run_id, dirty = true,
    checks = options.checks,
    pause_words = options.has_key and PAUSED_KEY or PAUSED:format(options.go),
  }, class)
end

return view
