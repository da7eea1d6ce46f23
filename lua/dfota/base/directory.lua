--- Makes directories.
-- @module dfota.base.directory

local text = require "dfota.base.text"
local uv = require "luv"

local directory = {}

--- Makes sure that a directory exists, and makes those above it that are missing.
-- @tparam string path "" is the current directory
-- @tparam integer mode of those that are made, less what the umask takes away
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string why not
-- @treturn[2] string which of them could not be made
function directory.make(path, mode)
  if path == "" or uv.fs_stat(path) then return true end
  local ok, why, which = directory.make(path:match "^(.*)/[^/]*$" or "", mode)
  if not ok then return nil, why, which end
  local made, message = uv.fs_mkdir(path, mode)
  if made or uv.fs_stat(path) then return true end -- another process was faster
  return nil, text.reason(message), path
end

--- Removes a directory with all that is in it. Of a symbolic link the link is removed, and nothing behind it.
-- @tparam string path
function directory.remove(path)
  local scan = uv.fs_scandir(path)
  for name in function() return scan and uv.fs_scandir_next(scan) end do
    local inner = path .. "/" .. name
    local stat = uv.fs_lstat(inner)
    if stat and stat.type == "directory" then directory.remove(inner) else uv.fs_unlink(inner) end
  end
  uv.fs_rmdir(path)
end

--- The one that a file is in.
-- @tparam string path of the file
-- @treturn string "." where the path names none
function directory.of(path)
  local parent = path:match "^(.*/)[^/]*$" or "."
  return (parent:gsub("(.)/+$", "%1"))
end

--- The same path wherever it is used.
-- @tparam string path
-- @treturn string from the root on
function directory.absolute(path)
  if path:find "^/" then return path end
  return (uv.cwd():gsub("/$", "")) .. "/" .. path
end

--- Could it be made, or does it exist, so that this user can write into it? Nothing is changed.
-- @tparam string path
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string why not
-- @treturn[2] string which of them is the obstacle: the nearest one that exists
function directory.check(path)
  local stat = uv.fs_stat(path)
  local above = directory.of(path)
  if not stat and above ~= path then return directory.check(above) end
  if not stat or stat.type ~= "directory" then return nil, "is not a directory", path end
  if uv.fs_access(path, "W") then return true end
  return nil, "is not writable by this user", path
end

--- Can a file be written into the directory that its path names?
-- @tparam string path of the file
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string why not, with the directory
function directory.takes(path)
  local parent = directory.of(path)
  local ok, why
  if uv.fs_stat(parent) then ok, why = directory.check(parent) else why = "does not exist: make it first" end
  if ok then return true end
  return nil, ("the folder %s %s"):format(text.printable(parent), why)
end

return directory
