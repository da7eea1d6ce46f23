--- Which modules a fleet has: a plan written as CSV with a header, as a JSON list of objects, or as a Lua list of
-- tables.
--
--     port,imei,from,to,name
--     /dev/serial/by-path/pci-0000:00:14.0-usb-0:1.1:1.0-port0,861234567890127,MC65FAR01A01,MC65FAR01A02,bus 12
--
-- Only `port` must be there. What a plan says of a module is checked before anything of it is changed.
-- @module dfota.fleet.plan

local core = require "dfota.core"
local csv = require "dfota.fleet.csv"
local directory = require "dfota.base.directory"
local option_values = require "dfota.config.option_values"
local regular_file = require "dfota.base.regular_file"
local strict_json = require "dfota.base.strict_json"
local suggest = require "dfota.base.suggest"
local table_file = require "dfota.config.table_file"
local text = require "dfota.base.text"
local uv = require "luv"

local plan = {}

local MAX_BYTES = 8 << 20 -- some 50,000 rows
local MAX_LUA_BYTES = 512 * 1024

local function port_of(value)
  if value ~= "" and #value <= 1024 and not value:find "%c" then return value end
  return nil, ("'%s' is not a port"):format(text.brief(value))
end

local function name_of(value)
  if #value <= 64 and not value:find "%c" then return value end
  return nil, ("'%s' cannot name a module: use up to 64 characters"):format(text.brief(value))
end

local COLUMNS = {
  port = port_of, imei = option_values.imei, from = option_values.revision, to = option_values.revision, name = name_of,
}
local NAMES = { "port", "imei", "from", "to", "name" }

local function refuse(path, line, reason, kind)
  local place = text.printable(path) .. (line and ":" .. line or "")
  return nil, core.error(kind or "plan", ("plan %s: %s"):format(place, reason))
end

local function unknown(name)
  if name == "" then return "a column without a name: name it" end
  return ("there is no column %s%s; a plan has port, imei, from, to and name"):format(
    text.brief(tostring(name)), suggest.hint(name, NAMES))
end

local MAY_BE_A_NUMBER = { imei = true, name = true } -- in JSON and in Lua

local function text_of(name, value)
  if type(value) == "string" then return value end
  if math.type(value) == "integer" and MAY_BE_A_NUMBER[name] then return ("%d"):format(value) end
end

local function entry_of(row)
  local entry = {}
  for name, value in pairs(row) do
    if not COLUMNS[name] then return nil, unknown(name) end
    local given = text_of(name, value)
    if not given then return nil, ("%s must be text"):format(name) end
    if not utf8.len(given) then return nil, ("its %s is not UTF-8"):format(name) end -- by an escape in Lua or JSON
    if given ~= "" then
      local good, why = COLUMNS[name](given)
      if not good then return nil, why end
      entry[name] = good
    end
  end
  if not entry.port then return nil, "a row without a port" end
  return entry
end

local HEADER = "the first line must name the columns, port among them"

