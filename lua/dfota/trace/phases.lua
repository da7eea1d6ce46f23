--- The phases of an update, as the commands and the module's own lines show them. Pure.
--
-- The phases are those of the events (docs/json.md): prepare, upload, pdp, trigger, download, update, reboot, verify.
-- @module dfota.trace.phases

local phases = {}

--- Seconds; default: longer than any pause of an update that goes well but for its reboot.
phases.SILENCE_S = 10

-- What a command begins (note, chapters 4.1 and 4.2).
local COMMANDS = {
  { "^AT%+QFUPL=", "upload" }, { "^AT%+QICSGP=%d,", "pdp" }, { "^AT%+QIREGAPP", "pdp" }, { "^AT%+QIACT", "pdp" },
  { "^AT%+QFOTADL=[^?]", "trigger" },
}

-- What a stage of +QIND: "FOTA" begins, without blanks (the note spells some in two ways).
local STAGES = {
  HTTPSTART = "download", DOWNLOADING = "download", START = "update", UPDATING = "update", END = "reboot",
}

local function of_command(command)
  local upper = command:upper()
  for _, entry in ipairs(COMMANDS) do
    if upper:find(entry[1]) then return entry[2] end
  end
end

--- The stage that a line of the update names, and its value.
-- @tparam string line
-- @treturn string|nil "START", "UPDATING", "END" …, without blanks
-- @treturn string|nil the value, as it is written
function phases.stage(line)
  local name, rest = line:match '^%+QIND:%s*"FOTA"%s*,%s*"([^"]*)"(.*)$'
  if not name then return nil end
  return name:upper():gsub("%s", ""), rest:match "^%s*,%s*(.-)%s*$"
end

--- The percentage that a line of the update tells.
-- @tparam string line
-- @treturn string|nil "UPDATING" or "DOWNLOADING"; nil: the line tells none
-- @treturn ?integer percent
function phases.percent(line)
  local stage, value = phases.stage(line)
  if stage ~= "UPDATING" and stage ~= "DOWNLOADING" then return nil end
  local percent = math.tointeger(tonumber(value and value:match "^(%d+)%%?$"))
  return percent and stage, percent
end

local function of_line(line)
  local stage, value = phases.stage(line)
  if stage == "HTTPEND" and tonumber(value) == 0 then return "update" end
  return STAGES[stage or ""]
end

-- After the end of the update the module's revision is read: that is what verifies it.
local function of_item(item, now)
  if item.kind == "unsolicited" then return of_line(item.text) end
  if item.kind ~= "command" then return nil end
  if now == "reboot" and item.final then return "verify" end
  return of_command(item.text)
end

--- The phases in the order in which they came; one may come again.
-- @tparam {table,...} items of `dfota.trace.conversation`
-- @tparam number duration_s the time of the last byte
-- @treturn {table,...} each with `name`, `from` and `to` in seconds since the trace began
function phases.of(items, duration_s)
  local list = { { name = "prepare", from = 0 } }
  for _, item in ipairs(items) do
    local last = list[#list]
    local name = of_item(item, last.name)
    if name and name ~= last.name then
      last.to = item.t
      list[#list + 1] = { name = name, from = item.t }
    end
  end
  list[#list].to = math.max(duration_s, list[#list].from)
  return list
end

return phases
