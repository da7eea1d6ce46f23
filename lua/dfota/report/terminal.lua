--- Events as text for people: a progress bar on a terminal, plain lines elsewhere.
-- Whatever came over the serial line is escaped so that it cannot control the terminal.
-- @module dfota.report.terminal

local bar = require "dfota.report.bar"
local result_words = require "dfota.report.result_words"
local text = require "dfota.base.text"
local wrap = require "dfota.base.wrap"

local report_text = {}

local Sink = {}
Sink.__index = Sink

local COLORS = { good = "\27[32m", warn = "\27[33m", bad = "\27[31m", dim = "\27[2m" }
local PLAIN = "\27[0m"

-- The cursor waits in front of the bar. When a terminal becomes narrower and folds the bar into several rows, the
-- cursor stays with its first character, so this erases all of them; one that does not fold has a single row to erase.
local ERASE = "\r\27[J"

local DEFAULT_COLUMNS = 80

-- Where text goes: a function that writes it; whether it is a terminal, its columns as they are now, whether it has
-- colours.
local function stream(write, is_terminal, width, color)
  local function columns()
    local now = type(width) == "function" and width() or type(width) == "number" and width
    return now or DEFAULT_COLUMNS
  end
  return { write = write, columns = is_terminal and columns or nil, color = color }
end

--- @tparam table options normal, alert: functions that write text (warnings and bad results go to `alert`); `quiet`;
--   `tty`, `width`, `color`: is `normal` a terminal, its columns (or a function that asks it; 80), are there colours;
--   `alert_tty`, `alert_width`, `alert_color`: the same for `alert`, by default as for `normal`
function report_text.new(options)
  local function of_alert(name)
    local own = options["alert_" .. name]
    if own == nil then return options[name] end
    return own
  end
  return setmetatable({
    normal = stream(options.normal, options.tty, options.width, options.color),
    alert = stream(options.alert, of_alert "tty", of_alert "width", of_alert "color"),
    quiet = options.quiet, began = 0,
  }, Sink)
end

-- Messages name the port if it matters.
function Sink.set_port() end

local function paint(to, color, s)
  if not (to.color and color) then return s end
  return COLORS[color] .. s .. PLAIN
end

function Sink:erase_bar()
  if self.drawn then self.normal.write(ERASE) end
  self.drawn = nil
end

-- Asked each time: the terminal may have another size by now.
function Sink:draw()
  self:erase_bar()
  local status, columns = self.bar.status, self.normal.columns()
  self.drawn = status and text.cut(status, columns - 1) or bar.line(self.bar, columns)
  self.normal.write(self.drawn .. "\r")
end

local function write_line(self, to, line)
  self:erase_bar()
  to.write(line .. "\n")
  if self.bar then self:draw() end
end

-- Lines appear above the bar, which stays last. On a terminal they are broken between words; elsewhere, in a log or
-- another program, they stay whole. `color` is the label's.
function Sink:line(to, label, content, color, content_color)
  local padded = ("%-9s"):format(label)
  local lines = to.columns and wrap.hanging(padded, content, to.columns()) or { content }
  for i, line in ipairs(lines) do lines[i] = paint(to, content_color, line) end
  write_line(self, to, paint(to, color, padded) .. table.concat(lines, "\n"))
end

function Sink:say(label, content, color)
  if not self.quiet then self:line(self.normal, label, content, color) end
end

-- What remains of a finished phase is a line that says how far it got.
function Sink:leave_bar()
  local last, seconds = self.last_progress, (self.reached or 0) - self.began
  self:erase_bar()
  self.bar, self.last_progress, self.tenth, self.reached = nil, nil, nil, nil
  if not (last and last.percent and self.normal.columns) then return end
  self:say(text.printable(last.phase), bar.summary(last, seconds))
end

local show = {}

local known = result_words.known

local function received(v) return v ~= nil and text.received(tostring(v)) or "unknown" end

function show.identity(self, fields)
  self:say("module", ("%s, revision %s, IMEI %s"):format(
    received(fields.model), received(fields.revision), received(fields.imei)))
end

local function gate_value(fields, value)
  if value == nil then return known(nil) end
  return known(text.number(value)) .. (fields.unit and " " .. text.printable(fields.unit) or "")
end

-- "true (limit true)" would be meaningless.
local function gate_values(fields)
  if type(fields.value) == "boolean" or fields.ok and fields.value == nil then return "" end
  local values = ": " .. gate_value(fields, fields.value)
  if fields.limit == nil or fields.limit == fields.value then return values end
  return values .. (" (limit %s)"):format(gate_value(fields, fields.limit))
end

function show.gate(self, fields)
  local content = text.printable(fields.name) .. gate_values(fields)
  if fields.ok then return self:say("gate", content .. ", ok") end
  if fields.ok == nil then return self:say("gate", content .. ", not checked") end
  self:line(self.alert, "gate", content .. ", refused", "warn")
end

-- A warning of its own says what holds if there was no answer.
function show.brake(self, fields)
  if not fields.reached then return end
  local run = "run " .. text.printable(fields.run)
  if not fields.stop then return self:say("brake", run .. " goes on") end
  self:line(self.alert, "brake", run .. " is stopped: " .. text.printable(fields.reason), "warn")
end

function show.phase(self, fields, t)
  self:leave_bar()
  self.began = t or 0
  self:say("phase", text.printable(fields.name))
end

