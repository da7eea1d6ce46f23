--- Puts on record, at the end of a run, how updates ended whose jobs could not: the ledger was locked, out of reach
-- or on a full disk then. Only a job's own verdict is recorded, and only in the row that this run has begun for that
-- module and that nobody has closed since; what is known by an exit code alone is left to whoever watches next.
-- @module dfota.fleet.late_records

local late_records = {}

local ENDS = { updated = true, failed_on_source = true, wrong_revision = true }

-- A module that refused the trigger wore nothing, which a result does not tell: such rows are left open.
local BEHIND = { download = true, update = true, reboot = true, verify = true }

local function was_begun(try)
  for _, step in ipairs(try and try.steps or {}) do
    if BEHIND[step.name] then return true end
  end
  return false
end

-- The last try, if its job saw an end that it could not record.
local function unrecorded(device)
  local result, try = device.result, device.tries and device.tries[#device.tries]
  if not (result and device.imei and result.recorded == false and ENDS[result.outcome]) then return nil end
  if try and try.result and was_begun(try) then return try end
end

-- Other rows are of other updates, or somebody has closed it.
local function is_meant(row, device, run)
  return row.run == run and row.imei == device.imei and row.port == device.port
    and row.from == device.result.before
end

-- Without what is no longer so.
local function message_of(result)
  local message = result.message
  for _, only in ipairs(message and { "only ", "" } or {}) do
    local words = ("; %sthe record is missing"):format(only)
    if message:sub(-#words) == words then return message:sub(1, -#words - 1) end
  end
  return message
end

local function fields_of(device, try)
  local result = device.result
  return {
    outcome = result.outcome, after = result.after, code = result.code, rc = result.rc, finished = try.finished,
    message = message_of(result),
    steps = try.what == "update" and try.steps or nil,
    seen = { imei = device.imei, model = device.model, revision = result.after, port = device.port },
  }
end

--- Is there anything to record?
-- @tparam {table,...} devices as of `settle`
-- @treturn boolean
function late_records.are_there(devices)
  for _, device in ipairs(devices) do
    if unrecorded(device) then return true end
  end
  return false
end

-- Has the ledger anything of this run and module? Somebody may have removed it, or put another in its place.
local function is_known(book, device, run)
  local rows, err = book:rows { run = run, imei = device.imei, limit = 1 }
  if not rows then return nil, err end
  return rows[1] ~= nil
end

-- Returns "recorded", "lost", or "other": somebody has closed it.
local function settle_one(book, device, try, run)
  local row, err = book:open_on(device.port, device.imei)
  if err then return nil, err end
  if row and is_meant(row, device, run) then
    local done
    done, err = book:finish(row.id, fields_of(device, try))
    return done and "recorded", err
  end
  local known
  known, err = is_known(book, device, run)
  if err then return nil, err end
  return known and "other" or "lost"
end

--- Records what can be recorded.
-- @tparam {table,...} devices at the end of a run: `port`, `imei`, `model`, `result` of the last try, `tries` as of
--   `dfota.fleet.tries`
-- @tparam table book a ledger: `open_on`, `finish`, `rows`
-- @tparam string run its name
-- @treturn table|nil how many are `recorded`, and how many `lost`, as the ledger knows nothing of their beginning; nil,
--   err if it fails
function late_records.settle(devices, book, run)
  local count = { recorded = 0, lost = 0, other = 0 }
  for _, device in ipairs(devices) do
    local try = unrecorded(device)
    if try then
      local what, err = settle_one(book, device, try, run)
      if not what then return nil, err end
      count[what] = count[what] + 1
    end
  end
  return count
end

return late_records
