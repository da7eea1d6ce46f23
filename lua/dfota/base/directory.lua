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

return directory