-- The update's own lines are shown as phase and progress.
function show.urc(self, fields)
  if fields.text:find('^%+QIND:%s*"FOTA"') then return end
  local again = fields.repeated and (", repeated %d time%s"):format(fields.repeated, fields.repeated == 1 and "" or "s")
  self:say("module", text.received(fields.text) .. (again or ""), "dim")
end

-- A list of ports is shown even with --quiet: it belongs to an error.
local NOTE_COLORS = { warning = "warn", warn = "warn", error = "bad", port = "dim" }

function show.note(self, fields)
  local level = tostring(fields.level or "note")
  local color = NOTE_COLORS[level]
  if not color then return self:say("note", text.printable(fields.text)) end
  self:line(self.alert, text.printable(level), text.printable(fields.text), color)
end

-- Without a terminal every ten percent is enough; going back is shown as well.
function Sink:plain_progress(fields)
  local tenth = (fields.percent or 0) // 10
  if tenth ~= self.tenth then self:say(text.printable(fields.phase), (bar.details(fields):gsub("^ +", ""))) end
  self.tenth = tenth
end

function Sink:terminal_progress(fields)
  self.bar = fields
  self:draw()
end

function show.progress(self, fields, t)
  if self.quiet then return end
  if self.last_progress and self.last_progress.phase ~= fields.phase then
    self:leave_bar()
    self.began = t or 0
  end
  self.last_progress, self.reached = fields, t or 0
  if self.normal.columns then self:terminal_progress(fields) else self:plain_progress(fields) end
end

--- The time since the module's last activity, on a terminal only.
-- @tparam number age_s seconds
-- @tparam[opt] table wait what it is waiting for: `what` happens `at_s` seconds after that activity
function Sink:tick(age_s, wait)
  if self.quiet or not self.normal.columns then return end
  local fields = { phase = "waiting" }
  for key, value in pairs(self.last_progress or {}) do fields[key] = value end
  fields.age_s, fields.wait, fields.eta_s, fields.rate_bps = age_s, wait, nil, nil
  self:terminal_progress(fields)
end

local ARROWS = { tx = ">", rx = "<" }

--- A line of the conversation: it was asked for, so it is shown even with --quiet.
function Sink:overhear(direction, line) self:line(self.alert, ARROWS[direction], text.printable(line), "dim") end

--- What is going on, in place of the bar, on a terminal only; nil removes it.
-- @tparam string|nil content
-- @tparam[opt="search"] string label before it
function Sink:status(content, label)
  if self.quiet or not self.normal.columns then return end
  if content then
    self.bar = { status = ("%-9s%s"):format(label or "search", text.printable(content)) }
    self:draw()
  elseif self.bar and self.bar.status then
    self:erase_bar()
    self.bar = nil
  end
end

--- Lines as they are: they were asked for, so they are shown even with --quiet.
function Sink:list(lines)
  for _, line in ipairs(lines) do self.normal.write(line .. "\n") end
end

local function writes(fields)
  local flash = ("%d update%s"):format(fields.writes, fields.writes == 1 and "" or "s")
  local seen = fields.updates_seen and ("the ledger counts %d"):format(fields.updates_seen)
    or "how many it had is unknown"
  return ("%s of the flash, rated for %d; %s"):format(flash, fields.max_updates, seen)
end

-- Shown even with --quiet if people are asked about it, or wanted to see it.
function show.plan(self, fields)
  if self.quiet and not fields.wanted then return end
  self:line(self.normal, "plan", ("%s -> %s"):format(known(fields.from), known(fields.to)))
  for i, hop in ipairs(fields.hops) do
    self:line(self.normal, ("%6d"):format(i), ("%s -> %s, %s, %s%s"):format(known(hop.from), known(hop.to),
      known((hop.package:match "[^/]+$")), hop.size and text.bytes(hop.size) or "size unknown",
      hop.signed and ", signed" or ""))
  end
  self:line(self.normal, "writes", writes(fields))
  self:line(self.normal, "time", fields.time)
end

function show.hop(self, fields)
  self:leave_bar()
  local hop = ("%d of %d: %s -> %s"):format(fields.number, fields.of, known(fields.from), known(fields.to))
  if fields.ok == nil then return self:say("hop", hop) end
  if fields.ok then return self:say("hop", ("%s: %s"):format(hop, text.printable(fields.message)), "good") end
  self:line(self.alert, "hop", ("%s: ended with %d"):format(hop, fields.rc), "bad") -- the result says why
end

-- People are shown facts in a form of their own.
function show.facts() end

local function good_result(self, fields)
  local content = ("%s (%s)"):format(result_words.headline(fields), text.duration(fields.duration_s))
  self:line(self.normal, "result", content, nil, "good")
  if fields.message then self:say("", text.printable(fields.message)) end
end

-- What to type stands in a line of its own, never broken, so that it can be copied.
local function advise(self, fields)
  local words = result_words.to_do(fields)
  if words ~= "" then self:line(self.alert, "advice", words) end
  for _, command in ipairs(fields.commands or {}) do
    write_line(self, self.alert, (" "):rep(9) .. text.printable(command))
  end
end

local function bad_result(self, fields)
  local content = result_words.headline(fields)
  if fields.message then content = content .. ": " .. text.printable(fields.message) end
  self:line(self.alert, "result", content, "bad")
  if not result_words.is_one_line(fields) or fields.commands then advise(self, fields) end
end

function show.result(self, fields)
  self:leave_bar()
  if fields.ok then good_result(self, fields) else bad_result(self, fields) end
end

function Sink:event(name, fields, t)
  local shown = show[name] or error("there is no event named " .. tostring(name), 4)
  shown(self, fields, t)
end

return report_text
