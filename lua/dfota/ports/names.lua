--- The other names of a serial port: links that udev makes, which stay the same from one plugging-in to the next.
-- @module dfota.ports.names
local uv = require "luv"

local names = {}

local function entries(folder)
  local scan, list = uv.fs_scandir(folder), {}
  for name in function() return scan and uv.fs_scandir_next(scan) end do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- Adds a folder's links under the path of the device that each points to.
local function collect(found, kind, folder, prefix)
  for _, name in ipairs(entries(folder)) do
    local device = name:sub(1, #prefix) == prefix and uv.fs_realpath(folder .. "/" .. name)
    if device then
      found[device] = found[device] or { by_id = {}, by_path = {}, links = {} }
      table.insert(found[device][kind], folder .. "/" .. name)
    end
  end
end

--- All such links.
-- @tparam[opt=""] string root prefix of /dev: for specs
-- @treturn table path of a device, all links resolved → `by_id` (maker, product and serial number of the adapter),
--   `by_path` (the socket it is plugged into) and `links` (/dev/dfota-*, from contrib/udev): lists of names, sorted
function names.read(root)
  local found, dev = {}, (root or "") .. "/dev"
  collect(found, "by_id", dev .. "/serial/by-id", "")
  collect(found, "by_path", dev .. "/serial/by-path", "")
  collect(found, "links", dev, "dfota-")
  return found
end

--- Every name that a port may have been given by, in a call or in the ledger.
-- @tparam table port of `dfota.ports.catalog`
-- @treturn {string,...}
function names.of(port)
  local list = { port.name }
  if port.given and port.given ~= port.name then list[2] = port.given end
  for _, kind in ipairs { "links", "by_id", "by_path" } do
    table.move(port[kind] or {}, 1, #(port[kind] or {}), #list + 1, list)
  end
  return list
end

--- Every name of the port that is called by one of them, that one first.
-- @tparam string name
-- @tparam[opt=""] string root prefix of /dev: for specs
-- @treturn {string,...}
function names.aliases(name, root)
  local device, list = uv.fs_realpath(name), { name }
  if not device then return list end
  local port = setmetatable({ name = device }, { __index = names.read(root)[device] })
  for _, other in ipairs(names.of(port)) do
    if other ~= name then list[#list + 1] = other end
  end
  return list
end

return names
