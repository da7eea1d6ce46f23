#!/usr/bin/env lua5.4
-- Shows a trace: who said what when, where the time went, and what is odd.
--     lua scripts/trace.lua [options] FILE
-- Read-only. The format of a trace is described in docs/traces.md.

local conversation, core, filter, json, odd, page, reader, summary, times -- loaded once the script has started

local function load_modules()
  conversation, filter = require "dfota.trace.conversation", require "dfota.trace.filter"
  json, odd, page = require "dfota.trace.lines_json", require "dfota.trace.odd", require "dfota.trace.page"
  reader, summary, times = require "dfota.trace.reader", require "dfota.trace.summary", require "dfota.trace.times"
  core = require "dfota.core"
end

local WIDTH, NARROWEST = 80, 40 -- columns

-- As wide as COLUMNS says, or the terminal; in a file or a pipe as wide as most terminals are.
local function columns(program)
  local said = os.getenv "COLUMNS" or ""
  local asked = #said < 10 and math.tointeger(tonumber(said:match "^%d+$"))
  if asked == 0 then asked = nil end
  return math.max(asked or program.out == io.stdout and core.columns(1) or WIDTH, NARROWEST)
end

local function say_all(program, lines)
  for _, line in ipairs(lines) do program:say(line) end
end

-- A run with everything that is known about it.
local function looked_at(run, runs, silence_s)
  local entries, damaged, cut = reader.entries(run)
  local items, about = conversation(entries)
  local found = odd(items, about, entries, damaged, cut, silence_s)
  local what = summary(items, about.duration_s)
  what.run, what.runs, what.begun, what.odd = run.number, #runs, run.begun, #found
  return { items = items, odd = found, about = what, times = times.of(items, about.duration_s) }
end

local function list(program, runs, options)
  for _, run in ipairs(runs) do
    local about = looked_at(run, runs, options.silence).about
    say_all(program, options.json and { json.heading(about) } or page.heading(about, columns(program)))
  end
  return 0
end

local function filters(options)
  return {
    only = options.only, direction = options.direction, text = options.grep, since = options.since, till = options.till,
  }
end

-- The sections that were asked for; all of them where none was.
local function sections(options)
  local all = not (options.times or options.odd)
  return { conversation = all, times = options.times or all, odd = options.odd or all }
end

local function say_section(program, lines)
  program:say ""
  say_all(program, lines)
end

local function show(program, seen, options)
  local asked, width, shown = filters(options), columns(program), sections(options)
  local items, about = filter.items(seen.items, asked), seen.about
  say_all(program, page.heading(about, width))
  if shown.conversation then
    say_section(program, page.conversation(items, {
      all = seen.items, duration_s = about.duration_s, width = width, direction = asked.direction,
      plain = filter.is_on(asked),
    }))
  end
  if filter.is_on(asked) and shown.conversation then return 0 end
  if shown.times then say_section(program, page.times(seen.times, about.duration_s, width)) end
  if shown.odd then say_section(program, page.odd(filter.findings(seen.odd, asked), width)) end
  return 0
end

local function show_json(program, seen, options)
  local asked, shown = filters(options), sections(options)
  program:say(json.heading(seen.about))
  if shown.conversation then say_all(program, json.conversation(filter.items(seen.items, asked))) end
  if shown.times then say_all(program, json.times(seen.times)) end
  if shown.odd then say_all(program, json.odd(filter.findings(seen.odd, asked))) end
  return 0
end

local function main(options, program)
  load_modules()
  local runs, err = reader.read(options.file)
  if not runs then return program:fail(err) end
  if options.list then return list(program, runs, options) end
  local run, why = reader.choose(options.file, runs, options.run)
  if not run then return program:fail(why) end
  return (options.json and show_json or show)(program, looked_at(run, runs, options.silence), options)
end

local function number(what, whole)
  return function(words)
    local n = tonumber(words)
    if not n or n < 0 or n > 1e9 or whole and not (math.tointeger(n) and n >= 1) then
      return nil, ("'%s' is not %s"):format(words, what)
    end
    return whole and math.tointeger(n) or n
  end
end

local seconds = number "a number of seconds"

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(main, arg, {
  program = true,
  done = "shown, whatever the trace tells",
  exit_codes = {
    { 65, "the file is not a trace", "with another file" },
    { 66, "the file is missing or unreadable", "after fixing it" },
    { 130, "interrupted", "yes, safe" },
  },
  about = "Shows a trace: who said what when, where the time went, and what is odd.",
  arguments = { { "FILE", "A trace, as update.lua --trace writes it." } },
  options = {
    { "--run", "Which run, where the file has several: 1 is the oldest (default: the last).", argname = "N",
      convert = number("the number of a run", true) },
    { "--list", "List the runs in the file.", flag = true },
    { "--only", "Only these: at (commands and replies), fota, unsolicited, data, notes. May be repeated.",
      argname = "KIND", count = "*", choices = { "at", "data", "fota", "notes", "unsolicited" } },
    { "--direction", "Only what was sent (tx), or received (rx).", argname = "tx|rx", choices = { "tx", "rx" } },
    { "--grep", "Only what contains this text; upper and lower case are alike.", argname = "TEXT" },
    { "--since", "Only what happened from then on, in seconds since the trace began.", argname = "S",
      convert = seconds },
    { "--till", "Only what happened until then.", argname = "S", convert = seconds },
    { "--times", "Only where the time went.", flag = true },
    { "--odd", "Only what is odd.", flag = true },
    { "--silence", "Tell silences of at least so many seconds.", argname = "S", default = "10", convert = seconds },
    { "--json", "One JSON object per line (docs/traces.md).", flag = true },
  },
  examples = {
    { "NAME a2b.trace", "the last run in this file" },
    { "NAME --odd a2b.trace", "what is odd in it" },
    { "NAME --only fota --since 100 a2b.trace", "what the module said of the update after 100 seconds" },
  },
})
