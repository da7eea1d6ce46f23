--- How long a commit takes on a disk, and whether there is room left.
-- @module dfota.fleet.disk

local uv = require "luv"

local disk = {}

local TRIES, BYTES = 5, 4096
local ROOM_BYTES = 64 * 1024 -- several times of what a job says

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

--- Is there room for what a job says? Where there is none its words would be lost, the trigger among them.
-- @tparam string path a folder on that disk
-- @tparam[opt] integer bytes so much room; default: for one job
-- @treturn boolean also where it cannot be known
function disk.has_room(path, bytes)
  local of = uv.fs_statfs(path)
  return not of or of.blocks == 0 or of.bavail * of.bsize >= (bytes or ROOM_BYTES)
end

return disk
