--- Where a ledger may be kept: in a file, or on a PostgreSQL server; and how that is named to people.
-- @module dfota.ledger.place

local core = require "dfota.core"
local text = require "dfota.base.text"

local place = {}

local WAY_OUT = "; fix it, say --ledger with another file, or --ledger none to go without"

--- An err that names the ledger, the reason and the way out.
-- @tparam string name as `place.read` gives it: without secrets
-- @tparam string reason our own words, or a driver's about a file; never a driver's about a URL, which it quotes
-- @tparam[opt="ledger"] string kind "ledger_locked" where others hold it
-- @treturn dfota.error
function place.failure(name, reason, kind)
  reason = tostring(reason):gsub("^LuaSQL: ", ""):gsub("%s+", " "):gsub("%s+$", "")
  return core.error(kind or "ledger", ("ledger %s: %s%s"):format(text.printable(name), text.printable(reason), WAY_OUT))
end

-- A password may hold any character, also those that end the part it stands in. The host is shown where no reading
-- of the URL makes it a part of the password: behind the last "@", with no "?" or "#" before that.
local function shown(rest)
  local before, behind = rest:match("^(.*)@(.*)$")
  if not before and rest:find("^[^/?#]*:[^/?#]*[^%d/?#]") then return "***" end -- no port: a password without a host
  if before and before:find("[?#]") then return "***" end
  return (before and "***@" or "") .. (behind or rest):gsub("[?#].*$", "")
end

local function has_password(rest)
  return rest:find("^[^@]*:.*@") ~= nil or rest:lower():find("password=", 1, true) ~= nil
end

--- Where the ledger lies if nobody says otherwise: $XDG_STATE_HOME/dfota/ledger.db, or
-- ~/.local/state/dfota/ledger.db.
-- @tparam[opt=os.getenv] function getenv
-- @treturn string|nil nil where neither variable is set to an absolute path
function place.default_path(getenv)
  getenv = getenv or os.getenv
  local state, home = getenv("XDG_STATE_HOME"), getenv("HOME")
  -- The XDG specification has relative paths ignored.
  if state and state:find("^/") then return state .. "/dfota/ledger.db" end
  if home and home:find("^/") then return home .. "/.local/state/dfota/ledger.db" end
end

-- libpq takes its schemes in small letters alone.
local SCHEMES = { postgres = true, postgresql = true }

-- Written almost as a server is; taken for a path it would make a file with a password for its name.
local function is_near_miss(where) return where:lower():find("^postgres%a*:") or where:find("^//.*@") end

--- Reads what was named.
-- @tparam[opt] string where a path or postgres://…; the default place if left out
-- @treturn[1] table `path` or `url`; `name` fit to be shown; `has_password`
-- @treturn[2] nil
-- @treturn[2] err kind "ledger"
function place.read(where)
  where = where or place.default_path()
  if not where or where == "" then
    return nil, core.error("ledger", "there is no place for the ledger: "
      .. (where and "its name is empty" or "HOME is not set") .. "; say --ledger FILE, or --ledger none to go without")
  end
  local scheme, rest = where:match("^(%a[%w+.-]*)://(.*)$")
  if not scheme and is_near_miss(where) then
    return nil, place.failure("***", "is not understood: write a server as postgres://USER@HOST/DATABASE")
  end
  if not scheme then return { path = where, name = where } end
  if not SCHEMES[scheme:lower()] then
    return nil, place.failure(scheme .. "://" .. shown(rest), "is neither a file nor postgres://…")
  end
  local name = "postgres://" .. shown(rest)
  if where:find("[%c%s]") then return nil, place.failure(name, "holds blanks or control characters") end
  return { url = scheme:lower() .. "://" .. rest, name = name, has_password = has_password(rest) }
end

--- What is to be said of a place that can be used.
-- @tparam[opt] string where as in `read`
-- @treturn string|nil
function place.warning(where)
  local read = where and where ~= "none" and place.read(where)
  if read and read.has_password then
    return ("ledger %s: a password in a URL can be read in the list of processes: put it into ~/.pgpass "
      .. "(or the file that PGPASSFILE names)"):format(text.printable(read.name))
  end
end

return place
