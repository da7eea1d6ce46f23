--- Writes a file that appears under its name only once it is complete, and that replaces no other.
--
-- Until then it has another name in the same directory, readable by its owner only. Two programs that write the same
-- name do not disturb each other: the second to finish finds the name taken.
-- @module dfota.base.new_file

local text = require "dfota.base.text"
local uv = require "luv"

local NewFile = {}
NewFile.__index = NewFile
NewFile.__name = "dfota.base.new_file"

local MODE = tonumber("600", 8)
local FLAGS = uv.constants.O_WRONLY | uv.constants.O_CREAT | uv.constants.O_EXCL
local TRIES = 100

local TAKEN = "exists already"

local function unfinished(path, number) return ("%s.part-%d-%d"):format(path, uv.os_getpid(), number) end

-- Created exclusively, which follows no link.
local function create(path)
  for number = 1, TRIES do
    local name = unfinished(path, number)
    local fd, message, code = uv.fs_open(name, FLAGS, MODE)
    if fd then return fd, name end
    if code ~= "EEXIST" then return nil, text.reason(message) end
  end
  return nil, "too many unfinished files of that name exist"
end

--- May a file of this name be begun? Nothing may exist under it, not even a link.
-- @tparam string path
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string why not, without the path
function NewFile.is_free(path)
  if path == "" or path:find("\0", 1, true) then return nil, "is not a path" end
  if path:find "/$" then return nil, "names a directory" end
  if uv.fs_lstat(path) then return nil, TAKEN end
  return true
end

--- Begin a file.
-- @tparam string path
-- @treturn[1] NewFile
-- @treturn[2] nil
-- @treturn[2] string why not, without the path
function NewFile.create(path)
  local free, why = NewFile.is_free(path)
  if not free then return nil, why end
  local fd, name = create(path)
  if not fd then return nil, name end
  return setmetatable({ path = path, name = name, fd = fd }, NewFile)
end

--- Write bytes.
-- @tparam string bytes
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string why not, without the path
function NewFile:write(bytes)
  local from = 1
  while from <= #bytes do
    local n, message = uv.fs_write(self.fd, bytes:sub(from), -1)
    if not n then return nil, text.reason(message) end
    from = from + n
  end
  return true
end

-- A file system without hard links (FAT) can only rename, which would replace a file made meanwhile.
local NO_LINKS = { EPERM = true, ENOSYS = true, ENOTSUP = true, EOPNOTSUPP = true }

local function give_name(self)
  local linked, message, code = uv.fs_link(self.name, self.path)
  if linked then return true end
  if code == "EEXIST" then return nil, TAKEN end
  if not NO_LINKS[code] then return nil, text.reason(message) end
  if uv.fs_lstat(self.path) then return nil, TAKEN end
  linked, message = uv.fs_rename(self.name, self.path)
  if not linked then return nil, text.reason(message) end
  return true
end

--- The file is complete: on disk, and under its name. If it cannot be, nothing is left of it.
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string why not, without the path
function NewFile:finish()
  local synced, message = uv.fs_fsync(self.fd)
  local named, why
  if synced then named, why = give_name(self) else why = text.reason(message) end
  self:close()
  return named, why
end

--- Discard what was written, unless it is finished. Closing it twice is allowed.
function NewFile:close()
  if not self.fd then return end
  uv.fs_close(self.fd)
  uv.fs_unlink(self.name)
  self.fd = nil
end

NewFile.__close = NewFile.close
NewFile.__gc = NewFile.close

return NewFile
