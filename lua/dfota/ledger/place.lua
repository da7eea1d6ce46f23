--- Where a ledger may be kept, in a file or on a PostgreSQL server, and how that is shown.
-- @module dfota.ledger.place

local core = require "dfota.core"
local text = require "dfota.base.text"
local user_folder = require "dfota.base.user_folder"

local place = {}

local Place = {}
Place.__index = Place

local WAY_OUT = "fix it, use --ledger with another file, or --ledger none to run without one"
local WAY_OUT_OF_NONE = "use --ledger FILE, or --ledger none for none"

local function failure(name, reason, kind, way_out)
  reason = tostring(reason):gsub("^LuaSQL: ", ""):gsub("%s+", " "):gsub("%s+$", "")
  return core.error(kind or "ledger", ("ledger %s: %s; %s"):format(text.printable(name), text.printable(reason),
    way_out or WAY_OUT))
end

--- An err that names the ledger, the reason and what to do.
-- @tparam string reason our own, or a driver's about a file; never a driver's about a URL, which it quotes
-- @tparam[opt="ledger"] string kind "ledger_locked" if others have locked it
-- @treturn dfota.error
function Place:failure(reason, kind) return failure(self.name, reason, kind, self.way_out) end

-- A password may contain any character, including delimiters. The host is shown only if it cannot be part of the
-- password: after the last "@", with no "?" or "#" before that.
local function shown(rest)
  local before, behind = rest:match("^(.*)@(.*)$")
  if not before and rest:find("^[^/?#]*:[^/?#]*[^%d/?#]") then return "***" end -- no port: a password without a host
  if before and before:find("[?#]") then return "***" end
  return (before and "***@" or "") .. (behind or rest):gsub("[?#].*$", "")
end

local function has_password(rest)
  return rest:find("^[^@]*:.*@") ~= nil or rest:lower():find("password=", 1, true) ~= nil
end

--- Where the ledger is by default: $XDG_STATE_HOME/dfota/ledger.db, or
-- ~/.local/state/dfota/ledger.db.
-- @tparam[opt=os.getenv] function getenv
-- @treturn string|nil nil if neither variable is set to an absolute path
function place.default_path(getenv)
  local state = user_folder.state(getenv or os.getenv)
  return state and state .. "/ledger.db"
end

-- libpq accepts lower-case schemes only.
local SCHEMES = { postgres = true, postgresql = true }

-- Almost a server's URL; as a path it would create a file named after a password.
local function is_near_miss(where) return where:lower():find("^postgres%a*:") or where:find("^//.*@") end

--- Parses the place given.
-- @tparam[opt] string where a path or postgres://…; default: the default place
-- @tparam[opt] string way_out what its errors say to do, where another option than --ledger names it, or it cannot be
--   done without
-- @treturn[1] Place `path` or `url`; `name` safe to show; `has_password`
-- @treturn[2] nil
-- @treturn[2] err kind "ledger"
function place.read(where, way_out)
  where = where or place.default_path()
  if not where or where == "" then
    return nil, core.error("ledger", ("there is no place for the ledger: %s; %s"):format(
      where and "its name is empty" or "HOME is not set", way_out or WAY_OUT_OF_NONE))
  end
  local function refuse(name, reason) return nil, failure(name, reason, nil, way_out) end
  local function made(fields)
    fields.way_out = way_out
    return setmetatable(fields, Place)
  end
  local scheme, rest = where:match("^(%a[%w+.-]*)://(.*)$")
  if not scheme and is_near_miss(where) then
    return refuse("***", "cannot be parsed: write a server as postgres://USER@HOST/DATABASE")
  end
  if not scheme then return made { path = where, name = where } end
  if not SCHEMES[scheme:lower()] then
    return refuse(scheme .. "://" .. shown(rest), "is neither a file nor postgres://…")
  end
  local name = "postgres://" .. shown(rest)
  if where:find("[%c%s]") then return refuse(name, "contains spaces or control characters") end
  return made { url = scheme:lower() .. "://" .. rest, name = name, has_password = has_password(rest) }
end

--- What is said where a call only looks, and there is no ledger of the name that it gives: it may be misspelt. The
-- usual one, and the environment's, may not have been begun yet.
-- @tparam table options of the call: `ledger`, `from_environment`
-- @tparam table book that was opened
-- @treturn string|nil nil if there is nothing to say
function place.tell_absent(options, book)
  local where = options.ledger
  if not book.is_none or not where or where == "none" or options.from_environment.ledger then return nil end
  local read = place.read(where)
  return read and ("ledger %s: does not exist yet: no earlier update is known"):format(text.printable(read.name))
end

--- A warning about a place that is otherwise usable.
-- @tparam[opt] string where as in `read`
-- @treturn string|nil
function place.warning(where)
  local read = where and where ~= "none" and place.read(where)
  if read and read.has_password then
    return ("ledger %s: a password in a URL is visible in the process list: put it into ~/.pgpass "
      .. "(or the file that PGPASSFILE names)"):format(text.printable(read.name))
  end
end

return place
