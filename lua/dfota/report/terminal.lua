--- Events as text for people: a progress bar on a terminal, plain lines elsewhere.
-- Whatever came over the serial line is escaped so that it cannot control the terminal.
-- @module dfota.report.terminal

local text = require "dfota.base.text"

local report_text = {}

local Sink = {}
Sink.__index = Sink

local COLORS = { good = "\27[32m", warn = "\27[33m", bad = "\27[31m", dim = "\27[2m" }
local PLAIN = "\27[0m"
local ERASE = "\r\27[K"

--- @tparam table options normal, alert: functions that write text (warnings and bad results go to `alert`);
--   quiet, color, tty: booleans; width: columns of the terminal
function report_text.new(options)
  return setmetatable({
    normal = options.normal, alert = options.alert, quiet = options.quiet, color = options.color,
    tty = options.tty, width = options.width or 80,
  }, Sink)
end

-- Messages name the port if it matters.
function Sink.set_port() end

function Sink:paint(color, s)
  if not (self.color and color) then return s end
  return COLORS[color] .. s .. PLAIN
end

function Sink:erase_bar()
  if self.bar then self.normal(ERASE) end
end

-- Lines appear above the bar, which stays last.
function Sink:line(write, label, content, color)
  self:erase_bar()
  write(self:paint(color, ("%-9s"):format(label)) .. content .. "\n")
  if self.bar then self.normal(self.bar) end
end

function Sink:say(label, content, color)
  if not self.quiet then self:line(self.normal, label, content, color) end
end

-- The bar of a finished phase stays on the screen.
function Sink:leave_bar()
  if self.bar then self.normal("\n") end
  self.bar, self.last_progress, self.tenth = nil, nil, nil
end

local show = {}

local function known(v) return v ~= nil and text.printable(v) or "unknown" end

function show.identity(self, fields)
  self:say("module", ("%s, revision %s, IMEI %s"):format(
    known(fields.model), known(fields.revision), known(fields.imei)))
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

function show.phase(self, fields)
  self:leave_bar()
  self:say("phase", text.printable(fields.name))
end

-- The update's own lines are shown as phase and progress.
function show.urc(self, fields)
  if fields.text:find('^%+QIND:%s*"FOTA"') then return end
  local again = fields.repeated and (", repeated %d time%s"):format(fields.repeated, fields.repeated == 1 and "" or "s")
  self:say("module", text.printable(fields.text) .. (again or ""), "dim")
end

local NOTE_COLORS = { warning = "warn", warn = "warn", error = "bad" }

function show.note(self, fields)
  local level = tostring(fields.level or "note")
  local color = NOTE_COLORS[level]
  if not color then return self:say("note", text.printable(fields.text)) end
  self:line(self.alert, text.printable(level), text.printable(fields.text), color)
end

local function amount(fields)
  if fields.bytes and fields.total then
    local done, total = text.bytes(fields.bytes), text.bytes(fields.total)
    if done:match("%a+") == total:match("%a+") then done = done:match("%S+") end
    return ("%s of %s"):format(done, total)
  end
  return fields.bytes and text.bytes(fields.bytes)
end

