--- What an upgrade is known to change besides the firmware: rate, flow control, error mode, echo, and the files in the
-- module. Taken before an update and after it, and compared.
-- @module dfota.update.snapshot
local core = require "dfota.core"
local errors = require "dfota.at.errors"
local text = require "dfota.base.text"

local snapshot = {}

-- Each with the prefix of the answer and its field there (GSM AT manuals: IPR, IFC, CMEE).
local SETTINGS = {
  { name = "ipr", prefix = "+IPR", field = 1 }, { name = "ifc_dce", prefix = "+IFC", field = 1 },
  { name = "ifc_dte", prefix = "+IFC", field = 2 }, { name = "cmee", prefix = "+CMEE", field = 1 },
}
local ALL = "AT+IPR?;+IFC?;+CMEE?" -- one line with one OK, as in the note's own example (chapter 2.1.3)
local EACH = { "AT+IPR?", "AT+IFC?", "AT+CMEE?" }
local PREFIXES = { "+IPR:", "+IFC:", "+CMEE:" }

--- The file that an update is made of: it comes and goes with every update.
snapshot.PACKAGE = "fota.pack"

--- Add what a reply says.
-- @tparam {string,...} lines
-- @tparam table found changed: `ipr`, `ifc_dce`, `ifc_dte`, `cmee` as integers
function snapshot.add(lines, found)
  for _, line in ipairs(lines) do
    local fields = core.fields(line)
    for _, setting in ipairs(SETTINGS) do
      local value = fields.prefix == setting.prefix and fields[setting.field]
      if math.type(value) == "integer" then found[setting.name] = value end
    end
  end
end

local function ask(parts, command, left_s)
  return parts.commands:query(command, { expect = PREFIXES, timeout_s = math.min(parts.query_s, left_s),
    fence_s = left_s })
end

-- One line for all; a module that refuses it is asked one by one.
local function ask_settings(parts, found, left)
  for i, command in ipairs { ALL, table.unpack(EACH) } do
    local left_s = left()
    if left_s <= 0 then return "time" end
    local reply, err = ask(parts, command, left_s)
    if reply then snapshot.add(reply, found) end
    if reply and i == 1 then return nil end
    if not (reply or errors.is_no(err)) then return err end
  end
end

local function ask_files(parts, found, left)
  local left_s = left()
  if left_s <= 0 then return "time" end
  local files, err = parts.files:list(nil, math.min(parts.query_s, left_s))
  found.files = files
  return not files and not errors.is_no(err) and err or nil
end

--- Ask the module. What it does not say is missing; a query without an answer ends this, and so does the limit.
-- @tparam table parts `commands`, `files` (a `dfota.modem.files`), `channel`; `query_s` longest wait for one answer;
--   `now` the clock
-- @tparam number limit_s
-- @treturn table `ipr`, `ifc_dce`, `ifc_dte`, `cmee` (integers), `echo` (boolean), `files` (name → bytes), as far as
--   known
-- @treturn ?dfota.error|string what ended it: an error, or "time"
function snapshot.take(parts, limit_s)
  local deadline = parts.now() + limit_s
  local function left() return deadline - parts.now() end
  local found = { echo = parts.channel.echo }
  local ended = ask_settings(parts, found, left) or ask_files(parts, found, left)
  return found, ended
end

-- For people: the command, and how it would be set to what was found.
local SHOWN = {
  { "AT+IPR", function(found) return found.ipr end },
  { "AT+IFC", function(found) return found.ifc_dce and found.ifc_dte and found.ifc_dce .. "," .. found.ifc_dte end },
  { "AT+CMEE", function(found) return found.cmee end },
  { "the echo", function(found) return found.echo ~= nil and (found.echo and "on" or "off") end },
}

local function changed_files(before, after)
  local names, list = {}, {}
  for _, files in ipairs { before, after } do
    for name in pairs(files) do names[name] = true end
  end
  names[snapshot.PACKAGE] = nil
  for name in pairs(names) do
    if before[name] ~= after[name] then
      list[#list + 1] = { name = name, bytes_before = before[name], bytes_after = after[name] }
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- What differs. Only what is known of both counts, and the package itself does not.
-- @tparam table before
-- @tparam table after
-- @treturn {table,...} settings, each `label`, `before`, `after`
-- @treturn {table,...} files, each `name`, `bytes_before`, `bytes_after`, nil if it was not or is not there
function snapshot.differences(before, after)
  local settings = {}
  for _, one in ipairs(SHOWN) do
    local was, is = one[2](before), one[2](after)
    if was and is and was ~= is then settings[#settings + 1] = { label = one[1], before = was, after = is } end
  end
  return settings, before.files and after.files and changed_files(before.files, after.files) or {}
end

-- As numbers: how many files there are, and their bytes.
local function numbers(found)
  local values = { echo = found.echo, files = found.files and 0, file_bytes = found.files and 0 }
  for _, setting in ipairs(SETTINGS) do values[setting.name] = found[setting.name] end
  for _, bytes in pairs(found.files or {}) do
    values.files, values.file_bytes = values.files + 1, values.file_bytes + bytes
  end
  return values
end

local FACTS = { "ipr", "ifc_dce", "ifc_dte", "cmee", "echo", "files", "file_bytes" }

--- Both for programs: `ipr_before`, `ipr_after` and so on; `files` is how many there are.
-- @tparam table before
-- @tparam table after
-- @tparam {table,...} files that differ
-- @treturn table of an event `facts`
function snapshot.facts(before, after, files)
  local facts = { names = {}, files_changed = files }
  local both = { { "_before", numbers(before) }, { "_after", numbers(after) } }
  for _, name in ipairs(FACTS) do
    for _, side in ipairs(both) do
      local key = name .. side[1]
      table.insert(facts.names, key)
      facts[key] = side[2][name]
    end
  end
  table.insert(facts.names, "files_changed")
  return facts
end

local function in_bytes(n) return ("%d byte%s"):format(n, n == 1 and "" or "s") end

local function file_in_words(file)
  local was, is = file.bytes_before and in_bytes(file.bytes_before), file.bytes_after and in_bytes(file.bytes_after)
  local name = text.printable(file.name)
  if not was then return ("%s is new (%s)"):format(name, is) end
  if not is then return ("%s (%s) is gone"):format(name, was) end
  return ("%s had %s and has %s"):format(name, was, is)
end

--- The differences in one line each for people.
-- @tparam {table,...} settings as of `differences`
-- @tparam {table,...} files
-- @treturn {string,...} at most one for the settings and one for the files
function snapshot.words(settings, files)
  local lines, parts, names = {}, {}, {}
  for i, one in ipairs(settings) do parts[i] = ("%s was %s and is %s"):format(one.label, one.before, one.after) end
  for i, file in ipairs(files) do names[i] = file_in_words(file) end
  if parts[1] then
    lines[1] = ("other settings than before the update: %s; what was not saved (AT&W) is lost with a reboot"):format(
      table.concat(parts, ", "))
  end
  if names[1] then lines[#lines + 1] = "other files than before the update: " .. table.concat(names, ", ") end
  return lines
end

return snapshot
