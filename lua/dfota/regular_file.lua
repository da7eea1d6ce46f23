--- Reads a regular file, and nothing else: a pipe, a device or a folder is refused and never waited on.
-- @module dfota.regular_file

local text = require "dfota.text"
local uv = require "luv"

local regular_file = {}

-- A pipe that took the file's place in between does not hold the open either.
local FLAGS = uv.constants.O_RDONLY | uv.constants.O_NONBLOCK | uv.constants.O_NOCTTY

local function opened(path)
  local fd, message, name = uv.fs_open(path, FLAGS, 0)
  if not fd then return nil, text.reason(message), name == "ENOENT" end
  local stat = uv.fs_fstat(fd)
  if stat and stat.type == "file" then return fd end
  uv.fs_close(fd)
  return nil, stat and stat.type == "directory" and "is a directory" or "is not a regular file"
end

local function read_up_to(fd, count)
  local parts, size = {}, 0
  while size < count do
    local part, message = uv.fs_read(fd, count - size, -1)
    if not part then return nil, text.reason(message) end
    if part == "" then break end
    parts[#parts + 1], size = part, size + #part
  end
  return table.concat(parts)
end

--- Is there a regular file of this name, or a link to one?
-- @tparam string path
-- @treturn[1] table what `uv.fs_stat` says of it
-- @treturn[2] nil
-- @treturn[2] string why not, without the path
-- @treturn[2] boolean true where there is nothing of that name
function regular_file.stat(path)
  if path:find("\0", 1, true) then return nil, "a path holds no zero byte", false end
  local stat, message, name = uv.fs_stat(path)
  if not stat then return nil, text.reason(message), name == "ENOENT" end
  if stat.type == "file" then return stat end
  return nil, stat.type == "directory" and "is a directory" or "is not a regular file", false
end

--- The content of a file.
-- @tparam string path
-- @tparam integer max_bytes
-- @treturn[1] string
-- @treturn[2] nil
-- @treturn[2] string why not, without the path
-- @treturn[2] boolean true where there is nothing of that name
function regular_file.read(path, max_bytes)
  local stat, reason, absent = regular_file.stat(path)
  if not stat then return nil, reason, absent end
  local fd
  fd, reason, absent = opened(path)
  if not fd then return nil, reason, absent end
  local content
  content, reason = read_up_to(fd, max_bytes + 1)
  uv.fs_close(fd)
  if content and #content > max_bytes then return nil, ("is longer than %d bytes"):format(max_bytes) end
  return content, reason
end

return regular_file
