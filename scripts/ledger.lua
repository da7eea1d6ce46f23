#!/usr/bin/env lua5.4
-- Shows what the ledger knows: which module was updated when, from what, to what, and how it ended.
--     lua scripts/ledger.lua [--imei IMEI] [--limit N] [--json] [--ledger FILE|postgres://…]
-- It reads only: nothing is created or changed. All of it must parse in any Lua, to be able to name the right one.

if _VERSION ~= "Lua 5.4" then
  io.stderr:write("ledger: needs Lua 5.4, this is ", _VERSION, "; run: lua5.4 ", arg[0], "\n")
  os.exit(2)
end

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../lua/?.lua;" .. here .. "/../lua/?/init.lua;" .. package.path
package.cpath = here .. "/../lua/?.so;" .. package.cpath

local argparse = require "argparse"
local json = require "dkjson"
local ledger = require "dfota.ledger"

local USAGE, SETTINGS = 2, 78

local function leave(code, message)
  io.stderr:write("ledger: ", message, "\n")
  os.exit(code, true)
end

local function whole(value)
  local n = math.tointeger(tonumber(value))
  if n and n >= 1 and n <= 1000000 then return n end
  return nil, ("'%s' is not a whole number from 1 to 1000000"):format(value)
end

local function options()
  local parser = argparse("ledger", "Shows which module was updated when, from what, to what, and how it ended.")
  parser:flag("--version", "show the version"):action(function()
    print("dfota-ledger " .. require("dfota.core").version)
    os.exit(0, true)
  end)
  parser:option("--ledger", "the ledger: a file or postgres://… (default: the one update.lua uses)")
  parser:option("--imei", "only this module")
  parser:option("--limit", "at most so many, the newest"):convert(whole):default("50")
  parser:flag("--json", "one JSON object a line, all that is recorded")
  local ok, result = parser:pparse()
  if not ok then leave(USAGE, result) end
  return result
end

local KEYS = {
  "id", "imei", "port", "from", "to", "package", "hash", "size", "way", "trace", "forced", "started", "triggered",
  "finished", "outcome", "after", "code", "message", "steps",
}

local function json_line(row)
  local full = {}
  for _, key in ipairs(KEYS) do full[key] = row[key] == nil and json.null or row[key] end
  return json.encode(full, { keyorder = KEYS })
end

local function print_json(book, rows)
  for _, row in ipairs(rows) do
    local steps, err = book:steps(row.id)
    if not steps then leave(SETTINGS, tostring(err)) end
    row.steps = setmetatable(steps, { __jsontype = "array" })
    print(json_line(row))
  end
end

local HEADER = { "started", "IMEI", "port", "from", "to", "after", "outcome", "code" }

-- Triggered without an end: the run was killed, and nobody has looked since.
local function outcome(row)
  if row.outcome then return row.outcome end
  return row.triggered and "end not recorded" or "not triggered"
end

-- Whatever a file claims, years of five digits are no dates.
local function date(seconds)
  if not seconds or seconds < 0 or seconds >= 2 ^ 37 then return nil end
  return os.date("%Y-%m-%d %H:%M", math.floor(seconds))
end

local function cells(row)
  local shown = { date(row.started), row.imei, row.port, row.from, row.to, row.after, outcome(row), row.code }
  for i = 1, #HEADER do shown[i] = shown[i] ~= nil and tostring(shown[i]) or "-" end
  return shown
end

local function widths(lines)
  local wide = {}
  for _, line in ipairs(lines) do
    for i, cell in ipairs(line) do wide[i] = math.max(wide[i] or 0, utf8.len(cell)) end
  end
  return wide
end

local function print_table(rows)
  local lines = { HEADER }
  for _, row in ipairs(rows) do lines[#lines + 1] = cells(row) end
  local wide = widths(lines)
  for _, line in ipairs(lines) do
    for i, cell in ipairs(line) do line[i] = cell .. (" "):rep(wide[i] - utf8.len(cell)) end
    print((table.concat(line, "  "):gsub(" +$", "")))
  end
end

local function print_wear(book, imei)
  local count, err = book:triggers(imei)
  if not count then leave(SETTINGS, tostring(err)) end
  print(("%s: %d update%s triggered that this ledger saw; the module may have seen more"):format(
    imei, count, count == 1 and "" or "s"))
end

local function main()
  local want = options()
  local book, err = ledger.open(want.ledger, { readonly = true, must_exist = true })
  if not book then leave(SETTINGS, tostring(err)) end
  local rows
  rows, err = book:rows { imei = want.imei, limit = want.limit }
  if not rows then leave(SETTINGS, tostring(err)) end
  if want.json then return print_json(book, rows) end
  if #rows == 0 then print("no updates recorded") else print_table(rows) end
  if want.imei then print_wear(book, want.imei) end
end

main()
local ok, why = io.stdout:flush()
if not ok then leave(1, "the output was lost: " .. why) end
