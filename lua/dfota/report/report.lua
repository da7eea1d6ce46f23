--- Reports what happens to people and programs: each event to both, in its own form.
-- Programs get JSON Lines (--json), people get text; see `dfota.report.json` and `dfota.report.terminal`.
-- Output that is lost (a closed pipe, a full disk) is remembered and never stops the job.
-- @module dfota.report.report

local fold = require "dfota.report.fold"
local json = require "dfota.report.json"
local pace = require "dfota.report.rate"
local people = require "dfota.report.terminal"

local report = {}

local Report = {}
Report.__index = Report
Report.__name = "dfota.report.report"

-- A stream that remembers a failure; nothing is written after a gap.
local function stream(file)
  local self = {}
  function self.write(text)
    if not file or self.failure then return end
    local ok, done, reason, code = pcall(file.write, file, text)
    if ok and done then ok, done, reason, code = pcall(file.flush, file) end
    if not (ok and done) then self.failure, self.code = tostring(reason or done), code end
  end
  return self
end

-- One sink for programs and one for people; with --json, `out` is for programs only.
local function sinks(options, out, err)
  local normal = options.json and err or out
  local text = people.new({
    normal = normal.write, alert = err.write, quiet = options.quiet, color = options.color,
    tty = options.tty, width = options.width,
    alert_tty = options.err_tty, alert_width = options.err_width, alert_color = options.err_color,
  })
  if not options.json then return { text } end
  return { json.new(out.write, options.port), text }
end

-- A revision or an IMEI is what a verdict rests on; the words of the contract and the call to repeat are our own.
local AS_IT_IS = { name = true, level = true, phase = true, outcome = true, retry = true, model = true,
  revision = true, imei = true, before = true, after = true, advice = true }

-- What may quote the module.
local function masked(secrets, fields)
  if not secrets then return fields end
  local shown = {}
  for key, value in pairs(fields) do
    shown[key] = type(value) == "string" and not AS_IT_IS[key] and secrets:masked(value) or value
  end
  return shown
end

local AGAIN_S = 5 -- how long a repeating line may only be counted

-- An ordinary update has some hundreds of lines and steps; tens of thousands would fill disks.
local CEILING = 20000

--- Makes a report.
-- @tparam table options
--   `out`, `err`: file handles, or anything with write and flush; text for people goes to `out`, with `json` to `err`;
--   `json`, `quiet`, `color`: booleans, as on the command line;
--   `tty`: whether people's stream is a terminal; `width`: its columns, or a function that asks for them (80);
--   `err_tty`, `err_width`, `err_color`: the same for `err`, if it is not the same terminal;
--   `secrets`: masked where an event quotes the module (`dfota.at.secrets`);
--   `ceiling`: of lines and progress together (20000);
--   `clock`: function, seconds, monotonic; `port`: its name, nil while it is not known
-- @treturn Report
function report.new(options)
  local out, err = stream(options.out), stream(options.err)
  return setmetatable({
    out = out, err = err, clock = options.clock, start = options.clock(),
    sinks = sinks(options, out, err), paces = {}, lines = fold.new(AGAIN_S), told = 0,
    ceiling = options.ceiling or CEILING, tty = options.tty,
    shows_age = options.tty and not options.quiet, secrets = options.secrets,
  }, Report)
end

--- Seconds since the report began.
function Report:elapsed() return self.clock() - self.start end

--- Names the port for the events that follow, once it is known.
function Report:set_port(name)
  for _, sink in ipairs(self.sinks) do sink:set_port(name) end
end

function Report:write(name, fields)
  local t = self:elapsed()
  for _, sink in ipairs(self.sinks) do sink:event(name, fields, t) end
end

-- For events that a module can cause without limit.
function Report:write_bounded(name, fields)
  if self.told > self.ceiling then return end
  self.told = self.told + 1
  if self.told <= self.ceiling then return self:write(name, fields) end
  self:write("note", { level = "warning",
    text = ("%d lines and steps were reported: further ones are omitted"):format(self.ceiling) })
end

function Report:tell_rest_of_lines()
  local rest = self.lines:rest()
  if rest then self:write_bounded("urc", rest) end
end

function Report:report_line(fields)
  for _, told in ipairs(self.lines:line(self:elapsed(), fields.text)) do self:write_bounded("urc", told) end
end

-- The next update of a chain begins: its rates and percentages are its own.
function Report:begin_hop() self.paces, self.progress = {}, nil end

function Report:tell(name, fields)
  self:tell_rest_of_lines()
  if name == "progress" then return self:write_bounded(name, fields) end
  self:write(name, fields)
end

--- A list instead of a run: people get lines, programs get facts and a result. Nothing follows it.
-- @tparam {string,...} lines
-- @tparam table facts by name
-- @tparam table result its fields
function Report:list(lines, facts, result)
  self.ended = true
  local t = self:elapsed()
  for _, sink in ipairs(self.sinks) do sink:list(lines, facts, result, t) end
