--- Rows of a ledger as a table for people: one line each, in columns.
-- @module dfota.history.listing
local moment = require "dfota.history.moment"
local words = require "dfota.history.words"

local listing = {}

--- What became of an update, in a word. Triggered without an end: the run was killed, and no later one has followed.
-- @tparam table row
-- @treturn string
function listing.outcome(row)
  if row.outcome then return row.outcome end
  return row.triggered and "end not recorded" or "not triggered"
end

local UPDATES = {
  { "started", function(row) return moment.shown(row.started) end },
  { "IMEI", function(row) return row.imei end }, { "port", function(row) return row.port end },
  { "from", function(row) return row.from end }, { "to", function(row) return row.to end },
  { "after", function(row) return row.after end }, { "outcome", listing.outcome },
  { "code", function(row) return row.code end }, { "run", function(row) return row.run end },
}

local MODULES = {
  { "IMEI", function(row) return row.imei end }, { "model", function(row) return row.model end },
  { "revision", function(row) return words.revision(row.revision, row.last_revision) end },
  { "port", function(row) return row.port end },
  { "host", function(row) return row.host end }, { "seen", function(row) return moment.shown(row.seen) end },
  { "updates", function(row) return row.updates_seen end }, { "left", function(row) return row.updates_left end },
}

-- The cells of a column and its width; nil if all are unknown, as most runs have neither a code nor a campaign.
local function column_of(rows, spec)
  local cells, wide, has_any = { spec[1] }, utf8.len(spec[1]), false
  for i, row in ipairs(rows) do
    local value = spec[2](row)
    local cell = value ~= nil and tostring(value) or "-"
    has_any = has_any or value ~= nil
    cells[i + 1], wide = cell, math.max(wide, utf8.len(cell))
  end
  return (has_any or #rows == 0) and { cells = cells, wide = wide } or nil
end

--- Anything as a table; columns that no row has a value for are left out.
-- @tparam {table,...} rows
-- @tparam {table,...} specs the columns: each its name, and a function of a row that gives its value
-- @treturn {string,...} the names of the columns, then a line for each row
function listing.table(rows, specs)
  local columns = {}
  for _, spec in ipairs(specs) do columns[#columns + 1] = column_of(rows, spec) end
  local lines = {}
  for i = 1, #rows + 1 do
    local parts = {}
    for k, column in ipairs(columns) do
      local cell = column.cells[i]
      parts[k] = cell .. (" "):rep(column.wide - utf8.len(cell))
    end
    lines[i] = table.concat(parts, "  "):gsub(" +$", "")
  end
  return lines
end

--- Updates.
-- @tparam {table,...} rows as of `Book:rows`
-- @treturn {string,...} as of `listing.table`
function listing.updates(rows) return listing.table(rows, UPDATES) end

local MOST_OPEN = 3

local function is_open(row) return row.triggered and (row.outcome or "unknown") == "unknown" end

-- What the next update of the same module found there. `i`: where it is among the rows, the newest first.
local function found_after(rows, i)
  for k = i - 1, 1, -1 do
    local later = rows[k]
    if later.imei and later.imei == rows[i].imei and later.from and later.triggered then return later end
  end
end

local function open_end(rows, i)
  local row, later = rows[i], found_after(rows, i)
  return ("%s, %s: its end is not certain%s; watch.lua%s asks the module, and completes the record"):format(
    row.imei or row.port or row.id, moment.shown(row.started),
    later and (", but the run of %s found %s there"):format(moment.shown(later.started), later.from) or "",
    row.imei and " --imei " .. row.imei or "")
end

--- What is to be done about updates whose end is not certain.
-- @tparam {table,...} rows as of `Book:rows`, the newest first
-- @treturn {string,...} a line for each, or for the newest of them and how many more there are
function listing.open_ends(rows)
  local lines, count = {}, 0
  for i, row in ipairs(rows) do
    if is_open(row) then
      count = count + 1
      if count <= MOST_OPEN then lines[count] = open_end(rows, i) end
    end
  end
  if count > #lines then lines[#lines + 1] = ("and %d more: --outcome open shows them"):format(count - #lines) end
  return lines
end

--- The same for modules as last seen.
-- @tparam {table,...} rows as of `Book:modules`
-- @treturn {string,...}
function listing.modules(rows) return listing.table(rows, MODULES) end

--- How many updates a module has taken, and how many it has left.
-- @tparam string imei
-- @tparam integer count triggers in this ledger
-- @tparam integer most the limit
-- @treturn string
function listing.wear(imei, count, most)
  return ("%s: %d update%s triggered according to this ledger, %d of %d left; there may have been more"):format(
    imei, count, count == 1 and "" or "s", math.max(most - count, 0), most)
end

return listing
