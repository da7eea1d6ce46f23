--- Where this program keeps what belongs to a user (XDG Base Directory Specification).
-- @module dfota.base.user_folder

-- The specification says to ignore relative paths.
local function absolute(path) return path and path:find "^/" and path or nil end

local function of(getenv, name, default)
  local folder, home = absolute(getenv(name)), absolute(getenv "HOME")
  if folder then return folder .. "/dfota" end
  return home and ("%s/%s/dfota"):format(home, default)
end

local user_folder = {}

--- Settings and tables: `$XDG_CONFIG_HOME/dfota`, or `~/.config/dfota`.
-- @tparam function getenv
-- @treturn string|nil nil if neither variable is set to an absolute path
function user_folder.config(getenv) return of(getenv, "XDG_CONFIG_HOME", ".config") end

--- What a run leaves: `$XDG_STATE_HOME/dfota`, or `~/.local/state/dfota`.
-- @tparam function getenv
-- @treturn string|nil nil if neither variable is set to an absolute path
function user_folder.state(getenv) return of(getenv, "XDG_STATE_HOME", ".local/state") end

return user_folder
