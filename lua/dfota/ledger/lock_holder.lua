--- Which process has locked an SQLite file, as far as the kernel tells: in /proc/locks.
-- @module dfota.ledger.lock_holder

local text = require "dfota.base.text"
local uv = require "luv"

local lock_holder = {}

local WAL_WRITE_LOCK = 120 -- SQLite: the byte of the -shm file that a writer locks; the others are readers'
local MOST = 4 << 20 -- bytes of /proc/locks: thousands of locks

local function content(path)
  local file = io.open(path)
  local said = file and file:read(MOST)
  if file then file:close() end
  return said
end

-- A file as /proc/locks names it: "fd:01:1234".
local function key_of(path)
  local stat = uv.fs_stat(path)
  if not stat then return nil end
  local major, minor = stat.dev >> 8 & 0xfff, stat.dev & 0xff | stat.dev >> 12 & 0xfff00
  return ("%02x:%02x:%d"):format(major, minor, stat.ino)
end

-- The lines of those who write: "3: POSIX  ADVISORY  WRITE 712 fd:01:1234 120 120".
local function writers(locks, key)
  return locks:gmatch("%d+: %u+ +%u+ +WRITE (%d+) " .. key:gsub("%p", "%%%0") .. " (%d+) %w+")
end

local function holding(locks, path)
  local log, file = key_of(path .. "-shm"), key_of(path)
  for pid, from in writers(locks, log or "-") do
    if tonumber(from) == WAL_WRITE_LOCK then return tonumber(pid) end
  end
  local pid = writers(locks, file or "-")()
  return tonumber(pid)
end

--- Who holds it now.
-- @tparam string path of the database
-- @treturn string|nil such as "process 712 (sqlite3)"; nil if the kernel does not tell: nobody does any more, the file
--   is on a network, or its holder is in another container
function lock_holder.of(path)
  local locks = content "/proc/locks"
  local pid = locks and holding(locks, uv.fs_realpath(path) or path)
  if not pid or pid <= 0 then return nil end
  local name = content(("/proc/%d/comm"):format(pid))
  return ("process %d (%s)"):format(pid, name and text.printable(name:gsub("\n", "")) or "unknown")
end

return lock_holder
