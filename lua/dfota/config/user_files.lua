--- Where the files of the user are: settings and tables that no install or upgrade ever writes.
--
-- `settings.lua`, `retries.lua` and `apns.lua` are each looked for in `$DFOTA_CONFIG`, in `$XDG_CONFIG_HOME/dfota`
-- (default `~/.config/dfota`), in `/etc/dfota`, and beside the scripts; the first that is found counts.
-- `$DFOTA_CONFIG` may name a file instead of a folder: that is the settings.lua.
-- @module dfota.config.user_files

local core = require "dfota.core"
local text = require "dfota.base.text"
local user_folder = require "dfota.base.user_folder"
local uv = require "luv"

local user_files = {}

local SYSTEM = "/etc/dfota"

--- The names that are looked for.
user_files.names = { "settings.lua", "retries.lua", "apns.lua" }

local function refuse(what, reason)
  return nil, core.error("settings", ("%s: %s"):format(text.printable(what), text.printable(reason)))
end

local ABSENT = { ENOENT = true, ENOTDIR = true }

-- The type of what is there, false if nothing is. A link that leads nowhere is there: it is told when it is read.
local function kind_of(path)
  local stat, message, name = uv.fs_stat(path)
  if stat then return stat.type end
  if name == "ENOENT" and uv.fs_lstat(path) then return "link" end
  if ABSENT[name] then return false end
  return nil, text.reason(message)
end

local OTHER_NAME = "; set DFOTA_CONFIG to a folder with settings.lua, or unset it"

-- The folder that the environment names, or the file; it was named, so it must be there.
local function named(getenv)
  local path = getenv "DFOTA_CONFIG"
  if not path or path == "" then return nil end
  local kind, reason = kind_of(path)
  if kind == "directory" or kind == "file" then return { path = path, kind = kind } end
  if kind then reason = "is neither a folder nor a file" end
  return refuse("DFOTA_CONFIG: " .. path, (reason or "no such file or directory") .. OTHER_NAME)
end

-- A folder that may be left out, but must be one if it is there. One that cannot even be looked at is in the home of
-- somebody else, as after a change of user that keeps HOME: it is not this user's.
local function folder(list, path)
  local kind = path and kind_of(path)
  if kind == "directory" then list[#list + 1] = { path = path, kind = kind } end
  if not kind or kind == "directory" then return true end
  return refuse(path, "is not a folder; fix it, or set XDG_CONFIG_HOME to another folder")
end

--- The places where files are looked for, those that exist.
-- @tparam[opt] table host `getenv` (os.getenv); `system`, a folder (/etc/dfota); `scripts`, their folder
-- @treturn[1] {table,...} `path` and `kind`, "directory" or "file", in their order
-- @treturn[2] nil
-- @treturn[2] err kind "settings": a place that is there, but cannot be used
function user_files.places(host)
  local getenv, list = host.getenv or os.getenv, {}
  local first, err = named(getenv)
  if err then return nil, err end
  list[1] = first
  for _, path in ipairs { user_folder.config(getenv) or "", host.system or SYSTEM } do
    local ok, wrong = folder(list, path ~= "" and path or nil)
    if not ok then return nil, wrong end
  end
  if host.scripts then list[#list + 1] = { path = host.scripts, kind = "directory" } end
  return list
end

local function in_place(place, name)
  if place.kind == "file" then return name == "settings.lua" and place.path or false end
  local path = place.path .. "/" .. name
  local kind, reason = kind_of(path)
  if kind == nil then return refuse(path, reason) end
  return kind and path
end

--- The file that counts.
-- @tparam {table,...} places from `user_files.places`
-- @tparam string name one of `user_files.names`
-- @treturn[1] string|false its path; false if there is none
-- @treturn[2] nil
-- @treturn[2] err kind "settings"
function user_files.find(places, name)
  for _, place in ipairs(places) do
    local path, err = in_place(place, name)
    if path or err then return path, err end
  end
  return false
end

--- All of them.
-- @tparam {table,...} places
-- @treturn[1] table name → path, or false
-- @treturn[2] nil
-- @treturn[2] err kind "settings"
function user_files.all(places)
  local found = {}
  for _, name in ipairs(user_files.names) do
    local path, err = user_files.find(places, name)
    if err then return nil, err end
    found[name] = path
  end
  return found
end

--- The folder that a new file of the user goes into: the one that the environment names, or else that of the user; of
-- root that of the system, since what root writes into somebody's home can no longer be edited there.
-- @tparam[opt] table host as of `user_files.places`, and `uid`
-- @treturn[1] string it may not exist yet
-- @treturn[1] boolean is it the system's, whose files count for everybody?
-- @treturn[2] nil
-- @treturn[2] err kind "settings"
function user_files.new_folder(host)
  host = host or {}
  local getenv = host.getenv or os.getenv
  local first, err = named(getenv)
  if err then return nil, err end
  local system = host.system or SYSTEM
  local own = first and first.kind == "directory" and first.path
  if not own and (host.uid or uv.getuid()) ~= 0 then own = user_folder.config(getenv) end
  return own or system, not own or own == system
end

return user_files
