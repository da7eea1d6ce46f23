--- How long a commit takes on a disk.
-- @module dfota.fleet.disk

local uv = require "luv"

local disk = {}

local TRIES, BYTES = 5, 4096

local function one(fd)
  local began = uv.hrtime()
  if not uv.fs_write(fd, ("\0"):rep(BYTES), 0) or not uv.fs_fdatasync(fd) then return nil end
  return (uv.hrtime() - began) / 1e9
end

--- Measures it: the median of five.
-- @tparam string path a folder on that disk, which may be written to
-- @treturn number|nil seconds; nil if nothing can be written there
function disk.sync_s(path)
  local fd, name = uv.fs_mkstemp(path .. "/sync-XXXXXX")
  if not fd then return nil end
  uv.fs_unlink(name)
  local times = {}
  for _ = 1, TRIES do times[#times + 1] = one(fd) end
  uv.fs_close(fd)
  table.sort(times)
  return times[(#times + 1) // 2]
end

return disk