end

local ENOUGH_S = 1

-- The same percentage within a second is not news.
function Report:is_news(fields, t)
  local last = self.progress
  local same = last and last.phase == fields.phase and last.percent == fields.percent
  return not same or t - last.t >= ENOUGH_S
end

local function whole(n) return n and math.floor(n + 0.5) end

-- Adds rate and time left if the caller does not know them. The rate is in bits per second.
function Report:complete(fields, t)
  local phase = fields.phase
  self.paces[phase] = self.paces[phase] or pace.new()
  local done, total = fields.percent, 100
  if fields.bytes and fields.total then done, total = fields.bytes, fields.total end
  local rate, left = self.paces[phase]:update(t, done or 0, total)
  local full = {}
  for key, value in pairs(fields) do full[key] = value end
  if fields.bytes and not full.rate_bps then full.rate_bps = whole(rate and rate * 8) end
  if not full.eta_s and left then full.eta_s = math.floor(left * 10 + 0.5) / 10 end
  return full
end

function Report:report_progress(fields)
  local t = self:elapsed()
  local full = self:complete(fields, t)
  if not self:is_news(fields, t) then return end
  self.progress = { phase = fields.phase, percent = fields.percent, t = t }
  self:tell("progress", full)
end

--- Reports an event; after the result nothing is reported any more.
-- Identical consecutive lines (urc) are folded, with `repeated` for how often they were repeated; lines and progress
-- are limited, which is reported once.
-- @tparam string name identity, gate, phase, progress, urc, note or brake
-- @tparam table fields as the events are described; progress may also have `age_s`, seconds since the module's last
--   activity, which only people are shown
-- @treturn boolean whether the report was still open
function Report:event(name, fields)
  if self.ended then return false end
  if name == "result" then return self:result(fields) end
  fields = masked(self.secrets, fields)
  if name == "progress" then
    self:report_progress(fields)
  elseif name == "urc" then
    self:report_line(fields)
  else
    if name == "hop" then self:begin_hop() end
    self:tell(name, fields)
  end
  return true
end

--- How often `tick` is worth calling, to avoid needless wake-ups.
-- @treturn number|nil seconds; nil if no age is shown (no terminal, --quiet)
function Report:tick_s()
  return self.shows_age and 1 or nil
end

--- Shows the time since the module's last activity, on a terminal only.
-- @tparam number age_s seconds
-- @tparam[opt] table wait what it is waiting for: `what` happens `at_s` seconds after that activity
function Report:tick(age_s, wait)
  if self.ended then return end
  self:tell_rest_of_lines()
  for _, sink in ipairs(self.sinks) do sink:tick(age_s, wait) end
end

--- Shows people a line of the conversation with the module (-v); programs have the trace.
-- @tparam string direction "tx" or "rx"
-- @tparam string line
function Report:overhear(direction, line)
  if self.ended then return end
  for _, sink in ipairs(self.sinks) do sink:overhear(direction, line) end
end

--- Reports the result: the last event, exactly once. A second one is ignored.
-- @tparam table fields ok, rc, outcome, changed, before, after, code, message, advice, retry,
--   recorded; `duration_s` is added; `prose`, `lead` and `commands`, the parts of an advice to type
--   (`dfota.update.advice`), for people
-- @treturn boolean whether it was the first
function Report:result(fields)
  if self.ended then return false end
  self.ended = true
  local full = { duration_s = math.floor(self:elapsed() * 1000 + 0.5) / 1000 }
  for key, value in pairs(masked(self.secrets, fields)) do full[key] = value end
  self:tell("result", full)
  return true
end

--- Shows what is going on, in a line that what comes next replaces, on a terminal only.
-- @tparam string|nil text nil removes it
-- @tparam[opt="search"] string label before it
function Report:status(text, label)
  if self.ended then return end
  for _, sink in ipairs(self.sinks) do sink:status(text, label) end
end

local EPIPE = 32

--- The exit code of the run. 0 also promises that the output was written: if it was lost (a full disk), it is 1, and
-- the other stream says why. A reader that closed the pipe wanted no more.
-- @tparam integer rc
-- @treturn integer
function Report:settle(rc)
  local lost = self.out.failure
  if not lost or self.out.code == EPIPE then return rc end
  self.err.write(("the output was lost: %s; the exit code would have been %d\n"):format(lost, rc))
  return rc == 0 and 1 or rc
end

--- Why output was lost, if it was; a reader that closed the pipe wanted no more.
-- @treturn string|nil
function Report:failed()
  for _, lost in ipairs { self.out, self.err } do
    if lost.failure and lost.code ~= EPIPE then return lost.failure end
  end
end

return report
