--- Reads a small file that a user has named: settings, a table, a password.
-- Only a regular file, and only so much of it: a pipe or a device could make the run wait, a terminal opened by
-- mistake could reset a module, and an endless file would fill the memory.
-- @module dfota.small_file

local text = require "dfota.text"
local uv = require "luv"

local small_file = {}

local KINDS = { directory = "is a directory", fifo = "is a pipe", socket = "is a socket" }

-- nil where the file may be read.
local function unfit(stat, why)
  if not stat then return text.reason(why) end
  if stat.type ~= "file" then return KINDS[stat.type] or "is not a regular file" end
end

local function read_all(fd, limit)
  local blocks, size = {}, 0
  while size <= limit do
    local block, why = uv.fs_read(fd, limit + 1 - size, -1)
    if not block then return nil, text.reason(why) end
    if block == "" then return table.concat(blocks) end
    blocks[#blocks + 1], size = block, size + #block
  end
  return nil, ("is longer than %d bytes"):format(limit)
end

-- Looked at again once it is open: the name may have got another meaning meanwhile.
local function read_open(fd, limit)
  local reason = unfit(uv.fs_fstat(fd))
  if reason then return nil, reason end
  return read_all(fd, limit)
end

--- The content of a file.
-- @tparam string path
-- @tparam integer limit bytes that it may have
-- @treturn[1] string
-- @treturn[2] nil
-- @treturn[2] string the reason, without the path: "no such file or directory", "is a pipe", "is longer than …"
function small_file.read(path, limit)
  if path:find("\0", 1, true) then return nil, "has a zero byte in its name" end
  local reason = unfit(uv.fs_stat(path))
  if reason then return nil, reason end
  local fd, why = uv.fs_open(path, uv.constants.O_RDONLY | uv.constants.O_NONBLOCK, 0)
  if not fd then return nil, text.reason(why) end
  local content
  content, reason = read_open(fd, limit)
  uv.fs_close(fd)
  return content, reason
end

return small_file
