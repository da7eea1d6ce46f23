--- What the simulated module said and did in a stretch of time, out of its own log.
local said = {}

local STAGES = { HTTPSTART = true, DOWNLOADING = true, HTTPEND = true, START = true, UPDATING = true, END = true }

local function stage_of(line) return line:match '^%+QIND: "FOTA","([^"]*)"' end

-- What a run can hear of its update, its boots and its supply; nothing else keeps it waiting.
local function is_word(entry)
  if entry.what ~= "line" then return false end
  local line = tostring(entry.detail)
  return stage_of(line) or line:find "^RDY" or line:find "^%+CPIN" or line:find "^%+CFUN" or line:find "^Call Ready"
    or line:find "^SMS Ready" or line:find "VOLTAGE" or line:find "POWER DOWN" or line:find "PDP DEACT"
end

local SILENT_SIGNS = { state = true, updated = true, fault = true }

local function is_sign(entry) return SILENT_SIGNS[entry.what] or is_word(entry) end

local function is_update(entry)
  if entry.what == "line" then return stage_of(tostring(entry.detail)) ~= nil end
  return entry.what == "updated" or entry.what == "state" and entry.detail == "update"
end

local function each(m, from, to)
  local i = 0
  return function()
    repeat i = i + 1 until not m.log[i] or m.log[i].t >= from and m.log[i].t <= to
    return m.log[i]
  end
end

--- The last sign of life of an update; nil where there was none.
function said.last_sign(m, from, to)
  local last
  for entry in each(m, from, to) do
    if is_sign(entry) then last = entry.t end
  end
  return last
end

--- When it last said a word that could be heard; nil where it said none.
function said.last_word(m, from, to)
  local last
  for entry in each(m, from, to) do
    if is_word(entry) then last = entry.t end
  end
  return last
end

--- When it last began to boot, to answer or to update itself; nil where it did not.
function said.last_change(m, from, to)
  local last
  for entry in each(m, from, to) do
    if entry.what == "state" then last = entry.t end
  end
  return last
end

--- Does an update go on, or begin?
function said.updates(m, from, to)
  for entry in each(m, from, to) do
    if is_update(entry) then return true end
  end
  return false
end

--- A stage that the application note does not know, in the bytes that came: a line may have been damaged on its way.
-- @tparam string bytes
-- @treturn string|nil
function said.odd_stage(bytes)
  for line in bytes:gmatch "[^\r\n]+" do
    local stage = stage_of(line)
    local known = stage and STAGES[stage:upper():gsub("%s", "")]
    if not known and line:find '^%+QIND: "FOTA"' then return stage or line end
  end
end

local function count_revision(text, revision)
  local n = 0
  for line in text:gmatch "[^\r\n]+" do
    if line:gsub("^%s*Revision:", ""):match "^%s*(.-)%s*$" == revision then n = n + 1 end
  end
  return n
end

--- How often it said that it runs this revision, as it was said or, where that is more, as it came: damage may also
-- make the truth of a wrong reading.
-- @tparam string bytes that came since the trigger
function said.readings(m, revision, from, to, bytes)
  local n = 0
  for entry in each(m, from, to) do
    if entry.what == "line" then n = n + count_revision(tostring(entry.detail), revision) end
  end
  return math.max(n, count_revision(bytes, revision))
end

--- The IMEIs that it gave: its own, and those of two readings that were damaged in the same way, which nobody can tell
-- from one.
-- @tparam string own
-- @tparam {[string]=integer,...} readings how often each was read
-- @treturn {string,...}
function said.imeis(own, readings)
  local list = { own }
  for imei, count in pairs(readings) do
    if count >= 2 and imei ~= own then list[#list + 1] = imei end
  end
  return list
end

--- Count the IMEIs among the bytes that came.
-- @tparam {[string]=integer,...} readings
-- @tparam string bytes
function said.count_imeis(readings, bytes)
  for digits in bytes:gmatch "[\r\n](%d+)%f[\r\n]" do
    if #digits == 15 then readings[digits] = (readings[digits] or 0) + 1 end
  end
end

-- A number behind a stage that is no percentage, whatever the stage is called.
local function told_code(line)
  local stage, code = line:match '^%+QIND: "FOTA","([^"]*)",%s*(%d+)%s*$'
  if stage and stage ~= "DOWNLOADING" and stage ~= "UPDATING" and tonumber(code) ~= 0 then return code end
end

local function is_refusal(line) return line:find("ERROR", 1, true) or line == "4" or told_code(line) end

--- Did it refuse a command, or tell that its update failed?
function said.refusal(m, from, to)
  for entry in each(m, from, to) do
    if entry.what == "line" and is_refusal(tostring(entry.detail)) then return true end
  end
  return false
end

--- Did it tell, behind a trigger, why its update failed?
function said.failure(m, from, to)
  for entry in each(m, from, to) do
    local line = entry.what == "line" and tostring(entry.detail)
    if line and told_code(line) then return line end
  end
end

return said
