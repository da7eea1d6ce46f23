--- A temporary directory for a spec, and files in it.
local uv = require "luv"

local folder = {}

local function remove(path)
  local stat = uv.fs_lstat(path)
  if not stat then return end
  if stat.type ~= "directory" then return uv.fs_unlink(path) end
  uv.fs_chmod(path, tonumber("700", 8))
  local scan = uv.fs_scandir(path)
  for name in function() return scan and uv.fs_scandir_next(scan) end do remove(path .. "/" .. name) end
  uv.fs_rmdir(path)
end

--- Creates a new empty directory; call the second value to remove it.
-- @param[opt] parent where; default: the usual place for temporary files
function folder.new(parent)
  local path = assert(uv.fs_mkdtemp((parent or os.getenv("TMPDIR") or "/tmp") .. "/dfota-spec-XXXXXX"))
  return path, function() remove(path) end
end

function folder.write(path, content)
  local file = assert(io.open(path, "wb"))
  assert(file:write(content))
  assert(file:close())
  return path
end

function folder.read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("a")
  file:close()
  return content
end

return folder
