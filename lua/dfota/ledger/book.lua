--- The ledger's book: SQL over one connection, in this process. It waits as long as its database does;
-- `dfota.ledger.ledger` keeps it in a process of its own, so that nothing else has to.
--
-- What is written is on disk when the function returns. Whatever writes may be said again after a failure: a second
-- time changes nothing. Field failures are `nil, err`, kind "ledger", or "ledger_locked" where others hold it.
-- @module dfota.ledger.book

local Database = require "dfota.ledger.database"
local Statements = require "dfota.ledger.statements"
local module_past = require "dfota.ledger.module_past"
local nothing = require "dfota.ledger.null"
local pages = require "dfota.ledger.pages"
local place = require "dfota.ledger.place"
local sql = require "dfota.ledger.sql"
local stamp = require "dfota.ledger.stamp"
local text = require "dfota.base.text"

local book = {}

local Book = {}
Book.__index = Book
Book.__name = "dfota.ledger.ledger"

--- Begins the record of an update: one commit.
-- @tparam table fields imei, model, port, host, run (the campaign it belongs to), from, to, package, hash, size
--   (bytes), way ("file" or "url"), trace, forced (names of the gates passed by force); id and started where the
--   caller has them; each may be missing
-- @treturn[1] string id
-- @treturn[2] nil
-- @treturn[2] err
function Book:begin(fields)
  local row = setmetatable({ id = fields.id or stamp.new_id(), started = fields.started or self.clock() },
    { __index = fields })
  local list = { self.statements:insert(row) }
  self.statements:add_module(list, { imei = row.imei, model = row.model, revision = row.from, port = row.port,
    host = row.host, seen = row.started })
  local ok, err = self.database:commit(list)
  if not ok then return nil, err end
  return row.id
end

-- A row that is not there is changed by nobody: then nothing is committed.
local function update(self, id, assignments, list)
  local database = self.database
  local rows, err = database:select("SELECT id FROM dfota_updates WHERE id = " .. database:quote(id),
    { { "id", "id" } })
  if not rows then return nil, err end
  if not rows[1] then
    return nil, self.database.place:failure(("there is no update %s in it"):format(text.brief(id, 64)))
  end
  table.insert(list, 1, self.statements:update(id, assignments))
  return database:commit(list)
end

--- Records that the trigger is about to go out. It is on disk when this returns true.
-- @tparam string id
-- @tparam[opt] table at `wall` seconds since the epoch (now if left out); `mono` seconds of the monotonic clock and
--   `boot` which boot of the host it counts from
-- @treturn boolean|nil true; nil, err
function Book:triggered(id, at)
  at = at or {}
  return update(self, id, self.statements:trigger(at.wall or self.clock(), at.mono, at.boot), {})
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
  local list = {}
  self.statements:add_steps(list, id, fields.steps)
  if fields.seen then self.statements:add_module(list, setmetatable({ seen = now }, { __index = fields.seen })) end
  return update(self, id, self.statements:ending(fields, now), list)
end

--- Records a run that ended before it changed anything, whole: one commit.
-- @tparam table fields as of `begin` and `finish`
-- @treturn boolean|nil true; nil, err
function Book:record(fields)
  local id, now = fields.id or stamp.new_id(), fields.finished or self.clock()
  local row = setmetatable({ id = id, started = fields.started or now, finished = now }, { __index = fields })
  local list = { self.statements:insert(row) }
  self.statements:add_steps(list, id, fields.steps)
  if fields.seen then self.statements:add_module(list, setmetatable({ seen = now }, { __index = fields.seen })) end
  return self.database:commit(list)
end

--- The last word of a run: `finish`, or `record` where nothing was begun.
-- @tparam string|nil id
-- @tparam table fields
-- @treturn boolean|nil true; nil, err
function Book:conclude(id, fields)
  if id then return self:finish(id, fields) end
  return self:record(fields)
end

--- How many triggers of a module this ledger saw.
-- @tparam string imei
-- @treturn integer|nil nil, err
-- @see dfota.ledger.module_past
function Book:triggers(imei) return module_past.triggers(self.database, self.statements, imei) end

--- The newest update that was triggered and whose end is not known.
-- @tparam string port where it ran; counts where its IMEI, or the one asked for, is not known
-- @tparam[opt] string imei
-- @treturn table|nil as in `rows`, or nil; nil and err where the ledger fails
function Book:open_on(port, imei)
  return module_past.open_on(self.database, self.statements, port, imei, not self.readonly)
end

--- The newest attempt at this package that failed on this module (exit code 81 or 82), unless it went well there
-- since.
-- @tparam string imei empty for a module that does not report it
-- @tparam table package `hash` of a file, or `url`; `port` of a module without an IMEI
-- @treturn table|nil as in `rows`, or nil; nil and err where the ledger fails
function Book:failed_with(imei, package)
  return module_past.failed_with(self.database, self.statements, imei, package)
end

--- The newest update of this module by this package, unless it failed there since.
-- @tparam string imei
-- @tparam string hash of a file: behind a URL may be another package by now
-- @treturn table|nil as in `rows`, or nil; nil and err where the ledger fails
function Book:updated_with(imei, hash) return module_past.updated_with(self.database, self.statements, imei, hash) end

--- The rate of the module that was last seen on a port.
-- @tparam string port
-- @tparam string host another host's port of that name is another one
-- @treturn integer|nil nil where none is known, or that module adapts to whatever rate it is asked at; nil, err
function Book:rate_on(port, host) return module_past.rate_on(self.database, self.statements, port, host) end

