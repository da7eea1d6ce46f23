--- Ships a local journal to the centre: in batches, each of one transaction there and then one here, over one short
-- connection. Whatever ends it half-way loses nothing, and the next push does the rest.
-- @module dfota.central.push

local book = require "dfota.ledger.book"
local connection = require "dfota.central.connection"
local core = require "dfota.core"
local errand = require "dfota.central.errand"
local outbox = require "dfota.central.outbox"
local patience = require "dfota.central.patience"
local place = require "dfota.ledger.place"
local tables = require "dfota.base.tables"
local uv = require "luv"

local push = {}

local BATCH = 200 -- rows: some 100 kB
local PATIENCE_S = 180 -- a server without a free connection is tried again that long
local SILENT_S = 60 -- so long it may say nothing

-- Times as texts: a number in JSON would be rounded.
local TIMES = { "started", "triggered", "finished", "seen", "at" }

local function exact(row)
  local copy = tables.with(row)
  copy.mark = nil
  for _, name in ipairs(TIMES) do
    if type(copy[name]) == "number" then copy[name] = ("%.6f"):format(copy[name]) end
  end
  return copy
end

local function as_json(conn, rows)
  local list = setmetatable({}, { __jsontype = "array" })
  for i, row in ipairs(rows) do
    list[i] = exact(row)
    local steps = setmetatable({}, { __jsontype = "array" })
    for k, step in ipairs(row.steps or {}) do steps[k] = exact(step) end
    list[i].steps = row.steps and steps
  end
  return conn:quote_json(list)
end

-- While others have locked the journal it is tried again, and each try is a sign of life.
local function patiently(fn, tell)
  local until_s = core.now() + PATIENCE_S
  while true do
    local result, err = fn()
    if result or err == nil or err.kind ~= "ledger_locked" or core.now() >= until_s then return result, err end
    tell "busy"
  end
end

-- One batch. The centre has it for good before it is noted here.
local function ship(conn, box, centre, batch, tell)
  local done, err = conn:ask(("SELECT dfota.push(%s, %s)"):format(as_json(conn, batch.update),
    as_json(conn, batch.module)))
  if done then done, err = patiently(function() return box:note(centre, batch) end, tell) end
  return done and true, err
end

-- The next of both kinds; what is added from now on waits for the next push.
local function next_batch(box, centre)
  local updates, err = box:next("update", centre, BATCH)
  if not updates then return nil, err end
  local modules
  modules, err = box:next("module", centre, BATCH)
  if not modules then return nil, err end
  return { update = updates, module = modules }, #updates == BATCH or #modules == BATCH
end

local function ship_all(conn, box, centre, tell)
  local total, more = 0, true
  while more do
    local batch, ok, err
    batch, more = next_batch(box, centre)
    if not batch then return nil, more end
    if not batch.update[1] and not batch.module[1] then break end
    ok, err = ship(conn, box, centre, batch, tell)
    if not ok then return nil, err end
    total = total + #batch.update
    tell("shipped", total)
  end
  return total
end

-- The journal, for writing; nil without an err where there is none yet.
local function open_journal(where, tell)
  local read, err = place.read(where)
  if not read then return nil, err end
  if read.url then
    return nil, core.error("usage", "only a journal on this machine is shipped, and this ledger is on a server already")
  end
  if not uv.fs_stat(read.path) then return nil end
  return patiently(function() return book.open(where) end, tell)
end

-- Before anything of it may fail.
local function tell_waiting(box, tell)
  local waiting, err = box:count()
  if waiting then tell("waiting", waiting) end
  return waiting ~= nil, err
end

local function from_journal(journal, what, tell)
  local box = outbox.new(journal.database)
  local ok, err = patiently(function() return box:prepare() end, tell)
  if ok then ok, err = tell_waiting(box, tell) end
  if not ok then return nil, err end
  local conn <close>, why = patience.connect(what.url, PATIENCE_S, tell)
  if not conn then return nil, why end
  local centre
  centre, err = conn:hello()
  if not centre then return nil, err end
  return ship_all(conn, box, centre, tell)
end

--- Ships. Runs as an errand.
-- @tparam table what `journal`, its place (nil: the default one); `url` of the centre
-- @tparam function tell called with "waiting" and how many updates wait, "shipped" and how many were shipped so far
-- @treturn integer|nil how many updates were shipped; nil, err
function push.run(what, tell)
  local journal, err = open_journal(what.journal, tell)
  if not journal then return not err and 0 or nil, err end
  local shipped
  shipped, err = from_journal(journal, what, tell)
  journal:close()
  return shipped, err
end

-- The sender's end ---------------------------------------------------------------------------------------------------

-- What is told on the way, and what it comes to in the end.
local function keep_count()
  local count = { waiting = 0, shipped = 0 }
  local function on_told(what, number)
    if count[what] then count[what] = number end
  end
  return count, on_told
end

local function with_count(count, err)
  if not err or not err.kind:find "^central" then return err end
  local left = math.max(count.waiting - count.shipped, 0)
  local words = left == 1 and "1 update waits" or ("%s wait"):format(left == 0 and "no updates" or left .. " updates")
  return core.error(err.kind, ("%s; nothing is lost: %s in the journal"):format(err.message, words))
end

--- Ships a journal, and waits for the end of it.
-- @tparam string|nil journal its place; nil: the default one
-- @tparam string url of the centre
-- @treturn integer|nil how many updates were shipped; nil, err: kind `central` and `central_refused` say how many wait
function push.ship(journal, url)
  local read, err = connection.parse(url)
  if not read then return nil, err end
  local sent
  sent, err = errand.send("dfota.central.push", { journal = journal, url = url })
  if not sent then return nil, err end
  local count, on_told = keep_count()
  local shipped
  shipped, err = sent:wait { silent_s = SILENT_S, on_told = on_told }
  return shipped, with_count(count, err)
end

--- The same while luv's loop goes on.
-- @tparam string|nil journal
-- @tparam string url
-- @tparam function on_end gets how many updates were shipped; nil, err
-- @treturn Errand|nil nil, err
function push.ship_later(journal, url, on_end)
  local sent, err = errand.send("dfota.central.push", { journal = journal, url = url })
  if not sent then return nil, err end
  local count, on_told = keep_count()
  sent:follow({ silent_s = SILENT_S, on_told = on_told }, function(shipped, why)
    on_end(shipped, with_count(count, why))
  end)
  return sent
end

return push