-- What is known besides the percentage. People are shown bytes, the event has bits.
local function details(fields)
  local parts = {}
  if fields.percent then parts[1] = ("%3d %%"):format(math.floor(fields.percent)) end
  parts[#parts + 1] = amount(fields)
  if fields.rate_bps then parts[#parts + 1] = text.bytes(fields.rate_bps // 8) .. "/s" end
  if fields.eta_s and fields.eta_s > 0 then parts[#parts + 1] = text.duration(fields.eta_s) .. " left" end
  if fields.age_s then parts[#parts + 1] = ("last line %s ago"):format(text.duration(fields.age_s)) end
  if fields.waiting then parts[#parts + 1] = text.printable(fields.waiting) end
  return table.concat(parts, "  ")
end

-- Two widths only: a bar that changes its length with every digit is hard to look at.
local function cells_for(room)
  return room >= 20 and 20 or room >= 10 and 10 or nil
end

local function bar(fields, width)
  local label, about = ("%-9s"):format(text.printable(fields.phase)), details(fields)
  local cells = fields.percent and cells_for(width - utf8.len(label) - utf8.len(about) - 4)
  if not cells then return text.cut(label .. about, width - 1) end
  local full = math.floor(cells * math.max(0, math.min(100, fields.percent)) / 100)
  return ("%s[%s%s] %s"):format(label, ("#"):rep(full), ("-"):rep(cells - full), about)
end

function Sink:draw(fields)
  local drawn = bar(fields, self.width)
  self.normal(ERASE .. drawn)
  self.bar = drawn
end

-- Without a terminal every ten percent is enough; going back is shown as well.
function Sink:plain_progress(fields)
  local tenth = (fields.percent or 0) // 10
  if tenth ~= self.tenth then self:say(text.printable(fields.phase), (details(fields):gsub("^ +", ""))) end
  self.tenth = tenth
end

function show.progress(self, fields)
  if self.quiet then return end
  if self.last_progress and self.last_progress.phase ~= fields.phase then self:leave_bar() end
  if self.tty then self:draw(fields) else self:plain_progress(fields) end
  self.last_progress = fields
end

--- The time since the module's last activity, on a terminal only.
function Sink:tick(age_s, waiting)
  if self.quiet or not self.tty then return end
  local fields = { phase = "waiting" }
  for key, value in pairs(self.last_progress or {}) do fields[key] = value end
  fields.age_s, fields.waiting, fields.eta_s, fields.rate_bps = age_s, waiting, nil, nil
  self:draw(fields)
end

local ARROWS = { tx = ">", rx = "<" }

--- A line of the conversation: it was asked for, so it is shown even with --quiet.
function Sink:overhear(direction, line) self:line(self.alert, ARROWS[direction], text.printable(line), "dim") end

--- Lines as they are: they were asked for, so they are shown even with --quiet.
function Sink:list(lines)
  for _, line in ipairs(lines) do self.normal(line .. "\n") end
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

local OUTCOMES = {
  updated = "updated: %s -> %s",
  already_current = "nothing to do: already at %s",
  checked = "checked: %s, nothing was changed",
  not_started = "not started",
  failed_on_source = "failed; the module still runs %s",
  wrong_revision = "wrong revision: %s ran before, %s runs now",
  unknown = "outcome unknown",
}

local RETRY = {
  safe = "It is safe to run it again.",
  after_fix = "Run it again after fixing that.",
  never = "Do not run it again.",
}

local function headline(fields)
  if fields.outcome == "wrong_revision" and fields.after == fields.before then return "wrong revision" end
  local pattern = OUTCOMES[fields.outcome] or text.printable(fields.outcome)
  return (pattern:format(known(fields.before), known(fields.after)))
end

local function good_result(self, fields)
  local content = ("%s (%s)"):format(headline(fields), text.duration(fields.duration_s))
  self:line(self.normal, "result", self:paint("good", content))
  if fields.message then self:say("", text.printable(fields.message)) end
end

local GATE = 84 -- (contract: exit codes)

local function bad_result(self, fields)
  local content = headline(fields)
  if fields.message then content = content .. ": " .. text.printable(fields.message) end
  self:line(self.alert, "result", content, "bad")
  -- A usage error is one line that says what to do; a gate has its own advice.
  local is_one_line = fields.outcome == "not_started" and fields.retry == "after_fix" and fields.rc ~= GATE
  if is_one_line then return end
  local todo = {}
  if fields.advice then todo[1] = text.printable(fields.advice):gsub("^%l", string.upper):gsub("%.$", "") .. "." end
  todo[#todo + 1] = RETRY[fields.retry]
  if #todo > 0 then self:line(self.alert, "advice", table.concat(todo, " ")) end
end

function show.result(self, fields)
  self:leave_bar()
  if fields.ok then good_result(self, fields) else bad_result(self, fields) end
end

function Sink:event(name, fields)
  local shown = show[name] or error("there is no event named " .. tostring(name), 4)
  shown(self, fields)
end

return report_text
