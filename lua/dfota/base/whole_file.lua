--- Writes a whole file, so that whoever reads it finds the old content, the new one, or none, and never a part of it.
-- @module dfota.base.whole_file

local file_kind = require "dfota.base.file_kind"
local text = require "dfota.base.text"
local uv = require "luv"

local whole_file = {}

local MODE = tonumber("644", 8) -- less what the umask takes away
local FLAGS = uv.constants.O_WRONLY | uv.constants.O_CREAT | uv.constants.O_EXCL

local function reason(_, message) return nil, text.reason(message) end

local function written(fd, content)
  local sent = 0
  while sent < #content do
    local more, message = uv.fs_write(fd, content:sub(sent + 1))
    if not more then return reason(nil, message) end
    sent = sent + more
  end
  local synced, message = uv.fs_fsync(fd)
  if not synced then return reason(nil, message) end
  return true
end

-- Created exclusively, so that nobody else's file or link is written to.
local function create(path, content)
  local fd, message, name = uv.fs_open(path, FLAGS, MODE)
  if not fd then
    if name == "EEXIST" then return nil, "exists already", true end
    return reason(nil, message)
  end
  local ok, why = written(fd, content)
  uv.fs_close(fd)
  if not ok then uv.fs_unlink(path) end
  return ok, why
end

--- What is never replaced. A directory cannot be replaced by a file; a device, such as /dev/null, must not be. Whoever
-- made a link wants what it leads to: replacing the link would lose it, and leave that as it was.
-- @tparam string path
-- @treturn string|nil what it is, in words; nil if a file may be written there
function whole_file.irreplaceable(path)
  local stat = uv.fs_lstat(path)
  if stat and stat.type ~= "file" then return file_kind.is(stat.type) end
  return path:find "/$" and "names a directory" or nil
end

--- Writes it.
-- @tparam string path
-- @tparam string content
-- @tparam[opt] boolean replace an existing file, at once; a link, a directory or a device never is
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string why not, without the path
-- @treturn[2] ?boolean true if it exists already, and may be replaced
function whole_file.write(path, content, replace)
  local never = whole_file.irreplaceable(path)
  if never then return nil, never end -- or who is told to replace it would be refused again
  if not replace then return create(path, content) end
  local new = ("%s.%d.new"):format(path, uv.os_getpid())
  local ok, why = create(new, content)
  if not ok then return nil, why end
  local renamed, message = uv.fs_rename(new, path)
  if renamed then return true end
  uv.fs_unlink(new)
  return reason(nil, message)
end

return whole_file
