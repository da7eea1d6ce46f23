--- The serial ports of this machine, with all that can be known without opening one.
-- @module dfota.ports.catalog
local core = require "dfota.core"
local modem_manager = require "dfota.ports.modem_manager"
local names = require "dfota.ports.names"
local uv = require "luv"

local catalog = {}

local function hex(id) return id and ("%04x"):format(id) or nil end

local function entry_of(listed)
  return {
    name = listed.name, transport = listed.transport, description = listed.description,
    manufacturer = listed.manufacturer, product = listed.product, serial = listed.serial, driver = listed.driver,
    usb_vid = hex(listed.vid), usb_pid = hex(listed.pid),
  }
end

-- Linux, admin-guide/devices.txt: the slaves of ptys, which are not in /sys; the device that makes masters.
local PTY_FIRST, PTY_LAST, PTMX = 136, 143, "5:2"

-- Is a character device a terminal, as all ports are? Others, such as /dev/null, have holders that mean nothing.
local function is_terminal(stat)
  local major, minor = stat.rdev >> 8 & 0xfff, stat.rdev & 0xff | stat.rdev >> 12 & 0xfff00
  local number = ("%d:%d"):format(major, minor)
  local class = uv.fs_realpath("/sys/dev/char/" .. number .. "/subsystem")
  local is_pty = major >= PTY_FIRST and major <= PTY_LAST
  return number ~= PTMX and (is_pty or class == nil or class:match "[^/]*$" == "tty")
end

-- One that was named, and is not in the list: a pty, a console, or nothing at all.
local function named_entry(path)
  local stat = uv.fs_stat(path)
  if not stat then return { name = path, state = "missing", message = "no such port: check the name and the cable" } end
  if stat.type ~= "char" or not is_terminal(stat) then
    return { name = path, state = "not_a_port", message = "is no serial port: name a device such as /dev/ttyUSB0" }
  end
  local device = uv.fs_realpath(path) or path
  return { name = device, transport = device:find "^/dev/pts/" and "pty" or nil }
end

-- The named ones in the order given, each once.
local function chosen(listed, named)
  local by_device, list, seen = {}, {}, {}
  for _, port in ipairs(listed) do by_device[uv.fs_realpath(port.name) or port.name] = port end
  for _, path in ipairs(named) do
    local port = by_device[uv.fs_realpath(path) or path] or named_entry(path)
    if not seen[port.name] then
      seen[port.name], port.given = true, path
      list[#list + 1] = port
    end
  end
  return list
end

local function complete(port, links, runs, opts)
  local known = links[uv.fs_realpath(port.name) or port.name] or {}
  port.by_id, port.by_path, port.links = known.by_id or {}, known.by_path or {}, known.links or {}
  if port.state then return end
  local holder = opts.host.holder(port.name) or {}
  port.holder_pid, port.holder_name, port.holder_lock_file = holder.pid, holder.name, holder.lock_file
  port.modem_manager = modem_manager.with(port, runs, opts.root)
end

--- Read it. Nothing is opened.
-- @tparam[opt] table opts `named`: only these, of which each may be any device or link; `root` prefix of /sys, /dev,
--   /proc and /run; `host` its ports: `list`, `holder` (those of `dfota.core`)
-- @treturn table|nil a list; each has `name`, its device; `given`, as it was named; `transport`, `description`,
--   `manufacturer`, `product`, `serial`, `driver`; `usb_vid`, `usb_pid` as four hexadecimal digits; the lists `by_id`,
--   `by_path` and `links`; `holder_pid`, `holder_name`, `holder_lock_file`; `modem_manager`; as far as known; and if
--   there is no such port, `state` "missing" or "not_a_port", with a `message`. nil, err
function catalog.read(opts)
  opts = setmetatable({ host = opts and opts.host or core }, { __index = opts })
  local listed, err = opts.host.list(opts.root)
  if not listed then return nil, err end
  local ports = {}
  for i, port in ipairs(listed) do ports[i] = entry_of(port) end
  if opts.named then ports = chosen(ports, opts.named) end
  local links, runs = names.read(opts.root), modem_manager.runs(opts.root)
  for _, port in ipairs(ports) do complete(port, links, runs, opts) end
  return ports
end

return catalog
