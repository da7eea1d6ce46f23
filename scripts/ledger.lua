#!/usr/bin/env lua5.4
-- Shows the ledger: which module was updated when, from and to which revision, and with what outcome.
--     lua scripts/ledger.lua [--imei IMEI] [--limit N] [--modules] [--json] [--ledger FILE|postgres://…]
-- Read-only: nothing is created or changed. Must parse in any Lua, so that it can name the right version.

local core, json, ledger -- loaded once the script has started

local function whole(value)
  local n = math.tointeger(tonumber(value))
  if n and n >= 1 and n <= 1000000 then return n end
  return nil, ("'%s' is not a whole number from 1 to 1000000"):format(value)
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

local function print_line(program, row, keys, labels)
  local parts = {}
  for i = 1, #keys do
    local key = keys[i]
    local value = row[key]
    parts[2 * i - 1] = labels[i]
    parts[2 * i] = value == nil and "null" or key == "steps" and json_steps(value) or json_value(value)
  end
  program:say(table.concat(parts) .. "}")
end

-- One page at a time: a fleet's ledger is long.
local function print_json(program, book, want)
  local labels = labels_of(KEYS)
  assert(book:start_rows { imei = want.imei, limit = want.limit, steps = true })
  repeat
    local rows = assert(book:next_rows())
    for _, row in ipairs(rows) do
      row.facts = row.facts and json.decode(row.facts) -- recorded by the flow with job:record
      print_line(program, row, KEYS, labels)
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

local function print_table(program, header, rows, cells_of)
  local lines = { header }
  for _, row in ipairs(rows) do lines[#lines + 1] = cells_of(row) end
  local wide = widths(lines)
  for _, line in ipairs(lines) do
    for i, cell in ipairs(line) do line[i] = cell .. (" "):rep(wide[i] - utf8.len(cell)) end
    program:say((table.concat(line, "  "):gsub(" +$", "")))
  end
end

local function print_wear(program, book, imei)
  local count = assert(book:triggers(imei))
  program:say(("%s: %d update%s triggered according to this ledger; there may have been more"):format(
    imei, count, count == 1 and "" or "s"))
end

local function print_updates(program, book, want)
  if want.json then return print_json(program, book, want) end
  local rows = assert(book:rows { imei = want.imei, limit = want.limit })
  if #rows == 0 then program:say "no updates recorded" else print_table(program, HEADER, rows, cells) end
  if want.imei then print_wear(program, book, want.imei) end
end

local function print_modules(program, book, want)
  local rows = assert(book:modules(want.imei))
  if want.json then
    local labels = labels_of(MODULE_KEYS)
    for _, row in ipairs(rows) do print_line(program, row, MODULE_KEYS, labels) end
  elseif #rows == 0 then
    program:say "no modules seen"
  else
    print_table(program, MODULE_HEADER, rows, module_cells)
  end
end

local function show(want, program)
  core, json, ledger = require "dfota.core", require "dkjson", require "dfota.ledger.ledger"
  assert(core.catch_signals())
  local book = assert(ledger.open(want.ledger, { readonly = true, must_exist = true }))
  if want.modules then print_modules(program, book, want) else print_updates(program, book, want) end
  book:close()
  return 0
end

return dofile((debug.getinfo(1, "S").source:match "^@(.*/)" or "") .. "start.lua")(show, arg, {
  program = true,
  about = "Show which module was updated when, from and to which revision, and the outcome. Read-only.",
  options = {
    { "--ledger", "The ledger: a file or postgres://… (default: the one that update.lua uses; or env DFOTA_LEDGER).",
      argname = "FILE|URL" },
    { "--imei", "Only this module.", argname = "N" },
    { "-l --limit", "Show at most this many, the latest.", argname = "N", default = "50", convert = whole },
    { "--modules", "Show the revision that each module was last seen to run.", flag = true },
    { "--json", "Print one JSON object per line, with everything that is recorded.", flag = true },
  },
  exit_codes = { 75, 130 },
  examples = {
    { "NAME --imei 861234567890127", "the updates of one module" },
    { "NAME --modules", "which module runs what" },
  },
})
