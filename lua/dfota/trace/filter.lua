--- Chooses items of a conversation: by kind, direction, text and time. Pure.
-- @module dfota.trace.filter

local urc = require "dfota.at.urc"

local filter = {}

-- What `only` may name, and what it takes.
local KINDS = {
  at = function(item) return item.kind == "command" end,
  fota = function(item)
    return item.kind == "data" or item.kind == "unsolicited" and urc.is_fota(item.text)
      or item.kind == "command" and item.text:upper():find("+QFOTADL", 1, true) ~= nil
  end,
  unsolicited = function(item) return item.kind == "unsolicited" end,
  data = function(item) return item.kind == "data" end,
  notes = function(item) return item.kind == "note" or item.kind == "rate" end,
}

--- The kinds that can be asked for, sorted.
filter.kinds = {}
for name in pairs(KINDS) do filter.kinds[#filter.kinds + 1] = name end
table.sort(filter.kinds)

local SENT = { command = true, data = true, sent = true }
local RECEIVED = { command = true, unsolicited = true, noise = true }

local function texts_of(item)
  local list = { item.text or item.bytes or item.sha256 }
  for _, line in ipairs(item.reply or {}) do list[#list + 1] = line.text end
  return list
end

local function has_text(item, wanted)
  for _, one in ipairs(texts_of(item)) do
    if one:upper():find(wanted, 1, true) then return true end
  end
  return false
end

local function is_kind(item, only)
  for _, name in ipairs(only) do
    if KINDS[name](item) then return true end
  end
  return #only == 0
end

-- A reply may come long after its command: what ends within the span belongs to it.
local function is_in_time(item, since, till)
  return item.t <= till and math.max(item.t, item.done_t or 0, item.to_t or 0) >= since
end

local function is_direction(item, direction)
  if not direction then return true end
  return (direction == "tx" and SENT or RECEIVED)[item.kind] or false
end

--- @tparam {table,...} items of `dfota.trace.conversation`
-- @tparam table want `only` list of kinds; `direction` "tx" or "rx"; `text`, upper and lower case alike; `since` and
--   `till`, seconds since the trace began; each may be nil
-- @treturn {table,...} those of the items that fit
function filter.items(items, want)
  local list, wanted = {}, want.text and want.text:upper()
  for _, item in ipairs(items) do
    if is_kind(item, want.only or {}) and is_direction(item, want.direction)
      and is_in_time(item, want.since or 0, want.till or math.huge) and (not wanted or has_text(item, wanted)) then
      list[#list + 1] = item
    end
  end
  return list
end

--- Is anything left out?
-- @tparam table want as of `items`
-- @treturn boolean
function filter.is_on(want)
  return (want.only and #want.only > 0 or want.direction or want.text or want.since or want.till) and true or false
end

--- Findings within a span of time.
-- @tparam {table,...} findings of `dfota.trace.odd`
-- @tparam table want `since` and `till`
-- @treturn {table,...}
function filter.findings(findings, want)
  local list = {}
  for _, found in ipairs(findings) do
    if found.t >= (want.since or 0) and found.t <= (want.till or math.huge) then list[#list + 1] = found end
  end
  return list
end

return filter
