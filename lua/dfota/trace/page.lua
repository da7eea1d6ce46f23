--- A trace as text for people. Pure: returns lines.
-- @module dfota.trace.page

local phases = require "dfota.trace.phases"
local rows_of = require "dfota.trace.rows"
local text = require "dfota.base.text"

local page = {}

local INDENT = 13 -- "     0.334 > "
local SAID = 26 -- columns for what the program says
local BESIDE = 60 -- columns from which on both stand side by side
local NUMBERS, SHARE = 34, 24 -- columns of the numbers of a phase, and of its bar

-- Where a line that is too long ends: behind a bar between two lines of a reply, before a remark in brackets, or at the
-- last blank.
local function break_in(head)
  for _, mark in ipairs { "^.*()| ", "^.*() %s%(", "^.*() " } do
    local at = head:match(mark)
    if at and at >= #head // 3 then return at end
  end
  return #head
end

-- Text in lines of at most `width` columns.
local function wrapped(s, width)
  local lines = {}
  while utf8.len(s) > width do
    local at = break_in(s:sub(1, utf8.offset(s, width + 1) - 1))
    lines[#lines + 1] = (s:sub(1, at):gsub("%s+$", ""))
    s = s:sub(at + 1):gsub("^%s+", "")
  end
  lines[#lines + 1] = s
  return lines
end

local function add_all(lines, more, indent)
  for _, line in ipairs(more) do lines[#lines + 1] = (" "):rep(indent) .. line end
end

-- Side by side where there is room, else the one below the other.
local function add_row(lines, row, width)
  local head = ("%10.3f %s "):format(row.t, row.mark)
  local said, heard = row.said or "", row.heard or ""
  local right = width >= BESIDE and INDENT + SAID or INDENT + 2
  local beside = width >= BESIDE and utf8.len(said) < SAID and heard ~= ""
  if beside then
    local parts = wrapped(heard, width - right)
    lines[#lines + 1] = head .. said .. (" "):rep(SAID - utf8.len(said)) .. table.remove(parts, 1)
    return add_all(lines, parts, right)
  end
  local parts = wrapped(said, width - INDENT)
  lines[#lines + 1] = head .. table.remove(parts, 1)
  add_all(lines, parts, INDENT)
  if heard ~= "" then add_all(lines, wrapped(heard, width - right), right) end
end

-- The phases that begin before this time are headings.
local function add_headings(lines, list, state, t)
  while list[state.next] and list[state.next].from <= t do
    lines[#lines + 1] = ("%10s   -- %s --"):format("", list[state.next].name)
    state.next = state.next + 1
  end
end

--- Who said what when.
-- @tparam {table,...} items the chosen ones of a conversation
-- @tparam table opts `all`: every item of it; `duration_s`; `width` in columns; `direction`; `plain`: without phases
-- @treturn {string,...} lines
function page.conversation(items, opts)
  local lines, state = {}, { next = 1 }
  local list = opts.plain and {} or phases.of(opts.all, opts.duration_s)
  for _, row in ipairs(rows_of(items, opts.duration_s, opts.direction)) do
    add_headings(lines, list, state, row.t)
    add_row(lines, row, opts.width)
  end
  if #lines == 0 then lines[1] = "nothing in this trace fits" end
  return lines
end

local function bar(share, width)
  local whole = math.max(0, math.min(SHARE, width - NUMBERS))
  return ("#"):rep(math.floor(share * whole + 0.5))
end

local function add_shares(lines, rows, whole, width)
  for _, row in ipairs(rows) do
    local share = whole > 0 and row.total_s / whole or 0
    lines[#lines + 1] = ("  %-10s %10.3f s  %3.0f %%  %s"):format(row.name, row.total_s, share * 100, bar(share, width))
      :gsub("%s+$", "")
  end
end

local MOST = 10 -- commands

-- A narrow page has the total and the count alone.
local WIDE = {
  "by command            total     longest    at          count",
  function(row)
    return ("  %-13s %9.3f s %9.3f s  %10.3f  %5d"):format(
      text.brief(row.name, 13), row.total_s, row.longest_s, row.at, row.count)
  end,
}
local NARROW = {
  "by command            total  count",
  function(row) return ("  %-13s %9.3f s  %5d"):format(text.brief(row.name, 13), row.total_s, row.count) end,
}

-- Beside the numbers where there is room, else below.
local function add_unanswered(lines, count, width)
  if count == 0 then return end
  local words = ("%d unanswered"):format(count)
  local beside = lines[#lines] .. ", " .. words
  if utf8.len(beside) <= width then
    lines[#lines] = beside
  else
    lines[#lines + 1] = (" "):rep(4) .. words
  end
end

local function add_commands(lines, commands, width)
  local heading, line_of = table.unpack(width >= BESIDE and WIDE or NARROW)
  lines[#lines + 1] = heading
  for i, row in ipairs(commands) do
    if i > MOST then
      lines[#lines + 1] = ("  and %d more, each faster"):format(#commands - MOST)
      return
    end
    lines[#lines + 1] = line_of(row)
    add_unanswered(lines, row.unanswered, width)
  end
end

--- Where the time went.
-- @tparam table taken of `dfota.trace.times`
-- @tparam number duration_s of the whole trace
-- @tparam integer width columns
-- @treturn {string,...} lines
function page.times(taken, duration_s, width)
  local lines, turns = { "Where the time went" }, taken.turns
  add_shares(lines, taken.phases, duration_s, width)
  add_all(lines, wrapped(("answering: %.3f s, not answered: %.3f s, listening for the rest"):format(
    turns.answering_s, turns.unanswered_s), width), 0)
  if #taken.commands > 0 then add_commands(lines, taken.commands, width) end
  return lines
end

local function add_finding(lines, found, width)
  local head = ("%10.3f ! "):format(found.t)
  local parts = wrapped(("%s (line %d)"):format(found.text, found.line), width - INDENT)
  lines[#lines + 1] = head .. table.remove(parts, 1)
  add_all(lines, parts, INDENT)
  if found.advice then add_all(lines, wrapped("-> " .. found.advice, width - INDENT), INDENT) end
end

--- What is odd.
-- @tparam {table,...} findings of `dfota.trace.odd`
-- @tparam integer width columns
-- @treturn {string,...} lines
function page.odd(findings, width)
  if #findings == 0 then return { "Nothing odd was found" } end
  local lines = { ("What is odd: %d finding%s"):format(#findings, #findings == 1 and "" or "s") }
  for _, found in ipairs(findings) do add_finding(lines, found, width) end
  return lines
end

--- What this trace is, in a line or two.
-- @tparam table about of `dfota.trace.summary`
-- @tparam integer width columns
-- @treturn {string,...} lines
function page.heading(about, width)
  local parts = {
    ("run %d of %d"):format(about.run, about.runs), "begun " .. (about.begun or "at a time that is damaged"),
    text.duration(about.duration_s), text.count(about.commands, "command"),
    text.count(about.unsolicited, "unsolicited line"),
  }
  if about.odd > 0 then parts[#parts + 1] = text.count(about.odd, "odd thing") end
  local lines = wrapped(table.concat(parts, ", "), width)
  local who = about.model and text.printable(about.model) or "unknown module"
  if about.before then
    local after = about.after ~= about.before and " -> " .. text.printable(about.after) or ""
    who = ("%s, revision %s%s"):format(who, text.printable(about.before), after)
  end
  if about.imei then who = who .. ", IMEI " .. text.printable(about.imei) end
  if about.model or about.imei then add_all(lines, wrapped(who, width), 0) end
  return lines
end

return page