-- A spreadsheet ends every row with a separator for each column that once held something.
local function without_empty_ends(fields)
  while fields[#fields] == "" do table.remove(fields) end
  return fields
end

-- Its fields would be lost, or meant for a column that somebody forgot to name.
local function unnamed(number) return ("its column %d has no name: name it, or delete the column"):format(number) end

local function columns_of(header)
  local columns, seen = {}, {}
  for i, given in ipairs(without_empty_ends(header)) do
    local name = given:lower()
    if name == "" then return nil, unnamed(i) end
    if given:find("/", 1, true) then return nil, HEADER end -- a module
    if not COLUMNS[name] then return nil, unknown(given) end
    if seen[name] then return nil, ("the column %s is there twice"):format(name) end
    columns[i], seen[name] = name, true
  end
  if not seen.port then return nil, HEADER end
  return columns
end

local SEPARATORS = { [","] = "commas", [";"] = "semicolons", ["\t"] = "tabs" }

-- A line that was added by hand, or copied from elsewhere, would be a port with a strange name.
local function separated_otherwise(fields, separator)
  local other = #fields == 1 and fields[1]:match "[,;\t]"
  if not other then return nil end
  return ("its fields are separated by %s, those of the first line by %s: write the same in all lines"):format(
    SEPARATORS[other], SEPARATORS[separator] or ("'%s'"):format(separator))
end

local function by_column(fields, columns, separator)
  local other = #columns > 1 and separated_otherwise(fields, separator)
  if other then return nil, other end
  if #without_empty_ends(fields) > #columns then
    return nil, ("%d fields, and the first line names %d columns"):format(#fields, #columns)
  end
  local row = {}
  for i, field in ipairs(fields) do row[columns[i]] = field end
  return row
end

-- What a plan says goes into events, which are UTF-8. In which line it is not, too: it is one name, as a rule.
local function check_encoding(source, format)
  local encoding = (source:find "^\xFF\xFE" or source:find "^\xFE\xFF") and "UTF-16"
  local length, bad = utf8.len(source)
  if length and not encoding then return true end
  local words = ("is %s: save it %sin UTF-8"):format(encoding or "not UTF-8", format and "as " .. format .. " " or "")
  if encoding then return nil, words end
  return nil, words, select(2, text.unix(source:sub(1, bad)):gsub("[\r\n]", "")) + 1
end

local function source_of(path, max_bytes, format)
  local source, why = regular_file.read(path, max_bytes)
  if not source then return nil, why end
  local ok, line
  ok, why, line = check_encoding(source, format)
  if not ok then return nil, why, line end
  return source
end

local function read_csv(path)
  local source, why, at = source_of(path, MAX_BYTES, "CSV")
  if not source then return nil, why, at end
  local rows, separator, line = csv.rows(source)
  if not rows then return nil, separator, line end
  local header = table.remove(rows, 1)
  if not header then return nil, "is empty: its first line must name the columns, port among them" end
  local columns
  columns, why = columns_of(header)
  if not columns then return nil, why, header.line end
  local list = {}
  for i, fields in ipairs(rows) do
    local row
    row, why = by_column(fields, columns, separator)
    if not row then return nil, why, fields.line end
    list[i] = { row = row, line = fields.line }
  end
  return list
end

-- Behind a gap no row would be looked at, and nobody would miss them.
local function last_of(rows)
  local last = 0
  for key in pairs(rows) do
    if math.type(key) ~= "integer" or key < 1 then return nil, "is not a list of modules" end
    last = math.max(last, key)
  end
  return last
end

-- Rows of JSON and Lua are told by their number.
local function numbered(rows)
  local last, why = last_of(rows)
  if not last then return nil, why end
  local list = {}
  for i = 1, last do
    local row = rows[i]
    if row == nil then return nil, ("its entry %d is missing, and others follow: leave no gap"):format(i) end
    if type(row) ~= "table" then return nil, ("its entry %d is not a module"):format(i) end
    list[i] = { row = row, number = i }
  end
  return list
end

local function read_json(path)
  local source, why, line = source_of(path, MAX_BYTES)
  if not source then return nil, why, line end
  local rows, kind = strict_json.decode(source)
  if rows == nil then return nil, kind end
  if kind ~= "list" then return nil, "is not a JSON list of modules" end
  return numbered(rows)
end

local function read_lua(path)
  local source, why, line = source_of(path, MAX_LUA_BYTES)
  if not source then return nil, why, line end
  local rows
  rows, why, line = table_file.read(path, MAX_LUA_BYTES)
  if not rows then return nil, why, line end
  return numbered(rows)
end

local READERS = { csv = read_csv, json = read_json, lua = read_lua }

-- /dev/ttyUSB3 is another adapter after the next plugging in, and so is ttyUSB3 for whoever is in /dev: only an IMEI
-- tells which module is meant.
local function is_by_number(port)
  return ("/" .. port):find "/tty%a+%d+$" ~= nil and not port:find "/serial/by%-"
end

-- A port may have several names: links lead to it.
local function key_of(entry, name)
  return name == "port" and uv.fs_realpath(entry.port) or entry[name]
end

local function check_unique(seen, entry)
  for _, name in ipairs { "port", "imei" } do
    local value = key_of(entry, name)
    if value and seen[name][value] then
      return nil, ("the %s %s is there twice"):format(name, text.printable(entry[name]))
    end
    if value then seen[name][value] = true end
  end
  if is_by_number(entry.port) and not entry.imei then
    return nil, ("%s may be another module after the next plugging in: name the port as in /dev/serial/by-path/, "
      .. "or add the imei"):format(entry.port)
  end
  return true
end

local function entries_of(path, list)
  local entries, seen = {}, { port = {}, imei = {} }
  for i, item in ipairs(list) do
    local entry, why = entry_of(item.row)
    local ok = entry
    if entry then ok, why = check_unique(seen, entry) end
    if not ok then return refuse(path, item.line, (item.number and ("entry %d: "):format(item.number) or "") .. why) end
    entry.port = directory.absolute(entry.port) -- the same one wherever the run is resumed
    entries[i] = entry
  end
  if #entries == 0 then return refuse(path, nil, "names no module") end
  return entries
end

--- Reads a plan; what it is is told by the end of its name: .csv, .json or .lua.
-- @tparam string path
-- @treturn[1] {table,...} each with `port`, and where the plan says so `imei`, `from`, `to`, `name`
-- @treturn[2] nil
-- @treturn[2] dfota.error kind `plan`: one line with the file, the line and what to write instead; `plan_missing`: it
--   cannot be read at all
function plan.read(path)
  local there <close>, absence = regular_file.open(path)
  if not there then return refuse(path, nil, absence, "plan_missing") end
  local ending = path:match "%.(%a+)$"
  local reader = ending and READERS[ending:lower()]
  if not reader then return refuse(path, nil, "is neither .csv nor .json nor .lua") end
  local list, why, line = reader(path)
  if not list then return refuse(path, line, text.printable(why)) end
  return entries_of(path, list)
end

--- Notes what each module of a run runs, as far as the plan or the call says it.
-- @tparam table call of the run: its `devices`, and `from` for all of them
function plan.note_revisions(call)
  for _, device in ipairs(call.devices) do device.revision = device.revision or device.from or call.from end
end

--- The modules of a run, numbered: what earlier supervisors did to them is told by the run's folder.
-- @tparam table call of the run
-- @treturn {table,...} each with its `number` and `to`, and its `target` where it goes through a folder of packages
function plan.devices_of(call)
  plan.note_revisions(call)
  for number, device in ipairs(call.devices) do
    device.number, device.to = number, device.to or call.to
    if call.is_folder then device.target = device.to end
  end
  return call.devices
end

return plan
