#!/usr/bin/env lua5.4
-- Shows the ledger: which module was updated when, from and to which revision, and with what outcome.
-- Read-only, except for --merge and --push. Must parse in any Lua, so that it can name the right version.

local core, ledger, listing -- loaded once the script has started

local LIMIT = 50 -- rows for people; programs get all of them

local function way_out(option) return ("name another one with %s"):format(option) end

-- Who waits for others is told so. `option` names it.
local function open(where, program, readonly, option)
  return assert(ledger.open(where, {
    readonly = readonly, must_exist = readonly, on_wait = function(line) program:hint(line) end,
    way_out = way_out(option or "--ledger"),
  }))
end

local function whole(value) return require("dfota.config.option_values").limit(value, 1000000) end

local function format_of(options, program)
  if options.json and options.csv then program.usage "--json and --csv are mutually exclusive" end
  return options.json and "json" or options.csv and "csv" or nil
end

-- The gate's own limit, out of the user's settings.
local function most_updates(options, program) return options.max_updates or assert(program:settings()).max_updates end

-- What is asked for, in the ledger's words.
local function wanted(options, program)
  local want, why = require("dfota.history.filter").of(options, ledger.wall_clock())
  if not want then program.usage(why) end
  want.lines, want.limit = format_of(options, program), options.limit or false
  want.max_updates = (options.modules or options.imei) and most_updates(options, program) or nil
  return want
end

-- One page at a time: a fleet's ledger is long.
local function print_lines(program, book)
  while true do
    local lines = assert(book:next_lines())
    if lines == "" then return end
    program:say((lines:gsub("\n$", "")))
  end
end

local function print_all(program, lines)
  for _, line in ipairs(lines) do program:say(line) end
end

local function print_updates(program, book, want)
  if want.lines then
    assert(book:start_rows(want))
    return print_lines(program, book)
  end
  local most = want.limit or LIMIT
  want.limit = most + 1
  local rows = assert(book:rows(want))
  local more = rows[most + 1] ~= nil
  rows[most + 1] = nil
  if #rows == 0 then program:say "no updates recorded" else print_all(program, listing.updates(rows)) end
  if more then program:hint(("only the latest %d are shown: -l N shows more"):format(most)) end
  for _, line in ipairs(listing.open_ends(rows)) do program:hint(line) end
  if want.imei then program:say(listing.wear(want.imei, assert(book:triggers(want.imei)), want.max_updates)) end
end

local function print_modules(program, book, want)
  if want.run or want.outcomes[1] or want.since or want.before then
    program.usage "--modules shows what was seen last: of the filters it takes only --imei"
  end
  if want.lines then
    assert(book:start_modules(want))
    return print_lines(program, book)
  end
  local rows = assert(book:modules(want))
  if #rows == 0 then return program:say "no modules seen" end
  print_all(program, listing.modules(rows))
end

local function seen(updates) return updates.added + updates.completed + updates.known + updates.nameless end

local function count_of(book)
  local count = 0
  for _, group in ipairs(assert(book:totals {}).groups) do count = count + group.count end
  return count
end

-- On a terminal how far it is; a line in a log would say no more than the last one.
local function progress(program, count)
  local tty = program.err == io.stderr and require("dfota.base.screen").is_live(2) and not program.quiet
  local report = require("dfota.report.report").new {
    out = program.err, tty = tty, quiet = not tty, clock = core.now, width = function() return core.columns(2) end,
  }
  local function show(updates, modules)
    local added, newer = updates.added + updates.completed, modules.added + modules.newer
    report:status(("%d of %d updates, %d new or completed; %d modules"):format(seen(updates), count, added, newer),
      "merge")
  end
  return show, function() report:status(nil) end
end

local function broken_off(err, updates)
  return core.error(err.kind, ("%s; %d updates are in already, %d of them new: run it again, which is safe and takes "
    .. "in the rest"):format(err.message, seen(updates), updates.added + updates.completed))
end

