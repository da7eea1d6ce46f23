--- Files that only their owner may read, such as a trace or a ledger: created with mode 0600, never through another
-- user's symbolic link, and opened without blocking.
--
-- In a directory that others may write to (/tmp), another user's link with our file's name would make us write to a
-- file of their choice. So a link is followed only if we or root own it; a new file is created exclusively, which
-- follows no link; and the file that was opened is compared with the one that was checked.
-- @module dfota.base.private_file

local file_kind = require "dfota.base.file_kind"
local text = require "dfota.base.text"
local uv = require "luv"

local private_file = {}

local MODE = tonumber("600", 8)
local MAX_LINKS = 8
local FLAGS = uv.constants.O_WRONLY | uv.constants.O_APPEND | uv.constants.O_NONBLOCK | uv.constants.O_NOCTTY
local NEW = FLAGS | uv.constants.O_CREAT | uv.constants.O_EXCL

local TAKEN = { file = true, char = true }

local function is_trusted(link) return link.uid == uv.getuid() or link.uid == 0 end

local function target_of(path)
  local target, message = uv.fs_readlink(path)
  if not target then return nil, text.reason(message) end
  if target:sub(1, 1) == "/" then return target end
  return (path:match("^(.*/)[^/]*$") or "") .. target
end

-- A linked directory leads elsewhere just as a linked file does.
local function untrusted_directory(path)
  for last in path:gmatch "()/" do
    local stat = last > 1 and uv.fs_lstat(path:sub(1, last - 1))
    if stat and stat.type == "link" and not is_trusted(stat) then return path:sub(1, last - 1) end
  end
end

-- Where the links end, and the stat of what is there: nil if nothing.
local function resolve(path)
  for _ = 1, MAX_LINKS do
    local link = untrusted_directory(path)
    if link then return nil, ("is reached through %s, a symbolic link owned by another user"):format(link) end
    local stat, message, name = uv.fs_lstat(path)
    if not stat then
      if name == "ENOENT" then return path end
      return nil, text.reason(message)
    end
    if stat.type ~= "link" then return path, stat end
    if not is_trusted(stat) then return nil, "is a symbolic link owned by another user" end
    local target, reason = target_of(path)
    if not target then return nil, reason end
    path = target
  end
  return nil, "has too many levels of symbolic links"
end

local function create(path)
  local fd, message = uv.fs_open(path, NEW, MODE)
  if not fd then return nil, text.reason(message) end
  return fd, path
end

local function open_existing(path, stat)
  if not TAKEN[stat.type] then return nil, file_kind.is(stat.type) end
  local fd, message = uv.fs_open(path, FLAGS, MODE)
  if not fd then return nil, text.reason(message) end
  local opened = uv.fs_fstat(fd)
  if opened and opened.ino == stat.ino and opened.dev == stat.dev then return fd, path end
  uv.fs_close(fd)
  return nil, "was replaced while being opened"
end

--- Would `open` find it, or have to make it, without an objection to its name? Nothing is opened or made.
-- @tparam string path
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string why not, without the path
function private_file.check(path)
  local real, stat = resolve(path)
  if not real then return nil, stat end
  if stat and not TAKEN[stat.type] then return nil, file_kind.is(stat.type) end
  return true
end

--- Opens a file for appending; creates it, readable by its owner only, if it does not exist.
-- @tparam string path
-- @treturn[1] integer descriptor for `uv.fs_write` and `uv.fs_close`
-- @treturn[1] string the path that was opened, links followed
-- @treturn[2] nil
-- @treturn[2] string why not, without the path
function private_file.open(path)
  if path == "" or path:find("\0", 1, true) then return nil, "is not a path" end
  local real, stat = resolve(path)
  if not real then return nil, stat end
  if stat then return open_existing(real, stat) end
  return create(real)
end

--- Makes sure that such a file exists, for a library that opens files by name.
-- @tparam string path
-- @treturn[1] string the path to open, links followed
-- @treturn[2] nil
-- @treturn[2] string why not, without the path
function private_file.prepare(path)
  local fd, real = private_file.open(path)
  if not fd then return nil, real end
  uv.fs_close(fd)
  return real
end

return private_file
