--- Tells whether a file is still the one that was looked at, without reading it.
-- @module dfota.base.file_stamp

local uv = require "luv"

local file_stamp = {}

--- What changes whenever somebody writes to a file or puts another in its place.
-- @tparam string path
-- @treturn string|nil nil if there is no such file
function file_stamp.of(path)
  local stat = uv.fs_stat(path)
  return stat and ("%d %d %d.%09d"):format(stat.ino, stat.size, stat.ctime.sec, stat.ctime.nsec)
end

return file_stamp
