--- Reads trace files (docs/traces.md): one file may hold several runs, since a trace is appended to.
--
-- A file is looked through for the beginnings of its runs; only the run that is wanted is taken apart, line by line.
-- @module dfota.trace.reader

local core = require "dfota.core"
local regular_file = require "dfota.base.regular_file"
local text = require "dfota.base.text"
local trace = require "dfota.at.trace"

local reader = {}

local BEGINNING = "# dfota trace "
local VERSION = "1"
local MAX_BYTES = 256 << 20 -- four times what one run adds by default (max_trace_bytes)
local TIME = "^%d+%-%d+%-%d+T%d+:%d+:%d+Z$"
local MAX_SECONDS = 1e9 -- thirty years: a longer time is damage

local function unusable(path, reason)
  return nil, core.error("trace", ("%s: %s"):format(text.printable(path), reason))
end

local function missing(path, reason)
  return nil, core.error("trace_missing", ("%s: %s"):format(text.printable(path), reason))
end

-- Where each run's first line begins.
local function beginnings(content)
  local list, from = {}, 1
  while from do
    list[#list + 1] = from
    local newline = content:find("\n" .. BEGINNING, from, true)
    from = newline and newline + 1
  end
  return list
end

local function first_line(content, from) return content:sub(from, (content:find("\n", from, true) or 0) - 1) end

-- The file's line numbers are what an editor shows.
local function count_lines(content, from, to)
  local _, count = content:sub(from, to):gsub("\n", "")
  return count
end

local function new_run(content, number, from, to)
  local version, begun = first_line(content, from):match("^" .. BEGINNING .. "(%S-),? begun (%S+)")
  begun = begun and begun:match(TIME)
  return { number = number, version = version, begun = begun, content = content, from = from, to = to }
end

--- The runs in the text of a trace.
-- @tparam string content
-- @treturn {table,...}|nil runs with `number` (1 is the oldest), `begun` (UTC, ISO 8601; nil if it is damaged), `line`
--   (number of the first line in the file); nil if the text is not a trace
-- @treturn ?string why not
function reader.runs(content)
  if content:sub(1, #BEGINNING) ~= BEGINNING then
    return nil, ("is not a trace: its first line is not \"%s%s, begun …\""):format(BEGINNING, VERSION)
  end
  local list, starts, line = {}, beginnings(content), 1
  for i, from in ipairs(starts) do
    local run = new_run(content, i, from, (starts[i + 1] or #content + 1) - 1)
    if run.version and run.version ~= VERSION then
      return nil, ("is a trace of version %s: this program reads version %s"):format(
        text.brief(run.version), VERSION)
    end
    run.line, line = line, line + count_lines(content, run.from, run.to)
    list[i] = run
  end
  return list
end

local function note_of(line) return line:match "^# ?(.*)$" end

local function is_heading(line)
  local begun = line:match("^" .. BEGINNING .. "%S+ begun (%S+)$")
  return begun ~= nil and begun:find(TIME) ~= nil
end

-- Times never go back: the clock is monotonic, so an earlier one is damage. It counts as the latest.
local function parsed(line, number, latest)
  local seconds, direction, bytes = trace.parse(line)
  if seconds and seconds < MAX_SECONDS then
    return { t = math.max(seconds, latest), direction = direction, bytes = bytes, line = number }
  end
  local note = not seconds and note_of(line)
  return note and { t = latest, note = note, line = number } or nil
end

-- The last line of a run says how it ended, or why the trace ended before it.
local function is_end(entry)
  return entry.note ~= nil and (entry.note:find "^exit code %d+$" or entry.note:find "^the trace ends here") ~= nil
end

local function cut_at(run, latest)
  local last = run.to - (run.content:sub(run.to, run.to) == "\n" and 1 or 0)
  return { t = latest, line = run.line + count_lines(run.content, run.from, last) }
end

--- Takes a run apart. A line that was cut off in its middle, at the file's end, is no damage: it is where the trace
-- ends.
-- @tparam table run of `runs`
-- @treturn {table,...} entries in the file's order: `t` seconds, `line` number in the file, and either `direction`
--   ("tx" or "rx") and `bytes`, or `note`
-- @treturn {table,...} the lines that are damaged, each with its number `line` and `t`, the time that was reached
-- @treturn ?table where the trace was cut off: `t` and `line` of its end; nil where it tells how the run ended
function reader.entries(run)
  local entries, damaged, number, latest, ended = {}, {}, run.line, 0, false
  local function is_damaged(line, is_whole)
    if number == run.line then return is_whole and not is_heading(line) end
    return line ~= "" and (is_whole or ended)
  end
  for line, newline in run.content:sub(run.from, run.to):gmatch "([^\n]*)(\n?)" do
    local entry = number > run.line and line ~= "" and parsed(line, number, latest)
    if entry then
      entries[#entries + 1], latest = entry, entry.t
      ended = ended or is_end(entry)
    elseif is_damaged(line, newline ~= "") then
      damaged[#damaged + 1] = { t = latest, line = number }
    end
    if newline == "" then break end
    number = number + 1
  end
  return entries, damaged, not ended and cut_at(run, latest) or nil
end

--- Reads a trace file.
-- @tparam string path
-- @treturn[1] {table,...} its runs, see `runs`
-- @treturn[2] nil
-- @treturn[2] err kind "trace" (not a trace) or "trace_missing" (missing or unreadable)
function reader.read(path)
  local content, reason = regular_file.read(path, MAX_BYTES)
  if not content then return missing(path, reason) end
  if content == "" then return unusable(path, "is empty") end
  local runs, why = reader.runs(text.unix(content)) -- a trace has neither CR nor a mark of its encoding
  if not runs then return unusable(path, why) end
  return runs
end

--- Chooses a run.
-- @tparam string path for the message
-- @tparam {table,...} runs
-- @tparam[opt] integer number default: the last
-- @treturn[1] table the run
-- @treturn[2] nil
-- @treturn[2] err kind "usage"
function reader.choose(path, runs, number)
  local run = runs[number or #runs]
  if run then return run end
  return nil, core.error("usage", ("%s: there is no run %d: it has %d, and --list shows them"):format(
    text.printable(path), number, #runs))
end

return reader
