--- ModemManager: does it run, and does it touch a port? It opens ports that look like a modem, and talks to them.
--
-- Which it leaves alone is told by the udev properties ID_MM_DEVICE_IGNORE and ID_MM_PORT_IGNORE (ModemManager API
-- reference, "Common udev tags"), which udev keeps in its database, /run/udev/data.
-- @module dfota.ports.modem_manager
local uv = require "luv"

local modem_manager = {}

modem_manager.NAME = "ModemManager"

local LONGEST = 65536 -- bytes

local function read(path)
  local file = io.open(path, "rb")
  local content = file and file:read(LONGEST)
  if file then file:close() end
  return content
end

--- Does it run?
-- @tparam[opt=""] string root prefix of /proc: for specs
-- @treturn boolean
function modem_manager.runs(root)
  local proc = (root or "") .. "/proc"
  local scan = uv.fs_scandir(proc)
  for name in function() return scan and uv.fs_scandir_next(scan) end do
    if name:find "^%d+$" and read(("%s/%s/comm"):format(proc, name)) == modem_manager.NAME .. "\n" then return true end
  end
  return false
end

-- Do udev's rules keep it away from this port?
local function is_kept_away(name, root)
  local number = read(("%s/sys/class/tty/%s/dev"):format(root, name:match "[^/]*$"))
  local known = number and read(("%s/run/udev/data/c%s"):format(root, number:match "^[%d:]*"))
  if not known then return false end
  for _, tag in ipairs { "ID_MM_PORT_IGNORE", "ID_MM_DEVICE_IGNORE" } do
    if known:find("\nE:" .. tag .. "=1\n", 1, true) then return true end
  end
  return false
end

--- What it does with a port.
-- @tparam table port `name`; `holder_name` the program that holds it, if known
-- @tparam boolean runs as of `runs`
-- @tparam[opt=""] string root prefix of /sys and /run: for specs
-- @treturn string "holds" it; "runs", and may open it at any time; "ignores" it, as udev's rules tell it to; "absent"
function modem_manager.with(port, runs, root)
  if port.holder_name == modem_manager.NAME then return "holds" end
  if not runs then return "absent" end
  return is_kept_away(port.name, root or "") and "ignores" or "runs"
end

return modem_manager