local function merge(options, program)
  local merging = require "dfota.ledger.merge"
  local from = options.merge
  if merging.is_same(from, options.ledger) then program.usage "--merge: both are the same ledger" end
  local other = open(from, program, true, "--merge")
  local book = open(options.ledger, program)
  if other.is_none or book.is_none then program.usage "--merge needs two ledgers, and none is none" end
  local absent = require("dfota.ledger.place").tell_absent(options, book)
  if absent then program:warn(absent) end
  local show, clear = progress(program, count_of(other))
  local updates, modules, so_far = merging.all(other, book, show)
  clear()
  if not updates then error(broken_off(modules, so_far), 0) end
  other:close()
  book:close()
  program:say(("updates: %d added, %d completed, %d already there"):format(
    updates.added, updates.completed, updates.known))
  program:say(("modules: %d added, %d seen later, %d already there"):format(
    modules.added, modules.newer, modules.known))
  if updates.nameless > 0 then
    program:warn(("%d rows without an id were left out: others wrote them"):format(updates.nameless))
  end
end

-- A journal that this call names must be there; the usual one may not have been begun yet.
local function check_journal(options)
  local place = require "dfota.ledger.place"
  local read = options.ledger and not options.from_environment.ledger
    and place.read(options.ledger, way_out "--ledger")
  if not read or read.url or require("luv").fs_stat(read.path) then return end
  error(read:failure "does not exist yet", 0)
end

-- To the centre; what is there already is not shipped again.
local function push(options, program)
  if options.ledger == "none" then program.usage "--push needs a journal, and none is none" end
  assert(require("dfota.central.connection").parse(options.push))
  check_journal(options)
  local shipped = assert(require("dfota.central.push").ship(options.ledger, options.push))
  program:say(shipped == 0 and "nothing to ship: the centre has all updates"
    or ("%s shipped"):format(require("dfota.base.text").count(shipped, "update")))
end

local function show(options, program)
  core, ledger, listing = require "dfota.core", require "dfota.ledger.ledger", require "dfota.history.listing"
  program:interrupt_waits()
  if options.merge then
    merge(options, program)
    return 0
  end
  if options.push then
    push(options, program)
    return 0
  end
  local want = wanted(options, program)
  local book = open(options.ledger, program, true)
  if options.modules then print_modules(program, book, want) else print_updates(program, book, want) end
  book:close()
  return 0
end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(show, arg, {
  program = true,
  also = "updates",
  about = "Show which module was updated when, from and to which revision, and the outcome. Read-only but for --merge "
    .. "and --push.",
  options = {
    { "-l --limit", "At most this many, the latest (default: 50; all with --json and --csv).", argname = "N",
      convert = whole, group = "Which updates" },
    { "--modules", "Show the revision that each module was last seen to run, how many updates it has taken and how "
      .. "many are left.", flag = true, group = "What to show" },
    { "--max-updates", "How many updates a module may take in its life, for what is left (default: the setting "
      .. "max_updates).", argname = "N", convert = whole, group = "What to show" },
    { "-q --quiet", "No hints and no progress, only what was asked for and errors.", flag = true,
      group = "What to show" },
    { "--json", "One JSON object per line, with everything that is recorded.", flag = true, group = "What to show" },
    { "--csv", "Comma-separated values for a spreadsheet: a line of names, times in UTC. A text that a spreadsheet "
      .. "would take for a formula begins with an apostrophe.", flag = true, group = "What to show" },
    { "--merge", "Take in all updates and modules of another ledger. Doing it again changes nothing.",
      argname = "FILE|URL", group = "Merging" },
    { "--push", "Ship what the central ledger at postgres://… has not got yet. Doing it again changes nothing. "
      .. "A server that never answers is given up within four minutes.", argname = "URL", group = "Merging" },
  },
  exit_codes = { { 75, "locked by others, or the centre cannot be reached now: nothing is lost", "yes, safe" },
    { 130, "interrupted; what a merge took in is there, and the next one takes in the rest" } },
  examples = {
    { "NAME --imei 861234567890127", "the updates of one module, and what is left of its life" },
    { "NAME --since 7d --outcome failed_on_source --outcome unknown", "what went wrong in the last seven days" },
    { "NAME --modules", "which module runs what" },
    { "NAME --run spring/1 --csv >spring.csv", "a campaign for a spreadsheet" },
    { "NAME --merge laptop.db --ledger postgres://fleet@db/fleet", "a laptop's ledger into the fleet's" },
    { "NAME --push postgres://gw7@db/fleet", "to the central ledger, where many gateways ship theirs" },
  },
})
