--- The ledger's book: SQL over one connection, in this process. It waits as long as its database does;
-- `dfota.ledger.ledger` keeps it in a process of its own, so that nothing else has to.
--
-- What is written is on disk when the function returns. Whatever writes may be said again after a failure: a second
-- time changes nothing. Field failures are `nil, err`, kind "ledger", or "ledger_locked" where others hold it.
-- @module dfota.ledger.book

local nothing = require "dfota.ledger.null"
local place = require "dfota.ledger.place"
local random = require "openssl.rand"
local schema = require "dfota.ledger.schema"
local store = require "dfota.ledger.sql"
local text = require "dfota.base.text"
local uv = require "luv"

local book = {}

local Book = {}
Book.__index = Book
Book.__name = "dfota.ledger.ledger"

local MAX_TEXT = 1000
local MAX_FACTS = 20000 -- one JSON object, which is never cut
local PAGE = 500 -- rows

local NUMBERS = {
  size = true, started = true, triggered = true, finished = true, code = true, at = true, rc = true, mono = true,
  refused = true, seen = true, baud = true,
}

--- The clock of all its times.
-- @treturn number seconds since the epoch
function book.wall_clock()
  local seconds, micros = uv.gettimeofday()
  return seconds + micros / 1e6
end

--- A name for an update: sorted by time, and unique over processes and machines.
-- @treturn string
function book.new_id()
  local suffix = random.bytes(6):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  return ("%s-%d-%s"):format(os.date("!%Y%m%dT%H%M%SZ"), uv.os_getpid(), suffix)
end

local function clean(value, limit)
  return text.cut(text.printable(text.without_credentials(tostring(value))), limit or MAX_TEXT)
end

-- Printable text only, so that neither engine meets a NUL or broken UTF-8.
function Book:quote(value, limit)
  if value == nil then return "NULL" end
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if type(value) == "number" then return ("%.6f"):format(value) end
  return "'" .. self.conn:escape(clean(value, limit)) .. "'"
end

-- Somebody else may have written to the file: numbers are numbers, and texts are fit to be shown.
local function number_or_text(name, value)
  if value == nil then return nil end
  if not NUMBERS[name] then return text.printable(value) end
  local number = tonumber(value)
  return number and (math.tointeger(number) or number)
end

function Book:fail(reason, query)
  local locked = self.store.is_locked(reason, query)
  return nil, place.failure(self.name, locked and "others hold it" or self.store.words(reason),
    locked and "ledger_locked" or nil)
end

function Book:execute(sql)
  if not self.conn then error("the ledger is closed", 3) end
  local done, reason = self.conn:execute(sql)
  if not done then return self:fail(reason, sql) end
  return done
end

local function run_all(self, statements)
  for _, sql in ipairs(statements) do
    local done, err = self:execute(sql)
    if not done then return nil, err end
    if type(done) == "userdata" then done:close() end
  end
  return true
end

-- Statements that give no rows, said so that a failure tells whether others were in the way.
local function heard(self, statements)
  local hearing = self.store.hearing
  if not hearing then return statements end
  local list = {}
  for i, sql in ipairs(statements) do list[i] = hearing(sql) end
  return list
end

-- All of them or none, and on disk.
function Book:commit(statements)
  for _, part in ipairs { { self.store.begin }, heard(self, statements), { "COMMIT" } } do
    local ok, err = run_all(self, part)
    if not ok then
      self.conn:execute("ROLLBACK")
      return nil, err
    end
  end
  if not self.store.sync then return true end
  local ok, reason = self.store.sync()
  if not ok then return self:fail("syncing its log: " .. tostring(reason)) end
  return true
end

-- The names in Lua of a cursor's columns, in their order; false for a column that nobody reads.
local function names_of(cursor, fields)
  local names = {}
  for i, column in ipairs(cursor:getcolnames()) do
    names[i] = false
    for _, field in ipairs(fields) do
      if field[2] == column then names[i] = field[1] end
    end
  end
  return names
end

local function named(values, names)
  local result = {}
  for i, name in ipairs(names) do
    if name then result[name] = number_or_text(name, values[i]) end
  end
  return result
