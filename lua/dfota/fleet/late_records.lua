--- Puts on record, at the end of a run, how updates ended whose jobs could not: the ledger was locked, gone or on a
-- full disk then. Only a job's own verdict is recorded, and only in the row that this run has begun for that module and
-- that nobody has closed since; what is known by an exit code alone is left to whoever watches next.
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

--- Records what can be recorded.
-- @tparam {table,...} devices at the end of a run: `port`, `imei`, `model`, `result` of the last try, `tries` as of
--   `dfota.fleet.tries`
-- @tparam table book a ledger: `open_on`, `finish`
-- @tparam string run its name
-- @treturn integer|nil how many; nil, err if the ledger fails
function late_records.settle(devices, book, run)
  local count = 0
  for _, device in ipairs(devices) do
    local try = unrecorded(device)
    local row, err = nil, nil
    if try then row, err = book:open_on(device.port, device.imei) end
    if err then return nil, err end
    if row and is_meant(row, device, run) then
      local done
      done, err = book:finish(row.id, fields_of(device, try))
      if not done then return nil, err end
      count = count + 1
    end
  end
  return count
end

return late_records
