--- What the ledger knows of a fleet's modules: which failed before, and what became of those whose end nobody saw.
-- @module dfota.fleet.past

local past = {}

local function failed_with_any(book, imei, packages)
  for _, package in ipairs(packages) do
    if package.hash or package.url then
      local row, err = book:failed_with(imei, package)
      if row or err then return row, err end
    end
  end
end

--- Marks the modules on which one of these packages failed before: none of them goes first.
-- @tparam {table,...} devices each with its `imei`, if that is known; `failed_before` is set
-- @tparam table book a ledger: `failed_with`
-- @tparam {table,...} packages each `hash` of a file, or `url`
-- @treturn boolean|nil nil, err if the ledger fails
function past.mark_failed(devices, book, packages)
  for _, device in ipairs(devices) do
    if device.imei then
      local row, err = failed_with_any(book, device.imei, packages)
      if err then return nil, err end
      device.failed_before = row ~= nil
    end
  end
  return true
end

local AT_ONCE = 500 -- so many are asked for in one question

-- The modules of whose revision neither the plan nor the module itself has told.
local function without_revision(devices)
  local by_imei, imeis = {}, {}
  for _, device in ipairs(devices) do
    if device.imei and not (device.revision or device.from) then
      by_imei[device.imei], imeis[#imeis + 1] = device, device.imei
    end
  end
  return by_imei, imeis
end

--- Notes what each module ran when it was last seen, where nobody else says what it runs.
-- @tparam {table,...} devices each with its `imei`, `revision` and `from`, as far as known; `ran` is set
-- @tparam table book a ledger: `modules`
-- @treturn boolean|nil nil, err if the ledger fails
function past.note_revisions(devices, book)
  local by_imei, imeis = without_revision(devices)
  for first = 1, #imeis, AT_ONCE do
    local rows, err = book:modules { imeis = table.move(imeis, first, math.min(first + AT_ONCE - 1, #imeis), 1, {}) }
    if not rows then return nil, err end
    for _, row in ipairs(rows) do by_imei[row.imei].ran = row.last_revision end
  end
  return true
end

--- Marks the modules on which an update was triggered, by whomever, and whose end nobody saw: they are watched before
-- anything is begun, for `update.lua` would trigger anew where the module runs its source.
-- @tparam {table,...} devices each with its `port`, and its `imei` if that is known; `state` is set to "unknown", and
--   `open_imei` to the module that it is about, as far as that is known
-- @tparam table book a ledger: `open_on`
-- @treturn boolean|nil nil, err if the ledger fails
function past.mark_open(devices, book)
  for _, device in ipairs(devices) do
    local row, err = book:open_on(device.port, device.imei)
    if err then return nil, err end
    if row then device.state, device.open_imei = "unknown", row.imei end
  end
  return true
end

-- Of a chain the last hop counts: only at the target it is done.
local function state_of(row, target)
  if row.outcome == "updated" or row.outcome == "already_current" then
    if not target or row.after == nil or row.after == target then return "done" end
    return "safe"
  end
  if row.rc == 81 or row.rc == 82 then return "failed" end
  if row.outcome == "failed_on_source" or row.outcome == "not_started" then return "safe" end
end

--- What became of a module in this run: somebody may have seen the end meanwhile, `watch.lua` for one.
-- @tparam table book a ledger: `rows`
-- @tparam string imei
-- @tparam string run its name
-- @tparam[opt] string target the revision that it is to run
-- @treturn string|nil "done", "failed", "safe" (it may be tried again); nil if the ledger knows no end
-- @treturn table|nil the row that says so
function past.settled(book, imei, run, target)
  local rows = book:rows { imei = imei, run = run, limit = 1 }
  local state = rows and rows[1] and state_of(rows[1], target)
  return state or nil, state and rows[1]
end

local LOOKED_AT = 20 -- a module has no more rows since the try of a run that is gone on with

local function is_of(row, packages)
  for _, package in ipairs(packages) do
    if package.hash and row.hash == package.hash or package.url and row.package == package.url then return true end
  end
  return false
end

--- Did an update of a module end well since this run's try failed? Another run may have held its port meanwhile.
-- @tparam table book a ledger: `rows`
-- @tparam string imei
-- @tparam table wanted `since`: when the try ended (seconds since 1970); `to`, the revision that it is to run; where
--   none is named, `packages`, one of which is to have been installed, as of `mark_failed`
-- @treturn string|nil the revision that it runs since; nil if the ledger knows of none
function past.ended_well(book, imei, wanted)
  for _, row in ipairs(book:rows { imei = imei, limit = LOOKED_AT } or {}) do
    if row.triggered or row.outcome ~= "not_started" then -- what was refused changed nothing
      local is_well = row.outcome == "updated" or row.outcome == "already_current"
      local is_meant = wanted.to and row.after == wanted.to or not wanted.to and is_of(row, wanted.packages)
      return is_well and is_meant and (row.finished or 0) > wanted.since and row.after or nil
    end
  end
end

return past
