#!/usr/bin/env lua5.4
-- Makes a report out of the ledger: one HTML page for a customer or an archive, which needs nothing else.
-- Read-only. Must parse in any Lua, so that it can name the right version.

local core, ledger, page -- loaded once the script has started

local function whole(most)
  return function(value) return require("dfota.config.option_values").limit(value, most) end
end

local function wanted(options, program)
  local want, why = require("dfota.history.filter").of(options, ledger.wall_clock())
  if not want then program.usage(why) end
  want.limit, want.steps = options.limit, true
  return want
end

local function in_words(options)
  local parts = {}
  local function add(what, value)
    if value then parts[#parts + 1] = what .. " " .. value end
  end
  add("module", options.imei)
  add("campaign", options.run)
  add("from", options.since)
  add("until", options["until"])
  add("with the outcome", options.outcome[1] and table.concat(options.outcome, " or "))
  return table.concat(parts, ", ")
end

-- The gate's own limit, out of the user's settings.
local function most_updates(options, program) return options.max_updates or assert(program:settings()).max_updates end

-- The modules that the shown updates were made on.
local function modules_of(book, rows, max_updates)
  local imeis, seen = {}, {}
  for _, row in ipairs(rows) do
    if row.imei and not seen[row.imei] then imeis[#imeis + 1], seen[row.imei] = row.imei, true end
  end
  return assert(book:modules { imeis = imeis, max_updates = max_updates })
end

local function made(options, program)
  local max_updates = most_updates(options, program)
  local book = assert(ledger.open(options.ledger, {
    readonly = true, must_exist = true, on_wait = function(line) program:warn(line) end,
    way_out = "name another one with --ledger",
  }))
  local want = wanted(options, program)
  local totals = assert(book:totals(want))
  local rows = assert(book:rows(want))
  local modules = modules_of(book, rows, max_updates)
  book:close()
  return page.of {
    title = options.title, rows = rows, totals = totals, modules = modules, max_updates = max_updates,
    filters = in_words(options), made = os.date "%Y-%m-%d %H:%M", zone = os.date "UTC%z", ledger = book.name,
    version = core.version,
  }
end

local function write(options, program, content)
  local path = options.output
  local ok, why, in_the_way = require("dfota.history.page_file").write(path, content, options.force)
  if in_the_way then program.usage(("%s %s: --force replaces it"):format(path, why)) end
  if not ok then error(core.error("io", ("%s: %s: name another file"):format(path, why)), 0) end
end

local function report(options, program)
  core, ledger, page = require "dfota.core", require "dfota.ledger.ledger", require "dfota.history.page"
  program:interrupt_waits()
  local content = made(options, program)
  if not options.output or options.output == "-" then
    program:say((content:gsub("\n$", "")))
    return 0
  end
  write(options, program, content)
  program:hint(("wrote %s, %d bytes"):format(options.output, #content))
  return 0
end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(report, arg, {
  program = true,
  also = "updates",
  about = "Make a report out of the ledger: one HTML page for a customer or an archive. It has everything in it, "
    .. "needs no network and no script, and can be read on a phone, printed, and in dark mode.",
  options = {
    { "-o --output", "Write it to this file (default: to stdout). Only an earlier report is replaced.",
      argname = "FILE" },
    { "--force", "Replace a file that is no report, too.", flag = true },
    { "-q --quiet", "Say nothing of what was written.", flag = true },
    { "--title", "Its title.", argname = "TEXT", default = "Firmware updates" },
    { "-l --limit", "At most this many, the latest, with their modules (5000 at most); the totals are of all. "
        .. "What is left out is shown with --since and --until, --run or --imei.", argname = "N", default = "200",
      convert = whole(5000), group = "Which updates" },
    { "--max-updates", "How many updates a module may take in its life (default: the setting max_updates).",
      argname = "N", convert = whole(1000000), group = "What to show" },
  },
  exit_codes = {
    { 74, "the page cannot be written", "after fixing it" },
    { 75, "the ledger is locked by others", "yes, safe" },
    { 130, "interrupted", "yes, safe" },
  },
  examples = {
    { "NAME -o updates.html", "all updates, the latest 200 in detail" },
    { "NAME --run spring/1 --title 'ACME: spring campaign' -o acme.html", "a campaign, for its customer" },
    { "NAME --imei 861234567890127 >module.html", "the history of one module" },
  },
})
