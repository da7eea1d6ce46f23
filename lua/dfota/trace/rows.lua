--- A conversation as rows for people: what the program said on the left, what the module said on the right. Pure.
--
-- Rows that only repeat what went before are folded: a percentage that rises without a long silence,
-- a command that is not answered.
-- @module dfota.trace.rows

local phases = require "dfota.trace.phases"
local text = require "dfota.base.text"
local times = require "dfota.trace.times"
local trace = require "dfota.at.trace"

local MANY = 1000 -- characters of one reply, so that a flood of bytes stays readable

--- Seconds as people read them: "2 ms", "0.4 s", "3 min 07 s".
local function duration(seconds)
  if seconds < 0.1 then return ("%.0f ms"):format(seconds * 1000) end
  return text.duration(seconds)
end

local function shown(s) return text.brief(s, MANY) end

-- Noise, byte by byte: some of it may look like UTF-8.
local function escaped(bytes) return text.cut(trace.escape(bytes), MANY) end

local function joined(reply)
  local lines = {}
  for i, line in ipairs(reply) do lines[i] = shown(line.text) end
  return text.cut(table.concat(lines, " | "), MANY)
end

local makers = {}

function makers.command(item, end_t)
  local took = duration(times.taken(item, end_t))
  local heard = item.done_t and ("%s  (%s)"):format(joined(item.reply), took) or ("no answer  (%s)"):format(took)
  return { mark = ">", said = shown(item.text), heard = heard, unanswered = not item.done_t }
end

function makers.unsolicited(item) return { mark = "*", heard = shown(item.text) } end

local function rate(item, took)
  if took <= 0 then return "" end
  return (", %s/s"):format(text.bytes(item.size / took // 1 | 0))
end

function makers.data(item)
  local took = (item.to_t or item.t) - item.t
  local of = item.declared and item.declared ~= item.size and (" of %d"):format(item.declared) or ""
  local words = ("%d%s bytes in %s%s"):format(item.size, of, duration(took), rate(item, took))
  if item.acks > 0 then words = ("%s; %d acknowledgements"):format(words, item.acks) end
  if item.received then return { mark = "=", heard = words } end
  return { mark = "=", said = words }
end

function makers.sent(item) return { mark = ">", said = shown(item.bytes) } end

function makers.note(item) return { mark = "#", said = shown(item.text) } end

function makers.rate(item) return { mark = "#", said = ("%d baud"):format(item.baud) } end

function makers.noise(item)
  return { mark = "*", heard = ("%d bytes without a line end: %s"):format(#item.bytes, escaped(item.bytes)) }
end

-- The stage and the percentage that a line nobody asked for tells, or nil.
local function percent_of(item)
  if item.kind ~= "unsolicited" then return nil end
  return phases.percent(item.text)
end

-- An update that begins again, after a power cut, tells a lower percentage or is silent for long before.
local function goes_on(row, stage, percent, t)
  return row.stage == stage and percent >= row.percent and t - row.until_t < phases.SILENCE_S
end

-- Returns whether the item only repeats what the last row shows.
local function fold_percent(row, item)
  local stage, percent = percent_of(item)
  if not stage or not row or not goes_on(row, stage, percent, item.t) then return false end
  row.count, row.percent, row.until_t = row.count + 1, percent, item.t
  row.heard = ("%s ... %d%%  (%d lines until %.3f)"):format(row.first, percent, row.count, item.t)
  return true
end

local function fold_unanswered(row, made, item)
  if not (row and row.unanswered and made.unanswered and row.said == made.said) then return false end
  row.count = row.count + 1
  row.heard = ("no answer, %d times until %.3f"):format(row.count, item.t)
  return true
end

local function fold_same(row, made, item)
  if not (row and made.mark == "*" and row.mark == "*" and row.first == made.heard) then return false end
  row.count = row.count + 1
  row.heard = ("%s  (%d times until %.3f)"):format(row.first, row.count, item.t)
  return true
end

local function is_folded(row, made, item)
  return fold_percent(row, item) or fold_unanswered(row, made, item) or fold_same(row, made, item)
end

local function hide(row, direction)
  if direction == "tx" then row.heard = nil end
  if direction == "rx" then row.said = nil end
end

--- @tparam {table,...} items of `dfota.trace.conversation`
-- @tparam number end_t the time of the last byte
-- @tparam[opt] string direction only what was said ("tx") or heard ("rx")
-- @treturn {table,...} rows with `t`, `mark` (`>` said, `*` unsolicited, `=` data, `#` remark), `said`, `heard`
return function(items, end_t, direction)
  local rows = {}
  for _, item in ipairs(items) do
    local made = makers[item.kind](item, end_t)
    if not is_folded(rows[#rows], made, item) then
      made.t, made.count, made.first, made.until_t = item.t, 1, made.heard, item.t
      made.stage, made.percent = percent_of(item)
      rows[#rows + 1] = made
    end
  end
  for _, row in ipairs(rows) do hide(row, direction) end
  return rows
end
