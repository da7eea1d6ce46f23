--- What a path leads to that is no file, in words. Pure.
-- @module dfota.base.file_kind

local file_kind = {}

local WORDS = {
  directory = "a directory", char = "a character device", block = "a block device", fifo = "a named pipe",
  socket = "a socket", link = "a symbolic link",
}

--- What it is.
-- @tparam string kind as libuv calls it (`uv.fs_stat`), other than "file"
-- @treturn string such as "is a named pipe"
function file_kind.is(kind)
  return WORDS[kind] and "is " .. WORDS[kind] or "is not a file"
end

return file_kind
