#!/usr/bin/env lua5.4
-- Shows the ledger: which module was updated when, from and to which revision, and with what outcome.
--     lua scripts/ledger.lua [--imei IMEI] [--limit N] [--modules] [--json] [--ledger FILE|postgres://…]
-- Read-only: nothing is created or changed. Must parse in any Lua, so that it can name the right version.

local argparse, core, json, ledger -- loaded once the script has started

local USAGE = 2
local EXIT = { ledger = 78, ledger_locked = 75, interrupted = 130 }

local function leave(code, message)
  io.stderr:write("ledger: ", message, "\n")
  os.exit(code, true)
end

-- Not print, which hides write errors.
local function say(line)
  local ok, why = io.stdout:write(line, "\n")
  if not ok then leave(1, "the output was lost: " .. why) end
end

local function flush()
  local ok, why = io.stdout:flush()
  if not ok then leave(1, "the output was lost: " .. why) end
end

local function say_and_end(line)
  say(line)
  flush()
  os.exit(0, true)
end

local function sure(result, err)
  if result == nil and err then leave(EXIT[err.kind] or 1, err.message) end
  return result
end

local function whole(value)
  local n = math.tointeger(tonumber(value))
  if n and n >= 1 and n <= 1000000 then return n end
  return nil, ("'%s' is not a whole number from 1 to 1000000"):format(value)
end

local function options(args)
  local parser = argparse("ledger", "Shows which module was updated when, from and to which revision, and the outcome.")
    :add_help(false)
  parser:flag("-h --help", "show this help"):action(function() say_and_end(parser:get_help()) end)
  parser:flag("--version", "show the version"):action(function() say_and_end("dfota-ledger " .. core.version) end)
  parser:option("--ledger", "the ledger: a file or postgres://… (default: the one that update.lua uses)")
  parser:option("--imei", "only this module")
  parser:option("--limit", "show at most this many, the latest"):convert(whole):default("50")
  parser:flag("--modules", "show the revision that each module was last seen to run")
  parser:flag("--json", "print one JSON object per line, with everything that is recorded")
  local ok, result = parser:pparse(args)
  if not ok then leave(USAGE, result) end
  return result
end

local KEYS = {
  "id", "run", "imei", "model", "port", "host", "from", "to", "package", "hash", "size", "way", "trace", "forced",
  "started", "triggered", "finished", "outcome", "rc", "after", "code", "refused", "message", "facts", "steps",
}
local MODULE_KEYS = { "imei", "model", "revision", "port", "host", "seen" }

-- Fast enough for a hundred thousand rows: nearly all values need no escaping.
local function json_value(value)
  if type(value) == "string" then
    return value:find '[^ !#-%[%]-~]' and json.quotestring(value) or '"' .. value .. '"'
  end
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if math.type(value) == "float" and value - value == 0 then return (("%.14g"):format(value)) end -- no inf, no nan
  return json.encode(value)
end

local function json_steps(steps)
  local parts = {}
  for i, step in ipairs(steps) do
    parts[i] = '{"name":' .. json_value(step.name) .. ',"at":' .. json_value(step.at) .. "}"
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

-- The text before each value of a line.
local function labels_of(keys)
  local labels = {}
  for i, key in ipairs(keys) do labels[i] = (i == 1 and '{"' or ',"') .. key .. '":' end
  return labels
end

local function print_line(row, keys, labels)
  local parts = {}
  for i = 1, #keys do
    local key = keys[i]
    local value = row[key]
    parts[2 * i - 1] = labels[i]
    parts[2 * i] = value == nil and "null" or key == "steps" and json_steps(value) or json_value(value)
  end
  say(table.concat(parts) .. "}")
end

-- One page at a time: a fleet's ledger is long.
local function print_json(book, want)
  local labels = labels_of(KEYS)
  sure(book:start_rows { imei = want.imei, limit = want.limit, steps = true })
  repeat
    local rows = sure(book:next_rows())
    for _, row in ipairs(rows) do
      row.facts = row.facts and json.decode(row.facts) -- recorded by the flow with job:record
      print_line(row, KEYS, labels)
    end
  until not rows[1]
end

local HEADER = { "started", "IMEI", "port", "from", "to", "after", "outcome", "code" }

-- Triggered without an end: the run was killed, and no later run has followed it up.
local function outcome(row)
  if row.outcome then return row.outcome end
  return row.triggered and "end not recorded" or "not triggered"
end

-- A damaged ledger may hold any number: no dates with five-digit years.
local function date(seconds)
  if not seconds or seconds < 0 or seconds >= 2 ^ 37 then return nil end
  return os.date("%Y-%m-%d %H:%M", math.floor(seconds))
end

local function strings(shown, count)
  for i = 1, count do shown[i] = shown[i] ~= nil and tostring(shown[i]) or "-" end
  return shown
end

local function cells(row)
  return strings({
    date(row.started), row.imei, row.port, row.from, row.to, row.after, outcome(row), row.code,
  }, #HEADER)
end

local MODULE_HEADER = { "IMEI", "model", "revision", "port", "host", "seen" }

local function module_cells(row)
  return strings({ row.imei, row.model, row.revision, row.port, row.host, date(row.seen) }, #MODULE_HEADER)
end

local function widths(lines)
  local wide = {}
  for _, line in ipairs(lines) do
    for i, cell in ipairs(line) do wide[i] = math.max(wide[i] or 0, utf8.len(cell)) end
  end
  return wide
end

local function print_table(header, rows, cells_of)
  local lines = { header }
  for _, row in ipairs(rows) do lines[#lines + 1] = cells_of(row) end
  local wide = widths(lines)
  for _, line in ipairs(lines) do
    for i, cell in ipairs(line) do line[i] = cell .. (" "):rep(wide[i] - utf8.len(cell)) end
    say((table.concat(line, "  "):gsub(" +$", "")))
  end
end

local function print_wear(book, imei)
  local count = sure(book:triggers(imei))
  say(("%s: %d update%s triggered according to this ledger; there may have been more"):format(
    imei, count, count == 1 and "" or "s"))
end

local function print_updates(book, want)
  if want.json then return print_json(book, want) end
  local rows = sure(book:rows { imei = want.imei, limit = want.limit })
  if #rows == 0 then say("no updates recorded") else print_table(HEADER, rows, cells) end
  if want.imei then print_wear(book, want.imei) end
end

local function print_modules(book, want)
  local rows = sure(book:modules { imei = want.imei })
  if want.json then
    local labels = labels_of(MODULE_KEYS)
    for _, row in ipairs(rows) do print_line(row, MODULE_KEYS, labels) end
  elseif #rows == 0 then
    say("no modules seen")
  else
    print_table(MODULE_HEADER, rows, module_cells)
  end
end

local function main(args)
  argparse, core, json = require "argparse", require "dfota.core", require "dkjson"
  ledger = require "dfota.ledger.ledger"
  local want = options(args)
  sure(core.catch_signals())
  local book = sure(ledger.open(want.ledger, { readonly = true, must_exist = true }))
  if want.modules then print_modules(book, want) else print_updates(book, want) end
  book:close()
  flush()
  return 0
end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(main, arg, { program = true })