end

-- Up to `limit` rows out of a cursor, which is closed behind the last. `fields` maps columns to names in Lua.
local function fetch(self, cursor, fields, limit)
  local rows, names, values = {}, names_of(cursor, fields), {}
  for i = 1, limit do
    local found, reason = cursor:fetch(values, "n")
    if not found then
      cursor:close()
      if reason then return self:fail(reason) end
      return rows, true
    end
    rows[i] = named(values, names)
  end
  return rows
end

function Book:select(sql, fields)
  local cursor, err = self:execute(sql)
  if not cursor then return nil, err end
  local rows
  rows, err = fetch(self, cursor, fields, math.huge)
  if not rows then return nil, err end
  return rows
end

local LAYOUT = "SELECT MAX(version) FROM dfota_schema"

function Book:layout()
  local count, reason = store.value(self.conn, self.store.has_table)
  if not count then return self:fail(reason, self.store.has_table) end
  if tonumber(count) == 0 then return 0 end
  local version
  version, reason = store.value(self.conn, LAYOUT)
  if reason then return self:fail(reason, LAYOUT) end
  return math.tointeger(tonumber(version)) or 0
end

-- Looked at again inside: another process may just have done it.
function Book:create_tables()
  local version, err = run_all(self, self.store.begin_alone)
  if version then version, err = self:layout() end
  if version and version < schema.VERSION then
    version, err = run_all(self, heard(self, schema.statements(version, self.store.no_time)))
  end
  if version then version, err = run_all(self, { "COMMIT" }) end
  if version then return true end
  self.conn:execute("ROLLBACK")
  return nil, err
end

function Book:prepare(readonly)
  local version, err = self:layout()
  if not version then return nil, err end
  if version > schema.VERSION then
    return nil, place.failure(self.name, ("it was made by a newer dfota (layout %d, this one knows %d)")
      :format(version, schema.VERSION))
  end
  self.version = version
  if version == schema.VERSION then return true end
  if readonly then
    if version == 0 then return nil, place.failure(self.name, "there is none yet"), true end
    return true
  end
  self.version = schema.VERSION
  return self:create_tables()
end

local function insert(self, row)
  local names, values = {}, {}
  for i, column in ipairs(schema.COLUMNS) do
    local value = row[column[1]]
    if value == true then value = 1 end
    names[i], values[i] = column[2], self:quote(value, column[1] == "facts" and MAX_FACTS or nil)
  end
  return ("INSERT INTO dfota_updates (%s) VALUES (%s) ON CONFLICT (id) DO NOTHING"):format(
    table.concat(names, ", "), table.concat(values, ", "))
end

