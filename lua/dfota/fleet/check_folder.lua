--- Where a check goes on: a folder that is gone with it. What one left that was killed is removed by the next.
-- @module dfota.fleet.check_folder

local directory = require "dfota.base.directory"
local text = require "dfota.base.text"
local uv = require "luv"

local check_folder = {}

-- Whose it is stands in its name, so that it can be told at any time: the process, and the namespace that its number is
-- of. A container that shares this folder has processes which cannot be seen from here.
local STEM, NAME = "dfota-check-%s-%d-XXXXXX", "^dfota%-check%-(%d+)%-(%d+)%-%w%w%w%w%w%w$"

local function namespace() return (uv.fs_readlink "/proc/self/ns/pid" or ""):match "%d+" or "0" end

local function is_gone(pid)
  local _, _, why = uv.kill(pid, 0)
  return why == "ESRCH"
end

local function is_left(path, name, space)
  local of, pid = name:match(NAME)
  pid = math.tointeger(tonumber(pid))
  if of ~= space or not pid or not is_gone(pid) then return false end
  local stat = uv.fs_lstat(path)
  return stat ~= nil and stat.type == "directory" and stat.uid == uv.getuid()
end

--- Makes one, and removes those whose check is no more.
-- @tparam[opt] string home where; default: this user's folder of temporary files
-- @treturn[1] string its path
-- @treturn[2] nil
-- @treturn[2] string why not
-- @treturn[2] string where
function check_folder.make(home)
  home = home or uv.os_tmpdir()
  local space = namespace()
  local scan = uv.fs_scandir(home)
  for name in function() return scan and uv.fs_scandir_next(scan) end do
    local path = home .. "/" .. name
    if is_left(path, name, space) then directory.remove(path) end
  end
  local path, message = uv.fs_mkdtemp(home .. "/" .. STEM:format(space, uv.os_getpid()))
  if path then return path end
  return nil, text.reason(message), home
end

return check_folder
