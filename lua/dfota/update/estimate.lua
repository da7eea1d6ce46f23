--- How long a way of several updates takes: what can be computed, and what earlier updates in the ledger took. Pure.
-- @module dfota.update.estimate

local own_end = require "dfota.ledger.own_end"
local text = require "dfota.base.text"

local estimate = {}

local BITS_PER_BYTE = 10 -- 8N1: a start bit, eight data bits, a stop bit

-- Seconds from the trigger to the verdict, nil if that is not an update that ended well, or if its end was seen by a
-- later run.
local function took_s(row)
  if row.outcome ~= "updated" or not (row.triggered and row.finished) or not own_end.seen(row) then return nil end
  local seconds = row.finished - row.triggered
  return seconds > 0 and seconds or nil -- the clock may have been set meanwhile
end

local function is_same_package(row, hop)
  if hop.url then return row.package == hop.url end
  return hop.sha256 ~= nil and row.hash == hop.sha256
end

-- The middle one: a module that lay open for a while, its cable pulled, must not count.
local function median(rows, fits)
  local list = {}
  for _, row in ipairs(rows) do list[#list + 1] = fits(row) and took_s(row) or nil end
  table.sort(list)
  local count = #list
  if count == 0 then return nil, 0 end
  return (list[(count + 1) // 2] + list[count // 2 + 1]) / 2, count
end

-- The same package if it is known, else any that went the same way.
local function earlier(hop, rows)
  local same, count = median(rows, function(row) return is_same_package(row, hop) end)
  if same then return same, count end
  return median(rows, function(row) return row.way == (hop.url and "url" or "file") end)
end

local function sending_s(hop, baud) return not hop.url and hop.size and hop.size * BITS_PER_BYTE / baud or 0 end

--- Estimate the time that a way takes.
-- @tparam {table,...} hops each `size` in bytes, `sha256`, `url` if the module downloads it
-- @tparam integer baud bits per second at which packages are sent
-- @tparam {table,...} rows of the ledger, with their steps
-- @treturn table `sending_s`: sending the files over the line, at least; `updates_s`: from trigger to verdict of all
--   updates, by earlier ones, nil if there is none for one of them; `earlier`: how many earlier ones that is based on;
--   `total_s`, nil with `updates_s`; `baud`
function estimate.of(hops, baud, rows)
  local found = { sending_s = 0, updates_s = 0, earlier = 0, baud = baud }
  for _, hop in ipairs(hops) do
    local seconds, count = earlier(hop, rows)
    found.sending_s = found.sending_s + sending_s(hop, baud)
    found.updates_s = found.updates_s and seconds and found.updates_s + seconds
    found.earlier = math.max(found.earlier, count)
  end
  found.total_s = found.updates_s and found.updates_s + found.sending_s
  return found
end

--- The same in words.
-- @tparam table found from `of`
-- @treturn string
function estimate.words(found)
  local line = found.sending_s > 0 and ("%d bit/s"):format(found.baud)
  if not found.total_s then
    local least = line and ("at least %s at %s; "):format(text.duration(found.sending_s), line) or ""
    return least .. "the updates: unknown, none recorded from trigger to end"
  end
  return ("about %s, estimated: %d earlier update%s%s"):format(text.duration(found.total_s), found.earlier,
    found.earlier == 1 and "" or "s", line and ", " .. line or "")
end

return estimate
