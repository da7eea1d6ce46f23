--- Merging one ledger into another: all updates with their steps, and what each module was last seen to run.
--
-- Page by page: whatever ends it half-way (a lock, a signal, a power cut) loses nothing, and merging again does the
-- rest.
-- @module dfota.ledger.merge
local place = require "dfota.ledger.place"
local uv = require "luv"

local merge = {}

--- Do two names mean the same ledger?
-- @tparam[opt] string one as of `ledger.open`
-- @tparam[opt] string other
-- @treturn boolean
function merge.is_same(one, other)
  local a, b = place.read(one), place.read(other)
  if not a or not b then return false end
  if a.url or b.url then return a.url == b.url end
  local first, second = uv.fs_stat(a.path), uv.fs_stat(b.path)
  if not first or not second then return a.path == b.path end
  return first.dev == second.dev and first.ino == second.ino
end

local function add(total, counts)
  for name, count in pairs(counts) do total[name] = (total[name] or 0) + count end
end

-- Whatever is being read from `from` goes through one method of `into`. Returns true; nil, err.
local function pump(from, into, method, total, on_page)
  while true do
    local rows, err = from:next_rows()
    if not rows then return nil, err end
    if not rows[1] then return true end
    local counts
    counts, err = into[method](into, rows)
    if not counts then return nil, err end
    add(total, counts)
    on_page()
  end
end

--- Merges.
-- @tparam Ledger from is only read
-- @tparam Ledger into
-- @tparam[opt] function on_page called with the counts so far, of updates and of modules, after each page
-- @treturn[1] table updates: added, completed, known, nameless (without an id, and left out)
-- @treturn[1] table modules: added, newer, known
-- @treturn[2] nil
-- @treturn[2] err kind "ledger", "ledger_locked" or "interrupted"
-- @treturn[2] table updates, as far as it came: these are in
function merge.all(from, into, on_page)
  local updates = { added = 0, completed = 0, known = 0, nameless = 0 }
  local modules = { added = 0, newer = 0, known = 0 }
  local function page() if on_page then on_page(updates, modules) end end
  local ok, err = from:start_rows { limit = false, steps = true }
  if ok then ok, err = pump(from, into, "take_in", updates, page) end
  if ok then ok, err = from:start_modules() end
  if ok then ok, err = pump(from, into, "take_in_modules", modules, page) end
  if ok then return updates, modules end
  return nil, err, updates
end

return merge