-- One reading at a time: a new one ends the one before. What reads, counts and takes in is loaded by those who do: an
-- update's worker only writes.
local function start(self, wanted)
  if self.reading then self.reading:close() end
  local err
  self.reading, err = require("dfota.ledger.reading").new(self.database, wanted)
  if not self.reading then return nil, err end
  return true
end

--- Begins to read updates, the newest first: `next_rows` or `next_lines` gives them.
-- @tparam[opt] table wanted as of `dfota.ledger.selection`; limit: at most so many (default 1000; false: all); steps:
--   with the steps of each; lines: "json" or "csv" for `next_lines`
-- @treturn boolean|nil true; nil, err
function Book:start_rows(wanted)
  wanted = setmetatable({ modules = false }, { __index = wanted })
  if wanted.limit == nil then wanted.limit = 1000 end
  return start(self, wanted)
end

--- The same for what each module was last seen to run, the newest first.
-- @tparam[opt] table wanted imei, or a list imeis, limit (default: none), lines as of `start_rows`;
--   max_updates: the limit of updates, for how many are left
-- @treturn boolean|nil true; nil, err
function Book:start_modules(wanted) return start(self, setmetatable({ modules = true }, { __index = wanted })) end

-- In a new process, after the one that was reading has died: its end must not look like the end of the rows.
local function not_reading(self) return nil, self.database.place:failure("reading it was cut short") end

--- Some more of them.
-- @treturn {table,...}|nil none behind the last; nil, err
function Book:next_rows()
  if not self.reading then return not_reading(self) end
  return self.reading:next_rows()
end

--- Some more of them, as lines for programs.
-- @treturn string|nil with their line ends; "" behind the last; nil, err
function Book:next_lines()
  if not self.reading then return not_reading(self) end
  return self.reading:next_lines()
end

--- Updates, the newest first.
-- @tparam[opt] table wanted as of `start_rows`
-- @treturn[1] {table,...} each with id, imei, port, from, to, package, hash, size, way, trace, forced, started,
--   triggered, finished (seconds since the epoch), outcome, after, code, message, rc, run, model, host, boot, mono,
--   refused, as far as recorded
-- @treturn[2] nil
-- @treturn[2] err
function Book:rows(wanted) return pages.rows(self, wanted) end

--- The steps of an update in order, each with name and at (seconds since the epoch).
-- @tparam string id
-- @treturn {table,...}|nil nil, err where the ledger fails
function Book:steps(id)
  return self.database:select("SELECT name, at FROM dfota_steps WHERE update_id = " .. self.database:quote(id)
    .. " ORDER BY at", { { "name", "name" }, { "at", "at" } })
end

--- What each module was last seen to run, the newest first.
-- @tparam[opt] table wanted as of `start_modules`
-- @treturn {table,...}|nil each with imei, model, revision (nil if its last trigger's outcome is not certain),
--   last_revision (the one that was read last), port, host, baud, seen (seconds since the epoch), updates_seen,
--   updates_left; nil, err
function Book:modules(wanted) return pages.modules(self, wanted) end

--- How many updates ended how, and on how many modules.
-- @tparam[opt] table wanted as of `dfota.ledger.selection`
-- @treturn table|nil as of `dfota.ledger.totals`; nil, err
function Book:totals(wanted) return require("dfota.ledger.totals").of(self.database, wanted or {}) end

--- Takes in updates of another ledger, a page at a time: one commit. Taking them in again changes nothing.
-- @tparam {table,...} rows of the other one, with their steps
-- @treturn table|nil counts as of `dfota.ledger.intake`; nil, err
function Book:take_in(rows) return require("dfota.ledger.intake").updates(self.database, self.statements, rows) end

--- The same for modules as last seen: of two sightings the newer counts.
-- @tparam {table,...} rows
-- @treturn table|nil counts as of `dfota.ledger.intake`; nil, err
function Book:take_in_modules(rows)
  return require("dfota.ledger.intake").modules(self.database, self.statements, rows)
end

--- Closes it. Closing twice is no fault.
function Book:close()
  if not self.conn then return end
  if self.reading then self.reading:close() end
  self.database:close()
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
--   empty one; with must_exist it is an err); will_write: with readonly, an err also where a later one could not write;
--   clock: seconds since the epoch; way_out as of `place.read`
-- @treturn[1] Book with `conn`, LuaSQL's, while it is open; `is_new`: it was made now
-- @treturn[2] nil
-- @treturn[2] err
function book.open(where, options)
  options = options or {}
  local read, err = place.read(where, options.way_out)
  if not read then return nil, err end
  local connected, missing
  connected, err, missing = sql.connect(read, options.readonly, options.will_write)
  if missing and not options.must_exist then return nothing.new() end
  if not connected then return nil, err end
  local database = Database.new(connected, read)
  local self = setmetatable({
    database = database, conn = database.conn, name = read.name, readonly = options.readonly,
    statements = Statements.new(function(value, limit) return database:quote(value, limit) end),
    clock = options.clock or stamp.wall_clock,
  }, Book)
  local ok
  ok, err, missing = database:prepare(options.readonly)
  if options.will_write and (ok or missing) then
    local may, why = database:may_write()
    if not may then ok, err, missing = nil, why, false end
  end
  self.is_new = database.is_new
  if ok then return self end
  self:close()
  if missing and not options.must_exist then return nothing.new() end
  return nil, err
end

return book