-- What a module was last seen to run.
local function add_module(self, list, seen)
  if not seen or not seen.imei then return end
  local names, values, news = {}, {}, {}
  for i, column in ipairs(schema.MODULE_COLUMNS) do
    names[i], values[i] = column[2], self:quote(seen[column[1]])
    if seen[column[1]] ~= nil then news[#news + 1] = ("%s = excluded.%s"):format(column[2], column[2]) end
  end
  list[#list + 1] = ("INSERT INTO dfota_modules (%s) VALUES (%s) ON CONFLICT (imei) DO UPDATE SET %s"):format(
    table.concat(names, ", "), table.concat(values, ", "), table.concat(news, ", "))
end

local function add_steps(self, list, id, steps)
  if not steps or not steps[1] then return end
  local values = {}
  for i, step in ipairs(steps) do
    values[i] = ("(%s, %s, %s)"):format(self:quote(id), self:quote(step.name), self:quote(step.at + 0.0))
  end
  list[#list + 1] = "DELETE FROM dfota_steps WHERE update_id = " .. self:quote(id)
  list[#list + 1] = "INSERT INTO dfota_steps (update_id, name, at) VALUES " .. table.concat(values, ", ")
end

--- Begins the record of an update: one commit.
-- @tparam table fields imei, model, port, host, run (the campaign it belongs to), from, to, package, hash, size
--   (bytes), way ("file" or "url"), trace, forced (names of the gates passed by force); id and started where the
--   caller has them; each may be missing
-- @treturn[1] string id
-- @treturn[2] nil
-- @treturn[2] err
function Book:begin(fields)
  local row = setmetatable({ id = fields.id or book.new_id(), started = fields.started or self.clock() },
    { __index = fields })
  local list = { insert(self, row) }
  add_module(self, list, { imei = row.imei, model = row.model, revision = row.from, port = row.port, host = row.host,
    seen = row.started })
  local ok, err = self:commit(list)
  if not ok then return nil, err end
  return row.id
end

-- A row that is not there is changed by nobody: then nothing is committed.
function Book:update(id, assignments, list)
  local rows, err = self:select("SELECT id FROM dfota_updates WHERE id = " .. self:quote(id), { { "id", "id" } })
  if not rows then return nil, err end
  if not rows[1] then
    return nil, place.failure(self.name, ("there is no update %s in it"):format(text.brief(id, 64)))
  end
  table.insert(list, 1, ("UPDATE dfota_updates SET %s WHERE id = %s"):format(assignments, self:quote(id)))
  return self:commit(list)
end

--- Records that the trigger is about to go out. It is on disk when this returns true.
-- @tparam string id
-- @tparam[opt] table at `wall` seconds since the epoch (now if left out); `mono` seconds of the monotonic clock and
--   `boot` which boot of the host it counts from
-- @treturn boolean|nil true; nil, err
function Book:triggered(id, at)
  at = at or {}
  return self:update(id, ("triggered = %s, mono = %s, boot = %s"):format(
    self:quote(at.wall or self.clock()), self:quote(at.mono), self:quote(at.boot)), {})
end

--- Records the end: one commit.
-- @tparam string id
-- @tparam table fields outcome, after (revision), code (65xx), message, rc, forced; facts: a JSON object; refused: the
--   module took no trigger; untriggered: no trigger went out, whatever was said before; steps: {name=, at=} in order;
--   seen: what the module was seen to run (imei, model, revision, port, host, baud); finished: seconds since the epoch,
--   now if left out
-- @treturn boolean|nil true; nil, err
function Book:finish(id, fields)
  local now = fields.finished or self.clock()
  local set = ("finished = %s, outcome = %s, rev_after = %s, code = %s, message = %s, rc = %s, refused = %s"):format(
    self:quote(now), self:quote(fields.outcome), self:quote(fields.after), self:quote(math.tointeger(fields.code)),
    self:quote(fields.message), self:quote(math.tointeger(fields.rc)), fields.refused and "1" or "NULL")
  if fields.untriggered then set = set .. ", triggered = NULL" end
  if fields.facts then set = set .. ", facts = " .. self:quote(fields.facts, MAX_FACTS) end
  if fields.forced then set = set .. ", forced = " .. self:quote(fields.forced) end
  local list = {}
  add_steps(self, list, id, fields.steps)
  if fields.seen then add_module(self, list, setmetatable({ seen = now }, { __index = fields.seen })) end
  return self:update(id, set, list)
end

--- Records a run that ended before it changed anything, whole: one commit.
-- @tparam table fields as of `begin` and `finish`
-- @treturn boolean|nil true; nil, err
function Book:record(fields)
  local id, now = fields.id or book.new_id(), fields.finished or self.clock()
  local row = setmetatable({ id = id, started = fields.started or now, finished = now }, { __index = fields })
  local list = { insert(self, row) }
  add_steps(self, list, id, fields.steps)
  if fields.seen then add_module(self, list, setmetatable({ seen = now }, { __index = fields.seen })) end
  return self:commit(list)
end

--- The last word of a run: `finish`, or `record` where nothing was begun.
-- @tparam string|nil id
-- @tparam table fields
-- @treturn boolean|nil true; nil, err
function Book:conclude(id, fields)
  if id then return self:finish(id, fields) end
  return self:record(fields)
end

--- How many triggers of a module this ledger saw: a lower bound of its wear. One that the module refused wrote
-- nothing to its flash.
-- @tparam string imei
-- @treturn[1] integer
-- @treturn[2] nil
-- @treturn[2] err
function Book:triggers(imei)
  local taken = self.version >= 2 and " AND (refused IS NULL OR refused <> 1)" or ""
  local rows, err = self:select("SELECT COUNT(*) AS n FROM dfota_updates WHERE triggered IS NOT NULL AND imei = "
    .. self:quote(imei) .. taken, { { "n", "n" } })
  if not rows then return nil, err end
  return math.tointeger(tonumber(rows[1].n))
end

local function list(self, where, limit)
  return self:select(("SELECT * FROM dfota_updates %s ORDER BY started DESC, id DESC LIMIT %d"):format(where, limit),
    schema.COLUMNS)
end

--- The newest update that was triggered and whose end is not known: never recorded, or recorded as unknown.
-- @tparam string port where it ran; counts where its IMEI, or the one asked for, is not known
-- @tparam[opt] string imei
-- @treturn table|nil as in `rows`, or nil; nil and err where the ledger fails
function Book:open_on(port, imei)
  local here = "port = " .. self:quote(port)
  local whose = imei and ("imei = %s OR imei IS NULL AND %s"):format(self:quote(imei), here) or here
  local where = ("WHERE (%s) AND %s"):format(whose, schema.open(self.store.no_time))
  local rows, err = list(self, where, 1)
  if rows and rows[1] and not rows[1].id and self.store.name_rows and not self.readonly then
    local named_now
    named_now, err = self:commit { self.store.name_rows }
    if not named_now then return nil, err end
    rows, err = list(self, where, 1)
  end
  if not rows then return nil, err end
  return rows[1]
end

--- The newest attempt at this package that failed on this module (exit code 81 or 82), unless it went well there
-- since.
-- @tparam string imei
-- @tparam table package `hash` of a file, or `url`
-- @treturn table|nil as in `rows`, or nil; nil and err where the ledger fails
function Book:failed_with(imei, package)
  local failed = self.version >= 2 and schema.FAILED or schema.FAILED:gsub("rc IN %b() OR rc IS NULL AND ", "")
  local same = package.hash and "hash = " .. self:quote(package.hash) or "package = " .. self:quote(package.url)
  local rows, err = list(self, ("WHERE imei = %s AND %s AND triggered IS NOT NULL AND (outcome = 'updated' OR %s)")
    :format(self:quote(imei), same, failed), 1)
  if not rows then return nil, err end
  if rows[1] and rows[1].outcome ~= "updated" then return rows[1] end
end

--- Begins to read updates, the newest first: `next_rows` gives them.
-- @tparam[opt] table options imei: only those of one module; limit: at most so many (default 1000); steps: with the
--   steps of each
-- @treturn boolean|nil true; nil, err
function Book:start_rows(options)
  options = options or {}
  local where = options.imei and "WHERE imei = " .. self:quote(options.imei) or ""
  local cursor, err = self:execute(("SELECT * FROM dfota_updates %s ORDER BY started DESC, id DESC LIMIT %d")
    :format(where, options.limit or 1000))
  if not cursor then return nil, err end
  self.reading = { cursor = cursor, steps = options.steps }
  return true
end

local STEP_COLUMNS = { { "id", "update_id" }, { "name", "name" }, { "at", "at" } }

local function add_their_steps(self, rows)
  local ids, by_id = {}, {}
  for _, row in ipairs(rows) do
    row.steps = {}
    if row.id then ids[#ids + 1], by_id[row.id] = self:quote(row.id), row.steps end
  end
  if not ids[1] then return rows end
  local steps, err = self:select(("SELECT update_id, name, at FROM dfota_steps WHERE update_id IN (%s) ORDER BY at")
    :format(table.concat(ids, ", ")), STEP_COLUMNS)
  if not steps then return nil, err end
  for _, step in ipairs(steps) do
    local of = by_id[step.id]
    step.id = nil
    if of then of[#of + 1] = step end
  end
  return rows
end

--- Some more of them.
-- @treturn {table,...}|nil none behind the last; nil, err
function Book:next_rows()
  local reading = self.reading
  if not reading then return {} end
  local rows, last = fetch(self, reading.cursor, schema.COLUMNS, PAGE)
  if not rows or last == true then self.reading = nil end
  if not rows then return nil, last end
  if reading.steps then return add_their_steps(self, rows) end
  return rows
end

--- Updates, the newest first.
-- @tparam[opt] table options as of `start_rows`
-- @treturn[1] {table,...} each with id, imei, port, from, to, package, hash, size, way, trace, forced, started,
--   triggered, finished (seconds since the epoch), outcome, after, code, message, rc, run, model, host, boot, mono,
--   refused, as far as recorded
-- @treturn[2] nil
-- @treturn[2] err
function Book:rows(options)
  local all = {}
  local ok, err = self:start_rows(options)
  while ok do
    local rows
    rows, err = self:next_rows()
    if not rows then return nil, err end
    if not rows[1] then return all end
    table.move(rows, 1, #rows, #all + 1, all)
  end
  return nil, err
end

--- The same for whoever else gives rows piece by piece, as `dfota.ledger.ledger` does.
book.rows = Book.rows

--- The steps of an update in order, each with name and at (seconds since the epoch).
-- @tparam string id
-- @treturn {table,...}|nil nil, err where the ledger fails
function Book:steps(id)
  return self:select(("SELECT name, at FROM dfota_steps WHERE update_id = %s ORDER BY at"):format(self:quote(id)),
    { { "name", "name" }, { "at", "at" } })
end

--- What each module was last seen to run, the newest first.
-- @tparam[opt] string imei only this one
-- @treturn {table,...}|nil each with imei, model, revision, port, host, baud, seen (seconds since the epoch); nil, err
function Book:modules(imei)
  if self.version < 2 then return {} end
  return self:select(("SELECT * FROM dfota_modules %s ORDER BY seen DESC, imei")
    :format(imei and "WHERE imei = " .. self:quote(imei) or ""), schema.MODULE_COLUMNS)
end

--- The rate that the module had which was last seen on a port.
-- @tparam string port
-- @tparam string host another host's port of that name is another one
-- @treturn integer|nil nil where none is known, or that module adapts to whatever rate it is asked at; nil, err
function Book:rate_on(port, host)
  if self.version < 4 then return nil end
  local rows, err = self:select(("SELECT baud FROM dfota_modules WHERE port = %s AND host = %s AND baud IS NOT NULL "
    .. "ORDER BY seen DESC LIMIT 1"):format(self:quote(port), self:quote(host)), { { "baud", "baud" } })
  if not rows then return nil, err end
  local baud = rows[1] and rows[1].baud
  if math.type(baud) == "integer" and baud > 0 then return baud end
end

--- Closes it. Closing twice is no fault.
function Book:close()
  if not self.conn then return end
  if self.reading then self.reading.cursor:close() end
  self.conn:close()
  self.store.env:close()
  self.conn, self.reading = nil, nil
end

Book.__close = Book.close
Book.__gc = Book.close

function Book:__tostring()
  return ("dfota.ledger (%s)"):format(self.conn and self.name or "closed")
end

--- Opens a book, and makes it on first use.
-- @tparam[opt] string where path or postgres://…; the default place if left out
-- @tparam[opt] table options readonly: look only, create and change nothing (where there is none yet, it is an
--   empty one; with must_exist it is an err); clock: seconds since the epoch
-- @treturn[1] Book
-- @treturn[2] nil
-- @treturn[2] err
function book.open(where, options)
  options = options or {}
  local read, err = place.read(where)
  if not read then return nil, err end
  local connected, missing
  connected, err, missing = store.connect(read, options.readonly)
  if missing and not options.must_exist then return nothing.new() end
  if not connected then return nil, err end
  local self = setmetatable({
    store = connected, conn = connected.conn, name = read.name, readonly = options.readonly,
    clock = options.clock or book.wall_clock,
  }, Book)
  local ok
  ok, err, missing = self:prepare(options.readonly)
  if ok then return self end
  self:close()
  if missing and not options.must_exist then return nothing.new() end
  return nil, err
end

return book
