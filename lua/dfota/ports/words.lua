--- A port as lines for people, and as facts for programs. Pure.
-- @module dfota.ports.words
local text = require "dfota.base.text"

local words = {}

local LABEL = 15 -- columns
local LONGEST = 200 -- characters of a name

local function shown(value) return value == nil and "unknown" or text.printable(value) end

local function row(label, value) return ("  %-" .. LABEL - 2 .. "s%s"):format(label, value) end

local MANAGER = {
  holds = "holds this port: sudo systemctl stop ModemManager, or see docs/ports.md",
  runs = "runs, and may open this port: see docs/ports.md",
  ignores = "runs, and leaves this port alone",
}

local function usb(port)
  if not port.usb_vid then return nil end
  local ids = port.usb_vid .. ":" .. (port.usb_pid or "????")
  return port.serial and ("%s, serial number %s"):format(ids, shown(port.serial)) or ids
end

local function holder(port)
  if not port.holder_pid then return nil end
  local who = ("process %d (%s)"):format(port.holder_pid, shown(port.holder_name))
  return port.holder_lock_file and who .. ", says " .. shown(port.holder_lock_file) or who
end

-- The module said it: noise on the line may be in it.
local function heard(value) return value == nil and "unknown" or text.received(value) end

local function identity(port)
  return ("%s, revision %s, IMEI %s"):format(heard(port.model), heard(port.revision), heard(port.imei))
end

local function yes(value)
  if value == nil then return "unknown" end
  return value and "yes" or "no"
end

local function storage(port)
  if not port.free_bytes then return "unknown" end
  return ("%d bytes free of %s"):format(port.free_bytes, shown(port.total_bytes))
end

-- A message of the core names the port, which stands above it.
local function message(port) return text.printable(text.without_port(port.message or "", port.name)) end

local FAMILIES = {
  other = "another family than MC65, M65, M08-R: not updated by these tools",
  unknown = "none of MC65, M65, M08-R: it may not be updatable this way",
}

local function module_rows(port)
  local rows = { row("module", identity(port)), row("rate", ("%d baud"):format(port.baud)) }
  if FAMILIES[port.family] then rows[#rows + 1] = row("", FAMILIES[port.family]) end
  if port.deep then
    rows[#rows + 1] = row("DFOTA", yes(port.dfota))
    rows[#rows + 1] = row("storage", storage(port))
  end
  return rows
end

local ANSWERS = { silent = true, updating = true, recorded = true, not_asked = true }

local function state_rows(port)
  if port.state == "module" then
    local rows = module_rows(port)
    if port.message then rows[#rows + 1] = row("", message(port)) end
    return rows
  end
  -- Its row names the holder.
  if not port.state or port.state == "busy" and port.holder_pid then return {} end
  local said = port.state == "recorded" and port.imei and ("%s (IMEI %s)"):format(message(port), shown(port.imei))
  return { row(ANSWERS[port.state] and "module" or "problem", said or message(port)) }
end

-- What the adapter says of itself; a native port's description is only its name again.
local function title(port)
  local described, name = port.description, text.brief(port.name, LONGEST)
  if not described or port.name:sub(-#described) == described then return name end
  local maker = port.manufacturer
  if maker and described:sub(1, #maker) ~= maker then described = maker .. " " .. described end
  return ("%s  %s"):format(name, text.printable(described))
end

--- Everything that is known of a port.
-- @tparam table port of `dfota.ports.catalog`, and of `dfota.ports.survey` if it was asked
-- @treturn {string,...} lines
function words.lines(port)
  local lines = { title(port) }
  local function add(label, value) if value then lines[#lines + 1] = row(label, value) end end
  for _, kind in ipairs { { "links", "name" }, { "by_id", "by-id" }, { "by_path", "by-path" } } do
    for _, name in ipairs(port[kind[1]] or {}) do add(kind[2], text.printable(name)) end
  end
  add("usb", usb(port))
  add("driver", port.driver and text.printable(port.driver))
  add("in use by", holder(port))
  add("ModemManager", MANAGER[port.modem_manager])
  return table.move(state_rows(port), 1, 10, #lines + 1, lines)
end

--- What answers on a port, in one line, without the port's name.
-- @tparam table port that was asked
-- @treturn string
function words.summary(port)
  if port.state ~= "module" then return message(port) end
  return ("%s, at %d baud"):format(identity(port), port.baud)
end

local NAMES = {
  "by_id", "by_path", "links", "transport", "description", "manufacturer", "product", "serial", "usb_vid", "usb_pid",
  "driver", "holder_pid", "holder_name", "holder_lock_file", "modem_manager",
}
local ASKED = { "state", "message", "model", "revision", "imei", "family", "baud" }
local DEEP = { "dfota", "free_bytes", "total_bytes" }

--- A port as the fields of an event `facts`: what is unknown is null, what was not asked is left out.
-- @tparam table port
-- @treturn table
function words.facts(port)
  local facts, list = {}, { NAMES }
  if port.state then list[2] = ASKED end
  if port.deep then list[3] = DEEP end
  local all = {}
  for _, part in ipairs(list) do table.move(part, 1, #part, #all + 1, all) end
  for _, name in ipairs(all) do facts[name] = port[name] end
  facts.names = all
  return facts
end

--- The name to call a port by: one from contrib/udev, which stays, or its device.
-- @tparam table port
-- @treturn string
function words.name(port) return port.links and port.links[1] or port.name end

return words
