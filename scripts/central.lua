#!/usr/bin/env lua5.4
-- The central ledger of many gateways: prepare it, see how its runs are getting on, stop one everywhere.
-- Must parse in any Lua, so that it can name the right version.

local PATIENCE_S = 30

local function do_it(options, what, more)
  local task = { url = options.central, what = what, run = options.run }
  for name, value in pairs(more or {}) do task[name] = value end
  assert(require("dfota.central.connection").parse(options.central))
  local errand = assert(require("dfota.central.errand").send("dfota.central.admin", task))
  return assert(errand:wait { silent_s = PATIENCE_S })
end

local function prepare(options, program)
  local done = do_it(options, "prepare")
  local words = "the central ledger has layout %d already"
  if done.from ~= done.to then words = done.from == 0 and "prepared: layout %d" or "brought up to date: layout %d" end
  program:say(words:format(done.to))
end

-- Said beforehand it is as good; but a name that was misspelt stops nothing.
local UNREGISTERED = "no gateway has registered run %s yet, nor shipped an update of it: this holds once one does; "
  .. "without --run central.lua lists those that are there"

local function change(options, program)
  if not options.run then program.usage "--stop, --go and --max-fail need --run ID" end
  local is_unknown = false
  local function set(what, more) is_unknown = do_it(options, what, more).is_unknown end
  if options.max_fail then set("max_fail", { max_fail = options.max_fail ~= "none" and options.max_fail or nil }) end
  if options.stop then set "stop" end
  if options.go then set "go" end
  if is_unknown then program:warn(UNREGISTERED:format(options.run)) end
end

local KEYS = { "run", "stop", "max_fail", "modules", "updated", "failed", "unknown", "running", "again", "gateways" }
local ROW = "%-28s %8s %8s %8s %8s %8s %8s %8s  %s"

local function brake_of(row)
  local words = { row.stop and "stopped" or nil }
  if row.max_fail then words[#words + 1] = "max-fail " .. row.max_fail end
  return table.concat(words, ", ")
end

local function show(options, program)
  local rows, text = do_it(options, "runs"), require "dfota.base.text"
  if options.json then
    for _, row in ipairs(rows) do program:say((require("dkjson").encode(row, { keyorder = KEYS }))) end
    return
  end
  if #rows == 0 then return program:say "no runs" end
  program:say(ROW:format("run", "modules", "updated", "failed", "unknown", "running", "again", "gateways", ""))
  for _, row in ipairs(rows) do
    program:say((ROW:format(text.printable(row.run), row.modules, row.updated, row.failed, row.unknown, row.running,
      row.again, row.gateways, brake_of(row)):gsub("%s+$", "")))
  end
end

local function main(options, program)
  program:interrupt_waits()
  if not options.central then program.usage "give --central URL (or env DFOTA_CENTRAL)" end
  if options.stop and options.go then program.usage "--stop and --go are mutually exclusive" end
  if options.prepare then
    prepare(options, program)
  elseif options.restored then
    do_it(options, "restored")
    program:say "every gateway ships everything again, with its next push"
  else
    if options.stop or options.go or options.max_fail then change(options, program) end
    show(options, program)
  end
  return 0
end

local function max_fail(word)
  if word == "none" then return word end
  local limit, why = require("dfota.fleet.limits").failures(word)
  return limit and word, why
end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(main, arg, {
  program = true,
  about = "The central ledger of many gateways: prepare it, show its runs, stop one everywhere.",
  options = {
    { "--central", "Its server: postgres://USER@HOST/DATABASE, without a password (or env DFOTA_CENTRAL).",
      argname = "URL" },
    { "--run", "Only this run.", argname = "ID", convert = function(word)
      return require("dfota.config.option_values").run(word)
    end },
    { "--stop", "Stop it on all gateways: nothing new starts, and nothing more is triggered.", flag = true,
      group = "A run" },
    { "--go", "Let it go on: what is resumed or started from now on.", flag = true, group = "A run" },
    { "--max-fail", "Stop it if more fail, over all gateways: a number, a percentage of those that ended, or none.",
      argname = "N|P%|none", convert = max_fail, group = "A run" },
    { "--prepare", "Make the tables, views and roles, or bring them up to date. Doing it again changes nothing.",
      flag = true, group = "The server" },
    { "--restored", "After it was restored from a backup: let every gateway ship everything again.", flag = true,
      group = "The server" },
    { "--json", "One JSON object per run.", flag = true },
  },
  exit_codes = { { 75, "the server cannot be reached now", "yes, safe" }, { 130, "interrupted", "yes, safe" } },
  examples = {
    { "NAME --central postgres://owner@db/fleet --prepare", "once, by the owner of the database" },
    { "NAME --run spring/1", "how it is getting on" },
    { "NAME --run spring/1 --stop", "the brake" },
    { "NAME --run spring/1 --max-fail 2%", "the brake that acts by itself" },
  },
})
