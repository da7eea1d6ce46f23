--- What became of the tries of a run, and when: read from its folder, so that no supervisor need have seen it all.
-- @module dfota.fleet.tries

local json = require "dkjson"
local regular_file = require "dfota.base.regular_file"
local uv = require "luv"

local tries = {}

local MAX_BYTES = 32 << 20
local LONGEST_S = 30 * 86400 -- a clock that was set in between

local function changed_at(path)
  local stat = uv.fs_stat(path)
  return stat and stat.mtime.sec + stat.mtime.nsec / 1e9
end

-- Only these are decoded: most of what a job says is its progress.
local TAKEN = { phase = true, result = true }

local function events_of(path)
  local said, list = regular_file.read(path, MAX_BYTES) or "", {}
  for line in said:gmatch "[^\n]+" do
    local event = TAKEN[line:match '"event":"(%a+)"'] and json.decode(line)
    local t = type(event) == "table" and event.t
    if math.type(t) and t >= 0 and t < LONGEST_S then list[#list + 1] = event end
  end
  return list
end

-- A job without a result was killed: its last word was not long before.
local function ended_at(events, began, path)
  local last = events[#events]
  if last and last.event == "result" then return began + last.t, last end
  local at = changed_at(path) or began
  return at >= began and at - began < LONGEST_S and at or began
end

--- One try.
-- @tparam string folder of the run
-- @tparam table try as of `Folder:tries`
-- @treturn table|nil `what` ("update" or "watch"), `began` and `finished` (seconds since 1970), `steps` (each `name`
--   and `at`, as of a ledger), `result`; nil if it never began
function tries.read(folder, try)
  local stem = folder .. "/" .. try.key
  local began = changed_at(stem .. ".pid")
  if not began then return nil end
  local events, steps = events_of(stem .. ".json"), {}
  local finished, result = ended_at(events, began, stem .. ".json")
  for _, event in ipairs(events) do
    if event.event == "phase" then steps[#steps + 1] = { name = event.name, at = began + event.t } end
  end
  return { what = try.what, began = began, finished = finished, steps = steps, result = result }
end

--- The module that the last update of a port was about, whoever was watched there later.
-- @tparam string folder of the run
-- @tparam {table,...} list tries of the port in order, as of `Folder:tries`
-- @treturn string|nil its IMEI; nil if no update has met one
function tries.met(folder, list)
  for i = #list, 1, -1 do
    local said = list[i].what == "update" and regular_file.read(("%s/%s.json"):format(folder, list[i].key), MAX_BYTES)
    local imei
    for line in (said or ""):gmatch "[^\n]+" do
      local event = line:find('"event":"identity"', 1, true) and json.decode(line)
      imei = type(event) == "table" and event.imei or imei
    end
    if imei then return imei end
  end
end

--- When the last update was started, whoever started it.
-- @tparam Folder folder of the run
-- @treturn number|nil seconds since 1970; nil if none was
function tries.last_start(folder)
  local last
  for _, list in pairs(folder:tries()) do
    for _, try in ipairs(list) do
      local began = try.what == "update" and changed_at(("%s/%s.pid"):format(folder.path, try.key))
      if began and began > (last or 0) then last = began end
    end
  end
  return last
end

--- All of them.
-- @tparam Folder folder of the run
-- @treturn table number of the device → its tries in order
function tries.all(folder)
  local all = {}
  for number, list in pairs(folder:tries()) do
    all[number] = {}
    for _, try in ipairs(list) do table.insert(all[number], tries.read(folder.path, try)) end
  end
  return all
end

return tries
