--- Reads regular files only: a pipe, a device or a directory is refused without blocking.
-- @module dfota.base.regular_file

local core = require "dfota.core"
local text = require "dfota.base.text"
local uv = require "luv"

local regular_file = {}

-- Why a path cannot be read as a file, and whether it does not exist.
local function explain(path, err)
  local stat, message, name = uv.fs_stat(path)
  if not stat then return text.reason(message), name == "ENOENT" end
  if stat.type == "directory" then return "is a directory", false end
  if stat.type ~= "file" then return "is not a regular file", false end
  return err.message:match("^.*: (.*)$"):lower(), false
end

--- Opens a regular file, or a link to one. It stays the same file even if its name is reused.
-- @tparam string path
-- @treturn[1] file unbuffered, not inherited by child processes (`core.open_file`)
-- @treturn[1] integer its size
-- @treturn[2] nil
-- @treturn[2] string why not, without the path
-- @treturn[2] boolean true if it does not exist
function regular_file.open(path)
  if path:find("\0", 1, true) then return nil, "a path cannot contain a NUL byte", false end
  local file, err = core.open_file(path)
  if not file then return nil, explain(path, err) end
  local size = file:seek "end"
  file:seek "set"
  return file, size
end

--- The content of a file.
-- @tparam string path
-- @tparam integer max_bytes
-- @treturn[1] string
-- @treturn[2] nil
-- @treturn[2] string why not, without the path
-- @treturn[2] boolean true if it does not exist
function regular_file.read(path, max_bytes)
  local file <close>, reason, absent = regular_file.open(path)
  if not file then return nil, reason, absent end
  local content
  content, reason = file:read(max_bytes + 1)
  if reason then return nil, reason:lower() end
  if content and #content > max_bytes then return nil, ("is longer than %d bytes"):format(max_bytes) end
  return content or ""
end

return regular_file
