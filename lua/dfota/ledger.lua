--- The ledger: who was updated when, from what, to what, how often, and how it ended.
-- SQL through LuaSQL, the same for SQLite (a file, the default) and PostgreSQL (postgres://…).
-- What is written is on disk when the function returns. Field failures are `nil, err`, kind "ledger".
-- @module dfota.ledger

local core = require "dfota.core"
local nothing = require "dfota.ledger_none"
local random = require "openssl.rand"
local store = require "dfota.ledger_store"
local text = require "dfota.text"
local uv = require "luv"

local ledger = {}

local Ledger = {}
Ledger.__index = Ledger
Ledger.__name = "dfota.ledger"

local VERSION = 1
local MAX_TEXT = 1000

-- Columns in order; `from`, `to` and `after` are words of SQL.
local COLUMNS = {
  { "id", "id" }, { "imei", "imei" }, { "port", "port" }, { "from", "rev_from" }, { "to", "rev_to" },
  { "package", "package" }, { "hash", "hash" }, { "size", "size" }, { "way", "way" }, { "trace", "trace" },
  { "forced", "forced" }, { "started", "started" }, { "triggered", "triggered" }, { "finished", "finished" },
  { "outcome", "outcome" }, { "after", "rev_after" }, { "code", "code" }, { "message", "message" },
}
local NUMBERS = { size = true, started = true, triggered = true, finished = true, code = true, at = true }

local TABLES = {
  [[CREATE TABLE IF NOT EXISTS dfota_schema (version INTEGER PRIMARY KEY)]],
  [[CREATE TABLE IF NOT EXISTS dfota_updates (id VARCHAR(64) PRIMARY KEY, imei TEXT, port TEXT,
    rev_from TEXT, rev_to TEXT, package TEXT, hash TEXT, size BIGINT, way TEXT, trace TEXT, forced TEXT,
    started DOUBLE PRECISION, triggered DOUBLE PRECISION, finished DOUBLE PRECISION,
    outcome TEXT, rev_after TEXT, code INTEGER, message TEXT)]],
  [[CREATE TABLE IF NOT EXISTS dfota_steps (update_id VARCHAR(64), name TEXT, at DOUBLE PRECISION)]],
  [[CREATE INDEX IF NOT EXISTS dfota_updates_imei ON dfota_updates (imei)]],
  [[CREATE INDEX IF NOT EXISTS dfota_steps_update ON dfota_steps (update_id)]],
  ([[INSERT INTO dfota_schema (version) VALUES (%d) ON CONFLICT DO NOTHING]]):format(VERSION),
}

--- The clock of all its times.
-- @treturn number seconds since the epoch
function ledger.wall_clock()
  local seconds, micros = uv.gettimeofday()
  return seconds + micros / 1e6
end

-- Sorted by time, and unique over processes and machines.
local function new_id()
  local suffix = random.bytes(6):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  return ("%s-%d-%s"):format(os.date("!%Y%m%dT%H%M%SZ"), uv.os_getpid(), suffix)
end

local function clean(value)
  return text.cut(text.printable(text.without_credentials(tostring(value))), MAX_TEXT)
end

-- Printable text only, so that neither engine meets a NUL or broken UTF-8.
function Ledger:quote(value)
  if value == nil then return "NULL" end
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if type(value) == "number" then return ("%.6f"):format(value) end
  return "'" .. self.conn:escape(clean(value)) .. "'"
end

-- Somebody else may have written to the file: numbers are numbers, and texts are fit to be shown.
local function number_or_text(name, value)
  if value == nil then return nil end
  if not NUMBERS[name] then return text.printable(value) end
  local number = tonumber(value)
  return number and (math.tointeger(number) or number)
end

function Ledger:fail(reason)
  return nil, store.failure(self.name, reason)
end

function Ledger:execute(sql)
  if not self.conn then error("the ledger is closed", 3) end
  local done, reason = self.conn:execute(sql)
  if not done then return self:fail(reason) end
  return done
end

-- `fields` maps the columns of the answer to the names in Lua.
function Ledger:select(sql, fields)
  local cursor, err = self:execute(sql)
  if not cursor then return nil, err end
  local rows, row = {}, cursor:fetch({}, "a")
  while row do
    local named = {}
    for _, field in ipairs(fields) do named[field[1]] = number_or_text(field[1], row[field[2]]) end
    rows[#rows + 1] = named
    row = cursor:fetch({}, "a")
  end
  cursor:close()
  return rows
end

function Ledger:version()
  local rows, err = self:select("SELECT MAX(version) AS version FROM dfota_schema", { { "version", "version" } })
  if not rows then return nil, err end
  return math.tointeger(tonumber(rows[1].version)) or 0
end

-- All of them or none.
function Ledger:create_tables()
  for _, statements in ipairs { self.begin_alone, TABLES, { "COMMIT" } } do
    local ok, reason = store.run(self.conn, statements)
    if not ok then
      self.conn:execute("ROLLBACK")
      return self:fail(reason)
    end
  end
  return true
end

-- A database that is there, and holds no ledger yet.
local function has_no_tables(err) return err.message:find("dfota_schema", 1, true) ~= nil end

function Ledger:prepare(readonly)
  local version, err = self:version()
  if readonly and not version then return nil, err, has_no_tables(err) end
  if not version or version < VERSION then
    return self:create_tables()
  elseif version > VERSION then
    return self:fail(("it was made by a newer dfota (layout %d, this one knows %d)"):format(version, VERSION))
  end
  return true
end

--- Begins the record of an update.
-- @tparam table fields imei, port, from, to, package, hash, size (bytes), way ("file" or "url"), trace, forced
--   (names of the gates passed by force); each may be missing
-- @treturn[1] string id
-- @treturn[2] nil
-- @treturn[2] err
function Ledger:begin(fields)
  local names, values = {}, {}
  local row = setmetatable({ id = new_id(), started = self.clock() }, { __index = fields })
  for i, column in ipairs(COLUMNS) do
    names[i], values[i] = column[2], self:quote(row[column[1]])
  end
  local ok, err = self:execute(("INSERT INTO dfota_updates (%s) VALUES (%s)"):format(
    table.concat(names, ", "), table.concat(values, ", ")))
  if not ok then return nil, err end
  return row.id
end

--- Records that a step was reached.
-- @tparam string id
-- @tparam string name
-- @tparam[opt] number t seconds since the epoch; now if left out
-- @treturn boolean|nil true; nil, err
function Ledger:step(id, name, t)
  local ok, err = self:execute(("INSERT INTO dfota_steps (update_id, name, at) VALUES (%s, %s, %s)"):format(
    self:quote(id), self:quote(name), self:quote((t or self.clock()) + 0.0)))
  if not ok then return nil, err end
  return true
end

function Ledger:update(id, assignments)
  local count, err = self:execute(("UPDATE dfota_updates SET %s WHERE id = %s"):format(assignments, self:quote(id)))
  if not count then return nil, err end
  if count ~= 1 then return self:fail(("there is no update %s in it"):format(text.brief(id, 64))) end
  return true
end

--- Records that the trigger is about to go out. It is on disk when this returns true.
-- @tparam string id
-- @treturn boolean|nil true; nil, err
function Ledger:triggered(id)
  return self:update(id, "triggered = " .. self:quote(self.clock()))
end

--- Records the end.
-- @tparam string id
-- @tparam table fields outcome, after (revision), code (65xx), message
-- @treturn boolean|nil true; nil, err
function Ledger:finish(id, fields)
  return self:update(id, ("finished = %s, outcome = %s, rev_after = %s, code = %s, message = %s"):format(
    self:quote(self.clock()), self:quote(fields.outcome), self:quote(fields.after),
    self:quote(math.tointeger(fields.code)), self:quote(fields.message)))
end

--- How many triggers of a module this ledger saw: a lower bound of its wear.
-- @tparam string imei
-- @treturn[1] integer
-- @treturn[2] nil
-- @treturn[2] err
function Ledger:triggers(imei)
  local rows, err = self:select(("SELECT COUNT(*) AS n FROM dfota_updates WHERE imei = %s "
    .. "AND triggered IS NOT NULL"):format(self:quote(imei)), { { "n", "n" } })
  if not rows then return nil, err end
  return math.tointeger(tonumber(rows[1].n))
end

--- The newest update that was triggered and whose end is not known: never recorded, or recorded as unknown.
-- @tparam string port where it ran; looked at only if the IMEI is not known
-- @tparam[opt] string imei
-- @treturn table|nil as in `rows`, or nil; nil and err where the ledger fails
function Ledger:open_on(port, imei)
  local whose = imei and "imei = " .. self:quote(imei) or "port = " .. self:quote(port)
  local rows, err = self:list(("WHERE %s AND triggered IS NOT NULL "
    .. "AND (finished IS NULL OR outcome = 'unknown')"):format(whose), 1)
  if not rows then return nil, err end
  return rows[1]
end

function Ledger:list(where, limit)
  local columns = {}
  for i, column in ipairs(COLUMNS) do columns[i] = column[2] end
  return self:select(("SELECT %s FROM dfota_updates %s ORDER BY started DESC, id DESC LIMIT %d"):format(
    table.concat(columns, ", "), where, limit), COLUMNS)
end

--- Updates, the newest first.
-- @tparam[opt] table options imei: only those of one module; limit: at most so many (default 1000)
-- @treturn[1] {table,...} each with id, imei, port, from, to, package, hash, size, way, trace, forced, started,
--   triggered, finished (seconds since the epoch), outcome, after, code, message, as far as recorded
-- @treturn[2] nil
-- @treturn[2] err
function Ledger:rows(options)
  options = options or {}
  local where = options.imei and "WHERE imei = " .. self:quote(options.imei) or ""
  return self:list(where, options.limit or 1000)
end

--- The steps of an update in order, each with name and at (seconds since the epoch).
-- @tparam string id
-- @treturn {table,...}|nil nil, err where the ledger fails
function Ledger:steps(id)
  return self:select(("SELECT name, at FROM dfota_steps WHERE update_id = %s ORDER BY at"):format(self:quote(id)),
    { { "name", "name" }, { "at", "at" } })
end

--- Closes it. Closing twice is no fault.
function Ledger:close()
  if self.conn then
    self.conn:close()
    self.env:close()
    self.conn, self.env = nil, nil
  end
end

Ledger.__close = Ledger.close
Ledger.__gc = Ledger.close

function Ledger:__tostring()
  return ("dfota.ledger (%s)"):format(self.conn and self.name or "closed")
end

--- Where the ledger lies if nobody says otherwise: $XDG_STATE_HOME/dfota/ledger.db, or
-- ~/.local/state/dfota/ledger.db.
-- @tparam[opt=os.getenv] function getenv
-- @treturn string|nil nil where neither variable is set to an absolute path
function ledger.default_path(getenv)
  getenv = getenv or os.getenv
  local state, home = getenv("XDG_STATE_HOME"), getenv("HOME")
  -- The XDG specification has relative paths ignored.
  if state and state:find("^/") then return state .. "/dfota/ledger.db" end
  if home and home:find("^/") then return home .. "/.local/state/dfota/ledger.db" end
end

local function place(where)
  where = where or ledger.default_path()
  if where and where ~= "" then return where end
  return nil, core.error("ledger", "there is no place for the ledger: HOME is not set; "
    .. "say --ledger FILE, or --ledger none to go without")
end

--- Opens a ledger, and makes it on first use.
-- @tparam[opt] string where path, postgres://… or "none"; the default place if left out
-- @tparam[opt] table options readonly: look only, create and change nothing (where there is none yet, it is an
--   empty one; with must_exist it is an err); clock: seconds since the epoch
-- @treturn[1] Ledger
-- @treturn[2] nil
-- @treturn[2] err kind "ledger": one line that names the ledger and the way out
function ledger.open(where, options)
  if where == "none" then return nothing.new() end
  options = options or {}
  local err
  where, err = place(where)
  if not where then return nil, err end
  local self, missing
  self, err, missing = store.connect(where, options.readonly)
  if missing and not options.must_exist then return nothing.new() end
  if not self then return nil, err end
  self.clock = options.clock or ledger.wall_clock
  setmetatable(self, Ledger)
  local ok
  ok, err, missing = self:prepare(options.readonly)
  if ok then return self end
  self:close()
  if missing and not options.must_exist then return nothing.new() end
  return nil, err
end

return ledger
